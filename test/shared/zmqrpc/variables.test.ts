import assert from "node:assert/strict";
import { test } from "node:test";
import {
  expandText,
  type Looked,
  lookupIn,
  MAX_EXPANDED,
  variableText,
  variableUses,
} from "../../../src/shared/zmqrpc/variables.ts";

const texts = (variables: Readonly<Record<string, string>>): ReadonlyMap<string, Looked> =>
  new Map(Object.entries(variables).map(([name, text]) => [name, { kind: "text", text }]));
const none = (): Looked => ({ kind: "problem", problem: "not set" });

test("variableUses finds names with their braces, and nothing else", () => {
  assert.deepEqual(variableUses("{{a}} {{ $B }} {{1}} {{a b}} {c}", 10), [
    { name: "a", range: { from: 10, to: 15 } },
    { name: "$B", range: { from: 16, to: 24 } },
  ]);
});

test("expandText fills in variables, those made of others and those of the process too", () => {
  const lookup = lookupIn(
    [texts({ port: "1" }), texts({ port: "2", url: "tcp://{{host}}:{{port}}", host: "h" })],
    (name) => ({
      kind: "text",
      text: name.toLowerCase(),
    }),
  );
  assert.deepEqual(expandText("{{url}}/{{$HOME}}/{{url}}", lookup), { kind: "text", text: "tcp://h:1/home/tcp://h:1" });
});

test("variableText writes values as a text holds them", () => {
  assert.equal(variableText({ kind: "value", value: "a" }), "a");
  assert.equal(variableText({ kind: "value", value: { a: 1 } }), '{"a":1}');
});

test("expandText says where a variable has no value", () => {
  const read = expandText("a {{b}}", lookupIn([], none));
  assert.ok(read.kind === "problem");
  assert.deepEqual(read.range, { from: 2, to: 7 });
  assert.match(read.problem, /There is no variable "b"/);
  assert.deepEqual(expandText("{{$X}}", lookupIn([], none)), {
    kind: "problem",
    problem: "not set",
    range: { from: 0, to: 6 },
  });
});

test("expandText leaves open what only a reply will bring", () => {
  const lookup = lookupIn([new Map<string, Looked>([["token", { kind: "open" }]])], none);
  assert.deepEqual(expandText("{{token}}", lookup), { kind: "open" });
});

test("expandText ends in circles and in chains that are too long", () => {
  const circle = expandText("{{a}}", lookupIn([texts({ a: "{{b}}", b: "{{a}}" })], none));
  assert.match(circle.kind === "problem" ? circle.problem : "", /leads back to itself/);
  const chain = Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`v${n}`, `{{v${n + 1}}}`]));
  assert.equal(expandText("{{v0}}", lookupIn([texts(chain)], none)).kind, "problem");
});

test("expandText neither grows without limit nor takes long for variables of variables", () => {
  const many = (name: string): string => `{{${name}}}`.repeat(1_000);
  const layers = [texts({ a: many("b"), b: many("c"), c: many("d"), d: "x" })];
  assert.match(JSON.stringify(expandText("{{a}}", lookupIn(layers, none))), /too long/);
  const empty = [texts({ a: many("b"), b: many("c"), c: many("d"), d: many("e"), e: "" })];
  assert.deepEqual(expandText("{{a}}", lookupIn(empty, none)), { kind: "text", text: "" });
  assert.ok(MAX_EXPANDED >= 1024);
});
