import assert from "node:assert/strict";
import { test } from "node:test";
import { unevenWork } from "../../../src/proxy/findings/unevenWork.ts";
import { handshake, link, linkClosed, type WatchedRule, watchRule } from "../../support/seenRows.ts";

const PUSHED = { sockets: { client: "PULL", server: "PUSH" } } as const;

/** Workers with these shares, of which all but the first join after `laterMs`. */
function team(shares: readonly number[], laterMs = 100): WatchedRule {
  const watched = watchRule(unevenWork);
  for (const number of shares.keys()) {
    watched.see(handshake(link(number + 1, PUSHED), { timeMs: number === 0 ? 0 : laterMs }));
  }
  for (const [number, share] of shares.entries()) {
    for (let job = 0; job < share; job++) {
      watched.see({ link: link(number + 1, PUSHED), dir: "s2c", frames: ["job"], timeMs: laterMs });
    }
  }
  return watched;
}

test("unevenWork tells a worker that got three times as much as the one in the middle, once", () => {
  const { tick, told } = team([400, 100, 90]);
  tick(4_000);
  assert.deepEqual(told(), []);
  tick(5_000);
  tick(6_000);
  const [finding, ...others] = told();
  assert.deepEqual(others, []);
  assert.equal(
    finding!.text,
    "Of 590 messages that the PUSH at 127.0.0.1:5555 gave to 3 workers, link 1 got 400, and link 2 100.",
  );
  assert.deepEqual([finding!.severity, finding!.link, finding!.evidence, finding!.count], ["note", 1, [4], 1]);
});

test("unevenWork is silent on shares that differ less, on few messages, and on one worker", () => {
  for (const shares of [[290, 100, 100], [70, 20], [1_000], [150, 51]]) {
    const { tick, said } = team(shares);
    tick(10_000);
    assert.deepEqual(said(), []);
  }
});

test("unevenWork compares two workers as well", () => {
  const { tick, said } = team([300, 40]);
  tick(10_000);
  assert.equal(said().length, 1);
});

test("unevenWork does not compare workers that came later, or left", () => {
  const late = team([400, 10, 10], 6_000);
  late.tick(20_000);
  assert.deepEqual(late.said(), []);
  const left = team([400, 10, 10]);
  left.see(linkClosed(link(3, PUSHED), {}, { timeMs: 200 }));
  left.tick(20_000);
  assert.deepEqual(left.said(), []);
  for (const number of [1, 2]) left.see(linkClosed(link(number, PUSHED), {}, { timeMs: 20_000 }));
  // All of them have gone: others are compared anew.
  for (const number of [4, 5]) left.see(handshake(link(number, PUSHED), { timeMs: 30_000 }));
  for (let job = 0; job < 200; job++) {
    left.see({ link: link(4, PUSHED), dir: "s2c", frames: ["job"], timeMs: 31_000 });
  }
  left.tick(40_000);
  assert.equal(left.said().length, 1);
});

test("unevenWork looks at whoever shares out, and forgets what it cannot know", () => {
  for (const [client, server, isShared] of [
    ["REP", "DEALER", true],
    ["DEALER", "DEALER", true],
    ["DEALER", "ROUTER", false],
    ["ROUTER", "DEALER", false],
    ["PUSH", "PULL", false],
  ] as const) {
    const { see, tick, skip, said } = watchRule(unevenWork);
    const links = [1, 2].map((number) => link(number, { sockets: { client, server } }));
    const share = (): void => {
      for (const each of links) see(handshake(each));
      for (let job = 0; job < 200; job++) see({ link: links[0]!, dir: "s2c", frames: ["job"] });
      see({ link: links[0]!, dir: "c2s", frames: ["answer"] });
    };
    share();
    skip();
    tick(10_000);
    assert.deepEqual(said(), []);
    share();
    tick(20_000);
    assert.equal(said().length, isShared ? 1 : 0);
    see({ link: null, event: "server-down", detail: {} });
    see(linkClosed(link(9)));
  }
});
