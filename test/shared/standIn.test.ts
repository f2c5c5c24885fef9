import assert from "node:assert/strict";
import { test } from "node:test";
import type { TapSecurity } from "../../src/shared/security.ts";
import {
  describeStandIn,
  readStandIn,
  type StandIn,
  type StandInState,
  withStandInLegs,
} from "../../src/shared/standIn.ts";

const answering: StandIn = {
  kind: "answers",
  socket: "ROUTER",
  from: { kind: "live", tap: null },
  dialect: null,
  delayMs: 5,
};
const listening: StandIn = { kind: "signals", socket: "SUB", topics: ["a", ""], connects: true };
const bound: StandIn = { ...listening, connects: false };

test("readStandIn reads what memory holds", () => {
  for (const standIn of [
    answering,
    listening,
    { ...answering, dialect: "json-rpc", from: { kind: "capture", path: "c.pcapng" } },
    { ...answering, from: { kind: "replies", path: "r.json" } },
    { ...answering, from: { kind: "live", tap: "orders" } },
  ]) {
    assert.deepEqual(readStandIn(JSON.parse(JSON.stringify(standIn))), standIn);
  }
  assert.deepEqual(readStandIn({ ...listening, socket: "REP" }), { ...listening, socket: "REP", connects: false });
});

test("readStandIn takes nothing else", () => {
  for (const value of [
    null,
    "answers",
    {},
    { ...answering, kind: "else" },
    { ...answering, socket: "PUB" },
    { ...answering, dialect: "klingon" },
    { ...answering, delayMs: -1 },
    { ...answering, delayMs: "5" },
    { ...answering, from: null },
    { ...answering, from: { kind: "live", tap: 5 } },
    { ...answering, from: { kind: "capture", path: "" } },
    { ...answering, from: { kind: "else" } },
    { ...listening, socket: "ROUTER" },
    { ...listening, topics: [1] },
    { ...listening, topics: "a" },
    { ...listening, connects: "yes" },
  ]) {
    assert.equal(readStandIn(value), null, JSON.stringify(value));
  }
});

const NOTHING: TapSecurity = {
  clientLeg: null,
  serverLeg: null,
  serverPair: null,
  serverKey: null,
  clientPair: null,
  clientPairs: [],
  allow: null,
  plain: null,
};

test("withStandInLegs gives the programs' side the mechanism that the keys are for, and the stand-in none", () => {
  const pair = { publicKey: "p", secretKey: "s" };
  const plain = { user: "u", password: "p" };
  const legs = (security: TapSecurity, standIn: StandIn): unknown => {
    const { clientLeg, serverLeg } = withStandInLegs(security, standIn);
    return [clientLeg, serverLeg];
  };
  assert.deepEqual(legs({ ...NOTHING, serverPair: pair }, answering), ["CURVE", "NULL"]);
  assert.deepEqual(legs({ ...NOTHING, plain }, bound), ["PLAIN", "NULL"]);
  assert.deepEqual(legs(NOTHING, bound), ["NULL", "NULL"]);
  assert.deepEqual(legs({ ...NOTHING, plain, serverPair: pair, clientLeg: "PLAIN" }, answering), ["PLAIN", "NULL"]);
  assert.deepEqual(legs({ ...NOTHING, serverKey: "k" }, listening), ["NULL", "CURVE"]);
  assert.deepEqual(legs({ ...NOTHING, plain }, listening), ["NULL", "PLAIN"]);
  assert.deepEqual(withStandInLegs({ serverPair: "own" }, answering), {
    serverPair: "own",
    clientLeg: "CURVE",
    serverLeg: "NULL",
  });
});

test("describeStandIn tells counts that are not 0, the last, or why it stopped", () => {
  const state: StandInState = {
    answered: 3,
    byDefault: 0,
    unanswered: 0,
    signals: 0,
    last: "add",
    known: 1,
    leftOut: 0,
    problem: null,
  };
  assert.equal(describeStandIn(answering, state), "3 answered · last add");
  assert.equal(
    describeStandIn(answering, { ...state, byDefault: 1, unanswered: 2, last: "" }),
    "3 answered · 1 by default · 2 unanswered",
  );
  assert.equal(describeStandIn(listening, { ...state, signals: 7 }), "7 signals · last add");
  assert.equal(describeStandIn(listening, { ...state, problem: "It stopped." }), "It stopped.");
});
