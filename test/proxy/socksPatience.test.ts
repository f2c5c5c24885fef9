import assert from "node:assert/strict";
import { test } from "node:test";
import { SocksPatience } from "../../src/proxy/socksPatience.ts";

test("SocksPatience lets the first be told at once, and whoever asks again within two minutes wait for one", () => {
  let nowMs = 5;
  const patience = new SocksPatience(() => nowMs);
  assert.equal(patience.of("tcp://a:1"), 0);
  patience.turnedAway("tcp://a:1");
  assert.equal(patience.of("tcp://a:1"), 60_000);
  assert.equal(patience.of("tcp://b:1"), 0);
  nowMs += 119_999;
  assert.equal(patience.of("tcp://a:1"), 60_000);
  nowMs += 1;
  assert.equal(patience.of("tcp://a:1"), 0);
});

test("SocksPatience remembers the 500 destinations that clients were turned away from last", () => {
  const patience = new SocksPatience();
  for (let n = 0; n < 500; n++) patience.turnedAway(`tcp://host:${n}`);
  patience.turnedAway("tcp://host:0");
  patience.turnedAway("tcp://host:500");
  assert.deepEqual(
    [0, 1, 2, 500].map((n) => patience.of(`tcp://host:${n}`)),
    [60_000, 0, 60_000, 60_000],
  );
});
