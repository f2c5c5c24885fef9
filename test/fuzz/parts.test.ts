import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { Draw, seedDraws } from "../../fuzz/draw.ts";
import { keepCorpus, readInputs } from "../../fuzz/inputs.ts";
import { minimise } from "../../fuzz/minimise.ts";
import { mutate } from "../../fuzz/mutate.ts";
import { fuzzReport } from "../../fuzz/report.ts";
import { random } from "../support/random.ts";

test("Draw takes decisions from octets, and the first of all once they have ended", () => {
  const draw = new Draw(Uint8Array.of(7, 1, 2, 3, 4, 5));
  assert.deepEqual([draw.below(5), draw.below(1), draw.below(1000)], [2, 0, 258]);
  assert.deepEqual([...draw.octets(2)], [3, 4]);
  assert.deepEqual(
    [draw.pick(["a", "b"]), draw.isEmpty, draw.below(100), draw.flag(), draw.rarely(2)],
    ["b", true, 0, false, false],
  );
  assert.deepEqual([draw.list(5, () => 1), [...draw.rest()]], [[], []]);
  assert.equal(new Draw(Uint8Array.of(0xff, 0xff, 0xff, 0xff)).below(2 ** 31), 2 ** 31 - 1);
});

test("Draw cuts octets into pieces that together are the same", () => {
  for (const input of seedDraws(200)) {
    const draw = new Draw(input);
    const octets = draw.octets(60);
    assert.deepEqual(Buffer.concat(draw.cut(octets)), Buffer.from(octets));
  }
});

test("mutate changes inputs within their limit, the same way for the same numbers", () => {
  const words = [Buffer.from("word")];
  let changed = 0;
  for (let seed = 0; seed < 2000; seed++) {
    const input = Uint8Array.from({ length: seed % 40 }, (_, index) => index);
    const one = mutate(input, [input], words, random(seed), 64);
    assert.ok(one.length <= 64);
    assert.deepEqual(mutate(input, [input], words, random(seed), 64), one);
    if (Buffer.compare(one, input) !== 0) changed++;
  }
  assert.ok(changed > 1800, `${changed}`);
});

test("minimise leaves what a failure needs", async () => {
  const fails = (input: Uint8Array): Promise<boolean> => Promise.resolve(input.includes(9) && input.includes(5));
  const input = Uint8Array.from({ length: 100 }, (_, index) => index);
  assert.deepEqual([...(await minimise(input, fails))], [5, 9]);
});

test("Inputs are kept a line each, with notes, the shortest of a corpus", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "zmqtap-inputs-"));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.deepEqual(readInputs(folder, "none"), []);
  writeFileSync(join(folder, "a.txt"), "AQI= what it was\nAw==\n");
  assert.deepEqual(readInputs(folder, "a"), [
    { input: new Uint8Array([1, 2]), note: "what it was" },
    { input: new Uint8Array([3]), note: "" },
  ]);
  const inputs = Array.from({ length: 100 }, (_, index) => new Uint8Array(index * 20).fill(index));
  keepCorpus(folder, "b", [...inputs, ...inputs]);
  const kept = readInputs(folder, "b");
  assert.deepEqual([kept.length, kept[0]?.input.length, kept.at(-1)?.input.length], [30, 20, 600]);
  assert.ok(readFileSync(join(folder, "b.txt")).length < 30 * 900);
});

test("The report counts inputs by target, and tells findings with the command that repeats them", () => {
  const outcome = {
    name: "a",
    about: "what",
    seed: 3,
    executions: 2000,
    seconds: 4,
    characters: 10,
    inputs: [],
    corpus: 5,
  };
  const finding = {
    kind: "error",
    what: "Error: no.",
    stack: "Error: no.\n    at x",
    input: Uint8Array.of(1),
  } as const;
  const report = fuzzReport({
    seed: 3,
    startedAt: new Date(0),
    seconds: 120,
    node: "v24",
    outcomes: [{ ...outcome, findings: [finding] }],
  });
  assert.match(report, /2\.0 minutes so far, seed 3, Node v24: \*\*2,000 inputs\*\* to 1 targets, \*\*1 finding\*\*/);
  assert.match(report, /^\| a \| what \| 2,000 \| 500 \| 10 \| 5 \| 1 \|$/m);
  assert.match(report, /npm run fuzz -- --target a --input AQ==/);
});
