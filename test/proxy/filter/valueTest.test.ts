import assert from "node:assert/strict";
import { test } from "node:test";
import { MISSING } from "../../../src/proxy/filter/octetTest.ts";
import { bytesFrameTest, COST, countPoints, DecodedPaths, textFrameTest } from "../../../src/proxy/filter/valueTest.ts";
import type { Operand, Test } from "../../../src/shared/filter/ast.ts";
import { parseFilter } from "../../../src/shared/filter/parse.ts";

function parts(text: string): [Operand, Test] {
  const parsed = parseFilter(text);
  assert.ok(parsed.ok && parsed.ast.kind === "test", text);
  return [parsed.ast.operand, parsed.ast.test];
}

const BAD = Uint8Array.of(0x61, 0xff);

test("bytesFrameTest cuts slices within the octets that there are", () => {
  const cases: Record<string, string> = {
    "body[0:2]": "ab",
    "body[2:]": "cd",
    "body[:-1]": "abc",
    "body[-2:]": "cd",
    "body[-9:9]": "abcd",
    "body[3:1]": "",
    "body[9:]": "",
    "body[1:][1:]": "cd",
    "body[:]": "abcd",
  };
  for (const [operand, expected] of Object.entries(cases)) {
    assert.equal(bytesFrameTest(...parts(`${operand} == "${expected}"`)).run(Buffer.from("abcd")), 1, operand);
  }
});

test("bytesFrameTest lowers text as text, and other octets by their ASCII letters", () => {
  assert.equal(bytesFrameTest(...parts("lower(body) == é")).run(Buffer.from("É")), 1);
  assert.equal(bytesFrameTest(...parts("lower(body) == 61:ff")).run(Uint8Array.of(0x41, 0xff)), 1);
});

test("textFrameTest finds nothing in octets that are not UTF-8, in whatever way it is asked", () => {
  assert.equal(textFrameTest(...parts("text contains a")).run(BAD), MISSING);
  assert.equal(textFrameTest(...parts("text contains x")).run(BAD), 0);
  assert.equal(textFrameTest(...parts("all(text) contains x")).run(BAD), MISSING);
  assert.equal(textFrameTest(...parts("text")).run(BAD), MISSING);
  assert.equal(textFrameTest(...parts("len(text) > 0")).run(BAD), MISSING);
  assert.equal(textFrameTest(...parts("len(text) == 2")).run(Buffer.from("aé")), 1);
  assert.equal(textFrameTest(...parts("all(text) contains a")).run(Buffer.from("a")), 1);
});

test("DecodedPaths looks again when the row or the frame is another", () => {
  const position = { row: 1, frame: 0 };
  const { run, cost } = new DecodedPaths(position).test(...parts("json.a == 1"));
  assert.equal(run(Buffer.from('{"a":1}')), 1);
  position.frame = 1;
  assert.equal(run(Buffer.from('{"a":2}')), 0);
  position.row = 2;
  assert.equal(run(Buffer.from("{}")), MISSING);
  assert.equal(cost, COST.json);
});

test("countPoints counts characters", () => {
  const bytes = Buffer.from("aé🌡");
  assert.equal(countPoints(bytes, 0, bytes.length), 3);
});
