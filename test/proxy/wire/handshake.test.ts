import assert from "node:assert/strict";
import { test } from "node:test";
import { Handshake, greetingOctets } from "../../../src/proxy/wire/handshake.ts";
import type { Direction } from "../../../src/shared/model.ts";
import { encodeGreeting } from "../../../src/proxy/wire/writer.ts";
import { hex, join, octets } from "../../support/octets.ts";

const ready = (socket: string): Uint8Array =>
  join(octets("\x05READY\x0bSocket-Type"), hex("000000"), Uint8Array.of(socket.length), octets(socket));

/** Both 3.1 greetings, then the given commands. */
function after(mechanism: "NULL" | "PLAIN" | "CURVE", ...commands: [Direction, Uint8Array][]): Handshake {
  const handshake = new Handshake(undefined);
  const greeting = encodeGreeting(mechanism);
  for (const direction of [0, 1] as const) {
    handshake.sent(direction);
    handshake.greeted(direction, "3.x", greeting, greeting);
  }
  for (const [direction, body] of commands) handshake.command(direction, body);
  return handshake;
}

const reasons: [string, Handshake, RegExp][] = [
  ["nobody spoke", new Handshake(undefined), /before either side/],
  ["the client was silent", sent(1), /before the client/],
  ["the server was silent", sent(0), /before the server/],
  ["the greetings were all", after("NULL"), /mechanisms of client and server may differ/],
  ["both sent HELLO", after("CURVE", [0, octets("\x05HELLO")], [1, octets("\x05HELLO")]), /two HELLOs/],
  ["the key was wrong", after("CURVE", [0, octets("\x05HELLO")]), /wrong server key/],
  ["PLAIN was refused silently", after("PLAIN", [0, octets("\x05HELLO\x01a\x01b")]), /did not accept the user/],
  ["INITIATE was the last", after("CURVE", [0, octets("\x05HELLO")], [0, octets("\x08INITIATE")]), /after INITIATE/],
  ["one READY came", after("NULL", [0, ready("REQ")]), /after one READY.*the client is a REQ/],
  ["the server's READY came", after("NULL", [1, octets("\x05READY")]), /the server is a socket of an unknown type/],
];
function sent(direction: Direction): Handshake {
  const handshake = new Handshake(undefined);
  handshake.sent(direction);
  return handshake;
}
for (const [when, handshake, expected] of reasons) {
  test(`Handshake words a close when ${when}`, () => {
    assert.match(handshake.closeReason(), expected);
  });
}

test("Handshake names both mechanisms where they differ", () => {
  const handshake = new Handshake(undefined);
  for (const direction of [0, 1] as const) handshake.sent(direction);
  handshake.greeted(0, "3.x", encodeGreeting("NULL"), encodeGreeting("CURVE"));
  handshake.greeted(1, "3.x", encodeGreeting("CURVE"), encodeGreeting("NULL"));
  assert.match(handshake.closeReason(), /client wants NULL and the server CURVE/);
});

test("Handshake is complete when both sides of NULL are READY", () => {
  const handshake = after("NULL", [0, ready("REQ")]);
  assert.equal(handshake.isComplete, false);
  handshake.command(1, ready("REP"));
  assert.equal(handshake.isComplete, true);
  assert.deepEqual(handshake.sockets, { client: "REQ", server: "REP" });
  assert.equal(handshake.socket(0), "REQ");
  assert.equal(handshake.socket(1), "REP");
});

test("Handshake knows socket types that do not fit, which only 3.x peers check", () => {
  assert.equal(after("NULL", [0, ready("REQ")], [1, ready("REP")]).misfit, null);
  assert.match(after("NULL", [0, ready("PUSH")], [1, ready("REP")]).misfit!, /a PUSH cannot talk to a REP/);
  const old = new Handshake(undefined);
  old.greeted(0, "2.0", hex("ff00000000000000017f 01 08"), hex(""));
  old.greeted(1, "2.0", hex("ff00000000000000017f 01 04"), hex(""));
  assert.equal(old.misfit, null);
});

test("Handshake lets the wire win over the socket types that were given", () => {
  const handshake = new Handshake({ client: "PUSH", server: "PULL" });
  handshake.greeted(0, "2.0", hex("ff00000000000000017f 01 03"), hex(""));
  assert.deepEqual(handshake.sockets, { client: "REQ", server: "PULL" });
});

test("Handshake uses the lower of two minor versions", () => {
  const handshake = new Handshake(undefined);
  const old = encodeGreeting("NULL");
  old[11] = 0;
  handshake.greeted(0, "3.x", encodeGreeting("NULL"), old);
  assert.equal(handshake.version, "3.0");
  handshake.greeted(1, "3.x", old, encodeGreeting("NULL"));
  const { version, client, server, reason } = handshake.detail();
  assert.deepEqual([version, client.version, server.version, reason], ["3.0", "3.1", "3.0", undefined]);
});

test("Handshake tells the versions of old peers as their greetings have them", () => {
  const versions = (verdict: "1.0" | "2.0", greeting: string): unknown => {
    const handshake = new Handshake(undefined);
    handshake.greeted(1, verdict, hex(greeting), hex(""));
    return [handshake.detail().server.version, handshake.version];
  };
  assert.deepEqual(versions("1.0", "0100"), ["1.0", "1.0"]);
  assert.deepEqual(versions("1.0", "ff00000000000000017f"), [null, "1.0"]);
  assert.deepEqual(versions("2.0", "ff00000000000000017f 01 04"), ["2.0", "2.0"]);
  assert.deepEqual(versions("2.0", "ff00000000000000017f 03 04"), ["3.x", "2.0"]);
});

test("Handshake keeps an old version when a newer greeting follows", () => {
  const handshake = new Handshake(undefined);
  handshake.greeted(1, "2.0", hex("ff00000000000000017f 01 04"), hex(""));
  handshake.greeted(0, "3.x", encodeGreeting("NULL"), hex(""));
  assert.equal(handshake.version, "2.0");
});

test("Handshake reads the user name only where user and password fill HELLO", () => {
  const user = (hello: string): string | undefined => after("PLAIN", [0, octets(hello)]).detail().user;
  assert.equal(user("\x05HELLO\x05admin\x06secret"), "admin");
  assert.equal(user("\x07WELCOME\x05admin\x06secret"), "admin");
  assert.equal(user("\x05HELLO\x05admin\x06secret!"), undefined);
  assert.equal(user("\x05HELLO\x7fadmin"), undefined);
  assert.equal(user("\x05HELLO"), undefined);
});

test("Handshake gives the reason of an ERROR, or says that there is none", () => {
  const refused = (body: string): unknown => {
    const handshake = after("CURVE");
    return [handshake.command(0, octets(body)), handshake.reason];
  };
  assert.deepEqual(refused("\x05ERROR\x03400"), ["refused", "The client refused the connection: 400."]);
  assert.deepEqual(refused("\x05ERROR"), ["refused", "The client refused the connection: no reason given."]);
});

test("Handshake remembers a bounded number of commands", () => {
  const handshake = after("CURVE");
  for (let index = 0; index < 100; index++) assert.equal(handshake.command(0, octets("\x07WELCOME")), "more");
  assert.equal(handshake.command(0, octets("\x07MESSAGE")), "sealed");
});

test("greetingOctets tells how long a greeting is", () => {
  assert.deepEqual([greetingOctets("1.0"), greetingOctets("2.0"), greetingOctets("3.x")], [0, 12, 64]);
});
