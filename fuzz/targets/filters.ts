import assert from "node:assert/strict";
import { compileFilter } from "../../src/proxy/filter/compile.ts";
import { OctetRegex } from "../../src/proxy/filter/regex.ts";
import { complete } from "../../src/shared/filter/complete.ts";
import { errorSentence, formatError } from "../../src/shared/filter/errorText.ts";
import { FIELDS, SHORTS } from "../../src/shared/filter/fields.ts";
import { MAX_FILTER_CHARS, parseFilter } from "../../src/shared/filter/parse.ts";
import { parseRegex } from "../../src/shared/filter/regexSyntax.ts";
import { writeEquals, writeNot } from "../../src/shared/filter/write.ts";
import { type PlainRow, randomRow, toSubject } from "../../test/support/filterRows.ts";
import { random } from "../../test/support/random.ts";
import { randomFilter } from "../../test/support/randomFilter.ts";
import { Draw, seedDraws } from "../draw.ts";
import { type Target, textOf, texts } from "../target.ts";

const subjects = Array.from({ length: 40 }, (_, seed) => toSubject(randomRow(random(seed))));

export const filterText: Target = {
  name: "filter-text",
  about:
    "texts to the filter parser, to completion at every place, and compiled over rows of all kinds: no throw, errors that point into the text, a verdict of any row, the same each time",
  seeds: () =>
    texts(
      'topic contains "md." and latency > 50ms or not pending',
      "~q | ~s & !(frames == 2)",
      'body.a.b[0] == 1 and $.x != "y"',
      'frame[0][1:3] matches "^a.*b$" and len(body) in {1..3,5}',
      "client == 127.0.0.1/8 and time > 12:00",
      ...Array.from({ length: 20 }, (_, seed) => randomFilter(random(seed)).text),
    ),
  words: [
    ...FIELDS.map(({ name }) => name),
    ...SHORTS.map(({ name }) => `~${name}`),
    ...[
      " and ",
      " or ",
      "not ",
      "==",
      "!=",
      "<=",
      "contains ",
      "matches ",
      "startswith ",
      " in {",
      "..",
      "0x",
      '"',
      "'",
      "((",
      "))",
    ],
    ...[
      "any(",
      "all(",
      "count(",
      "lower(",
      "[-1]",
      "[0:4]",
      "50ms",
      "1MiB",
      "\\",
      "@",
      "$.",
      "((((((((((((((((",
      "!!!!!!!!",
    ],
  ],
  run: (input) => {
    const text = textOf(input);
    const parsed = parseFilter(text);
    assert.deepEqual(parseFilter(text), parsed);
    for (const at of [0, text.length >> 1, text.length]) {
      const { from, to, items } = complete(text, at);
      assert.ok(from >= 0 && from <= at && to >= at && to <= text.length, `${from} ${at} ${to}`);
      assert.ok(items.length < 500);
    }
    if (!parsed.ok) {
      assert.match(errorSentence(parsed), /[.?]$/);
      assert.ok(formatError(text, parsed).length <= 2 * MAX_FILTER_CHARS + 1000);
      return;
    }
    const { matches, needle } = compileFilter(parsed.ast);
    assert.ok(needle === null || needle.length > 0);
    for (const subject of subjects) {
      const verdict = matches(subject);
      assert.ok([-1, 0, 1].includes(verdict));
      assert.equal(matches(subject), verdict);
    }
  },
};

export const filter: Target = {
  name: "filter",
  about:
    "filters of the whole grammar over rows of all kinds, compiled, against the plainest evaluator: the same verdict, and the needle is in each row that passes",
  seeds: () => seedDraws(96, 300),
  run: (input) => {
    const draw = new Draw(input);
    const { text, judge } = randomFilter(draw.below);
    const parsed = parseFilter(text);
    assert.ok(parsed.ok, `${text}: ${JSON.stringify(parsed)}`);
    const compiled = compileFilter(parsed.ast);
    const rows: PlainRow[] = Array.from({ length: 6 }, () => randomRow(draw.below));
    for (const row of rows) {
      const expected = judge(row);
      assert.equal(compiled.matches(toSubject(row)), Number(expected), `${text} of ${JSON.stringify(row)}`);
      const { needle } = compiled;
      if (!expected || needle === null) continue;
      assert.ok(
        row.frames.some((frame) => Buffer.from(frame).includes(Buffer.from(needle))),
        text,
      );
    }
  },
};

export const written: Target = {
  name: "filter-written",
  about: "values of rows written as filters, as menus do: parsed again, and true of the value that they were made of",
  seeds: () => texts("plain", 'quote " and \\', "0x00ff", "a\nb", "{", "~q", "true", "12", ""),
  words: ['"', "\\", "'", "\n", "0x", "\u0000", "$", "*"],
  maxBytes: 200,
  run: (input) => {
    const text = textOf(input);
    const row: PlainRow = {
      ...randomRow(random(1)),
      kind: "message",
      dir: "c2s",
      frames: [Buffer.from(text)],
      tap: text,
    };
    const subject = toSubject(row);
    for (const field of ["body", "tap"]) {
      const values = field === "body" ? [text, new Uint8Array(Buffer.from(text))] : [text];
      for (const value of values) {
        const [is, isNot] = [parseFilter(writeEquals(field, value)), parseFilter(writeNot(field, value))];
        assert.ok(is.ok && isNot.ok, writeEquals(field, value));
        assert.deepEqual([compileFilter(is.ast).matches(subject), compileFilter(isNot.ast).matches(subject)], [1, 0]);
      }
    }
  },
};

const ATOMS = ["a", "b", "B", "1", ".", "[ab]", "[^a]", "[a-c1]", "\\d", "\\w", "\\s", "\\b", "\\B", "^", "$", " "];
const COUNTS = ["", "", "", "*", "+", "?", "{2}", "{1,3}", "{0,2}", "{2,}"];

/** A pattern of what JavaScript's and our expressions have in common. */
function pattern(draw: Draw, depth: number): string {
  const branch = (): string => {
    const parts = Array.from({ length: draw.below(4) }, () => {
      const isGroup = depth > 0 && draw.rarely(4);
      const atom = isGroup ? `(?:${pattern(draw, depth - 1)})` : draw.pick(ATOMS);
      // JavaScript repeats no assertion.
      return /^(?:\\[bB]|[\^$])$/.test(atom) ? atom : `${atom}${draw.pick(COUNTS)}`;
    });
    return parts.join("");
  };
  return Array.from({ length: 1 + draw.below(2) }, branch).join("|");
}

export const regex: Target = {
  name: "regex",
  about:
    "regular expressions of the common grammar over short texts, against JavaScript's: the same answer; and any text as an expression: no throw, a time that grows with the text only",
  seeds: () => [...seedDraws(64, 60), ...texts("(a+)+$", "(?:a|aa)+b", "[\\x80-\\xff]{3}", "(?i:x)")],
  words: ["(?:", ")*", "{1,1000}", "[^", "\\u{1f321}", "\\x", "(?i)", "(?<n>", "|", "\\b", "a{99}{99}{99}"],
  maxBytes: 300,
  run: (input) => {
    const draw = new Draw(input);
    const own = pattern(draw, 2);
    const text = Array.from({ length: draw.below(10) }, () => draw.pick(["a", "b", "A", "1", " ", "\n", "c"])).join("");
    const parsed = parseRegex(own, "");
    if (parsed.ok) {
      const octets = Buffer.from(text);
      const found = new OctetRegex(parsed.regex).test(octets, 0, octets.length);
      const expected = new RegExp(own, "i").test(text);
      if (found !== -1) assert.equal(found === 1, expected, `/${own}/ in ${JSON.stringify(text)}`);
      // In brackets JavaScript repeats assertions, too, which says nothing.
    } else assert.match(parsed.message, /There is nothing here to repeat/, own);
    const any = parseRegex(textOf(input), "");
    if (!any.ok) return;
    const machine = new OctetRegex(any.regex);
    const bytes = Buffer.concat([Buffer.from("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b"), input, input]);
    assert.equal(machine.test(bytes, 0, bytes.length), machine.test(bytes, 0, bytes.length));
  },
};
