import assert from "node:assert/strict";
import { test } from "node:test";
import { nextOrder, sorted } from "../../webview/sorting.ts";

test("nextOrder turns the order round, and begins another column with the most or at A", () => {
  const order = nextOrder({ by: "replies", isDown: true }, "replies", false);
  assert.deepEqual(order, { by: "replies", isDown: false });
  assert.deepEqual(nextOrder<string>(order, "errors", false), { by: "errors", isDown: true });
  assert.deepEqual(nextOrder<string>(order, "method", true), { by: "method", isDown: false });
});

test("sorted compares numbers as numbers, and names as people do", () => {
  const rows = [{ name: "tap 10" }, { name: "tap 9" }, { name: "Echo" }];
  assert.deepEqual(
    sorted(rows, ({ name }) => name, false).map(({ name }) => name),
    ["Echo", "tap 9", "tap 10"],
  );
  assert.deepEqual(
    sorted([3, 20, 100, 1], (value) => value, true),
    [100, 20, 3, 1],
  );
});

test("sorted leaves equal rows as they were, and what has no value at the lower end", () => {
  const rows = [
    { n: 1, ms: null },
    { n: 2, ms: 5 },
    { n: 3, ms: 5 },
    { n: 4, ms: null },
  ];
  const order = (isDown: boolean): number[] => sorted(rows, ({ ms }) => ms, isDown).map(({ n }) => n);
  assert.deepEqual(order(true), [2, 3, 1, 4]);
  assert.deepEqual(order(false), [1, 4, 2, 3]);
  assert.deepEqual(
    rows.map(({ n }) => n),
    [1, 2, 3, 4],
  );
});
