import assert from "node:assert/strict";
import { test } from "node:test";
import { routerNeverAnswers } from "../../../src/proxy/findings/routerNeverAnswers.ts";
import {
  handshake,
  link,
  linkClosed,
  type SeenParts,
  toldVerdict,
  type WatchedRule,
  watchRule,
} from "../../support/seenRows.ts";

function exchanges({ see }: WatchedRule, number: number, times: number, fromMs: number, body = "order "): void {
  for (let time = 0; time < times; time++) {
    see({ link: link(number), frames: [`${body}${time}`], timeMs: fromMs + time * 100 });
    see({ link: link(number), dir: "s2c", frames: ["done"], timeMs: fromMs + time * 100 + 20 });
  }
}

const ask = (number: number, timeMs: number, parts: SeenParts = {}): SeenParts => ({
  link: link(number),
  frames: ["order 7"],
  timeMs,
  ...parts,
});

test("routerNeverAnswers tells a link that gets no reply to what others are answered", () => {
  const watched = watchRule(routerNeverAnswers);
  exchanges(watched, 1, 5, 0);
  const asked = watched.see(ask(2, 1_000));
  exchanges(watched, 1, 5, 1_100);
  watched.tick(5_900);
  assert.deepEqual(watched.said(), []);
  watched.tick(6_100);
  watched.tick(7_000);
  const [finding, ...others] = watched.told();
  assert.deepEqual(others, []);
  assert.equal(
    finding!.text,
    "The ROUTER at 127.0.0.1:5555 has answered others within 0.0 s, and link 2 not at all since its request 5.1 s ago: it may have dropped the reply.",
  );
  assert.deepEqual(
    [finding!.evidence, finding!.severity, finding!.isOpen, finding!.count],
    [[asked.n], "warning", true, 1],
  );
  watched.see(linkClosed(link(2), {}, { timeMs: 8_000 }));
  assert.equal(watched.told()[0]!.isOpen, false);
});

test("routerNeverAnswers takes back what a reply shows to be wrong", () => {
  const watched = watchRule(routerNeverAnswers);
  exchanges(watched, 1, 5, 0);
  watched.see(ask(2, 1_000));
  exchanges(watched, 1, 5, 1_100);
  watched.tick(8_000);
  assert.equal(watched.said().length, 1);
  watched.see({ link: link(2), dir: "s2c", frames: ["done"], timeMs: 9_000 });
  assert.deepEqual(watched.said(), []);
  watched.see(ask(2, 9_100));
  exchanges(watched, 1, 5, 9_200);
  watched.tick(30_000);
  assert.deepEqual(watched.said(), []);
});

test("routerNeverAnswers is silent while it may still come, and when nobody else is answered either", () => {
  const slow = watchRule(routerNeverAnswers);
  for (let time = 0; time < 10; time++) {
    slow.see({ link: link(1), frames: ["order 1"], timeMs: time * 1_000 });
    if (time === 5) slow.see(ask(2, 5_000));
    slow.see({ link: link(1), dir: "s2c", frames: ["done"], timeMs: time * 1_000 + 900 });
  }
  slow.tick(22_000);
  const hung = watchRule(routerNeverAnswers);
  exchanges(hung, 1, 20, 0);
  for (const number of [1, 2, 3]) hung.see(ask(number, 3_000));
  hung.tick(60_000);
  const few = watchRule(routerNeverAnswers);
  exchanges(few, 1, 2, 0);
  few.see(ask(2, 1_000));
  exchanges(few, 1, 2, 1_100);
  few.tick(60_000);
  for (const { said } of [slow, hung, few]) assert.deepEqual(said(), []);
});

test("routerNeverAnswers compares what looks alike: the method, or else how messages begin", () => {
  const said = (method: string) => ({ dialect: "json-rpc", method, id: null });
  for (const [usual, other, isTold] of [
    [{}, { frames: ["order 123456"] }, true],
    [{}, { frames: ["event 1"] }, false],
    [{}, { frames: ["", "order 1"] }, false],
    [{ said: said("add") }, { frames: ["anything"], said: said("add") }, true],
    [{ said: said("add") }, { said: said("log") }, false],
    [{}, { frames: [""] }, false],
    [{}, { heartbeat: true }, false],
    [{}, { origin: "call" }, false],
    [{}, { link: link(2, { sockets: { client: "ROUTER", server: "ROUTER" } }) }, false],
    [{}, { link: null }, false],
  ] as [SeenParts, SeenParts, boolean][]) {
    const watched = watchRule(routerNeverAnswers);
    const answered = (fromMs: number): void => {
      for (let time = 0; time < 6; time++) {
        watched.see(ask(1, fromMs + time * 10, usual));
        watched.see({ link: link(1), dir: "s2c", frames: ["done"], timeMs: fromMs + time * 10 + 5 });
      }
    };
    answered(0);
    watched.see(ask(2, 100, other));
    answered(200);
    watched.tick(20_000);
    assert.equal(watched.said().length, isTold ? 1 : 0, JSON.stringify(other));
  }
});

test("routerNeverAnswers leaves a client with an identity in use to others, and forgets what it cannot know", () => {
  const watched = watchRule(routerNeverAnswers);
  exchanges(watched, 1, 5, 0);
  watched.see(handshake(link(2), { verdict: toldVerdict("identity-in-use"), timeMs: 900 }));
  watched.see(handshake(link(3), { timeMs: 900 }));
  watched.see({ link: null, event: "server-down", detail: {}, timeMs: 900 });
  watched.see(ask(2, 1_000));
  exchanges(watched, 1, 5, 1_100);
  watched.tick(20_000);
  assert.deepEqual(watched.said(), []);
  watched.see(ask(4, 20_000));
  exchanges(watched, 1, 5, 20_100);
  watched.tick(40_000);
  assert.equal(watched.told()[0]!.isOpen, true);
  watched.skip();
  assert.equal(watched.told()[0]!.isOpen, false);
  watched.see(linkClosed(link(9)));
});

test("routerNeverAnswers says why requests wait", () => {
  const REQ = { sockets: { client: "REQ", server: "ROUTER" } } as const;
  const watched = watchRule(routerNeverAnswers);
  const causes = (number: number) => [...watched.requests.ofLink(number)].map(({ cause }) => cause);
  exchanges(watched, 1, 5, 0);
  watched.see(handshake(link(2), { verdict: toldVerdict("identity-in-use") }));
  for (const number of [2, 3]) watched.see(ask(number, 1_000, { link: link(number, REQ), exchange: "pending" }));
  exchanges(watched, 1, 5, 1_100);
  watched.tick(20_000);
  assert.deepEqual([causes(2), causes(3)], [["its identity is in use"], ["the ROUTER may have dropped the reply"]]);
  watched.see(ask(3, 20_500, { link: link(3, REQ), exchange: "pending" }));
  watched.tick(21_000);
  assert.deepEqual(causes(3).length, 2);
  assert.deepEqual(new Set(causes(3)).size, 1);
});

test("routerNeverAnswers looks closer at some of very many requests", () => {
  const watched = watchRule(routerNeverAnswers);
  exchanges(watched, 1, 70, 0, "usual ");
  exchanges(watched, 1, 58, 7_000, "later ");
  watched.see(ask(2, 13_000, { frames: ["later 1"] }));
  exchanges(watched, 1, 5, 13_100, "later ");
  watched.tick(30_000);
  // Too few of those that look like it were looked at.
  assert.deepEqual(watched.said(), []);
  exchanges(watched, 1, 300, 30_000, "later ");
  watched.tick(70_000);
  assert.equal(watched.said().length, 1);
});
