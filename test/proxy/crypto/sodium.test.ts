import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { openBoxMemory } from "../../../src/proxy/crypto/sodium.ts";
import { boxMemoryStream, digestOf, salsaStream } from "../../support/salsaStream.ts";

test("makes Salsa20's stream of any size, from any block on", async () => {
  assert.equal(digestOf(boxMemoryStream(await openBoxMemory())), digestOf(await salsaStream()));
});

test("makes the same stream where WebAssembly has no vectors", async () => {
  const program = `
    import { openBoxMemory } from ${pathOf("../../../src/proxy/crypto/sodium.ts")};
    import { boxMemoryStream, digestOf } from ${pathOf("../../support/salsaStream.ts")};
    process.stdout.write(digestOf(boxMemoryStream(await openBoxMemory())));`;
  // V8 has no vectors on a processor without SSE 4.1.
  const args = ["--no-enable-sse4-1", "--input-type=module", "--eval", program];
  assert.equal(execFileSync(process.execPath, args, { encoding: "utf8" }), digestOf(await salsaStream()));
});

test("goes on when its memory has grown, and leaves WebAssembly as it was", async () => {
  const { instantiate } = WebAssembly;
  const memory = await openBoxMemory();
  assert.equal(WebAssembly.instantiate, instantiate);
  const before = memory.octets.buffer.byteLength;
  const place = memory.allocate(before);
  assert.ok(memory.octets.buffer.byteLength > before);
  assert.equal(digestOf(boxMemoryStream(memory)), digestOf(await salsaStream()));
  memory.release(place, before);
});

function pathOf(path: string): string {
  return JSON.stringify(import.meta.resolve(path));
}
