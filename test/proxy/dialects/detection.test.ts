import assert from "node:assert/strict";
import { test } from "node:test";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import { detect, dialectInfos, dialectNamed } from "../../../src/proxy/dialects/registry.ts";
import { DIALECTS } from "../../../src/shared/dialects.ts";
import type { SocketType } from "../../../src/shared/model.ts";
import { messageOf, octets, randomJson, saidBy } from "../../support/dialects.ts";
import { random } from "../../support/random.ts";
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
const RECEIVERS = { REQ: "REP", DEALER: "ROUTER", PUB: "SUB", PUSH: "PULL" } as const;

const shown = (frames: readonly Uint8Array[]): string =>
  frames.map((frame) => Buffer.from(frame).toString()).join(" | ");

test("All dialects are there", () => {
  assert.deepEqual(
    dialectInfos()
      .map(({ name }) => name)
      .sort(),
    [...DIALECTS].sort(),
  );
});

test("Each message of a seed system is found to be of its own dialect, and can be read as that", () => {
  for (const [name, message] of SEED_MESSAGES) {
    assert.equal(detect(message).dialect, name, shown(message.frames));
    saidBy(dialectNamed(name)!, message);
  }
});

test("A call that a dialect writes is found to be of that dialect, and is answered in it", () => {
  for (const { name, socket, canCall, takesArgs, takesKwargs } of dialectInfos()) {
    if (!canCall) continue;
    const dialect = dialectNamed(name)!;
    const call = {
      method: name === "locust" ? "client_ready" : "add",
      args: takesArgs ? ["one"] : [],
      kwargs: takesKwargs && !takesArgs ? { a: 1 } : {},
      fields: {},
    };
    const encoded = dialect.encode(call, null, dialectTools);
    assert.ok("frames" in encoded, name);
    const message = messageOf(encoded.frames, socket, RECEIVERS[socket]);
    assert.equal(detect(message).dialect, name);
    const answer = dialect.answer(message, { kind: "error", problem: "no" }, null, dialectTools);
    if (name === "raw" || "problem" in answer) continue;
    assert.equal(detect(messageOf(answer.frames, RECEIVERS[socket], socket)).dialect, sameReplies(name));
  }
});

/** A status reply may come from either; the newer one is taken. */
const sameReplies = (name: string): string => (name === "pyzmqrpc" ? "pyzmqrpc3" : name);

test("Ordinary JSON, text and octets are raw between all sockets", () => {
  const below = random(31);
  const texts = Array.from({ length: 300 }, () => octets(JSON.stringify(randomJson(below))));
  for (const payload of [...ORDINARY_PAYLOADS, ...texts]) {
    for (const [sender, receiver] of PAIRS) {
      for (const frames of [[payload], ["", payload], ["id", "", payload], [payload, payload]]) {
        const message = messageOf(frames, sender, receiver);
        assert.deepEqual(detect(message), { dialect: "raw", confidence: 0 }, shown(message.frames));
      }
    }
  }
});
