import assert from "node:assert/strict";
import { test } from "node:test";
import { add, runSteps, summary, testCounts, uncovered } from "../../scripts/tasks/steps.ts";

const report = [
  "✔ a fact (1ms)",
  "ℹ tests 9",
  "ℹ suites 0",
  "ℹ pass 4",
  "ℹ fail 2",
  "ℹ cancelled 1",
  "ℹ skipped 1",
  "ℹ todo 1",
  "ℹ duration_ms 12.5",
].join("\n");

test("testCounts counts cancelled tests as failed", () => {
  assert.deepEqual(testCounts(report, false), { passed: 4, failed: 3 });
});

test("testCounts counts skipped and todo tests as failed when nothing may be skipped", () => {
  assert.deepEqual(testCounts(report, true), { passed: 4, failed: 5 });
});

test("testCounts refuses a report without totals", () => {
  assert.throws(() => testCounts("✔ a fact (1ms)", false), /without a summary/);
});

test("runSteps goes on after a step that failed or threw, and sums up", async () => {
  let written = "";
  const counts = await runSteps(
    [
      { title: "one", run: () => Promise.resolve({ passed: 2, failed: 1 }) },
      { title: "two", run: () => Promise.reject(new Error("this broke")) },
      { title: "three", run: () => Promise.resolve({ passed: 3, failed: 0 }) },
    ],
    (text) => (written += text),
  );
  assert.match(written, /• one\n {2}2 passed, 1 failed .*\n• two\nError: this broke\n[^]*• three\n/);
  assert.deepEqual(counts, { passed: 5, failed: 2 });
});

test("summary is the plain line that a test run ends with", () => {
  assert.equal(summary(add({ passed: 1, failed: 0 }, { passed: 2, failed: 3 })), "3 passed, 3 failed");
});

test("uncovered says that there is no report of the coverage", () => {
  const unread = "ℹ Warning: Could not report code coverage. Error [ERR_OPERATION_FAILED]: Operation failed";
  assert.deepEqual(uncovered(["ℹ pass 3", unread].join("\n")), [unread]);
});

test("uncovered names the files whose lines are not all covered, and the threshold that was missed", () => {
  const missed = "ℹ    userError.ts   |  82.61 |   100.00 |   66.67 | 20-23";
  const threshold = "ℹ Error: 99.86% line coverage does not meet threshold of 100%.";
  const report = ["ℹ    endpoint.ts    | 100.00 |    95.74 |  100.00 | ", missed, "ℹ all files | 99.86 |", threshold];
  assert.deepEqual(uncovered(report.join("\n")), [missed, threshold]);
});
