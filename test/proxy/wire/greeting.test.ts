import assert from "node:assert/strict";
import { test } from "node:test";
import { judgeGreeting, nameAlien, readMechanism, readSocketNumber } from "../../../src/proxy/wire/greeting.ts";
import { encodeGreeting } from "../../../src/proxy/wire/writer.ts";
import { hex, octets } from "../../support/octets.ts";

const signature = "ff00000000000000017f";
const cases: [what: string, own: string, other: string, verdict: string][] = [
  ["nothing", "", "", "wait"],
  ["one octet", "ff", "", "wait"],
  ["half a signature", "ff00000000", "0100", "wait"],
  ["an anonymous 1.0 peer", "0100", "", "1.0"],
  ["a named 1.0 peer", "09 00 77", signature, "1.0"],
  ["a 1.0 peer with a long identity", "ff 0000000000000100 00", "", "1.0"],
  ["a long form that is too long", "ff 0000000000000200 00", "", "alien"],
  ["a long form without flags", "ff 0000000000000000 00", "", "alien"],
  ["a new peer to a 1.0 peer", signature, "0100", "1.0"],
  ["a new peer to silence", signature, "", "wait"],
  ["a new peer to an unclear one", `${signature} 03`, "ff00", "wait"],
  ["a new peer that has not seen a revision", `${signature} 03`, signature, "wait"],
  ["revision 1", `${signature} 01 08`, signature, "2.0"],
  ["revision 1 to silence", `${signature} 01 08`, "", "wait"],
  ["revision 3 to revision 1", `${signature} 03`, `${signature} 01`, "2.0"],
  ["a signature to revision 0", signature, `${signature} 00`, "2.0"],
  ["a signature to revision 3", signature, `${signature} 03`, "wait"],
  ["revision 3 to revision 3", `${signature} 03`, `${signature} 03`, "3.x"],
  ["revision 3 to revision 2", `${signature} 03`, `${signature} 02`, "2.0"],
  ["few foreign octets", "535348", "", "wait"],
  ["a leading zero", "00 00 00 00 00 00 00 00", "", "alien"],
  ["foreign octets", "5353482d322e302d", "", "alien"],
];
for (const [what, own, other, verdict] of cases) {
  test(`judgeGreeting takes ${what} for ${verdict}`, () => {
    assert.equal(judgeGreeting(hex(own), hex(other)), verdict);
  });
}

test("judgeGreeting takes a whole greeting alone for 3.x if it names a mechanism", () => {
  assert.equal(judgeGreeting(encodeGreeting("NULL"), hex("")), "3.x");
  assert.equal(judgeGreeting(encodeGreeting("NULL").fill(0, 12), hex("")), "wait");
});

test("readMechanism reads a name that zeros follow", () => {
  assert.equal(readMechanism(encodeGreeting("CURVE")), "CURVE");
  assert.equal(readMechanism(encodeGreeting("NULL").fill(0x20, 20, 21)), "");
  assert.equal(readMechanism(hex("")), "");
});

test("readSocketNumber knows the types of ZMTP 2.0", () => {
  const numbers = [0, 3, 10, 11, 255].map((octet) => readSocketNumber(octet));
  assert.deepEqual(numbers, ["PAIR", "REQ", "XSUB", null, null]);
});

const aliens: [string, string][] = [
  ["SSH-2.0-x", "an SSH server"],
  ["HTTP/1.1 400", "an HTTP server"],
  ["POST /x HTTP/1.1", "an HTTP client"],
  ["PRI * HTTP/2.0\r\n\r\n", "an HTTP/2 client"],
  ["\x16\x03\x01", "TLS"],
  ["220 mail ready", "a mail or FTP server"],
  ["+OK ready", "a mail server"],
  ["* OK ready", "a mail server"],
  ["RFB 003.008\n", "a VNC server"],
  ["AMQP\x00\x00\x09\x01", "AMQP"],
  ["something", "not ZeroMQ"],
];
for (const [first, name] of aliens) {
  test(`nameAlien takes ${JSON.stringify(first)} for ${name}`, () => {
    assert.equal(nameAlien(octets(first)), name);
  });
}
