import assert from "node:assert/strict";
import { test } from "node:test";
import {
  keyOfHex,
  keyOfText,
  levelEnds,
  MAX_TOPIC_BYTES,
  topicKey,
  topicText,
  wordLength,
} from "../../../src/proxy/pictures/topicLevels.ts";

const key = (text: string): string => topicKey(Buffer.from(text));

function levels(text: string): string[] {
  const topic = key(text);
  let from = 0;
  return levelEnds(topic).map((end) => {
    const level = topicText(topic.slice(from, end));
    from = end;
    return level;
  });
}

test("topics are parted by whichever of /, . and : they use first", () => {
  assert.deepEqual(levels("plant/line 1/temp.avg"), ["plant/", "line 1/", "temp.avg"]);
  assert.deepEqual(levels("kernel.4711.stream:out"), ["kernel.", "4711.", "stream:out"]);
  assert.deepEqual(levels("a:b"), ["a:", "b"]);
  assert.deepEqual(levels("weather"), ["weather"]);
});

test("separators at either end, or several in a row, part nothing by themselves", () => {
  assert.deepEqual(levels("/robot/pose"), ["/robot/", "pose"]);
  assert.deepEqual(levels("a//b"), ["a//", "b"]);
  assert.deepEqual(levels("a/b/"), ["a/", "b/"]);
  assert.deepEqual(levels("/"), ["/"]);
  assert.deepEqual(levels(""), [""]);
});

test("a topic that is not text has one level", () => {
  assert.deepEqual(levelEnds(topicKey(Buffer.from([0x61, 0x2f, 0x62, 0]))), [4]);
  assert.deepEqual(levelEnds(topicKey(Buffer.from([0xff, 0x2f, 0x62]))), [3]);
  assert.deepEqual(levels("Größe/1"), ["Größe/", "1"]);
});

test("a topic has at most 32 levels and 256 octets", () => {
  assert.equal(levels("a/".repeat(100)).length, 32);
  assert.equal(key("x".repeat(300)).length, MAX_TOPIC_BYTES);
});

test("topics are shown as text where they are some, else as hex, and are found again by both", () => {
  assert.equal(topicText(key("Größe")), "Größe");
  const octets = topicKey(Buffer.from([0xff, 0]));
  assert.equal(topicText(octets), "0xff00");
  assert.equal(keyOfText("Größe"), key("Größe"));
  assert.equal(keyOfHex("0xff00"), octets);
  assert.equal(keyOfHex("0xff0"), null);
});

test("of a publication in one frame the first word is its topic, where that can be told", () => {
  const word = (text: string): number => wordLength(Buffer.from(text));
  assert.equal(word("10001 21 50"), 5);
  assert.equal(word('prices{"a":1}'), 6);
  assert.equal(word('{"a":1}'), 0);
  assert.equal(word("tick"), 4);
  assert.equal(word("\u0001\u0002tick"), 0);
  assert.equal(word("x".repeat(64)), 64);
  assert.equal(word("x".repeat(65)), 0);
  assert.equal(word(`${"x".repeat(64)} y`), 64);
});
