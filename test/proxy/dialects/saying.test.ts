import assert from "node:assert/strict";
import { test } from "node:test";
import {
  chosenIn,
  isOneWay,
  isWord,
  noChoice,
  onlyPayload,
  say,
  sayError,
} from "../../../src/proxy/dialects/saying.ts";
import type { DialectField } from "../../../src/shared/dialects.ts";
import { messageOf, octets } from "../../support/dialects.ts";

test("say fills in what a message does not say", () => {
  assert.deepEqual(say({ kind: "reply", value: 1 }), {
    said: {
      kind: "reply",
      method: "",
      args: null,
      kwargs: null,
      value: 1,
      problem: null,
      code: null,
      id: null,
      facts: [],
    },
  });
});

test("sayError takes the sender's words where there are any, at most 500 characters of them", () => {
  const problem = (words: unknown): string | null => {
    const read = sayError(words, "It failed.", { code: "1" });
    assert.ok("said" in read);
    assert.deepEqual([read.said.kind, read.said.code], ["error", "1"]);
    return read.said.problem;
  };
  assert.equal(problem(" boom \n"), "boom");
  assert.equal(problem("x".repeat(1000)), "x".repeat(500));
  for (const none of ["", "  ", null, undefined, 5, {}]) assert.equal(problem(none), "It failed.");
});

test("onlyPayload is the one frame behind the envelope", () => {
  assert.deepEqual(onlyPayload(messageOf(["id", "", "a"])), octets("a"));
  assert.deepEqual(onlyPayload(messageOf(["a"])), octets("a"));
  assert.equal(onlyPayload(messageOf(["", "a", "b"])), undefined);
  assert.equal(onlyPayload(messageOf([])), undefined);
  assert.equal(onlyPayload(messageOf([new Uint8Array(4 * 1024 * 1024 + 1)])), undefined);
});

test("Links from publishers and pushers, and to their receivers, are one-way", () => {
  assert.equal(isOneWay(messageOf([], "PUB", null)), true);
  assert.equal(isOneWay(messageOf([], null, "PULL")), true);
  assert.equal(isOneWay(messageOf([], "REQ", "ROUTER")), false);
  assert.equal(isOneWay(messageOf([], null, null)), false);
});

test("isWord compares whole frames", () => {
  assert.equal(isWord(octets("PING"), "PING"), true);
  for (const other of ["PIN", "PINGS", "PONG", "ping"]) assert.equal(isWord(octets(other), "PING"), false);
});

test("A choice is one of the field's, the first by itself", () => {
  const field: DialectField = { name: "form", label: "Form", kind: "choice", choices: ["a", "b"], hint: "" };
  const chosen = (fields: Record<string, unknown>): string | undefined =>
    chosenIn(field, { method: "", args: [], kwargs: {}, fields });
  assert.equal(chosen({}), "a");
  assert.equal(chosen({ form: "b" }), "b");
  assert.equal(chosen({ form: "c" }), undefined);
  assert.equal(chosen({ form: 1 }), undefined);
  assert.deepEqual(noChoice(field), { problem: "Form must be one of a, b." });
});
