import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeJson, looksLikeJson } from "../../../src/proxy/decode/json.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The decoded value as text; fails the test when there is none. */
function treeOf(text: string, maxChars = 1000): { json: string; truncated: boolean } {
  const decoded = decodeJson(bytes(text), maxChars);
  assert.equal(decoded.kind, "tree", JSON.stringify(decoded));
  return decoded;
}

test("decodeJson gives JSON back in one line", () => {
  assert.equal(treeOf(' {"a": [1, -2.5e3, "ä", null, true]}\n').json, '{"a":[1,-2500,"ä",null,true]}');
  assert.equal(treeOf('"alone"').json, '"alone"');
  assert.equal(treeOf('{"__proto__":{"x":1}}').json, '{"__proto__":{"x":1}}');
});

test("decodeJson keeps the digits of numbers that a double would change", () => {
  assert.equal(
    treeOf("[9007199254740993, -12345678901234567890, 1e999, 1e21, 0.1, 1.5e3, 1234567890123456]").json,
    '[{"$bigint":"9007199254740993"},{"$bigint":"-12345678901234567890"},{"$number":"1e999"},1e+21,0.1,1500,1234567890123456]',
  );
});

test("decodeJson says why there is nothing, without the payload", () => {
  for (const text of ["", "{", "secret", "{}x"]) {
    const decoded = decodeJson(bytes(text), 100);
    assert.equal(decoded.kind, "none");
    assert.doesNotMatch(JSON.stringify(decoded), /secret/);
  }
  assert.equal(decodeJson(Uint8Array.of(0x22, 0xff, 0x22), 100).kind, "none");
});

test("decodeJson survives deep nesting, with and without numbers to keep", () => {
  for (const inner of ["1", "12345678901234567890"]) {
    for (const depth of [63, 64, 65, 500, 100_000]) {
      const decoded = decodeJson(bytes("[".repeat(depth) + inner + "]".repeat(depth)), 10_000);
      if (decoded.kind === "tree") assert.doesNotThrow(() => JSON.parse(decoded.json));
      if (decoded.kind === "tree") assert.equal(decoded.truncated, depth > 64);
    }
  }
});

test("looksLikeJson takes objects and arrays only", () => {
  for (const text of ["{}", " \n[1]", '{"a":1}']) assert.equal(looksLikeJson(bytes(text), false), true, text);
  for (const text of ["", "1", '"a"', "{", "[10001 -12]", "{hello}"]) {
    assert.equal(looksLikeJson(bytes(text), false), false, text);
  }
});

test("looksLikeJson takes every prefix of an object", () => {
  const whole = bytes('{"näme": ["a\\"\\u0041", -1.5e+3, true, false, null, {}]}');
  for (let end = 1; end <= whole.length; end++)
    assert.equal(looksLikeJson(whole.subarray(0, end), true), true, `${end}`);
  for (const text of ["{hello", "[10001 -12] and", "[x"]) assert.equal(looksLikeJson(bytes(text), true), false, text);
});
