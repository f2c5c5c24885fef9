import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { seenValues } from "../../src/proxy/seenValues.ts";
import { command, openLink, say } from "../support/captures.ts";

function filled(): Capture {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { tap: "prices", sockets: { client: "SUB", server: "PUB" } });
  link.mechanism = "NULL";
  link.identity = { client: "Anna", server: "" };
  say(capture, link, 1, ["EUR", '{"user":{"name":"bob"},"n":1.5,"list":[1]}']);
  say(capture, link, 1, ["EUR", '{"user":{"name":"b\\u00fcb"},"n":1.5}']);
  say(capture, link, 1, ["USD", "no json"]);
  say(capture, link, 1, ["x".repeat(201)]);
  command(capture, link, 0, 0, Buffer.from("\x04PING\0\0"));
  const n = capture.event(null, "t", "other", "server-down", {});
  capture.mark(n, { note: "look here" });
  return capture;
}

test("seenValues tells values of each field, the most frequent first", () => {
  const capture = filled();
  const wanted: Record<string, string[]> = {
    topic: ["EUR", "USD"],
    tap: ["prices", "other"],
    conn: [String(capture.row(1)!.link!.info.link)],
    mech: ["NULL"],
    socket: ["PUB", "SUB"],
    addr: ["127.0.0.1:40001"],
    peer: ["127.0.0.1:5556", "127.0.0.1:40001"],
    cmd: ["ping"],
    frames: ["2", "1", "0"],
    comment: ["look here"],
    "json.n": ["1.5"],
    "json.user": [],
    "json.list": [],
    "json.none": [],
    nonsense: [],
    constructor: [],
    toString: [],
    "": [],
  };
  for (const [field, values] of Object.entries(wanted)) assert.deepEqual(seenValues(capture, field, ""), values, field);
  assert.deepEqual([...seenValues(capture, "json.user.name", "")].sort(), ["bob", "büb"]);
  assert.equal(seenValues(capture, "size", "").includes("201"), true);
});

test("seenValues takes those that begin with a prefix, in any case", () => {
  const capture = filled();
  assert.deepEqual(seenValues(capture, "topic", "e"), ["EUR"]);
  assert.deepEqual(seenValues(capture, "identity", "AN"), ["Anna"]);
  assert.deepEqual(seenValues(capture, "json.user.name", "BÜ"), ["büb"]);
});

test("seenValues gives at most 50, of the newest 20,000 rows at most", () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  for (let index = 0; index < 21_000; index++) say(capture, link, 0, [Buffer.alloc(index < 900 ? 77 : index % 60)]);
  const values = seenValues(capture, "size", "");
  assert.equal(values.length, 50);
  assert.equal(values.includes("77"), false);
  capture.clear();
  assert.deepEqual(seenValues(capture, "size", ""), []);
});
