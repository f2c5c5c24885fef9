import assert from "node:assert/strict";
import { test } from "node:test";
import { Gathered } from "../../../src/proxy/http/gathered.ts";
import { octets } from "../../support/octets.ts";

test("Gathered puts pieces one behind the other, up to its limit", () => {
  const gathered = new Gathered(5000);
  assert.deepEqual(gathered.take(), octets(""));
  for (let times = 0; times < 4500; times++) assert.equal(gathered.add(octets("ab"), 1), 1);
  assert.equal(gathered.add(octets("c".repeat(1000))), 500);
  assert.equal(gathered.add(octets("d")), 0);
  assert.equal(gathered.bytes, 5000);
  const whole = gathered.take();
  assert.deepEqual(whole, octets("b".repeat(4500) + "c".repeat(500)));
  assert.equal(gathered.bytes, 0);
  gathered.add(octets("e"));
  assert.deepEqual(gathered.take(), octets("e"));
  // What was handed over is not written to again.
  assert.equal(whole[0], 0x62);
});
