import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { OutputFile } from "../../../src/proxy/files/writeOutput.ts";
import { everyRow, writeRows } from "../../../src/proxy/files/writeRows.ts";
import { TextWriter } from "../../../src/proxy/files/writeText.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-text-"));
after(() => rmSync(folder, { recursive: true }));

test("TextWriter writes head and lines, counts rows that are gone, and takes long ones in steps", async () => {
  const path = join(folder, "lines.txt");
  const output = await OutputFile.createPart(path);
  const long = Array.from({ length: 5 }, () => "x".repeat(700_000));
  const writer = new TextWriter(output, "head\n", (n) => (n === 2 ? null : n === 3 ? [...long, "\n"] : [`row ${n}\n`]));
  assert.equal(writer.put(1), true);
  assert.equal(writer.put(3), false);
  while (!writer.step());
  await writeRows(everyRow(2, 4), writer, output);
  writer.end();
  await output.finish();
  assert.equal(readFileSync(path, "utf8"), `head\nrow 1\n${long.join("")}\n${long.join("")}\nrow 4\n`);
  assert.deepEqual([writer.rows, writer.leftOut], [4, 1]);
});
