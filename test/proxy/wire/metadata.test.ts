import assert from "node:assert/strict";
import { test } from "node:test";
import { readMetadata } from "../../../src/proxy/wire/metadata.ts";
import { random } from "../../support/random.ts";
import { hex, join, octets } from "../../support/octets.ts";

function property(name: string, value: Uint8Array): Uint8Array {
  const size = new Uint8Array(4);
  new DataView(size.buffer).setUint32(0, value.length);
  return join(Uint8Array.of(name.length), octets(name), size, value);
}

test("readMetadata reads names in any case", () => {
  const body = join(octets("\x05READY"), property("socket-TYPE", octets("DEALER")), property("IDENTITY", hex("00ff")));
  const { socket, identityHex, others } = readMetadata(
    join(body, property("X-Name", octets("me")), property("X-Raw", hex("ff"))),
    6,
  );
  assert.deepEqual([socket, identityHex, others], ["DEALER", "00ff", { "X-Name": "me", "X-Raw": "0xff" }]);
});

test("readMetadata knows no socket type that is not one", () => {
  assert.equal(readMetadata(property("Socket-Type", octets("TOASTER")), 0).socket, null);
});

test("readMetadata keeps at most 32 others of 1 KiB each, whatever their names", () => {
  const many = Array.from({ length: 100 }, (_, index) => property(`X-${index}`, new Uint8Array(5000).fill(0x61)));
  const { others } = readMetadata(join(property("__proto__", octets("x")), ...many), 0);
  assert.equal(Object.keys(others).length, 32);
  assert.equal(others["X-0"]!.length, 1024);
  assert.equal(others["__proto__"], "x");
});

test("readMetadata stops where properties are cut or malformed", () => {
  const whole = join(property("Socket-Type", octets("REQ")), property("Identity", octets("me")));
  for (let length = 0; length < whole.length; length++) {
    const { socket, identityHex } = readMetadata(whole.subarray(0, length), 0);
    assert.equal(socket, length >= 19 ? "REQ" : null);
    assert.equal(identityHex, "");
  }
  assert.equal(readMetadata(join(hex("00"), whole), 0).socket, null);
});

test("readMetadata never throws on random octets", () => {
  const pick = random(3);
  for (let round = 0; round < 2000; round++) {
    readMetadata(
      Uint8Array.from({ length: pick(60) }, () => pick(pick(2) === 0 ? 8 : 256)),
      pick(4),
    );
  }
});
