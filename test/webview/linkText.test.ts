import assert from "node:assert/strict";
import { test } from "node:test";
import type { LinkRow } from "../../src/shared/pictures.ts";
import {
  closedText,
  endLines,
  isChosen,
  lifetimeMs,
  lifetimeTitle,
  type LinkColumn,
  linkKey,
  protocolText,
  subscriptionsText,
  usedColumns,
  waitingLines,
} from "../../webview/linkText.ts";

const OPENED = new Date(2026, 0, 31, 12, 0, 0).getTime();

const open: LinkRow = {
  link: 7,
  tap: "t1",
  tapName: "orders",
  origin: "wire",
  client: "127.0.0.1:51876",
  server: "127.0.0.1:5556",
  sockets: { client: "REQ", server: null },
  identity: { client: "gui-7", server: "" },
  version: "3.1",
  mechanism: "CURVE",
  verdict: "ready",
  isProblem: false,
  process: { client: "python3 (4711)", server: "" },
  subscriptions: [],
  subscriptionCount: 0,
  messages: [3, 4],
  bytes: [30, 40],
  pending: 0,
  queued: [0, 0],
  heldUpMs: [0, 0],
  openedMs: OPENED,
  closedMs: null,
  closedBy: "",
  findings: 0,
};

test("endLines names a socket with its identity, its program and its address", () => {
  assert.deepEqual(endLines(open, "client"), ["REQ gui-7", "python3 (4711)", "127.0.0.1:51876"]);
  assert.deepEqual(endLines(open, "server"), ["unknown socket", "127.0.0.1:5556"]);
});

test("usedColumns leaves out what no link has", () => {
  const always = ["link", "client", "server", "handshake", "messages", "bytes", "open"];
  assert.deepEqual([...usedColumns([open, open])], always);
  const others = [
    { ...open, tapName: "market", subscriptions: ["a"], subscriptionCount: 1 },
    { ...open, pending: 1 },
    { ...open, findings: 2 },
  ];
  assert.deepEqual([...usedColumns(others)], [...always, "tap", "subscriptions", "waiting", "findings"]);
});

test("A link's lifetime goes on while it is open, and it is known who closed it", () => {
  const closed = { ...open, closedMs: OPENED + 4200, closedBy: "client" };
  assert.deepEqual([open, closed, { ...closed, closedBy: "" }].map(closedText), ["open", "closed by client", "closed"]);
  assert.equal(lifetimeMs(open, OPENED + 185_000), 185_000);
  assert.equal(lifetimeMs(closed, OPENED + 185_000), 4200);
  assert.equal(lifetimeMs(open, OPENED - 5), 0);
  assert.equal(lifetimeTitle(open), "Opened 12:00:00.000");
  assert.equal(lifetimeTitle(closed), "Opened 12:00:00.000, closed 12:00:04.200");
});

test("subscriptionsText names a few, and the one to everything", () => {
  assert.equal(subscriptionsText(open), "");
  assert.equal(subscriptionsText({ ...open, subscriptions: ["", "md."], subscriptionCount: 2 }), "everything, md.");
  const many = { ...open, subscriptions: ["a", "b", "c"], subscriptionCount: 30 };
  assert.equal(subscriptionsText(many), "a, b and 28 more");
  assert.equal(subscriptionsText(many, 20), "a, b, c and 27 more");
});

test("waitingLines says only what waits", () => {
  assert.deepEqual(waitingLines(open), []);
  assert.deepEqual(waitingLines({ ...open, pending: 1, queued: [2048, 1024], heldUpMs: [1500, 3] }), [
    "1 request pending",
    "2 KiB to the server",
    "1 KiB to the client",
    "client held up 1.5 s",
    "server held up 3.0 ms",
  ]);
});

test("protocolText says what is known", () => {
  assert.equal(protocolText(open), "ZMTP 3.1 · CURVE");
  assert.equal(protocolText({ ...open, version: null, mechanism: null }), "");
  assert.equal(protocolText({ ...open, mechanism: "HTTP" }), "HTTP");
});

test("isChosen takes open links, or those with a problem or a finding", () => {
  const closed = { ...open, closedMs: OPENED + 1 };
  assert.deepEqual(
    [open, closed, { ...closed, isProblem: true }, { ...open, findings: 1 }].map((link) => [
      isChosen(link, "all"),
      isChosen(link, "open"),
      isChosen(link, "problems"),
    ]),
    [
      [true, true, false],
      [true, false, false],
      [true, false, true],
      [true, true, true],
    ],
  );
});

test("linkKey gives each column what it is sorted by", () => {
  const keys: Record<LinkColumn, number | string> = {
    link: 7,
    tap: "orders",
    client: "REQ gui-7 127.0.0.1:51876",
    server: "  127.0.0.1:5556",
    handshake: "1 ready CURVE",
    subscriptions: 0,
    messages: 7,
    bytes: 70,
    waiting: 0,
    open: 1000,
    findings: 0,
  };
  for (const [column, key] of Object.entries(keys))
    assert.equal(linkKey(open, column as LinkColumn, OPENED + 1000), key, column);
});
