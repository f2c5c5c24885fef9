import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { CSV_HEAD, csvLine } from "../../src/proxy/csvLines.ts";
import { command, openLink, say } from "../support/captures.ts";

/** Cells of one line, as RFC 4180 reads them. */
function cells(line: string): string[] {
  assert.equal(line.endsWith("\r\n"), true);
  const found: string[] = [];
  for (const [, quoted, plain] of `,${line.slice(0, -2)}`.matchAll(/,(?:"((?:[^"]|"")*)"|([^",]*))/g)) {
    found.push(quoted === undefined ? plain! : quoted.replaceAll('""', '"'));
  }
  return found;
}

function table(capture: Capture, n: number, mark: Parameters<typeof csvLine>[2] = null): Record<string, string> {
  const values = cells(csvLine(capture, n, mark)!);
  const names = CSV_HEAD.trimEnd().split(",");
  assert.equal(values.length, names.length);
  return Object.fromEntries(names.map((name, index) => [name, values[index]!]));
}

test("csvLine writes messages, replies, commands and events as cells", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { tap: "a,b", sockets: { client: "REQ", server: "REP" } });
  const request = say(capture, link, 0, ["", 'say "hi", please']);
  const reply = say(capture, link, 1, ["", "ok"]);
  capture.paired(request, reply, false);
  const time = (n: number): string => capture.clock.toIso(capture.row(n)!.timeNs);
  const { latencyMs, ...rest } = table(capture, reply, { pinned: true, note: "two\nlines" });
  assert.match(latencyMs!, /^\d+\.\d{6}$/);
  assert.deepEqual(rest, {
    n: "2",
    time: time(reply),
    tap: "a,b",
    link: String(link.info.link),
    from: "server",
    type: "message",
    topic: "ok",
    size: "2",
    frames: "2",
    exchange: "reply",
    event: "",
    preview: "ok",
    note: "two\nlines",
    pinned: "true",
    dialect: "",
    method: "",
    status: "",
    problem: "",
  });
  assert.equal(table(capture, request)["preview"], 'say "hi", please');
  const ping = command(capture, link, 0, 0, Buffer.from("\x04PING\0\0"));
  const { event, size, type } = table(capture, ping);
  assert.deepEqual({ event, size, type }, { event: "ping", size: "7", type: "event" });
  const down = capture.event(null, "t", "tap", "server-down", {});
  const { link: none, frames, exchange } = table(capture, down);
  assert.deepEqual([none, frames, exchange], ["", "", ""]);
  assert.equal(csvLine(capture, 99, null), null);
});

test("csvLine lets no text be taken for a formula", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { tap: "@tap", sockets: { client: "PUB", server: "SUB" } });
  for (const begin of ["=", "+", "-", "@", "\t"]) {
    const n = say(capture, link, 0, [`${begin}cmd|' /C calc'!A0`]);
    const { tap, topic, preview, note } = table(capture, n, { pinned: false, note: `${begin}1+1` });
    for (const cell of [tap!, topic!, preview!, note!]) assert.doesNotMatch(cell, /^[=+\-@\t]/);
    assert.equal(note, `'${begin}1+1`);
  }
});
