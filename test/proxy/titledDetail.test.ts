import assert from "node:assert/strict";
import { test } from "node:test";
import { titledDetail } from "../../src/proxy/titledDetail.ts";

test("titledDetail shows the title that a dialect of the user's brings, and bounds what it says", () => {
  const said = {
    kind: "reply",
    method: "m".repeat(1000),
    args: null,
    kwargs: null,
    value: ["x".repeat(100_000)],
    problem: null,
    code: null,
    id: null,
    facts: [],
  } as const;
  const detail = titledDetail({ dialect: "warehouse", title: "Warehouse", isChosen: true, read: { said } });
  assert.deepEqual([detail.dialect, detail.title, detail.method.length <= 500], ["warehouse", "Warehouse", true]);
  assert.ok((detail.value ?? "").length < 70_000);
});
