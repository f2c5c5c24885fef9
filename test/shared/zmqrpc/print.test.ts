import assert from "node:assert/strict";
import { test } from "node:test";
import { readDocument } from "../../../src/shared/zmqrpc/document.ts";
import { printDocument } from "../../../src/shared/zmqrpc/print.ts";
import { random } from "../../support/random.ts";

const print = (text: string): string => printDocument(readDocument(text));

test("printDocument indents by two, and keeps comments, values over lines and what it could not read", () => {
  const text = [
    "  lost: 1",
    "# all of it",
    "",
    "variables",
    "\thost :a",
    "",
    "",
    "     # noted",
    "     port:  5 ",
    "# one",
    "call   a",
    " args: [1,",
    "  {",
    "   }]",
    " frame: hex",
    "  00",
    " what",
    "oops: x",
    "# end",
  ].join("\r\n");
  const printed = [
    "  lost: 1",
    "",
    "# all of it",
    "",
    "variables",
    "  host: a",
    "",
    "  # noted",
    "  port: 5",
    "",
    "# one",
    "call a",
    "  args: [1,",
    "   {",
    "    }]",
    "  frame: hex",
    "   00",
    "  what",
    "",
    "oops: x",
    "",
    "# end",
    "",
  ].join("\n");
  assert.equal(print(text), printed);
  assert.equal(print(""), "");
});

const PIECES = [
  "call a", "call", "variables", "environment x", "defaults", "method: add", "args: [1,", "]", "}", "  ", "    ", "\t",
  "# c", "", "frame: hex", "frame: json {", "00 ff", '"a": "{{x}}"', "{{", "}}", "expect: value == [", "x:", ":", "\r",
] as const; // prettier-ignore

/** Lines put together from pieces that matter to the reader, and now and then any character. */
export function randomText(below: (n: number) => number): string {
  let text = "";
  for (let count = below(40); count > 0; count--) {
    const piece = below(12) === 0 ? String.fromCharCode(below(0x250)) : PIECES[below(PIECES.length)]!;
    text += piece + (below(3) === 0 ? "" : "\n");
  }
  return text;
}

test("printDocument changes nothing of what it printed, and leaves all values as they were", () => {
  const entries = (text: string): unknown =>
    readDocument(text).sections.map(({ kind, name, items }) => [
      kind,
      name,
      items.flatMap((item) => (item.kind === "entry" ? [[item.entry.key, item.entry.value.replace(/\s+/g, " ")]] : [])),
    ]);
  for (let seed = 0; seed < 20_000; seed++) {
    const text = randomText(random(seed));
    const printed = print(text);
    assert.equal(print(printed), printed, JSON.stringify(text));
    assert.deepEqual(entries(printed), entries(text), JSON.stringify(text));
  }
});
