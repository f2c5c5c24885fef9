import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { networkInterfaces } from "node:os";
import { after, test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import { Caller } from "../../src/proxy/caller.ts";
import { ANY_DESTINATION, socksAddress } from "../../src/shared/socks.ts";
import { NO_SECURITY } from "../support/security.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { type Peer, type PeerSocket, text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { CliTap, runCli } from "./support/cliTap.ts";
import { comparePattern, patternRuns } from "./support/patterns.ts";
import { Recorder } from "./support/recorder.ts";
import { startSocksRig } from "./support/rig.ts";
import { giveKeys, type TapKeys } from "./support/tapKeys.ts";
import { curveClient, curveServer, curveWires, OPEN } from "./support/wires.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

for (const { name, pattern, between, listening } of patternRuns(python, javascript)) {
  test(`A SOCKS tap between ${name} changes nothing when the ${listening} listens`, async (t) => {
    await comparePattern(t, pattern, between, OPEN, startSocksRig);
  });
}

for (const server of ["listener", "connector"] as const) {
  for (const { name, pattern, between, listening } of patternRuns(python, javascript)) {
    if (name !== "REQ and REP" && name !== "PUB and SUB") continue;
    test(`A SOCKS tap with keys reads CURVE between ${name} when the ${listening} listens and the ${server} is the CURVE server`, async (t) => {
      await comparePattern(t, pattern, between, curveWires(server), startSocksRig);
    });
  }
}

async function startSocks(t: TestContext, args: readonly string[] = [], keys?: TapKeys): Promise<CliTap> {
  const tap = await CliTap.startSocks(["--json", ...args], keys);
  t.after(() => tap.stop("SIGKILL"));
  return tap;
}

const proxyOf = (tap: CliTap): string => `127.0.0.1:${tap.port}`;

/**
 * A client that asks for a destination which it does not get, once it has been turned away and asks again: from then on it
 * waits, and may be closed, which is to be done soon. libzmq aborts its program when a socket is closed between two attempts.
 */
async function turnedAway(t: TestContext, tap: CliTap, peer: Peer, endpoint: string): Promise<PeerSocket> {
  const recorder = await Recorder.start({ host: "127.0.0.1", port: tap.port });
  t.after(() => recorder.stop());
  const req = await peer.open("REQ");
  await req.connect(endpoint, `127.0.0.1:${recorder.port}`);
  const askedIn = (at: number): boolean => Buffer.concat(recorder.recordings[at]?.fromClient ?? []).length > 3;
  await recorder.until(() => askedIn(1));
  assert.equal(req.events.count("connected"), 0);
  return req;
}

async function ask(req: PeerSocket, rep: PeerSocket, question = "question"): Promise<void> {
  await req.send(text(question));
  assert.deepEqual(await rep.receive(), [text(question)]);
  await rep.send(text("answer"));
  assert.deepEqual(await req.receive(), [text("answer")]);
}

const namesOf = (tap: CliTap): Set<string> => new Set(tap.messages.map(({ line }) => line.tap));

test("CURVE through a SOCKS tap without keys is passed on, and its frames are shown as encrypted", async (t) => {
  const pair = curveKeyPair();
  const rep = await python.open("REP", curveServer(pair));
  const endpoint = await rep.bind("tcp://127.0.0.1:*");
  const tap = await startSocks(t);
  const req = await javascript.open("REQ", curveClient(pair.publicKey, curveKeyPair()));
  await req.connect(endpoint, proxyOf(tap));
  await ask(req, rep);
  await tap.untilEvents("handshake");
  await req.close();
  await tap.untilEvents("link-closed");
  const encrypted = tap.lines.filter(({ type }) => type === "encrypted");
  assert.deepEqual(new Set(encrypted.map(({ tap: name }) => name)), new Set([endpoint]));
  assert.deepEqual(new Set(encrypted.map(({ from }) => from)), new Set(["client", "server"]));
  await rep.close();
});

test("Destinations have the keys behind the --for that fits them", async (t) => {
  const [one, other] = [curveKeyPair(), curveKeyPair()];
  const servers = await Promise.all([one, other].map((pair) => python.open("REP", curveServer(pair))));
  const open = await python.open("REP");
  const [atOne, atOther, atOpen] = await Promise.all([...servers, open].map((rep) => rep.bind("tcp://127.0.0.1:*")));
  const [ofOne, ofOther] = [giveKeys({ serverPair: one }), giveKeys({ serverPair: other })];
  t.after(() => [ofOne, ofOther].map(({ remove }) => remove()));
  const tap = await startSocks(t, [
    "--for",
    atOne!,
    ...ofOne.args,
    "--for",
    atOther!.slice("tcp://".length),
    ...ofOther.args,
  ]);
  for (const [endpoint, rep, pair] of [
    [atOne!, servers[0]!, one],
    [atOther!, servers[1]!, other],
    [atOpen!, open, null],
  ] as const) {
    const req = await python.open("REQ", pair === null ? {} : curveClient(pair.publicKey, curveKeyPair()));
    await req.connect(endpoint, proxyOf(tap));
    await ask(req, rep, endpoint);
    await req.close();
  }
  const messages = await tap.untilMessages(6);
  assert.deepEqual(
    messages.filter(({ from }) => from === "client").map(({ frames, line }) => [String(frames.at(-1)), line.tap]),
    [atOne, atOther, atOpen].map((endpoint) => [endpoint, endpoint]),
  );
  for (const rep of [...servers, open]) await rep.close();
});

test("A destination that is there is given keys, and calls go through its tap as through any other", async (t) => {
  const pair = curveKeyPair();
  const rep = await python.open("REP", curveServer(pair));
  const endpoint = await rep.bind("tcp://127.0.0.1:*");
  const serving = rep.echo();
  const { engine, rows, until } = tappedEngine(t);
  const door = {
    id: "door",
    name: "socks",
    server: ANY_DESTINATION,
    listen: "tcp://127.0.0.1:*",
    socks: { allow: [] },
  };
  const { listening } = await engine.startTap(door);
  const asked = async (question: string): Promise<void> => {
    const req = await javascript.open("REQ", curveClient(pair.publicKey, curveKeyPair()));
    await req.connect(endpoint, socksAddress(listening));
    await req.send(text(question));
    assert.deepEqual(await req.receive(), [text(question)]);
    await req.close();
  };
  await asked("a secret");
  const id = `door/${endpoint}`;
  await until(() => engine.taps.find(({ config }) => config.id === id)?.speaksCurve);
  assert.deepEqual(await engine.fittingKeys(id, [pair]), [pair.publicKey]);
  await engine.secureTap(id, { ...NO_SECURITY, serverPair: pair });
  await asked("an open secret");
  await until(() =>
    rows().some(({ decrypted, preview, tapName }) => decrypted && tapName === endpoint && preview.includes("open")),
  );
  assert.ok(!rows().some(({ preview }) => preview.includes("a secret")));
  const caller = new Caller(engine, () => undefined);
  t.after(() => caller.cancelAll());
  const call = {
    call: "1",
    target: { kind: "tap", tap: id },
    body: { kind: "frames", socket: "REQ", frames: [Buffer.from("called")] },
    timeoutMs: 10_000,
    retries: 0,
    security: null,
  } as const;
  assert.equal((await caller.call(call)).kind, "ok");
  await rep.halt();
  await serving;
  await rep.close();
});

for (const peer of [python, javascript]) {
  test(`${peer.library} hears through a SOCKS tap that its server is down, and is served once it is up`, async (t) => {
    const port = await freePort();
    const endpoint = `tcp://127.0.0.1:${port}`;
    const tap = await startSocks(t);
    const req = await peer.open("REQ");
    await req.connect(endpoint, proxyOf(tap));
    await req.send(text("question"));
    const [down] = await tap.untilEvents("server-down");
    assert.equal(down?.tap, endpoint);
    await req.events.until("retried");
    assert.equal(req.events.count("connected"), 0, "a refused client is not connected, as without a tap");
    const rep = await python.open("REP");
    await rep.bind(endpoint);
    assert.deepEqual(await rep.receive(), [text("question")]);
    await rep.send(text("answer"));
    assert.deepEqual(await req.receive(), [text("answer")]);
    const told = await tap.untilEvents("server-down", 2);
    assert.deepEqual(
      told.map(({ detail }) => detail?.["state"]),
      ["down", "back"],
    );
    await rep.close();
    await req.events.until("disconnected");
    const again = await python.open("REP");
    await again.bind(endpoint);
    await req.send(text("another question"));
    assert.deepEqual(await again.receive(), [text("another question")]);
    await req.close();
    await again.close();
  });
}

test("A destination that is not allowed is never connected to, and others are", async (t) => {
  const [allowed, denied] = [await python.open("REP"), net.createServer()];
  const endpoint = await allowed.bind("tcp://127.0.0.1:*");
  denied.listen(0, "127.0.0.1").on("connection", () => assert.fail("a denied destination was connected to"));
  await once(denied, "listening");
  t.after(() => denied.close());
  const tap = await startSocks(t, ["--allow", endpoint]);
  const { port } = denied.address() as net.AddressInfo;
  await (await turnedAway(t, tap, python, `tcp://127.0.0.1:${port}`)).close();
  const req = await python.open("REQ");
  await req.connect(endpoint, proxyOf(tap));
  await ask(req, allowed);
  await tap.untilMessages(2);
  assert.deepEqual(namesOf(tap), new Set([endpoint]));
  const faults = tap.events("fault");
  assert.equal(faults.length, 1, "it is told once, however often the client tries");
  assert.equal(faults[0]?.tap, "socks");
  assert.match(
    String(faults[0].detail?.["message"]),
    / is not allowed here, so a client from 127.0.0.1:\d+ was turned away[.]$/,
  );
  for (const socket of [req, allowed]) await socket.close();
});

test("A name is asked for as the program wrote it, and one that does not exist leaves its client unconnected", async (t) => {
  const rep = await python.open("REP");
  const endpoint = (await rep.bind("tcp://127.0.0.1:*")).replace("127.0.0.1", "localhost");
  const tap = await startSocks(t);
  const lost = await turnedAway(t, tap, javascript, "tcp://nowhere.invalid:5556");
  await lost.close();
  const req = await javascript.open("REQ");
  await req.connect(endpoint, proxyOf(tap));
  await ask(req, rep);
  await tap.untilMessages(2);
  assert.deepEqual(namesOf(tap), new Set([endpoint]));
  const [down] = await tap.untilEvents("server-down");
  assert.equal(down?.tap, "tcp://nowhere.invalid:5556");
  assert.match(String(down.detail?.["reason"]), /has no address: check its name/);
  assert.equal(lost.events.count("connected"), 0);
  for (const socket of [req, rep]) await socket.close();
});

const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === "::1"));

test("A SOCKS tap reaches servers by IPv6", { skip: hasIpv6 ? false : "this machine has no ::1" }, async (t) => {
  const server = net.createServer((socket) => socket.end("hello"));
  server.listen(0, "::1");
  await once(server, "listening");
  t.after(() => server.close());
  const { port } = server.address() as net.AddressInfo;
  const tap = await startSocks(t);
  const req = await python.open("REQ");
  await req.connect(`tcp://[::1]:${port}`, proxyOf(tap));
  const [opened] = await tap.untilEvents("link-opened");
  assert.deepEqual([opened?.tap, opened?.detail?.["server"]], [`tcp://[::1]:${port}`, `[::1]:${port}`]);
  await req.close();
});

test("A source address in front of the server's is kept", async (t) => {
  const rep = await python.open("REP");
  const bound = await rep.bind("tcp://127.0.0.1:*");
  const endpoint = bound.replace("tcp://", "tcp://127.0.0.1:0;");
  const tap = await startSocks(t);
  const req = await python.open("REQ");
  await req.connect(endpoint, proxyOf(tap));
  await ask(req, rep);
  const [message] = await tap.untilMessages(2);
  assert.equal(message?.line.tap, bound.replace("tcp://", "tcp://127.0.0.1:*;"));
  await req.close();
  await rep.close();
});

test("Fifty servers on ports of their own, told in a message, are tapped at once, each under its endpoint", async (t) => {
  const tap = await startSocks(t);
  const directory = await python.open("REP");
  const servers = await Promise.all(Array.from({ length: 50 }, () => python.open("REP")));
  const endpoints = await Promise.all(servers.map((server) => server.bind("tcp://127.0.0.1:*")));
  const serving = servers.map((server) => server.echo());
  const client = await python.open("REQ");
  await client.connect(await directory.bind("tcp://127.0.0.1:*"), proxyOf(tap));
  await client.send(text("where?"));
  await directory.receive();
  await directory.send(text(JSON.stringify(endpoints)));
  const [[told]] = (await client.receive()) as [[Buffer]];
  const announced = JSON.parse(String(told)) as string[];
  const clients = await Promise.all(announced.map(() => python.open("REQ")));
  await Promise.all(clients.map((each, at) => each.connect(announced[at]!, proxyOf(tap))));
  await Promise.all(
    clients.map(async (each, at) => {
      for (let round = 0; round < 5; round++) {
        await each.send(text(`${at}/${round}`));
        assert.deepEqual(await each.receive(), [text(`${at}/${round}`)]);
      }
    }),
  );
  const messages = await tap.untilMessages(2 + 50 * 10);
  for (const [at, endpoint] of endpoints.entries()) {
    const heard = messages.filter(({ line }) => line.tap === endpoint).map(({ frames }) => String(frames.at(-1)));
    assert.deepEqual(
      heard,
      [0, 1, 2, 3, 4].flatMap((round) => [`${at}/${round}`, `${at}/${round}`]),
    );
  }
  for (const server of servers) await server.halt();
  await Promise.all(serving);
  for (const socket of [client, directory, ...clients, ...servers]) await socket.close();
});

test("Clients that speak garbage, or half a handshake, trouble nobody else", async (t) => {
  const rep = await python.open("REP");
  const endpoint = await rep.bind("tcp://127.0.0.1:*");
  const tap = await startSocks(t);
  const req = await python.open("REQ");
  await req.connect(endpoint, proxyOf(tap));
  const direct = await javascript.open("REQ");
  await direct.connect(tap.endpoint);
  const halves = Array.from({ length: 50 }, () => net.connect(tap.port, "127.0.0.1"));
  for (const half of halves) half.on("error", () => undefined).write(Buffer.from([5, 1]));
  for (let seed = 1; seed < 200; seed++) {
    const noisy = net.connect(tap.port, "127.0.0.1");
    noisy.on("error", () => undefined);
    const noise = Buffer.from(Array.from({ length: seed * 7 }, (_, at) => (at * seed * 31 + (seed & 3)) & 255));
    if (seed % 2 === 0) noise.set([5, 1, 0, 5, 1, 0]);
    noisy.end(noise);
    await new Promise((resolve) => noisy.once("close", resolve).resume());
  }
  await ask(req, rep);
  await tap.untilMessages(2);
  const kinds = (await tap.untilEvents("fault", 2)).map(({ detail }) =>
    String(detail?.["message"]).replace(/^.*: /, ""),
  );
  assert.ok(kinds.includes("it speaks ZeroMQ at once, without asking for a server by SOCKS5."));
  assert.ok(kinds.length < 12, `${kinds.length} rows of the same: ${kinds.join("; ")}`);
  for (const half of halves) half.destroy();
  for (const socket of [direct, req, rep]) await socket.close();
});

for (const library of [python, javascript]) {
  test(`A program with ${library.library} may close a socket at any time whose server is down or not allowed`, async (t) => {
    const port = await freePort();
    const tap = await startSocks(t, ["--allow", `127.0.0.1:${port}`]);
    for (const endpoint of [`tcp://127.0.0.1:${port}`, "tcp://127.0.0.1:1"]) {
      for (let round = 0; round < 10; round++) {
        const req = round === 0 ? await turnedAway(t, tap, library, endpoint) : await library.open("REQ");
        if (round > 0) await req.connect(endpoint, proxyOf(tap));
        await req.send(text("question"));
        await new Promise((resolve) => setTimeout(resolve, 20 * round));
        await req.close();
      }
    }
    const rep = await library.open("REP");
    await rep.bind(`tcp://127.0.0.1:${port}`);
    const req = await library.open("REQ");
    await req.connect(`tcp://127.0.0.1:${port}`, proxyOf(tap));
    await ask(req, rep);
    await req.close();
    await rep.close();
  });
}

test("A message that nobody reads holds up its sender through a SOCKS tap, and nothing of it is lost", async (t) => {
  const pull = await python.open("PULL", { receiveHwm: 10 });
  const endpoint = await pull.bind("tcp://127.0.0.1:*");
  const tap = await CliTap.startSocks(["--quiet"]);
  t.after(() => tap.stop("SIGKILL"));
  const push = await python.open("PUSH", { sendHwm: 10 });
  await push.connect(endpoint, proxyOf(tap));
  const count = await push.flood(100_000, 500);
  await pull.discard(count);
  await push.number(3, 100);
  const numbers = (await pull.receive(3)).map(([frame]) => Number(frame!.readBigUInt64BE()));
  assert.deepEqual(numbers, [0, 1, 2]);
  await push.close();
  await pull.close();
  const { stderr } = await tap.stop();
  assert.match(stderr, new RegExp(`^${count + 3} messages, `, "m"));
});

test("A SOCKS tap that other machines could reach wants to be told what is allowed", async () => {
  const { code, stderr } = await runCli(["socks", "--listen", "tcp://*:*"]);
  assert.equal(code, 1);
  assert.match(stderr, /would lead other machines to everything/);
});
