import assert from "node:assert/strict";
import { test } from "node:test";
import { csvLine } from "../../src/proxy/csvLines.ts";
import { Dialogue } from "../../src/proxy/dialogue.ts";
import { jsonLine } from "../../src/proxy/jsonLines.ts";
import { textLine } from "../../src/cli/textLines.ts";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { toRow } from "../../src/proxy/rows.ts";
import type { Direction } from "../../src/shared/model.ts";
import { encode, encodeFrame, openLink, say } from "../support/captures.ts";

function captured(sockets = { client: "REQ", server: "REP" } as const) {
  const capture = new Capture({ maxBytes: 64 * 1024 * 1024 });
  const link = openLink(capture, { sockets, tap: "orders" });
  const add = (direction: Direction, ...frames: (string | Uint8Array)[]): number => {
    const octets = encode(frames);
    let chunk = -1;
    for (let at = 0; at < octets.length; at += 65_536) {
      const number = capture.append(link, direction, octets.subarray(at, at + 65_536), 0);
      if (chunk < 0) chunk = number;
    }
    const size = frames.reduce((sum, frame) => sum + frame.length, 0);
    return capture.message(link, direction, chunk, 0, octets.length % 65_536, size, frames.length, 0);
  };
  const json = (n: number, full = false): Record<string, unknown> =>
    JSON.parse([...jsonLine(capture, capture.row(n)!, full)].join("")) as Record<string, unknown>;
  return { capture, link, add, json };
}

test("jsonLine writes all frames of a message, the delimiter too, and a reply with its request", () => {
  const { capture, link, add, json } = captured();
  const request = add(0, "", "q");
  const reply = add(1, "", "a");
  capture.paired(request, reply, true);
  const { time, latencyMs, ...line } = json(reply);
  assert.match(String(time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
  assert.ok(Number(latencyMs) >= 0);
  assert.deepEqual(line, {
    type: "message",
    n: reply,
    tap: "orders",
    link: link.info.link,
    from: "server",
    origin: "wire",
    sockets: { client: "REQ", server: "REP" },
    frames: ["", "YQ=="],
    request,
    guessed: true,
  });
  assert.equal(json(request)["latencyMs"], null);
});

test("jsonLine cuts frames above 1 MiB to their head, and writes them whole with full", () => {
  const { add, json } = captured();
  const body = Buffer.alloc(3_000_001, "abc");
  const n = add(0, "x", body);
  const [, cut] = json(n)["frames"] as [string, { size: number; head: string; truncated: boolean }];
  assert.deepEqual([cut.size, cut.truncated, Buffer.from(cut.head, "base64").length], [3_000_001, true, 65_536]);
  const [, whole] = json(n, true)["frames"] as [string, string];
  assert.ok(Buffer.from(whole, "base64").equals(body));
});

test("jsonLine writes 60,000 frames in one walk, and says where some of them were evicted meanwhile", () => {
  const { capture, link, add, json } = captured();
  const many = Array.from({ length: 60_000 }, (_, frame) => String(frame % 10));
  const frames = json(add(0, ...many))["frames"] as string[];
  assert.deepEqual(
    frames.map((frame) => Buffer.from(frame, "base64").toString()),
    many,
  );
  const n = add(0, Buffer.alloc(3_000_000), "last");
  const pieces = jsonLine(capture, capture.row(n)!, true);
  let line = "";
  while (line.length < 2_000_000) line += pieces.next().value as string;
  for (let round = 0; round < 1200; round++) capture.append(link, 1, Buffer.alloc(65_000), 0);
  for (const piece of pieces) line += piece;
  const { incomplete, frames: cut } = JSON.parse(line) as { incomplete: boolean; frames: unknown[] };
  assert.equal(incomplete, true);
  assert.deepEqual(cut[1], { size: 4, head: "", truncated: true });
});

test("jsonLine writes events and encrypted frames", () => {
  const { capture, link, json } = captured();
  const event = capture.event(null, "tap", "orders", "server-down", { count: 2 });
  assert.deepEqual(
    { ...json(event), time: "" },
    {
      type: "event",
      n: event,
      time: "",
      tap: "orders",
      link: null,
      event: "server-down",
      detail: { count: 2 },
    },
  );
  const octets = encodeFrame(Buffer.alloc(40), 0);
  const chunk = capture.append(link, 0, octets, 0);
  const sealed = capture.encrypted(link, 0, chunk, 0, octets.length, 40, 0);
  const { type, size, from } = json(sealed);
  assert.deepEqual({ type, size, from }, { type: "encrypted", size: 40, from: "client" });
});

test("textLine shows a message, a reply and an event in one line each", () => {
  const { capture, link, add } = captured();
  const request = add(0, "", "q\nq");
  const reply = add(1, "", "a");
  capture.paired(request, reply, false);
  const event = capture.event(null, "tap", "orders", "server-down", { state: "back" });
  const line = (n: number): string => textLine(toRow(capture, n)!, "2026-11-20T10:00:00.123456789Z");
  assert.match(
    line(request),
    new RegExp(`^10:00:00.123456  link ${link.info.link}  REQ → REP  2 frames, 3 B  q.q\\n$`, "u"),
  );
  assert.match(line(reply), /REQ ← REP {2}2 frames, 1 B {2}\d+\.\d ms {2}a\n$/);
  assert.equal(line(event), "10:00:00.123456  tap     · the server is back\n");
});

test("jsonLine tells what a message says, how its call stands, and what its id was", async (t) => {
  const capture = new Capture({ maxBytes: 0 });
  const dialogue = new Dialogue(capture);
  t.after(() => dialogue.dispose());
  const link = openLink(capture, { sockets: { client: "DEALER", server: "ROUTER" } });
  const call = say(capture, link, 0, ['{"jsonrpc":"2.0","id":"a","method":"sum"}']);
  const reply = say(capture, link, 1, ['{"jsonrpc":"2.0","id":"a","error":{"code":3,"message":"no"}}']);
  await dialogue.settled();
  const said = (n: number): Record<string, unknown> => {
    const line = JSON.parse([...jsonLine(capture, capture.row(n)!, false)].join("")) as Record<string, unknown>;
    const { dialect, says, method, corr, status, problem } = line;
    return { dialect, says, method, corr, status, problem };
  };
  const common = { dialect: "json-rpc", method: "sum", corr: "a", status: "error", problem: "no" };
  assert.deepEqual(said(call), { ...common, says: "call" });
  assert.deepEqual(said(reply), { ...common, says: "error" });
  const row = csvLine(capture, call, null)!;
  assert.match(row, /,json-rpc,sum,error,no\r\n$/);
});
