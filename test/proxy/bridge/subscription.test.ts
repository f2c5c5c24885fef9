import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import * as zmq from "zeromq";
import { Subscription, type SubscriptionOptions } from "../../../src/proxy/bridge/subscription.ts";
import { SocketLink } from "../../../src/proxy/socketLink.ts";
import { noCounts } from "../../../src/shared/bridges.ts";
import { LOOPBACK, peersOf } from "../../support/bridges.ts";
import { until } from "../../support/until.ts";

async function subscriptionOf(t: TestContext, endpoint: string, options: Partial<SubscriptionOptions> = {}) {
  const counters = noCounts();
  const heard: string[] = [];
  const links: string[] = [];
  const subscription = new Subscription(endpoint, {
    zmq,
    context: new zmq.Context(),
    attach: "connect",
    security: {},
    recreateTimeoutMs: 0,
    maxMessageBytes: 1_000_000,
    counters,
    openLink: (at) => {
      links.push("opened");
      return new SocketLink(
        {
          tap: { id: "b", name: "b" },
          origin: "bridge",
          sockets: { client: "SUB", server: "PUB" },
          addresses: { client: "", server: at },
        },
        () => ({ received: () => undefined, closed: () => void links.push("closed") }),
      );
    },
    onMessage: (frames, isBeat) => {
      heard.push(`${frames.map(String).join()}${isBeat ? " beats" : ""}`);
      return null;
    },
    onFailure: (error) => heard.push(String(error)),
    ...options,
  });
  t.after(() => subscription.close());
  await subscription.open();
  return { subscription, counters, heard, links };
}

test("Subscription hears all topics whole, knows heartbeats, and reads on when a message is done", async (t) => {
  const publisher = await peersOf(t).publisher();
  let release = (): void => undefined;
  const heard: string[] = [];
  const { counters, subscription } = await subscriptionOf(t, publisher.lastEndpoint, {
    onMessage: (frames, isBeat) => {
      heard.push(`${frames.map(String).join()}${isBeat ? " beats" : ""}`);
      return heard.at(-1) === "hold" ? new Promise((resolve) => (release = resolve)) : null;
    },
  });
  await until(async () => {
    await publisher.send(["a", "", "b"]);
    return heard.length > 0;
  });
  for (const text of ["zmq_sub_heartbeat", "hold", "next"]) await publisher.send(text);
  await until(() => heard.at(-1) === "hold");
  assert.deepEqual([heard[0], heard.at(-2), counters.heartbeats], ["a,,b", "zmq_sub_heartbeat beats", 1]);
  release();
  await until(() => heard.at(-1) === "next");
  assert.equal(counters.received, heard.length);
  subscription.close();
});

test("Subscription is made anew behind silence, not while it hears something", async (t) => {
  const publisher = await peersOf(t).publisher();
  const { counters, links, heard } = await subscriptionOf(t, publisher.lastEndpoint, { recreateTimeoutMs: 200 });
  const beating = setInterval(() => void publisher.send("zmq_sub_heartbeat"), 20);
  t.after(() => clearInterval(beating));
  await until(() => heard.length >= 40);
  assert.deepEqual([counters.recreated, links], [0, ["opened"]]);
  clearInterval(beating);
  await until(() => counters.recreated === 2);
  assert.deepEqual(links, ["opened", "closed", "opened", "closed", "opened"]);
  const before = heard.length;
  await until(async () => {
    await publisher.send("back");
    return heard.length > before;
  });
});

test("Subscription that binds is never made anew, and tells a failure of what it hands on", async (t) => {
  const { counters, subscription, heard } = await subscriptionOf(t, LOOPBACK, {
    attach: "bind",
    recreateTimeoutMs: 40,
    onMessage: () => Promise.reject(new Error("the way out is closed")),
  });
  const publisher = new zmq.Publisher({ linger: 0 });
  t.after(() => publisher.close());
  publisher.connect(subscription.endpoint);
  await until(async () => {
    await publisher.send("x");
    return heard.length > 0;
  });
  assert.deepEqual([heard, counters.recreated], [["Error: the way out is closed"], 0]);
});
