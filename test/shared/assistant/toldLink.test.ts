import assert from "node:assert/strict";
import { test } from "node:test";
import { useTool } from "../../../src/shared/assistant/assistant.ts";
import type { Finding } from "../../../src/shared/findings.ts";
import { NO_FINDINGS } from "../../../src/shared/findings.ts";
import type { CaptureStats, LinkState, Row, TapState } from "../../../src/shared/model.ts";
import { type LinkRow, NO_LINKS } from "../../../src/shared/pictures.ts";
import { answering, testAssistant } from "../../support/assistant.ts";

const FILTER = { filter: 1, text: "", hits: 0, firstHit: 0, looked: 0, unknown: 0, notListed: 0, again: 0, done: true };
const noRows = {
  "capture/stats": { kept: 0, file: null } as unknown as CaptureStats,
  "filter/start": FILTER,
  "filter/stop": null,
  "rows/read": { from: 0, rows: [], total: 0, firstN: 1, nowMs: 0 },
  "findings/read": NO_FINDINGS,
  "picture/links": NO_LINKS,
  "tap/list": [],
};

const linkRow: LinkRow = {
  link: 3,
  tap: "t1",
  tapName: "backend",
  origin: "wire",
  client: "127.0.0.1:40001",
  server: "127.0.0.1:5556",
  sockets: { client: "SUB", server: "PUB" },
  identity: { client: "me", server: "" },
  version: "3.1",
  mechanism: "NULL",
  verdict: "done",
  isProblem: true,
  process: { client: "python3 (4711)", server: "" },
  subscriptions: ["weather"],
  subscriptionCount: 1,
  messages: [0, 7],
  bytes: [0, 70],
  pending: 0,
  queued: [0, 5],
  heldUpMs: [0, 12],
  openedMs: 0,
  closedMs: 1000,
  closedBy: "the client",
  findings: 1,
};

const finding = (link: number, at: number): Finding => ({
  key: `k${at}`,
  id: "slow-subscriber",
  severity: "warning",
  text: "It does not keep up.",
  advice: "Read faster.",
  tap: "t1",
  tapName: "backend",
  link,
  evidence: [at],
  count: 1,
  firstMs: 0,
  lastMs: 0,
  isOpen: false,
});

test("explain_zmq_link tells of a closed link what its row, events and findings say", async () => {
  const row = { n: 5, timeMs: 0, topic: "", preview: "closed", event: "link-closed", tapName: "backend", link: 3 };
  const source = answering({
    ...noRows,
    "picture/links": { links: [linkRow], forgotten: 0, nowMs: 0 },
    "rows/read": { from: 0, rows: [{ ...emptyRow, ...row } as Row], total: 30, firstN: 1, nowMs: 0 },
    "message/read": {
      row: emptyRow,
      frames: [],
      moreFrames: 0,
      link: [{ label: "Handshake", value: "client: greeting 3.1 NULL" }],
      event: [{ label: "Verdict", value: "all is well" }],
      said: null,
    },
    "findings/read": {
      ...NO_FINDINGS,
      findings: [...Array.from({ length: 22 }, (_, at) => finding(3, at)), finding(4, 99)],
      pending: [
        { n: 8, tap: "t1", tapName: "backend", link: 3, peer: "p", method: "m", sinceMs: 0, cause: "no reply yet" },
      ],
    },
  });
  const told = JSON.parse(await useTool(source, "explain_zmq_link", { link: 3 })) as Record<string, unknown>;
  assert.deepEqual(told["messages"], { fromClient: 0, fromServer: 7 });
  assert.deepEqual(told["handshake"], { Handshake: "client: greeting 3.1 NULL", Verdict: "all is well" });
  assert.deepEqual([told["closed"], told["closedBy"]], ["1970-01-01T00:00:01.000Z", "the client"]);
  assert.deepEqual(told["subscriptions"], ["weather"]);
  assert.equal((told["findings"] as unknown[]).length, 20);
  assert.equal(told["moreFindings"], 2);
  assert.equal((told["pending"] as unknown[]).length, 1);
  assert.equal(told["pendingCount"], 0);
  assert.equal((told["latestEvents"] as readonly { kind: string }[])[0]!.kind, "link-closed");
  assert.equal(told["earlierEvents"], 10);
});

test("explain_zmq_link tells of an open link its steps and verdict before any event tells them", async () => {
  const link: Partial<LinkState> = {
    link: 3,
    handshake: "failed",
    steps: [{ leg: null, from: "client", what: "greeting 3.1 CURVE" }],
    verdict: {
      id: "wrong-key",
      sentence: "The server key is wrong.",
      advice: "Give the right one.",
      isCertain: false,
      candidates: ["another key"],
      retries: "yes",
      leg: null,
      offersProbe: false,
    },
    subscriptions: [],
    subscriptionCount: 0,
    pending: 2,
  };
  const source = answering({ ...noRows, "tap/list": [{ links: [link] } as unknown as TapState] });
  const told = JSON.parse(await useTool(source, "explain_zmq_link", { link: 3 })) as Record<string, unknown>;
  assert.deepEqual(told["handshake"], { state: "failed", Handshake: "client: greeting 3.1 CURVE" });
  assert.match(JSON.stringify(told["verdict"]), /The server key is wrong.*Give the right one/);
  assert.deepEqual(told["candidates"], ["another key"]);
  assert.equal(told["pendingCount"], 2);
});

test("explain_zmq_link names the links that there are when it is asked for another one", async (t) => {
  const { use } = testAssistant(t);
  await assert.rejects(use("explain_zmq_link", { link: 9 }), {
    code: "no-such-link",
    message: /^Nothing is known of link 9\. There are no links yet\./,
  });
  const source = answering({ ...noRows, "picture/links": { links: [linkRow], forgotten: 0, nowMs: 0 } });
  await assert.rejects(useTool(source, "explain_zmq_link", { link: 9 }), { message: /The newest are 3\./ });
});

const emptyRow: Row = {
  n: 1,
  kind: "event",
  timeMs: 0,
  tap: "t1",
  tapName: "backend",
  link: 3,
  from: null,
  origin: "wire",
  sockets: { client: null, server: null },
  decrypted: false,
  peer: "",
  event: "handshake",
  isProblem: false,
  topic: "",
  frames: 0,
  sizeBytes: 0,
  exchange: "none",
  guessed: false,
  partner: null,
  latencyMs: null,
  replayable: false,
  copies: 0,
  subscribers: 0,
  copyOf: null,
  pinned: false,
  note: "",
  preview: "",
  dialect: null,
  saidKind: null,
  method: "",
  status: "none",
  problem: "",
  isHeartbeat: false,
  isLate: false,
  isDuplicate: false,
  outcome: null,
  finding: null,
};
