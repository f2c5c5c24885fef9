import assert from "node:assert/strict";
import { test } from "node:test";
import { readCommand, readCommandName } from "../../../src/proxy/wire/commands.ts";
import { encodeCommand, encodeSubscription } from "../../../src/proxy/wire/writer.ts";
import { hex, octets } from "../../support/octets.ts";

const topic = octets("10001");
const cases: [string, Uint8Array, unknown][] = [
  ["PING", encodeCommand("PING", hex("0014 aabb")), { kind: "ping", ttlMs: 2000, context: hex("aabb") }],
  ["a PING without a TTL", encodeCommand("PING", hex("")), { kind: "ping", ttlMs: 0, context: hex("") }],
  ["PONG", encodeCommand("PONG", hex("aabb")), { kind: "pong", context: hex("aabb") }],
  ["SUBSCRIBE", encodeSubscription(topic, true, "3.1"), { kind: "subscribe", topic }],
  ["CANCEL", encodeSubscription(topic, false, "3.1"), { kind: "unsubscribe", topic }],
  ["a subscription message", encodeSubscription(topic, true, "3.0"), { kind: "subscribe", topic }],
  ["a cancellation message", encodeSubscription(topic, false, "3.0"), { kind: "unsubscribe", topic }],
  ["ERROR", encodeCommand("ERROR", hex("03343030")), { kind: "error-command", reason: "400" }],
  ["an empty ERROR", encodeCommand("ERROR", hex("")), { kind: "error-command", reason: "" }],
  ["libzmq's misspelt ERROR", hex("0409 5e52524f52 03343030"), { kind: "error-command", reason: "400" }],
  ["an unknown command", encodeCommand("DANCE", hex("00")), { kind: "command", name: "DANCE" }],
  ["a command without a name", hex("0401 00"), { kind: "command", name: "" }],
  ["a command whose name is cut", hex("0402 0961"), { kind: "command", name: "a" }],
  ["nothing", hex(""), { kind: "command", name: "" }],
];
for (const [what, frame, expected] of cases) {
  test(`readCommand reads ${what}`, () => {
    assert.deepEqual(readCommand(frame), expected);
  });
}

test("readCommand reads subscriptions in ZMTP 1.0 framing", () => {
  assert.deepEqual(readCommand(encodeSubscription(topic, true, "1.0"), 1), { kind: "subscribe", topic });
});

test("readCommandName says where the data begins", () => {
  assert.deepEqual(readCommandName(octets("\x05READYrest")), { name: "READY", dataAt: 6 });
  assert.deepEqual(readCommandName(hex("")), { name: "", dataAt: 0 });
});
