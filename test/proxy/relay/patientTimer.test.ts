import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { PatientTimer } from "../../../src/proxy/relay/patientTimer.ts";

/** A timer of 10 s, and a clock that moves with it or without. */
function timerOf10s(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const state = { nowMs: 500, rung: 0 };
  const timer = new PatientTimer(
    10_000,
    () => state.rung++,
    () => state.nowMs,
  );
  const pass = (ms: number, stoodStillMs = 0): void => {
    state.nowMs += ms + stoodStillMs;
    t.mock.timers.tick(ms);
  };
  return { state, timer, pass };
}

test("PatientTimer rings once when its time has passed", (t) => {
  const { state, pass } = timerOf10s(t);
  pass(9_999);
  assert.equal(state.rung, 0);
  pass(1);
  assert.equal(state.rung, 1);
  pass(20_000);
  assert.equal(state.rung, 1);
});

test("PatientTimer waits anew when its process stood still", (t) => {
  const { state, pass } = timerOf10s(t);
  pass(10_000, 60_000);
  assert.equal(state.rung, 0);
  pass(9_999);
  assert.equal(state.rung, 0);
  pass(1, 900);
  assert.equal(state.rung, 1);
});

test("PatientTimer never rings once it is cleared, and after a standstill neither", (t) => {
  const { state, timer, pass } = timerOf10s(t);
  pass(10_000, 60_000);
  timer.clear();
  pass(30_000);
  assert.equal(state.rung, 0);
});
