import assert from "node:assert/strict";
import { test } from "node:test";
import { FrameCutter } from "../../../../src/proxy/wire/frames.ts";
import { NonceOrder } from "../../../../src/proxy/wire/curve/nonceOrder.ts";
import { eight } from "../../../support/curve.ts";
import { hex, join } from "../../../support/octets.ts";
import { loadVectors, piecesOf, type Vector } from "../../../support/vectors.ts";

const reversed = (counter: number): Uint8Array => eight(counter).toReversed();

test("NonceOrder takes nonces that grow, as 64-bit numbers with the most significant octet first", () => {
  const nonces = new NonceOrder();
  for (const grown of [
    "00",
    "01",
    "ff",
    "0100",
    "7fffffff",
    "80000000",
    "ffffffff",
    "0100000000",
    "80000000ffffffff",
  ]) {
    const nonce = hex(grown.padStart(16, "0"));
    assert.equal(nonces.accept(nonce, 0), true, grown);
    assert.equal(nonces.accept(nonce, 0), false, `${grown} again`);
  }
  for (const less of ["00", "80000000fffffffe", "7fffffffffffffff"]) {
    assert.equal(nonces.accept(hex(less.padStart(16, "0")), 0), false, less);
  }
  assert.equal(nonces.accept(hex("0000 ffffffffffffffff"), 2), true);
  assert.equal(nonces.isHostOrder, false);
});

for (const [first, second, isHostOrder] of [
  ["0000000000000001", "0000000000000002", false],
  ["00000000000000ff", "0000000000000100", false],
  // As measured with libzmq 4.0.10.
  ["0000000000000000", "0100000000000000", true],
  ["ea03000000000000", "eb03000000000000", true],
  ["ff00000000000000", "0001000000000000", true],
  // Neither order: a client that leaves nonces out counts as everybody else does.
  ["0000000000000001", "0000000000000005", false],
] as const) {
  test(`NonceOrder reads a client of ${first} and ${second} in ${isHostOrder ? "host" : "network"} order`, () => {
    const nonces = new NonceOrder();
    nonces.decideClient(hex(first), hex(second));
    assert.equal(nonces.isHostOrder, isHostOrder);
    assert.equal(nonces.accept(hex(first), 0), false);
    assert.equal(nonces.accept(hex(second), 0), true);
    assert.equal(nonces.accept(hex(second), 0), false);
  });
}

test("NonceOrder refuses an INITIATE that does not count on from HELLO in either order", () => {
  const nonces = new NonceOrder();
  nonces.decideClient(eight(5), eight(5));
  assert.equal(nonces.accept(eight(5), 0), false);
});

test("NonceOrder of host order goes on where the low octets wrap", () => {
  const nonces = new NonceOrder();
  nonces.decideClient(reversed(0), reversed(1));
  for (const counter of [1, 0xff, 0x100, 0xffff, 0x10000, 0xffffffff, 0x100000000]) {
    assert.equal(nonces.accept(reversed(counter), 0), true);
    assert.equal(nonces.accept(reversed(counter), 0), false);
  }
  assert.equal(nonces.accept(reversed(0xfffffffe), 0), false);
});

test("NonceOrder reads a server by its READY, whose nonce is 1", () => {
  for (const [ready, isHostOrder] of [
    [eight(1), false],
    [reversed(1), true],
    [eight(2), false],
    [hex("0100000000000001"), false],
  ] as const) {
    const nonces = new NonceOrder();
    nonces.decideServer(ready);
    assert.equal(nonces.isHostOrder, isHostOrder);
  }
});

/** Nonces of one side's commands, in order. */
function noncesOf(vector: Vector, direction: 0 | 1): Record<string, Uint8Array[]> {
  const pieces = piecesOf(vector).filter((piece) => piece.direction === direction);
  const stream = join(...pieces.map(({ bytes }) => bytes)).subarray(64);
  const nonces: Record<string, Uint8Array[]> = {};
  const NONCE_AT: Record<string, number> = { HELLO: 112, INITIATE: 105, READY: 6, MESSAGE: 8 };
  for (const { body } of new FrameCutter(1024 * 1024).push(stream)) {
    const name = Buffer.from(body.subarray(1, 1 + body[0]!)).toString("latin1");
    const at = NONCE_AT[name];
    if (at !== undefined) (nonces[name] ??= []).push(body.subarray(at, at + 8));
  }
  return nonces;
}

const curveLinks = loadVectors().filter(({ mechanism }) => mechanism === "CURVE");
for (const vector of curveLinks) {
  test(`NonceOrder follows both sides of ${vector.name}`, () => {
    const client = new NonceOrder();
    const { HELLO: hello, INITIATE: initiate, MESSAGE: messages } = noncesOf(vector, 0);
    client.decideClient(hello![0]!, initiate![0]!);
    for (const nonce of [...initiate!, ...(messages ?? [])]) assert.equal(client.accept(nonce, 0), true);
    assert.equal(client.isHostOrder, vector.client.libzmq === "4.0.10");

    const server = new NonceOrder();
    const { READY: ready, MESSAGE: answers } = noncesOf(vector, 1);
    server.decideServer(ready![0]!);
    for (const nonce of [...ready!, ...(answers ?? [])]) assert.equal(server.accept(nonce, 0), true);
    assert.equal(server.isHostOrder, vector.server.libzmq === "4.0.10");
  });
}

test("recorded CURVE links hold libzmq 4.0.10 as client and as server", () => {
  const versions = curveLinks.flatMap(({ client, server }) => [`client ${client.libzmq}`, `server ${server.libzmq}`]);
  assert.ok(versions.includes("client 4.0.10") && versions.includes("server 4.0.10"));
});
