import assert from "node:assert/strict";
import { test } from "node:test";
import { type JsonNode, parseJsonTree, summarize } from "../../webview/jsonTree.ts";

/** The tree as JavaScript sees it, to compare with JSON.parse. */
function toValue(node: JsonNode): unknown {
  switch (node.kind) {
    case "object":
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, toValue(value)]));
    case "array":
      return node.entries.map(({ value }) => toValue(value));
    case "string":
      return node.text;
    case "number":
    case "literal":
      return JSON.parse(node.text) as unknown;
  }
}

test("parseJsonTree reads what JSON.parse reads", () => {
  const texts = [
    "0",
    " -1.5e+3 ",
    "true",
    "null",
    '""',
    '"a\\n\\u00e4\\"\\\\"',
    "[]",
    "{}",
    '[1,[2,{"a":null}]]',
    '{"a":{"b":[true,false]},"":"x"}',
    ' {\n"k" :\t[ 1 , 2 ] } ',
  ];
  for (const text of texts) assert.deepEqual(toValue(parseJsonTree(text)!), JSON.parse(text), text);
});

test("parseJsonTree refuses what JSON.parse refuses", () => {
  const texts = [
    "",
    " ",
    "{",
    "[1,]",
    '{"a"}',
    '{"a":1,}',
    "{a:1}",
    "01",
    "1 2",
    "'a'",
    '"\n"',
    "tru",
    "[1",
    "NaN",
    '"\\x"',
  ];
  for (const text of texts) assert.equal(parseJsonTree(text), null, text);
});

test("parseJsonTree keeps large numbers and repeated keys as written", () => {
  const tree = parseJsonTree('{"a":12345678901234567890,"a":1.0}')!;
  assert.deepEqual(tree, {
    kind: "object",
    entries: [
      { key: "a", value: { kind: "number", text: "12345678901234567890" } },
      { key: "a", value: { kind: "number", text: "1.0" } },
    ],
  });
});

test("parseJsonTree bounds the depth and never throws", () => {
  assert.equal(parseJsonTree("[".repeat(100_000)), null);
  assert.equal(parseJsonTree(`${"[".repeat(600)}${"]".repeat(600)}`), null);
  assert.notEqual(parseJsonTree(`${"[".repeat(400)}${"]".repeat(400)}`), null);
});

test("summarize says in one line what is folded", () => {
  const lines = ['{"a":1}', "{}", "[1]", "[1,2]", '"a\\n"', "1e5", "null"].map((text) =>
    summarize(parseJsonTree(text)!),
  );
  assert.deepEqual(lines, ["{1 key}", "{0 keys}", "[1 item]", "[2 items]", '"a\\n"', "1e5", "null"]);
});
