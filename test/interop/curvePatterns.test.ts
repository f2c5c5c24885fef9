import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import type { FindingId } from "../../src/shared/findings.ts";
import type { CurvePair } from "../../src/shared/security.ts";
import { type Peer, type PeerSocket, text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import type { CliTap } from "./support/cliTap.ts";
import { comparePattern, patternRuns } from "./support/patterns.ts";
import { startRig } from "./support/rig.ts";
import {
  keepOrder,
  passHeartbeats,
  passLargeFrames,
  passManyFrames,
  passSubscriptions,
  passSubscriptionsBackwards,
} from "./support/scenarios.ts";
import type { TapKeys } from "./support/tapKeys.ts";
import { curveClient, curveServer, curveWires } from "./support/wires.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
const peers = { python, javascript };
after(async () => {
  await python.stop();
  await javascript.stop();
});

for (const { name, pattern, between, listening } of patternRuns(python, javascript)) {
  for (const server of ["listener", "connector"] as const) {
    const role = server === "listener" ? "CURVE server" : "CURVE client";
    test(`A re-keying tap between ${name} changes nothing when the ${listening} listens as ${role}`, async (t) => {
      await comparePattern(t, pattern, between, curveWires(server));
    });
  }
}

const SCENARIOS = {
  "passes messages of 1 to 64 frames and prints them whole": passManyFrames,
  "passes frames of 0 B to 20 MB both ways and prints them whole": passLargeFrames,
  "keeps the order of each client's messages": keepOrder,
  "passes exactly the subscribers' own subscriptions": passSubscriptions,
  "passes the subscriptions of a publisher that connects": passSubscriptionsBackwards,
  "passes heartbeats every 5 ms between the frames of large messages": passHeartbeats,
};
for (const [what, scenario] of Object.entries(SCENARIOS)) {
  for (const server of ["listener", "connector"] as const) {
    test(`A re-keying tap ${what} when the ${server} is the CURVE server`, async (t) => {
      await scenario(t, peers, curveWires(server));
    });
  }
}

async function ask(req: PeerSocket, rep: PeerSocket): Promise<void> {
  await req.send(text("question"));
  assert.deepEqual(await rep.receive(), [text("question")]);
  await rep.send(text("answer"));
  assert.deepEqual(await req.receive(), [text("answer")]);
}

/** A REP with an authenticator behind a tap; `open` gives a REQ with this pair, connected to the tap. */
async function behindTap(
  t: TestContext,
  { server, client }: { server: Peer; client: Peer },
  keys: TapKeys,
): Promise<{
  rep: PeerSocket;
  tap: CliTap;
  expected: Set<FindingId>;
  open: (pair: CurvePair) => Promise<PeerSocket>;
}> {
  const serverPair = curveKeyPair();
  const rep = await server.open("REP", curveServer(serverPair));
  const { tap, endpoint, expected } = await startRig(t, await rep.bind("tcp://127.0.0.1:*"), { serverPair, ...keys });
  const opened = [rep];
  t.after(async () => {
    for (const socket of opened) await socket.close();
  });
  const open = async (pair: CurvePair): Promise<PeerSocket> => {
    const req = await client.open("REQ", curveClient(serverPair.publicKey, pair));
    opened.push(req);
    await req.connect(endpoint);
    return req;
  };
  return { rep, tap, expected, open };
}

for (const [server, client] of [
  [python, javascript],
  [javascript, python],
] as const) {
  const who = `a server of ${server.library} and clients of ${client.library}`;

  test(`A re-keying tap gives each client's own pair to an allow-list, with ${who}`, async (t) => {
    const [first, second, stranger] = [curveKeyPair(), curveKeyPair(), curveKeyPair()];
    await server.admit({ keys: [first.publicKey, second.publicKey], addresses: null });
    const clientPairs = [first, second].map((pair) => ({ client: pair.publicKey, pair }));
    const { rep, tap, expected, open } = await behindTap(t, { server, client }, { clientPairs });
    expected.add("handshake-failed");
    await ask(await open(first), rep);
    await ask(await open(second), rep);
    // Without a pair of its own in the tap it comes with a fresh one, which the server refuses for good.
    const refused = await open(stranger);
    await refused.events.until("handshake-refused");
    const handshakes = await tap.untilEvents("handshake", 3);
    assert.deepEqual(
      handshakes.map(({ detail }) => detail?.["state"]),
      ["done", "done", "failed"],
    );
    assert.equal((await tap.untilMessages(4)).length, 4);
  });

  test(`A re-keying tap gives one fixed pair to an allow-list, with ${who}`, async (t) => {
    const clientPair = curveKeyPair();
    await server.admit({ keys: [clientPair.publicKey], addresses: null });
    const { rep, open } = await behindTap(t, { server, client }, { clientPair });
    await ask(await open(curveKeyPair()), rep);
  });

  test(`A re-keying tap is judged by its own address in an IP allow-list, with ${who}`, async (t) => {
    await server.admit({ keys: null, addresses: ["127.0.0.1"] });
    const { rep, expected, open } = await behindTap(t, { server, client }, {});
    expected.add("handshake-failed");
    await ask(await open(curveKeyPair()), rep);
    await server.admit({ keys: null, addresses: ["127.0.0.2"] });
    const refused = await open(curveKeyPair());
    await refused.events.until("handshake-refused");
  });

  test(`A re-keying tap with an allow-list lets in who is on it and closes the others without ERROR, with ${who}`, async (t) => {
    const member = curveKeyPair();
    await server.admit({ keys: null, addresses: null });
    const { rep, expected, open } = await behindTap(t, { server, client }, { allow: [member.publicKey] });
    expected.add("handshake-failed");
    await ask(await open(member), rep);
    const waiting = await open(curveKeyPair());
    // libzmq comes again only when it was closed without ERROR.
    await waiting.events.until("connected", 2);
    assert.equal(waiting.events.count("handshake-refused"), 0);
  });

  test(`A re-keying tap shows clients a pair of its own, with ${who}`, async (t) => {
    const [ofServer, ofTap] = [curveKeyPair(), curveKeyPair()];
    await server.admit({ keys: null, addresses: null });
    const rep = await server.open("REP", curveServer(ofServer));
    const { endpoint } = await startRig(t, await rep.bind("tcp://127.0.0.1:*"), {
      serverPair: ofTap,
      serverKey: ofServer.publicKey,
    });
    const req = await client.open("REQ", curveClient(ofTap.publicKey, curveKeyPair()));
    await req.connect(endpoint);
    await ask(req, rep);
    await req.close();
    await rep.close();
  });

  test(`A tap adds CURVE for clients that have none, with ${who}`, async (t) => {
    const ofServer = curveKeyPair();
    await server.admit({ keys: null, addresses: null });
    const rep = await server.open("REP", curveServer(ofServer));
    const { endpoint } = await startRig(t, await rep.bind("tcp://127.0.0.1:*"), {
      clientLeg: "NULL",
      serverLeg: "CURVE",
      serverKey: ofServer.publicKey,
    });
    const req = await client.open("REQ");
    await req.connect(endpoint);
    await ask(req, rep);
    await req.close();
    await rep.close();
  });

  test(`A tap takes CURVE away for a server that has none, with ${who}`, async (t) => {
    const ofTap = curveKeyPair();
    const rep = await server.open("REP");
    const { endpoint } = await startRig(t, await rep.bind("tcp://127.0.0.1:*"), {
      clientLeg: "CURVE",
      serverLeg: "NULL",
      serverPair: ofTap,
    });
    const req = await client.open("REQ", curveClient(ofTap.publicKey, curveKeyPair()));
    await req.connect(endpoint);
    await ask(req, rep);
    await req.close();
    await rep.close();
  });
}
