import assert from "node:assert/strict";
import { test } from "node:test";
import { isJsonObject, readJson, readJsonExactly, writeJson } from "../../../src/proxy/dialects/jsonPayload.ts";
import { octets, randomJson } from "../../support/dialects.ts";
import { random } from "../../support/random.ts";

function written(value: unknown): string {
  const result = writeJson(value);
  assert.ok("bytes" in result, "problem" in result ? result.problem : "");
  return new TextDecoder().decode(result.bytes);
}

test("What is written is read again as it was", () => {
  const below = random(11);
  for (let turn = 0; turn < 2000; turn++) {
    const value = randomJson(below, 4);
    assert.deepEqual(readJson(octets(written(value))), value);
  }
  for (const value of [-0, 2n ** 70n, [-(2n ** 64n), 0.1, 1e300], "\ud800"]) {
    assert.deepEqual(readJson(octets(written(value))), value);
  }
});

test("Integers that a double would change are bigints, other numbers are doubles", () => {
  assert.deepEqual(readJson(octets("[9007199254740993,9007199254740991,0.30000000000000004,1e400]")), [
    9007199254740993n,
    9007199254740991,
    0.30000000000000004,
    Infinity,
  ]);
});

test("What is read exactly is written as it was", () => {
  const text = '{"a":[1.0,1e2,-0,123456789012345678901234567890.5,"1.0",null]}';
  assert.equal(written(readJsonExactly(octets(text))), text);
});

test("What is no JSON, or too deep or too large, is not read", () => {
  for (const text of ["", "{", "nan", "[".repeat(101) + "]".repeat(101), `"${"x".repeat(5 * 1024 * 1024)}"`]) {
    assert.equal(readJson(octets(text)), undefined);
  }
  assert.equal(readJson(Uint8Array.of(0x22, 0xff, 0x22)), undefined);
  assert.equal(readJson(octets("[".repeat(1_000_000) + "]".repeat(1_000_000))), undefined);
  assert.notEqual(readJson(octets("[".repeat(100) + "]".repeat(100))), undefined);
});

test("What JSON cannot hold is refused with a sentence", () => {
  const holdsItself: unknown[] = [];
  holdsItself.push(holdsItself);
  let deep: unknown = 1;
  for (let level = 0; level < 101; level++) deep = [deep];
  for (const [value, problem] of [
    [[NaN], /no NaN/],
    [-Infinity, /no -Infinity/],
    [[undefined], /no undefined/],
    [Uint8Array.of(1), /no octets/],
    [holdsItself, /holds itself/],
    [deep, /deeper than 100/],
    ["x".repeat(5 * 1024 * 1024), /too large/],
  ] as const) {
    const result = writeJson(value);
    assert.ok("problem" in result);
    assert.match(result.problem, problem);
  }
});

test("Only objects are objects", () => {
  assert.deepEqual([{}, [], null, "", Uint8Array.of()].map(isJsonObject), [true, false, false, false, false]);
});
