import assert from "node:assert/strict";
import { after, test } from "node:test";
import { text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { startRig } from "./support/rig.ts";
import { passHeartbeats } from "./support/scenarios.ts";
import { OPEN } from "./support/wires.ts";

const PASSWORD = "correct horse";
const WRONG = "battery staple";

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
  test(`A tap passes PLAIN with ${client.library} as client and ${server.library} as server, and prints no password`, async (t) => {
    await server.setPasswords({ admin: PASSWORD });
    const rep = await server.open("REP", { plainServer: true, zapDomain: "test" });
    const rig = await startRig(t, await rep.bind("tcp://127.0.0.1:*"));
    const req = await client.open("REQ", { plainUser: "admin", plainPassword: PASSWORD });
    await req.connect(rig.endpoint);
    await req.send(text("question"));
    assert.deepEqual(await rep.receive(), [text("question")]);
    await rep.send(text("answer"));
    assert.deepEqual(await req.receive(), [text("answer")]);

    rig.expected.add("handshake-failed");
    const stranger = await client.open("REQ", { plainUser: "admin", plainPassword: WRONG });
    await stranger.connect(rig.endpoint);
    await stranger.events.until("handshake-refused");

    await rig.tap.untilMessages(2);
    const handshakes = await rig.tap.untilEvents("handshake", 2);
    assert.deepEqual(
      handshakes.map(({ detail }) => [detail?.["state"], detail?.["mechanism"], detail?.["user"]]),
      [
        ["done", "PLAIN", "admin"],
        ["failed", "PLAIN", "admin"],
      ],
    );
    await rig.assertBytesEqual();
    await req.close();
    await stranger.close();
    await rep.close();
    const { stdout, stderr, code } = await rig.tap.stop();
    assert.equal(code, 0);
    for (const secret of [PASSWORD, WRONG]) {
      for (const form of [secret, Buffer.from(secret).toString("hex"), Buffer.from(secret).toString("base64")]) {
        assert.ok(!`${stdout}${stderr}`.includes(form), `the output holds ${form}`);
      }
    }
  });
}

test("A tap passes heartbeats every 5 ms between the frames of large messages", async (t) => {
  const rig = await passHeartbeats(t, { python, javascript }, OPEN);
  // Heartbeats were under way until the end, so what left the tap is what entered it up to some point.
  for (const way of ["fromClient", "fromServer"] as const) {
    const before = Buffer.concat(rig.before.recordings[0]![way]);
    const behind = Buffer.concat(rig.after.recordings[0]![way]);
    const [shorter, longer] = before.length < behind.length ? [before, behind] : [behind, before];
    assert.ok(longer.subarray(0, shorter.length).equals(shorter), `${way} differs`);
    assert.ok(longer.length - shorter.length < 10_000);
  }
});
