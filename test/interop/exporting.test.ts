import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import { exportCapture } from "../../src/proxy/exportCapture.ts";
import { everyRow, theseRows } from "../../src/proxy/files/writeRows.ts";
import { encode } from "../support/captures.ts";
import { readBlocks, readStreams } from "../support/pcapngFile.ts";
import { NO_SECURITY } from "../support/security.ts";
import { type TappedEngine, tappedEngine } from "../support/tappedEngine.ts";
import { type PeerOptions, type PeerSocket, type SocketKind, text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { CliTap, runCli } from "./support/cliTap.ts";
import { Recorder } from "./support/recorder.ts";
import type { TapKeys } from "./support/tapKeys.ts";
import { checkExpert, follow, requireTshark, streamCount, tshark } from "./support/tshark.ts";
import { curveClient, curveServer, PLAIN_USER } from "./support/wires.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-export-"));
const python = new PythonPeer();
/** Its servers ask nobody, while those of the other one let in one user of PLAIN. */
const admitting = new PythonPeer();
before(async () => {
  requireTshark();
  await admitting.setPasswords({ [PLAIN_USER.user]: PLAIN_USER.password });
});
after(async () => {
  await python.stop();
  await admitting.stop();
  rmSync(folder, { recursive: true });
});

type Setup = TappedEngine & {
  readonly recorder: Recorder;
  readonly server: PeerSocket;
  /** A client of this kind, connected through recorder and tap. */
  readonly connect: (kind: SocketKind, prepare?: (socket: PeerSocket) => Promise<void>) => Promise<PeerSocket>;
};

/** A server of pyzmq behind a tap, and a recorder of what clients and tap say to each other in front of it. */
async function setUp(
  t: TestContext,
  kind: SocketKind,
  { server = {}, client = {}, keys = {} }: { server?: PeerOptions; client?: PeerOptions; keys?: TapKeys } = {},
): Promise<Setup> {
  const tapped = tappedEngine(t);
  const listener = await (server.plainServer === true ? admitting : python).open(kind, server);
  const config = {
    id: "tap",
    name: "tap ☂",
    server: await listener.bind("tcp://127.0.0.1:*"),
    listen: "tcp://127.0.0.1:*",
  };
  const { listening } = await tapped.engine.startTap(config, { ...NO_SECURITY, ...keys });
  const recorder = await Recorder.start({ host: "127.0.0.1", port: Number(listening.split(":").at(-1)) });
  t.after(async () => {
    await listener.close();
    await recorder.stop();
  });
  const connect: Setup["connect"] = async (type, prepare) => {
    const socket = await python.open(type, client);
    await prepare?.(socket);
    await socket.connect(recorder.endpoint);
    return socket;
  };
  return { ...tapped, recorder, server: listener, connect };
}

/** Closes the clients, waits until their links are told to be closed, and exports. */
async function exported(
  { engine, rows, until }: TappedEngine,
  clients: readonly PeerSocket[],
  name: string,
  chosen?: (topic: string, preview: string) => boolean,
): Promise<string> {
  for (const client of clients) await client.close();
  await until(() => rows().filter(({ event }) => event === "link-closed").length >= clients.length);
  const { capture } = engine;
  const { firstN, lastN } = capture;
  const picked = chosen && rows().filter(({ kind, topic, preview }) => kind === "message" && chosen(topic, preview));
  const path = join(folder, `${name}.pcapng`);
  const source = picked === undefined ? everyRow(firstN, lastN) : theseRows(picked.map(({ n }) => n));
  const result = await exportCapture({ capture, rows: source, format: "pcapng", path });
  assert.equal(result.bytes, readFileSync(path).length);
  checkExpert(path);
  return path;
}

const sent = (recorder: Recorder): [Buffer, Buffer][] =>
  recorder.recordings.map(({ fromClient, fromServer }) => [Buffer.concat(fromClient), Buffer.concat(fromServer)]);

function assertStreams(file: string, expected: readonly (readonly [Buffer, Buffer])[]): void {
  assert.equal(streamCount(file), expected.length);
  for (const [stream, [client, server]] of expected.entries()) {
    const [first, second] = follow(file, stream);
    assert.equal(first.equals(client), true, `client of stream ${stream}: ${first.length} of ${client.length} octets`);
    assert.equal(
      second.equals(server),
      true,
      `server of stream ${stream}: ${second.length} of ${server.length} octets`,
    );
  }
}

test("tshark reads an exported capture as the octets that REQ and REP sent", async (t) => {
  const setup = await setUp(t, "REP");
  const clients = [await setup.connect("REQ"), await setup.connect("REQ")];
  for (let round = 0; round < 50; round++) {
    for (const client of clients) {
      await client.send(text(`question ${round} ${"?".repeat(round * 20)}`));
      await setup.server.receive();
      await setup.server.send(text(`answer ${round}`, "", "!".repeat(300)));
      await client.receive();
    }
  }
  const file = await exported(setup, clients, "req");
  assertStreams(file, sent(setup.recorder));
  assert.match(tshark(file, "-T", "fields", "-e", "frame.interface_name", "-Y", "tcp", "-c", "20"), /tap ☂/);
  const states = tshark(file, "-o", "ip.check_checksum:TRUE", "-Y", "tcp", "-T", "fields", "-e", "ip.checksum.status");
  assert.deepEqual([...new Set(states.trim().split("\n"))], ["1"]);
});

test("tshark reads exported PUB and SUB links, subscriptions and 200 kB messages included", async (t) => {
  const setup = await setUp(t, "XPUB");
  const clients: PeerSocket[] = [];
  for (const topic of ["a", "b", ""]) {
    clients.push(await setup.connect("SUB", (socket) => socket.subscribe(topic)));
    await setup.server.receive();
  }
  for (let round = 0; round < 10; round++) {
    await setup.server.send([Buffer.from(round % 2 === 0 ? "a" : "b"), Buffer.alloc(200_000, round), Buffer.alloc(0)]);
  }
  await clients[2]!.receive(10);
  await clients[1]!.receive(5);
  await clients[0]!.receive(5);
  assertStreams(await exported(setup, clients, "pub"), sent(setup.recorder));
});

test("tshark reads exported links of PLAIN, the password masked", async (t) => {
  const { user, password } = PLAIN_USER;
  const setup = await setUp(t, "PULL", {
    server: { plainServer: true, zapDomain: "test" },
    client: { plainUser: user, plainPassword: password },
  });
  const client = await setup.connect("PUSH");
  await client.send(text("one"), text("two", "frames"));
  await setup.server.receive(2);
  const file = await exported(setup, [client], "plain");
  assert.equal(readFileSync(file).includes(password), false);
  const masked = sent(setup.recorder).map(([first, second]): [Buffer, Buffer] => {
    const at = first.indexOf(password);
    return [
      Buffer.concat([first.subarray(0, at), Buffer.alloc(password.length, "*"), first.subarray(at + password.length)]),
      second,
    ];
  });
  assertStreams(file, masked);
});

test("tshark reads exported links of CURVE without keys as they were, and with keys as links of NULL", async (t) => {
  const serverPair = curveKeyPair();
  const security = { server: curveServer(serverPair), client: curveClient(serverPair.publicKey, curveKeyPair()) };
  const sealed = await setUp(t, "PULL", security);
  const opened = await setUp(t, "PULL", { ...security, keys: { serverPair } });
  for (const [setup, name] of [
    [sealed, "sealed"],
    [opened, "opened"],
  ] as const) {
    const client = await setup.connect("PUSH");
    await client.send(text("one"), text("two", "x".repeat(300)));
    await setup.server.receive(2);
    const file = await exported(setup, [client], name);
    if (setup === sealed) {
      assertStreams(file, sent(setup.recorder));
    } else {
      const [first, second] = follow(file, 0);
      assert.equal(first.toString("latin1", 12, 17), "NULL\0");
      assert.equal(second.toString("latin1", 12, 17), "NULL\0");
      const traffic = Buffer.concat([encode(["one"]), encode(["two", "x".repeat(300)])]);
      assert.equal(first.subarray(-traffic.length).equals(traffic), true);
      assert.equal(readFileSync(file).includes(serverPair.secretKey), false);
    }
  }
});

test("An export whose beginning was evicted begins with both greetings and the first whole message", async (t) => {
  const setup = await setUp(t, "PULL");
  const client = await setup.connect("PUSH");
  const count = 150;
  const bodies = Array.from({ length: count }, (_, round) => Buffer.alloc(200_000, round));
  for (const body of bodies) {
    await client.send([body]);
    await setup.server.receive();
  }
  const { evicted } = setup.engine.stats();
  assert.equal(evicted > 10, true);
  const file = await exported(setup, [client], "evicted");
  const [[first, second]] = sent(setup.recorder) as [[Buffer, Buffer]];
  const messageBytes = 200_009;
  const begun = first.length - count * messageBytes;
  const [followed, answered] = follow(file, 0);
  assert.equal(streamCount(file), 1);
  assert.equal(followed.subarray(0, begun).equals(first.subarray(0, begun)), true);
  const rest = followed.subarray(begun);
  assert.equal(rest.length % messageBytes === 0 && rest.length > 10 * messageBytes, true);
  assert.equal(rest.equals(first.subarray(-rest.length)), true);
  assert.equal(answered.equals(second), true);
});

test("An export keeps heartbeats between the frames of a message where they were", async (t) => {
  const heartbeats = { heartbeatMs: 5, heartbeatTimeoutMs: 10_000 };
  const setup = await setUp(t, "PULL", { server: heartbeats, client: heartbeats });
  const client = await setup.connect("PUSH");
  const message = Array.from({ length: 40 }, (_, frame) => Buffer.alloc(20_000, frame));
  for (let round = 0; round < 10; round++) {
    await client.send(message);
    await setup.server.receive();
  }
  await setup.until(() => setup.rows().filter(({ event }) => event === "pong").length > 4);
  const file = await exported(setup, [client], "heartbeats");
  const [[fromClient, fromServer]] = sent(setup.recorder) as [[Buffer, Buffer]];
  const [first, second] = follow(file, 0);
  assert.equal(first.equals(fromClient), true);
  // The tap may hear one more of the server's when the client is gone already.
  assert.equal(second.subarray(0, fromServer.length).equals(fromServer), true);
  assert.ok(second.length - fromServer.length < 100);
});

test("attach --write keeps a file that tshark reads while it grows, after a kill, and whole after a clean end", async (t) => {
  const pull = await python.open("PULL");
  const server = await pull.bind("tcp://127.0.0.1:*");
  t.after(() => pull.close());
  for (const ending of ["SIGKILL", "SIGTERM"] as const) {
    const path = join(folder, `${ending}.pcapng`);
    const tap = await CliTap.start(server, ["--quiet", "--write", path]);
    t.after(() => tap.stop("SIGKILL"));
    const client = await python.open("PUSH");
    await client.connect(tap.endpoint);
    const bodies = Array.from({ length: 20 }, (_, round) => Buffer.alloc(1 + round * 5000, round));
    for (const body of bodies) {
      await client.send([body]);
      await pull.receive();
    }
    const traffic = Buffer.concat(bodies.map((body) => encode([body])));
    await grown(path, (file) => readStreams(readBlocks(file))[0]?.sent[0].subarray(-traffic.length).equals(traffic));
    const { code, stderr } = await tap.stop(ending);
    await client.close();
    const [first, second] = follow(path, 0);
    assert.equal(first.subarray(-traffic.length).equals(traffic), true);
    assert.equal(first.toString("latin1", 12, 16), "NULL");
    assert.match(second.toString("latin1"), /READY.*PULL/s);
    checkExpert(path);
    if (ending === "SIGTERM") {
      assert.equal(code, 0);
      assert.match(stderr, /\n\d+ rows, \d+ octets written to .*SIGTERM\.pcapng\n$/);
      assert.equal(readStreams(readBlocks(readFileSync(path)))[0]!.isClosed, true);
    }
  }
});

test("attach --write overwrites only with --force, and says so before it taps", async () => {
  const path = join(folder, "there.pcapng");
  writeFileSync(path, "mine");
  const refused = await runCli(["attach", "tcp://127.0.0.1:1", "--write", path]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /^Cannot write .*there\.pcapng: there is a file of this name already/);
  assert.equal(readFileSync(path, "utf8"), "mine");
  const tap = await CliTap.start("tcp://127.0.0.1:1", ["--quiet", "--write", path, "--force"]);
  await tap.stop();
  assert.equal(readBlocks(readFileSync(path))[0]!.kind, "section");
});

/** Waits until a file that is being written is as it should be; it may be looked at in the middle of a write. */
async function grown(path: string, isThere: (file: Buffer) => boolean | undefined): Promise<void> {
  const watcher = watch(path);
  const looks = (): boolean => {
    try {
      return isThere(readFileSync(path)) === true;
    } catch {
      return false;
    }
  };
  try {
    while (!looks()) await once(watcher, "change");
  } finally {
    watcher.close();
  }
}

test("A filtered export holds the chosen messages in one valid stream per link", async (t) => {
  const setup = await setUp(t, "PULL");
  const clients = [await setup.connect("PUSH"), await setup.connect("PUSH")];
  for (let round = 0; round < 40; round++) {
    for (const [index, client] of clients.entries()) {
      await client.send(text(`${round % 3 === 0 ? "keep" : "drop"} ${index} ${round}`));
      await setup.server.receive();
    }
  }
  const file = await exported(setup, clients, "filtered", (topic) => topic.startsWith("keep"));
  const expected = sent(setup.recorder).map(([client, server]): [Buffer, Buffer] => {
    const index = client.includes("keep 0 0") ? 0 : 1;
    const traffic = Array.from({ length: 40 }, (_, round) =>
      round % 3 === 0 ? encode([`keep ${index} ${round}`]) : "",
    );
    const begun = client.subarray(0, client.indexOf(encode([`keep ${index} 0`])));
    return [Buffer.concat([begun, ...traffic.map((part) => Buffer.from(part))]), server];
  });
  assertStreams(file, expected);
});
