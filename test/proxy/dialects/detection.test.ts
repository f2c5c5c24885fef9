import assert from "node:assert/strict";
import { test } from "node:test";
import { dialectNamed, detect } from "../../../src/proxy/dialects/registry.ts";
import type { SocketType } from "../../../src/shared/model.ts";
import { messageOf, saidBy } from "../../support/dialects.ts";
import { ORDINARY_PAYLOADS, SEED_MESSAGES } from "../../support/seedMessages.ts";

const PAIRS: readonly (readonly [SocketType | null, SocketType | null])[] = [
  ["REQ", "REP"],
  ["REP", "REQ"],
  ["DEALER", "ROUTER"],
  ["ROUTER", "DEALER"],
  ["PUB", "SUB"],
  ["PUSH", "PULL"],
  ["PAIR", "PAIR"],
  [null, null],
];

const shown = (frames: readonly Uint8Array[]): string =>
  frames.map((frame) => Buffer.from(frame).toString()).join(" | ");

test("Each message of a seed system is found to be of its own dialect, and can be read as that", () => {
  for (const [name, message] of SEED_MESSAGES) {
    assert.equal(detect(message).dialect, name, shown(message.frames));
    saidBy(dialectNamed(name)!, message);
  }
});

test("Ordinary JSON, text and octets are raw between all sockets", () => {
  for (const payload of ORDINARY_PAYLOADS) {
    for (const [sender, receiver] of PAIRS) {
      for (const frames of [[payload], ["", payload], ["id", "", payload], [payload, payload]]) {
        const message = messageOf(frames, sender, receiver);
        assert.deepEqual(detect(message), { dialect: "raw", confidence: 0 }, shown(message.frames));
      }
    }
  }
});
