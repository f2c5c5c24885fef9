import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../../../src/proxy/crypto/boxes.ts";
import { errorBody } from "../../../../src/proxy/wire/curve/curveCommands.ts";
import { curveAuthenticate } from "../../../../src/proxy/wire/curve/curveProbe.ts";
import { CurveServer } from "../../../../src/proxy/wire/curve/curveServer.ts";
import { readFrameHeader } from "../../../../src/proxy/wire/frames.ts";
import type { Authentication } from "../../../../src/proxy/wire/probe.ts";
import { encodeMetadata } from "../../../../src/proxy/wire/writer.ts";
import { pairOf } from "../../../support/curve.ts";

const boxes = await loadBoxes();
const [clientPair, serverPair] = [pairOf(boxes, 1), pairOf(boxes, 2)];

const bodyOf = (frame: Uint8Array): Uint8Array => frame.subarray(readFrameHeader(frame, 0)!.headerBytes);

/** A probe that has said INITIATE, and the server that has heard it. */
function initiated(): { probe: Authentication; server: CurveServer } {
  const authenticate = curveAuthenticate(boxes, serverPair.publicKey, clientPair);
  assert.equal(authenticate.mechanism, "CURVE");
  const probe = authenticate.open("REQ");
  const server = new CurveServer(boxes, serverPair);
  assert.equal(server.hello(bodyOf(probe.begin())), null);
  const initiate = probe.command(server.welcome())!;
  const heard = server.initiate(bodyOf(initiate));
  assert.ok(!("check" in heard));
  assert.deepEqual(heard.client, clientPair.publicKey);
  assert.deepEqual(heard.metadata, encodeMetadata("REQ"));
  return { probe, server };
}

test("a CURVE probe is accepted by the server's READY, which tells its socket type", () => {
  const { probe, server } = initiated();
  assert.deepEqual(probe.standing, { isAccepted: null, refusal: null, socket: null });
  assert.equal(probe.command(server.ready(encodeMetadata("REP"))), null);
  assert.deepEqual(probe.standing, { isAccepted: true, refusal: null, socket: "REP" });
});

test("a CURVE probe is refused by ERROR, with its reason", () => {
  const { probe } = initiated();
  assert.equal(probe.command(errorBody("400")), null);
  assert.deepEqual(probe.standing, { isAccepted: false, refusal: "400", socket: null });
});

test("a CURVE probe learns nothing from commands that it cannot open or does not know", () => {
  const { probe, server } = initiated();
  const ready = server.ready(encodeMetadata("REP"));
  ready[ready.length - 1]! ^= 1;
  for (const body of [ready, server.welcome(), new Uint8Array([3, 0x50, 0x55, 0x42]), new Uint8Array(0)]) {
    assert.equal(probe.command(body), null);
  }
  assert.deepEqual(probe.standing, { isAccepted: null, refusal: null, socket: null });
});

test("a CURVE probe says nothing to a server whose public key is none", () => {
  assert.equal(curveAuthenticate(boxes, new Uint8Array(32), clientPair).open("REQ").begin().length, 0);
});
