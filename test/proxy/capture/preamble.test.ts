import assert from "node:assert/strict";
import { test } from "node:test";
import { Preamble } from "../../../src/proxy/capture/preamble.ts";
import { LinkReader } from "../../../src/proxy/wire/linkReader.ts";
import { encodeGreeting, encodeMessage, encodeReady } from "../../../src/proxy/wire/writer.ts";
import type { Direction } from "../../../src/shared/model.ts";
import { hex as hexOctets, join, octets } from "../../support/octets.ts";

/** A reader and the preamble that is filled beside it, as a link's owner does. */
function shaking(): { preamble: Preamble; say: (direction: Direction, ...parts: Uint8Array[]) => void } {
  const preamble = new Preamble();
  const nothing = (): undefined => undefined;
  const reader = new LinkReader({
    message: () => 0,
    encrypted: nothing,
    command: nothing,
    paired: nothing,
    exchange: nothing,
    handshake: nothing,
    fault: nothing,
  });
  const say = (direction: Direction, ...parts: Uint8Array[]): void => {
    for (const bytes of parts) {
      if (preamble.isOpen) preamble.add(direction, bytes, 7);
      reader.push(direction, bytes, 0);
      if (preamble.isOpen) preamble.settle(reader);
    }
  };
  return { preamble, say };
}

const greeting = encodeGreeting("NULL");
const kept = (preamble: Preamble): string[] =>
  [0, 1].map((each) => Buffer.from(preamble.borrow(each as Direction)).toString("hex"));
const hex = (...parts: Uint8Array[]): string => Buffer.from(join(...parts)).toString("hex");

test("Preamble ends before the first message, also where that came in one chunk with the handshake's end", () => {
  const { preamble, say } = shaking();
  say(0, greeting.subarray(0, 20));
  assert.deepEqual(kept(preamble), ["", ""]);
  say(0, greeting.subarray(20));
  say(1, join(greeting, encodeReady("PULL")));
  assert.deepEqual(kept(preamble), [hex(greeting), hex(greeting, encodeReady("PULL"))]);
  say(0, join(encodeReady("PUSH"), encodeMessage([octets("first")])));
  assert.equal(preamble.isOpen, false);
  assert.deepEqual(kept(preamble), [hex(greeting, encodeReady("PUSH")), hex(greeting, encodeReady("PULL"))]);
  assert.deepEqual(preamble.toHex(), kept(preamble));
  assert.deepEqual([preamble.length(0), preamble.timeNs], [greeting.length + encodeReady("PUSH").length, 7]);
});

test("Preamble ends before messages that were held for the other side's greeting", () => {
  const { preamble, say } = shaking();
  // ZMTP 2.0: a greeting, identity, and messages before the other one has said which version it speaks.
  const own = hexOctets("ff00000000000000017f01080000");
  say(0, join(own, hexOctets("0001")), hexOctets("61000162"));
  assert.deepEqual(kept(preamble), ["", ""]);
  say(1, hexOctets("ff00000000000000017f"));
  assert.deepEqual(kept(preamble), [hex(own), ""]);
});

test("Preamble keeps what there is of a link that closes in its handshake", () => {
  const { preamble, say } = shaking();
  say(0, greeting.subarray(0, 20));
  preamble.close();
  assert.deepEqual(kept(preamble), [hex(greeting.subarray(0, 20)), ""]);
});

test("Preamble keeps 8 KiB of what is not ZeroMQ, and nothing of a handshake that is longer", () => {
  const alien = shaking();
  alien.say(0, octets(`GET / HTTP/1.1\r\n${"x".repeat(20_000)}`));
  alien.say(1, octets("y".repeat(5000)), octets("y".repeat(5000)));
  assert.deepEqual([alien.preamble.length(0), alien.preamble.length(1), alien.preamble.isOpen], [8192, 8192, false]);
  const long = shaking();
  const ready = encodeReady("PUSH", octets("i".repeat(250)));
  const padded = join(
    Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0x27, 0x10),
    ready.subarray(2),
    new Uint8Array(10_000 - ready.length + 2),
  );
  long.say(0, greeting);
  long.say(1, greeting, encodeReady("PULL"));
  long.say(0, padded, encodeMessage([octets("x")]));
  assert.deepEqual([kept(long.preamble), long.preamble.isOpen], [["", ""], false]);
});
