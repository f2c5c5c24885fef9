import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { toDetail } from "../../src/proxy/details.ts";
import { identityText, LinkLog } from "../../src/proxy/linkLog.ts";
import { toRow } from "../../src/proxy/rows.ts";
import { encodeGreeting, encodeMessage, encodeReady } from "../../src/proxy/wire/writer.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function logOf(t: TestContext, capture = new Capture({ maxBytes: 16 * 1024 * 1024 })) {
  const counters = { messages: 0, bytes: 0 };
  const bugs: unknown[] = [];
  const log = new LinkLog(
    {
      number: 1,
      origin: "wire",
      addresses: { client: "127.0.0.1:1", server: "127.0.0.1:2" },
      sockets: undefined,
      security: null,
    },
    { id: "tap", name: "orders" },
    { capture, counters, onGrew: () => undefined, onBug: (error) => bugs.push(error) },
  );
  t.after(() => log.closed({ by: "tap", reset: false, bytesLost: 0 }));
  const rows = () => Array.from({ length: capture.lastN }, (_, at) => toRow(capture, at + 1)!);
  return { log, capture, counters, bugs, rows };
}

function shakeHands(log: LinkLog): void {
  log.received(0, encodeGreeting("NULL"));
  log.received(1, encodeGreeting("NULL"));
  log.received(0, encodeReady("REQ", bytes("gui")));
  log.received(1, encodeReady("REP"));
}

test("LinkLog writes down events, messages and pairs", (t) => {
  const { log, capture, counters, rows } = logOf(t);
  shakeHands(log);
  log.received(0, encodeMessage([bytes(""), bytes("q")]));
  log.injected(1, encodeMessage([bytes(""), bytes("a")]), "replay");
  log.closed({ by: "client", reset: true, bytesLost: 3 });
  assert.deepEqual(
    rows().map(({ event, origin, exchange }) => event ?? `${origin} ${exchange}`),
    ["link-opened", "handshake", "wire answered", "replay reply", "link-closed"],
  );
  assert.deepEqual(log.firstRows, [3, 4]);
  assert.equal(counters.messages, 2);
  assert.match(rows()[4]?.preview ?? "", /by the client, connection reset, after 2 messages; 3 octets/);
  assert.equal(rows()[2]?.peer, "127.0.0.1:1 (gui)");
  assert.deepEqual(toDetail(capture, 3)?.link, [
    { label: "Sent by", value: "the programs themselves" },
    { label: "Link", value: "1" },
    { label: "Client", value: "127.0.0.1:1, REQ, identity gui" },
    { label: "Server", value: "127.0.0.1:2, REP" },
    { label: "Protocol", value: "ZMTP 3.1" },
    { label: "Security", value: "NULL" },
  ]);
});

test("LinkLog knows where an injection may stand", (t) => {
  const { log } = logOf(t);
  assert.equal(log.gapIn(0, bytes("")), -1);
  shakeHands(log);
  assert.equal(log.gapIn(0, bytes("")), 0);
});

test("LinkLog keeps a failure of its own away from traffic, and says so once", (t) => {
  const capture = new Capture({ maxBytes: 16 * 1024 * 1024 });
  const { log, bugs, rows } = logOf(t, capture);
  capture.append = () => {
    throw new Error("broken");
  };
  log.received(0, bytes("x"));
  log.received(0, bytes("x"));
  assert.equal(bugs.length, 1);
  assert.equal(log.gapIn(0, bytes("")), -1);
  assert.match(rows().at(-1)?.preview ?? "", /unseen/);
});

test("LinkLog records a handshake that stands still", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { log, rows } = logOf(t);
  log.received(0, encodeGreeting("NULL"));
  t.mock.timers.tick(2_000);
  assert.match(rows().at(-1)?.preview ?? "", /stands still/);
});

test("identityText shows text as text and the rest as hex", () => {
  assert.deepEqual(["", "677569", "00ff", "0a"].map(identityText), ["", "gui", "0x00ff", "0x0a"]);
});
