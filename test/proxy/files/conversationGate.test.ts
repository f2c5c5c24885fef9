import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeGreeting, encodeMessage } from "../../../src/proxy/wire/writer.ts";
import { openBytes, pcap, rowLines, Talk } from "../../support/captureFiles.ts";
import { hex, join, octets } from "../../support/octets.ts";

const rowsOf = (talk: Talk): string[] => rowLines(openBytes(pcap(talk.packets())).capture);

test("ConversationGate waits for the other side of one that is no ZeroMQ peer, but not for ever", () => {
  const alien = octets("x".repeat(1000));
  const greeting = encodeGreeting("NULL");
  assert.deepEqual(rowsOf(new Talk().say(0, alien).say(1, greeting)).slice(0, 2), ["[link-opened]", "[fault!]"]);
  const long = new Talk().say(0, alien, alien, alien, alien, alien).say(1, greeting);
  assert.deepEqual(rowsOf(long), []);
});

test("ConversationGate waits until a signature is whole", () => {
  const talk = new Talk();
  for (const octet of encodeGreeting("NULL")) talk.say(1, Uint8Array.of(octet));
  assert.deepEqual(rowsOf(talk), ["[link-opened]"]);
  assert.deepEqual(rowsOf(new Talk().say(1, encodeGreeting("NULL").subarray(0, 9))), []);
});

test("ConversationGate wants frames of both sides to believe in ZMTP 1.0", () => {
  const old = (text: string): Uint8Array => encodeMessage([octets(text)], 1);
  assert.equal(rowsOf(new Talk().say(0, hex("0100")).say(1, hex("0100")).close()).length, 0);
  assert.equal(rowsOf(new Talk().say(0, hex("0100"), old("a"), old("b"), old("c")).close()).length, 0);
  assert.ok(
    rowsOf(
      new Talk()
        .say(0, join(hex("0100"), old("a")))
        .say(1, hex("0100"))
        .close(),
    ).includes("client: a"),
  );
  assert.equal(rowsOf(new Talk().say(0, hex("0500ff")).say(1, hex("050007ff")).close()).length, 0);
});

test("ConversationGate drops a conversation with a hole before it is known", () => {
  assert.deepEqual(rowsOf(new Talk().say(0, hex("ff00")).lose(0, 20).say(0, octets("x")).close()), []);
});

test("ConversationGate shows a hole behind a beginning that is known", () => {
  const talk = new Talk().say(1, encodeGreeting("NULL")).say(0, hex("ff00")).lose(0, 20).say(0, octets("x")).close();
  assert.deepEqual(rowsOf(talk), ["[link-opened]", "[fault!]", "[link-closed]"]);
});
