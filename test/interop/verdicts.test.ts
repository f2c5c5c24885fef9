import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo, type Server } from "node:net";
import { test, type TestContext } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { curveKeyPair } from "zeromq";
import { makeCertificate } from "../support/certificate.ts";
import type { PeerOptions, SocketKind } from "./peers/peer.ts";
import { PythonPeer, type PythonSocket, type ZapRules } from "./peers/python.ts";
import { CliTap, type TapLine } from "./support/cliTap.ts";

/** What a `handshake` event says of its verdict. */
type Told = {
  readonly state: string;
  readonly count?: number;
  readonly everyMs?: number;
  readonly verdict: {
    readonly id: string;
    readonly certain: boolean;
    readonly candidates: readonly string[];
    readonly retries: string | null;
    readonly sentence: string;
    readonly probe: boolean;
  };
};

type End = { readonly kind: SocketKind; readonly options: PeerOptions };

const server = curveKeyPair();
const client = curveKeyPair();
const stranger = curveKeyPair();
const zap = { zapDomain: "test" };
const curveServer: PeerOptions = { curveServer: true, curveSecretKey: server.secretKey };
const curveClient: PeerOptions = {
  curveServerKey: server.publicKey,
  curvePublicKey: client.publicKey,
  curveSecretKey: client.secretKey,
};
const plainServer: PeerOptions = { plainServer: true, ...zap };
const plainClient: PeerOptions = { plainUser: "admin", plainPassword: "secret" };

const told = ({ detail }: TapLine): Told => detail as unknown as Told;
const handshakes = (tap: CliTap): Told[] => tap.events("handshake").map(told);

/** The first handshake event for which `isIt` holds. */
async function untilTold(tap: CliTap, isIt: (one: Told) => boolean): Promise<Told> {
  for (let count = 1; ; count++) {
    await tap.untilEvents("handshake", count);
    const found = handshakes(tap).find(isIt);
    if (found !== undefined) return found;
  }
}

/** A server of libzmq with these rules, a tap without keys in front of it, and clients that connect to the tap. */
async function connect(
  t: TestContext,
  serving: End,
  connecting: End,
  { rules, clients = 1 }: { rules?: ZapRules; clients?: number } = {},
): Promise<{ tap: CliTap; sockets: PythonSocket[] }> {
  const [listeningPeer, connectingPeer] = [new PythonPeer(), new PythonPeer()];
  if (rules !== undefined) await listeningPeer.authenticate(rules);
  const bound = await listeningPeer.open(serving.kind, serving.options);
  const tap = await CliTap.start(await bound.bind("tcp://127.0.0.1:*"));
  t.after(async () => {
    await tap.stop("SIGKILL");
    await listeningPeer.stop();
    await connectingPeer.stop();
  });
  const sockets: PythonSocket[] = [];
  for (let index = 0; index < clients; index++) {
    const socket = await connectingPeer.open(connecting.kind, connecting.options);
    await socket.connect(tap.endpoint);
    sockets.push(socket);
  }
  return { tap, sockets };
}

const rep = (options: PeerOptions = {}): End => ({ kind: "REP", options });
const req = (options: PeerOptions = {}): End => ({ kind: "REQ", options });

type Case = {
  readonly name: string;
  readonly serving: End;
  readonly connecting: End;
  readonly rules?: ZapRules;
  /** What the first handshake event says; where chance decides between two, both. */
  readonly says: readonly { readonly id: string; readonly state: "failed" | "waiting"; readonly candidate?: RegExp }[];
  /** Of the verdict that is awaited last. */
  readonly retries: string | readonly string[];
  /** Chance may let another verdict come first: waits for this one. */
  readonly until?: string;
};

const cases: readonly Case[] = [
  {
    name: "a wrong server key",
    serving: rep(curveServer),
    connecting: req({ ...curveClient, curveServerKey: stranger.publicKey }),
    says: [{ id: "wrong-server-key", state: "failed" }],
    retries: "yes",
  },
  {
    name: "a key that the authenticator refuses with 400",
    rules: { keys: [stranger.publicKey], status: "400" },
    serving: rep({ ...curveServer, ...zap }),
    connecting: req(curveClient),
    says: [{ id: "refused", state: "failed" }],
    retries: "no",
  },
  {
    name: "a key that the authenticator answers with 500",
    rules: { keys: [], status: "500" },
    serving: rep({ ...curveServer, ...zap }),
    connecting: req(curveClient),
    says: [{ id: "refused", state: "failed" }],
    retries: "no",
  },
  {
    name: "a listed key from an address that is not listed",
    rules: { keys: [client.publicKey], addresses: ["10.9.8.7"] },
    serving: rep({ ...curveServer, ...zap }),
    connecting: req(curveClient),
    says: [{ id: "refused", state: "failed" }],
    retries: "no",
  },
  {
    name: "a CURVE client that the authenticator puts off with 300",
    rules: { keys: [], status: "300" },
    serving: rep({ ...curveServer, ...zap }),
    connecting: req(curveClient),
    // libzmq closes the first such connection of a server, and keeps the later ones open.
    until: "silence-in-handshake",
    says: [
      { id: "closed-after-initiate", state: "failed", candidate: /ZAP status 300/ },
      { id: "silence-in-handshake", state: "waiting", candidate: /ZAP status 300/ },
    ],
    retries: "after-30s",
  },
  {
    name: "a NULL client that the authenticator puts off with 300",
    rules: { addresses: ["10.9.8.7"], status: "300" },
    serving: rep(zap),
    connecting: req(),
    until: "silence-in-handshake",
    says: [
      { id: "closed-after-ready", state: "failed", candidate: /ZAP status 300/ },
      { id: "silence-in-handshake", state: "waiting", candidate: /ZAP status 300/ },
    ],
    retries: "after-30s",
  },
  {
    name: "a NULL client whose address the authenticator refuses",
    rules: { addresses: ["10.9.8.7"] },
    serving: rep(zap),
    connecting: req(),
    says: [{ id: "refused", state: "failed" }],
    retries: "by-chance",
  },
  {
    name: "a client whose public and secret key do not belong together",
    serving: rep(curveServer),
    connecting: req({ ...curveClient, curveSecretKey: stranger.secretKey }),
    says: [{ id: "closed-after-initiate", state: "failed", candidate: /do not belong together/ }],
    retries: "yes",
  },
  {
    name: "incompatible socket types over CURVE",
    serving: rep(curveServer),
    connecting: { kind: "PUSH", options: curveClient },
    says: [{ id: "closed-after-initiate", state: "failed", candidate: /^the socket types do not fit$/ }],
    retries: "yes",
  },
  {
    name: "incompatible socket types over PLAIN",
    rules: { allowAny: true },
    serving: rep(plainServer),
    connecting: { kind: "PUSH", options: plainClient },
    says: [{ id: "closed-after-initiate", state: "failed", candidate: /the client is a PUSH/ }],
    retries: "yes",
  },
  {
    name: "incompatible socket types over NULL",
    serving: rep(),
    connecting: { kind: "PUSH", options: {} },
    says: [
      {
        id: "closed-after-ready",
        state: "failed",
        candidate: /^the socket types do not fit \(the (server is a REP|client is a PUSH)\)$/,
      },
      { id: "incompatible-sockets", state: "failed" },
    ],
    retries: ["no", "yes", "by-chance"],
  },
  ...(
    [
      ["NULL", "CURVE", req(), rep(curveServer)],
      ["CURVE", "NULL", req(curveClient), rep()],
      ["NULL", "PLAIN", req(), rep(plainServer)],
      ["PLAIN", "CURVE", req(plainClient), rep(curveServer)],
    ] as const
  ).map(([wants, has, connecting, serving]): Case => ({
    name: `a client of ${wants} and a server of ${has}`,
    serving,
    connecting,
    says: [
      {
        id: "closed-after-greetings",
        state: "failed",
        candidate: new RegExp(`^the mechanisms differ \\((the client wants ${wants}|the server wants ${has})\\)$`),
      },
      { id: "mechanisms-differ", state: "failed" },
    ],
    retries: "by-chance",
  })),
  {
    name: "two CURVE clients",
    serving: rep(curveClient),
    connecting: req(curveClient),
    // Mostly one sees the other's HELLO so early that it closes without its own.
    says: [
      { id: "closed-after-hello", state: "failed", candidate: /^both sides are CURVE clients$/ },
      { id: "both-clients", state: "failed" },
      { id: "wrong-server-key", state: "failed" },
    ],
    until: "closed-after-hello|both-clients",
    retries: "no",
  },
  {
    name: "two CURVE servers",
    serving: rep(curveServer),
    connecting: req(curveServer),
    says: [{ id: "silence-after-greetings", state: "waiting", candidate: /^both sides are CURVE servers$/ }],
    retries: "after-30s",
  },
  {
    name: "a password that is refused",
    rules: { passwords: { admin: "other" } },
    serving: rep(plainServer),
    connecting: req(plainClient),
    says: [{ id: "plain-refused", state: "failed" }],
    retries: "no",
  },
];

for (const { name, serving, connecting, rules, says, retries, until } of cases) {
  test(`A tap says ${says.map(({ id }) => id).join(" or ")} of ${name}`, async (t) => {
    const { tap } = await connect(t, serving, connecting, rules === undefined ? {} : { rules });
    const wanted = new RegExp(`^(${until ?? says.map(({ id }) => id).join("|")})$`);
    const last = await untilTold(tap, ({ verdict }) => wanted.test(verdict.id));
    for (const { state, verdict } of handshakes(tap)) {
      const expected = says.find(({ id }) => id === verdict.id);
      assert.ok(expected !== undefined, `${verdict.id}: ${verdict.sentence}`);
      assert.equal(state, expected.state);
      assert.equal(verdict.certain, expected.candidate === undefined);
      if (expected.candidate === undefined) continue;
      assert.ok(
        verdict.candidates.some((candidate) => expected.candidate!.test(candidate)),
        verdict.sentence,
      );
      assert.equal(verdict.probe, true);
    }
    assert.ok([retries].flat().includes(last.verdict.retries ?? ""), last.verdict.retries ?? "null");
  });
}

test("A tap says connected of a client whose key and address are listed", async (t) => {
  const rules = { keys: [client.publicKey], addresses: ["127.0.0.1"] };
  const { tap } = await connect(t, rep({ ...curveServer, ...zap }), req(curveClient), { rules });
  await tap.untilEvents("handshake");
  const [{ state, verdict } = assert.fail()] = handshakes(tap);
  assert.deepEqual([state, verdict.id, verdict.certain, verdict.retries], ["done", "connected", true, null]);
});

test("A tap says pair-taken of a second client of a PAIR", async (t) => {
  const pair: End = { kind: "PAIR", options: {} };
  const { tap } = await connect(t, pair, pair, { clients: 2 });
  await tap.untilEvents("handshake", 2);
  assert.deepEqual(
    handshakes(tap).map(({ state, verdict }) => [state, verdict.id, verdict.certain]),
    [
      ["done", "connected", true],
      ["done", "pair-taken", true],
    ],
  );
});

test("A tap says identity-in-use of a second DEALER with the same identity, and not of the next one after it left", async (t) => {
  const dealer: End = { kind: "DEALER", options: { identity: "gui" } };
  const { tap, sockets } = await connect(t, { kind: "ROUTER", options: {} }, dealer, { clients: 2 });
  await tap.untilEvents("handshake", 2);
  assert.deepEqual(
    handshakes(tap).map(({ verdict }) => [verdict.id, verdict.certain, verdict.retries]),
    [
      ["connected", true, null],
      ["identity-in-use", true, "no"],
    ],
  );
  for (const socket of sockets) await socket.close();
  await tap.untilEvents("link-closed", 2);
  const peer = new PythonPeer();
  t.after(() => peer.stop());
  const next = await peer.open("DEALER", { identity: "gui" });
  await next.connect(tap.endpoint);
  await tap.untilEvents("handshake", 3);
  assert.equal(handshakes(tap)[2]?.verdict.id, "connected");
});

/** A client of libzmq before a tap before a server of another kind. */
async function connectTo(t: TestContext, other: Server, close: () => void = () => other.close()): Promise<CliTap> {
  other.on("connection", (socket) => socket.on("error", () => undefined));
  other.listen(0, "127.0.0.1");
  await once(other, "listening");
  const tap = await CliTap.start(`tcp://127.0.0.1:${(other.address() as AddressInfo).port}`);
  const peer = new PythonPeer();
  t.after(async () => {
    await tap.stop("SIGKILL");
    await peer.stop();
    close();
  });
  const socket = await peer.open("REQ");
  await socket.connect(tap.endpoint);
  return tap;
}

test("A tap says silent-server of an HTTP server, and again when the waiting ends", async (t) => {
  // Most HTTP servers wait for a line; Node's own answers what is no request with an error at once.
  const http = createHttpServer().on("clientError", () => undefined);
  const tap = await connectTo(t, http, () => {
    http.closeAllConnections();
    http.close();
  });
  await tap.untilEvents("handshake");
  const [waiting = assert.fail()] = handshakes(tap);
  assert.deepEqual(
    [waiting.state, waiting.verdict.id, waiting.verdict.certain, waiting.verdict.retries, waiting.verdict.probe],
    ["waiting", "silent-server", false, "after-30s", true],
  );
  assert.match(waiting.verdict.candidates[0] ?? "", /as HTTP servers do/);
  await tap.stop();
  const ended = handshakes(tap)[1];
  assert.deepEqual([ended?.state, ended?.verdict.id], ["failed", "ended-by-tap"]);
});

test("A tap says silent-server of a server that never says a word", async (t) => {
  const open = new Set<{ destroy(): void }>();
  const silent = createServer((socket) => open.add(socket));
  const tap = await connectTo(t, silent, () => {
    for (const socket of open) socket.destroy();
    silent.close();
  });
  await tap.untilEvents("handshake");
  assert.deepEqual(
    handshakes(tap).map(({ state, verdict }) => [state, verdict.id]),
    [["waiting", "silent-server"]],
  );
});

test("A tap says silence-after-greetings of a server that hangs in its greeting", async (t) => {
  const open = new Set<{ destroy(): void }>();
  const hung = createServer((socket) => {
    open.add(socket);
    socket.write(Uint8Array.of(0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3));
  });
  const tap = await connectTo(t, hung, () => {
    for (const socket of open) socket.destroy();
    hung.close();
  });
  await tap.untilEvents("handshake");
  const [{ state, verdict } = assert.fail()] = handshakes(tap);
  assert.deepEqual([state, verdict.id, verdict.certain], ["waiting", "silence-after-greetings", false]);
  assert.deepEqual(verdict.candidates, ["the server hangs"]);
});

test("A tap says not-zmtp of a server that speaks first", async (t) => {
  const ssh = createServer((socket) => socket.write("SSH-2.0-OpenSSH_9.2\r\n"));
  const tap = await connectTo(t, ssh);
  await tap.untilEvents("handshake");
  const [{ state, verdict } = assert.fail()] = handshakes(tap);
  assert.deepEqual([state, verdict.id, verdict.certain], ["failed", "not-zmtp", true]);
  assert.match(verdict.sentence, /an SSH server/);
});

const closing: [string, () => Server][] = [
  ["a TLS server", () => createTlsServer(makeCertificate()).on("tlsClientError", () => undefined)],
  ["a server that resets what it accepts", () => createServer((socket) => socket.resetAndDestroy())],
  ["a server that closes what it accepts", () => createServer((socket) => socket.end())],
];
for (const [name, create] of closing) {
  test(`A tap says closed-at-once of ${name}, and counts the client's attempts in one event`, async (t) => {
    const other = create();
    const tap = await connectTo(t, other);
    const server = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    const folded = await untilTold(tap, ({ count }) => count !== undefined);
    for (const { state, verdict } of handshakes(tap)) {
      const { id, certain, retries, probe } = verdict;
      assert.deepEqual([state, id, certain, retries, probe], ["failed", "closed-at-once", false, "yes", true]);
    }
    assert.ok(folded.count! >= 2);
    assert.ok(folded.everyMs! >= 50 && folded.everyMs! < 2_000, `every ${folded.everyMs} ms`);
    // Whatever was folded has no rows of its own.
    for (const event of ["link-opened", "link-closed"]) assert.equal(tap.events(event).length, 1);
    assert.equal(handshakes(tap).length, 2);
    // A connection that was reset before it was looked at does not know its server any more.
    assert.equal(tap.events("link-opened")[0]?.detail?.["server"], server);
  });
}

test("A tap counts the attempts of a client with the wrong server key in one event, and tells it in full once it gets in", async (t) => {
  const wrong = req({ ...curveClient, curveServerKey: stranger.publicKey });
  const { tap, sockets } = await connect(t, rep(curveServer), wrong);
  const folded = await untilTold(tap, ({ count }) => count !== undefined);
  assert.deepEqual([folded.verdict.id, folded.state], ["wrong-server-key", "failed"]);
  assert.ok(folded.count! >= 5);
  assert.equal(tap.events("link-opened").length, 1);
  await sockets[0]!.close();
  const peer = new PythonPeer();
  t.after(() => peer.stop());
  const right = await peer.open("REQ", curveClient);
  await right.connect(tap.endpoint);
  const through = await untilTold(tap, ({ state }) => state === "done");
  assert.equal(through.verdict.id, "connected");
  // An attempt that the end of the first client cut off is another one, and told for itself.
  const cutOff = handshakes(tap).filter(({ verdict }) => !["wrong-server-key", "connected"].includes(verdict.id));
  assert.ok(cutOff.length <= 1);
  assert.equal(tap.events("link-opened").length, 2 + cutOff.length);
});
