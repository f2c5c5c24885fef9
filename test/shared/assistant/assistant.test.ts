import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import type { CaptureStats, TapState } from "../../../src/shared/model.ts";
import { useTool } from "../../../src/shared/assistant/assistant.ts";
import type { AssistantSource } from "../../../src/shared/assistant/source.ts";
import type { Finding, FindingsState } from "../../../src/shared/findings.ts";
import { answering, testAssistant } from "../../support/assistant.ts";
import { openLink, say } from "../../support/captures.ts";

const SOCKETS = { client: "REQ", server: "REP" } as const;

const stats = { kept: 0, file: null } as unknown as CaptureStats;

test("search_zmq_messages tells the newest rows, how many there are, and how to page", async (t) => {
  const { capture, use } = testAssistant(t);
  const link = openLink(capture, { sockets: SOCKETS });
  for (let at = 1; at <= 60; at++) say(capture, link, 0, ["", `{"job":${at},"password":"hunter2"}`]);
  const newest = await use("search_zmq_messages", { filter: "json.job > 0", limit: 2 });
  assert.equal(newest["matching"], 60);
  const rows = newest["rows"] as readonly { readonly n: number; readonly preview: string; readonly from: string }[];
  assert.deepEqual(
    rows.map(({ n }) => n),
    [59, 60],
  );
  assert.equal(rows[1]!.preview, '{"job":60,"password":"[redacted]"}');
  assert.equal(rows[1]!.from, "client REQ");
  assert.equal(newest["note"], "58 more fit before these: ask again with before 59.");
  const before = await use("search_zmq_messages", { limit: 50, before: 59 });
  assert.equal((before["rows"] as unknown[]).length, 50);
  assert.match(String(before["note"]), /^8 more fit before these: ask again with before 9\. 2 more fit behind these/);
  const after = await use("search_zmq_messages", { after: 58 });
  assert.deepEqual(
    (after["rows"] as readonly { readonly n: number }[]).map(({ n }) => n),
    [59, 60],
  );
  assert.match(String(after["note"]), /^58 more fit before/);
  const all = await use("search_zmq_messages", { filter: "json.job == 7" });
  assert.equal(all["note"], "These are all rows that fit.");
  const none = await use("search_zmq_messages", { filter: "absent" });
  assert.deepEqual(none, { matching: 0, note: "No row fits." });
  assert.equal((await use("search_zmq_messages", { after: 60 }))["note"], "No row that fits is there.");
});

test("search_zmq_messages says where an expression has an error", async (t) => {
  const { use } = testAssistant(t);
  await assert.rejects(use("search_zmq_messages", { filter: "latency > fast" }), {
    code: "bad-filter",
    message: /latency > fast\n.*\^/,
  });
});

test("search_zmq_messages says what a filter that is not done has not looked at", async () => {
  const state = {
    filter: 1,
    text: "x",
    hits: 1,
    firstHit: 0,
    looked: 500,
    unknown: 2,
    notListed: 3,
    again: 0,
    done: false,
  };
  const source: AssistantSource = {
    ...answering({
      "capture/stats": stats,
      "filter/start": state,
      "rows/read": { from: 0, rows: [], total: 0, firstN: 1, nowMs: 0 },
      "filter/stop": null,
    }),
    wait: () => Promise.resolve(),
  };
  const told = JSON.parse(await useTool(source, "search_zmq_messages", { filter: "x" })) as { note: string };
  assert.equal(
    told.note,
    "No row fits. The filter has looked at 500 rows so far; ask again, or narrow it. 3 more fit that are too many to be listed. 2 rows could not be judged, and are among them.",
  );
});

test("Tools take the only capture, the one that is named, or ask which", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "zmq-tap-assistant-"));
  t.after(() => rm(folder, { recursive: true }));
  const { use } = testAssistant(t, { taps: [] });
  await assert.rejects(use("search_zmq_messages"), { code: "no-capture", message: /Ask the user to attach a tap/ });
  assert.match(String((await use("list_zmq_taps"))["note"]), /There is no tap, and no capture/);
  await assert.rejects(
    (async () => {
      await writeFile(join(folder, "bad.pcapng"), "no capture");
      const { source } = testAssistant(t, { taps: [] });
      await source.open(join(folder, "bad.pcapng"));
    })(),
    { name: "UserError" },
  );
  const two: AssistantSource = {
    ...answering({ "capture/stats": stats }),
    captures: () =>
      Promise.resolve([
        { name: "a.pcapng", capture: 1 },
        { name: "b.pcapng", capture: 2 },
      ]),
  };
  await assert.rejects(useTool(two, "list_zmq_findings", {}), {
    message: 'Several captures are open. Give capture as one of "a.pcapng", "b.pcapng".',
  });
  await assert.rejects(useTool(two, "list_zmq_findings", { capture: "c" }), {
    code: "no-such-capture",
    message: /^There is no capture "c"\. Give capture as one of/,
  });
});

test("list_zmq_taps tells taps, links, failing clients and captures, each of them bounded", async () => {
  const link = {
    link: 1,
    origin: "call",
    client: "127.0.0.1:1",
    server: "127.0.0.1:2",
    sockets: SOCKETS,
    identity: { client: "", server: "" },
    version: "3.1",
    mechanism: "NULL",
    handshake: "done",
    steps: [],
    verdict: null,
    subscriptions: ["auth.token 5"],
    subscriptionCount: 1,
    messages: 3,
    pending: 1,
  } as const;
  const verdict = { id: "wrong-key", sentence: "It has the wrong key.", advice: "Give it another." };
  const tap = {
    config: { id: "t1", name: "backend", server: "tcp://127.0.0.1:2", listen: "tcp://127.0.0.1:*" },
    status: "listening",
    listening: "tcp://127.0.0.1:3",
    problem: null,
    messages: 3,
    bytes: 10,
    messagesPerSecond: 0,
    links: Array.from({ length: 12 }, (_, at) => ({ ...link, link: at + 1, origin: at === 11 ? "call" : "wire" })),
    moreLinks: 5,
    failing: [{ client: "10.0.0.1", count: 7, verdict }],
    speaksCurve: true,
    waiting: [{}],
  } as unknown as TapState;
  const capture = { seen: 2, kept: 2, evicted: 0, firstN: 1, lastN: 2, messagesPerSecond: 5, file: null };
  const source = answering({
    "tap/list": Array.from({ length: 51 }, () => tap),
    "capture/stats": capture as unknown as CaptureStats,
  });
  const told = JSON.parse(await useTool(source, "list_zmq_taps", {})) as Record<string, unknown> & {
    taps: readonly { openLinks: readonly Record<string, unknown>[] }[];
  };
  assert.equal(told.taps.length, 50);
  assert.equal(told["moreTaps"], 1);
  assert.match(String(told["redaction"]), /\[redacted\]/);
  assert.deepEqual(told["captures"], [
    { name: "live", rowsSeen: 2, rowsKept: 2, rowsEvicted: 0, firstRow: 1, lastRow: 2, messagesPerSecond: 5 },
  ]);
  const { openLinks, ...first } = told.taps[0]!;
  assert.equal(openLinks.length, 10);
  assert.deepEqual(openLinks[9], {
    link: 12,
    origin: "call",
    client: "127.0.0.1:1",
    sockets: SOCKETS,
    mechanism: "NULL",
    handshake: "done",
    subscriptions: ["auth.token [redacted]"],
    subscriptionCount: 1,
    messages: 3,
    pending: 1,
  });
  assert.deepEqual(first, {
    name: "backend",
    id: "t1",
    server: "tcp://127.0.0.1:2",
    listensOn: "tcp://127.0.0.1:3",
    status: "listening",
    messages: 3,
    bytes: 10,
    messagesPerSecond: 0,
    otherOpenLinks: 7,
    failingClients: [
      {
        client: "10.0.0.1",
        attempts: 7,
        verdict: "wrong-key",
        why: "It has the wrong key.",
        advice: "Give it another.",
      },
    ],
    waitingCurveClients: 1,
  });
});

test("list_zmq_findings tells the worst first, pending requests, and what is left out", async () => {
  const finding = (severity: Finding["severity"], at: number): Finding => ({
    key: `k${at}`,
    id: "request-unanswered",
    severity,
    text: `A call of login with password=hunter${at} has no reply.`,
    advice: "Look at the server.",
    tap: "t1",
    tapName: "backend",
    link: 1,
    evidence: [at],
    count: 1,
    firstMs: 0,
    lastMs: 1000,
    isOpen: true,
  });
  const state: FindingsState = {
    findings: [finding("error", 1), finding("warning", 2), finding("note", 3)],
    pending: [
      {
        n: 4,
        tap: "t1",
        tapName: "backend",
        link: 1,
        peer: "127.0.0.1:1",
        method: "add",
        sinceMs: 0,
        cause: "no reply yet",
      },
    ],
    pendingCount: 1,
    dropped: 2,
    skipped: 3,
    nowMs: 0,
  };
  const source = answering({ "capture/stats": stats, "findings/read": state });
  const told = JSON.parse(await useTool(source, "list_zmq_findings", { severity: "warning", limit: 1 })) as {
    findings: readonly Record<string, unknown>[];
    pendingRequests: readonly Record<string, unknown>[];
    note: string;
  };
  assert.deepEqual(told.findings, [
    {
      id: "request-unanswered",
      severity: "error",
      text: "A call of login with password=[redacted] has no reply.",
      advice: "Look at the server.",
      tap: "backend",
      link: 1,
      evidence: [1],
      count: 1,
      first: "1970-01-01T00:00:00.000Z",
      last: "1970-01-01T00:00:01.000Z",
      isOpen: true,
    },
  ]);
  assert.deepEqual(told.pendingRequests, [
    {
      row: 4,
      tap: "backend",
      link: 1,
      peer: "127.0.0.1:1",
      method: "add",
      since: "1970-01-01T00:00:00.000Z",
      cause: "no reply yet",
    },
  ]);
  assert.equal(
    told.note,
    "1 more findings: ask again with a greater limit or severity. 2 findings were forgotten, since there were too many. 3 rows were not looked at, since traffic was too fast.",
  );
  const none = answering({
    "capture/stats": stats,
    "findings/read": { ...state, findings: [], dropped: 0, skipped: 0 },
  });
  assert.match(await useTool(none, "list_zmq_findings", {}), /Nothing was found to be wrong\. That is no proof/);
});
