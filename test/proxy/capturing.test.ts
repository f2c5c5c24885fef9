import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { newCapturing, passedBy, switchCapturing } from "../../src/proxy/capturing.ts";

test("Capturing counts what passes by from each stop on, and says so in the event of the start", () => {
  const capturing = newCapturing(true);
  assert.deepEqual(passedBy(capturing), {});
  assert.equal(switchCapturing(capturing, true), null);
  assert.deepEqual(switchCapturing(capturing, false), { state: "stopped" });
  capturing.messages = 3;
  capturing.bytes = 40;
  assert.deepEqual(passedBy(capturing), { passedBy: { messages: 3, bytes: 40, sinceMs: capturing.sinceMs } });
  const started = switchCapturing(capturing, true) as Record<string, unknown>;
  assert.deepEqual({ ...started, forMs: 0 }, { state: "started", messages: 3, bytes: 40, forMs: 0 });
  assert.ok(Number(started["forMs"]) >= 0);
  switchCapturing(capturing, false);
  assert.deepEqual([capturing.messages, capturing.bytes], [0, 0]);
});

test("Capturing says how long it was stopped, also when the machine's clock is set meanwhile", (t) => {
  t.after(() => mock.timers.reset());
  for (const setTo of [1000, Date.now() + 10_000_000]) {
    const began = performance.now();
    const capturing = newCapturing(true);
    switchCapturing(capturing, false);
    mock.timers.enable({ apis: ["Date"], now: setTo });
    const { forMs } = switchCapturing(capturing, true) as { forMs: number };
    mock.timers.reset();
    assert.ok(forMs >= 0 && forMs <= Math.ceil(performance.now() - began), String(forMs));
  }
});
