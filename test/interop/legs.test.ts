import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { LegMechanism } from "../../src/shared/security.ts";
import { OldPeer } from "./peers/oldPeer.ts";
import { text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { comparePattern, PATTERNS } from "./support/patterns.ts";
import { startRig } from "./support/rig.ts";
import { passHeartbeats, passLargeFrames, passManyFrames, passSubscriptions } from "./support/scenarios.ts";
import { NO_SECURITY } from "../support/security.ts";
import { legWires, PLAIN_USER, TAP_PAIR } from "./support/wires.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
const peers = { python, javascript };
before(async () => {
  const passwords = { [PLAIN_USER.user]: PLAIN_USER.password };
  await python.authenticate({ keys: [TAP_PAIR.publicKey], passwords });
  await javascript.setPasswords(passwords);
});
after(async () => {
  await python.stop();
  await javascript.stop();
});

const LEGS: readonly (readonly [client: LegMechanism, server: LegMechanism])[] = [
  ["NULL", "PLAIN"],
  ["NULL", "CURVE"],
  ["PLAIN", "NULL"],
  ["PLAIN", "PLAIN"],
  ["PLAIN", "CURVE"],
  ["CURVE", "NULL"],
  ["CURVE", "PLAIN"],
];

for (const [client, server] of LEGS) {
  for (const name of ["REQ and REP", "PUB and SUB", "PUSH and PULL", "DEALER and ROUTER"]) {
    test(`A tap from ${client} clients to a server of ${server} changes nothing between ${name}`, async (t) => {
      const listens = name === "PUB and SUB" ? "first" : "second";
      await comparePattern(
        t,
        PATTERNS[name]!,
        { first: python, second: javascript, listens },
        legWires(client, server),
      );
    });
  }
}

const SCENARIOS = {
  "messages of 1 to 64 frames": passManyFrames,
  "frames of 0 B to 20 MB both ways": passLargeFrames,
  "exactly the subscribers' own subscriptions": passSubscriptions,
  "heartbeats every 5 ms between the frames of large messages": passHeartbeats,
};
for (const [what, scenario] of Object.entries(SCENARIOS)) {
  for (const [client, server] of [
    ["NULL", "CURVE"],
    ["CURVE", "NULL"],
  ] as const) {
    test(`A tap from ${client} clients to a server of ${server} passes ${what}`, async (t) => {
      await scenario(t, peers, legWires(client, server));
    });
  }
}

for (const mechanism of ["CURVE", "PLAIN"] as const) {
  test(`A subscriber of ZMTP 3.0 hears a publisher behind a tap that adds ${mechanism}`, async (t) => {
    const wires = legWires("NULL", mechanism);
    const xpub = await python.open("XPUB", wires.listener);
    const { tap } = await startRig(t, await xpub.bind("tcp://127.0.0.1:*"), wires.keys);
    const sub = OldPeer.connect(t, tap.port, "SUB");
    sub.send([Buffer.from("\x01news.")]);
    assert.deepEqual(await xpub.receive(), [text("\x01news.")]);
    await xpub.send(text("weather"), text("news.sport", "1:0"));
    assert.deepEqual(await sub.receive(), text("news.sport", "1:0"));
    assert.equal(sub.minor, 1);
    const [handshake] = await tap.untilEvents("handshake");
    assert.deepEqual([handshake?.detail?.["state"], handshake?.detail?.["version"]], ["done", "3.0"]);
    await xpub.close();
  });

  test(`A publisher of ZMTP 3.0 is subscribed to by messages through a tap that takes ${mechanism} away`, async (t) => {
    const wires = legWires(mechanism, "NULL");
    const { endpoint, peer } = await OldPeer.listen(t, "XPUB");
    const rig = await startRig(t, endpoint, wires.keys);
    const sub = await javascript.open("SUB", wires.connector);
    await sub.connect(rig.endpoint);
    await sub.subscribe("news.");
    const xpub = await peer;
    // A SUB of 3.1 that took the tap for a peer of 3.1 would send a command, which this publisher does not know.
    assert.deepEqual(await xpub.receive(), text("\x01news."));
    assert.deepEqual([xpub.minor, xpub.commands], [1, ["READY"]]);
    xpub.send(text("news.sport", "1:0"));
    assert.deepEqual(await sub.receive(), [text("news.sport", "1:0")]);
    await sub.close();
  });
}

for (const server of ["NULL", "CURVE"] as const) {
  test(`A PLAIN client with a wrong password is refused for good by a tap to a server of ${server}, as by a server`, async (t) => {
    const wires = legWires("PLAIN", server);
    const rep = await python.open("REP", wires.listener);
    const { tap, endpoint, expected } = await startRig(t, await rep.bind("tcp://127.0.0.1:*"), wires.keys);
    expected.add("handshake-failed");
    for (const client of [python, javascript]) {
      const req = await client.open("REQ", { plainUser: PLAIN_USER.user, plainPassword: "battery staple" });
      await req.connect(endpoint);
      await req.events.until("handshake-refused");
      assert.equal(req.events.count("handshake-failed"), 0);
      await req.close();
    }
    const [handshake] = await tap.untilEvents("handshake");
    const verdict = handshake?.detail?.["verdict"] as Record<string, unknown>;
    assert.deepEqual(
      [verdict["id"], verdict["leg"], verdict["certain"], verdict["retries"]],
      ["plain-refused", "client", true, "no"],
    );
    const { stdout, stderr } = await tap.stop();
    assert.doesNotMatch(stdout + stderr, /battery staple|correct horse/);
    await rep.close();
  });
}

for (const client of ["PLAIN", "CURVE"] as const) {
  test(`A client of ${client} hears of a server's refusal of the tap's PLAIN user as of one of its own`, async (t) => {
    const wires = legWires(client, "PLAIN");
    const rep = await python.open("REP", wires.listener);
    const plain = { ...PLAIN_USER, password: "battery staple" };
    const keys = client === "CURVE" ? { ...wires.keys, plain } : wires.keys;
    const { endpoint, expected } = await startRig(t, await rep.bind("tcp://127.0.0.1:*"), keys);
    expected.add("handshake-failed");
    const req = await javascript.open("REQ", {
      ...wires.connector,
      ...(client === "PLAIN" ? { plainPassword: "battery staple" } : {}),
    });
    await req.connect(endpoint);
    await req.events.until("handshake-refused");
    assert.equal(req.events.count("handshake-failed"), 0);
    await req.close();
    await rep.close();
  });
}

test("A client of PLAIN hears of a CURVE server's refusal as of one of its own", async (t) => {
  const wires = legWires("PLAIN", "CURVE");
  const rep = await python.open("REP", wires.listener);
  const keys = { ...wires.keys, clientPair: null };
  const { endpoint, expected } = await startRig(t, await rep.bind("tcp://127.0.0.1:*"), keys);
  expected.add("handshake-failed");
  const req = await javascript.open("REQ", wires.connector);
  await req.connect(endpoint);
  await req.events.until("handshake-refused");
  assert.equal(req.events.count("handshake-failed"), 0);
  await req.close();
  await rep.close();
});

for (const side of ["client", "server"] as const) {
  test(`A tap says that its ${side} leg is set to a mechanism that the ${side} does not speak`, async (t) => {
    const { keys } = side === "client" ? legWires("CURVE", "NULL") : legWires("NULL", "CURVE");
    const rep = await python.open("REP");
    const { tap, endpoint, expected } = await startRig(t, await rep.bind("tcp://127.0.0.1:*"), keys);
    expected.add("handshake-failed");
    const req = await javascript.open("REQ");
    await req.connect(endpoint);
    const [handshake] = await tap.untilEvents("handshake");
    const verdict = handshake?.detail?.["verdict"] as Record<string, unknown>;
    assert.equal(verdict["leg"], side);
    if (verdict["certain"] === true) {
      assert.equal(verdict["sentence"], `The ${side} speaks NULL, and the tap's ${side} leg is set to CURVE.`);
    } else {
      // The client has closed before it told its mechanism.
      assert.equal(side, "client");
      assert.match(String(verdict["sentence"]), /the mechanisms differ \(the tap wants CURVE\)/);
    }
    await req.close();
    await rep.close();
  });
}

test("Two taps in a row carry CURVE between them for peers that have none", async (t) => {
  const { keys: outer } = legWires("CURVE", "NULL");
  const rep = await python.open("REP");
  const behind = await startRig(t, await rep.bind("tcp://127.0.0.1:*"), outer);
  const keys = { clientLeg: "NULL", serverLeg: "CURVE", serverKey: outer!.serverPair!.publicKey } as const;
  const { endpoint } = await startRig(t, behind.endpoint, keys);
  const req = await javascript.open("REQ");
  await req.connect(endpoint);
  await req.send(text("question"));
  assert.deepEqual(await rep.receive(), [text("question")]);
  await rep.send(text("answer"));
  assert.deepEqual(await req.receive(), [text("answer")]);
  await req.close();
  await rep.close();
});

for (const [what, [client, server]] of [
  ["adds CURVE for a server that is the CURVE client", ["NULL", "CURVE"]],
  ["takes CURVE from a client that is the CURVE server", ["CURVE", "NULL"]],
  [
    "speaks PLAIN to a server that is the PLAIN client, and CURVE to a client that is the CURVE server",
    ["CURVE", "PLAIN"],
  ],
] as const) {
  test(`A tap ${what}`, async (t) => {
    const backwards = legWires(server, client);
    const pull = await javascript.open("PULL", backwards.connector);
    const { engine } = tappedEngine(t);
    const config = {
      id: "tap",
      name: "tap",
      server: await pull.bind("tcp://127.0.0.1:*"),
      listen: "tcp://127.0.0.1:*",
    };
    const security = { ...NO_SECURITY, ...backwards.keys, clientLeg: client, serverLeg: server };
    const { listening } = await engine.startTap(config, security);
    const push = await python.open("PUSH", backwards.listener);
    await push.connect(listening);
    await push.send(text("job"));
    assert.deepEqual(await pull.receive(), [text("job")]);
    await push.close();
    await pull.close();
  });
}
