import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { curveKeyPair } from "zeromq";
import { text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { startEngineTap } from "./support/engineTap.ts";
import { curveServer } from "./support/wires.ts";

const python = new PythonPeer();
const serverPair = curveKeyPair();
const tapPair = curveKeyPair();
before(() => python.authenticate({ keys: [tapPair.publicKey], passwords: {} }));
after(() => python.stop());

const ANYWHERE = "tcp://127.0.0.1:*";

test("All topics of a CURVE publisher are watched with the tap's own keys, and read", async (t) => {
  const xpub = await python.open("XPUB", curveServer(serverPair));
  const tap = await startEngineTap(t, await xpub.bind(ANYWHERE), { serverPair, clientPair: tapPair });
  await tap.engine.watchAll("tap", true);
  assert.deepEqual(await xpub.receive(), [text("\x01")]);
  await xpub.send(text("weather", "20 C"));
  const seen = await tap.untilRow(({ kind }) => kind === "message");
  assert.deepEqual([seen.origin, seen.topic, seen.decrypted, seen.copies], ["watch", "weather", true, 0]);
  await tap.engine.watchAll("tap", false);
  // The publisher is told that nobody asks for anything any more.
  assert.deepEqual(await xpub.receive(), [text("\x00")]);
});

test("A publisher that lets the tap's key not in is told as that", async (t) => {
  const xpub = await python.open("XPUB", curveServer(serverPair));
  const tap = await startEngineTap(t, await xpub.bind(ANYWHERE), { serverPair, clientPair: curveKeyPair() });
  await assert.rejects(tap.engine.watchAll("tap", true), {
    code: "watch-failed",
    message: /^Not all topics can be watched at "tap"\. .*authenticator/,
  });
  assert.equal(tap.state().watch, undefined);
});

test("Watching ends with its tap, and heartbeats of the publisher are answered meanwhile", async (t) => {
  const xpub = await python.open("XPUB", { heartbeatMs: 20, heartbeatTimeoutMs: 200 });
  const tap = await startEngineTap(t, await xpub.bind(ANYWHERE));
  await tap.engine.watchAll("tap", true);
  await tap.until(() => tap.rows().filter(({ event }) => event === "pong").length > 20);
  assert.deepEqual(tap.state().watch, { isOn: true, problem: null });
  assert.equal(tap.rows().filter(({ event }) => event === "link-opened").length, 1);
  await tap.engine.stopTap("tap");
  assert.deepEqual([tap.state().watch, tap.state().links], [undefined, []]);
});
