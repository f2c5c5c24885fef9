import assert from "node:assert/strict";
import { test } from "node:test";
import { topicKey } from "../../../src/proxy/pictures/topicLevels.ts";
import { TopicTree } from "../../../src/proxy/pictures/topicTree.ts";

const SECOND = 1e9;
const facts = {
  subscribers: (key: string) => key.length,
  value: (n: number) => `value ${n}`,
  toEpochMs: (ns: number) => ns / 1e6,
};
const key = (text: string): string => topicKey(Buffer.from(text));

function treeOf(...topics: readonly string[]): TopicTree {
  const tree = new TopicTree();
  for (const [at, topic] of topics.entries()) tree.add(key(topic), 10, at + 1, at * SECOND);
  return tree;
}

test("TopicTree has one level at a time, with all that is below", () => {
  const tree = treeOf("a/b", "a/c", "a/b", "z");
  const { prefix, topics, otherTopics, uncounted } = tree.read("", 3 * SECOND, facts);
  assert.deepEqual([prefix, otherTopics, uncounted], ["", 0, 0]);
  assert.deepEqual(topics[0], {
    topic: "a/",
    label: "a/",
    hasChildren: true,
    messages: 3,
    bytes: 30,
    perSecond: 0.3,
    lastN: 3,
    lastMs: 2000,
    lastValue: "value 3",
    subscribers: 2,
  });
  assert.deepEqual([topics[1]!.topic, topics[1]!.hasChildren, topics[1]!.messages], ["z", false, 1]);
  assert.deepEqual(
    tree.read("a/", 3 * SECOND, facts).topics.map(({ topic, label, messages }) => [topic, label, messages]),
    [
      ["a/b", "b", 2],
      ["a/c", "c", 1],
    ],
  );
  for (const prefix of ["a/b", "b/", "a", "0xff"]) assert.deepEqual(tree.read(prefix, 0, facts).topics, [], prefix);
});

test("TopicTree finds levels below a topic of hex, and shows octets as such", () => {
  const tree = new TopicTree();
  tree.add(topicKey(Buffer.from([0xff, 0x01])), 1, 1, 0);
  assert.equal(tree.read("", 0, facts).topics[0]!.topic, "0xff01");
  assert.deepEqual(tree.read("0xff01", 0, facts).topics, []);
});

test("TopicTree counts the last ten seconds, whether messages came just now or long ago", () => {
  const tree = new TopicTree();
  for (let second = 0; second < 100; second++) tree.add("t", 1, second, second * SECOND);
  const rate = (second: number): number => tree.read("", second * SECOND, facts).topics[0]!.perSecond;
  assert.equal(rate(99), 1);
  assert.equal(rate(104), 0.5);
  assert.equal(rate(120), 0);
  // Out of order, but not by much.
  tree.add("t", 1, 100, 95 * SECOND);
  assert.equal(rate(99), 1.1);
  tree.add("t", 1, 101, 200 * SECOND);
  assert.equal(rate(200), 0.1);
  tree.add("t", 1, 102, 3 * SECOND);
  assert.equal(rate(200), 0.1);
});

test("TopicTree shows 500 topics of a level, those with the most messages", () => {
  const tree = new TopicTree();
  for (let topic = 0; topic < 600; topic++) tree.add(`t${topic}`, 1, 1, 0);
  tree.add("t599", 1, 2, 0);
  const { topics, otherTopics } = tree.read("", 0, facts);
  assert.deepEqual([topics.length, otherTopics, topics[0]!.topic], [500, 100, "t599"]);
});

test("TopicTree holds 20,000 topics, counts what finds no room, and begins anew when it is cleared", () => {
  const tree = new TopicTree();
  for (let topic = 0; topic < 20_000; topic++) tree.add(`t${topic}`, 1, 1, 0);
  tree.add("more", 1, 2, 0);
  tree.add("t7/x", 1, 3, 0);
  tree.add("t7", 1, 4, 0);
  const { topics, otherTopics, uncounted } = tree.read("", 0, facts);
  assert.deepEqual([topics.length + otherTopics, uncounted, topics[0]!.topic], [20_000, 2, "t7"]);
  tree.clear();
  assert.deepEqual(tree.read("", 0, facts), { prefix: "", topics: [], otherTopics: 0, uncounted: 0 });
  tree.add("more", 1, 2, 0);
  assert.equal(tree.read("", 0, facts).topics[0]!.perSecond, 0.1);
});
