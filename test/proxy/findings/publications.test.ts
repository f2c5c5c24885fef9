import assert from "node:assert/strict";
import { test } from "node:test";
import { publications } from "../../../src/proxy/findings/publications.ts";
import { RowTape } from "../../support/rowTape.ts";

function tape(): RowTape {
  return new RowTape(publications);
}

/** So many publications of a topic, `everyMs` apart, which these links get. */
function publish(rows: RowTape, links: readonly number[], topic: string, count: number, everyMs = 1): void {
  for (let number = 0; number < count; number++) {
    rows.publish(links, topic, `number ${number}`);
    rows.wait(everyMs);
  }
}

test("a subscription that comes after what others got is told with how many and how long", () => {
  const rows = tape();
  rows.open(1);
  rows.subscribe(1, "weather");
  rows.wait(50);
  rows.open(2);
  publish(rows, [1], "weather", 100, 0.1);
  assert.deepEqual(rows.ids, []);
  const n = rows.subscribe(2, "weather");
  const found = rows.only("slow-joiner");
  assert.match(
    found.text,
    /^Link 2 \(127\.0\.0\.1:40002\) subscribed to "weather" 10 ms after the first of 100 publications/,
  );
  assert.equal(found.link, 2);
  assert.deepEqual(found.evidence, [6, 105, n]);
  assert.deepEqual(rows.ids, ["slow-joiner"]);
});

test("few that were missed are told once it is known that nothing much came behind", () => {
  const rows = tape();
  rows.open(1);
  rows.subscribe(1, "");
  rows.wait(50);
  rows.open(2);
  publish(rows, [1], "start", 3);
  rows.subscribe(2, "");
  rows.wait(1000);
  assert.deepEqual(rows.ids, []);
  rows.wait(1100);
  assert.match(rows.only("slow-joiner").text, /the first of 3 publications of it/);
});

test("one that gets many more than it missed is none, nor is one that joins a stream under way", () => {
  const rows = tape();
  rows.open(1);
  rows.subscribe(1, "");
  rows.wait(50);
  rows.open(2);
  publish(rows, [1], "call", 2, 2);
  rows.subscribe(2, "");
  publish(rows, [1, 2], "news", 50, 1);
  rows.wait(3000);
  rows.open(3);
  publish(rows, [1, 2], "news", 5, 1);
  rows.subscribe(3, "news");
  rows.wait(3000);
  assert.deepEqual(rows.ids, []);
});

test("what was over before the subscriber connected was not for it", () => {
  const rows = tape();
  rows.open(1);
  rows.subscribe(1, "tick");
  rows.wait(20);
  publish(rows, [1], "tick", 50);
  rows.open(2);
  rows.subscribe(2, "tick");
  rows.wait(5000);
  assert.deepEqual(rows.ids, []);
});

test("a subscriber that leaves without anything is judged at once, and a file at its end", () => {
  const rows = tape();
  rows.open(1);
  rows.subscribe(1, "a");
  rows.wait(50);
  rows.open(2);
  rows.open(3);
  publish(rows, [1], "a", 2);
  rows.subscribe(2, "a");
  rows.subscribe(3, "a");
  rows.close(2);
  assert.equal(rows.only("slow-joiner").link, 2);
  rows.isLive = false;
  rows.wait(0);
  assert.deepEqual(rows.ids, ["slow-joiner", "slow-joiner"]);
});

for (const [what, subscription, topic, how] of [
  ["case", "Weather", "weather", /"Weather" matches nothing that was published; "weather" is, which differs by upper/],
  ["a NUL", "weather\0", "weather", /"weather\\0" .* differs by a NUL/],
  ["a blank", "weather ", "weather", /differs by white space/],
  ["quotes", "'weather'", "weather", /differs by quotes/],
  ["encoding", Buffer.from("weather", "utf16le"), "weather", /UTF-16/],
  ["byte order", Buffer.from([0, 7]), Buffer.from([7, 0]), /other byte order/],
] as const) {
  test(`a subscription that differs by ${what} is told, whichever came first`, () => {
    for (const isFirst of [true, false]) {
      const rows = tape();
      rows.open(1);
      rows.subscribe(1, "");
      rows.open(2);
      const asked = isFirst ? rows.subscribe(2, subscription) : 0;
      const seen = rows.publish([1], topic, "20 C");
      const n = isFirst ? asked : rows.subscribe(2, subscription);
      const found = rows.only("near-miss-topic");
      assert.match(found.text, how);
      assert.deepEqual([found.link, found.isOpen], [2, true]);
      assert.deepEqual(
        found.evidence,
        [n, seen].sort((a, b) => a - b),
      );
      publish(rows, [1], "other", 30);
      rows.wait(20_000);
      assert.deepEqual(rows.ids, ["near-miss-topic"]);
    }
  });
}

test("a topic inside a JSON text, or in a later frame, is told", () => {
  const rows = tape();
  rows.open(1);
  rows.subscribe(1, "");
  rows.open(2);
  rows.subscribe(2, "weather");
  rows.subscribe(2, "sports");
  rows.publish([1], '{"source": "weather"}');
  rows.publish([1], '{"id": 7, "topic" : "weather", "celsius": 20}');
  assert.match(rows.only("near-miss-topic").text, /though that topic stands inside its JSON text/);
  rows.publish([1], "", "sports", "1:0");
  const [, second] = [...rows.found.values()];
  assert.match(second!.text, /"sports" .* stands in frame 1 of the message/);
});

test("a near miss that is matched later was none, and one that nobody has any more is over", () => {
  const rows = tape();
  rows.open(1);
  rows.subscribe(1, "");
  rows.open(2);
  rows.subscribe(2, "A");
  rows.publish([1], "a", "small");
  assert.deepEqual(rows.ids, ["near-miss-topic"]);
  rows.publish([1, 2], "A", "large");
  assert.deepEqual(rows.ids, []);
  rows.subscribe(2, "B");
  rows.publish([1], "b", "small");
  rows.unsubscribe(2, "B");
  assert.equal(rows.only("near-miss-topic").isOver, true);
});

test("a subscription that nothing matches is told after a while and many publications, not before", () => {
  const rows = tape();
  rows.open(1);
  rows.subscribe(1, "a");
  rows.open(2);
  const n = rows.subscribe(2, "zebra");
  publish(rows, [1], "a", 19, 1000);
  rows.wait(1000);
  assert.deepEqual(rows.ids, []);
  publish(rows, [1], "a", 1, 1000);
  const found = rows.only("subscription-unmatched");
  assert.match(
    found.text,
    /"zebra" has matched nothing for \d+ s, among 20 publications that others asked for, such as "a"/,
  );
  assert.deepEqual([found.severity, found.link, found.evidence[0]], ["warning", 2, n]);
  rows.publish([2], "zebra crossing", "");
  assert.deepEqual([rows.ids, rows.withdrawn], [[], ["subscription-unmatched"]]);
});

test("one that gets other things may wait for something rare: a note", () => {
  const rows = tape();
  rows.open(1);
  rows.subscribe(1, "a");
  rows.subscribe(1, "alarm");
  publish(rows, [1], "a", 25, 1000);
  assert.equal(rows.only("subscription-unmatched").severity, "note");
  rows.close(1);
  assert.equal(rows.only("subscription-unmatched").isOver, true);
});

test("where nothing could be seen, or links get what they did not ask for, nothing is told", () => {
  const rows = tape();
  rows.open(1);
  rows.subscribe(1, "zebra");
  rows.wait(60_000);
  assert.deepEqual(rows.ids, []);
  // A manual XPUB, or inverted matching.
  publish(rows, [1], "Zebra", 30, 1000);
  assert.deepEqual(rows.ids, ["near-miss-topic"]);
  const inverted = tape();
  inverted.open(1);
  inverted.subscribe(1, "zebra");
  publish(inverted, [1], "other", 30, 1000);
  assert.deepEqual(inverted.ids, []);
});

test("a prefix that gets more than the topic it names is told once", () => {
  for (const frames of [
    ["10001", "100011"],
    ["10001 12 C", "100011 13 C"],
    ["100011", "10001"],
    ["10001_tx", "10001"],
  ] as const) {
    const rows = tape();
    rows.open(1);
    rows.subscribe(1, "10001");
    for (const frame of frames) rows.publish([1], ...(frame.includes(" ") ? [frame] : [frame, "12 C"]));
    const found = rows.only("surprise-prefix");
    assert.match(found.text, /^A subscription to "10001" gets "10001(1|_tx) ?", too/);
    rows.publish([1], "100012", "x");
    assert.equal(found.times, 1);
  }
});

test("a prefix that names a group is no surprise", () => {
  const rows = tape();
  rows.open(1);
  rows.subscribe(1, "hash");
  rows.subscribe(1, "md.");
  for (const topic of ["hashtx", "hashblock", "md.a", "md.ab", "md."]) rows.publish([1], topic, "x");
  assert.deepEqual(rows.ids, []);
});

test("a subscriber of ZMTP 1.0 gets everything", () => {
  const rows = tape();
  rows.open(1);
  rows.subscribe(1, "a");
  rows.open(2, { sockets: { client: null, server: null }, version: "1.0" });
  publish(rows, [2], "b", 30, 1000);
  rows.publish([1, 2], "a", "x");
  assert.deepEqual(rows.ids, []);
});

test("with a subscriber of the tap's own it is told what nobody heard and nobody asked for", () => {
  const rows = tape();
  rows.open(1, { origin: "watch" });
  rows.subscribe(1, "");
  publish(rows, [1], "weather", 7, 1000);
  publish(rows, [1], "sports", 3, 1000);
  assert.deepEqual(rows.ids, ["topic-unasked", "topic-unasked"].slice(0, rows.ids.length));
  const unasked = [...rows.found.values()].find(({ about }) => about.includes("weather"))!;
  assert.match(unasked.text, /^Nobody has subscribed to "weather"/);
  rows.open(2);
  const n = rows.subscribe(2, "weather");
  const unheard = rows.only("published-unheard");
  assert.match(
    unheard.text,
    /^7 publications of "weather" came before the first subscription to it, the first one 10 s before; there was no subscriber/,
  );
  assert.deepEqual([unheard.link, unheard.evidence.at(-1)], [2, n]);
  assert.equal(rows.found.get(`topic-unasked ${unasked.about}`)?.isOver, true);
  publish(rows, [1, 2], "weather", 3, 1000);
  rows.close(1);
  assert.equal(
    [...rows.found.values()].every(({ id, isOver }) => id !== "topic-unasked" || isOver),
    true,
  );
});

test("the tap's own subscriber is no subscriber: nobody else's subscriptions are judged by it alone", () => {
  const rows = tape();
  rows.open(1, { origin: "watch" });
  rows.subscribe(1, "");
  rows.open(2);
  rows.subscribe(2, "a");
  publish(rows, [1, 2], "a", 30, 1000);
  assert.deepEqual(rows.ids, []);
});

test("publishers that connect, and other sockets, are not judged", () => {
  const rows = tape();
  rows.open(1, { sockets: { client: "PUB", server: "SUB" } });
  rows.message(1, 0, ["a", "b"]);
  rows.open(2, { sockets: { client: "PULL", server: "PUSH" } });
  for (let number = 0; number < 30; number++) rows.message(2, 1, ["job"]);
  rows.wait(60_000);
  assert.deepEqual(rows.ids, []);
});

test("what was left out makes nothing wrong", () => {
  const rows = tape();
  rows.open(1);
  rows.subscribe(1, "a");
  rows.open(2);
  rows.subscribe(2, "zebra");
  publish(rows, [1], "a", 10, 1000);
  rows.skip(1_000_000);
  publish(rows, [1], "a", 30, 1000);
  assert.deepEqual(rows.ids, []);
});

test("it stays bounded with very many taps, links, subscriptions and topics", () => {
  const rows = tape();
  for (let tap = 0; tap < 150; tap++) {
    rows.open(tap + 1, { tap: `tap ${tap}` });
    rows.publish([tap + 1], "a", "b");
    rows.close(tap + 1);
  }
  rows.open(1000);
  for (let topic = 0; topic < 3000; topic++) {
    rows.subscribe(1000, `topic ${topic} `);
    rows.publish([1000], `topic ${topic} `, "x");
  }
  for (let link = 2000; link < 3500; link++) {
    rows.open(link);
    rows.subscribe(link, "topic");
  }
  rows.wait(60_000);
  assert.deepEqual(rows.ids, []);
});
