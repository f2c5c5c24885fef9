import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { eventDetail } from "../../src/proxy/eventDetail.ts";
import { COMMAND_CODES, type CommandCode } from "../../src/proxy/wire/linkSink.ts";
import { encodeCommand, encodeMessage } from "../../src/proxy/wire/writer.ts";
import { openLink } from "../support/captures.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function detailOf(name: (typeof COMMAND_CODES)[number], octets: Uint8Array): unknown {
  const capture = new Capture({ maxBytes: 16 * 1024 * 1024 });
  const link = openLink(capture);
  const chunk = capture.append(link, 0, octets, 0);
  const code = COMMAND_CODES.indexOf(name) as CommandCode;
  const n = capture.command(link, 0, code, chunk, 0, octets.length, octets.length - 2, 0);
  return eventDetail(capture, capture.row(n)!);
}

const details: [(typeof COMMAND_CODES)[number], Uint8Array, unknown][] = [
  ["ping", encodeCommand("PING", bytes("\x00\x0actx")), { ttlMs: 1000, context: "Y3R4" }],
  ["pong", encodeCommand("PONG", bytes("ctx")), { context: "Y3R4" }],
  ["subscribe", encodeCommand("SUBSCRIBE", bytes("news")), { topic: "bmV3cw==", text: "news" }],
  ["unsubscribe", encodeMessage([bytes("\x00news")]), { topic: "bmV3cw==", text: "news" }],
  ["error-command", encodeCommand("ERROR", bytes("\x03400")), { reason: "400" }],
  ["command", encodeCommand("OTHER", bytes("x")), { name: "OTHER" }],
];

for (const [name, octets, expected] of details) {
  test(`eventDetail reads ${name} from its octets`, () => {
    assert.deepEqual(detailOf(name, octets), { from: "client", ...(expected as object) });
  });
}

test("eventDetail gives other events as they were reported", () => {
  const capture = new Capture({ maxBytes: 16 * 1024 * 1024 });
  const n = capture.event(null, "tap", "tap", "server-down", { count: 3 });
  assert.deepEqual(eventDetail(capture, capture.row(n)!), { count: 3 });
});
