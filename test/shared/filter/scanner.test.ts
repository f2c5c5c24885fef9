import assert from "node:assert/strict";
import { test } from "node:test";
import { Scanner } from "../../../src/shared/filter/scanner.ts";

test("Scanner ends words where the grammar goes on", () => {
  const words: Record<string, string> = {
    "a=b": "a",
    "a!=b": "a",
    "a!b": "a!b",
    "a(b": "a",
    "1..2": "1..2",
    "": "",
    '"a"': "",
  };
  for (const [text, word] of Object.entries(words)) assert.equal(new Scanner(text).peekWord(), word, text);
  assert.equal(new Scanner("1..2").peekMember(), "1");
  assert.equal(new Scanner("a=b<c d").peekValue(), "a=b<c");
});

test("Scanner ends a pattern at a blank, at a bracket of others and at a joint", () => {
  const patterns: Record<string, string> = {
    "a(b|c) d": "a(b|c)",
    "a)": "a",
    "a[)]b)": "a[)]b",
    "a\\)b)": "a\\)b",
    "a\\ b c": "a\\ b",
    "a||b": "a",
    "a&&b": "a",
    "(a||b)": "(a||b)",
    "a|b": "a|b",
    "a\\": "a\\",
  };
  for (const [text, pattern] of Object.entries(patterns)) assert.equal(new Scanner(text).peekPattern(), pattern, text);
});

test("Scanner tells a pattern between strokes from a path", () => {
  const literals: Record<string, [string, string] | undefined> = {
    "/a b/im x": ["a b", "im"],
    "/a[/]b\\/c/": ["a[/]b\\/c", ""],
    "/a/)": ["a", ""],
    "/a/b": undefined,
    "/a": undefined,
    "//": undefined,
  };
  for (const [text, expected] of Object.entries(literals)) {
    const literal = new Scanner(text).regexLiteral();
    assert.deepEqual(literal && [literal.body, literal.flags], expected, text);
  }
});

test("Scanner reads strings with their escapes", () => {
  const scanner = new Scanner('"a\\"\\\\\\n\\r\\t\\0\\u00e9\\u{1f321}" x');
  const quoted = scanner.quoted()!;
  assert.equal(quoted.text, 'a"\\\n\r\t\0é🌡');
  assert.equal(quoted.raw, 'a\\"\\\\\\n\\r\\t\\0\\u00e9\\u{1f321}');
  assert.equal(quoted.badEscape, null);
  assert.equal(scanner.at, quoted.to);
});

test("Scanner says where the first bad escape of a string is, and whether it is closed", () => {
  assert.deepEqual(new Scanner('"a\\q\\w"').quoted()?.badEscape, { from: 2, to: 4 });
  assert.deepEqual(new Scanner('"\\u{ffffff}"').quoted()?.badEscape, { from: 1, to: 3 });
  assert.equal(new Scanner('"a\\"').quoted()?.isClosed, false);
  assert.equal(new Scanner("'").quoted()?.isClosed, false);
  assert.equal(new Scanner("x").quoted(), undefined);
});

test("Scanner takes pieces and skips blanks", () => {
  const scanner = new Scanner(" \t\n&&x");
  scanner.skipBlanks();
  assert.equal(scanner.eat("||"), false);
  assert.equal(scanner.eat("&&"), true);
  assert.equal(scanner.match(/x/y), "x");
  assert.equal(scanner.isAtEnd, false);
});
