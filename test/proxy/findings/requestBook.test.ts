import assert from "node:assert/strict";
import { test } from "node:test";
import { RequestBook } from "../../../src/proxy/findings/requestBook.ts";
import type { SeenRow } from "../../../src/proxy/findings/rule.ts";
import { EXCHANGES, type ExchangeState } from "../../../src/shared/model.ts";
import { LINK, row, toSubject } from "../../support/filterRows.ts";

const REQ_ROUTER = { client: "REQ", server: "ROUTER" } as const;

/** Requests by what has become of them, and the rows that tell. */
function book(): {
  readonly requests: RequestBook;
  readonly states: Map<number, ExchangeState>;
  readonly ask: (n: number, link?: number, state?: ExchangeState) => void;
  readonly reply: (n: number, partner: number, link?: number) => void;
  readonly close: (link?: number, timeNs?: number) => void;
} {
  const states = new Map<number, ExchangeState>();
  const requests = new RequestBook((n) => EXCHANGES.indexOf(states.get(n) ?? "none"));
  const seen = (n: number, link: number, exchange: ExchangeState, partner = -1): SeenRow => ({
    ...toSubject(row({ n, link: { ...LINK, link, sockets: REQ_ROUTER }, exchange, timeNs: n, frames: ["", "work"] })),
    partner,
    isCopy: false,
    detail: () => null,
    commandBody: () => null,
  });
  return {
    requests,
    states,
    ask: (n, link = 1, state = "pending") => {
      states.set(n, state);
      requests.message(seen(n, link, state));
    },
    reply: (n, partner, link = 1) => {
      states.set(partner, "answered");
      requests.message(seen(n, link, "reply", partner));
    },
    close: (link = 1, timeNs = 0) => {
      requests.event({
        ...seen(0, link, "none"),
        ...{ event: "link-closed", timeNs },
      });
    },
  };
}

const named = () => ({ tap: "id", method: "work", sinceMs: 0 });
const listed = (requests: RequestBook, nowNs = 0): number[] => requests.list(nowNs, named).map(({ n }) => n);

test("RequestBook has what waits, link by link, until its reply or its link is gone", () => {
  const { requests, ask, reply, close } = book();
  ask(1);
  ask(2);
  ask(3, 2);
  assert.deepEqual(
    [[...requests.ofLink(1)].map(({ n }) => n), [...requests.links()], listed(requests)],
    [
      [1, 2],
      [1, 2],
      [1, 2, 3],
    ],
  );
  reply(4, 1);
  reply(5, 99);
  assert.deepEqual(listed(requests), [2, 3]);
  close(1);
  close(1);
  assert.deepEqual([listed(requests), requests.count(0), [...requests.links()]], [[3], 1, [2]]);
  requests.clear();
  assert.deepEqual(listed(requests), []);
});

test("RequestBook leaves out what was given up or lost, though rules see it until then", () => {
  const { requests, states, ask } = book();
  ask(1);
  states.set(1, "abandoned");
  assert.deepEqual([listed(requests), [...requests.ofLink(1)].length], [[], 1]);
  ask(2, 1, "lost");
  assert.deepEqual([listed(requests), [...requests.ofLink(1)].map(({ n }) => n)], [[], [2]]);
  ask(3, 1, "answered");
  assert.equal([...requests.ofLink(1)].length, 1);
});

test("RequestBook goes on to list for a while what a peer left behind, with why", () => {
  const { requests, ask, close } = book();
  ask(1);
  ask(2);
  for (const request of requests.ofLink(1)) if (request.n === 1) request.cause = "its peer left";
  close(1, 1e9);
  assert.deepEqual(
    requests.list(2e9, named).map(({ n, cause }) => [n, cause]),
    [[1, "its peer left"]],
  );
  assert.deepEqual(listed(requests, 100e9), []);
});

test("RequestBook lists no more than 200, counts all, and leaves out rows that are gone", () => {
  const { requests, ask } = book();
  for (let n = 300; n >= 1; n--) ask(n);
  assert.deepEqual([listed(requests).length, listed(requests)[0], requests.count(0)], [200, 1, 300]);
  assert.deepEqual(
    requests.list(0, ({ n }) => (n > 298 ? named() : null)).map(({ n }) => n),
    [299, 300],
  );
});
