import assert from "node:assert/strict";
import { test } from "node:test";
import { jsonFault, jsonFaultText } from "../../src/shared/jsonFault.ts";
import { random } from "../support/random.ts";

const faults: Record<string, readonly [string, number, number, RegExp]> = {
  nothing: ["", 1, 1, /a value is missing/],
  "text without quotes": ["hello", 1, 1, /hello is no JSON value; text stands in double quotes/],
  "a text that does not end": ['"abc', 1, 5, /closing quote/],
  "an escape of another language": ['"\\x41"', 1, 2, /none of JSON/],
  "a line end in a text": ['"a\nb"', 1, 3, /control character/],
  "a missing value": ['{"a":}', 1, 6, /"}" begins no JSON value/],
  "a missing colon": ['{"a" 1}', 1, 6, /":" is missing/],
  "a name without quotes": ["{a: 1}", 1, 2, /name in double quotes/],
  "a comma too many": ["[1,\n  2,\n]", 3, 1, /"\]" begins no JSON value/],
  "a missing bracket": ["[1, 2", 1, 6, /"," or "\]"/],
  "a missing brace": ['{"a": 1', 1, 8, /"," or "}"/],
  "two values": ["1 2", 1, 3, /ends before this/],
  "a number of C": ["0x10", 1, 2, /ends before this/],
  "an odd character": ["&", 1, 1, /"&" begins no JSON value/],
  "a member without a value": ['{"a": [tru]}', 1, 8, /tru is no JSON value/],
};
for (const [what, [text, line, column, problem]] of Object.entries(faults)) {
  test(`jsonFault finds ${what}`, () => {
    const fault = jsonFault(text);
    assert.deepEqual([fault?.line, fault?.column], [line, column]);
    assert.match(fault?.problem ?? "", problem);
  });
}

test("jsonFault refuses what is nested too deep instead of running out of stack", () => {
  assert.match(jsonFault("[".repeat(100_000))?.problem ?? "", /nested deeper than 200/);
  assert.equal(jsonFault(`${"[".repeat(150)}${"]".repeat(150)}`), null);
});

test("jsonFaultText says the line only where there are several", () => {
  assert.equal(jsonFaultText("[1, x]"), "Column 5: x is no JSON value; text stands in double quotes.");
  assert.equal(jsonFaultText("[1,\nx]"), "Line 2, column 1: x is no JSON value; text stands in double quotes.");
  assert.equal(jsonFaultText('{"a": [1, -0.5e+3, true, null, "\\u00fc", {}, []]}'), null);
});

test("jsonFault agrees with JSON.parse on any text", () => {
  const below = random(3);
  const alphabet = [
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    '"',
    "a",
    "1",
    "0",
    "-",
    ".",
    "e",
    "true",
    "null",
    "\\",
    "n",
    " ",
    "\n",
  ];
  let sound = 0;
  for (let turn = 0; turn < 20_000; turn++) {
    const text = Array.from({ length: below(8) }, () => alphabet[below(alphabet.length)]).join("");
    let isJson = true;
    try {
      JSON.parse(text);
    } catch {
      isJson = false;
    }
    assert.equal(jsonFault(text) === null, isJson, text);
    if (isJson) sound++;
  }
  assert.ok(sound > 500, `${sound}`);
});
