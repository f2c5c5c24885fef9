import assert from "node:assert/strict";
import { test } from "node:test";
import { Exchanges } from "../../../src/proxy/wire/exchanges.ts";
import type { SocketType } from "../../../src/shared/model.ts";

type Said = [number, number | string, boolean?];

function exchanges(
  client: SocketType | null,
  server: SocketType | null,
): { pairing: Exchanges; said: Said[]; late: number[] } {
  const said: Said[] = [];
  const late: number[] = [];
  const pairing = new Exchanges({
    paired: (request, reply, guessed, isLate) => {
      said.push([request, reply, guessed]);
      if (isLate) late.push(reply);
    },
    exchange: (n, state) => said.push([n, state]),
  });
  pairing.configure({ client, server });
  return { pairing, said, late };
}

const pairs: [SocketType | null, SocketType | null, boolean][] = [
  ["REQ", "REP", true],
  ["REP", "REQ", true],
  ["DEALER", "REP", true],
  ["REP", "DEALER", true],
  ["REQ", "ROUTER", true],
  ["ROUTER", "REQ", true],
  ["DEALER", "ROUTER", false],
  ["DEALER", "DEALER", false],
  ["PUSH", "PULL", false],
  ["XPUB", "XSUB", false],
  ["REQ", null, false],
  [null, null, false],
];
for (const [client, server, isActive] of pairs) {
  test(`Exchanges pairs ${isActive ? "" : "nothing "}between ${client} and ${server}`, () => {
    assert.equal(exchanges(client, server).pairing.isActive, isActive);
  });
}

test("Exchanges reads envelopes only where they decide", () => {
  const reads = (client: SocketType, server: SocketType): boolean[] =>
    ([0, 1] as const).map((direction) => exchanges(client, server).pairing.readsEnvelope(direction));
  assert.deepEqual(reads("REQ", "REP"), [false, false]);
  assert.deepEqual(reads("REP", "DEALER"), [false, true]);
  assert.deepEqual(reads("REQ", "ROUTER"), [true, true]);
  assert.deepEqual(reads("PUSH", "PULL"), [false, false]);
});

test("Exchanges keeps the order of many open requests", () => {
  const { pairing, said } = exchanges("DEALER", "REP");
  for (let n = 1; n <= 40; n++) pairing.message(0, n, 2, 5, -1, true);
  for (let n = 41; n <= 60; n++) pairing.message(1, n, 2, 5, -1, true);
  for (let n = 61; n <= 100; n++) pairing.message(0, n, 2, 5, -1, true);
  assert.equal(pairing.pending, 60);
  const replies = said.filter((each) => each.length === 3).map(([request, reply]) => (reply as number) - request);
  assert.deepEqual(replies, new Array(20).fill(40));
  said.length = 0;
  pairing.close();
  assert.deepEqual(said[0], [21, "lost"]);
  assert.equal(said.length, 60);
  assert.equal(pairing.pending, 0);
});

test("Exchanges pairs no request behind 65,536 open ones, and does not shift the others", () => {
  const { pairing, said } = exchanges("REP", "DEALER");
  for (let n = 0; n < 65_538; n++) pairing.message(1, n, 2, 5, -1, true);
  assert.equal(pairing.overflow, 2);
  assert.equal(pairing.pending, 65_538);
  said.length = 0;
  pairing.message(0, 70_000, 2, 5, -1, true);
  pairing.message(1, 70_001, 2, 5, -1, true);
  assert.equal(pairing.overflow, 3);
  assert.deepEqual(said, [[0, 70_000, false]]);
  for (let n = 1; n < 65_539; n++) pairing.message(0, 80_000, 2, 5, -1, true);
  assert.equal(pairing.pending, 0);
  pairing.message(0, 90_000, 2, 5, -1, true);
  pairing.message(1, 90_001, 2, 5, -1, true);
  pairing.message(0, 90_002, 2, 5, -1, true);
  assert.deepEqual(said.slice(-3), [
    [90_000, "unasked"],
    [90_001, "pending"],
    [90_001, 90_002, false],
  ]);
});

test("Exchanges takes a first message of one empty frame for a router probe, of either side", () => {
  const { pairing, said } = exchanges("REQ", "ROUTER");
  pairing.message(0, 1, 1, 0, -1, false);
  pairing.message(1, 2, 1, 0, -1, false);
  pairing.message(0, 3, 2, 1, -1, true);
  pairing.message(1, 4, 1, 0, -1, false);
  assert.deepEqual(said, [
    [3, "pending"],
    [3, 4, false],
  ]);
});

test("Exchanges takes an empty first reply of a REP for a reply", () => {
  const { pairing, said } = exchanges("REQ", "REP");
  pairing.message(0, 1, 2, 1, -1, true);
  pairing.message(1, 2, 1, 0, -1, true);
  assert.deepEqual(said.at(-1), [1, 2, false]);
});

test("Exchanges pairs a late reply to an abandoned request by its id, and says that it is late", () => {
  const { pairing, said, late } = exchanges("REQ", "ROUTER");
  pairing.message(0, 1, 3, 5, 100, true);
  pairing.message(0, 2, 3, 5, 101, true);
  assert.equal(pairing.pending, 1);
  pairing.message(1, 3, 3, 5, 100, true);
  assert.deepEqual(late, [3]);
  assert.equal(pairing.pending, 1);
  pairing.close();
  assert.deepEqual(said.slice(2), [
    [2, "pending"],
    [1, 3, false],
    [2, "lost"],
  ]);
});

test("Exchanges forgets the oldest abandoned request beyond 65,536", () => {
  const { pairing, said } = exchanges("REQ", "ROUTER");
  for (let n = 0; n < 65_537; n++) pairing.message(0, n, 3, 5, n, true);
  assert.equal(pairing.overflow, 1);
  said.length = 0;
  pairing.message(1, 70_000, 3, 5, 0, true);
  pairing.message(1, 70_001, 3, 5, 65_536, true);
  assert.deepEqual(said, [
    [70_000, "unasked"],
    [65_536, 70_001, false],
  ]);
});

test("Exchanges gives the first replies to requests from before it watched", () => {
  const inOrder = exchanges("DEALER", "REP");
  inOrder.pairing.expectReplies(2);
  inOrder.pairing.message(0, 1, 2, 5, -1, true);
  for (const n of [2, 3, 4]) inOrder.pairing.message(1, n, 2, 5, -1, true);
  assert.deepEqual(inOrder.said, [
    [1, "pending"],
    [1, 4, false],
  ]);
  const newest = exchanges("REQ", "ROUTER");
  newest.pairing.expectReplies(1);
  newest.pairing.message(1, 1, 2, 5, -1, true);
  newest.pairing.message(1, 2, 2, 5, -1, true);
  assert.deepEqual(newest.said, [[2, "unasked"]]);
});
