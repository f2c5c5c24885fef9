import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { CORPUS, FAILURES, readInputs } from "../../fuzz/inputs.ts";
import { targets } from "../../fuzz/targets.ts";

/** A process each, so of these only some. */
const FEW: Readonly<Record<string, number>> = { pipe: 4 };

for (const [name, open] of Object.entries(targets)) {
  test(`The fuzz target "${name}" keeps its promises of all inputs that are kept, past failures among them`, async () => {
    const target = await open();
    assert.equal(target.name, name);
    assert.match(target.about, /^\S[^|\n]*$/);
    const kept = [...readInputs(FAILURES, name), ...readInputs(CORPUS, name)].map(({ input }) => input);
    const inputs = [...kept, ...target.seeds()].slice(0, FEW[name] ?? Infinity);
    assert.ok(inputs.length > 0);
    try {
      for (const input of inputs) await target.run(input);
    } finally {
      await target.stop?.();
    }
  });
}

test("Every file of kept inputs belongs to a target, and they are small", () => {
  for (const folder of [CORPUS, FAILURES]) {
    for (const file of readdirSync(folder)) {
      const name = file.replace(/\.txt$/, "");
      assert.ok(Object.hasOwn(targets, name), file);
      const inputs = readInputs(folder, name);
      assert.ok(inputs.length > 0 && inputs.length <= 200, file);
      for (const { input } of inputs) assert.ok(input.length <= 16 * 1024, file);
    }
  }
});
