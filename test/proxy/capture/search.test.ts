import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../../src/proxy/capture/capture.ts";
import { Search } from "../../../src/proxy/capture/search.ts";
import type { FilterState } from "../../../src/shared/engineProtocol.ts";
import { command, encode, encodeFrame, MIB, openLink, say } from "../../support/captures.ts";

/** A search whose advances can be awaited. */
function start(
  capture: Capture,
  text: string,
  maxHits?: number,
): { search: Search; until: (fits: (state: FilterState) => boolean) => Promise<FilterState> } {
  const waiting = new Set<() => void>();
  const search = new Search(capture, {
    filter: 7,
    text,
    eventText: (n) => `${capture.row(n)!.event} ${JSON.stringify(capture.row(n)!.detail)}`,
    onAdvance: () => waiting.forEach((wake) => wake()),
    ...(maxHits === undefined ? {} : { maxHits }),
  });
  const until = (fits: (state: FilterState) => boolean): Promise<FilterState> =>
    new Promise((resolve) => {
      // The search's own timer does not keep a process alive.
      const alive = setInterval(() => undefined, 1000);
      const wake = (): void => {
        if (!fits(search.state)) return;
        waiting.delete(wake);
        clearInterval(alive);
        resolve(search.state);
      };
      waiting.add(wake);
      wake();
    });
  return { search, until };
}

function hits(search: Search): (number | undefined)[] {
  return Array.from({ length: search.total }, (_, position) => search.at(position));
}

test("Search finds a substring in any frame, ASCII letters without regard to case", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  for (const frames of [["Needle"], ["hay"], ["", "xxneEDLExx"], ["nee", "dle"], ["NÉedle"]])
    say(capture, link, 0, frames);
  const { search, until } = start(capture, "needLE");
  const state = await until(({ done }) => done);
  search.dispose();
  assert.deepEqual(state, { filter: 7, text: "needLE", hits: 2, looked: 5, done: true });
  assert.deepEqual(hits(search), [1, 3]);
  assert.deepEqual([search.find(1), search.find(2), search.find(3), search.find(4)], [0, 1, 1, 2]);
  assert.deepEqual([search.at(-1), search.at(2)], [undefined, undefined]);
});

test("Search finds what begins again inside a false start", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const n = say(capture, openLink(capture), 0, ["aabaabaaab ababac"]);
  for (const text of ["aabaaa", "ababac", "aaab"]) {
    const { search, until } = start(capture, text);
    await until(({ done }) => done);
    search.dispose();
    assert.deepEqual(hits(search), [n], text);
  }
});

test("Search finds a match that lies across chunks, and skips commands between frames", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const wire = Buffer.concat([
    encodeFrame(Buffer.from("split"), 1),
    encodeFrame(Buffer.from("\x04PING hidden"), 4),
    encodeFrame(Buffer.from("word"), 0),
  ]);
  const first = capture.append(link, 0, wire.subarray(0, 4), 0);
  capture.append(link, 0, wire.subarray(4, 24), 0);
  capture.append(link, 0, wire.subarray(24), 0);
  const n = capture.message(link, 0, first, 0, 0, 9, 2, 0);
  const secret = encodeFrame(Buffer.from("\x07MESSAGEword"), 4);
  const encrypted = capture.encrypted(link, 0, capture.append(link, 0, secret, 0), 0, 0, 12, 0);
  const found = async (text: string): Promise<unknown> => {
    const { search, until } = start(capture, text);
    await until(({ done }) => done);
    search.dispose();
    return hits(search);
  };
  assert.deepEqual(await found("plit"), [n]);
  assert.deepEqual(await found("hidden"), []);
  assert.deepEqual(await found("word"), [n, encrypted]);
});

test("Search looks at the words of events and commands", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  capture.event(link, "t", "tap", "fault", { message: "Not ZMTP" });
  command(capture, link, 0, 0, Buffer.from("\x04PING\0\0"));
  const { search, until } = start(capture, "not zmtp");
  await until(({ done }) => done);
  search.dispose();
  assert.deepEqual(hits(search), [1]);
});

test("Search goes on with new rows until it is disposed", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const { search, until } = start(capture, "new");
  assert.equal(await until(({ done }) => done).then(({ hits: count }) => count), 0);
  say(capture, link, 0, ["something new"]);
  assert.equal((await until(({ hits: count }) => count === 1)).looked, 1);
  search.dispose();
});

test("Search with an empty text matches every row", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  say(capture, link, 0, [""]);
  say(capture, link, 0, ["x"]);
  const { search, until } = start(capture, "");
  await until(({ done }) => done);
  search.dispose();
  assert.equal(search.total, 2);
});

test("Search forgets hits that left the capture, and its positions with them", async () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: MIB });
  const link = openLink(capture);
  for (let index = 0; index < 5000; index++) say(capture, link, 0, [index % 2 === 0 ? "yes" : "no"]);
  const { search, until } = start(capture, "yes");
  await until(({ done }) => done);
  assert.equal(search.total, 2500);
  while (capture.stats().evicted < 4000) say(capture, link, 0, [Buffer.alloc(60_000)]);
  const left = hits(search);
  assert.equal(left.length < 600, true);
  assert.equal(
    left.every((n) => n! >= capture.firstN),
    true,
  );
  capture.clear();
  assert.equal(search.total, 0);
  assert.equal(search.find(1), 0);
  search.dispose();
});

test("Search keeps at most its limit of hits, and counts the others", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  for (let index = 0; index < 50; index++) say(capture, link, 0, ["x"]);
  const { search, until } = start(capture, "x", 20);
  await until(({ done }) => done);
  search.dispose();
  assert.deepEqual([search.total, search.notListed], [20, 30]);
});

test("Search looks at a large message in slices, and lets go of it when it is evicted in between", async () => {
  const capture = new Capture({ maxBytes: 32 * MIB });
  const link = openLink(capture);
  const body = Buffer.alloc(10_000_000, 0x61);
  body.write("b", body.length - 1);
  const large = say(capture, link, 0, [body]);
  const after = say(capture, link, 0, ["aab"]);
  const { search, until } = start(capture, "aab");
  const first = await until(({ looked, done }) => done || looked === 0);
  assert.equal(first.looked, 0);
  await until(({ done }) => done);
  search.dispose();
  assert.deepEqual(hits(search), [large, after]);
  const second = start(capture, "aab");
  await new Promise((resolve) => setImmediate(resolve));
  capture.clear();
  const n = say(capture, link, 0, ["aab"]);
  await second.until(({ done }) => done);
  second.search.dispose();
  assert.deepEqual(hits(second.search), [n]);
});

test("Search reads messages of 65,535 frames and more to their end", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const frames = Array.from({ length: 66_000 }, () => "x");
  const n = say(capture, link, 0, [...frames, "needle"]);
  say(capture, link, 0, frames);
  const bytes = encode(["needle"]);
  capture.append(link, 0, bytes, 0);
  const { search, until } = start(capture, "needle");
  await until(({ done }) => done);
  search.dispose();
  assert.deepEqual(hits(search), [n]);
});
