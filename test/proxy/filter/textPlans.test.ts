import assert from "node:assert/strict";
import { test } from "node:test";
import { findingPlan, type TextField, textPlan } from "../../../src/proxy/filter/textPlans.ts";
import { parseFilter } from "../../../src/shared/filter/parse.ts";
import { LINK, type PlainRow, row, toSubject } from "../../support/filterRows.ts";

function judge(text: string, plain: PlainRow): { verdict: number; needsBytes: boolean } {
  const parsed = parseFilter(text);
  assert.ok(parsed.ok && parsed.ast.kind === "test", text);
  const { operand } = parsed.ast;
  const { run, needsBytes } = textPlan(operand.field as TextField, operand, parsed.ast.test);
  return { verdict: run(toSubject(plain)), needsBytes };
}

const bound = row({ link: { ...LINK, identity: { client: "0x00ff", server: "0x" } } });
const own = row({ kind: "event", dir: null, link: null, event: "server-down" });
const hello = row({ kind: "command", event: "command", topicText: "HELLO" });

const cases: readonly [text: string, plain: PlainRow, verdict: number][] = [
  ["identity == 00:ff", bound, 1],
  ["identity == 0x", bound, 1],
  ["identity[1:] == 0xff", bound, 1],
  ["identity == 0x00", bound, 0],
  ["identity", own, 0],
  ["mech", own, 0],
  ["peer", own, 0],
  ["src", own, 0],
  ["event == server-down", own, 1],
  ["cmd == HELLO", hello, 1],
  ["cmd == hello", hello, 0],
  ["cmd", own, 0],
  ["cmd in {Unsubscribe}", row({ kind: "command", event: "unsubscribe" }), 1],
  ["all(peer) contains 1", row(), 1],
  ["all(peer) contains 127", row(), 0],
];

for (const [text, plain, verdict] of cases) {
  test(`textPlan says ${verdict} of ${text} for ${plain.event || "a message"}`, () => {
    assert.equal(judge(text, plain).verdict, verdict);
  });
}

test("textPlan needs octets only for commands that have no name of their own", () => {
  assert.equal(judge("cmd == ping", own).needsBytes, false);
  assert.equal(judge("cmd == HELLO", own).needsBytes, true);
  assert.equal(judge("cmd", own).needsBytes, true);
  assert.equal(judge("tap matches x", own).needsBytes, false);
});

test("findingPlan needs no octets, and asks for any of the findings unless all are meant", () => {
  const plain = row({ finding: { ids: ["slow-joiner", "near-miss-topic"], severity: "warning" } });
  const judged = ["finding contains miss", "all(finding) contains miss", "count(finding) == 2", "finding"].map(
    (text) => {
      const parsed = parseFilter(text);
      assert.ok(parsed.ok && parsed.ast.kind === "test", text);
      const { run, needsBytes } = findingPlan(parsed.ast.operand, parsed.ast.test);
      return [run(toSubject(plain)), run(toSubject(row())), needsBytes];
    },
  );
  assert.deepEqual(judged, [
    [1, 0, false],
    [0, 0, false],
    [1, 0, false],
    [1, 0, false],
  ]);
});
