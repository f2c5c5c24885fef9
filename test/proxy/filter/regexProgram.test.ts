import assert from "node:assert/strict";
import { test } from "node:test";
import { buildProgram, requiredOctets, takesStrays, utf8Sequences } from "../../../src/proxy/filter/regexProgram.ts";
import { parseRegex, type RegexNode } from "../../../src/shared/filter/regexSyntax.ts";

function regex(pattern: string): RegexNode {
  const parsed = parseRegex(pattern, "");
  assert.ok(parsed.ok);
  return parsed.regex;
}

test("utf8Sequences are the UTF-8 of exactly the characters of a range", () => {
  const ranges: readonly [number, number][] = [
    [0, 0x7f],
    [0x41, 0x41],
    [0x7e, 0x801],
    [0x80, 0x7ff],
    [0xd700, 0xe100],
    [0xffee, 0x10123],
    [0x10fff0, 0x10ffff],
    [0xd800, 0xdfff],
  ];
  for (const [from, to] of ranges) {
    const sequences = utf8Sequences(from, to);
    const covers = (octets: Uint8Array): number =>
      sequences.filter((ranges) => ranges.length === octets.length && ranges.every(([low, high], at) => low <= octets[at]! && octets[at]! <= high)).length; // prettier-ignore
    for (let point = Math.max(0, from - 70); point <= Math.min(0x10ffff, to + 70); point++) {
      if (point >= 0xd800 && point < 0xe000) continue;
      const isInside = from <= point && point <= to;
      assert.equal(covers(Buffer.from(String.fromCodePoint(point))), isInside ? 1 : 0, point.toString(16));
    }
  }
  assert.equal(utf8Sequences(0, 0x10ffff).length, 9);
});

test("buildProgram knows of patterns that only match at the beginning", () => {
  for (const pattern of ["^a", "^a|^b", "(?:^a)+", "\\Aa"])
    assert.equal(buildProgram(regex(pattern), true).isAnchored, true, pattern);
  for (const pattern of ["a", "^a|b", "(?:^a)?", "a^", "", "(?m)^a"])
    assert.equal(buildProgram(regex(pattern), true).isAnchored, false, pattern);
});

test("buildProgram knows of patterns whose matches depend on what lies beside them", () => {
  assert.equal(buildProgram(regex("a\\b"), true).looksAround, true);
  assert.equal(buildProgram(regex("a.*b"), true).looksAround, false);
});

test("takesStrays is for patterns with a dot or a negated set anywhere", () => {
  for (const pattern of [".", "a(b|[^c])*", "\\W+"]) assert.equal(takesStrays(regex(pattern)), true, pattern);
  for (const pattern of ["", "a", "\\xff", "^[a-zé]+$"]) assert.equal(takesStrays(regex(pattern)), false, pattern);
});

test("requiredOctets is the longest run that every match has", () => {
  const cases: Record<string, string> = {
    "(?-i)abc": "abc",
    "(?-i)ab.cde": "cde",
    "(?-i)ab?cd": "cd",
    "(?-i)(abc)+d": "abc",
    "(?-i)(abc|abd)e": "e",
    "(?-i)^ab\\bcd$": "abcd",
    "(?-i)é": "é",
    a1B: "1",
    "": "",
  };
  for (const [pattern, octets] of Object.entries(cases)) {
    assert.equal(Buffer.from(requiredOctets(regex(pattern))).toString(), octets, pattern);
  }
  assert.deepEqual(requiredOctets(regex("\\xff\\xfe")), [0xff, 0xfe]);
});
