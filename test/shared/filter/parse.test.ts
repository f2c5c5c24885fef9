import assert from "node:assert/strict";
import { test } from "node:test";
import type { Filter, Test } from "../../../src/shared/filter/ast.ts";
import { errorSentence } from "../../../src/shared/filter/errorText.ts";
import type { FieldName } from "../../../src/shared/filter/fields.ts";
import { MAX_FILTER_CHARS, parseFilter } from "../../../src/shared/filter/parse.ts";
import { random } from "../../support/random.ts";

function ast(text: string): Filter {
  const parsed = parseFilter(text);
  assert.ok(parsed.ok, `${text}: ${JSON.stringify(parsed)}`);
  return parsed.ast;
}

function tested(field: FieldName, condition: Test, parts: { path?: (string | number)[]; func?: "len" } = {}): Filter {
  const { path = [], func = null } = parts;
  return { kind: "test", operand: { field, path, slices: [], func }, test: condition };
}

const is = (text: string): Test => ({ op: "==", value: { kind: "text", text } });
const octets = (text: string): Test => ({
  op: "==",
  value: { kind: "octets", octets: new TextEncoder().encode(text) },
});
const word = (text: string): Filter => ({ kind: "search", text });
const exists: Test = { op: "exists" };

const texts: Record<string, readonly [text: string, expected: Filter]> = {
  "nothing as everything": ["  ", { kind: "all" }],
  "a bare word": ["hello", word("hello")],
  "a bare string": ['"dir \\"x\\" \\u00e9\\n"', word('dir "x" é\n')],
  "a string in single quotes": ["'it\\'s'", word("it's")],
  "words side by side": ["a b", { kind: "and", of: [word("a"), word("b")] }],
  "words that hold a field's name": ["time-out", word("time-out")],
  "a name with a field's name before a dot": ["text.html", word("text.html")],
  "an address": ["10.0.0.1:5555", word("10.0.0.1:5555")],
  "a field alone": ["latency", tested("latency", exists)],
  "a comparison without blanks": ["dir==c2s", tested("dir", is("c2s"))],
  "an enum's word in quotes": ['dir == "c2s"', tested("dir", is("c2s"))],
  "an inequality as not equal": ["tap != x", { kind: "not", of: tested("tap", is("x")) }],
  "octets as text": ["topic == md.x", tested("topic", octets("md.x"))],
  "octets as hex": ["topic == 61:62", tested("topic", octets("ab"))],
  "octets behind 0x": ["topic == 0x6162", tested("topic", octets("ab"))],
  "quoted hex as text": ['topic == "61:62"', tested("topic", octets("61:62"))],
  "digits as text where octets stand": ["topic == 10", tested("topic", octets("10"))],
  "a duration": ["latency > 1.5ms", tested("latency", { op: ">", value: { kind: "number", number: 1.5e6 } })],
  "a size": ["size <= 4KiB", tested("size", { op: "<=", value: { kind: "number", number: 4096 } })],
  "the length of a frame": [
    "len(frame[-1]) > 1MiB",
    tested("frame", { op: ">", value: { kind: "number", number: 1048576 } }, { path: [-1], func: "len" }),
  ],
  "a path": ['json.a-b[0]["c d"]', tested("json", exists, { path: ["a-b", 0, "c d"] })],
  "an unquoted number of JSON": [
    "json.a == 5",
    tested("json", { op: "==", value: { kind: "number", number: 5 } }, { path: ["a"] }),
  ],
  "a set": [
    "n in { 1 , 2..3 }",
    tested("n", {
      op: "in",
      ranges: [
        { low: { kind: "number", number: 1 }, high: null },
        { low: { kind: "number", number: 2 }, high: { kind: "number", number: 3 } },
      ],
    }),
  ],
  "part of an address as text": [
    "addr contains 10.0",
    tested("addr", { op: "contains", value: { kind: "text", text: "10.0" } }),
  ],
  "part of a decoded value as text": [
    "json.a contains 5",
    tested("json", { op: "contains", value: { kind: "text", text: "5" } }, { path: ["a"] }),
  ],
  "not before and before or": [
    "a or !b c",
    { kind: "or", of: [word("a"), { kind: "and", of: [{ kind: "not", of: word("b") }, word("c")] }] },
  ],
  "joints in signs": ["a&&b||c|d&e", ast("(a and b) or c or (d and e)")],
  "joints in capitals": ["a AND NOT b OR c", ast("(a and not b) or c")],
  "not before a whole test": ["!origin == replay", { kind: "not", of: tested("origin", is("replay")) }],
  "a short form": ["~q", tested("dir", is("c2s"))],
  "a short form with a name": ["~c ping", tested("cmd", is("ping"))],
  "a short form right behind a bracket": ["(~s)", tested("dir", is("s2c"))],
  "a short form for everything": ["~all", { kind: "all" }],
  "a short form of two tests": ["~bq x", ast("dir == c2s and body matches x")],
  "a pattern up to a joint": ["~t ^a(b|c)[)]\\ d&&~q", ast('topic matches "^a(b|c)[)]\\ d" and dir == c2s')],
  "a pattern up to a bracket": ["(~t a|b)", ast('topic matches "a|b"')],
  "a pattern between strokes": ["~b /a b/s", ast('body matches "(?s)a b"')],
  "a path as a pattern": ["~t /a/b", ast('topic matches "/a/b"')],
};

for (const [name, [text, expected]] of Object.entries(texts)) {
  test(`parseFilter reads ${name}`, () => {
    assert.deepEqual(ast(text), expected);
  });
}

for (const text of [
  "~q ~t ^sensor\\.",
  "pending && age > 2s",
  'json.params.user == "bob" && latency > 50ms',
  'cmd in {SUBSCRIBE, CANCEL} and topic startswith "md."',
  "frame[0][0:2] == 01:00 || len(frame[-1]) > 1MiB",
  "any(frame) == x and all(addr) == 127.0.0.1 and count(body) > 1 and lower(topic) == abc",
  "frame[0][ : 4 ][-2:] == ab",
  "time > 12:00 and time < 2026-11-25T10:00:00.5+01:00",
]) {
  test(`parseFilter takes ${text}`, () => {
    ast(text);
  });
}

/** The text, what the error points at, and the sentence. */
const errors: readonly [text: string, marked: string, sentence: RegExp][] = [
  ['topc == "x"', "topc", /There is no field "topc"\. Did you mean topic\?/],
  ["jsn.a == 1", "jsn.a", /Did you mean json\.a\?/],
  ["quux in {1}", "quux", /There is no field "quux"\.$/],
  ['"topic" == x', '"topic"', /There is no field/],
  ["Topic matches x", "Topic", /Did you mean topic\?/],
  ["text.html == 4", "text.html", /text has no parts of that kind\. Did you mean text\?/],
  ["topic contain x", "contain", /Did you mean contains\?/],
  ["topic starts_with x", "starts_with", /Did you mean startswith\?/],
  ["size eq 4", "eq", /Did you mean ==\?/],
  ["topic = x", "=", /Did you mean ==\?/],
  ['topic ~ "x"', "~", /Did you mean matches\?/],
  ["dir == c3s", "c3s", /"c3s" is not one of c2s, s2c\. Did you mean c2s\?/],
  ["socket == REX", "REX", /is not one of PAIR.*…\. Did you mean REQ\?/],
  ["pending == yes", "yes", /neither true nor false/],
  ["size contains 5", "contains", /size is a number of octets, so contains cannot test it.*Did you mean ==\?/],
  ["dir < c2s", "<", /dir is one of a few words, so < cannot/],
  ["count(topic) matches x", "matches", /count\(…\) is a number/],
  ["latency > 50", "50", /needs a unit.*Did you mean 50ms\?/],
  ["latency > 5mss", "5mss", /no unit "mss".*Did you mean 5ms\?/],
  ["n == 5ms", "5ms", /takes no unit\. Did you mean 5\?/],
  ["json.t > 5ms", "5ms", /has no unit.*Did you mean 5\?/],
  ["n == x", "x", /"x" is not a number/],
  ["time > noon", "noon", /not a time/],
  ["addr == 10.0.0.0/64", "10.0.0.0/64", /at most 32 bits/],
  ["sev >= warn", "warn", /is not one of note, warning, error/],
  ["proto.a == 1", "proto", /does not find this out yet/],
  ["~zz", "~zz", /no short form ~zz\.$/],
  ["~pendin", "~pendin", /Did you mean ~pending\?/],
  ["~", "~", /short form such as ~q/],
  ["a ~t", "~t", /needs a pattern/],
  ["(~c )", "~c", /needs a name/],
  ["~c (", "(", /A value is missing/],
  ["(a", "(", /not closed/],
  ["a)", ")", /closes nothing/],
  ["a }", "}", /A test or a word is expected/],
  ["a and", "", /A test is missing at the end/],
  ["a or or b", "or", /A test is missing before or/],
  ["(, )", ",", /A test is expected here/],
  ["!= 5", "!=", /A field is missing/],
  ['"abc', '"', /quotes that begin here are not closed/],
  ['tap == "a\\qb"', "\\q", /no such escape/],
  ["tap == ", "", /A value is missing/],
  ["tap matches", "", /A pattern is missing/],
  ["n in 5", "5", /A set is expected/],
  ["n in {1", "{", /This set is not closed/],
  ["n in {1,}", "}", /A value is missing/],
  ["dir in {c2s..s2c}", "..", /has no order/],
  ["frame[0", "[", /This bracket is not closed/],
  ["frame[x]", "x", /A number, a slice/],
  ['frame["x"]', '"x"', /no named parts/],
  ["topic[0] == a", "0", /Did you mean 0:1\?/],
  ["frame[0][-1] == a", "-1", /Did you mean -1:\?/],
  ["json[-1]", "-1", /count from 0/],
  ["json[0:1]", "0:1", /Only octets can be cut/],
  ["json. == 5", ".", /A name is missing/],
  ["len(size) > 4", "size", /len\(…\) takes text or octets/],
  ["len(frame)", "len(frame)", /such as len\(frame\[0\]\) > 100/],
  ["lower(topic)", "lower(topic)", /such as lower\(topic\)/],
  ["count(topic)", "count(topic)", /such as count\(frame\) > 2/],
  ["len(frme) > 4", "frme", /needs a field\. Did you mean frame\?/],
  ["len(frame > 4", "len(", /The bracket of len\( is not closed/],
  ["topic matches a(?=b)", "(?=", /Lookahead is not supported/],
  ['~b "(a)\\1"', "\\1", /Backreferences are not supported/],
  ["~b /a(b/", "(", /This group is not closed/],
  ["~b a**", "*", /nothing here to repeat/],
  ["x".repeat(MAX_FILTER_CHARS + 1), "x", /at most 10000 characters/],
  ["(".repeat(200), "(", /nested deeper than 100/],
  ["!".repeat(200), "!", /nested deeper than 100/],
];

for (const [text, marked, sentence] of errors) {
  test(`parseFilter refuses ${text.slice(0, 40)}`, () => {
    const parsed = parseFilter(text);
    assert.ok(!parsed.ok);
    assert.equal(text.slice(parsed.from, parsed.to), marked);
    assert.match(errorSentence(parsed), sentence);
  });
}

test("parseFilter names the first error when there are several", () => {
  const parsed = parseFilter("dir == x and kind == y");
  assert.ok(!parsed.ok && parsed.from === 7);
});

test("parseFilter's suggestions can be put in place", () => {
  for (const [text] of errors) {
    const parsed = parseFilter(text);
    assert.ok(!parsed.ok);
    if (parsed.suggestion === null) continue;
    const better = text.slice(0, parsed.from) + parsed.suggestion + text.slice(parsed.to);
    const again = parseFilter(better);
    assert.ok(again.ok || again.from !== parsed.from || again.message !== parsed.message, better);
  }
});

const PIECES =
  'dir topic json.a frame[0] [1:2] latency == != < in { } , .. ( ) and or not ! ~q ~b ~ "x" \' / /a/i 5ms 0x00 len( \\ contains matches (?= [ * | & é \u{1f321} \u0000 \ud800'
    .split(" ")
    .concat(" ", "\n");

test("parseFilter never throws, and its errors lie within the text", () => {
  for (let seed = 0; seed < 20_000; seed++) {
    const draw = random(seed);
    const text = Array.from({ length: draw(12) }, () => PIECES[draw(PIECES.length)]! + (draw(2) === 0 ? " " : "")).join(
      "",
    );
    const parsed = parseFilter(text);
    if (parsed.ok) continue;
    const isInside = 0 <= parsed.from && parsed.from <= parsed.to && parsed.to <= text.length;
    assert.ok(isInside, `seed ${seed}: ${JSON.stringify(text)} ${JSON.stringify(parsed)}`);
  }
});

test("parseFilter ends soon on the longest texts", () => {
  const before = performance.now();
  for (const piece of [
    "a ",
    "(",
    "~b (",
    "[",
    "\\",
    '"',
    "frame[0]",
    "[0:1]",
    "/a",
    "json.",
    "a**",
    "x{9}",
    "!",
    "{",
    "(a{9}){9}",
  ]) {
    parseFilter(piece.repeat(10_000 / piece.length));
    parseFilter(`~b ${piece.repeat(9000 / piece.length)}`);
    parseFilter(`topic${piece.repeat(9000 / piece.length)}`);
  }
  // Far above what it takes.
  assert.ok(performance.now() - before < 30_000);
});
