import assert from "node:assert/strict";
import { test } from "node:test";
import { SequenceTrack } from "../../../src/proxy/findings/sequenceTrack.ts";

type Options = { readonly modulus?: number; readonly step?: number; readonly isSure?: boolean };

/** What a track says of these numbers, each in the row of its place, from 1 on. */
function follow(values: readonly number[], { modulus = 0, step = 1, isSure = true }: Options = {}): string[] {
  const said: string[] = [];
  const track = new SequenceTrack(
    { modulus, step, isSure },
    {
      gap: (from, to, count, before, after) => said.push(`gap ${from}-${to} (${count}) between ${before} and ${after}`),
      repeat: (value, n) => said.push(`repeat ${value} in ${n}`),
      disorder: (value, n, wasMissing) => said.push(`${wasMissing ? "late" : "disorder"} ${value} in ${n}`),
    },
  );
  values.forEach((value, index) => track.push(value, index + 1, index * 1e6));
  track.settle(Infinity);
  return said;
}

function range(from: number, to: number, step = 1): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
}

for (const [what, values, options, expected] of [
  ["numbers in order", range(1, 50), {}, []],
  ["a gap", [1, 2, 3, 6, 7, 8, 9], {}, ["gap 4-5 (2) between 3 and 4"]],
  ["a gap before the last number", [1, 2, 3, 6], {}, ["gap 4-5 (2) between 3 and 4"]],
  [
    "every second one missing",
    [1, 3, 5, 7],
    {},
    ["gap 2-2 (1) between 1 and 2", "gap 4-4 (1) between 2 and 3", "gap 6-6 (1) between 3 and 4"],
  ],
  ["a number that comes again", [1, 2, 3, 3, 4, 5], {}, ["repeat 3 in 4"]],
  ["two numbers in each other's place", [1, 2, 4, 3, 5, 6], {}, ["disorder 3 in 4"]],
  [
    "what comes late after it was missed",
    [1, 2, 5, 6, 7, 3, 8, 4, 9],
    {},
    ["gap 3-4 (2) between 2 and 3", "late 3 in 6", "late 4 in 8"],
  ],
  ["one in the middle of a gap", [1, 5, 6, 7, 3, 8], {}, ["gap 2-4 (3) between 1 and 2", "late 3 in 5"]],
  ["a sender that begins anew", [7, 8, 9, 0, 1, 2, 3], {}, []],
  ["one that begins anew at once", [0, 1, 2, 0, 1, 2], {}, []],
  ["one that has only begun anew", [1, 2, 3, 0], {}, []],
  ["one that begins anew from far ahead", [1, 2, 3, 50_000_000, 50_000_001, 50_000_002], {}, []],
  ["a number that begins again behind its last", [253, 254, 255, 0, 1], { modulus: 256 }, []],
  ["a gap there", [254, 255, 2, 3, 4], { modulus: 256 }, ["gap 0-1 (2) between 2 and 3"]],
  ["two senders in turn", range(1, 20).flatMap((value) => [value, value + 500]), {}, []],
  ["two senders that count the same", range(1, 20).flatMap((value) => [value, value]), {}, []],
  [
    "a gap of one of two senders",
    [...range(1, 9).flatMap((value) => [value, value + 500]), 512, 10, 513, 11, 514, 12],
    {},
    ["gap 510-511 (2) between 18 and 19"],
  ],
  ["a step that is found out", range(3, 60, 3), { step: 0 }, []],
  ["a gap in it", [0, 3, 6, 9, 18, 21, 24], { step: 0 }, ["gap 12-15 (2) between 4 and 5"]],
  ["numbers with a step of one that is found out", [4, 5, 6, 9, 10, 11], { step: 0 }, ["gap 7-8 (2) between 3 and 4"]],
  ["few numbers", [4, 7], { step: 0 }, ["gap 5-6 (2) between 1 and 2"]],
  ["what is no sequence", [5, 5, 5, 9, 2, 7, 7, 1, 900, 4, 4, 8], { step: 0, isSure: false }, []],
  ["what only may be one", [1, 2, 3, 4, 5, 6, 9, 10, 11], { isSure: false }, ["gap 7-8 (2) between 6 and 7"]],
] as const) {
  test(`a track follows ${what}`, () => {
    assert.deepEqual(follow(values, options), expected);
  });
}

test("a track with too many senders in it gives up", () => {
  const values = range(1, 40).flatMap((value) => range(0, 5).map((sender) => sender * 10_000 + value));
  assert.deepEqual(follow(values), []);
});

test("a track knows which numbers have come", () => {
  const track = new SequenceTrack(
    { modulus: 0, step: 1, isSure: true },
    { gap: () => undefined, repeat: () => undefined, disorder: () => undefined },
  );
  for (const [index, value] of [3, 4, 5, 8, 9, 10, 11].entries()) track.push(value, index, 0);
  assert.deepEqual(
    [
      [3, 5],
      [4, 4],
      [8, 11],
      [6, 7],
      [5, 6],
      [2, 3],
      [11, 12],
    ].map(([from, to]) => track.has(from!, to!)),
    [true, true, true, false, false, false, false],
  );
});

test("a track waits no longer than it must for what explains a number", () => {
  const said: string[] = [];
  const track = new SequenceTrack(
    { modulus: 0, step: 1, isSure: true },
    { gap: (from, to) => said.push(`${from}-${to}`), repeat: () => undefined, disorder: () => undefined },
  );
  track.push(1, 1, 0);
  track.push(4, 2, 1e9);
  track.settle(2e9);
  assert.deepEqual(said, []);
  track.settle(3.1e9);
  assert.deepEqual(said, ["2-3"]);
});
