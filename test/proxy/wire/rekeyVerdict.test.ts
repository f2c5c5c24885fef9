import assert from "node:assert/strict";
import { test } from "node:test";
import type { RekeyedEnd } from "../../../src/proxy/wire/rekeyer.ts";
import { judgeRekeyed, type RekeyedFacts } from "../../../src/proxy/wire/rekeyVerdict.ts";
import type { Retries, Side } from "../../../src/shared/model.ts";

const end = (...commands: string[]): RekeyedEnd => ({ octets: 64, mechanism: "CURVE", commands, error: null });
const refusing = (...commands: string[]): RekeyedEnd => ({ ...end(...commands), error: "400" });

const facts: RekeyedFacts = {
  state: "failed",
  ends: { client: { peer: end(), tap: end() }, server: { peer: end(), tap: end() } },
  versions: { client: "3.1", server: "3.0" },
  sockets: { client: null, server: null },
  hasSaid: { client: false, server: false },
  problem: null,
  isRelayed: false,
  hasStalled: false,
  closed: null,
};

/** Id, leg, certainty and retries. */
const told = (more: Partial<RekeyedFacts>): unknown[] | null => {
  const verdict = judgeRekeyed({ ...facts, ...more });
  return verdict === null ? null : [verdict.id, verdict.leg, verdict.isCertain, verdict.retries];
};

for (const [check, id, retries, leg = "client"] of [
  ["hello-box", "wrong-server-key", "yes"],
  ["vouch", "key-pair-mismatch", "yes"],
  ["both-clients", "both-clients", "no", null],
  ["waiting", "client-waiting", "yes"],
  ["denied", "refused", "no"],
  ["user", "plain-refused", "no"],
  ["mechanism", "tap-keys-do-not-fit", "yes"],
  ["old-version", "tap-keys-do-not-fit", "yes"],
  ["keys", "tap-keys-do-not-fit", "yes"],
  ["server-key", "tap-keys-do-not-fit", "yes"],
  ["roles", "roles-learned", "yes"],
  ["not-zmtp", "not-zmtp", null],
  ["timeout", "silence-in-handshake", "yes"],
  ["cookie", "bad-handshake", "yes"],
] as const satisfies readonly (readonly [string, string, Retries, null?])[]) {
  test(`judgeRekeyed is certain of what the tap found itself: ${check}`, () => {
    const problem = { leg: "client" as Side, check, message: "What was wrong." };
    assert.deepEqual(told({ problem }), [id, leg, true, retries]);
    assert.equal(judgeRekeyed({ ...facts, problem })?.sentence, "What was wrong.");
  });
}

test("judgeRekeyed says nothing while a handshake is under way, and names no leg once it is done", () => {
  assert.equal(told({ state: "waiting" }), null);
  assert.deepEqual(told({ state: "done" }), ["connected", null, true, null]);
});

test("judgeRekeyed blames the leg whose peer has closed", () => {
  const server = { peer: end(), tap: end("HELLO") };
  const client = { peer: end("HELLO"), tap: end() };
  assert.deepEqual(told({ ends: { client, server }, closed: { by: "server" } }), [
    "wrong-server-key",
    "server",
    true,
    "yes",
  ]);
  const reversed = { client: { peer: end(), tap: end("HELLO") }, server: { peer: end("HELLO"), tap: end() } };
  assert.deepEqual(told({ ends: reversed, closed: { by: "client" } }), ["closed-after-hello", "client", false, "no"]);
});

test("judgeRekeyed tells a refusal that was passed on of the leg on which it came, whoever closes", () => {
  const client = { peer: end("HELLO", "INITIATE"), tap: refusing("WELCOME", "ERROR") };
  const server = { peer: refusing("WELCOME", "ERROR"), tap: end("HELLO", "INITIATE") };
  assert.deepEqual(told({ ends: { client, server }, closed: { by: "client" } }), ["refused", "server", true, "no"]);
});

test("judgeRekeyed judges the leg that stands still", () => {
  const client = { peer: end("HELLO"), tap: end() };
  const server = { peer: end(), tap: end("HELLO") };
  const state = "waiting";
  assert.equal(told({ state, ends: { client, server }, hasStalled: true })?.[1], "server");
  const hasSaid = { client: false, server: true };
  assert.equal(told({ state, ends: { client, server }, hasSaid, hasStalled: true })?.[1], "client");
});

test("judgeRekeyed judges both peers and no leg while they have only greeted each other", () => {
  const ends = { client: { peer: end(), tap: end() }, server: { peer: end(), tap: end() } };
  assert.deepEqual(told({ state: "waiting", isRelayed: true, ends, hasStalled: true }), [
    "silence-after-greetings",
    null,
    false,
    "after-30s",
  ]);
  const versions = { client: "3.1", server: null };
  const silent = { ...ends, server: { peer: { ...end(), octets: 0, mechanism: null }, tap: end() } };
  assert.deepEqual(told({ isRelayed: true, ends: silent, versions, closed: { by: "server" } }), [
    "closed-at-once",
    null,
    false,
    "yes",
  ]);
});
