import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { OutputFile } from "../../../src/proxy/files/writeOutput.ts";
import { UserError } from "../../../src/shared/userError.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-output-"));
after(() => rmSync(folder, { recursive: true }));

const isRefusal =
  (pattern: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, pattern);
    return error.code === "cannot-write";
  };

test("OutputFile writes in order what was added, through more buffers than it keeps", async () => {
  const path = join(folder, "much.bin");
  const output = await OutputFile.createPart(path);
  const expected: Buffer[] = [];
  for (let round = 0; round < 40; round++) {
    const piece = Buffer.alloc(700_001, round);
    output.reserve(piece.length);
    output.slab.bytes.set(piece, output.used);
    output.used += piece.length;
    expected.push(piece);
    assert.equal(output.bytes, (round + 1) * piece.length);
    if (output.isFull) await output.drain();
  }
  assert.equal(existsSync(path), false);
  await output.finish();
  assert.equal(readFileSync(path).equals(Buffer.concat(expected)), true);
  assert.equal(statSync(path).mode & 0o077, 0);
  assert.deepEqual(readdirSync(folder), ["much.bin"]);
});

test("OutputFile takes a piece that is larger than its buffers, and text of any kind", async () => {
  const path = join(folder, "large.txt");
  const output = await OutputFile.createPart(path);
  const text = "é☂x".repeat(2_000_000);
  output.addText("a");
  output.addText(text);
  output.addText("b");
  await output.flush();
  assert.equal(readFileSync(`${path}.part`, "utf8"), `a${text}b`);
  await output.finish();
  assert.equal(readFileSync(path, "utf8"), `a${text}b`);
});

test("OutputFile replaces what has its name at the end only, and leaves it alone when given up", async () => {
  const path = join(folder, "old.txt");
  writeFileSync(path, "before");
  const given = await OutputFile.createPart(path);
  given.addText("after");
  await given.flush();
  await given.discard();
  assert.equal(readFileSync(path, "utf8"), "before");
  assert.equal(existsSync(`${path}.part`), false);
  const output = await OutputFile.createPart(path);
  output.addText("after");
  assert.equal(readFileSync(path, "utf8"), "before");
  await output.finish();
  assert.equal(readFileSync(path, "utf8"), "after");
});

test("OutputFile does not write through a link that stands in the place of its part file", async () => {
  const path = join(folder, "linked.txt");
  const victim = join(folder, "victim.txt");
  writeFileSync(victim, "safe");
  symlinkSync(victim, `${path}.part`);
  const output = await OutputFile.createPart(path);
  output.addText("text");
  await output.finish();
  assert.equal(readFileSync(victim, "utf8"), "safe");
});

test("OutputFile under its own name refuses one that is there, unless it may overwrite", async () => {
  const path = join(folder, "own.txt");
  writeFileSync(path, "before");
  await assert.rejects(
    OutputFile.create(path, { overwrite: false }),
    isRefusal(/there is a file of this name already/),
  );
  const output = await OutputFile.create(path, { overwrite: true });
  output.addText("x");
  await output.flush();
  await output.discard();
  assert.equal(readFileSync(path, "utf8"), "x");
});

test("OutputFile says what is wrong in a sentence", { skip: process.platform === "win32" }, async () => {
  await assert.rejects(
    OutputFile.createPart(join(folder, "none", "x.csv")),
    isRefusal(/none.x\.csv: its folder does not exist/),
  );
  await assert.rejects(OutputFile.create(folder, { overwrite: true }), isRefusal(/a folder has this name/));
  const gone = join(folder, "gone");
  mkdirSync(gone);
  const output = await OutputFile.createPart(join(gone, "x.csv"));
  output.addText("x");
  rmSync(gone, { recursive: true });
  await assert.rejects(output.finish(), isRefusal(/its folder does not exist/));
  await output.discard();
});

test(
  "OutputFile tells of a full disk once, and is no longer waited for",
  { skip: process.platform !== "linux" },
  async () => {
    const output = await OutputFile.create("/dev/full", { overwrite: true });
    output.addText("x");
    await assert.rejects(output.flush(), isRefusal(/\/dev\/full: the disk is full/));
    assert.equal(output.isFull, true);
    await assert.rejects(output.finish(), isRefusal(/the disk is full/));
    await output.discard();
  },
);
