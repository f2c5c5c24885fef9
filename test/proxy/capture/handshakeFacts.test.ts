import assert from "node:assert/strict";
import { test } from "node:test";
import {
  handshakeFacts,
  handshakeRow,
  identityText,
  mechanismOf,
  problemOf,
  spokenIn,
} from "../../../src/proxy/capture/handshakeFacts.ts";
import type { HandshakeDetail } from "../../../src/proxy/wire/linkSink.ts";
import type { Verdict } from "../../../src/shared/model.ts";

test("identityText shows text as text and the rest as hex", () => {
  assert.deepEqual(["", "677569", "00ff", "0a"].map(identityText), ["", "gui", "0x00ff", "0x0a"]);
});

test("A link that says that it speaks HTTP is told as that, and its mechanism is HTTP", () => {
  const peer = {
    version: "3.1",
    mechanism: "NULL",
    socket: "REQ",
    identityHex: "",
    metadata: { "X-Spoken": "HTTP/1", "X-Own": "1" },
  };
  const detail: HandshakeDetail = {
    state: "done",
    version: "3.1",
    mechanism: "NULL",
    sockets: { client: "REQ", server: "REP" },
    client: peer,
    server: { ...peer, socket: "REP", metadata: {} },
    steps: [],
    verdict: null,
  };
  assert.deepEqual([spokenIn(detail), mechanismOf(detail)], ["HTTP/1", "HTTP"]);
  const facts = handshakeFacts(detail, { client: "a:1", server: "b:2" }, null);
  assert.deepEqual(
    facts.map(({ label, value }) => `${label}: ${value}`),
    ["Client: a:1, REQ", "Client X-Own: 1", "Server: b:2, REP", "Protocol: HTTP/1, shown as REQ and REP"],
  );
  assert.deepEqual(handshakeRow(detail, null), { ...detail, version: null, mechanism: "HTTP" });
  const zmtp = { ...detail, client: { ...peer, metadata: {} } };
  assert.deepEqual([spokenIn(zmtp), mechanismOf(zmtp)], [null, "NULL"]);
});

test("problemOf leaves out verdicts on handshakes that need no word", () => {
  const verdict = (id: string): Verdict => ({
    id,
    sentence: "s",
    advice: "",
    isCertain: true,
    candidates: [],
    retries: null,
    leg: null,
    offersProbe: false,
  });
  assert.equal(problemOf(null), null);
  assert.equal(problemOf(verdict("connected")), null);
  assert.equal(problemOf(verdict("misfit"))?.id, "misfit");
});
