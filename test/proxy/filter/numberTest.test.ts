import assert from "node:assert/strict";
import { test } from "node:test";
import { numberTest, timeTest } from "../../../src/proxy/filter/numberTest.ts";
import type { Test, Value } from "../../../src/shared/filter/ast.ts";

const number = (value: number): Value => ({ kind: "number", number: value });
const SAMPLES = [-1, 0, 1, 2, 3, NaN];

const numbers: readonly [condition: Test, passes: number[]][] = [
  [{ op: "exists" }, [1, 2, 3]],
  [{ op: "==", value: number(1) }, [1]],
  [{ op: "<", value: number(1) }, [-1, 0]],
  [{ op: "<=", value: number(1) }, [-1, 0, 1]],
  [{ op: ">", value: number(1) }, [2, 3]],
  [{ op: ">=", value: number(1) }, [1, 2, 3]],
  [{ op: "in", ranges: [{ low: number(-1), high: null }, { low: number(2), high: number(9) }] }, [-1, 2, 3]], // prettier-ignore
  [{ op: "contains", value: number(1) }, []],
  [{ op: "==", value: { kind: "text", text: "1" } }, []],
];

for (const [condition, passes] of numbers) {
  test(`numberTest passes ${passes.join(", ") || "nothing"} with ${JSON.stringify(condition)}`, () => {
    assert.deepEqual(SAMPLES.filter(numberTest(condition)), passes);
  });
}

const at = (atMs: number, spanMs: number, isOfDay = false): Value => ({ kind: "time", atMs, isOfDay, spanMs });
const TIMES = [999, 1000, 1999, 2000, 2999, 3000];

const times: readonly [condition: Test, passes: number[]][] = [
  [{ op: "exists" }, TIMES],
  [{ op: "==", value: at(1000, 1000) }, [1000, 1999]],
  [{ op: "<", value: at(1000, 1000) }, [999]],
  [{ op: "<=", value: at(1000, 1000) }, [999, 1000, 1999]],
  [{ op: ">", value: at(1000, 1000) }, [2000, 2999, 3000]],
  [{ op: ">=", value: at(2000, 1000) }, [2000, 2999, 3000]],
  [{ op: "in", ranges: [{ low: at(1000, 1000), high: at(2000, 1000) }, { low: at(999, 1), high: null }] }, [999, 1000, 1999, 2000, 2999]], // prettier-ignore
  [{ op: "matches", regex: { kind: "empty" } }, []],
  [{ op: "==", value: { kind: "null" } }, []],
];

for (const [condition, passes] of times) {
  test(`timeTest passes ${passes.join(", ") || "nothing"} with ${JSON.stringify(condition)}`, () => {
    const judge = timeTest(condition);
    assert.deepEqual(
      TIMES.filter((timeMs) => judge(timeMs, 0)),
      passes,
    );
  });
}

test("timeTest finds a time of day on every day", () => {
  const hours = 3_600_000;
  const offsetMs = new Date(0).getTimezoneOffset() * 60_000;
  const judge = timeTest({ op: "==", value: at(10 * hours, hours, true) });
  for (const day of [-1, 0, 1, 400]) {
    assert.equal(judge((day * 24 + 10.5) * hours + offsetMs, 0), true);
    assert.equal(judge((day * 24 + 11) * hours + offsetMs, 0), false);
  }
});
