import assert from "node:assert/strict";
import { test } from "node:test";
import { parseRegex, type RegexNode } from "../../../src/shared/filter/regexSyntax.ts";
import { random } from "../../support/random.ts";

function parse(pattern: string, flags = ""): RegexNode {
  const parsed = parseRegex(pattern, flags);
  assert.ok(parsed.ok, `${pattern}: ${JSON.stringify(parsed)}`);
  return parsed.regex;
}

test("parseRegex resolves case, flags and escapes into sets", () => {
  assert.deepEqual(parse("a"), { kind: "set", points: [[0x41, 0x41], [0x61, 0x61]], octets: [], strays: [] }); // prettier-ignore
  assert.deepEqual(parse("(?-i)a"), { kind: "set", points: [[0x61, 0x61]], octets: [], strays: [] });
  assert.deepEqual(parse("(?-i)\\x41"), parse("(?-i)A"));
  assert.deepEqual(parse("\\xff"), { kind: "set", points: [], octets: [[0xff, 0xff]], strays: [] });
  assert.deepEqual(parse("[\\x70-\\xff]", ""), {
    kind: "set",
    points: [[0x50, 0x5a], [0x70, 0x7f]],
    octets: [[0x80, 0xff]],
    strays: [],
  }); // prettier-ignore
  assert.deepEqual(parse("(?s)."), parse(".", "s"));
  assert.deepEqual(parse("(?m-s)^", "s"), { kind: "assert", what: "line-start" });
  assert.deepEqual(parse("[\\n\\b\\t-]"), parse("[\\x08-\\x0a\\x2d]"));
  assert.deepEqual(parse("[^\\xff]"), {
    kind: "set",
    points: [[0, 0x10ffff]],
    octets: [],
    strays: [[0x80, 0xfe]],
  });
  assert.deepEqual(parse("[\\D]"), parse("\\D"));
  assert.deepEqual(parse("a{,2}"), parse("a\\{,2\\}"));
});

const errors: readonly [pattern: string, marked: string, message: RegExp][] = [
  ["a)", ")", /closes nothing/],
  ["(a", "(", /not closed/],
  ["[a", "[", /not closed/],
  ["[a-", "[", /not closed/],
  ["*", "*", /nothing before \*/],
  ["a|+", "+", /nothing before \+/],
  ["a**", "*", /nothing here to repeat/],
  ["^*", "*", /nothing here to repeat/],
  ["a{3,2}", "{3,2}", /wrong order/],
  ["a{1001}", "{1001}", /at most 1000/],
  ["a{1,1001}", "{1,1001}", /at most 1000/],
  ["(a{1000}){1000}", "(a{1000}){1000}", /too large/],
  ["a(?=b)", "(?=", /Lookahead/],
  ["a(?!b)", "(?!", /Lookahead/],
  ["(?<=a)b", "(?<", /Lookbehind/],
  ["(?<!a)b", "(?<", /Lookbehind/],
  ["(?>a)", "(?>", /This kind of group/],
  ["(a)\\1", "\\1", /Backreferences/],
  ["\\k<a>", "\\k", /Backreferences/],
  ["\\p{L}", "\\p", /\\p is not supported/],
  ["\\", "\\", /Nothing follows/],
  ["\\x4", "\\x", /two hexadecimal/],
  ["\\ud800", "\\u", /four hexadecimal/],
  ["\\u{110000}", "\\u", /four hexadecimal/],
  ["[b-a]", "b-a", /wrong order/],
  ["[a-\\d]", "a-\\d", /wrong order/],
  ["(".repeat(200), "(", /deeper than 100/],
];

for (const [pattern, marked, message] of errors) {
  test(`parseRegex refuses ${pattern.slice(0, 20)}`, () => {
    const parsed = parseRegex(pattern, "");
    assert.ok(!parsed.ok);
    assert.match(parsed.message, message);
    assert.equal(pattern.slice(parsed.from, parsed.to), marked);
  });
}

test("parseRegex refuses what is too large as a whole", () => {
  const parsed = parseRegex("[é-ü]{500}".repeat(6), "");
  assert.ok(!parsed.ok);
  assert.match(parsed.message, /too large/);
});

test("parseRegex never throws, and its errors lie within the pattern", () => {
  const pieces = [
    "a",
    "(",
    ")",
    "[",
    "]",
    "^",
    "$",
    "*",
    "+?",
    "{2}",
    "{9,}",
    "|",
    "\\",
    "\\x4",
    "\\u",
    "(?",
    "(?-i)",
    "-",
    "é",
    "🌡",
    "\ud800",
  ];
  for (let seed = 0; seed < 10_000; seed++) {
    const draw = random(seed);
    const pattern = Array.from({ length: draw(12) }, () => pieces[draw(pieces.length)]!).join("");
    const parsed = parseRegex(pattern, ["", "s", "im"][draw(3)]!);
    const isInside = parsed.ok || (0 <= parsed.from && parsed.from <= parsed.to && parsed.to <= pattern.length);
    assert.ok(isInside, `seed ${seed}: ${JSON.stringify(pattern)}`);
  }
});
