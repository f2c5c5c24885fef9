import assert from "node:assert/strict";
import { test } from "node:test";
import type { Intervention } from "../../src/shared/interventions.ts";
import { parseIntervention } from "../../src/shared/interventionSpec.ts";

const ALL = { direction: null, isCommands: false, filter: "" } as const;

const good: Record<string, Intervention> = {
  hold: { kind: "hold", forMs: 30_000, ...ALL },
  "hold 1h": { kind: "hold", forMs: 3_600_000, ...ALL },
  "hold 5s c2s": { kind: "hold", forMs: 5_000, ...ALL, direction: 0 },
  'delay 200ms ±50ms s2c if topic == "a"': {
    kind: "delay",
    delayMs: 200,
    jitterMs: 50,
    direction: 1,
    isCommands: false,
    filter: 'topic == "a"',
  },
  "delay 1.5s +- 50ms": { kind: "delay", delayMs: 1_500, jitterMs: 50, ...ALL },
  "delay 2m +/-1s commands": { kind: "delay", delayMs: 120_000, jitterMs: 1_000, ...ALL, isCommands: true },
  "DELAY 200MS": { kind: "delay", delayMs: 200, jitterMs: 0, ...ALL },
  drop: { kind: "drop", oneIn: 1, ...ALL },
  "drop 1/10 c2s": { kind: "drop", oneIn: 10, ...ALL, direction: 0 },
  'drop commands s2c if event == "pong"': {
    kind: "drop",
    oneIn: 1,
    direction: 1,
    isCommands: true,
    filter: 'event == "pong"',
  },
  "  duplicate   1/5 ": { kind: "duplicate", oneIn: 5, ...ALL },
  "reorder 3": { kind: "reorder", window: 3, withinMs: 1_000, ...ALL },
  "reorder 3 within 500ms s2c": { kind: "reorder", window: 3, withinMs: 500, ...ALL, direction: 1 },
  "throttle 10KiB/s": { kind: "throttle", perSecond: 10_240, unit: "octets", ...ALL },
  "throttle 1.5MB/s": { kind: "throttle", perSecond: 1_500_000, unit: "octets", ...ALL },
  "throttle 5 messages/s": { kind: "throttle", perSecond: 5, unit: "messages", ...ALL },
  "throttle 0.5msg/s": { kind: "throttle", perSecond: 0.5, unit: "messages", ...ALL },
  cut: { kind: "cut", isReset: false, isNow: true, ...ALL },
  "cut reset": { kind: "cut", isReset: true, isNow: true, ...ALL },
  "cut if ~b reset": { kind: "cut", isReset: false, isNow: false, ...ALL, filter: "~b reset" },
  "cut reset c2s": { kind: "cut", isReset: true, isNow: false, ...ALL, direction: 0 },
  refuse: { kind: "refuse" },
  "freeze server": { kind: "freeze", side: "server" },
  "freeze client": { kind: "freeze", side: "client" },
};

for (const [spec, intervention] of Object.entries(good)) {
  test(`parseIntervention reads "${spec}"`, () => {
    assert.deepEqual(parseIntervention(spec), { ok: true, intervention });
  });
}

const bad: Record<string, { at: number; problem: RegExp }> = {
  "": { at: 0, problem: /What to do is missing.*hold, delay/ },
  "if size > 1": { at: 0, problem: /What to do is missing/ },
  "lose 1/2": { at: 0, problem: /begins with one of .*, not with "lose"/ },
  delay: { at: 5, problem: /Something is missing.*delay 200ms/ },
  "delay soon": { at: 6, problem: /"soon" does not fit/ },
  "delay 0ms": { at: 6, problem: /more than 0/ },
  "delay 61m": { at: 6, problem: /at most 3600 s/ },
  "delay 10ms ±20ms": { at: 11, problem: /more than itself/ },
  "delay 10ms ±": { at: 11, problem: /such as ±50ms/ },
  "delay 10ms ±x": { at: 11, problem: /such as ±50ms/ },
  "drop 1/x": { at: 5, problem: /"1\/x" does not fit. Write for example drop 1\/10/ },
  "drop 2/3": { at: 5, problem: /does not fit/ },
  "drop 1/0": { at: 5, problem: /does not fit/ },
  "reorder many": { at: 8, problem: /"many" does not fit/ },
  "reorder 1": { at: 8, problem: /from 2 to 100/ },
  "reorder 3 within": { at: 16, problem: /Something is missing/ },
  "throttle 10": { at: 9, problem: /"10" does not fit.*throttle 10KiB\/s/ },
  "throttle 10ib/s": { at: 9, problem: /does not fit/ },
  "throttle 0B/s": { at: 9, problem: /above 0/ },
  "throttle 9999999MB/s": { at: 9, problem: /at most 1 GB/ },
  "hold 30s nowhere": { at: 9, problem: /"nowhere" does not fit. Behind hold 30s can stand c2s/ },
  "hold c2s s2c": { at: 9, problem: /"s2c" does not fit/ },
  "freeze both": { at: 7, problem: /freeze client or freeze server/ },
  "refuse c2s": { at: 7, problem: /can stand nothing more/ },
  "refuse if size > 1": { at: 7, problem: /takes no filter/ },
  "drop if": { at: 5, problem: /A filter is missing/ },
  "drop if topix == 1": { at: 8, problem: /topix.*topic/ },
  [`drop if ${"x".repeat(11_000)}`]: { at: 11_000, problem: /too long/ },
};

for (const [spec, { at, problem }] of Object.entries(bad)) {
  test(`parseIntervention says what is wrong with "${spec.slice(0, 40)}", and where`, () => {
    const parsed = parseIntervention(spec);
    assert.ok(!parsed.ok);
    assert.equal(parsed.at, at);
    assert.match(parsed.problem, problem);
  });
}
