import assert from "node:assert/strict";
import { test } from "node:test";
import { Subscriptions } from "../../../src/proxy/wire/subscriptions.ts";
import { hex, octets } from "../../support/octets.ts";

test("Subscriptions is a set: one cancellation ends any number of equal topics", () => {
  const topics = new Subscriptions();
  for (const topic of ["a", "a", "b", "c"]) topics.add(octets(topic));
  assert.equal(topics.count, 3);
  topics.remove(octets("a"));
  topics.remove(octets("never"));
  assert.deepEqual(topics.list(10), [octets("b"), octets("c")]);
  assert.deepEqual(topics.list(1), [octets("b")]);
});

test("Subscriptions matches prefixes octet by octet", () => {
  const topics = new Subscriptions();
  topics.add(hex("ff00"));
  assert.equal(topics.matches(hex("ff0001"), false), true);
  assert.equal(topics.matches(hex("ff00"), false), true);
  assert.equal(topics.matches(hex("ff01"), false), false);
  assert.equal(topics.matches(hex("ff"), false), false);
  topics.remove(hex("ff00"));
  assert.equal(topics.matches(hex("ff0001"), false), false);
});

test("Subscriptions matches groups as a whole", () => {
  const topics = new Subscriptions();
  topics.add(octets("g"));
  assert.equal(topics.matches(octets("g"), true), true);
  assert.equal(topics.matches(octets("gg"), true), false);
});

test("Subscriptions copies its topics", () => {
  const topics = new Subscriptions();
  const topic = octets("a");
  topics.add(topic);
  topic[0] = 0;
  assert.deepEqual(topics.list(1), [octets("a")]);
});

test("Subscriptions keeps 65,536 topics and counts the rest", () => {
  const topics = new Subscriptions();
  for (let index = 0; index < 65_540; index++) topics.add(octets(String(index)));
  assert.equal(topics.count, 65_536);
  assert.equal(topics.overflow, 4);
});

test("Subscriptions keeps 16 MiB of topics and counts the rest", () => {
  const topics = new Subscriptions();
  for (let index = 0; index < 5; index++) topics.add(new Uint8Array(4 * 1024 * 1024).fill(index));
  assert.equal(topics.count, 4);
  assert.equal(topics.overflow, 1);
});
