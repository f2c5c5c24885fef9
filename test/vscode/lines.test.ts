import assert from "node:assert/strict";
import { once } from "node:events";
import { PassThrough } from "node:stream";
import { readLines } from "../../src/host/lines.ts";

async function linesOf(chunks: readonly string[]): Promise<string[]> {
  const stream = new PassThrough();
  const lines: string[] = [];
  readLines(stream, (line) => lines.push(line));
  for (const chunk of chunks) stream.write(Buffer.from(chunk, "latin1"));
  stream.end();
  await once(stream, "end");
  return lines;
}

suite("readLines", () => {
  test("joins what came in pieces and parts what came together", async () => {
    assert.deepEqual(await linesOf(["a\nb", "c\r\n\nd"]), ["a", "bc", "", "d"]);
  });

  test("keeps characters that are cut in the middle", async () => {
    assert.deepEqual(await linesOf(["gr\xc3", "\xbcn\n"]), ["grün"]);
  });

  test("hands on a line without an end in pieces", async () => {
    const [first] = await linesOf(["x".repeat(70_000)]);
    assert.ok(first !== undefined && first.length > 0);
  });
});
