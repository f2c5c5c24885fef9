import assert from "node:assert/strict";
import { test } from "node:test";
import { SignalPairs } from "../../src/proxy/signalPairs.ts";

const S = 1e9;

test("A signal answers the oldest call that its name follows from", () => {
  const pairs = new SignalPairs();
  pairs.called(1, "add", 0);
  pairs.called(2, "add", 1);
  pairs.called(3, "blocking_method", 2);
  assert.equal(pairs.hasSignals, false);
  assert.equal(pairs.signalled(10, "add_result", 3), 1);
  assert.equal(pairs.signalled(11, "blocking_method_ok", 4), 3);
  assert.equal(pairs.signalled(12, "add_result", 5), 2);
  assert.equal(pairs.signalled(13, "add_result", 6), null);
  assert.equal(pairs.hasSignals, true);
  assert.deepEqual(
    [1, 2, 3, 10, 11, 12, 13].map((n) => pairs.partnerOf(n)),
    [10, 12, 11, 1, 3, 2, null],
  );
});

const NAMES: readonly [method: string, signal: string, isIts: boolean][] = [
  ["get_stored_data", "stored_data", true],
  ["get_stored_data", "get_stored_data_ok", false],
  ["twice_01", "twice_signal", true],
  ["reset", "reset_ok", true],
  ["get_key", "key", true],
  ["eip_start", "eip_start_failed", true],
  ["eip", "eip_start_failed", false],
  ["add", "added", false],
  ["constructor", "constructor_ok", true],
];

for (const [method, signal, isIts] of NAMES) {
  test(`${signal} ${isIts ? "answers" : "does not answer"} ${method}`, () => {
    const pairs = new SignalPairs();
    pairs.called(1, method, 0);
    assert.equal(pairs.signalled(2, signal, 1), isIts ? 1 : null);
  });
}

test("What leads to no signal is not waited for, and nothing is waited for for ever", () => {
  const pairs = new SignalPairs();
  assert.equal(pairs.expects("stop"), false);
  pairs.called(1, "stop", 0);
  assert.equal(pairs.signalled(2, "stop", 1), null);
  pairs.called(3, "add", 0);
  assert.equal(pairs.signalled(4, "add_ok", 700 * S), null);
});

test("Only so many calls and pairs are remembered, and none after clear()", () => {
  const pairs = new SignalPairs();
  for (let n = 1; n <= 5000; n++) pairs.called(n, "add", n);
  assert.equal(pairs.signalled(10_000, "add_ok", 6000), 905);
  pairs.clear();
  assert.equal(pairs.partnerOf(905), null);
  assert.equal(pairs.hasSignals, false);
  assert.equal(pairs.signalled(10_001, "add_ok", 6001), null);
  for (let n = 1; n <= 40_000; n++) {
    pairs.called(n, "add", n);
    pairs.signalled(100_000 + n, "add_ok", n);
  }
  assert.equal(pairs.partnerOf(1), null);
  assert.equal(pairs.partnerOf(40_000), 140_000);
});
