import assert from "node:assert/strict";
import { test } from "node:test";
import { dataProblem } from "../../../src/proxy/ownDialects/plainData.ts";

test("dataProblem takes plain data", () => {
  const bare = Object.assign(Object.create(null) as object, { a: 1 });
  for (const value of [null, undefined, 1, NaN, 1n, true, "x", [1, [2]], { a: { b: [] } }, Uint8Array.of(1), bare])
    assert.equal(dataProblem(value), null);
});

test("dataProblem says what is no data, or too much of it", () => {
  const circle: unknown[] = [];
  circle.push(circle);
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [() => 1, /holds a function/],
    [{ a: [Symbol("s")] }, /holds a symbol/],
    [new Map(), /besides text/],
    [new Date(), /besides text/],
    [circle, /deeper than 100/],
    [new Array(200_000).fill(0), /more than 100000 values/],
    [{ a: new Array(60_000).fill(0), b: new Array(60_000).fill(0) }, /more than 100000 values/],
    ["x".repeat(5_000_000), /larger than/],
    [new Uint8Array(5_000_000), /larger than/],
    [Array.from({ length: 50 }, () => "x".repeat(100_000)), /larger than/],
  ];
  for (const [value, problem] of cases) assert.match(dataProblem(value) ?? "", problem);
});
