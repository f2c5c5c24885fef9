import assert from "node:assert/strict";
import { test } from "node:test";
import { Recent } from "../../../src/proxy/findings/recent.ts";

test("Recent forgets what was put in longest ago once it is full, and not when an entry changes", () => {
  const recent = new Recent<string, number>(2);
  recent.set("a", 1);
  recent.set("b", 2);
  assert.equal(recent.set("a", 3), 3);
  assert.deepEqual(
    [...recent],
    [
      ["a", 3],
      ["b", 2],
    ],
  );
  recent.set("c", 4);
  assert.deepEqual([...recent.values()], [2, 4]);
  assert.deepEqual([recent.get("a"), recent.get("c"), recent.size], [undefined, 4, 2]);
  assert.deepEqual([recent.delete("c"), recent.delete("c")], [true, false]);
  recent.clear();
  assert.equal(recent.size, 0);
});
