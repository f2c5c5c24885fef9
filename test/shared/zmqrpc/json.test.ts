import assert from "node:assert/strict";
import { test } from "node:test";
import { readJson } from "../../../src/shared/zmqrpc/json.ts";
import type { Looked, Lookup } from "../../../src/shared/zmqrpc/variables.ts";
import { random } from "../../support/random.ts";

const variables: Readonly<Record<string, Looked>> = {
  n: { kind: "text", text: "5" },
  word: { kind: "text", text: 'a "b"' },
  list: { kind: "value", value: [1, "2"] },
  later: { kind: "open" },
};
const lookup: Lookup = (name) => variables[name] ?? { kind: "problem", problem: `no ${name}` };

const good: Readonly<Record<string, unknown>> = {
  "{{n}}": 5,
  '"{{n}}"': "5",
  "{{ word }}": 'a "b"',
  '["x {{word}} y", {{list}}, "{{list}}"]': ['x a "b" y', [1, "2"], '[1,"2"]'],
  '{"a": {{n}}, "__proto__": 1}': JSON.parse('{"a":5,"__proto__":1}') as unknown,
  '"\\u007b{n}} \\n"': "{{n}} \n",
  '"{{1}}"': "{{1}}",
  " [ ] ": [],
  "{}": {},
  "-1.5e3": -1500,
  "12345678901234567890.5": 12345678901234567000,
};
for (const [text, value] of Object.entries(good)) {
  test(`readJson reads ${text}`, () => assert.deepEqual(readJson(text, lookup), { kind: "value", value }));
}

test("readJson leaves open what only a reply will bring", () => {
  assert.deepEqual(readJson('[{{later}}, "{{later}}"]', lookup), { kind: "open" });
});

const bad: Readonly<Record<string, readonly [string, RegExp]>> = {
  "[1, 2": ["[", /bracket is not closed/],
  '{"a": 1': ["{", /brace is not closed/],
  "[1 2]": ["2", /A comma or ]/],
  "[1] 2": ["2", /behind the end/],
  "[hello]": ["hello", /Text needs quotes/],
  "['a']": ["'", /double quotes/],
  "{a: 1}": ["a", /name in double quotes/],
  '{"a" 1}': ["1", /colon/],
  '{"a": 1, "a": 2}': ['"a"', /stands twice/],
  "[1,]": ["]", /value is missing here/],
  "": ["", /missing at the end/],
  '["a]': ['"a]', /no closing quote/],
  '"a\nb"': ['"a', /no closing quote/],
  '"\\x"': ["\\x", /escape/],
  "[{{ }}]": ["{{", /written \{\{name\}\}/],
  "[{{zzz}}]": ["{{zzz}}", /no zzz/],
  "[12345678901234567890]": ["12345678901234567890", /too large/],
  "1e999": ["1e999", /too large/],
};
for (const [text, [where, what]] of Object.entries(bad)) {
  test(`readJson says what is wrong in ${JSON.stringify(text)}`, () => {
    const read = readJson(text, lookup);
    assert.ok(read.kind === "problem");
    assert.match(read.problem, what);
    assert.equal(text.slice(read.range.from, read.range.to), where);
  });
}

test("readJson gives up on values that are nested too deep", () => {
  const read = readJson("[".repeat(100_000), lookup);
  assert.match(read.kind === "problem" ? read.problem : "", /nested/);
});

test("readJson hands on what is no fault of the text", () => {
  assert.throws(
    () =>
      readJson("{{a}}", () => {
        throw new TypeError("bug");
      }),
    TypeError,
  );
});

test("readJson reads what JSON.parse reads, and nothing else, wherever there are no variables", () => {
  const pieces = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"a"',
    '"b\\n"',
    "1",
    "-0.5",
    "true",
    "null",
    " ",
    "x",
    '"',
    "1e2",
    "\n",
  ];
  const parse = (text: string): unknown => {
    try {
      return { kind: "value", value: JSON.parse(text) as unknown };
    } catch {
      return "problem";
    }
  };
  for (let seed = 0; seed < 50_000; seed++) {
    const below = random(seed);
    const text = Array.from({ length: below(9) }, () => pieces[below(pieces.length)]!).join("");
    const read = readJson(text, lookup);
    // A name that stands twice is taken by JSON.parse.
    if (read.kind === "problem" && (text.includes("{{") || read.problem.includes("twice"))) continue;
    assert.deepEqual(read.kind === "problem" ? "problem" : read, parse(text), text);
  }
});
