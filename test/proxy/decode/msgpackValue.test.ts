import assert from "node:assert/strict";
import { test } from "node:test";
import { pack, unpack } from "msgpackr";
import { readMsgpackValue, writeMsgpackValue } from "../../../src/proxy/decode/msgpackValue.ts";
import { randomJson } from "../../support/dialects.ts";
import { hex } from "../../support/octets.ts";
import { random } from "../../support/random.ts";

function written(value: unknown): Uint8Array {
  const result = writeMsgpackValue(value);
  assert.ok("bytes" in result, "problem" in result ? result.problem : "");
  return result.bytes;
}

function read(bytes: Uint8Array): unknown {
  const result = readMsgpackValue(bytes);
  assert.ok("value" in result, "problem" in result ? result.problem : "");
  return result.value;
}

function problemOf(value: unknown): string {
  const result = writeMsgpackValue(value);
  return "problem" in result ? result.problem : "none";
}

test("writeMsgpackValue and readMsgpackValue are each other's inverse, and msgpackr reads the same", () => {
  const below = random(3);
  for (let turn = 0; turn < 2000; turn++) {
    const value = randomJson(below, 4);
    assert.deepEqual(read(written(value)), value);
    // msgpackr renames __proto__, which no property of an object of its own may be.
    if (!JSON.stringify(value).includes("__proto__")) assert.deepEqual(unpack(written(value)), value);
  }
});

const numbers = [0, 127, 128, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e300];
for (const value of [...numbers, ...numbers.map((number) => -number), -32, -33, -(2 ** 31), -(2 ** 31) - 1, 0.1, NaN]) {
  test(`writeMsgpackValue keeps ${Object.is(value, -0) ? "-0" : value}`, () => {
    assert.deepEqual(read(written(value)), value);
    assert.deepEqual(Number(unpack(written(value))), value);
  });
}

test("Values that JSON lacks survive", () => {
  const values = [
    2n ** 64n - 1n,
    -(2n ** 63n),
    Infinity,
    Uint8Array.of(0xff, 0),
    new Uint8Array(300).fill(7),
    {
      $map: [
        [1, "a"],
        [[2], { $map: [[null, {}]] }],
      ],
    },
    { $map: [["$map", 1]] },
    { $ext: -3, $binary: "00ff", size: 2 },
    { $time: "2026-01-31T12:00:00.000000001Z" },
    { $set: 1 },
    Array.from({ length: 20 }, (_, at) => at),
    Array.from({ length: 70_000 }, () => null),
    Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`k${at}`, at])),
    "x".repeat(70_000),
  ];
  for (const value of values) assert.deepEqual(read(written(value)), value);
  assert.deepEqual(read(hex("82 01 a1 61 91 02 80")), {
    $map: [
      [1, "a"],
      [[2], {}],
    ],
  });
});

test("Keys that are no text, stand twice or mean something else make a $map", () => {
  assert.deepEqual(read(hex("82 a1 61 01 a1 61 02")), {
    $map: [
      ["a", 1],
      ["a", 2],
    ],
  });
  assert.deepEqual(read(pack(new Map([["$time", 1]]))), { $map: [["$time", 1]] });
  const withProto = read(hex("81 a9 5f5f70726f746f5f5f 81 a1 61 01"));
  assert.equal(Object.getPrototypeOf(withProto), Object.prototype);
  assert.deepEqual(Object.keys(withProto as object), ["__proto__"]);
});

test("What is no MessagePack value, or too much of it, is refused", () => {
  for (const [digits, problem] of [
    ["", /cut off/],
    ["01 02", /1 octets follow it/],
    ["c1", /no value begins/],
  ] as const) {
    const result = readMsgpackValue(hex(digits));
    assert.ok("problem" in result);
    assert.match(result.problem, problem);
  }
  const many = new Uint8Array(200_010);
  many.set(hex("dd 00 03 0d 45"));
  assert.match((readMsgpackValue(many) as { problem: string }).problem, /too many/);
});

test("What MessagePack cannot hold is refused with a sentence", () => {
  let deep: unknown = 1;
  for (let level = 0; level < 70; level++) deep = [deep];
  for (const [value, problem] of [
    [undefined, /has no undefined/],
    [[() => 1], /has no function/],
    [2n ** 64n, /beyond 64 bits/],
    ["\ud800", /half a character/],
    [deep, /deeper than 64 levels/],
    [{ $map: [["a", 1]] }, /written as an object/],
    [{ $map: [[1]] }, /list of pairs/],
    [{ $map: 1 }, /list of pairs/],
    [{ $map: [], a: 1 }, /have meanings here/],
    [{ $time: 1 }, /takes a time/],
    [{ $time: "2026-99-31T12:00:00.000000000Z" }, /takes a time/],
    [{ $ext: 200, $binary: "" }, /lower-case hex/],
    [{ $ext: 1, $binary: "0" }, /lower-case hex/],
    [[new Uint8Array(5 * 1024 * 1024), new Uint8Array(300), 1], /too large/],
  ] as const) {
    assert.match(problemOf(value), problem);
  }
});
