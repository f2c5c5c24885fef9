import assert from "node:assert/strict";
import { test } from "node:test";
import { type FuzzOutcome, fuzzTarget } from "../../fuzz/fuzzTarget.ts";

const TABLE = new URL("plantedTargets.ts", import.meta.url).href;

/** Fuzzes a planted target until something is found in it. */
async function fuzzed(name: string, more: { hangMs?: number } = {}): Promise<FuzzOutcome> {
  return fuzzTarget({ table: TABLE, name, seed: 5, seconds: 100, corpus: [], enough: 1, ...more });
}

test("A fault behind three guards is found by what runs, and told once, with the plainest input that has it", async () => {
  const { findings, executions, characters } = await fuzzed("guarded");
  assert.deepEqual(
    findings.map(({ kind, what }) => [kind, what.replace(/\d+/, "#")]),
    [["error", "Error: Planted at #."]],
  );
  assert.deepEqual(findings[0]?.input, new Uint8Array([0, 0x66, 0, 0x75, 0, 0x7a]));
  assert.match(findings[0].stack, /plantedTargets/);
  assert.ok(executions > 1000 && characters > 3, `${executions} ${characters}`);
});

test("An input that never ends is found out, and the next thread goes on", async () => {
  const { findings } = await fuzzed("hanging", { hangMs: 1000 });
  const [first] = findings;
  assert.equal(first?.kind, "hang");
  assert.equal(first.input[0], 127);
});

test("An input that takes too long is found", async () => {
  const { findings } = await fuzzed("slow");
  assert.deepEqual([findings[0]?.kind, findings[0]?.input[0]], ["slow", 7]);
});

test("Memory that is kept is found", async () => {
  const { findings } = await fuzzed("leaking");
  assert.equal(findings[0]?.kind, "memory");
});

test("A promise that rejects is a finding like an error that is thrown", async () => {
  const { findings } = await fuzzed("rejecting");
  assert.match(findings[0]?.what ?? "", /TypeError: Rejected/);
  assert.equal(findings[0]?.input.length, 9);
});

test("A sound target has no findings, and progress is told as it goes", async () => {
  const told: number[] = [];
  const outcome = await fuzzTarget({
    table: TABLE,
    name: "sound",
    seed: 1,
    seconds: 2,
    corpus: [new Uint8Array([9])],
    onProgress: ({ executions }) => told.push(executions),
  });
  assert.deepEqual(outcome.findings, []);
  assert.ok(told.length > 1 && told.at(-1) === outcome.executions);
  assert.deepEqual(outcome.inputs[0], new Uint8Array([9]));
});
