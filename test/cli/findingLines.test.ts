import assert from "node:assert/strict";
import { test } from "node:test";
import { findingJson, findingText } from "../../src/cli/findingLines.ts";
import type { Finding } from "../../src/shared/findings.ts";

const FINDING: Finding = {
  key: "slow-joiner: link 4",
  id: "slow-joiner",
  severity: "warning",
  text: "It came too late.",
  advice: "Wait.",
  tap: "id",
  tapName: "weather",
  link: 4,
  evidence: [3, 7],
  count: 2,
  firstMs: 1,
  lastMs: 2,
  isOpen: false,
};

test("findingText is one line with how often and where", () => {
  assert.equal(findingText(FINDING), "warning  slow-joiner: It came too late.  (2 times; rows 3, 7)");
  assert.equal(
    findingText({ ...FINDING, count: 1, evidence: [3] }),
    "warning  slow-joiner: It came too late.  (row 3)",
  );
  assert.equal(
    findingText({ ...FINDING, severity: "note", count: 1, evidence: [] }),
    "note     slow-joiner: It came too late.",
  );
});

test("findingJson begins with what matters most and leaves nothing out", () => {
  const json = findingJson(FINDING);
  assert.deepEqual(Object.keys(json).slice(0, 4), ["id", "severity", "text", "evidence"]);
  const { tapName, ...rest } = FINDING;
  assert.deepEqual(json, { ...rest, tap: tapName });
});
