import assert from "node:assert/strict";
import { test } from "node:test";
import { countOldFrames, isOtherProtocol, judgeFirstOctets } from "../../../src/proxy/files/firstOctets.ts";
import { encodeGreeting, encodeMessage } from "../../../src/proxy/wire/writer.ts";
import { hex, join, octets } from "../../support/octets.ts";

test("judgeFirstOctets waits for a whole signature and knows it", () => {
  const greeting = encodeGreeting("NULL");
  for (let length = 0; length < 10; length++) assert.equal(judgeFirstOctets(greeting.subarray(0, length)), "unclear");
  assert.equal(judgeFirstOctets(greeting.subarray(0, 10)), "zmtp");
  assert.equal(judgeFirstOctets(hex("01 00")), "old");
  assert.equal(judgeFirstOctets(hex("00 00")), "alien");
  assert.equal(judgeFirstOctets(octets("GET / HTTP")), "alien");
  assert.equal(judgeFirstOctets(hex("ff fd 18 ff fd 20 ff fd 23 ff")), "alien");
});

test("countOldFrames counts frames of ZMTP 1.0 that follow each other to the end", () => {
  const long = encodeMessage([new Uint8Array(300), octets("b")], 1);
  const stream = join(hex("01 00"), encodeMessage([octets("a")], 1), long);
  assert.equal(countOldFrames(stream), 4);
  for (let cut = 0; cut < stream.length; cut++)
    assert.ok(countOldFrames(stream.subarray(0, cut)) >= 0, `cut at ${cut}`);
  assert.equal(countOldFrames(hex("01 01")), -1);
  assert.equal(countOldFrames(hex("01 00 00 00")), -1);
  assert.equal(countOldFrames(hex("01 00 03 07 61 62")), -1);
  assert.equal(countOldFrames(hex("ff 01 00 00 00 00 00 00 00 00")), -1);
  assert.equal(countOldFrames(hex("ff 00 00 00 00 00 00 00 05 00")), -1);
});

test("isOtherProtocol knows TLS and text", () => {
  assert.equal(isOtherProtocol(hex("17 03 03 00 20 01")), true);
  assert.equal(isOtherProtocol(octets("some plain text, a page")), true);
  assert.equal(isOtherProtocol(octets("SSH-2.0-x")), true);
  assert.equal(isOtherProtocol(octets("short")), false);
  assert.equal(isOtherProtocol(hex("80 81 82 83 84 85 86 87 88 89 8a 8b 8c 8d 8e 8f 90")), false);
  assert.equal(isOtherProtocol(new Uint8Array(0)), false);
});
