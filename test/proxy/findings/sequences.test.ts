import assert from "node:assert/strict";
import { test } from "node:test";
import { sequences } from "../../../src/proxy/findings/sequences.ts";
import { RowTape } from "../../support/rowTape.ts";

const HASH = Buffer.alloc(32, 7);

function u32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32LE(value);
  return octets;
}

function tape(): RowTape {
  return new RowTape(sequences);
}

test("Bitcoin's counters are followed for each topic, and what no subscriber got is one loss", () => {
  const rows = tape();
  rows.open(1);
  rows.open(2);
  for (const counter of [0, 1, 2, 5, 6, 7]) {
    rows.publish([1, 2], "hashtx", HASH, u32(counter));
    rows.publish([1], "hashblock", HASH, u32(counter > 2 ? counter - 2 : counter));
  }
  const gap = rows.only("sequence-gap");
  assert.match(
    gap.text,
    /^127\.0\.0\.1:5556 to 127\.0\.0\.1:40001, the counter of "hashtx": 2 numbers are missing, 3 to 4\. They did not come to the tap/,
  );
  assert.equal(gap.times, 1);
  assert.equal(gap.evidence.length, 2);
});

test("what only one subscriber lacks was dropped for that one", () => {
  const rows = tape();
  rows.open(1);
  rows.open(2);
  for (let counter = 0; counter < 20; counter++) {
    rows.publish(counter < 5 || counter > 9 ? [1, 2] : [1], "rawtx", HASH, u32(counter));
  }
  const gap = rows.only("sequence-gap");
  assert.equal(gap.link, 2);
  assert.match(gap.text, /5 numbers are missing, 5 to 9\. Other subscribers got them/);
});

test("a counter that wraps, and a publisher that begins anew, lose nothing", () => {
  const rows = tape();
  rows.open(1);
  for (const counter of [0xfffffffe, 0xffffffff, 0, 1, 2]) rows.publish([1], "hashtx", HASH, u32(counter));
  for (const counter of [0, 1, 2]) rows.publish([1], "hashtx", HASH, u32(counter));
  rows.close(1);
  rows.open(2);
  for (const counter of [0, 1]) rows.publish([2], "hashtx", HASH, u32(counter));
  rows.wait(10_000);
  assert.deepEqual(rows.ids, []);
});

test("`unit` and `counter` are followed for each unit, from the direction that they go", () => {
  const rows = tape();
  rows.open(1, { sockets: { client: "PUSH", server: "PULL" } });
  const say = (unit: number | string, counter: number): number =>
    rows.message(1, 0, [JSON.stringify({ x: 0.5, y: -1.2, unit, counter })]);
  for (let counter = 1; counter < 10; counter++) {
    say(4711, counter);
    say("b", counter + 100);
  }
  for (const counter of [13, 14, 15]) say(4711, counter);
  const gap = rows.only("sequence-gap");
  assert.match(
    gap.text,
    /^127\.0\.0\.1:40001 to 127\.0\.0\.1:5556, the counter of unit 4711: 3 numbers are missing, 10 to 12/,
  );
  say(4711, 15);
  say(4711, 16);
  for (const counter of [111, 110, 112]) say("b", counter);
  rows.wait(5000);
  assert.deepEqual(rows.ids, ["sequence-disorder", "sequence-gap", "sequence-repeat"]);
  assert.match(rows.only("sequence-repeat").text, /unit 4711: the number 15 came again/);
  assert.match(rows.only("sequence-disorder").text, /unit b: the number 110 came late/);
});

test("other messages with numbers are no sequences", () => {
  const rows = tape();
  rows.open(1, { sockets: { client: "PUSH", server: "PULL" } });
  for (let at = 0; at < 100; at++) {
    rows.message(1, 0, [`{"counter": ${(at * 7919) % 100}}`]);
    rows.message(1, 0, [`{"unit": 1, "counter": ${(at * 7919) % 100}}`]);
    rows.message(1, 0, ["hashtx", HASH, u32(at * 7919)]);
    rows.message(1, 0, [`{"unit": [1], "counter": 3}`]);
    rows.message(1, 0, ["{".repeat(5000)]);
  }
  rows.wait(10_000);
  assert.deepEqual(rows.ids, []);
});

test("a sequence that the user names is followed where it is, and another list takes its place", () => {
  const rows = tape();
  rows.sequences = [
    { tap: "other", frame: 0, type: "u8" },
    { topic: "md.", frame: 1, type: "json", path: "h.seq" },
  ];
  rows.open(1);
  const say = (topic: string, seq: number): number => rows.publish([1], topic, `{"h":{"seq":${seq}}}`);
  for (const seq of [1, 2, 3, 4]) {
    say("md.a", seq);
    say("md.b", seq * 1000);
    say("log", seq * seq);
  }
  for (const seq of [9, 10, 11]) say("md.a", seq);
  assert.match(rows.only("sequence-gap").text, /"md\.a", h\.seq in frame 1: 4 numbers are missing, 5 to 8/);
  rows.sequences = [{ frame: -1, type: "text", per: "peer" }];
  for (const [index, topic] of ["x", "y", "x", "z"].entries()) rows.publish([1], topic, `n ${index}`);
  rows.wait(10_000);
  assert.equal(rows.found.size, 1);
});

test("work that is shared among links is one sequence", () => {
  const rows = tape();
  const sockets = { client: "PULL", server: "PUSH" } as const;
  rows.open(1, { sockets });
  rows.open(2, { sockets });
  for (let counter = 0; counter < 40; counter++) {
    if (counter === 20 || counter === 21) continue;
    rows.message(1 + (counter % 2), 1, [`{"unit":1,"counter":${counter}}`]);
  }
  const gap = rows.only("sequence-gap");
  assert.deepEqual([gap.link, gap.times], [null, 1]);
  assert.match(gap.text, /to its peers, .* 20 to 21/);
});

test("what comes late after all was not lost", () => {
  const rows = tape();
  rows.open(1);
  for (const counter of [1, 2, 3, 5, 6, 7]) rows.publish([1], "hashtx", HASH, u32(counter));
  assert.deepEqual(rows.ids, ["sequence-gap"]);
  rows.publish([1], "hashtx", HASH, u32(4));
  assert.deepEqual(rows.ids, ["sequence-disorder"]);
});

test("rows that were left out are not missing, and a file is judged at its end", () => {
  const rows = tape();
  rows.open(1);
  for (const counter of [1, 2, 3]) rows.publish([1], "hashtx", HASH, u32(counter));
  rows.skip(100);
  for (const counter of [50, 51, 52, 55]) rows.publish([1], "hashtx", HASH, u32(counter));
  assert.deepEqual(rows.ids, []);
  rows.isLive = false;
  rows.wait(0);
  assert.match(rows.only("sequence-gap").text, /53 to 54/);
});

test("it stays bounded with very many links and sequences", () => {
  const rows = tape();
  for (let link = 1; link < 6000; link++) {
    rows.open(link, { sockets: { client: "PUSH", server: "PULL" } });
    rows.message(link, 0, [`{"unit":${link},"counter":1}`]);
  }
  for (let unit = 0; unit < 1000; unit++) rows.message(1, 0, [`{"unit":${unit},"counter":1}`]);
  for (let link = 1; link < 6000; link++) rows.close(link);
  assert.deepEqual(rows.ids, []);
});
