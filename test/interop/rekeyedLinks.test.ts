import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { after, test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import { type Message, text } from "./peers/peer.ts";
import { PythonPeer, type PythonSocket } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { CliTap } from "./support/cliTap.ts";
import { startEngineTap } from "./support/engineTap.ts";
import { curveClient, curveServer } from "./support/wires.ts";

const RESTARTS = 10;
const RECONNECT_LIMIT_MS = 1_000;
const LINKS = 300;
/** A tap adds two kernel socket buffers and its own to a direction. */
const MORE_IN_FLIGHT_BYTES = 12e6;

const serverPair = curveKeyPair();
const OF_SERVER = curveServer(serverPair);
const OF_CLIENT = curveClient(serverPair.publicKey, curveKeyPair());

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

type Between = (t: TestContext, endpoint: string) => Promise<string>;

const direct: Between = (_t, endpoint) => Promise.resolve(endpoint);

const throughTap: Between = async (t, endpoint) => {
  const tap = await CliTap.start(endpoint, ["--quiet"], { serverPair });
  t.after(() => tap.stop("SIGKILL"));
  return tap.endpoint;
};

test(`CURVE clients of a tap are connected again within 1 s of each of ${RESTARTS} restarts, and every question is answered`, async (t) => {
  let rep = await python.open("REP", OF_SERVER);
  const endpoint = await rep.bind("tcp://127.0.0.1:*");
  const tapped = await throughTap(t, endpoint);
  let serving = rep.echo();
  const clients = await Promise.all([1, 2].map(() => python.open("REQ", OF_CLIENT)));
  const asking = clients.map((client) => client.pirate(tapped, 500));
  await rep.events.until("handshake", clients.length);
  const took: number[] = [];
  for (let restart = 0; restart < RESTARTS; restart++) {
    await rep.halt();
    await serving;
    await rep.close();
    rep = await python.open("REP", OF_SERVER);
    await rep.bind(endpoint);
    const bound = performance.now();
    serving = rep.echo();
    await rep.events.until("handshake", clients.length);
    took.push(performance.now() - bound);
    await Promise.all(clients.map(({ events }) => events.until("answered", events.count("answered") + 1)));
  }
  for (const client of clients) await client.halt();
  for (const { answered } of await Promise.all(asking)) assert.ok(answered >= RESTARTS, `only ${answered} answers`);
  t.diagnostic(`connected again after ${took.map(Math.round).join(", ")} ms`);
  assert.ok(took.every((ms) => ms <= RECONNECT_LIMIT_MS));
  await rep.halt();
  await serving;
  for (const socket of [rep, ...clients]) await socket.close();
});

for (const size of [1_000, 200_000]) {
  test(`A CURVE reader that stops reading holds up its sender of ${size} octets with a tap as without, and loses nothing`, async (t) => {
    const accepted: number[] = [];
    for (const between of [direct, throughTap]) {
      const pull = await python.open("PULL", { ...OF_SERVER, receiveHwm: 10 });
      const push = await python.open("PUSH", { ...OF_CLIENT, sendHwm: 10 });
      await push.connect(await between(t, await pull.bind("tcp://127.0.0.1:*")));
      const count = await push.flood(size, 1_000);
      await pull.discard(count);
      const more = pull.receive(100);
      await push.number(100, size);
      assert.deepEqual(
        (await more).map(([frame]) => Number(frame!.readBigUInt64BE())),
        Array.from({ length: 100 }, (_, number) => number),
      );
      accepted.push(count);
      await push.close();
      await pull.close();
    }
    const [without, withTap] = accepted.map((count) => count * size) as [number, number];
    t.diagnostic(`in flight: ${without / 1e6} MB without, ${withTap / 1e6} MB with the tap`);
    assert.ok(
      withTap - without <= MORE_IN_FLIGHT_BYTES,
      `${withTap} octets in flight with, ${without} without the tap`,
    );
  });
}

test("A CURVE server receives all that a tap received from a client that was reset with replies unread", async (t) => {
  const router = await javascript.open("ROUTER", { ...OF_SERVER, sendHwm: 0, receiveHwm: 10 });
  const tap = await CliTap.start(await router.bind("tcp://127.0.0.1:*"), ["--json"], { serverPair });
  t.after(() => tap.stop("SIGKILL"));
  const dealer = await python.open("DEALER", { ...OF_CLIENT, sendHwm: 0, receiveHwm: 1 });
  await dealer.connect(tap.endpoint);
  await dealer.send(text("hello"));
  const [[identity]] = (await router.receive()) as [[Buffer]];
  for (let reply = 0; reply < 300; reply++) await router.send([identity, Buffer.alloc(100_000)]);
  await dealer.number(6_000, 1_000);
  await tap.untilMessages(500);
  await dealer.close();
  const closing = tap.untilEvents("link-closed");
  const received: Message[] = [];
  let next = router.receive();
  for (;;) {
    const messages = await Promise.race([next, closing.then(() => null)]);
    if (messages === null) break;
    received.push(...messages);
    next = router.receive();
  }
  const passed = tap.messages.filter(({ from }) => from === "client").length;
  t.diagnostic(`${passed} messages passed`);
  while (received.length < passed - 1) {
    received.push(...(await next));
    next = router.receive();
  }
  next.catch(() => undefined);
  assert.deepEqual(
    received.map(([, frame]) => Number(frame!.readBigUInt64BE())),
    Array.from({ length: passed - 1 }, (_, number) => number),
  );
  await router.close();
});

test(`A re-keying tap carries ${LINKS} links at once like a direct run`, async (t) => {
  for (const between of [direct, throughTap]) {
    const pull = await python.open("PULL", { ...OF_SERVER, receiveHwm: 0 });
    const push = await python.open("PUSH", { ...OF_CLIENT, sendHwm: 0 });
    await push.connectTimes(await between(t, await pull.bind("tcp://127.0.0.1:*")), LINKS);
    await push.events.until("handshake", LINKS);
    await pull.events.until("handshake", LINKS);
    const jobs = Array.from({ length: LINKS * 3 }, (_, job) => [Buffer.from(`job ${job}`), Buffer.alloc(70_000, job)]);
    await push.send(...jobs);
    const received = await pull.receive(jobs.length);
    const names = (messages: readonly Message[]): string[] => messages.map(([name]) => String(name)).sort();
    assert.deepEqual(names(received), names(jobs));
    for (const [name, body] of received) assert.equal(body![0], Number(String(name).slice(4)) & 255);
    assert.equal(push.events.count("disconnected"), 0);
    await push.close();
    await pull.close();
  }
});

test("A re-keying tap does not listen while its server is down, and answers its clients once the server is up", async (t) => {
  const port = await freePort();
  const tap = await CliTap.start(`tcp://127.0.0.1:${port}`, ["--json"], { serverPair });
  t.after(() => tap.stop("SIGKILL"));
  const req = await javascript.open("REQ", OF_CLIENT);
  await req.connect(tap.endpoint);
  await req.send(text("question"));
  await tap.untilEvents("server-down");
  const refused = net.connect({ host: "127.0.0.1", port: tap.port });
  const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNREFUSED");
  const rep: PythonSocket = await python.open("REP", OF_SERVER);
  await rep.bind(`tcp://127.0.0.1:${port}`);
  assert.deepEqual(await rep.receive(), [text("question")]);
  await rep.send(text("answer"));
  assert.deepEqual(await req.receive(), [text("answer")]);
  await req.close();
  await rep.close();
});

test("A killed re-keying tap costs what a server's restart does: clients reconnect to the next one", async (t) => {
  const rep = await python.open("REP", OF_SERVER);
  const server = await rep.bind("tcp://127.0.0.1:*");
  const serving = rep.echo();
  const first = await CliTap.start(server, ["--quiet"], { serverPair });
  t.after(() => first.stop("SIGKILL"));
  const req = await python.open("REQ", OF_CLIENT);
  const asking = req.pirate(first.endpoint, 500);
  await req.events.until("answered", 20);
  await first.stop("SIGKILL");
  const second = await CliTap.start(server, ["--quiet", "--listen", first.endpoint], { serverPair });
  t.after(() => second.stop("SIGKILL"));
  await req.events.until("answered", req.events.count("answered") + 20);
  await req.halt();
  const { answered } = await asking;
  assert.ok(answered >= 40);
  await rep.halt();
  await serving;
  await req.close();
  await rep.close();
});

test("A re-keyed link closes alone when a box was changed on its way, and its client comes back", async (t) => {
  const rep = await python.open("REP", OF_SERVER);
  const tap = await startEngineTap(t, await rep.bind("tcp://127.0.0.1:*"), { serverPair });
  // Stands between the client and the tap, and changes one octet of the first MAC.
  let isChanged = false;
  const between = net.createServer((client) => {
    const server = net.connect({ host: "127.0.0.1", port: Number(tap.endpoint.split(":").at(-1)) });
    for (const socket of [client, server]) socket.on("error", () => undefined);
    t.after(() => {
      client.destroy();
      server.destroy();
    });
    server.pipe(client);
    client.on("data", (chunk: Buffer) => {
      const at = chunk.indexOf("\x07MESSAGE");
      if (at >= 0 && !isChanged) {
        isChanged = true;
        chunk[at + 20]! ^= 1;
      }
      server.write(chunk);
    });
    client.on("end", () => server.end());
  });
  between.listen(0, "127.0.0.1");
  t.after(() => between.close());
  await once(between, "listening");
  const other = await python.open("REQ", OF_CLIENT);
  await other.connect(tap.endpoint);
  const req = await javascript.open("REQ", OF_CLIENT);
  await req.connect(`tcp://127.0.0.1:${(between.address() as net.AddressInfo).port}`);
  await req.send(text("changed"));
  const [fault] = await tap.untilEvents<{ code: string; from: string }>("fault");
  assert.deepEqual([fault!.code, fault!.from], ["curve-mac", "client"]);
  await req.events.until("connected", 2);
  await other.send(text("question"));
  assert.deepEqual(await rep.receive(), [text("question")]);
  await rep.send(text("answer"));
  assert.deepEqual(await other.receive(), [text("answer")]);
  assert.equal(other.events.count("disconnected"), 0);
  for (const socket of [req, other, rep]) await socket.close();
});

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
