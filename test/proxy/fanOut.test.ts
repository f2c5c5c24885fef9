import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture, type CapturedLink } from "../../src/proxy/capture/capture.ts";
import { FanOut } from "../../src/proxy/fanOut.ts";
import { MIB, openLink, say, seeded } from "../support/captures.ts";

function publisher(subscribers: number): { capture: Capture; fanOut: FanOut; links: CapturedLink[] } {
  const capture = new Capture({ maxBytes: 64 * MIB });
  const fanOut = new FanOut(capture);
  const links = Array.from({ length: subscribers }, () => openLink(capture));
  for (const link of links) fanOut.join(link.info.link);
  assert.equal(fanOut.subscribers, subscribers);
  return { capture, fanOut, links };
}

function publish(capture: Capture, fanOut: FanOut, link: CapturedLink, frames: (string | Buffer)[]): number {
  const n = say(capture, link, 1, frames);
  fanOut.published(link.info.link, n, capture.row(n)!.sizeBytes);
  return n;
}

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`Copies of a publication are found in any interleaving of its subscribers (seed ${seed})`, () => {
    const below = seeded(seed);
    const { capture, fanOut, links } = publisher(3);
    // What is published, some of it several times; every subscriber gets all of it, in this order.
    const contents = Array.from({ length: 5 }, (_, index) => ["topic", Buffer.alloc(below(400), index), `${index}`]);
    const publications = Array.from({ length: 60 }, () => contents[below(contents.length)]!);
    const next = [0, 0, 0];
    const rows: number[][] = [[], [], []];
    while (next.some((at) => at < publications.length)) {
      const who = below(3);
      if (next[who]! === publications.length) continue;
      rows[who]!.push(publish(capture, fanOut, links[who]!, publications[next[who]!++]!));
    }
    for (let index = 0; index < publications.length; index++) {
      const copies = rows.map((each) => each[index]!).sort((a, b) => a - b);
      const first = capture.row(copies[0]!)!;
      assert.deepEqual([first.copies, first.subscribers, first.copyOf], [3, 3, null], `publication ${index}`);
      for (const n of copies.slice(1)) assert.equal(capture.row(n)!.copyOf, copies[0], `publication ${index}`);
    }
    const { copies, copyBytes } = capture.stats();
    assert.equal(copies, 2 * publications.length);
    const bytes = publications.reduce((sum, frames) => sum + frames.reduce((all, { length }) => all + length, 0), 0);
    assert.equal(copyBytes, 2 * bytes);
  });
}

test("What differs in size, in its frames or at either end of one is no copy", () => {
  const { capture, fanOut, links } = publisher(2);
  const long = (at: number): Buffer => {
    const octets = Buffer.alloc(1000, 1);
    octets[at] = 2;
    return octets;
  };
  const pairs: [(string | Buffer)[], (string | Buffer)[]][] = [
    [["a"], ["b"]],
    [
      ["ab", "c"],
      ["a", "bc"],
    ],
    [[long(0)], [long(1)]],
    [[long(999)], [long(998)]],
    [[Buffer.alloc(100, 1)], [Buffer.alloc(101, 1)]],
    [[Buffer.concat([Buffer.alloc(99, 3), Buffer.of(2)])], [Buffer.alloc(100, 3)]],
  ];
  for (const [one, other] of pairs) {
    const first = publish(capture, fanOut, links[0]!, one);
    const second = publish(capture, fanOut, links[1]!, other);
    assert.deepEqual([capture.row(first)!.copies, capture.row(second)!.copyOf], [0, null]);
  }
});

test("With one subscriber nothing is a copy, also when there were two before", () => {
  const { capture, fanOut, links } = publisher(1);
  publish(capture, fanOut, links[0]!, ["x"]);
  publish(capture, fanOut, links[0]!, ["x"]);
  const second = openLink(capture);
  fanOut.join(second.info.link);
  fanOut.join(second.info.link);
  assert.equal(fanOut.subscribers, 2);
  fanOut.leave(second.info.link);
  fanOut.leave(second.info.link);
  assert.equal(fanOut.subscribers, 1);
  publish(capture, fanOut, links[0]!, ["x"]);
  publish(capture, fanOut, second, ["x"]);
  assert.equal(capture.stats().copies, 0);
});

test("What one subscriber gets twice are two publications, and what came before another joined is none of its", () => {
  const { capture, fanOut, links } = publisher(2);
  const [a1, a2] = [publish(capture, fanOut, links[0]!, ["x"]), publish(capture, fanOut, links[0]!, ["x"])];
  const [b1, b2] = [publish(capture, fanOut, links[1]!, ["x"]), publish(capture, fanOut, links[1]!, ["x"])];
  const third = publish(capture, fanOut, links[1]!, ["x"]);
  assert.deepEqual(
    [a1, a2, b1, b2, third].map((n) => capture.row(n)!.copyOf),
    [null, null, a1, a2, null],
  );
});

test("Of more than 256 subscribers 256 are told apart, and the copies of further ones stay rows of their own", () => {
  const { capture, fanOut, links } = publisher(300);
  const rows = links.map((link) => publish(capture, fanOut, link, ["to all"]));
  const first = capture.row(rows[0]!)!;
  assert.deepEqual([first.copies, first.subscribers, capture.stats().copies], [256, 300, 255]);
  assert.deepEqual([capture.row(rows[255]!)!.copyOf, capture.row(rows[256]!)!.copyOf], [rows[0], null]);
  // A place that one leaves is the next one's.
  fanOut.leave(links[0]!.info.link);
  const late = openLink(capture);
  fanOut.join(late.info.link);
  const n = publish(capture, fanOut, links[1]!, ["again"]);
  assert.equal(capture.row(publish(capture, fanOut, late, ["again"]))!.copyOf, n);
});

test("More publications than are remembered forget the oldest ones, and go on", () => {
  const { capture, fanOut, links } = publisher(2);
  const old = publish(capture, fanOut, links[0]!, ["old"]);
  for (let index = 0; index < 16_400; index++) publish(capture, fanOut, links[0]!, [`${index}`]);
  assert.equal(capture.row(publish(capture, fanOut, links[1]!, ["old"]))!.copyOf, null);
  assert.equal(capture.row(old)!.copies, 0);
  const newest = capture.row(capture.lastN - 1)!.n;
  const copy = publish(capture, fanOut, links[1]!, ["16399"]);
  const { copyOf } = capture.row(copy)!;
  assert.equal(copyOf === newest || copyOf === null, true, "it is the newest one, unless a second has passed");
});
