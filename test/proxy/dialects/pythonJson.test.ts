import assert from "node:assert/strict";
import { test } from "node:test";
import {
  hasOnly,
  jsonFrame,
  readArray,
  readJson,
  readObjectWith,
  writeJson,
} from "../../../src/proxy/dialects/pythonJson.ts";
import { octets, randomJson } from "../../support/dialects.ts";
import { random } from "../../support/random.ts";

const text = (value: unknown): string => {
  const written = writeJson(value);
  assert.ok("octets" in written, JSON.stringify(written));
  return Buffer.from(written.octets).toString();
};
const problem = (value: unknown): string => {
  const written = writeJson(value);
  assert.ok("problem" in written);
  return written.problem;
};

test("readJson reads what Python writes, with either separators and escapes", () => {
  assert.deepEqual(readJson(octets('{"a": [1, 2.5, "\\u00e9"], "b":null}')), { a: [1, 2.5, "é"], b: null });
  assert.deepEqual(readJson(octets('[NaN, -Infinity, Infinity, "NaN \\" Infinity"]')), [
    NaN,
    -Infinity,
    Infinity,
    'NaN " Infinity',
  ]);
  assert.equal(readJson(octets("null")), null);
});

test("readJson keeps whole numbers that a double would change", () => {
  assert.deepEqual(readJson(octets("[9007199254740993, -123456789012345678901234567890, 9007199254740991, 1e20]")), [
    9007199254740993n,
    -123456789012345678901234567890n,
    9007199254740991,
    1e20,
  ]);
  assert.equal(readJson(octets("9".repeat(4300))), 10n ** 4300n - 1n);
  assert.equal(readJson(octets("9".repeat(4301))), undefined);
  assert.deepEqual(readJson(octets('["1234567890123456789"]')), ["1234567890123456789"]);
});

test("readJson gives up on what is no JSON, too deep or too large", () => {
  for (const bad of ["", "{", "{'a':1}", "NaNa", "[1,]", '["a', '"\\', "\u0000", "undefined"]) {
    assert.equal(readJson(octets(bad)), undefined, bad);
  }
  assert.equal(readJson(Uint8Array.of(0x22, 0xff, 0x22)), undefined);
  const nested = (levels: number): Uint8Array => octets("[".repeat(levels) + "]".repeat(levels));
  assert.notEqual(readJson(nested(100)), undefined);
  assert.equal(readJson(nested(102)), undefined);
  assert.equal(readJson(nested(1_000_000)), undefined);
  assert.equal(readJson(octets(`"${"x".repeat(4 * 1024 * 1024)}"`)), undefined);
});

test("readJson gives up on hostile text in time that grows with its size only", () => {
  for (const hostile of ['"\\'.repeat(2_000_000), '"'.repeat(4_000_000), "[NaN,".repeat(500_000), "9".repeat(4e6)]) {
    const began = process.cpuUsage();
    readJson(octets(hostile));
    const { user, system } = process.cpuUsage(began);
    assert.ok(user + system < 3_000_000, hostile.slice(0, 5));
  }
});

test("readObjectWith and readArray take objects with a key, and arrays, and nothing else", () => {
  assert.deepEqual(readObjectWith("a", octets(' \n{"a": 1}')), { a: 1 });
  for (const other of ['["a"]', '{"b":"a"}', '{"b":{"a":1}}', "a", '{"a":1', ""]) {
    assert.equal(readObjectWith("a", octets(other)), undefined, other);
  }
  assert.equal(readObjectWith("toString", octets('{"b":"\\"toString\\""}')), undefined);
  assert.equal(readObjectWith("a", octets(`{"a":"${"x".repeat(4 * 1024 * 1024)}"}`)), undefined);
  assert.deepEqual(readArray(octets("\t[1]")), [1]);
  for (const other of ['{"a":[1]}', "[1", "1"]) assert.equal(readArray(octets(other)), undefined);
});

test("hasOnly wants the needed keys and allows the others", () => {
  assert.equal(hasOnly({ a: 1, b: 2 }, ["a"], ["b", "c"]), true);
  assert.equal(hasOnly({ b: 2 }, ["a"], ["b"]), false);
  assert.equal(hasOnly({ a: 1, d: 2 }, ["a"], ["b"]), false);
  assert.equal(hasOnly({ a: 1, b: 1, c: 2 }, ["a"], ["b"]), false);
});

test("writeJson writes what readJson reads again, whatever it is", () => {
  const below = random(5);
  for (let turn = 0; turn < 3000; turn++) {
    const value = randomJson(below);
    assert.deepEqual(readJson(octets(text(value))), value);
  }
  for (const value of [-0, 2n ** 70n + 1n, "\ud800", { toJSON: "x" }, 1e300, 1e20, 2 ** 53, -(2 ** 53)]) {
    assert.deepEqual(readJson(octets(text([value]))), [value]);
  }
  assert.deepEqual(jsonFrame({ a: 1 }), { frames: [octets('{"a":1}')] });
});

test("writeJson says what JSON has no place for", () => {
  assert.match(problem([NaN]), /no place for NaN/);
  assert.match(problem({ a: -Infinity }), /no place for -Infinity/);
  assert.match(problem({ a: undefined }), /type undefined/);
  assert.match(
    problem(() => 1),
    /type function/,
  );
  assert.match(problem([Uint8Array.of(1)]), /no place for octets/);
  let deep: unknown = 1;
  for (let level = 0; level < 101; level++) deep = [deep];
  assert.match(problem(deep), /deeper than 100 levels/);
  assert.match(problem("x".repeat(4 * 1024 * 1024)), /larger than 4194304 octets/);
  assert.deepEqual(jsonFrame(NaN), { problem: "JSON has no place for NaN." });
});
