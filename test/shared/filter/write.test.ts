import assert from "node:assert/strict";
import { test } from "node:test";
import type { Filter } from "../../../src/shared/filter/ast.ts";
import { parseFilter } from "../../../src/shared/filter/parse.ts";
import { writeAnd, writeEquals, writeField, writeNot, type WrittenValue } from "../../../src/shared/filter/write.ts";

function ast(text: string): Filter {
  const parsed = parseFilter(text);
  assert.ok(parsed.ok, `${text}: ${JSON.stringify(parsed)}`);
  return parsed.ast;
}

const values: readonly [field: string, value: WrittenValue, written: string][] = [
  ["tap", 'a "b"\\\n', 'tap == "a \\"b\\"\\\\\\u000a"'],
  ["dir", "c2s", "dir == c2s"],
  ["topic", new TextEncoder().encode("md.é"), 'topic == "md.é"'],
  ["topic", Uint8Array.of(0, 255), "topic == 0x00ff"],
  ["topic", new Uint8Array(0), 'topic == ""'],
  ["topic", Uint8Array.of(1), "topic == 0x01"],
  ["latency", 1500, "latency == 1500ns"],
  ["n", 7, "n == 7"],
  ["json.ok", true, "json.ok == true"],
  ["json.ok", null, "json.ok == null"],
  ["json.ok", "true", 'json.ok == "true"'],
  ["json.n", 1e21, "json.n == 1e+21"],
  ["time", 1_795_608_000_123, "time == 2026-11-25T12:00:00.123Z"],
  ["addr", "[::1]:5555", 'addr == "[::1]:5555"'],
];

for (const [field, value, written] of values) {
  test(`writeEquals writes ${written}`, () => {
    assert.equal(writeEquals(field, value), written);
    assert.deepEqual(ast(writeNot(field, value)), { kind: "not", of: ast(written) });
  });
}

test("writeEquals writes text that is read as the same text", () => {
  for (const text of ["", "and", "\u0000\u2028\ud83c\udf21\ud800", "a'b", "0x00", "10.0.0.1", "(x)", "\\u0041"]) {
    const parsed = ast(writeEquals("tap", text));
    assert.ok(parsed.kind === "test" && parsed.test.op === "==" && parsed.test.value.kind === "text");
    assert.equal(parsed.test.value.text, text);
  }
});

test("writeField writes the way into a value", () => {
  const path = ["user", "first name", 0, 'x"y', "größe", "0"];
  const written = writeField("json", path);
  assert.equal(written, 'json.user["first name"][0]["x\\"y"]["größe"]["0"]');
  const parsed = ast(written);
  assert.deepEqual(parsed.kind === "test" && parsed.operand.path, path);
  assert.equal(writeField("topic"), "topic");
});

test("writeAnd puts brackets where they are needed", () => {
  assert.equal(writeAnd("a or b", "n == 1"), "(a or b) and n == 1");
  assert.equal(writeAnd("a and b", "!c"), "a and b and !c");
  assert.equal(writeAnd(" ", "a"), "a");
  assert.equal(writeAnd("a ", ""), "a");
});
