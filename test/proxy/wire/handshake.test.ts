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
    handshake.sent(direction, greeting.length);
    handshake.greeted(direction, "3.x", greeting, greeting);
  }
  for (const [direction, body] of commands) handshake.command(direction, body);
  return handshake;
}

/** What its verdict is when the server closes it now. */
function closed(handshake: Handshake): string | undefined {
  handshake.closed("server");
  handshake.state = "failed";
  return handshake.verdict?.id;
}

test("Handshake has no verdict while it is under way, and one when it stands still", () => {
  const handshake = after("CURVE", [0, octets("\x05HELLO")]);
  assert.equal(handshake.verdict, null);
  handshake.stalled();
  assert.equal(handshake.detail().verdict?.id, "silence-in-handshake");
  handshake.command(1, octets("\x07WELCOME"));
  assert.equal(handshake.verdict, null);
});

test("Handshake is judged by octets, greetings and commands", () => {
  const silent = new Handshake(undefined);
  silent.sent(0, 10);
  assert.equal(closed(silent), "closed-at-once");
  const greeted = new Handshake(undefined);
  for (const direction of [0, 1] as const) greeted.sent(direction, 64);
  greeted.greeted(0, "3.x", encodeGreeting("NULL"), encodeGreeting("CURVE"));
  greeted.greeted(1, "3.x", encodeGreeting("CURVE"), encodeGreeting("NULL"));
  assert.equal(closed(greeted), "mechanisms-differ");
  assert.equal(closed(after("CURVE", [0, octets("\x05HELLO")])), "wrong-server-key");
  assert.equal(closed(after("NULL", [0, ready("REQ")])), "closed-after-ready");
});

test("Handshake reads a first WELCOME with data as PLAIN's HELLO, as libzmq 4.3.0 writes it", () => {
  const misspelt = after("PLAIN", [0, octets("\x07WELCOME\x05admin\x06secret")]);
  assert.equal(closed(misspelt), "closed-after-hello");
});

test("Handshake takes over what could not be read", () => {
  const handshake = new Handshake(undefined);
  handshake.broken(1, "The server is an SSH server, not a ZeroMQ peer.", true);
  handshake.state = "opaque";
  const { state, verdict } = handshake.detail();
  assert.deepEqual(
    [state, verdict?.id, verdict?.sentence],
    ["failed", "not-zmtp", "The server is an SSH server, not a ZeroMQ peer."],
  );
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
  assert.equal(after("NULL", [0, ready("REQ")], [1, ready("REP")]).isMisfit, false);
  assert.equal(after("NULL", [0, ready("PUSH")], [1, ready("REP")]).isMisfit, true);
  const old = new Handshake(undefined);
  old.greeted(0, "2.0", hex("ff00000000000000017f 01 08"), hex(""));
  old.greeted(1, "2.0", hex("ff00000000000000017f 01 04"), hex(""));
  assert.equal(old.isMisfit, false);
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
  const { version, client, server, verdict } = handshake.detail();
  assert.deepEqual([version, client.version, server.version, verdict], ["3.0", "3.1", "3.0", null]);
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
    return [
      handshake.command(0, octets(body)),
      handshake.verdict?.id,
      /\(.*\)/.exec(handshake.verdict?.sentence ?? "")?.[0],
    ];
  };
  assert.deepEqual(refused("\x05ERROR\x03400"), ["refused", "refused", "(status 400)"]);
  assert.deepEqual(refused("\x05ERROR"), ["refused", "refused", "(no reason given)"]);
});

test("Handshake remembers a bounded number of commands", () => {
  const handshake = after("CURVE");
  for (let index = 0; index < 100; index++) assert.equal(handshake.command(0, octets("\x07WELCOME")), "more");
  assert.equal(handshake.command(0, octets("\x07MESSAGE")), "sealed");
});

test("greetingOctets tells how long a greeting is", () => {
  assert.deepEqual([greetingOctets("1.0"), greetingOctets("2.0"), greetingOctets("3.x")], [0, 12, 64]);
});
