import assert from "node:assert/strict";
import { test } from "node:test";
import { RawThrottle } from "../../../src/proxy/interventions/rawThrottle.ts";
import { LedClock } from "../../support/gateClock.ts";
import { octets } from "../../support/octets.ts";

function rig(perSecond: number) {
  const clock = new LedClock();
  const sent: string[] = [];
  const counts = { moves: 0 };
  const throttle = new RawThrottle(perSecond, clock, {
    send: (bytes) => void sent.push(Buffer.from(bytes).toString()),
    moved: () => void (counts.moves += 1),
  });
  return { clock, sent, counts, throttle };
}

test("RawThrottle lets octets go in pieces at its rate, and is full meanwhile", () => {
  const { clock, sent, counts, throttle } = rig(20);
  throttle.take(octets("abcde"));
  assert.deepEqual([sent, throttle.isFull, throttle.isEmpty], [["ab"], true, false]);
  throttle.take(octets("f"));
  clock.pass(100);
  clock.pass(100);
  assert.deepEqual(sent, ["ab", "cd", "e"]);
  clock.pass(50);
  assert.deepEqual(sent, ["ab", "cd", "e", "f"]);
  assert.deepEqual([throttle.isFull, throttle.isEmpty, throttle.isOpen, counts.moves], [false, true, true, 1]);
});

test("RawThrottle sends at least one octet at a time", () => {
  const { clock, sent, throttle } = rig(0.5);
  throttle.take(octets("ab"));
  clock.pass(1999);
  assert.deepEqual(sent, ["a"]);
  clock.pass(1);
  assert.deepEqual(sent, ["a", "b"]);
});

test("RawThrottle flushes all at once, or forgets it, and takes nothing more", () => {
  const { clock, sent, throttle } = rig(10);
  throttle.take(octets("abc"));
  throttle.take(octets("de"));
  throttle.flush();
  throttle.flush();
  throttle.take(octets("f"));
  clock.pass(10_000);
  assert.deepEqual(sent, ["a", "bc", "de"]);
  assert.equal(clock.waiting, 0);
});
