import assert from "node:assert/strict";
import { test } from "node:test";
import { readDocument } from "../../../src/shared/zmqrpc/document.ts";
import { printDocument } from "../../../src/shared/zmqrpc/print.ts";
import { randomText } from "../../support/callFiles.ts";
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
