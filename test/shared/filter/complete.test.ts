import assert from "node:assert/strict";
import { test } from "node:test";
import { type Completion, type CompletionItem, complete } from "../../../src/shared/filter/complete.ts";
import { random } from "../../support/random.ts";

/** The place of the cursor is `|`. */
function at(marked: string): Completion & { first: string[]; replaced: string } {
  const cursor = marked.indexOf("|");
  const text = marked.slice(0, cursor) + marked.slice(cursor + 1);
  const completion = complete(text, cursor);
  return {
    ...completion,
    first: completion.items.slice(0, 3).map((item) => item.text),
    replaced: text.slice(completion.from, completion.to),
  };
}

const cases: readonly [
  marked: string,
  kind: Completion["kind"],
  first: string[],
  replaced: string,
  valuesOf?: string,
][] = [
  ["|", "field", ["dir", "kind", "cmd"], ""],
  ["di|", "field", ["dir", "dialect"], "di"],
  ["d|ir == c2s", "field", ["dir", "dst", "decrypted"], "dir"],
  ["(|", "field", ["dir", "kind", "cmd"], ""],
  ["!to|", "field", ["topic"], "to"],
  ["len(fr|", "field", ["frames", "frame"], "fr"],
  ["ms|", "field", ["msgpack."], "ms"],
  ["~|", "short", ["~q", "~s", "~t "], "~"],
  ["a and ~b|", "short", ["~b ", "~bq ", "~bs "], "~b"],
  ["dir |", "operator", ["==", "!=", "in"], ""],
  ["topic co|", "operator", ["contains", "conn", "copies"], "co"],
  ["dir =|", "operator", ["=="], "="],
  ["dir == |", "value", ["c2s", "s2c"], ""],
  ["dir == c|2x", "value", ["c2s"], "c2x"],
  ["pending == |", "value", ["true", "false"], ""],
  ["topic == |", "value", [], "", "topic"],
  ['topic == "a b|', "value", [], '"a b', "topic"],
  ["cmd in {|", "value", ["PING", "PONG", "SUBSCRIBE"], "", "cmd"],
  ["cmd in {PING, s|", "value", ["SUBSCRIBE"], "s", "cmd"],
  ["n in {1..|", "value", [], "", "n"],
  ["json.user == |", "value", [], "", "json.user"],
  ["any(frame) == |", "value", [], "", "any(frame)"],
  ["len(frame) > |", "value", [], ""],
  ["~t |", "value", [], "", "topic"],
  ["~c pi|", "value", ["PING"], "pi", "cmd"],
  ["json.|", "path", [], "", "json."],
  ["json.user.na|", "path", [], "na", "json.user."],
  ["dir == c2s |", "keyword", ["and", "or", "dir"], ""],
  ["dir == c2s a|", "keyword", ["and", "addr", "age"], "a"],
  ["topc == 1 and di|", "field", ["dir", "dialect"], "di"],
  ["dir == nowhere and di|", "field", ["dir", "dialect"], "di"],
  ["frame[|", "nothing", [], ""],
  ["n in |", "nothing", [], ""],
  ['"text |', "nothing", [], ""],
  ["a) b|", "nothing", [], ""],
];

for (const [marked, kind, first, replaced, valuesOf] of cases) {
  test(`complete offers at ${marked} a ${kind}`, () => {
    const found = at(marked);
    assert.deepEqual(
      { kind: found.kind, first: found.first, replaced: found.replaced, valuesOf: found.valuesOf },
      { kind, first, replaced, valuesOf: valuesOf ?? null },
    );
  });
}

test("complete describes everything that it offers", () => {
  for (const marked of ["|", "~|", "dir |", "dir == |"]) {
    const items: readonly CompletionItem[] = at(marked).items;
    for (const item of items) assert.notEqual(item.description, "", item.text);
  }
});

test("complete never throws, and what it replaces holds the cursor", () => {
  const pieces = [
    "dir",
    "topic",
    "json.",
    "==",
    " ",
    "(",
    ")",
    "~b",
    '"',
    "{",
    ",",
    "in",
    "[",
    "!",
    "and",
    "é",
    "/",
    "..",
  ];
  for (let seed = 0; seed < 5000; seed++) {
    const draw = random(seed);
    const text = Array.from({ length: draw(10) }, () => pieces[draw(pieces.length)]!).join("");
    const cursor = draw(text.length + 1);
    const { from, to, prefix } = complete(text, cursor);
    assert.ok(from <= cursor && cursor <= to && to <= text.length, `seed ${seed}`);
    assert.equal(prefix, text.slice(from, cursor), `seed ${seed}`);
  }
  assert.equal(complete("x".repeat(20_000), 15_000).kind, "nothing");
  assert.equal(complete("dir", NaN).from, 0);
});
