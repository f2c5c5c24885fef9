import assert from "node:assert/strict";
import { after, test } from "node:test";
import { curveKeyPair } from "zeromq";
import { text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { PATTERNS } from "./support/patterns.ts";
import { curveClient, curveServer, curveWires } from "./support/wires.ts";

// What tests of CURVE taps rest on: the same without a tap.
const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

for (const [first, second] of [
  [python, javascript],
  [javascript, python],
] as const) {
  for (const server of ["listener", "connector"] as const) {
    test(`CURVE of ${first.library} and ${second.library} carries every pattern when the CURVE server is the ${server}`, async () => {
      for (const pattern of Object.values(PATTERNS)) {
        const wires = curveWires(server);
        const listener = await first.open(pattern.first, { ...pattern.firstOptions, ...wires.listener });
        const connector = await second.open(pattern.second, { ...pattern.secondOptions, ...wires.connector });
        await connector.connect(await listener.bind("tcp://127.0.0.1:*"));
        const { bySecond } = await pattern.talk(listener, connector);
        assert.ok(bySecond.length > 0);
        await connector.close();
        await listener.close();
      }
    });
  }
}

for (const server of [python, javascript]) {
  test(`A CURVE server of ${server.library} lets in whom its authenticator admits, and nobody else`, async () => {
    const serverPair = curveKeyPair();
    const member = curveKeyPair();
    const stranger = curveKeyPair();
    const rep = await server.open("REP", curveServer(serverPair));
    const endpoint = await rep.bind("tcp://127.0.0.1:*");
    const verdict = async (pair: typeof member): Promise<string> => {
      const req = await python.open("REQ", curveClient(serverPair.publicKey, pair));
      await req.connect(endpoint);
      const event = await Promise.race(
        ["handshake", "handshake-refused"].map(async (name) => req.events.until(name).then(() => name)),
      );
      if (event === "handshake") {
        await req.send(text("question"));
        assert.deepEqual(await rep.receive(), [text("question")]);
        await rep.send(text("answer"));
        assert.deepEqual(await req.receive(), [text("answer")]);
      }
      await req.close();
      return event;
    };
    await server.admit({ keys: null, addresses: null });
    assert.equal(await verdict(stranger), "handshake");
    await server.admit({ keys: [member.publicKey], addresses: ["127.0.0.1"] });
    assert.deepEqual([await verdict(member), await verdict(stranger)], ["handshake", "handshake-refused"]);
    await server.admit({ keys: null, addresses: ["127.0.0.2"] });
    assert.equal(await verdict(member), "handshake-refused");
    await rep.close();
  });
}
