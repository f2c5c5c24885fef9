import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Router } from "zeromq";
import { Callers, type CallersOptions, type CallerRequest } from "../../../src/proxy/bridge/callers.ts";
import { SocketLink } from "../../../src/proxy/socketLink.ts";
import { noCounts } from "../../../src/shared/bridges.ts";
import { LOOPBACK, peersOf } from "../../support/bridges.ts";
import { until } from "../../support/until.ts";

/** A REP leg whose requests the test answers; its links are written down by name. */
async function callersOf(t: TestContext, options: Partial<CallersOptions> = {}) {
  const socket = new Router({ linger: 0, mandatory: true, sendTimeout: 0 });
  t.after(() => socket.close());
  await socket.bind(LOOPBACK);
  const counters = noCounts();
  const requests: CallerRequest[] = [];
  const open = new Set<string>();
  const callers = new Callers(socket, {
    counters,
    maxMessages: 1_000,
    maxBytes: 1_000_000,
    answersInOrder: false,
    openLink: (client, identity) => {
      const name = `${client}${String(identity)}`;
      open.add(name);
      return new SocketLink(
        {
          tap: { id: "b", name: "b" },
          origin: "bridge",
          sockets: { client: "REQ", server: "REP" },
          addresses: { client, server: "" },
        },
        () => ({ received: () => undefined, closed: () => open.delete(name) }),
      );
    },
    onRequest: (request) => requests.push(request),
    ...options,
  });
  const running = callers.run();
  running.catch(() => undefined);
  return { callers, counters, requests, open, socket, running, endpoint: socket.lastEndpoint! };
}

const reply = [Buffer.from("ok")];

test("Callers have one request of each caller answered at a time, unless answers come in order anyway", async (t) => {
  const peers = peersOf(t);
  const { requests, endpoint, callers } = await callersOf(t);
  const dealer = peers.dealer(endpoint, { routingId: " of mine" });
  for (let count = 0; count < 3; count++) await dealer.send(["hop", "", String(count)]);
  await until(() => callers.pending === 3);
  assert.deepEqual(
    requests.map(({ frames, bytes }) => [frames.map(String), bytes]),
    [[["0"], 1]],
  );
  requests[0]!.answer(reply);
  requests[0]!.answer(reply);
  assert.equal(requests.length, 2);
  requests[1]!.answer(reply);
  requests[2]!.answer(reply);
  for (let count = 0; count < 3; count++) assert.deepEqual((await dealer.receive()).map(String), ["hop", "", "ok"]);
  assert.deepEqual([callers.pending, callers.pendingBytes], [0, 0]);
  const other = await callersOf(t, { answersInOrder: true });
  const second = peers.dealer(other.endpoint);
  for (let count = 0; count < 3; count++) await second.send(["", String(count)]);
  await until(() => other.requests.length === 3);
});

test("Callers read no more requests than may be open, in number and octets", async (t) => {
  const peers = peersOf(t);
  for (const limits of [{ maxMessages: 2 }, { maxBytes: 20 }]) {
    const { requests, endpoint, callers, counters } = await callersOf(t, { ...limits, answersInOrder: true });
    const dealer = peers.dealer(endpoint);
    for (let count = 0; count < 5; count++) await dealer.send(["", "ten octets"]);
    for (let answered = 0; answered < 5; answered++) {
      await until(() => requests.length === Math.min(answered + 2, 5));
      assert.ok(callers.pending <= 2);
      requests[answered]!.answer(reply);
    }
    for (let count = 0; count < 5; count++) await dealer.receive();
    assert.deepEqual([counters.received, counters.answered], [5, 5]);
  }
});

test("Callers answer any number of requests of one caller that are answered at once", async (t) => {
  const peers = peersOf(t);
  let first: CallerRequest | null = null;
  const { endpoint, callers, socket } = await callersOf(t, {
    maxMessages: 50_000,
    onRequest: (request) => {
      if (first === null) first = request;
      else request.answer(reply);
    },
  });
  socket.sendHighWaterMark = 0;
  const dealer = peers.dealer(endpoint, { sendHighWaterMark: 0, receiveHighWaterMark: 0 });
  for (let count = 0; count < 20_000; count++) await dealer.send(["", "x"]);
  await until(() => callers.pending === 20_000);
  first!.answer(reply);
  assert.equal(callers.pending, 0);
});

test("Callers keep 256 links open, and close them all in the end", async (t) => {
  const peers = peersOf(t);
  const { open, requests, endpoint, callers, counters } = await callersOf(t);
  for (let count = 0; count < 300; count++) {
    const dealer = peers.dealer(endpoint);
    await dealer.send(["", "x"]);
    await until(() => requests.length === count + 1);
    // The first one stays unanswered, and so stays open.
    if (count > 0) requests[count]!.answer(reply);
    if (count > 0) await dealer.receive();
    if (count > 0) dealer.close();
  }
  assert.equal(open.size, 256);
  assert.ok(open.has("caller 1") && !open.has("caller 2") && open.has("caller 300"));
  assert.equal(counters.answered, 299);
  callers.closeLinks();
  assert.equal(open.size, 0);
});

test("Callers end with their socket, and answer nothing then", async (t) => {
  const peers = peersOf(t);
  const { requests, endpoint, socket, running, counters } = await callersOf(t);
  await peers.request(endpoint).send("x");
  await until(() => requests.length === 1);
  socket.close();
  requests[0]!.answer(reply);
  assert.equal(counters.answered, 0);
  await assert.rejects(running);
});
