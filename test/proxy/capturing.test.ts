import assert from "node:assert/strict";
import { test } from "node:test";
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
