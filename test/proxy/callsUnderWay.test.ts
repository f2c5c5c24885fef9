import assert from "node:assert/strict";
import { test } from "node:test";
import { CallsUnderWay } from "../../src/proxy/callsUnderWay.ts";

const untilAborted = (signal: AbortSignal): Promise<string> =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve("ended"), { once: true }));

test("CallsUnderWay cancels a call by its name, and unknown ones not at all", async () => {
  const calls = new CallsUnderWay();
  const one = calls.run("one", untilAborted);
  calls.cancel("other");
  calls.cancel("one");
  assert.equal(await one, "ended");
});

test("CallsUnderWay refuses a name that is under way, and too many calls; what has ended makes room", async () => {
  const calls = new CallsUnderWay();
  const running = Array.from({ length: 64 }, (_, index) => calls.run(`${index}`, untilAborted));
  await assert.rejects(calls.run("one more", untilAborted), { code: "too-many-calls" });
  calls.cancel("0");
  await running[0];
  await assert.rejects(calls.run("1", untilAborted), { code: "call-under-way" });
  assert.equal(await calls.run("0", () => Promise.resolve("made")), "made");
  for (let index = 1; index < 64; index++) calls.cancel(`${index}`);
  await Promise.all(running);
});
