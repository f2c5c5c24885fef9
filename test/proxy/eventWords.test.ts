import assert from "node:assert/strict";
import { test } from "node:test";
import { eventWords, isProblem } from "../../src/proxy/eventWords.ts";
import type { EventName } from "../../src/shared/model.ts";

const none = { client: null, server: null };

const cases: [EventName, Record<string, unknown>, string][] = [
  [
    "link-opened",
    { client: "127.0.0.1:5", server: "10.0.0.1:6", origin: "wire" },
    "link opened from 127.0.0.1:5 to 10.0.0.1:6",
  ],
  [
    "link-opened",
    { client: "@in-process", server: "a:1", origin: "replay" },
    "link opened from @in-process to a:1 for a replay",
  ],
  [
    "handshake",
    { state: "done", version: "3.1", mechanism: "NULL", sockets: { client: "REQ", server: "REP" } },
    "handshake REQ → REP, ZMTP 3.1, NULL",
  ],
  [
    "handshake",
    { state: "done", version: "3.1", mechanism: "CURVE", sockets: none, client: { socket: null } },
    "handshake ZMTP 3.1, CURVE",
  ],
  [
    "handshake",
    {
      state: "done",
      version: "3.1",
      mechanism: "NULL",
      sockets: { client: "REQ", server: "REP" },
      client: { metadata: { "X-Spoken": "HTTP/1" } },
    },
    "HTTP/1, shown as REQ → REP",
  ],
  ["handshake", { state: "failed", verdict: { sentence: "It hangs." } }, "handshake failed: It hangs."],
  ["handshake", { state: "failed", version: "3.1" }, "handshake failed: ZMTP 3.1"],
  [
    "handshake",
    { state: "failed", verdict: { sentence: "Wrong key." }, from: "127.0.0.1", count: 12, forMs: 1_980 },
    "handshake failed for 127.0.0.1: Wrong key. (12 times in 2.0 s)",
  ],
  [
    "handshake",
    { state: "done", version: "3.1", verdict: { id: "connected", sentence: "Connected." } },
    "handshake ZMTP 3.1",
  ],
  [
    "handshake",
    { state: "done", version: "3.1", verdict: { id: "pair-taken", sentence: "It has its peer." } },
    "handshake ZMTP 3.1: It has its peer.",
  ],
  ["handshake", { state: "waiting", version: "3.0" }, "handshake stands still: ZMTP 3.0"],
  ["subscribe", { topic: "MTAwMDE=", text: "10001" }, "subscribe 10001"],
  ["subscribe", { topic: "", text: "" }, "subscribe to everything"],
  ["unsubscribe", { topic: "", text: "" }, "unsubscribe from everything"],
  ["unsubscribe", { topic: "YQ==", text: "a" }, "unsubscribe a"],
  ["ping", { ttlMs: 300 }, "ping, answer wanted within 300 ms"],
  ["pong", {}, "pong"],
  ["command", { name: "FOO" }, "command FOO"],
  ["command", {}, "command without a name"],
  ["error-command", { reason: "400", from: "server" }, "error 400, sent by the server"],
  ["error-command", {}, "error without a reason, sent by the peer"],
  ["server-down", { state: "down", reason: "refused", count: 3 }, "the server is down: refused (3 times)"],
  ["server-down", { state: "back", reason: "refused", count: 1 }, "the server is back"],
  ["capturing", { state: "stopped" }, "capturing stopped; the tap only relays"],
  ["capturing", { state: "started", messages: 1 }, "capturing started again; 1 message passed by meanwhile"],
  ["capturing", { state: "started", messages: 12 }, "capturing started again; 12 messages passed by meanwhile"],
  ["gap", { missed: 12 }, "gap: 12 rows are missing here"],
  ["gap", {}, "gap: rows are missing here"],
  [
    "gap",
    { from: "client", message: "5 octets from the client are missing" },
    "gap: 5 octets from the client are missing",
  ],
  ["fault", { code: "bad", message: "This is HTTP." }, "This is HTTP."],
  ["fault", { code: "bad" }, "this link cannot be read any further (bad)"],
  [
    "refused",
    { what: "connect", from: "127.0.0.1:5", endpoint: "tcp://127.0.0.1:9", reason: "not allowed" },
    "connect refused: not allowed (127.0.0.1:5)",
  ],
  ["refused", { reason: "why not" }, "refused: why not"],
  ["intervention", { what: "started", spec: "drop 1/2" }, "intervention started: drop 1/2"],
  ["intervention", { what: "stopped", spec: "drop", acts: 3 }, "intervention stopped: drop, which acted 3 times"],
  [
    "intervention",
    { what: "powerless", spec: "drop", reason: "It is encrypted." },
    "intervention does nothing here (drop): It is encrypted.",
  ],
  ["intervention", { what: "held", preview: "hello" }, "held: hello"],
  ["intervention", { what: "dropped", preview: "" }, "dropped"],
  ["intervention", { what: "released", ms: 1250, preview: "hello" }, "released after 1.3 s: hello"],
  ["intervention", { what: "edited", ms: 12.5, preview: "hello" }, "released edited after 12.5 ms: hello"],
  [
    "intervention",
    { what: "delayed", ms: 200, preview: "a", count: 5, forMs: 900 },
    "delayed by 200 ms: a (5 times in 0.9 s)",
  ],
  ["intervention", { what: "reordered", messages: 3, preview: "a" }, "3 messages reordered, before: a"],
  ["intervention", { what: "passed", preview: "a" }, "passed, since it is too long to be held: a"],
  [
    "intervention",
    { what: "frozen", from: "server", spec: "freeze server" },
    "nothing is read of the server (freeze server)",
  ],
  ["intervention", { what: "cut", spec: "cut" }, "link cut (cut)"],
  ["intervention", { what: "cut", spec: "cut if ~b x", preview: "x" }, "link cut before: x"],
  [
    "link-closed",
    { by: "client", reset: true, messages: 1 },
    "link closed by the client, connection reset, after 1 message",
  ],
  ["link-closed", { messages: 2, bytesLost: 5 }, "link closed, after 2 messages; 5 octets could not be delivered"],
];

for (const [name, detail, expected] of cases) {
  test(`eventWords says "${expected}"`, () => assert.equal(eventWords(name, detail, none).preview, expected));
}

test("eventWords survives details of any shape", () => {
  for (const [name] of cases) {
    for (const odd of [{}, { sockets: 1, client: [], text: {}, count: "x", messages: null }]) {
      assert.equal(typeof eventWords(name, odd, none).preview, "string");
    }
  }
});

test("eventWords says of events of other versions, and of damaged ones, that it does not know them", () => {
  for (const name of ["nonsense", "", "toString", "__proto__"] as unknown as EventName[]) {
    assert.deepEqual(eventWords(name, {}, none), { topic: "", preview: "an event that is not known here" });
    assert.equal(isProblem(name, {}), false);
  }
});

test("isProblem picks the events that tell of something that does not work", () => {
  assert.equal(isProblem("fault", {}), true);
  assert.equal(isProblem("link-closed", {}), false);
  assert.equal(isProblem("handshake", { state: "failed" }), true);
  assert.equal(isProblem("handshake", { state: "done", verdict: { id: "connected", sentence: "Connected." } }), false);
  assert.equal(
    isProblem("handshake", { state: "done", verdict: { id: "pair-taken", sentence: "It is taken." } }),
    true,
  );
});
