import assert from "node:assert/strict";
import { test } from "node:test";
import {
  differences,
  differencesOf,
  type Expectation,
  readExpectation,
  showValue,
} from "../../../src/shared/zmqrpc/expectation.ts";
import type { Looked, Lookup } from "../../../src/shared/zmqrpc/variables.ts";

const variables: Readonly<Record<string, Looked>> = { n: { kind: "text", text: "3" }, later: { kind: "open" } };
const lookup: Lookup = (name) => variables[name] ?? { kind: "problem", problem: `no ${name}` };

function expectation(text: string): Expectation {
  const read = readExpectation(text, lookup);
  assert.ok(read.kind === "expectation", JSON.stringify(read));
  return read.expectation;
}

const written: Readonly<Record<string, string>> = {
  "status  ok": "status ok",
  "value.sum=={{n}}": "value.sum == 3",
  'value != {"a": [1]}': 'value != {"a":[1]}',
  "value[0] exists": "value[0] exists",
  "code missing": "code missing",
  "problem matches  ^a{2} {{n}}$": "problem matches ^a{2} 3$",
};
for (const [text, same] of Object.entries(written)) {
  test(`readExpectation reads ${text}`, () => assert.equal(expectation(text).text, same));
}

const bad: Readonly<Record<string, readonly [string, RegExp]>> = {
  "status fine": ["fine", /A status is one of ok, error, timeout, sent/],
  status: ["", /A status/],
  "3 == 3": ["3 == 3", /no expectation/],
  "vale.x == 3": ["vale", /no "vale"/],
  "value.x": ["", /A test is missing/],
  "value.x equals 3": ["equals", /no test/],
  "value.x ~ 3": ["~ 3", /no test/],
  "value.x == hello": ["hello", /Text needs quotes/],
  "value.x ==": ["", /missing/],
  "value.x exists now": [" now", /Nothing stands behind/],
  "value matches": ["", /regular expression is missing/],
  "value matches (": ["(", /./],
  "value matches {{zzz}}": ["{{zzz}}", /no zzz/],
};
for (const [text, [where, what]] of Object.entries(bad)) {
  test(`readExpectation says what is wrong in ${text}`, () => {
    const read = readExpectation(text, lookup);
    assert.ok(read.kind === "problem", JSON.stringify(read));
    assert.match(read.problem, what);
    assert.equal(text.slice(read.range.from, read.range.to), where);
  });
}

test("readExpectation leaves open what only a reply will bring", () => {
  assert.deepEqual(readExpectation("value == {{later}}", lookup), { kind: "open" });
  assert.deepEqual(readExpectation("value matches {{later}}", lookup), { kind: "open" });
});

const reply = {
  value: { sum: 3, items: ["a"], none: null },
  problem: "Division by zero",
  code: undefined,
  method: "m",
};
const judged: Readonly<Record<string, readonly string[] | null>> = {
  "value.sum == 3": null,
  "value.sum == 4": ["value.sum is 3, expected 4"],
  "value.sum != 4": null,
  "value.sum != 3": ["value.sum is 3"],
  "value.lost != 3": null,
  "value.none exists": null,
  "value.lost exists": ["value.lost is missing"],
  "code missing": null,
  "method missing": ['method is "m"'],
  "problem matches ^div": null,
  "problem matches ^zero": ['problem is "Division by zero"'],
  "problem matches long": ["problem is too long to be searched"],
  "code matches 1": ["code is missing"],
  'value.items matches "a"': null,
};
for (const [text, lines] of Object.entries(judged)) {
  test(`differencesOf judges ${text}`, async () => {
    const told = expectation(text);
    assert.ok(told.kind !== "status");
    const matches = (pattern: string, found: string): Promise<boolean | null> =>
      Promise.resolve(pattern === "long" ? null : new RegExp(pattern, "i").test(found));
    assert.deepEqual(await differencesOf(told, reply, matches), lines);
  });
}

test("differences names the places where two values differ, the first few", () => {
  assert.deepEqual(
    differences("value", { a: [1, { "b c": true }], gone: 1 }, { a: [1, { "b c": false }, 2], more: null }),
    [
      'value.a[1]["b c"] is false, expected true',
      "value.a[2] is 2, which was not expected",
      "value.gone is missing, expected 1",
      "value.more is null, which was not expected",
    ],
  );
  assert.deepEqual(differences("value", [1], { 0: 1 }), ['value is {"0":1}, expected [1]']);
  const lines = differences("value", Array<number>(100).fill(0), Array<number>(100).fill(1));
  assert.deepEqual([lines.length, lines[5]], [6, "and more"]);
});

test("differences compares no deeper than it may", () => {
  const deep = (): unknown => {
    let value: unknown = 1;
    for (let n = 0; n < 200; n++) value = [value];
    return value;
  };
  assert.match(differences("value", deep(), deep())[0]!, /nested too deep/);
});

test("showValue cuts what is long", () => {
  assert.equal(showValue(undefined), "nothing");
  assert.equal(showValue("x".repeat(1_000)).length, 201);
});
