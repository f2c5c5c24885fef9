import assert from "node:assert/strict";
import { test } from "node:test";
import { raw } from "../../../src/proxy/dialects/raw.ts";
import type { Dialect, DialectKey, DialectMessage } from "../../../src/proxy/dialects/dialect.ts";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import { compareReplies } from "../../../src/proxy/rpc/compareReplies.ts";
import type { Said } from "../../../src/shared/dialects.ts";
import { octets } from "../../support/octets.ts";

const message = (...frames: string[]): DialectMessage => ({
  frames: frames.map((frame) => octets(frame)),
  sender: "REP",
  receiver: "REQ",
});

test("compareReplies compares payload frames where no dialect reads them", () => {
  const compare = (a: DialectMessage, b: DialectMessage): string | null =>
    compareReplies(a, b, raw, null, dialectTools);
  assert.equal(compare(message("", "a", "b"), message("", "a", "b")), null);
  // Ids of an envelope are of the connection.
  assert.equal(compare(message("id 1", "", "a"), message("id 2", "", "a")), null);
  assert.equal(compare(message("", "a"), message("", "a", "b")), "It has 2 frames, and had 1.");
  assert.equal(compare(message("", "a", "b"), message("", "a")), "It has 1 frame, and had 2.");
  assert.equal(compare(message("", "a", "b"), message("", "a", "c")), "Frame 2 of its payload differs.");
  assert.equal(compare(message("", "ab"), message("", "a")), "Frame 1 of its payload differs.");
  // Of HTTP's headers the date is another one each time.
  const http = (status: string, date: string): DialectMessage =>
    message("", `HTTP/1.1 ${status}\r\nDate: ${date}`, "x");
  assert.equal(compare(http("200 OK", "1"), http("200 OK", "2")), null);
  assert.equal(compare(http("200 OK", "1"), http("404 No", "1")), "Frame 1 of its payload differs.");
});

const SAID: Said = {
  kind: "reply",
  method: "",
  args: null,
  kwargs: null,
  value: 1,
  problem: null,
  code: null,
  id: "id",
  facts: [],
};

/** A dialect whose messages say the next of these. */
function saying(...said: (Partial<Said> | string)[]): Dialect {
  return {
    ...raw,
    name: "jupyter",
    decode: () => {
      const next = said.shift()!;
      return typeof next === "string" ? { problem: next } : { said: { ...SAID, ...next } };
    },
  };
}

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

const cases: readonly [string, Partial<Said>, Partial<Said>, string | null][] = [
  ["ids", { id: "a" }, { id: "b" }, null],
  ["kinds", { kind: "reply" }, { kind: "error" }, "It is an error, and was a reply."],
  ["methods", { method: "a" }, { method: "x".repeat(90) }, `Its method is "${"x".repeat(80)}…", and was "a".`],
  ["codes", { code: null }, { code: "463" }, "Its code is 463, and was none."],
  ["codes that are gone", { code: "463" }, { code: null }, "Its code is none, and was 463."],
  ["problems", { problem: "a" }, { problem: "b" }, "Its problem is told in other words."],
  ["arguments", { args: [1] }, { args: [2] }, "Its arguments differ."],
  ["named arguments", { kwargs: { a: 1 } }, { kwargs: { b: 1 } }, "Its arguments differ."],
  ["orders of keys", { value: { a: 1, b: [2n, NaN] } }, { value: { b: [2n, NaN], a: 1 } }, null],
  ["numbers of keys", { value: { a: 1 } }, { value: { a: 1, b: 2 } }, "Its value differs."],
  ["lists and objects", { value: [] }, { value: {} }, "Its value differs."],
  ["octets", { value: octets("a") }, { value: octets("a") }, null],
  ["octets that differ", { value: octets("a") }, { value: octets("b") }, "Its value differs."],
  ["octets and lists", { value: octets("a") }, { value: [97] }, "Its value differs."],
  ["nothing and null", { value: undefined }, { value: null }, "Its value differs."],
  ["depths without end", { value: deep(200) }, { value: deep(200) }, "Its value differs."],
];
for (const [what, before, now, says] of cases) {
  test(`compareReplies compares ${what} as the dialect says them`, () => {
    assert.equal(compareReplies(message("a"), message("a"), saying(before, now), null, dialectTools), says);
  });
}

test("compareReplies leaves out what varies from run to run, and only that", () => {
  const compare = (before: Said["value"], now: Said["value"]): string | null => {
    const dialect = { ...saying({ value: before }, { value: now }), varying: ["count"] };
    return compareReplies(message("a"), message("a"), dialect, null, dialectTools);
  };
  assert.equal(compare({ count: 1, of: 2 }, { count: 2, of: 2 }), null);
  assert.equal(compare({ of: 2 }, { count: 2, of: 2 }), null);
  assert.equal(compare({ count: 1, of: 2 }, { count: 1, of: 3 }), "Its value differs.");
  assert.equal(compare([1], [2]), "Its value differs.");
  assert.equal(compare(1, 1), null);
});

test("compareReplies checks the signature of the reply that came, and not of the recorded one", () => {
  const keys: DialectKey[] = [];
  const dialect: Dialect = {
    ...raw,
    name: "jupyter",
    decode: (_message, key) => {
      keys.push(key);
      return { said: SAID };
    },
  };
  assert.equal(compareReplies(message("a"), message("b"), dialect, octets("key"), dialectTools), null);
  assert.deepEqual(keys, [null, octets("key")]);
});

test("compareReplies compares octets where the dialect cannot read one of them", () => {
  assert.equal(compareReplies(message("a"), message("a"), saying("unreadable", {}), null, dialectTools), null);
  assert.match(
    compareReplies(message("a"), message("b"), saying({}, "unreadable"), null, dialectTools) ?? "",
    /Frame 1/,
  );
});
