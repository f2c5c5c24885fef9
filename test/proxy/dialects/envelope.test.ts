import assert from "node:assert/strict";
import { test } from "node:test";
import { payloadOf, payloadStart } from "../../../src/proxy/dialects/envelope.ts";
import { octets } from "../../support/dialects.ts";

const frames = (...texts: string[]): Uint8Array[] => texts.map(octets);

test("The payload begins behind the first empty frame, unless there is nothing behind it", () => {
  assert.equal(payloadStart(frames("id", "", "a")), 2);
  assert.equal(payloadStart(frames("", "a", "", "b")), 1);
  assert.equal(payloadStart(frames("a", "b")), 0);
  assert.equal(payloadStart(frames("a", "")), 0);
  assert.equal(payloadStart(frames()), 0);
  assert.deepEqual(payloadOf(frames("id", "", "a")), frames("a"));
});

test("An empty frame far behind ends no envelope", () => {
  assert.equal(payloadStart([...Array.from({ length: 16 }, () => octets("a")), ...frames("", "x")]), 0);
});
