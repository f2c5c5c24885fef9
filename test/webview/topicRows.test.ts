import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter } from "../../src/shared/filter/parse.ts";
import { filterByThis } from "../../src/shared/filterText.ts";
import type { TopicNode, TopicsPicture } from "../../src/shared/pictures.ts";
import { topicFilter, topicLines, topicMove, topicTarget } from "../../webview/topicRows.ts";

function node(topic: string, hasChildren = false): TopicNode {
  return {
    topic,
    label: topic,
    hasChildren,
    messages: 1,
    bytes: 10,
    perSecond: 0,
    lastN: topic.length,
    lastMs: 0,
    lastValue: "",
    subscribers: 1,
  };
}

function level(prefix: string, topics: readonly TopicNode[], otherTopics = 0): [string, TopicsPicture] {
  return [prefix, { prefix, topics, otherTopics, uncounted: 0 }];
}

const levels = new Map([
  level("", [node("md.", true), node("news")], 3),
  level("md.", [node("md.a.", true), node("md.b")]),
  level("md.a.", [node("md.a.1")], 1),
]);

const shown = (open: readonly string[]): string[] =>
  topicLines(levels, new Set(open)).map((line) =>
    line.kind === "topic" ? `${line.level} ${line.node.topic}` : `${line.level} +${line.count}`,
  );

test("topicLines shows the levels that are open, each with how many more there are", () => {
  assert.deepEqual(shown([]), ["1 md.", "1 news", "1 +3"]);
  assert.deepEqual(shown(["md."]), ["1 md.", "2 md.a.", "2 md.b", "1 news", "1 +3"]);
  assert.deepEqual(shown(["md.", "md.a."]), ["1 md.", "2 md.a.", "3 md.a.1", "3 +1", "2 md.b", "1 news", "1 +3"]);
});

test("topicLines shows nothing of a level that was not read yet, or below a closed one", () => {
  assert.deepEqual(shown(["md.a."]), ["1 md.", "1 news", "1 +3"]);
  assert.deepEqual(topicLines(new Map(), new Set(["md."])), []);
});

test("topicLines ends where a level would lie below itself", () => {
  const looped = new Map([level("", [node("", true)]), level("md.", [])]);
  assert.equal(topicLines(looped, new Set([""])).length, 1);
});

test("topicMove goes through the tree as keys do elsewhere", () => {
  const lines = topicLines(levels, new Set(["md."]));
  const go = (topic: string) => ({ kind: "go", topic });
  assert.deepEqual(topicMove(lines, "md.", "ArrowDown"), go("md.a."));
  assert.deepEqual(topicMove(lines, "news", "ArrowUp"), go("md.b"));
  assert.deepEqual(topicMove(lines, "md.b", "Home"), go("md."));
  assert.deepEqual(topicMove(lines, "md.", "End"), go("news"));
  assert.deepEqual(topicMove(lines, "md.", "ArrowRight"), go("md.a."));
  assert.deepEqual(topicMove(lines, "md.a.", "ArrowRight"), { kind: "open", topic: "md.a." });
  assert.deepEqual(topicMove(lines, "md.", "ArrowLeft"), { kind: "close", topic: "md." });
  assert.deepEqual(topicMove(lines, "md.b", "ArrowLeft"), go("md."));
  assert.deepEqual(topicMove(lines, "md.b", "Enter"), { kind: "filter", topic: "md.b" });
  assert.deepEqual(topicMove(lines, "md.b", " "), { kind: "reveal", topic: "md.b" });
});

test("topicMove leaves alone what leads nowhere", () => {
  const lines = topicLines(levels, new Set());
  for (const key of ["ArrowUp", "a", "Tab", "ArrowLeft"]) assert.equal(topicMove(lines, "md.", key), null);
  for (const key of ["ArrowDown", "ArrowRight"]) assert.equal(topicMove(lines, "news", key), null);
  assert.equal(topicMove(lines, "gone", "ArrowDown"), null);
});

test("topicFilter takes a topic, what lies below it, and octets", () => {
  const filters = {
    [topicFilter(node("news"))]: 'topic == "news"',
    [topicFilter(node("md.", true))]: 'topic startswith "md."',
    [topicFilter(node(""))]: 'topic == ""',
    [topicFilter(node('a"b'))]: 'topic == "a\\"b"',
    [topicFilter(node("0x01ff"))]: "topic == 0x01ff",
    [topicFilter(node("0x01ff", true))]: "topic startswith 0x01ff",
  };
  for (const [written, expected] of Object.entries(filters)) {
    assert.equal(written, expected);
    assert.ok(parseFilter(written).ok, written);
  }
  assert.equal(topicFilter({ ...node("10001"), lastValue: "10001 21 50" }), 'topic startswith "10001 "');
  assert.equal(topicFilter({ ...node("10001"), lastValue: "10001" }), 'topic == "10001"');
  assert.ok(topicFilter(node("x".repeat(256))).startsWith("topic startswith"));
});

test("topicTarget is what Filter by This compares, by octets for what lies below a topic", () => {
  const filterOf = (of: TopicNode): string => {
    const { field, value } = topicTarget(of);
    return filterByThis("", field, value, true);
  };
  assert.equal(filterOf(node("news")), 'topic == "news"');
  assert.equal(filterOf(node("mü.", true)), 'topic[0:4] == "mü."');
  assert.ok(parseFilter(filterOf(node("mü.", true))).ok);
  assert.equal(topicTarget(node("0x01ff")).field, "");
});
