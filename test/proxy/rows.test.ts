import assert from "node:assert/strict";
import { test } from "node:test";
import { Packr } from "msgpackr";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { FilterRun } from "../../src/proxy/filterRun.ts";
import { readFilter } from "../../src/proxy/readFilter.ts";
import { findPosition, readWindow, toRow } from "../../src/proxy/rows.ts";
import type { SocketType } from "../../src/shared/model.ts";
import { command, encodeFrame, MIB, openLink, say } from "../support/captures.ts";

function pair(capture: Capture, client: SocketType | null, server: SocketType | null) {
  return openLink(capture, { sockets: { client, server } });
}

test("toRow shows a request: delimiter skipped, exchange, peer and what can be replayed", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = pair(capture, "REQ", "REP");
  link.identity = { client: "worker-1", server: "" };
  const request = say(capture, link, 0, ["", "add 1 2"]);
  const reply = say(capture, link, 1, ["", "3"]);
  capture.paired(request, reply, false);
  const row = toRow(capture, request)!;
  assert.deepEqual(
    { ...row, timeMs: 0 },
    {
      n: request,
      kind: "message",
      timeMs: 0,
      tap: "id-tap",
      tapName: "tap",
      link: link.info.link,
      from: "client",
      origin: "wire",
      sockets: { client: "REQ", server: "REP" },
      peer: "127.0.0.1:40001 (worker-1)",
      event: null,
      topic: "add 1 2",
      frames: 2,
      sizeBytes: 7,
      exchange: "answered",
      guessed: false,
      decrypted: false,
      isProblem: false,
      partner: reply,
      latencyMs: null,
      replayable: true,
      copies: 0,
      subscribers: 0,
      dialect: null,
      saidKind: null,
      method: "",
      status: "none",
      problem: "",
      isHeartbeat: false,
      finding: null,
      isLate: false,
      isDuplicate: false,
      outcome: null,
      copyOf: null,
      pinned: false,
      note: "",
      preview: "add 1 2",
    },
  );
  assert.equal(Math.abs(row.timeMs - Date.now()) < 60_000, true);
  const answer = toRow(capture, reply)!;
  assert.equal(answer.peer, "127.0.0.1:5556");
  assert.equal(answer.latencyMs! >= 0 && answer.latencyMs! < 10_000, true);
  assert.equal(toRow(capture, 99), undefined);
});

const previews: [string, SocketType | null, SocketType | null, (Uint8Array | string)[], string, string][] = [
  ["a publication", "SUB", "PUB", ["10001", '{ "t":\n -12 }'], "10001", '{ "t": -12 }'],
  ["a publication of one frame", "SUB", "PUB", ["10001 -12"], "10001 -12", "10001 -12"],
  ["MessagePack", "PULL", "PUSH", [new Packr({ useRecords: false }).pack({ ok: true })], '{"ok":true}', '{"ok":true}'],
  ["octets", "PULL", "PUSH", [Buffer.from("ff00", "hex")], "0xff00", "0xff00"],
  [
    "many octets",
    "PULL",
    "PUSH",
    [Buffer.alloc(100, 0xff)],
    `0x${"ff".repeat(32)}… (100 B)`,
    `0x${"ff".repeat(32)}… (100 B)`,
  ],
  ["several frames", "PULL", "PUSH", ["a", "b\n", ""], "a", "a | b␊ | (empty)"],
  ["an empty message", "PULL", "PUSH", [""], "(empty)", "(empty)"],
  ["a router probe", "REP", "REQ", [""], "", ""],
  [
    "large MessagePack",
    "PULL",
    "PUSH",
    [new Packr({ useRecords: false }).pack(Array.from({ length: 20_000 }, (_, i) => i))],
    "MessagePack, 59619 B",
    "MessagePack, 59619 B",
  ],
];

for (const [name, client, server, frames, topic, preview] of previews) {
  test(`toRow previews ${name}`, () => {
    const capture = new Capture({ maxBytes: 0 });
    const row = toRow(capture, say(capture, pair(capture, client, server), 1, frames))!;
    assert.deepEqual([row.topic, row.preview], [topic.length > 80 ? `${topic.slice(0, 79)}…` : topic, preview]);
  });
}

test("toRow keeps topic and preview within 80 and 200 characters", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = pair(capture, "PUSH", "PULL");
  for (const text of ["x", "😀", "\u0085", "\0", '{"a":"b"}']) {
    const row = toRow(
      capture,
      say(
        capture,
        link,
        0,
        Array.from({ length: 30 }, () => text.repeat(50)),
      ),
    )!;
    assert.equal(row.topic.length <= 80 && row.preview.length <= 200, true);
  }
  const many = toRow(
    capture,
    say(
      capture,
      link,
      0,
      Array.from({ length: 30 }, () => "a"),
    ),
  )!;
  assert.match(many.preview, / \| 6 more frames$/);
});

test("toRow tells events, commands and encrypted frames in words", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = pair(capture, "SUB", "PUB");
  const opened = capture.event(link, "id-tap", "tap", "link-opened", { client: "a", server: "b", origin: "wire" });
  const subscribed = command(capture, link, 0, 2, Buffer.from("\x09SUBSCRIBE10001"));
  const old = encodeFrame(Buffer.from("\x0110001"), 0);
  const oldStyle = capture.command(link, 0, 2, capture.append(link, 0, old, 0), 0, old.length, 6, 0);
  const secret = encodeFrame(Buffer.from("\x07MESSAGE"), 0);
  const encrypted = capture.encrypted(link, 1, capture.append(link, 1, secret, 0), 0, secret.length, 8, 0);
  const down = capture.event(null, "t", "tap", "server-down", { state: "down", reason: "refused" });
  assert.deepEqual(
    [opened, subscribed, oldStyle, encrypted, down].map((n) => {
      const row = toRow(capture, n)!;
      return [row.kind, row.event, row.from, row.topic, row.preview, row.replayable];
    }),
    [
      ["event", "link-opened", null, "a", "link opened from a to b", false],
      ["event", "subscribe", "client", "10001", "subscribe 10001", false],
      ["event", "subscribe", "client", "10001", "subscribe 10001", false],
      ["encrypted", null, "server", "", "encrypted frame, 8 B", false],
      ["event", "server-down", null, "", "the server is down: refused", false],
    ],
  );
  assert.equal(toRow(capture, down)!.link, 0);
});

test("toRow offers to replay only what its recorded sender allows", () => {
  const capture = new Capture({ maxBytes: 0 });
  const replayable = (client: SocketType | null, server: SocketType | null, direction: 0 | 1): boolean =>
    toRow(capture, say(capture, pair(capture, client, server), direction, ["x"]))!.replayable;
  assert.equal(replayable("PUSH", "PULL", 0), true);
  assert.equal(replayable("PUSH", "PULL", 1), false);
  assert.equal(replayable("SUB", "XPUB", 1), true);
  assert.equal(replayable("XSUB", "XPUB", 0), false);
  assert.equal(replayable(null, "REP", 0), false);
  assert.equal(replayable("CLIENT", "SERVER", 0), false);
});

test("toRow says when a message's beginning is gone", () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: MIB });
  const link = pair(capture, "PUSH", "PULL");
  const n = say(capture, link, 0, [Buffer.alloc(20 * MIB), "x"]);
  assert.equal(toRow(capture, n)!.preview, "its beginning is no longer kept");
  const single = say(capture, link, 0, [Buffer.alloc(20 * MIB)]);
  assert.equal(toRow(capture, single)!.preview, `(${20 * MIB} B, not kept)`);
});

test("readWindow gives rows by position, within what there is", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = pair(capture, "PUSH", "PULL");
  for (let index = 0; index < 20; index++) say(capture, link, 0, [`${index}`]);
  const numbers = async (from: number, count: number): Promise<number[]> =>
    (await readWindow(capture, null, { from, count })).rows.map(({ n }) => n);
  assert.deepEqual(await numbers(5, 3), [6, 7, 8]);
  assert.deepEqual(await numbers(18, 10), [19, 20]);
  assert.deepEqual(await numbers(-5, 2), [1, 2]);
  for (const [from, count] of [
    [100, 5],
    [0, -1],
    [Number.NaN, Number.NaN],
  ] as const) {
    assert.deepEqual(await numbers(from, count), []);
  }
  const { from, total, firstN } = await readWindow(capture, null, { from: 5, count: 3 });
  assert.deepEqual({ from, total, firstN }, { from: 5, total: 20, firstN: 1 });
  assert.deepEqual(
    [findPosition(capture, null, 1), findPosition(capture, null, 7), findPosition(capture, null, 99)],
    [0, 6, 20],
  );
});

test("readWindow gives at most 500 rows", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = pair(capture, "PUSH", "PULL");
  for (let index = 0; index < 600; index++) say(capture, link, 0, ["x"]);
  assert.equal((await readWindow(capture, null, { from: 0, count: 600 })).rows.length, 500);
});

test("readWindow finds rows whose position is of before an eviction", async () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: MIB });
  const link = pair(capture, "PUSH", "PULL");
  while (capture.firstN === 1) say(capture, link, 0, [Buffer.alloc(60_000)]);
  const { firstN } = capture;
  const read = async (from: number, count: number) => {
    const window = await readWindow(capture, null, { from, count, firstN: 1 });
    return [window.from, window.firstN, ...window.rows.map(({ n }) => n)];
  };
  assert.deepEqual(await read(firstN + 1, 2), [2, firstN, firstN + 2, firstN + 3]);
  // Two of them are gone.
  assert.deepEqual(await read(firstN - 3, 4), [0, firstN, firstN, firstN + 1]);
  assert.deepEqual(await read(0, 1), [0, firstN]);
});

test("readWindow gives what a filter lets through", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = pair(capture, "PUSH", "PULL");
  for (let index = 0; index < 20; index++) say(capture, link, 0, [index % 5 === 0 ? "yes" : "no"]);
  const search = await new Promise<FilterRun>((resolve) => {
    const started = new FilterRun(capture, {
      filter: 1,
      text: "YES",
      compiled: readFilter("YES"),
      fold: false,
      onAdvance: ({ done }) => {
        if (done) resolve(started);
      },
    });
  });
  search.dispose();
  const window = await readWindow(capture, search, { from: 1, count: 2 });
  assert.deepEqual([window.rows.map(({ n }) => n), window.total, window.firstN], [[6, 11], 4, 0]);
  assert.equal(findPosition(capture, search, 7), 2);
});
