import assert from "node:assert/strict";
import { test } from "node:test";
import {
  hasOnly,
  jsonFrame,
  readArray,
  readObjectWith,
  readPythonJson,
} from "../../../src/proxy/dialects/pythonJson.ts";
import { octets } from "../../support/dialects.ts";

test("readPythonJson reads what Python writes, NaN and infinities too", () => {
  assert.deepEqual(readPythonJson(octets('{"a": [1, 2.5, "\\u00e9"], "b":null}')), { a: [1, 2.5, "é"], b: null });
  assert.deepEqual(readPythonJson(octets('[NaN, {"a": -Infinity, "__proto__": true}, Infinity, "NaN \\" Infinity"]')), [
    NaN,
    JSON.parse('{"a":-1e999,"__proto__":true}'),
    Infinity,
    'NaN " Infinity',
  ]);
  assert.deepEqual(readPythonJson(octets("[NaN, 9007199254740993]")), [NaN, 9007199254740993n]);
  assert.ok(Number.isNaN(readPythonJson(octets("NaN"))));
  assert.equal(readPythonJson(octets("null")), null);
});

test("readPythonJson gives up on what is no JSON, too deep or too large", () => {
  for (const bad of ["", "{", "{'a':1}", "NaNa", "[NaN,]", '["NaN', '"NaN\\', "\u0000NaN", "undefined"]) {
    assert.equal(readPythonJson(octets(bad)), undefined, bad);
  }
  assert.equal(readPythonJson(Uint8Array.of(0x22, 0xff, 0x22)), undefined);
  assert.equal(readPythonJson(octets(`${"[".repeat(102)}NaN${"]".repeat(102)}`)), undefined);
  assert.equal(readPythonJson(octets(`["${"x".repeat(4 * 1024 * 1024)}",NaN]`)), undefined);
});

test("readPythonJson gives up on hostile text in time that grows with its size only", () => {
  for (const hostile of ['NaN"\\'.repeat(800_000), `NaN${'"'.repeat(4_000_000)}`, "[NaN,".repeat(500_000)]) {
    const began = process.cpuUsage();
    assert.equal(readPythonJson(octets(hostile)), undefined);
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
});

test("jsonFrame is one frame, or says what JSON has no place for", () => {
  assert.deepEqual(jsonFrame({ a: 1 }), { frames: [octets('{"a":1}')] });
  assert.ok("problem" in jsonFrame(NaN));
});
