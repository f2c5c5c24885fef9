import assert from "node:assert/strict";
import { test } from "node:test";
import { checkedFrames, checkedSaid } from "../../../src/proxy/ownDialects/checkedAnswer.ts";

test("checkedSaid fills in what a module leaves out, and cuts what is too long", () => {
  assert.deepEqual(checkedSaid({ kind: "call" }), {
    kind: "call",
    method: "",
    args: null,
    kwargs: null,
    value: undefined,
    problem: null,
    code: null,
    id: null,
    facts: [],
  });
  const said = checkedSaid({
    kind: "error",
    method: "m".repeat(2000),
    args: [1],
    kwargs: { a: 1 },
    value: 7,
    problem: "p".repeat(2000),
    code: 463,
    id: "i",
    facts: [{ label: "l", value: "v", more: "x" }],
  });
  assert.ok(said !== null && "kind" in said);
  assert.deepEqual([said.method.length, said.problem?.length, said.code, said.id], [1000, 500, "463", "i"]);
  assert.deepEqual([said.args, said.kwargs, said.value, said.facts], [[1], { a: 1 }, 7, [{ label: "l", value: "v" }]]);
  assert.equal(checkedSaid(null), null);
  assert.equal(checkedSaid(undefined), null);
});

for (const [answer, problem] of [
  [1, /neither null nor an object/],
  [[], /neither null nor an object/],
  [Uint8Array.of(1), /neither null nor an object/],
  [{}, /no "kind"/],
  [{ kind: "joke" }, /no "kind"/],
  [{ kind: "call", method: 1 }, /"method" that is not a text/],
  [{ kind: "call", args: {} }, /"args" that is not a list/],
  [{ kind: "call", kwargs: [] }, /"kwargs" that is not an object/],
  [{ kind: "call", id: {} }, /"id" that is not a text/],
  [{ kind: "call", facts: [1] }, /"facts" that is not/],
  [{ kind: "call", facts: 1 }, /"facts" that is not/],
] as const) {
  test(`checkedSaid says what is wrong with ${JSON.stringify(answer)}`, () => {
    const checked = checkedSaid(answer);
    assert.match(checked !== null && "problem" in checked ? (checked.problem ?? "") : "", problem);
  });
}

test("checkedFrames takes texts and octets, one or several, and nothing else", () => {
  assert.deepEqual(checkedFrames(["é", Uint8Array.of(1)]), [Uint8Array.of(0xc3, 0xa9), Uint8Array.of(1)]);
  assert.deepEqual(checkedFrames("a"), [Uint8Array.of(0x61)]);
  for (const answer of [[], [1], null, { a: 1 }, new Array(1001).fill("")])
    assert.ok("problem" in checkedFrames(answer), JSON.stringify(answer).slice(0, 20));
});
