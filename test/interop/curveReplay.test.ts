import assert from "node:assert/strict";
import { after, before, test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import type { CallRequest } from "../../src/shared/calls.ts";
import type { CallSocket, Row } from "../../src/shared/model.ts";
import { type PeerSocket, type SocketKind, text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { type EngineTap, startEngineTap } from "./support/engineTap.ts";
import type { TapKeys } from "./support/tapKeys.ts";
import { curveClient, curveServer, PLAIN_USER } from "./support/wires.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
const serverPair = curveKeyPair();
const tapPair = curveKeyPair();
before(async () => {
  await python.authenticate({
    keys: [tapPair.publicKey],
    passwords: { [PLAIN_USER.user]: PLAIN_USER.password },
  });
});
after(async () => {
  await python.stop();
  await javascript.stop();
});

const KEYS: TapKeys = { serverPair, clientPair: tapPair };

/** A CURVE server of pyzmq and a client of zeromq.js, of these types, on both sides of a tap. */
async function linked(
  t: TestContext,
  server: SocketKind,
  client: SocketKind,
): Promise<{ tap: EngineTap; server: PeerSocket; client: PeerSocket }> {
  const listener = await python.open(server, curveServer(serverPair));
  const tap = await startEngineTap(t, await listener.bind("tcp://127.0.0.1:*"), KEYS);
  const connector = await javascript.open(client, curveClient(serverPair.publicKey, curveKeyPair()));
  t.after(async () => {
    await connector.close();
    await listener.close();
  });
  await connector.connect(tap.endpoint);
  return { tap, server: listener, client: connector };
}

const message = (topic: string) => (row: Row) => row.kind === "message" && row.topic === topic && row.origin === "wire";

const call = (socket: CallSocket, ...frames: string[]): CallRequest => ({
  call: "call",
  target: { kind: "tap", tap: "tap" },
  body: { kind: "frames", socket, frames: text(...frames) },
  timeoutMs: 5_000,
  retries: 0,
  security: null,
});

test("Replay asks a CURVE server again with the tap's own pair, and shows request and answer", async (t) => {
  const { tap, server, client } = await linked(t, "REP", "REQ");
  await client.send(text("question"));
  await server.receive();
  await server.send(text("answer"));
  await client.receive();
  const { n } = await tap.untilRow(message("question"));
  const replaying = tap.sender.replay({ n });
  assert.deepEqual(await server.receive(), [text("question")]);
  await server.send(text("another"));
  const { answer, rows } = await replaying;
  assert.deepEqual(answer?.kind === "answer" && answer.frames.map((frame) => String(Buffer.from(frame))), ["another"]);
  assert.equal(rows.length, 2);
  assert.deepEqual(
    rows.map((row) => tap.rows().find((shown) => shown.n === row)?.origin),
    ["replay", "replay"],
  );
  assert.equal(tap.state().waiting.length, 0);
});

test("Replay puts a publication into the CURVE links of its subscribers", async (t) => {
  const { tap, server, client } = await linked(t, "XPUB", "SUB");
  await client.subscribe("news.");
  await server.receive();
  await server.send(text("news.sport", "1:0"));
  assert.deepEqual(await client.receive(), [text("news.sport", "1:0")]);
  const { n } = await tap.untilRow(message("news.sport"));
  await tap.sender.replay({ n });
  assert.deepEqual(await client.receive(), [text("news.sport", "1:0")]);
  await server.send(text("news.late"));
  assert.deepEqual(await client.receive(), [text("news.late")]);
});

test("Replay sends a job of a PUSH to a CURVE server once more", async (t) => {
  const { tap, server, client } = await linked(t, "PULL", "PUSH");
  await client.send(text("job", "1"));
  assert.deepEqual(await server.receive(), [text("job", "1")]);
  const { n } = await tap.untilRow(message("job"));
  await tap.sender.replay({ n });
  assert.deepEqual(await server.receive(), [text("job", "1")]);
});

test("Replay answers the open request of a CURVE client with an earlier reply", async (t) => {
  const { tap, server, client } = await linked(t, "REP", "REQ");
  await client.send(text("question"));
  await server.receive();
  await server.send(text("answer"));
  await client.receive();
  const { n } = await tap.untilRow(message("answer"));
  await client.send(text("second"));
  await server.receive();
  await tap.untilRow(message("second"));
  await tap.sender.replay({ n });
  assert.deepEqual(await client.receive(), [text("answer")]);
});

test("A call through a CURVE tap needs no place on its allow-list, nor a port", async (t) => {
  const rep = await python.open("REP", curveServer(serverPair));
  const tap = await startEngineTap(t, await rep.bind("tcp://127.0.0.1:*"), {
    ...KEYS,
    allow: [curveKeyPair().publicKey],
  });
  const calling = tap.caller.call(call("REQ", "question"));
  assert.deepEqual(await rep.receive(), [text("question")]);
  await rep.send(text("answer"));
  const result = await calling;
  assert.deepEqual(
    result.reply?.frames.map((frame) => String(Buffer.from(frame))),
    ["answer"],
  );
  assert.deepEqual(tap.state().waiting, []);
  await rep.close();
});

test("A call through a PLAIN tap shows the server the tap's user", async (t) => {
  const rep = await python.open("REP", { plainServer: true, zapDomain: "test" });
  const tap = await startEngineTap(t, await rep.bind("tcp://127.0.0.1:*"), { plain: PLAIN_USER });
  const calling = tap.caller.call(call("REQ", "question"));
  assert.deepEqual(await rep.receive(), [text("question")]);
  await rep.send(text("answer"));
  const result = await calling;
  assert.deepEqual(
    result.reply?.frames.map((frame) => String(Buffer.from(frame))),
    ["answer"],
  );
  await rep.close();
});

test("A call reaches a server that came back while its CURVE tap does not listen yet, and is refused with the reason before", async (t) => {
  const port = await freePort();
  const tap = await startEngineTap(t, `tcp://127.0.0.1:${port}`, KEYS);
  await assert.rejects(tap.caller.call(call("REQ", "question")), {
    code: "server-unreachable",
    message: /connection refused|ECONNREFUSED/,
  });
  assert.equal(tap.state().status, "server-down");
  const rep = await python.open("REP", curveServer(serverPair));
  await rep.bind(`tcp://127.0.0.1:${port}`);
  const calling = tap.caller.call(call("REQ", "question"));
  assert.deepEqual(await rep.receive(), [text("question")]);
  await rep.send(text("answer"));
  assert.equal((await calling).kind, "ok");
  await rep.close();
});

for (const [what, options, keys, says] of [
  [
    "a CURVE server behind a tap without its key",
    curveServer(serverPair),
    { plain: PLAIN_USER },
    /server's public key/,
  ],
  [
    "a CURVE server that knows another key",
    curveServer(serverPair),
    { serverKey: tapPair.publicKey },
    /wrong server key/,
  ],
  ["a CURVE server that refuses the tap", curveServer(serverPair), { serverPair }, /refused/],
  [
    "a PLAIN server behind a tap without a user",
    { plainServer: true, zapDomain: "test" },
    KEYS,
    /user name and password/,
  ],
] as const) {
  test(`A call to ${what} is refused with what is missing`, async (t) => {
    const rep = await python.open("REP", options);
    const tap = await startEngineTap(t, await rep.bind("tcp://127.0.0.1:*"), keys);
    await assert.rejects(tap.caller.call(call("REQ", "question")), { code: "call-failed", message: says });
    await rep.close();
  });
}

test("Replay into CURVE links under load stands between messages only", async (t) => {
  const { tap, server, client } = await linked(t, "XPUB", "SUB");
  await client.subscribe("");
  await server.receive();
  await server.send(text("replay", "me", "whole"));
  await client.receive();
  const { n } = await tap.untilRow(message("replay"));
  const rounds = 200;
  const frames = [Buffer.from("load"), ...Array.from({ length: 6 }, (_, frame) => Buffer.alloc(frame * 17_000, frame))];
  const sending = server.send(...Array.from({ length: rounds }, () => frames));
  let replayed = 0;
  let loaded = 0;
  const replaying = (async () => {
    for (let round = 0; round < 50; round++) await tap.sender.replay({ n });
  })();
  while (replayed < 50 || loaded < rounds) {
    const [received] = await client.receive();
    if (String(received![0]) === "replay") {
      assert.deepEqual(received, text("replay", "me", "whole"));
      replayed++;
    } else {
      assert.deepEqual(received, frames);
      loaded++;
    }
  }
  await sending;
  await replaying;
});
