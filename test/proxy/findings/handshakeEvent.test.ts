import assert from "node:assert/strict";
import { test } from "node:test";
import { readHandshakeEvent } from "../../../src/proxy/findings/handshakeEvent.ts";
import { handshake, link, seenRow, toldVerdict } from "../../support/seenRows.ts";

test("readHandshakeEvent reads what a handshake came to", () => {
  const on = link(3, { sockets: { client: "SUB", server: null }, mechanism: "NULL" });
  const verdict = toldVerdict("closed-after-ready", { certain: false, candidates: ["it ended"] });
  assert.deepEqual(readHandshakeEvent(seenRow(handshake(on, { state: "failed", verdict }))), {
    state: "failed",
    verdict: {
      id: "closed-after-ready",
      sentence: "It is closed-after-ready.",
      advice: "Do it.",
      isCertain: false,
      candidates: ["it ended"],
      leg: "",
    },
    sockets: { client: "SUB", server: null },
    mechanisms: { client: "NULL", server: "NULL" },
    host: "127.0.0.1",
    count: 0,
    firstLink: 3,
    freshPairTo: null,
  });
});

test("readHandshakeEvent reads rows that stand for many, and links whose security the tap ends", () => {
  const detail = { state: "failed", count: 12, from: "10.0.0.7", links: [4, 15], verdict: toldVerdict("connected") };
  const many = readHandshakeEvent(seenRow({ event: "handshake", link: null, detail }));
  assert.deepEqual([many?.host, many?.count, many?.firstLink, many?.verdict], ["10.0.0.7", 12, 4, null]);
  const more = { rekeyed: { client: "CURVE", server: "PLAIN", freshPairTo: "server" } };
  const rekeyed = readHandshakeEvent(seenRow(handshake(link(1), { more })));
  assert.deepEqual([rekeyed?.mechanisms, rekeyed?.freshPairTo], [{ client: "CURVE", server: "PLAIN" }, "server"]);
});

test("readHandshakeEvent takes events of any shape", () => {
  assert.equal(readHandshakeEvent(seenRow({ frames: ["x"] })), null);
  assert.equal(readHandshakeEvent(seenRow({ event: "handshake", detail: { state: "odd" } })), null);
  const odd = { state: "done", sockets: "REQ", verdict: { id: "x", candidates: [1] }, links: ["x"], count: "many" };
  const told = readHandshakeEvent(seenRow({ event: "handshake", link: null, detail: odd }));
  assert.deepEqual(
    [told?.sockets, told?.verdict?.candidates, told?.firstLink, told?.count],
    [{ client: null, server: null }, [""], 0, 0],
  );
});
