import assert from "node:assert/strict";
import { test } from "node:test";
import type { Row } from "../../src/shared/model.ts";
import { Lanes, shortAddress } from "../../webview/sequenceLanes.ts";
import { makeRow } from "./support/rows.ts";

const request = (n: number, link: number, peer: string, part: Partial<Row> = {}): Row =>
  makeRow(n, { link, peer, ...part });
const reply = (n: number, link: number, part: Partial<Row> = {}): Row =>
  makeRow(n, { link, from: "server", peer: "127.0.0.1:5556", exchange: "reply", partner: n - 1, ...part });

function lanesOf(...rows: readonly Row[]): { readonly lanes: Lanes; readonly names: readonly string[] } {
  const lanes = new Lanes();
  lanes.learn(rows);
  return { lanes, names: lanes.shown(rows).map(({ name, detail }) => `${name} (${detail})`) };
}

test("Lanes stand in the order of taps, each with its clients and then its server", () => {
  const { names } = lanesOf(
    request(1, 1, "127.0.0.1:51876"),
    reply(2, 1),
    request(3, 3, "10.0.0.7:9 (gui-7)", {
      tap: "t2",
      tapName: "market",
      sockets: { client: "DEALER", server: "ROUTER" },
    }),
    request(4, 2, "127.0.0.1:51880"),
  );
  assert.deepEqual(names, [
    ":51876 (REQ)",
    ":51880 (REQ)",
    "orders (REP · :5556)",
    "gui-7 (DEALER · 10.0.0.7:9)",
    "market (ROUTER)",
  ]);
});

test("A client that connects again with its identity keeps its lane", () => {
  const { lanes, names } = lanesOf(request(1, 1, "127.0.0.1:51876 (gui-7)"), request(2, 2, "127.0.0.1:60000 (gui-7)"));
  assert.deepEqual(names, ["gui-7 (REQ)", "orders (REP)"]);
  assert.deepEqual(lanes.endsOf({ link: 1 }), lanes.endsOf({ link: 2 }));
});

test("A peer is known better once its handshake has told who it is", () => {
  const opened = makeRow(1, {
    kind: "event",
    event: "link-opened",
    from: null,
    sockets: { client: null, server: null },
  });
  const { lanes, names } = lanesOf(opened);
  assert.deepEqual(names, [":51876 ()", "orders ()"]);
  assert.equal(lanes.learn([request(2, 1, "127.0.0.1:51876 (gui-7)")]), true);
  assert.deepEqual(
    lanes.shown([opened]).map(({ name }) => name),
    ["gui-7", "orders"],
  );
  assert.equal(lanes.learn([request(3, 1, "127.0.0.1:51876 (gui-7)")]), false);
});

test("Calls and replays of ours come from ZMQ Tap", () => {
  const { names } = lanesOf(request(1, 1, "call", { origin: "call" }), request(2, 2, "x", { origin: "replay" }));
  assert.deepEqual(names, ["ZMQ Tap (REQ · call)", "ZMQ Tap (REQ · replay)", "orders (REP)"]);
});

test("A bridge stands between its clients and its servers", () => {
  const bridge = { tap: "b", tapName: "relay", origin: "bridge" } as const;
  const { lanes, names } = lanesOf(
    request(1, 1, "127.0.0.1:51876", bridge),
    reply(2, 1, { ...bridge, peer: "ZMQ Tap" }),
    request(3, 2, "ZMQ Tap", bridge),
    reply(4, 2, bridge),
  );
  assert.deepEqual(names, [":51876 (REQ)", "relay (bridge)", ":5556 (REP)"]);
  assert.equal(lanes.endsOf({ link: 1 })!.server, lanes.endsOf({ link: 2 })!.client);
});

test("Where there are many peers, only those in sight have lanes, in the order of all", () => {
  const rows = Array.from({ length: 40 }, (_, i) => request(i + 1, i + 1, `10.0.0.1:${i + 1}`));
  const lanes = new Lanes();
  lanes.learn(rows);
  assert.deepEqual(
    lanes.shown([rows[30]!, rows[3]!]).map(({ name }) => name),
    ["10.0.0.1:4", "10.0.0.1:31", "orders"],
  );
});

test("Lanes remember a bounded number of links", () => {
  const lanes = new Lanes();
  for (let link = 1; link <= 5_001; link++) lanes.learn([request(link, link, `10.0.0.1:${link}`)]);
  assert.equal(lanes.endsOf({ link: 1 }), null);
  assert.notEqual(lanes.endsOf({ link: 2 }), null);
  lanes.forget();
  assert.equal(lanes.endsOf({ link: 2 }), null);
});

test("What is of no link has no ends", () => {
  const { lanes } = lanesOf(makeRow(1, { link: 0, kind: "event", event: "gap", from: null }));
  assert.equal(lanes.endsOf({ link: 0 }), null);
});

test("shortAddress leaves out this machine only", () => {
  assert.equal(shortAddress("127.0.0.1:5"), ":5");
  assert.equal(shortAddress("[::1]:5"), ":5");
  assert.equal(shortAddress("127.0.0.10:5"), "127.0.0.10:5");
  assert.equal(shortAddress("ipc:///tmp/x"), "ipc:///tmp/x");
});
