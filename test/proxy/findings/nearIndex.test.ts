import assert from "node:assert/strict";
import { test } from "node:test";
import { folded, isNear, NearIndex } from "../../../src/proxy/findings/nearIndex.ts";
import { nearMiss } from "../../../src/proxy/findings/nearMiss.ts";
import { hex, octets } from "../../support/octets.ts";
import { random } from "../../support/random.ts";

test("NearIndex finds what a topic nearly begins with, until it is taken away", () => {
  const index = new NearIndex<string>();
  index.add(octets("Weather "), "weather");
  index.add(octets("weather"), "the same");
  index.add(octets("we"), "short");
  index.add(octets("sports"), "sports");
  index.add(hex("01020304"), "number");
  const near = (topic: Uint8Array): string[] => [...index.near(folded(topic))].sort();
  assert.deepEqual(near(octets("weather.paris")), ["short", "the same", "weather"]);
  assert.deepEqual(near(hex("04030201ff")), ["number"]);
  assert.deepEqual(near(octets("w")), []);
  index.delete(octets("Weather "), "weather");
  index.delete(octets("we"), "short");
  index.delete(octets("we"), "short");
  index.delete(hex("01020304"), "number");
  assert.deepEqual(near(octets("weather.paris")), ["the same"]);
  assert.deepEqual(near(hex("04030201ff")), []);
});

test("whatever nearMiss takes for a slip is near", () => {
  const next = random(7);
  const LETTERS = ["a", "B", "b", "\0", " ", '"', "1", "\x01", "."];
  const word = (): Buffer =>
    Buffer.from(Array.from({ length: next(6) }, () => LETTERS[next(LETTERS.length)]!).join(""), "latin1");
  let slips = 0;
  for (let round = 0; round < 50_000; round++) {
    const subscription = word();
    const topic = word();
    if (nearMiss(subscription, topic) === null) continue;
    slips++;
    assert.equal(isNear(folded(topic), subscription), true, JSON.stringify([String(subscription), String(topic)]));
  }
  assert.ok(slips > 500, String(slips));
});
