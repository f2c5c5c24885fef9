import assert from "node:assert/strict";
import { test } from "node:test";
import type { TapState } from "../../src/shared/model.ts";
import type { StandIn, StandInState } from "../../src/shared/standIn.ts";
import {
  cutQuestion,
  describeFailing,
  describeLink,
  describeLinkTraffic,
  describeTap,
  sayTap,
  explainFailing,
  explainLink,
  passedByLine,
  shortEndpoint,
  statusBarText,
  suggestName,
  watchLine,
} from "../../src/shared/tapText.ts";
import { link, tap } from "../support/tapStates.ts";
import { wrongKey } from "../support/verdicts.ts";

const answering: StandIn = {
  kind: "answers",
  socket: "REP",
  from: { kind: "live", tap: null },
  dialect: null,
  delayMs: 0,
};
const listening = { kind: "signals", socket: "PULL", topics: [], connects: false } as const;
const idle: StandInState = {
  answered: 0,
  byDefault: 0,
  unanswered: 0,
  signals: 0,
  last: "",
  known: 0,
  leftOut: 0,
  problem: null,
};

const busy = { destinations: 2, connections: 3, made: 9, denied: 1, unreached: 0, faulty: 0, surplus: 0 };

const taps: Record<string, { state: TapState; says: string }> = {
  "that listens": { state: tap, says: ":41234 → :5556 · 0/s" },
  "with traffic": {
    state: { ...tap, messages: 1234, bytes: 2_500_000, messagesPerSecond: 142.4 },
    says: ":41234 → :5556 · 142/s · 1,234 msgs · 2.5 MB",
  },
  "that is stopped": {
    state: { ...tap, status: "stopped", listening: "", messages: 5_200_000, bytes: 900 },
    says: "stopped · :* → :5556 · 5.2 M msgs · 900 B",
  },
  "that only relays": {
    state: { ...tap, config: { ...tap.config, isCaptured: false } },
    says: "not captured · :41234 → :5556 · 0/s",
  },
  "that is a SOCKS server which only relays": {
    state: { ...tap, config: { ...tap.config, socks: { allow: [] }, isCaptured: false }, socks: busy },
    says: "not captured · :41234 · 2 destinations · 3 connections · 1 denied",
  },
  "whose clients fail": {
    state: { ...tap, failing: [{ client: "127.0.0.1", count: 3, verdict: wrongKey }] },
    says: ":41234 → :5556 · 0/s · 1 failing",
  },
  "that is a SOCKS server": {
    state: { ...tap, config: { ...tap.config, socks: { allow: [] } }, listening: "tcp://127.0.0.1:1080", socks: busy },
    says: ":1080 · 2 destinations · 3 connections · 1 denied",
  },
  "that is a stopped SOCKS server": {
    state: { ...tap, config: { ...tap.config, socks: { allow: [] } }, listening: "", status: "stopped" },
    says: "stopped · :*",
  },
  "that is a SOCKS server which cannot start": {
    state: { ...tap, config: { ...tap.config, socks: { allow: [] } }, status: "failed", problem: "The port is taken." },
    says: "failed · The port is taken.",
  },
  "of a SOCKS server's destination": {
    state: { ...tap, config: { ...tap.config, door: "t2" }, links: [link], messages: 5, bytes: 20 },
    says: "1 link · 0/s · 5 msgs · 20 B",
  },
  "of a destination that is down": {
    state: { ...tap, config: { ...tap.config, door: "t2" }, status: "server-down" },
    says: "server down · 0 links",
  },
  "whose server is down": { state: { ...tap, status: "server-down" }, says: "server down · :41234 → :5556" },
  "that answers calls": {
    state: {
      ...tap,
      config: { ...tap.config, standIn: answering },
      standIn: { ...idle, answered: 3, last: "add" },
    },
    says: ":41234 answers calls · 3 answered · last add · 0/s",
  },
  "that listens for signals": {
    state: { ...tap, config: { ...tap.config, standIn: listening }, standIn: { ...idle, signals: 2 } },
    says: "listens for signals on :41234 · 2 signals · 0/s",
  },
  "whose socket connects": {
    state: { ...tap, config: { ...tap.config, standIn: { ...listening, connects: true } } },
    says: "listens for signals from :5556 · 0/s",
  },
  "that failed": {
    state: { ...tap, status: "failed", problem: "The port is taken." },
    says: "failed · The port is taken.",
  },
};
for (const [name, { state, says }] of Object.entries(taps)) {
  test(`describeTap says the ends, the numbers and what is not as usual of a tap ${name}`, () =>
    assert.equal(describeTap(state), says));
}

test("sayTap says in words what the icon of a tap shows", () => {
  assert.equal(sayTap(tap), "orders, listening, :41234 → :5556 · 0/s");
  assert.equal(sayTap({ ...tap, status: "stopped" }), "orders, stopped · :41234 → :5556");
  assert.equal(sayTap({ ...tap, config: { ...tap.config, door: "t2" } }), "orders, 0 links · 0/s");
});

test("describeLink names the socket pair with identities", () => {
  assert.equal(describeLink(link), "REQ gui-7 → REP");
  assert.equal(
    describeLink({ ...link, sockets: { client: null, server: null }, identity: { client: "", server: "" } }),
    `link ${link.link}`,
  );
  assert.equal(describeLink({ ...link, sockets: { client: "REQ", server: null } }), "REQ gui-7 → ?");
  assert.equal(describeLink({ ...link, origin: "replay" }), "REQ gui-7 → REP (replay)");
});

test("describeLinkTraffic says what is unusual about a link", () => {
  assert.equal(describeLinkTraffic(link), "48 msgs · 127.0.0.1:51880");
  assert.equal(
    describeLinkTraffic({ ...link, mechanism: "CURVE", pending: 1, handshake: "waiting" }),
    "handshake waiting · CURVE · 48 msgs · 1 pending · 127.0.0.1:51880",
  );
  assert.equal(describeLinkTraffic({ ...link, handshake: "opaque" }), "not ZeroMQ · 48 msgs · 127.0.0.1:51880");
});

test("describeLinkTraffic says in a few words what is wrong with a link", () => {
  const taken = { ...link, verdict: { ...wrongKey, id: "pair-taken" } };
  assert.equal(describeLinkTraffic(taken), "pair taken · 48 msgs · 127.0.0.1:51880");
  assert.match(describeLinkTraffic({ ...taken, handshake: "opaque" }), /^not ZeroMQ · 48/);
});

test("describeFailing and explainFailing say how often a client failed, why, and what to do", () => {
  const client = { client: "127.0.0.1", count: 1, verdict: wrongKey };
  assert.equal(describeFailing(client), "wrong server key");
  assert.equal(describeFailing({ ...client, count: 1200 }), "wrong server key · 1,200 times");
  assert.match(explainFailing(client), /^127\.0\.0\.1: 1 handshake did not succeed\nVerdict: The client has the wrong/);
  assert.match(
    explainFailing({ ...client, count: 2 }),
    /2 handshakes .*\n.*\nWhat to do: Give .*\nClient tries again: by itself/,
  );
});

test("explainLink says who talks to whom, how, and what is wrong", () => {
  assert.equal(explainLink(link), "Link 3: 127.0.0.1:51880 → 127.0.0.1:5556\nZMTP 3.1, NULL, handshake done");
  const http = { ...link, mechanism: "HTTP" };
  assert.equal(explainLink(http), "Link 3: 127.0.0.1:51880 → 127.0.0.1:5556\nHTTP/1, shown as REQ and REP");
  assert.match(describeLinkTraffic(http), /^HTTP · /);
  assert.match(describeLinkTraffic({ ...http, handshake: "opaque" }), /^not HTTP any more · /);
  assert.match(explainLink({ ...link, version: null, handshake: "waiting" }), /\nHandshake waiting$/);
  assert.match(explainLink({ ...link, mechanism: null, verdict: wrongKey }), /no mechanism.*\nVerdict: The client has/);
});

test("describeLinkTraffic lists a few topics and counts the rest", () => {
  const some = { ...link, subscriptions: ["10001", ""], subscriptionCount: 2 };
  assert.match(describeLinkTraffic(some), / · 10001, everything · /);
  const many = { ...link, subscriptions: ["a", "b", "c", "d"], subscriptionCount: 30 };
  assert.match(describeLinkTraffic(many), / · a, b, c and 27 more · /);
});

test("statusBarText counts taps and adds up their rates", () => {
  assert.equal(
    statusBarText([
      { ...tap, messagesPerSecond: 100 },
      { ...tap, messagesPerSecond: 43 },
    ]),
    "$(radio-tower) ZMQ 2 ▸ 143/s",
  );
  assert.equal(statusBarText([{ ...tap, messagesPerSecond: 250_000 }]), "$(radio-tower) ZMQ 1 ▸ 250 k/s");
});

test("a tap that watches all topics says so, and whether it can", () => {
  const watching = { ...tap, watch: { isOn: true, problem: null } };
  assert.match(describeTap(watching), / · watches all topics/);
  assert.match(watchLine(watching.watch), /^Watches all topics with a subscriber of its own/);
  assert.equal(
    watchLine({ isOn: false, problem: "The server is not there." }),
    "Watches all topics as soon as it can: The server is not there.",
  );
  assert.equal(watchLine({ isOn: false, problem: null }), "Watches all topics as soon as it can");
});

test("shortEndpoint leaves out what most endpoints have", () => {
  assert.equal(shortEndpoint("tcp://127.0.0.1:5556"), ":5556");
  assert.equal(shortEndpoint("tcp://localhost:5556"), ":5556");
  assert.equal(shortEndpoint("tcp://host:5556"), "host:5556");
  assert.equal(shortEndpoint("ipc:///tmp/a"), "ipc:///tmp/a");
});

test("suggestName gives a short name that is not taken", () => {
  assert.equal(suggestName("tcp://127.0.0.1:5556", []), "tap 5556");
  assert.equal(suggestName("tcp://127.0.0.1:5556", ["tap 5556", "tap 5556 (2)"]), "tap 5556 (3)");
  assert.equal(suggestName("ipc:///tmp/orders.sock", []), "orders");
  assert.equal(suggestName("ipc://@abstract", []), "abstract");
});

test("passedByLine says what was not captured", () => {
  assert.match(passedByLine({ messages: 1, bytes: 12, sinceMs: 0 }), /^Only relays: 1 message \(12 B\) passed by/);
  assert.match(passedByLine({ messages: 1200, bytes: 2500, sinceMs: 0 }), /1,200 messages \(2.5 kB\)/);
});

test("cutQuestion asks for taps that programs are connected through, and counts these", () => {
  const own = { ...link, origin: "watch" as const };
  assert.equal(cutQuestion(false, [{ ...tap, links: [own] }], [{ ...tap, links: [own] }]), null);
  assert.equal(cutQuestion(false, [], [tap]), null);
  const one = { ...tap, links: [link, own] };
  assert.equal(
    cutQuestion(false, [one], [one])?.message,
    'Stop the tap "orders"? 1 client is connected through it, and will be cut from the server.',
  );
  const many = { ...tap, config: { ...tap.config, id: "b" }, links: [link, link], moreLinks: 1000 };
  assert.match(cutQuestion(true, [one], [one])?.message ?? "", /^Remove the tap "orders"\? 1 client is /);
  assert.match(cutQuestion(true, [many], [many])?.message ?? "", /^Remove the tap "orders"\? 1,002 clients are /);
  const both = cutQuestion(false, [one, many], [one, many, { ...many, config: { ...many.config, id: "c" } }]);
  assert.match(both?.message ?? "", /^Stop these taps\? 1,003 clients are connected through them/);
  assert.match(both?.detail ?? "", /Stop Capturing keeps them connected/);
  const socks = { ...tap, config: { ...tap.config, id: "s", socks: { allow: [] } } };
  const destination = { ...tap, config: { ...tap.config, id: "d", door: "s" }, links: [link, link] };
  assert.match(cutQuestion(false, [socks], [socks, destination])?.message ?? "", /2 clients are/);
});
