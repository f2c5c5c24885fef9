import assert from "node:assert/strict";
import { test } from "node:test";
import {
  beginsWith,
  headLength,
  MAX_TOPIC_BYTES,
  MAX_TOPICS,
  TopicIndex,
} from "../../../src/proxy/findings/topicIndex.ts";
import { hex, octets } from "../../support/octets.ts";

test("TopicIndex gives each topic a place, and counts by it", () => {
  const topics = new TopicIndex();
  const name = octets("weather");
  assert.equal(topics.place(name, name.length), 0);
  name.fill(0x78);
  assert.equal(topics.place(octets("sports"), 6), 1);
  assert.equal(topics.place(octets("weather 12"), 7), 0);
  assert.equal(topics.place(octets("weather 12"), 8), 2);
  topics.hear(0, 10, 5e6);
  topics.hear(0, 12, 6e6);
  topics.miss(0, 14, 7e6);
  topics.miss(0, 15, 8e6);
  assert.deepEqual(
    [topics.heard[0], topics.firstN[0], topics.lastN[0], topics.firstNs[0], topics.lastNs[0]],
    [2, 10, 12, 5e6, 6e6],
  );
  assert.deepEqual([topics.unheard[0], topics.firstUnheardN[0], topics.firstUnheardNs[0]], [2, 14, 7e6]);
  assert.deepEqual([topics.lastSeenN(0), topics.latest, topics.lastSeenN(1)], [15, 0, 0]);
  assert.deepEqual(Buffer.from(topics.topic(0)).toString(), "weather");
});

test("TopicIndex is bounded in topics and in octets of each", () => {
  const topics = new TopicIndex();
  for (let number = 0; number < MAX_TOPICS; number++) {
    const topic = octets(`topic ${number}`);
    assert.equal(topics.place(topic, topic.length), number);
  }
  assert.equal(topics.place(octets("one more"), 8), -1);
  assert.equal(topics.place(octets("topic 77"), 8), 77);
  assert.equal(topics.overflow, 1);
  const long = new TopicIndex();
  long.place(new Uint8Array(10_000), 10_000);
  assert.equal(long.topic(0).length, MAX_TOPIC_BYTES);
});

test("headLength finds the topic in front of a body", () => {
  for (const [frame, length] of [
    ["10001 12 C", 6],
    ['weather{"a":1}', 8],
    ["weather", 7],
    ["md.a:b|1", 7],
    ["", 0],
  ] as const)
    assert.equal(headLength(octets(frame)), length, frame);
  assert.equal(headLength(new Uint8Array(500).fill(0x61)), 64);
});

test("beginsWith compares octets", () => {
  assert.equal(beginsWith(hex("010203"), hex("0102")), true);
  assert.equal(beginsWith(hex("010203"), hex("")), true);
  assert.equal(beginsWith(hex("01"), hex("0102")), false);
  assert.equal(beginsWith(hex("010203"), hex("0202")), false);
});
