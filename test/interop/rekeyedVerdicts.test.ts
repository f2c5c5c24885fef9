import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { after, test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import { loadVector } from "../support/vectors.ts";
import type { Peer, PeerOptions, PeerSocket, SocketKind } from "./peers/peer.ts";
import { PythonPeer, type ZapRules } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { type EngineTap, startEngineTap, type ToldHandshake } from "./support/engineTap.ts";
import type { TapKeys } from "./support/tapKeys.ts";
import { curveClient, curveServer } from "./support/wires.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

const serverPair = curveKeyPair();
const ofServer = curveServer(serverPair);
const ofClient = curveClient(serverPair.publicKey, curveKeyPair());
const stranger = curveKeyPair();

type Case = {
  readonly server?: readonly [SocketKind, PeerOptions];
  readonly client?: readonly [SocketKind, PeerOptions];
  readonly keys?: TapKeys;
  readonly zap?: ZapRules;
  readonly expected: {
    readonly id: string;
    readonly leg: string | null;
    readonly certain: boolean;
    readonly retries: string | null;
  };
  readonly says: RegExp;
  /** The client comes back, and what becomes of that is folded. */
  readonly isFolded?: boolean;
};

const wrongKeyOn = (leg: string): Case["expected"] => ({ id: "wrong-server-key", leg, certain: true, retries: "yes" });
const REFUSED = { id: "refused", leg: "server", certain: true, retries: "no" };

const CASES: Readonly<Record<string, Case>> = {
  "a client that knows another server key": {
    client: ["REQ", curveClient(stranger.publicKey, curveKeyPair())],
    expected: wrongKeyOn("client"),
    says: /client/,
    isFolded: true,
  },
  "a tap that knows another server key": {
    keys: { serverPair, serverKey: stranger.publicKey },
    expected: wrongKeyOn("server"),
    says: /tap has the wrong server key/,
    isFolded: true,
  },
  "a key that the server's authenticator refuses": {
    zap: { keys: [] },
    expected: REFUSED,
    says: /server's authenticator refused the client \(status 400\)/,
  },
  "an authenticator that fails": {
    zap: { keys: [], status: "500" },
    expected: REFUSED,
    says: /authenticator failed \(status 500\)/,
  },
  "an authenticator that puts the client off": {
    zap: { keys: [], status: "300" },
    expected: { id: "silence-in-handshake", leg: "server", certain: false, retries: "after-30s" },
    says: /Nothing follows the (client|tap)'s INITIATE: .*ZAP status 300/,
  },
  "a client whose keys do not belong together": {
    client: ["REQ", { ...ofClient, curvePublicKey: stranger.publicKey }],
    expected: { id: "key-pair-mismatch", leg: "client", certain: true, retries: "yes" },
    says: /belong/,
    isFolded: true,
  },
  "socket types that do not fit": {
    client: ["SUB", ofClient],
    expected: { id: "closed-after-initiate", leg: "server", certain: false, retries: "yes" },
    says: /the socket types do not fit \(the client is a SUB\)/,
    isFolded: true,
  },
  "two CURVE servers": {
    client: ["REQ", curveServer(stranger)],
    expected: { id: "silence-after-greetings", leg: null, certain: false, retries: "after-30s" },
    says: /both sides are CURVE servers/,
  },
};

for (const [what, { server, client, keys, zap, expected, says, isFolded }] of Object.entries(CASES)) {
  for (const library of ["pyzmq", "zeromq.js"] as const) {
    if (library === "zeromq.js" && zap !== undefined) continue;
    test(`A re-keying tap judges ${what}, with a server of ${library}`, async (t) => {
      const peer: Peer = zap === undefined ? (library === "pyzmq" ? python : javascript) : await withRules(t, zap);
      const listener = await peer.open(...(server ?? (["REP", ofServer] as const)));
      const tap = await startEngineTap(t, await listener.bind("tcp://127.0.0.1:*"), keys ?? { serverPair });
      const connector = await (library === "pyzmq" ? javascript : python).open(
        ...(client ?? (["REQ", ofClient] as const)),
      );
      await connector.connect(tap.endpoint);
      if (client?.[0] === "SUB") await connector.subscribe("");
      const [told] = await tap.untilEvents("handshake");
      assertTold(told!, expected, says);
      if (isFolded === true) await assertFolded(tap, expected.id);
      await close(connector, listener);
      assert.deepEqual(tap.bugs, []);
    });
  }
}

async function withRules(t: TestContext, rules: ZapRules): Promise<Peer> {
  const peer = new PythonPeer();
  t.after(() => peer.stop());
  await peer.authenticate(rules);
  return peer;
}

function assertTold({ verdict }: ToldHandshake, expected: Case["expected"], says: RegExp): void {
  const { id, leg, certain, retries, sentence } = verdict!;
  assert.deepEqual({ id, leg, certain, retries }, expected, sentence);
  assert.match(sentence, says);
}

/** What follows the first failure is one row with a count, however often the client comes back. */
async function assertFolded(tap: EngineTap, id: string): Promise<void> {
  const told = await tap.untilEvents("handshake", 2);
  assert.deepEqual(
    told.map(({ verdict }) => verdict?.id),
    [id, id],
  );
  assert.ok(told[1]!.count! > 2, `${told[1]!.count} attempts`);
  assert.equal(tap.events("link-opened").length, 1);
}

async function close(...sockets: readonly PeerSocket[]): Promise<void> {
  for (const socket of sockets) await socket.close();
}

/** A server that says this and keeps quiet. */
async function listen(t: TestContext, greeting: string): Promise<string> {
  const server = createServer((socket: Socket) => {
    t.after(() => socket.destroy());
    socket.on("error", () => undefined);
    socket.resume();
    socket.write(greeting);
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

for (const [what, greeting, expected, says] of [
  [
    "a server that is not ZMTP",
    "SSH-2.0-OpenSSH_9.2\r\n",
    { id: "not-zmtp", leg: null, certain: true, retries: null },
    /SSH/,
  ],
  [
    "a server that says nothing",
    "",
    { id: "silent-server", leg: null, certain: false, retries: "after-30s" },
    /accepts the connection and says nothing/,
  ],
] as const) {
  test(`A re-keying tap judges ${what}`, async (t) => {
    const tap = await startEngineTap(t, await listen(t, greeting), { serverPair });
    const req = await javascript.open("REQ", ofClient);
    await req.connect(tap.endpoint);
    const [told] = await tap.untilEvents("handshake");
    assertTold(told!, expected, says);
    await req.close();
  });
}

test("A re-keying tap opens the HELLO of a libzmq 4.0 client with the server's key, and judges what follows", async (t) => {
  const vector = loadVector("req-rep-4.0.10-4.3.4-curve");
  const { keys } = vector as unknown as { keys: Record<string, Record<string, string>> };
  const pair = { publicKey: keys["server"]!["public"]!, secretKey: keys["server"]!["secret"]! };
  const rep = await python.open("REP", curveServer(pair));
  const tap = await startEngineTap(t, await rep.bind("tcp://127.0.0.1:*"), { serverPair: pair });
  const socket = connect({ host: "127.0.0.1", port: Number(tap.endpoint.split(":").at(-1)) });
  t.after(() => socket.destroy());
  const recorded = Buffer.concat(
    vector.chunks.flatMap(([who, digits]) => (who === "client" ? [Buffer.from(digits, "hex")] : [])),
  );
  const initiateAt = recorded.indexOf("\x08INITIATE") - 2;
  socket.write(recorded.subarray(0, initiateAt));
  let heard = "";
  while (!heard.includes("WELCOME")) heard += ((await once(socket, "data")) as [Buffer])[0].toString("latin1");
  socket.write(recorded.subarray(initiateAt));
  const [told] = await tap.untilEvents("handshake");
  // Its INITIATE carries the cookie of another server.
  assertTold(told!, { id: "bad-handshake", leg: "client", certain: true, retries: "yes" }, /cookie/i);
  await rep.close();
});

for (const [what, ofListener, ofConnector, says] of [
  ["two CURVE clients", ofClient, ofClient, /[Bb]oth sides are CURVE clients/],
  ["a client without security before a CURVE server", ofServer, {}, /mechanisms differ.* wants (NULL|CURVE)/],
  ["a CURVE client before a server without security", {}, ofClient, /mechanisms differ.* wants (NULL|CURVE)/],
] as const) {
  for (const server of [python, javascript]) {
    test(`A re-keying tap names ${what} as far as who closed first let it see, with a server of ${server.library}`, async (t) => {
      const rep = await server.open("REP", ofListener);
      const tap = await startEngineTap(t, await rep.bind("tcp://127.0.0.1:*"), { serverPair });
      const req = await (server === python ? javascript : python).open("REQ", ofConnector);
      await req.connect(tap.endpoint);
      const [told] = await tap.untilEvents("handshake");
      const { id, certain, sentence, leg } = told!.verdict!;
      const sure = {
        "both-clients": true,
        "mechanisms-differ": true,
        "closed-after-hello": false,
        "closed-after-greetings": false,
        // A listening client that reads the tap's HELLO before it has sent its own looks like one with another key.
        "wrong-server-key": true,
      };
      assert.equal(certain, sure[id as keyof typeof sure], sentence);
      if (id !== "wrong-server-key") assert.match(sentence, says);
      if (id !== "closed-after-hello" && id !== "wrong-server-key") assert.equal(leg, null);
      await close(req, rep);
    });
  }
}
