import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_CHARACTERS, readDocument } from "../../../src/shared/zmqrpc/document.ts";

const entriesOf = (text: string): unknown[] =>
  readDocument(text).sections.flatMap(({ items }) =>
    items.map((item) => (item.kind === "entry" ? [item.entry.key, item.entry.value] : item.kind)),
  );

test("readDocument finds sections, their names and entries, with ranges that name them in the text", () => {
  const text = "# file\n\nvariables\n  host: a\n\n# one\ncall  add two \n  method: add\n";
  const { sections, tail, strays, isCut } = readDocument(text);
  assert.deepEqual(
    sections.map(({ kind, name, above }) => ({ kind, name, above })),
    [
      { kind: "variables", name: "", above: ["# file", ""] },
      { kind: "call", name: "add two", above: ["# one"] },
    ],
  );
  const [, call] = sections;
  const slice = ({ from, to }: { from: number; to: number }): string => text.slice(from, to);
  assert.equal(slice(call!.nameRange), "add two");
  assert.equal(slice(call!.headingRange), "call  add two");
  assert.equal(slice(call!.range), "call  add two \n  method: add");
  const [item] = call!.items;
  assert.ok(item?.kind === "entry");
  assert.equal(slice(item.entry.keyRange), "method");
  assert.equal(slice(item.entry.valueRange), "add");
  assert.deepEqual({ tail, strays, isCut }, { tail: [], strays: [], isCut: false });
});

const values: Readonly<Record<string, { text: string; entries: unknown[] }>> = {
  "over lines while brackets are open": {
    text: 'call a\n  args: [1, {\n"b": "]"\n  }]\n  method: x',
    entries: [
      ["args", '[1, {\n"b": "]"\n  }]'],
      ["method", "x"],
    ],
  },
  "over lines that are indented deeper": {
    text: "call a\n  frame: hex\n    00 ff\n    01\n  frame: hex 02",
    entries: [
      ["frame", "hex\n    00 ff\n    01"],
      ["frame", "hex 02"],
    ],
  },
  "until the next key when a bracket is not closed": {
    text: "call a\n  args: [1,\n  method: x\ncall b",
    entries: [
      ["args", "[1,"],
      ["method", "x"],
    ],
  },
  "without the braces of variables": {
    text: 'call a\n  args: [{{x}}, {{ y\n  ]\n  method: "{\\"{"',
    entries: [
      ["args", "[{{x}}, {{ y\n  ]"],
      ["method", '"{\\"{"'],
    ],
  },
  "in frames of JSON": {
    text: "call a\n  frame: json {\n  }\n  expect: value matches [\n  x: 1",
    entries: [
      ["frame", "json {\n  }"],
      ["expect", "value matches ["],
      ["x", "1"],
    ],
  },
  "without the blank lines behind it": {
    text: "call a\n  args: [\n\n\n  x: y",
    entries: [["args", "["], "blank", ["x", "y"]],
  },
  "where nothing stands behind the colon": {
    text: "call a\n  args:   \n  x: y",
    entries: [
      ["args", ""],
      ["x", "y"],
    ],
  },
  "with carriage returns": {
    text: "call a\r\n  x: y\r\n  args: [\r\n1]\r\n",
    entries: [
      ["x", "y"],
      ["args", "[\r\n1]"],
    ],
  },
  "beside comments and lines that are none": {
    text: "call a\n  # c\n  what\n\n\n  x: y",
    entries: ["comment", "stray", "blank", ["x", "y"]],
  },
};
for (const [how, { text, entries }] of Object.entries(values)) {
  test(`readDocument reads values ${how}`, () => assert.deepEqual(entriesOf(text), entries));
}

test("readDocument keeps what stands nowhere, and headings that are none", () => {
  const { strays, sections, tail } = readDocument("  x: 1\nmethod: add\n  y: 2\n\n# end\n\n");
  assert.deepEqual(
    strays.map(({ text }) => text),
    ["x: 1"],
  );
  assert.deepEqual(
    sections.map(({ kind, name }) => [kind, name]),
    [[null, "method: add"]],
  );
  assert.deepEqual(tail, ["# end"]);
});

test("readDocument reads no more than it may", () => {
  assert.equal(readDocument(`call a\n${"#".repeat(MAX_CHARACTERS)}`).isCut, true);
  assert.equal(readDocument("\n".repeat(60_000)).isCut, true);
});
