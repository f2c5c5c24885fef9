import assert from "node:assert/strict";
import { test } from "node:test";
import { reconnectStorm } from "../../../src/proxy/findings/reconnectStorm.ts";
import {
  handshake,
  link,
  linkClosed,
  linkOpened,
  ping,
  toldVerdict,
  type WatchedRule,
  watchRule,
} from "../../support/seenRows.ts";

/** Links that are opened one behind the other, each of which lasts for 200 ms of 500. */
function attempts(
  watched: WatchedRule,
  count: number,
  between: (number: number, timeMs: number) => void = () => undefined,
  detail: object = {},
): void {
  for (let number = 1; number <= count; number++) {
    const on = link(number);
    const timeMs = number * 500;
    watched.see(linkOpened(on, { timeMs }));
    watched.see(handshake(on, { timeMs }));
    between(number, timeMs);
    watched.see(linkClosed(on, detail, { timeMs: timeMs + 200 }));
  }
}

test("reconnectStorm tells ten links in ten seconds that carry nothing, and that it is over", () => {
  const watched = watchRule(reconnectStorm);
  attempts(watched, 9);
  assert.deepEqual(watched.said(), []);
  attempts(watched, 12);
  const [finding, ...others] = watched.told();
  assert.deepEqual(others, []);
  assert.equal(finding!.isOpen, true);
  assert.match(finding!.text, /^A client at 127.0.0.1 connected to 127.0.0.1:5555 10 times in \d\.\d s/);
  watched.tick(10_000);
  assert.equal(watched.told()[0]!.isOpen, true);
  watched.tick(30_000);
  assert.equal(watched.told()[0]!.isOpen, false);
});

test("reconnectStorm counts a storm that goes on", () => {
  const watched = watchRule(reconnectStorm);
  attempts(watched, 15);
  const [finding] = watched.told();
  assert.deepEqual([finding!.count, finding!.evidence.length], [15, 7]);
});

test("reconnectStorm is silent on links that carry messages, last, are ended by others, or come slowly", () => {
  const carrying = watchRule(reconnectStorm);
  attempts(carrying, 20, undefined, { messages: 1 });
  const stopped = watchRule(reconnectStorm);
  attempts(stopped, 20, undefined, { by: "tap" });
  const restarting = watchRule(reconnectStorm);
  attempts(restarting, 20, undefined, { by: "server" });
  const lasting = watchRule(reconnectStorm);
  for (let number = 1; number <= 20; number++) {
    lasting.see(linkOpened(link(number), { timeMs: 0 }));
    lasting.see(handshake(link(number), { timeMs: 0 }));
    lasting.see(linkClosed(link(number), {}, { timeMs: 3_000 + number }));
  }
  const slow = watchRule(reconnectStorm);
  for (let number = 1; number <= 20; number++) {
    const timeMs = number * 2_000;
    slow.see(linkOpened(link(number), { timeMs }));
    slow.see(handshake(link(number), { timeMs }));
    slow.see(linkClosed(link(number), {}, { timeMs }));
  }
  for (const { said } of [carrying, stopped, restarting, lasting, slow]) assert.deepEqual(said(), []);
});

test("reconnectStorm leaves to others what they explain: handshakes, heartbeats, and servers that are down", () => {
  const failing = watchRule(reconnectStorm);
  const crowded = watchRule(reconnectStorm);
  for (let number = 1; number <= 20; number++) {
    const [on, timeMs] = [link(number), number * 200];
    failing.see(linkOpened(on, { timeMs }));
    failing.see(handshake(on, { timeMs, state: "waiting", verdict: toldVerdict("silent-server") }));
    failing.see(handshake(on, { timeMs, state: "failed", verdict: toldVerdict("silent-server") }));
    failing.see(linkClosed(on, {}, { timeMs }));
    crowded.see(linkOpened(on, { timeMs }));
    crowded.see(handshake(on, { timeMs, verdict: toldVerdict("identity-in-use") }));
    crowded.see(linkClosed(on, {}, { timeMs }));
  }
  const overflowing = watchRule(reconnectStorm);
  attempts(overflowing, 20, (number, timeMs) => overflowing.see(ping(link(number), 660, { timeMs })));
  const restarted = watchRule(reconnectStorm);
  attempts(restarted, 20, (number, timeMs) => {
    if (number % 5 === 0) restarted.see({ link: null, event: "server-down", detail: { state: "down" }, timeMs });
  });
  for (const { said } of [failing, crowded, overflowing, restarted]) assert.deepEqual(said(), []);
  const beating = watchRule(reconnectStorm);
  attempts(beating, 10, (number, timeMs) => beating.see(ping(link(number), 20, { timeMs })));
  assert.equal(beating.said().length, 1);
});

test("reconnectStorm forgets what it cannot know, and looks at programs only", () => {
  const watched = watchRule(reconnectStorm);
  attempts(watched, 20, () => watched.skip());
  for (let number = 1; number <= 20; number++) {
    watched.see(linkOpened(link(number), { origin: "call" }));
    watched.see(handshake(link(number), { origin: "call" }));
    watched.see(linkClosed(link(number), {}, { origin: "call" }));
  }
  assert.deepEqual(watched.said(), []);
});
