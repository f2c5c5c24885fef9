import assert from "node:assert/strict";
import { test } from "node:test";
import { errorSentence, formatError } from "../../../src/shared/filter/errorText.ts";
import { parseFilter } from "../../../src/shared/filter/parse.ts";

function format(text: string): string[] {
  const parsed = parseFilter(text);
  assert.ok(!parsed.ok);
  return formatError(text, parsed).split("\n");
}

test("formatError points at what is wrong", () => {
  assert.deepEqual(format('a and topc == "x"'), [
    'a and topc == "x"',
    "      ^^^^",
    'There is no field "topc". Did you mean topic?',
  ]);
});

test("formatError points behind the text when something is missing there", () => {
  assert.deepEqual(format("a and"), ["a and", "     ^", "A test is missing at the end."]);
});

test("formatError shows a long filter in part, and no line ends of it", () => {
  const [line, carets] = format(`${"word\n".repeat(50)}dir == x and ${"more ".repeat(50)}`);
  assert.ok(line!.length <= 102 && line!.startsWith("…") && line!.endsWith("…"));
  assert.equal(line!.slice(carets!.indexOf("^"), carets!.lastIndexOf("^") + 1), "x");
});

test("formatError cuts the carets where the shown text ends", () => {
  const [line, carets] = format(`"${"x".repeat(300)}" == 4`);
  assert.equal(carets!.length, line!.length - 1);
});

test("errorSentence is the message alone when nothing can be suggested", () => {
  assert.equal(errorSentence({ ok: false, message: "No.", from: 0, to: 1, suggestion: null }), "No.");
});
