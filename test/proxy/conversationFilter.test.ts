import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { conversationFilter } from "../../src/proxy/conversationFilter.ts";
import { Dialogue } from "../../src/proxy/dialogue.ts";
import { FilterRun } from "../../src/proxy/filterRun.ts";
import { readFilter } from "../../src/proxy/readFilter.ts";
import type { ConversationKind, SocketPair } from "../../src/shared/model.ts";
import { command, openLink, say } from "../support/captures.ts";

const PUB: SocketPair = { client: "SUB", server: "PUB" };

/** The rows that the written filter passes. */
async function followed(capture: Capture, n: number, what: ConversationKind): Promise<number[]> {
  const text = conversationFilter(capture, n, what);
  await new Promise<void>((resolve) => {
    const compiled = readFilter(text);
    const run = new FilterRun(capture, {
      filter: 1,
      text,
      compiled,
      fold: false,
      onAdvance: ({ done }) => done && end(),
    });
    const end = (): void => {
      found = Array.from({ length: run.total }, (_, position) => run.at(position)!);
      run.dispose();
      resolve();
    };
  });
  return found;
}
let found: number[] = [];

test("Following a link passes its rows, messages and events", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const [one, other] = [openLink(capture), openLink(capture)];
  const rows = [say(capture, one, 0, ["a"]), capture.event(one, "t", "tap", "link-opened", {})];
  say(capture, other, 0, ["b"]);
  const tapEvent = capture.event(null, "t", "tap", "server-down", {});
  assert.deepEqual(await followed(capture, rows[0]!, "link"), rows);
  assert.deepEqual(await followed(capture, rows[1]!, "link"), rows);
  assert.throws(() => conversationFilter(capture, tapEvent, "link"), { code: "no-conversation" });
  assert.throws(() => conversationFilter(capture, 99, "link"), { code: "row-gone" });
});

test("Following an exchange passes both of its rows", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const rows = ["q", "other", "a"].map((text) => say(capture, link, 0, ["", text]));
  capture.paired(rows[0]!, rows[2]!, false);
  for (const n of [rows[0]!, rows[2]!]) assert.deepEqual(await followed(capture, n, "exchange"), [rows[0], rows[2]]);
  assert.throws(() => conversationFilter(capture, rows[1]!, "exchange"), { code: "no-conversation" });
});

test("Following a topic passes what has the same one, whatever octets it is made of", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { sockets: PUB });
  const topics = [
    "weather",
    "",
    'say "x" \\ and y',
    "line\nbreak",
    "ü€😀",
    "\u2028",
    "\u0085",
    "\u007f",
    Buffer.from([0, 255, 1]),
    Buffer.from("efbbbf61", "hex"),
    Buffer.from("edb080", "hex"),
    "x".repeat(1024),
  ];
  const rows = topics.map((topic) => [say(capture, link, 1, [topic, "1"]), say(capture, link, 1, [topic, "2"])]);
  for (const [index, wanted] of rows.entries()) {
    assert.deepEqual(await followed(capture, wanted[1]!, "topic"), wanted, `topic ${index}`);
  }
  const long = say(capture, link, 1, ["x".repeat(1025)]);
  const toPublisher = say(capture, link, 0, ["weather"]);
  const ping = command(capture, link, 1, 0, Buffer.from("\x04PING\0\0"));
  for (const n of [long, toPublisher, ping]) {
    assert.throws(() => conversationFilter(capture, n, "topic"), { code: "no-conversation" });
  }
});

test("Following a correlation passes what has the same id: REQ_CORRELATE's octets on the link, or one in JSON", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const [one, other] = [openLink(capture), openLink(capture)];
  for (const id of [
    Buffer.from([0, 0, 0, 9]),
    Buffer.from("abcd"),
    Buffer.from("\n\t\"'"),
    Buffer.from([255, 254, 34, 92]),
  ]) {
    const rows = [say(capture, one, 0, [id, "", "question"]), say(capture, one, 1, [id, "", "answer"])];
    say(capture, other, 0, [id, "", "question"]);
    assert.deepEqual(await followed(capture, rows[1]!, "correlation"), rows, id.toString("hex"));
  }
  for (const id of ['"a-7"', '"with \\"quotes\\" and \\u0000"', "17", "-1.5e3", '""', "9007199254740993"]) {
    const rows = [say(capture, one, 0, ["x", `{"id":${id}}`]), say(capture, other, 1, [`{ "a": 1, "id": ${id} }`])];
    assert.deepEqual(await followed(capture, rows[0]!, "correlation"), rows, id);
  }
  const uuid = say(capture, one, 0, ['{"uuid":"u","name":"n"}']);
  assert.deepEqual(await followed(capture, uuid, "correlation"), [uuid]);
  const without = [
    "text",
    "{",
    '{"id":null}',
    '{"id":{"a":1}}',
    '{"id":1e999}',
    "{}",
    '["id"]',
    `{"id":"${"x".repeat(1100)}"}`,
  ];
  for (const text of without) {
    const n = say(capture, one, 0, [text]);
    assert.throws(() => conversationFilter(capture, n, "correlation"), { code: "no-conversation" }, text);
  }
  const event = capture.event(one, "t", "tap", "link-opened", {});
  assert.throws(() => conversationFilter(capture, event, "correlation"), { code: "no-conversation" });
});

test("A conversation by correlation id is by the id of the dialect, within its link where such ids are of every link", (t) => {
  const capture = new Capture({ maxBytes: 0 });
  const dialogue = new Dialogue(capture);
  t.after(() => dialogue.dispose());
  const link = openLink(capture, { sockets: { client: "DEALER", server: "ROUTER" } });
  const short = say(capture, link, 0, ['{"jsonrpc":"2.0","id":7,"method":"sum"}']);
  const long = say(capture, link, 0, ['{"jsonrpc":"2.0","id":"0123456789abcdef","method":"sum"}']);
  assert.equal(conversationFilter(capture, short, "correlation"), `conn == ${link.info.link} and corr == "7"`);
  assert.equal(conversationFilter(capture, long, "correlation"), 'corr == "0123456789abcdef"');
});
