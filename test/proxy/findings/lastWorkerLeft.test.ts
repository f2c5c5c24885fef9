import assert from "node:assert/strict";
import { test } from "node:test";
import { lastWorkerLeft } from "../../../src/proxy/findings/lastWorkerLeft.ts";
import { handshake, link, linkClosed, type WatchedRule, watchRule } from "../../support/seenRows.ts";

const PUSHED = { sockets: { client: "PULL", server: "PUSH" } } as const;
const [first, second] = [link(1, PUSHED), link(2, PUSHED)];

/** A message to each worker every 100 ms, in this time. */
function work({ see }: WatchedRule, workers: readonly (typeof first)[], fromMs: number, toMs: number): void {
  for (let timeMs = fromMs; timeMs < toMs; timeMs += 100) {
    for (const worker of workers) see({ link: worker, dir: "s2c", frames: ["job 1234"], timeMs });
  }
}

function working(): WatchedRule {
  const watched = watchRule(lastWorkerLeft);
  for (const worker of [first, second]) watched.see(handshake(worker));
  work(watched, [first, second], 0, 2_000);
  watched.see(linkClosed(first, {}, { timeMs: 2_000 }));
  work(watched, [second], 2_000, 4_000);
  return watched;
}

test("lastWorkerLeft tells the last worker that leaves in the middle of the work, until another one comes", () => {
  const watched = working();
  const { see, tick, told, said } = watched;
  const closed = see(linkClosed(second, {}, { timeMs: 4_000 }));
  tick(6_900);
  assert.deepEqual(said(), []);
  tick(7_000);
  tick(8_000);
  const [finding, ...others] = told();
  assert.deepEqual(others, []);
  assert.match(
    finding!.text,
    /^The last worker \(link 2\) of the PUSH at 127.0.0.1:5555 left in the middle of the work/,
  );
  assert.deepEqual([finding!.evidence, finding!.count, finding!.isOpen, finding!.link], [[closed.n], 1, true, 2]);
  see(handshake(link(3, PUSHED), { timeMs: 9_000 }));
  assert.equal(told()[0]!.isOpen, false);
});

test("lastWorkerLeft is silent when the PUSH closes or the tap is stopped, and while there is another worker", () => {
  for (const by of ["server", "tap"]) {
    const { see, tick, said } = working();
    tick(60_000);
    assert.deepEqual(said(), []);
    see(linkClosed(second, { by }, { timeMs: 4_000 }));
    tick(60_000);
    assert.deepEqual(said(), []);
  }
});

test("lastWorkerLeft is silent when the next worker comes soon", () => {
  const { see, tick, said } = working();
  see(linkClosed(second, {}, { timeMs: 4_000 }));
  see(handshake(link(3, PUSHED), { timeMs: 6_500 }));
  tick(60_000);
  assert.deepEqual(said(), []);
});

test("lastWorkerLeft is silent at the end of the work: behind a message that ends it, and when there was none lately", () => {
  const told = working();
  told.see({ link: second, dir: "s2c", frames: ["END"], timeMs: 4_050 });
  told.see(linkClosed(second, {}, { timeMs: 4_060 }));
  const idle = working();
  idle.see(linkClosed(second, {}, { timeMs: 8_000 }));
  const short = watchRule(lastWorkerLeft);
  short.see(handshake(first));
  work(short, [first], 0, 500);
  short.see(linkClosed(first, {}, { timeMs: 500 }));
  const unused = watchRule(lastWorkerLeft);
  unused.see(handshake(first));
  unused.see(linkClosed(first, { reset: true }));
  for (const { tick, said } of [told, idle, short, unused]) {
    tick(60_000);
    assert.deepEqual(said(), []);
  }
});

test("lastWorkerLeft is sure of a worker that left octets unread", () => {
  for (const detail of [{ reset: true }, { bytesLost: 70_000 }]) {
    const { see, tick, said } = watchRule(lastWorkerLeft);
    see(handshake(first));
    see({ link: first, dir: "s2c", frames: ["job"] });
    see(linkClosed(first, detail, { timeMs: 100 }));
    tick(60_000);
    assert.equal(said().length, 1);
  }
});

test("lastWorkerLeft looks at a PUSH that listens only, and forgets what it cannot know", () => {
  const turned = { sockets: { client: "PUSH", server: "PULL" } } as const;
  const { see, tick, skip, said } = watchRule(lastWorkerLeft);
  see(handshake(link(1, turned)));
  see({ link: link(1, turned), frames: ["job"] });
  see({ link: first, dir: "s2c", frames: ["from before"] });
  see(linkClosed(link(1, turned), { reset: true }));
  see({ link: null, event: "server-down", detail: {} });
  see({ link: first, event: "link-opened", detail: {} });
  see(handshake(second));
  see({ link: second, dir: "s2c", frames: ["job"] });
  skip();
  see(linkClosed(second, { reset: true }));
  tick(60_000);
  assert.deepEqual(said(), []);
});
