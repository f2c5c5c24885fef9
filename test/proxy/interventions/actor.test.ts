import assert from "node:assert/strict";
import { test } from "node:test";
import { Actor, type GateMessage, type MessageIntervention } from "../../../src/proxy/interventions/actor.ts";
import { randomFrom } from "../../../src/proxy/interventions/random.ts";
import { parseIntervention } from "../../../src/shared/interventionSpec.ts";

function actor(spec: string, matches: (message: GateMessage) => boolean = () => true, seed = 1): Actor {
  const parsed = parseIntervention(spec);
  assert.ok(parsed.ok);
  return new Actor(1, parsed.intervention as MessageIntervention, randomFrom(seed), matches);
}

const message = (sizeBytes: number, isCommand = false): GateMessage => ({
  bytes: new Uint8Array(sizeBytes),
  frames: 1,
  sizeBytes,
  isCommand,
});

test("Actor acts on messages that match, and counts only these", () => {
  const drops = actor("drop 1/2", ({ sizeBytes }) => sizeBytes > 1);
  const acted = [2, 1, 1, 3, 2, 1, 5].map((size) => drops.actsOn(message(size)));
  assert.deepEqual([acted[1], acted[2], acted[5]], [false, false, false]);
  assert.equal(acted.filter((is) => is).length, 2);
});

test("Actor acts on commands where its spec says so, and then on nothing else", () => {
  assert.deepEqual([actor("drop").actsOn(message(1)), actor("drop").actsOn(message(1, true))], [true, false]);
  const commands = actor("drop commands");
  assert.deepEqual([commands.actsOn(message(1)), commands.actsOn(message(1, true))], [false, true]);
});

test("Actor delays by what its spec says, give or take the jitter, the same for the same chance", () => {
  assert.equal(actor("delay 20ms").delayMs(), 20);
  assert.equal(actor("drop").delayMs(), 0);
  const delays = (seed: number): number[] => {
    const delay = actor("delay 20ms ±5ms", undefined, seed);
    return Array.from({ length: 500 }, () => delay.delayMs());
  };
  assert.deepEqual(delays(1), delays(1));
  assert.notDeepEqual(delays(1), delays(2));
  assert.ok(Math.min(...delays(1)) >= 15 && Math.min(...delays(1)) < 15.5);
  assert.ok(Math.max(...delays(1)) <= 25 && Math.max(...delays(1)) > 24.5);
});

test("Actor has a pacer only where it throttles, and reorders by its own chance", () => {
  assert.equal(actor("drop").pacer, null);
  assert.notEqual(actor("throttle 1B/s").pacer, null);
  assert.deepEqual(actor("reorder 2").reorder(["a", "b"]), ["b", "a"]);
});
