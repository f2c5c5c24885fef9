import assert from "node:assert/strict";
import { test } from "node:test";
import { UsualDecoders } from "../../src/proxy/usualDecoders.ts";

test("A channel is known after three sure guesses of one kind, and as sure as they agree", () => {
  const usual = new UsualDecoders();
  for (const n of [1, 2]) usual.learn("a", n, "cbor");
  // The same row again tells nothing new.
  usual.learn("a", 2, "cbor");
  assert.equal(usual.of("a"), null);
  usual.learn("a", 3, "cbor");
  assert.deepEqual(usual.of("a"), { decoder: "cbor", confidence: 0.9 });
  usual.learn("a", 4, "json");
  assert.deepEqual(usual.of("a"), { decoder: "cbor", confidence: 0.75 });
  usual.learn("a", 5, "json");
  assert.equal(usual.of("a"), null);
  assert.equal(usual.of("b"), null);
});

test("The newest sixteen guesses of a channel count, and a thousand channels", () => {
  const usual = new UsualDecoders();
  let n = 0;
  for (let turn = 0; turn < 20; turn++) usual.learn("a", ++n, "json");
  for (let turn = 0; turn < 16; turn++) usual.learn("a", ++n, "msgpack");
  assert.equal(usual.of("a")?.decoder, "msgpack");
  for (let other = 0; other < 999; other++) usual.learn(`other ${other}`, ++n, "json");
  assert.equal(usual.of("a")?.decoder, "msgpack");
  usual.learn("one more", ++n, "json");
  assert.equal(usual.of("a"), null);
});
