import assert from "node:assert/strict";
import { test } from "node:test";
import { columnPlan, isColumn } from "../../../src/proxy/filter/columnPlans.ts";
import { COST } from "../../../src/proxy/filter/valueTest.ts";
import { FIELDS } from "../../../src/shared/filter/fields.ts";
import { parseFilter } from "../../../src/shared/filter/parse.ts";
import { row, toSubject } from "../../support/filterRows.ts";

const noOctets = (): never => assert.fail("the octets were read");
const COLUMNS = FIELDS.map((field) => field.name).filter(isColumn);

test("isColumn is for what the index of rows holds as numbers", () => {
  assert.deepEqual(
    FIELDS.map((field) => field.name).filter((name) => !isColumn(name)),
    ["cmd", "event", "tap", "peer", "addr", "src", "dst", "identity", "socket", "mech", "topic", "frame", "body", "text", "json", "msgpack", "dialect", "method", "corr", "status", "finding", "comment"], // prettier-ignore
  );
});

for (const field of COLUMNS) {
  test(`columnPlan judges ${field} by the index alone`, () => {
    const subject = { ...toSubject(row()), frame: noOctets, topic: noOctets, preview: noOctets };
    for (const text of [field, `count(${field}) >= 0`]) {
      const parsed = parseFilter(text);
      assert.ok(parsed.ok && parsed.ast.kind === "test");
      const { run, cost, needsBytes, needle } = columnPlan(field, parsed.ast.operand, parsed.ast.test);
      assert.deepEqual({ cost, needsBytes, needle }, { cost: COST.index, needsBytes: false, needle: null });
      assert.ok([0, 1].includes(run(subject)));
    }
  });
}
