import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { openBoxMemory } from "../../../src/proxy/crypto/sodium.ts";
import { hex, octets } from "../../support/octets.ts";
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

test("openBoxMemory gives zeroed places, wipes what is given back, and grows until there is no memory left", async () => {
  const memory = await openBoxMemory();
  const place = memory.allocate(100);
  assert.ok(memory.octets.subarray(place, place + 100).every((octet) => octet === 0));
  memory.octets.fill(7, place, place + 100);
  memory.release(place, 100);
  // The allocator keeps its lists in the first octets of what is free.
  assert.ok(memory.octets.subarray(place + 16, place + 100).every((octet) => octet === 0));
  const before = memory.octets.length;
  memory.allocate(before);
  assert.ok(memory.octets.length > before);
  assert.throws(() => memory.allocate(2 ** 31), RangeError);
});

test("openBoxMemory draws octets that differ", async () => {
  const memory = await openBoxMemory();
  const place = memory.allocate(64);
  memory.randomFill(place, 64);
  const drawn = memory.octets.slice(place, place + 64);
  assert.notDeepEqual(drawn.subarray(0, 32), drawn.subarray(32));
  memory.randomFill(place, 64);
  assert.notDeepEqual(memory.octets.slice(place, place + 64), drawn);
});

/** "Cryptography in NaCl", sections 8 and 9. */
test("openBoxMemory has XSalsa20 and Poly1305 as published, whole and in pieces", async () => {
  const memory = await openBoxMemory();
  const put = (bytes: Uint8Array): number => {
    const place = memory.allocate(bytes.length + 1);
    memory.octets.set(bytes, place);
    return place;
  };
  const shared = put(hex("1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"));
  const nonce = put(hex("69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37"));
  const out = memory.allocate(256);
  memory.subkey(out, nonce, shared);
  const subkey = put(memory.octets.slice(out, out + 32));
  assert.deepEqual(
    memory.octets.slice(subkey, subkey + 32),
    hex("dc908dda0b9344a953629b733820778880f3ceb421bb61b91cbd4c3e66256ce4"),
  );
  const zeroes = put(new Uint8Array(192));
  memory.xor(out, zeroes, 192, nonce + 16, 0, subkey);
  const stream = memory.octets.slice(out, out + 192);
  assert.deepEqual(stream.subarray(0, 32), hex("eea6a7251c1e72916d11c2cb214d3c252539121d8e234e652d651fa4c8cff880"));
  memory.xor(out, zeroes, 128, nonce + 16, 1, subkey);
  assert.deepEqual(memory.octets.slice(out, out + 128), stream.subarray(64));
  const [key, text] = [put(stream.subarray(0, 32)), put(octets("a text of some length"))];
  memory.authenticate(out, text, 21, key);
  const whole = memory.octets.slice(out, out + 16);
  const state = memory.allocate(memory.authenticatorBytes);
  memory.beginAuthenticator(state, key);
  memory.feedAuthenticator(state, text, 5);
  memory.feedAuthenticator(state, text + 5, 16);
  memory.endAuthenticator(state, out);
  assert.deepEqual(memory.octets.slice(out, out + 16), whole);
});

function pathOf(path: string): string {
  return JSON.stringify(import.meta.resolve(path));
}
