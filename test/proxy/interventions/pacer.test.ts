import assert from "node:assert/strict";
import { test } from "node:test";
import { Pacer } from "../../../src/proxy/interventions/pacer.ts";

test("Pacer lets the first message go at once and the next ones at its rate of messages", () => {
  const pacer = new Pacer(5, "messages");
  assert.deepEqual([pacer.next(1000, 9), pacer.next(1000, 9), pacer.next(1100, 9)], [1000, 1200, 1400]);
  assert.equal(pacer.next(5000, 9), 5000);
});

test("Pacer counts octets where it is about octets", () => {
  const pacer = new Pacer(1000, "octets");
  assert.deepEqual([pacer.next(0, 500), pacer.next(0, 100), pacer.next(0, 1)], [0, 500, 600]);
});
