import assert from "node:assert/strict";
import { test } from "node:test";
import { JsonPath } from "../../../src/proxy/filter/jsonPath.ts";
import { random } from "../../support/random.ts";
import { NAMES, randomRow } from "../../support/filterRows.ts";

type Path = readonly (string | number)[];

/** What is found, as a value where that is short to say. */
function find(json: string | Uint8Array, path: Path): unknown {
  const scanner = new JsonPath(path);
  if (!scanner.find(typeof json === "string" ? Buffer.from(json) : json)) return undefined;
  switch (scanner.kind) {
    case "string": {
      const octets = scanner.hasEscapes ? scanner.unescaped() : scanner.bytes.subarray(scanner.from, scanner.to);
      return octets === null ? "bad escapes" : Buffer.from(octets).toString();
    }
    case "number":
      return scanner.number();
    case "object":
    case "array":
      return `${scanner.kind} of ${scanner.count()}`;
    default:
      return scanner.kind;
  }
}

const cases: readonly [title: string, json: string, path: Path, expected: unknown][] = [
  ["a member", '{"a":1,"b":"x"}', ["b"], "x"],
  ["a member behind values of all kinds", '{"s":"}","o":{"a":[1,{}]},"n":-1.5e3,"t":true,"x":7}', ["x"], 7],
  ["a nested member", ' { "a" : { "b" : [ 0 , { "c" : null } ] } } ', ["a", "b", 1, "c"], "null"],
  ["an item of a list", "[10,20,30]", [2], 30],
  ["the first of two members of one name", '{"a":1,"a":2}', ["a"], 1],
  ["a name with escapes", '{"\\u0061\\"":1}', ['a"'], 1],
  ["a name beyond ASCII", '{"größe":1}', ["größe"], 1],
  ["a string with escapes", '{"a":"x\\n\\u00e9\\\\"}', ["a"], "x\né\\"],
  ["an empty string", '{"a":""}', ["a"], ""],
  ["true and false", '{"a":true,"b":false}', ["b"], "false"],
  ["an empty object", '{"a":{}}', ["a"], "object of 0"],
  ["the members of an object", '{"a":{"b":1,"c":[2,3]}}', ["a"], "object of 2"],
  ["the items of a list", '{"a":[1,[2,3],"x"]}', ["a"], "array of 3"],
  ["the whole text", " [1] ", [], "array of 1"],
  ["a text that is a string", '"a"', [], "a"],
  ["an integer that is not exact", "[123456789012345678]", [0], 123456789012345680],
  ["a number with exponent", "[-0.5E+2]", [0], -50],
  ["zero", "[0]", [0], 0],
  ["a member that is there when the text is cut off behind it", '{"a":1,"b":[', ["a"], 1],
  ["nothing of a member that is cut off", '{"a":1,"b":[', ["b"], undefined],
  ["nothing of a string that is cut off", '{"a":"x', ["a"], undefined],
  ["nothing when the name is another", '{"ab":1}', ["a"], undefined],
  ["nothing of an item behind the end", "[1,2]", [2], undefined],
  ["nothing of an item of an empty list", "[]", [0], undefined],
  ["nothing of a name in a list", "[1]", ["a"], undefined],
  ["nothing of a place in an object", '{"0":1}', [0], undefined],
  ["nothing of a path through a string", '{"a":"b"}', ["a", "b"], undefined],
  ["nothing of text", "hello", ["a"], undefined],
  ["nothing of an empty text", "", [], undefined],
  ["nothing of a text with more behind it", "{} x", [], undefined],
  ["nothing of an object without quotes", "{a:1}", ["a"], undefined],
  ["nothing where the colon is missing", '{"a" 1}', ["a"], undefined],
  ["nothing where a comma is missing", '{"b":1 "a":2}', ["a"], undefined],
  ["nothing where the value is missing", '{"b":,"a":2}', ["a"], undefined],
  ["nothing of a word that is no value", "[yes]", [0], undefined],
  ["nothing of a cut word", "[tru]", [0], undefined],
  ["nothing of a number with a leading zero", "[012]", [0], undefined],
  ["nothing of a broken number", "[1.2.3]", [0], undefined],
  ["nothing where an item is missing", "[1,,2]", [2], undefined],
  ["nothing where the list has no commas", "[1 2]", [1], undefined],
  ["nothing of a name that does not end", '{"a', ["a"], undefined],
  ["escapes that are none", '{"a":"\\x"}', ["a"], "bad escapes"],
  ["an object whose names are none", '{"a":{b:1}}', ["a"], "object of -1"],
  ["an object whose name does not end in a colon", '{"a":{"b"}}', ["a"], "object of -1"],
  ["a list with a hole", '{"a":[1 2]}', ["a"], "array of -1"],
  ["a list with nothing behind its comma", '{"a":[1,]}', ["a"], "array of -1"],
];

for (const [title, json, path, expected] of cases) {
  test(`JsonPath finds ${title}`, () => {
    assert.equal(find(json, path), expected);
  });
}

test("JsonPath finds values however deep the text is nested", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  assert.equal(find(`{"a":${deep},"b":1}`, ["b"]), 1);
});

test("JsonPath never throws, and finds in any cut of a text either nothing or what the whole has", () => {
  for (let seed = 0; seed < 300; seed++) {
    for (const frame of randomRow(random(seed)).frames) {
      for (const path of [[], [0], ["user"], [NAMES[seed % NAMES.length]!, 0]]) {
        const whole = find(frame, path);
        for (let length = 0; length < Math.min(frame.length, 60); length++) {
          const cut = find(frame.subarray(0, length), path);
          if (path.length === 0 || whole === undefined) continue;
          // A number at the end may be cut within its digits.
          if (typeof cut === "number" && typeof whole === "number") continue;
          assert.ok(
            cut === undefined || cut === whole,
            `seed ${seed}, ${length} octets, ${path.join()}: ${String(cut)}`,
          );
        }
      }
    }
  }
});
