import assert from "node:assert/strict";
import { after, test } from "node:test";
import { curveKeyPair } from "zeromq";
import { text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { startRig } from "./support/rig.ts";

// A file of its own: an authenticator for PLAIN in the same process would be asked about these clients too.
const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

for (const [server, client] of [
  [python, javascript],
  [javascript, python],
] as const) {
  test(`A tap without keys passes CURVE from ${client.library} to ${server.library}, and shows sizes only`, async (t) => {
    const serverKeys = curveKeyPair();
    const clientKeys = curveKeyPair();
    const rep = await server.open("REP", { curveServer: true, curveSecretKey: serverKeys.secretKey });
    const rig = await startRig(t, await rep.bind("tcp://127.0.0.1:*"));
    const req = await client.open("REQ", {
      curveServerKey: serverKeys.publicKey,
      curvePublicKey: clientKeys.publicKey,
      curveSecretKey: clientKeys.secretKey,
    });
    await req.connect(rig.endpoint);
    await req.send(text("question"));
    assert.deepEqual(await rep.receive(), [text("question")]);
    await rep.send(text("answer"));
    assert.deepEqual(await req.receive(), [text("answer")]);
    await req.close();
    await rep.close();
    await rig.tap.untilEvents("link-closed");
    const [handshake] = await rig.tap.untilEvents("handshake");
    assert.deepEqual([handshake?.detail?.["state"], handshake?.detail?.["mechanism"]], ["done", "CURVE"]);
    assert.deepEqual(
      rig.tap.lines.filter(({ type }) => type === "message"),
      [],
    );
    // The delimiter and the payload each way are a box of their own.
    assert.equal(rig.tap.lines.filter(({ type }) => type === "encrypted").length, 4);
    await rig.assertBytesEqual();
  });
}
