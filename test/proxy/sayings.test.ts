import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { ChannelDialects } from "../../src/proxy/channelDialects.ts";
import { MAX_SAID_BYTES, Sayings } from "../../src/proxy/sayings.ts";
import { MIB, openLink, say } from "../support/captures.ts";

const PAIR = { client: "DEALER", server: "ROUTER" } as const;
const call = (id: number, method = "add"): string => JSON.stringify({ jsonrpc: "2.0", id, method });

function saying(): { capture: Capture; channels: ChannelDialects; sayings: Sayings } {
  const capture = new Capture({ maxBytes: 16 * MIB });
  const channels = new ChannelDialects();
  return { capture, channels, sayings: new Sayings(capture, channels, () => null) };
}

test("Sayings read what a message says, and nothing of events, encrypted frames and rows that are gone", () => {
  const { capture, sayings } = saying();
  const link = openLink(capture, { sockets: PAIR });
  const n = say(capture, link, 0, [call(1)]);
  assert.deepEqual(sayings.of(n), { dialect: "json-rpc", kind: "call", method: "add", problem: null, id: "1" });
  assert.equal(sayings.of(n), sayings.of(n));
  const chunk = capture.append(link, 0, Buffer.alloc(40), 0);
  assert.equal(sayings.of(capture.encrypted(link, 0, chunk, 0, 40, 38, 0)), null);
  assert.equal(sayings.of(capture.event(link, "id-tap", "tap", "fault", {})), null);
  assert.equal(sayings.of(999), null);
});

test("Of a message that does not fit its channel's dialect the dialect is known, and why it cannot be read", () => {
  const { capture, sayings } = saying();
  const link = openLink(capture, { sockets: PAIR });
  sayings.of(say(capture, link, 0, [call(1)]));
  const other = say(capture, link, 0, ["hello"]);
  assert.deepEqual(sayings.of(other), { dialect: "json-rpc", kind: null, method: "", problem: null, id: null });
  const read = sayings.read(capture.row(other)!, MAX_SAID_BYTES)!;
  assert.ok("problem" in read.read && read.read.problem.includes("JSON-RPC"));
});

test("Too many octets and too many frames are not read", () => {
  const { capture, sayings } = saying();
  const link = openLink(capture, { sockets: PAIR });
  sayings.of(say(capture, link, 0, [call(1)]));
  const large = say(capture, link, 0, [call(2, "x".repeat(MAX_SAID_BYTES))]);
  assert.equal(sayings.of(large)?.kind, null);
  const many = say(
    capture,
    link,
    0,
    Array.from({ length: 300 }, () => ""),
  );
  const read = sayings.read(capture.row(many)!, MIB)!;
  assert.ok("problem" in read.read);
  assert.equal(read.read.problem, "It has 0 octets in 300 frames, and no more than 1048576 in 256 are read here.");
});

test("What was read as one dialect is read again when the channel speaks another one", () => {
  const { capture, channels, sayings } = saying();
  const link = openLink(capture, { sockets: PAIR });
  const n = say(capture, link, 0, [call(1)]);
  assert.equal(sayings.of(n)?.method, "add");
  channels.choose([{ tapName: "tap", sockets: null, dialect: "raw" }]);
  assert.deepEqual([sayings.of(n)?.dialect, sayings.of(n)?.method], ["raw", ""]);
  sayings.forget();
  assert.equal(sayings.read(capture.row(n)!, MIB)?.isChosen, true);
});

test("Many rows are read, and few remembered", () => {
  const { capture, sayings } = saying();
  const link = openLink(capture, { sockets: PAIR });
  const rows = Array.from({ length: 6000 }, (_, at) => say(capture, link, 0, [call(at)]));
  for (const n of rows) assert.equal(sayings.of(n)?.kind, "call");
  assert.equal(sayings.of(rows[0]!)?.id, "0");
});

test("Sayings read a message that is no row yet, once its channel's dialect is known", () => {
  const { capture, sayings } = saying();
  const frames = [Buffer.from(call(7, "stop"))];
  assert.equal(sayings.ofFrames("tap", PAIR, 0, frames), null);
  sayings.of(say(capture, openLink(capture, { sockets: PAIR }), 0, [call(1)]));
  assert.deepEqual(sayings.ofFrames("tap", PAIR, 0, frames), {
    dialect: "json-rpc",
    kind: "call",
    method: "stop",
    problem: null,
    id: "7",
  });
  assert.equal(sayings.ofFrames("tap", PAIR, 1, [Buffer.from("no JSON")])?.kind, null);
  assert.equal(sayings.ofFrames("tap", PAIR, 0, [Buffer.alloc(MAX_SAID_BYTES + 1)]), null);
});
