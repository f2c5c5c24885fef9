import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import type { CurvePair } from "../../src/shared/security.ts";
import { type Peer, type PeerEvent, type PeerSocket, text } from "./peers/peer.ts";
import { PythonPeer, type ZapRules } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { type EngineTap, startEngineTap } from "./support/engineTap.ts";
import type { TapKeys } from "./support/tapKeys.ts";
import { curveClient, curveServer } from "./support/wires.ts";

const javascript = new ZeromqJsPeer();
const python = new PythonPeer();
after(async () => {
  await javascript.stop();
  await python.stop();
});

const serverPair = curveKeyPair();

/** A REP with these rules behind a tap with these keys; `open` gives a REQ that shows this pair to the tap or the server. */
async function behindTap(
  t: TestContext,
  keys: TapKeys,
  rules?: ZapRules,
): Promise<{
  tap: EngineTap;
  rep: PeerSocket;
  direct: string;
  open: (pair: CurvePair, client?: Peer, endpoint?: string) => Promise<PeerSocket>;
}> {
  const server = new PythonPeer();
  if (rules !== undefined) await server.authenticate(rules);
  const rep = await server.open("REP", curveServer(serverPair));
  const direct = await rep.bind("tcp://127.0.0.1:*");
  const tap = await startEngineTap(t, direct, { serverPair, ...keys });
  const opened: PeerSocket[] = [];
  t.after(async () => {
    for (const socket of opened) await socket.close();
    await server.stop();
  });
  const open = async (pair: CurvePair, client: Peer = javascript, endpoint = tap.endpoint): Promise<PeerSocket> => {
    const req = await client.open("REQ", { ...curveClient(serverPair.publicKey, pair), handshakeMs: 1_000 });
    opened.push(req);
    await req.connect(endpoint);
    return req;
  };
  return { tap, rep, direct, open };
}

async function ask(req: PeerSocket, rep: PeerSocket): Promise<void> {
  await req.send(text("question"));
  assert.deepEqual(await rep.receive(), [text("question")]);
  await rep.send(text("answer"));
  assert.deepEqual(await req.receive(), [text("answer")]);
}

for (const client of [javascript, python]) {
  test(`A client of ${client.library} that no list names waits, and gets in at its next attempt once it is allowed`, async (t) => {
    const [member, stranger] = [curveKeyPair(), curveKeyPair()];
    const { tap, rep, open } = await behindTap(t, { allow: [member.publicKey] });
    await ask(await open(member, client), rep);
    const waiting = await open(stranger, client);
    const listed = await tap.until(() => tap.state().waiting.find(({ attempts }) => attempts >= 3));
    assert.deepEqual([listed.client, listed.isDenied], [stranger.publicKey, false]);
    assert.match(listed.address, /^127\.0\.0\.1:\d+$/);
    // The member's link, and the stranger's first; its others are counted.
    assert.equal(tap.events("link-opened").length, 2);
    const told = await tap.untilEvents("handshake", 3);
    assert.deepEqual(
      told.map(({ state, verdict }) => [state, verdict?.id ?? ""]),
      [
        ["done", "connected"],
        ["failed", "client-waiting"],
        ["failed", "client-waiting"],
      ],
    );
    assert.ok(told[2]!.count! >= 2);

    tap.engine.admit("tap", stranger.publicKey, true);
    await ask(waiting, rep);
    assert.deepEqual(tap.state().waiting, []);
    assert.equal(waiting.events.count("handshake-refused"), 0);
    assert.equal(rep.events.count("handshake"), 2);
  });

  test(`A client of ${client.library} that is denied gets ERROR 400 at its next attempt, and never comes back`, async (t) => {
    const stranger = curveKeyPair();
    const { tap, open } = await behindTap(t, { allow: [curveKeyPair().publicKey] });
    const req = await open(stranger, client);
    await tap.until(() => tap.state().waiting.length === 1);
    tap.engine.admit("tap", stranger.publicKey, false);
    await req.events.until("handshake-refused");
    const [waiting] = tap.state().waiting;
    assert.equal(waiting!.isDenied, true);
    const { attempts } = waiting!;
    // As long as libzmq takes for several attempts: nothing tells that one will not come.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.equal(tap.state().waiting[0]!.attempts, attempts);
    assert.equal(req.events.count("handshake-refused"), 1);
  });
}

test("A server's authenticator sees for each client the pair that was chosen for it", async (t) => {
  const [first, second, ofFirst, ofSecond] = [curveKeyPair(), curveKeyPair(), curveKeyPair(), curveKeyPair()];
  const clientPairs = [
    { client: first.publicKey, pair: ofFirst },
    { client: second.publicKey, pair: ofSecond },
  ];
  const { tap, rep, open } = await behindTap(t, { clientPairs }, { keys: [ofFirst.publicKey] });
  await ask(await open(first), rep);
  const refused = await open(second);
  await refused.events.until("handshake-refused");
  // One without a pair of its own comes with a fresh one.
  const unknown = await open(curveKeyPair());
  await unknown.events.until("handshake-refused");
  const told = await tap.untilEvents("handshake", 2);
  assert.equal(told[1]!.verdict!.id, "refused");
});

test("A server's authenticator sees the one pair that was fixed for all clients", async (t) => {
  const clientPair = curveKeyPair();
  const { rep, open } = await behindTap(t, { clientPair }, { keys: [clientPair.publicKey] });
  await ask(await open(curveKeyPair()), rep);
  await ask(await open(curveKeyPair(), python), rep);
});

test("A server's list of addresses judges the tap's", async (t) => {
  const { rep, open } = await behindTap(t, {}, { allowAny: true, addresses: ["127.0.0.1"] });
  await ask(await open(curveKeyPair()), rep);
  const other = await behindTap(t, {}, { allowAny: true, addresses: ["127.0.0.2"] });
  const refused = await other.open(curveKeyPair());
  await refused.events.until("handshake-refused");
});

const OUTCOMES: readonly PeerEvent[] = ["handshake", "handshake-refused", "handshake-failed"];
for (const [status, event] of [
  ["400", "handshake-refused"],
  ["500", "handshake-refused"],
  // Its own timer ends the attempt, whoever else keeps quiet.
  ["300", "disconnected"],
] as const) {
  for (const client of [javascript, python]) {
    test(`A refusal with status ${status} reaches a client of ${client.library} through a tap as without one`, async (t) => {
      const { direct, open, tap } = await behindTap(t, {}, { keys: [], status });
      const seen: Record<string, number>[] = [];
      for (const endpoint of [direct, tap.endpoint]) {
        const req = await open(curveKeyPair(), client, endpoint);
        await Promise.race([req.events.until(event), req.events.until("connected", 2)]);
        seen.push(Object.fromEntries(OUTCOMES.map((name) => [name, req.events.count(name)])));
      }
      assert.deepEqual(seen[1], seen[0]);
      assert.equal(seen[0]!["handshake"], 0);
    });
  }
}
