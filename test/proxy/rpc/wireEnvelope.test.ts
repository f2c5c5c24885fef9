import assert from "node:assert/strict";
import { test } from "node:test";
import { asCall, asReply, envelopeSize } from "../../../src/proxy/rpc/wireEnvelope.ts";

const frames = (...texts: string[]): Uint8Array[] => texts.map((text) => Buffer.from(text));

test("envelopeSize counts identities, request id and the empty delimiter, and nothing where there is none", () => {
  const sizes = [
    frames("", "a"),
    frames("1234", "", "a"),
    frames("id", "id2", "", "a", ""),
    frames("a"),
    frames("a", ""),
    frames(""),
    frames("<IDS|MSG>", "", "{}", "{}"),
    frames("x".repeat(256), "", "a"),
    [],
  ].map(envelopeSize);
  assert.deepEqual(sizes, [1, 2, 3, 0, 0, 0, 0, 0, 0]);
});

test("asCall and asReply show a message with an envelope as between REQ and REP, others as between DEALER and ROUTER", () => {
  const [enveloped, bare] = [frames("", "a"), frames("a")];
  assert.deepEqual(asCall(enveloped), { frames: enveloped, sender: "REQ", receiver: "REP" });
  assert.deepEqual(asReply(enveloped), { frames: enveloped, sender: "REP", receiver: "REQ" });
  assert.deepEqual(asCall(bare), { frames: bare, sender: "DEALER", receiver: "ROUTER" });
  assert.deepEqual(asReply(bare), { frames: bare, sender: "ROUTER", receiver: "DEALER" });
});
