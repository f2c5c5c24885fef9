import assert from "node:assert/strict";
import { test } from "node:test";
import { ActLog } from "../../../src/proxy/interventions/actLog.ts";
import { LedClock } from "../../support/gateClock.ts";

function rig() {
  const clock = new LedClock();
  const told: object[] = [];
  return { clock, told, acts: new ActLog(clock, (detail) => void told.push(detail)) };
}

test("ActLog tells a hundred acts of a kind in a second, and those that follow as one with their count", () => {
  const { clock, told, acts } = rig();
  for (let at = 0; at < 250; at++) acts.add("drop", { at });
  acts.add("delay", { other: true });
  assert.equal(told.length, 101);
  clock.pass(1000);
  assert.deepEqual(told.at(-1), { at: 249, count: 150, forMs: 1000 });
  acts.add("drop", { at: 250 });
  assert.deepEqual(told.at(-1), { at: 250 });
  clock.pass(1000);
  assert.equal(told.length, 103);
});

test("ActLog tells what was folded when it ends, and nothing later", () => {
  const { clock, told, acts } = rig();
  for (let at = 0; at < 102; at++) acts.add("drop", { at });
  clock.pass(10);
  acts.end();
  assert.deepEqual(told.at(-1), { at: 101, count: 2, forMs: 10 });
  clock.pass(10_000);
  assert.equal(told.length, 101);
  assert.equal(clock.waiting, 0);
});
