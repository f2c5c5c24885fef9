import assert from "node:assert/strict";
import { test } from "node:test";
import {
  encodeClientHello,
  HTTP_REQUEST,
  nameAnswer,
  plainAuthenticate,
  ZmtpProbe,
  type Standing,
} from "../../../src/proxy/wire/probe.ts";
import { encodeCommand, encodeGreeting, encodeMetadata, encodeReady } from "../../../src/proxy/wire/writer.ts";
import { cuts } from "../../support/cuts.ts";
import { hex, join, octets } from "../../support/octets.ts";

const nothing: Standing = { isAccepted: null, refusal: null, socket: null };
const plain = plainAuthenticate({ user: "admin", password: "secret" });
const error = encodeCommand("ERROR", hex("03343030"));
const misspeltError = hex("0409 5e52524f52 03343030");
const curveGreeting = encodeGreeting("CURVE");

/** All that a probe sends when a server says this, and what comes of it. */
function ask(probe: ZmtpProbe, ...chunks: Uint8Array[]) {
  const sent = chunks.flatMap((chunk) => probe.push(chunk));
  return { sent: join(...sent), stage: probe.stage, ...probe.answer() };
}

test("ZmtpProbe begins with eleven octets", () => {
  assert.deepEqual(new ZmtpProbe().start(), encodeGreeting("NULL").subarray(0, 11));
});

for (const [how, cut] of Object.entries(cuts)) {
  test(`ZmtpProbe learns version, mechanism and socket of a NULL server without READY of its own, ${how}`, () => {
    const answer = ask(new ZmtpProbe(), ...cut(join(encodeGreeting("NULL"), encodeReady("PUSH"))));
    assert.deepEqual(answer, {
      sent: encodeGreeting("NULL").subarray(11),
      stage: "over",
      octets: 64 + encodeReady("PUSH").length,
      isZmtp: true,
      alien: null,
      version: "3.1",
      mechanism: "NULL",
      standing: { ...nothing, socket: "PUSH" },
    });
  });
}

test("ZmtpProbe leaves a server of another mechanism alone after its greeting", () => {
  const { sent, stage, mechanism } = ask(new ZmtpProbe(), curveGreeting);
  assert.deepEqual([sent.length, stage, mechanism], [0, "over", "CURVE"]);
  const wrong = ask(new ZmtpProbe(plain), curveGreeting);
  assert.deepEqual([wrong.sent.length, wrong.stage], [0, "over"]);
});

test("ZmtpProbe tells a refused address", () => {
  assert.deepEqual(ask(new ZmtpProbe(), encodeGreeting("NULL"), error).standing, {
    isAccepted: false,
    refusal: "400",
    socket: null,
  });
});

test("ZmtpProbe knows servers of ZMTP 2.0 and 1.0", () => {
  const old = ask(new ZmtpProbe(), hex("ff00000000000000017f 01"), hex("08"));
  assert.deepEqual([old.version, old.standing.socket, old.stage, old.sent.length], ["2.0", "PUSH", "over", 0]);
  const older = ask(new ZmtpProbe(), hex("0100"));
  assert.deepEqual([older.version, older.isZmtp, older.stage], ["1.0", true, "over"]);
});

test("ZmtpProbe names a server of another protocol, however little it says", () => {
  assert.equal(ask(new ZmtpProbe(), octets("SSH-2.0-x\r\n")).alien, "an SSH server");
  assert.equal(ask(new ZmtpProbe(), octets("SSH-")).alien, "an SSH server");
  assert.equal(ask(new ZmtpProbe(), hex("1503030002022f")).alien, "TLS");
  assert.equal(ask(new ZmtpProbe()).alien, null);
  assert.equal(ask(new ZmtpProbe(), hex("ff00")).alien, null);
});

test("ZmtpProbe ends at what no server may send", () => {
  const after = (...octetsOf: Uint8Array[]) => ask(new ZmtpProbe(), encodeGreeting("NULL"), ...octetsOf);
  assert.equal(after(hex("0001 61"), encodeReady("REP")).standing.socket, null);
  assert.equal(after(join(hex("0001 61"), encodeReady("REP"))).standing.socket, null);
  assert.equal(after(hex("06 8000000000000000")).stage, "over");
  assert.equal(after(encodeCommand("PING", hex("0000"))).stage, "handshake");
});

test("ZmtpProbe shows PLAIN credentials as REQ or SUB, and learns the socket type", () => {
  const probe = new ZmtpProbe(plain, "SUB");
  assert.deepEqual(probe.push(encodeGreeting("PLAIN")), [
    encodeGreeting("PLAIN").subarray(11),
    encodeCommand("HELLO", octets("\x05admin\x06secret")),
  ]);
  assert.deepEqual(probe.push(encodeCommand("WELCOME", hex(""))), [encodeCommand("INITIATE", encodeMetadata("SUB"))]);
  assert.deepEqual(probe.answer().standing, { ...nothing, isAccepted: true });
  assert.deepEqual(probe.push(encodeReady("PUB")), []);
  assert.deepEqual(
    [probe.stage, probe.answer().standing],
    ["over", { isAccepted: true, refusal: null, socket: "PUB" }],
  );
});

test("ZmtpProbe tells credentials that are refused, and passes over commands that it does not know", () => {
  const { standing, stage } = ask(
    new ZmtpProbe(plain),
    encodeGreeting("PLAIN"),
    encodeCommand("X", hex("")),
    misspeltError,
  );
  assert.deepEqual([standing, stage], [{ isAccepted: false, refusal: "400", socket: null }, "over"]);
});

test("encodeClientHello is one TLS record with one handshake message in it", () => {
  const record = encodeClientHello(new Uint8Array(32).fill(7));
  assert.deepEqual([...record.subarray(0, 3)], [0x16, 3, 1]);
  assert.equal(record[4], record.length - 5);
  assert.equal(record[8], record.length - 9);
});

test("nameAnswer knows TLS and HTTP by their first octets", () => {
  assert.equal(nameAnswer(hex("160303")), null);
  assert.deepEqual(nameAnswer(hex("1503030002")), { kind: "tls", name: "TLS" });
  assert.deepEqual(nameAnswer(octets("HTTP/1.1 200 OK\r\nServer: nginx\r\n\r\n")), {
    kind: "http",
    name: "an HTTP server (nginx)",
  });
  assert.deepEqual(nameAnswer(octets("HTTP/1.0 200 OK\r\n\r\n")), { kind: "http", name: "an HTTP server" });
  assert.deepEqual(nameAnswer(octets("hello")), { kind: "other", name: "not ZeroMQ" });
  assert.match(HTTP_REQUEST, /^HEAD \/ HTTP\/1\.0\r\n\r\n$/);
});
