import assert from "node:assert/strict";
import { test } from "node:test";
import { Findings, type FindingsOptions } from "../../../src/proxy/findings/findings.ts";
import type { MakeRule, SeenRow } from "../../../src/proxy/findings/rule.ts";
import { LINK, type PlainRow, row, toSubject } from "../../support/filterRows.ts";

function seen(parts: Parameters<typeof row>[0] & { kind: PlainRow["kind"] }): SeenRow {
  return {
    ...toSubject(row({ link: LINK, ...parts })),
    partner: -1,
    isCopy: false,
    detail: () => null,
    commandBody: () => null,
  };
}

const OPTIONS: Omit<FindingsOptions, "rules"> = {
  exchangeOf: () => -1,
  toEpochMs: (timeNs) => timeNs / 1e6,
  tappedEndpoints: () => ["tcp://127.0.0.1:5556"],
  isLive: () => true,
  firstN: () => 1,
  onBug: (error) => {
    throw error;
  },
};
const NAMES = { tapOf: () => "id", describe: () => null };

test("Findings shows messages, events and commands to those that ask for them, and encrypted frames to nobody", () => {
  const told: string[] = [];
  const rules: MakeRule[] = [
    () => ({ finds: ["slow-joiner"], message: ({ n }) => told.push(`message ${n}`) }),
    () => ({ finds: ["slow-joiner"], event: ({ n }) => told.push(`event ${n}`), tick: () => told.push("tick") }),
    () => ({ finds: ["slow-joiner"], skipped: (n) => told.push(`skipped ${n}`) }),
  ];
  const findings = new Findings({ ...OPTIONS, rules });
  (["message", "encrypted", "event", "command"] as const).forEach((kind, at) =>
    findings.row(seen({ kind, n: at + 1 })),
  );
  findings.tick(1e9);
  findings.skipped(1);
  findings.skipped(9);
  assert.deepEqual(told, ["message 1", "event 3", "event 4", "tick", "skipped 9"]);
});

test("Rules whose findings are all switched off are not run, and of others only what is on is kept", () => {
  let runs = 0;
  const rules: MakeRule[] = [
    () => ({ finds: ["slow-joiner"], message: () => runs++, tick: () => runs++, skipped: () => runs++ }),
    (context) => ({
      finds: ["rep-wedged", "slow-joiner"],
      message: ({ n, timeNs }) => {
        const rest = { about: "x", text: "t", advice: "a", tapName: "tap", link: null, evidence: [n], timeNs };
        context.found({ id: "rep-wedged", ...rest });
        context.found({ id: "slow-joiner", ...rest });
      },
    }),
  ];
  const findings = new Findings({ ...OPTIONS, rules, disabled: ["slow-joiner"] });
  findings.row(seen({ kind: "message", n: 5 }));
  findings.tick(0);
  findings.skipped(2);
  const { findings: listed } = findings.state(NAMES, 3);
  assert.deepEqual([runs, listed.map(({ id }) => id), findings.state(NAMES, 3).skipped], [0, ["rep-wedged"], 3]);
  assert.deepEqual(findings.counts, { note: 0, warning: 0, error: 1 });
});

test("A rule that fails at any time is off from then on", () => {
  const bugs: unknown[] = [];
  const fail = (): never => {
    throw new Error("a bug");
  };
  const rules: MakeRule[] = [
    () => ({ finds: ["slow-joiner"], message: fail }),
    () => ({ finds: ["slow-joiner"], event: fail }),
    () => ({ finds: ["slow-joiner"], tick: fail }),
    () => ({ finds: ["slow-joiner"], skipped: fail }),
  ];
  const findings = new Findings({ ...OPTIONS, rules, onBug: (error) => bugs.push(error) });
  for (let turn = 0; turn < 2; turn++) {
    findings.row(seen({ kind: "message" }));
    findings.row(seen({ kind: "event" }));
    findings.tick(0);
    findings.skipped(5);
  }
  assert.equal(bugs.length, 4);
});
