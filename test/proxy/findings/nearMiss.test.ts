import assert from "node:assert/strict";
import { test } from "node:test";
import { isInJson, nearMiss } from "../../../src/proxy/findings/nearMiss.ts";
import { hex, octets } from "../../support/octets.ts";

for (const [subscription, topic, expected] of [
  ["Weather", "weather", "case"],
  ["WEATHER", "weather.paris", "case"],
  ["weather.", "Weather.paris", "case"],
  ["weather\0", "weather", "nul"],
  ["weather ", "weather", "space"],
  ["weather", " weather", "space"],
  ["weather\n", "weather 12", "space"],
  ['"weather"', "weather", "quotes"],
  [" Weather", "weather", "spelling"],
  ["w\0e\0", "we", "utf-16"],
  ["\0w\0e", "w\0e\0", "utf-16"],
  ["weather", "weather", null],
  ["weather", "weather.paris", null],
  ["", "weather", null],
  ["weather", "sports", null],
  ["A", "apple", null],
  ["10001 ", "100011", null],
  [" ", "a", null],
  ["\x01\0", "\x01\x05", null],
  ["tx ", "tx_trytes", null],
  ["\0", "weather", "nul"],
  ["\0", "\x01", null],
  ["ab", "ba", null],
] as const) {
  test(`nearMiss of ${JSON.stringify(subscription)} and ${JSON.stringify(topic)} is ${expected}`, () => {
    assert.equal(nearMiss(Buffer.from(subscription, "latin1"), Buffer.from(topic, "latin1")), expected);
  });
}

test("nearMiss knows numbers in the other byte order", () => {
  assert.equal(nearMiss(hex("00000007"), hex("07000000 aa")), "byte-order");
  assert.equal(nearMiss(hex("000007"), hex("070000")), null);
});

for (const [json, expected] of [
  ['{"topic":"weather","c":20}', true],
  ['  {"a":1, "Channel" : "weather"}', true],
  ['{"data":{"event":"weather"}}', true],
  ['["weather",{"c":20}]', true],
  ['"weather"', true],
  ['{"weather":1}', false],
  ['{"source":"weather"}', false],
  ['[1,"weather"]', false],
  ['{"topic":"weather.paris"}', false],
  ['topic "weather"', false],
  ["", false],
] as const) {
  test(`isInJson of ${json} is ${expected}`, () => {
    assert.equal(isInJson(octets("weather"), octets(json)), expected);
  });
}
