import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { after, test, type TestContext } from "node:test";
import { type Message, text } from "./peers/peer.ts";
import { PythonPeer, type PythonSocket } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { CliTap } from "./support/cliTap.ts";

const RESTARTS = 50;
const RECONNECT_LIMIT_MS = 1_000;
/** What one restart may cost with a tap beyond what it costs without: chance, and the few messages on their way through it. */
const MORE_LOST = { factor: 1.25, perRestart: 5 };
const LINKS = 1_000;
/** A tap adds two kernel socket buffers and its own to a direction. */
const MORE_IN_FLIGHT_BYTES = 12e6;

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

type Between = (t: TestContext, endpoint: string) => Promise<string>;

const direct: Between = (_t, endpoint) => Promise.resolve(endpoint);

const throughTap: Between = async (t, endpoint) => {
  const tap = await CliTap.start(endpoint, ["--quiet"]);
  t.after(() => tap.stop("SIGKILL"));
  return tap.endpoint;
};

test("Clients of a tap are connected again within 1 s of each of 50 restarts, and every question is answered", async (t) => {
  let rep = await python.open("REP");
  const endpoint = await rep.bind("tcp://127.0.0.1:*");
  const tapped = await throughTap(t, endpoint);
  let serving = rep.echo();
  const clients = await Promise.all([1, 2].map(() => python.open("REQ")));
  const asking = clients.map((client) => client.pirate(tapped, 500));
  await rep.events.until("handshake", clients.length);
  const took: number[] = [];
  for (let restart = 0; restart < RESTARTS; restart++) {
    await rep.halt();
    await serving;
    await rep.close();
    rep = await python.open("REP");
    await rep.bind(endpoint);
    const bound = performance.now();
    serving = rep.echo();
    await rep.events.until("handshake", clients.length);
    took.push(performance.now() - bound);
    await Promise.all(clients.map(({ events }) => events.until("answered", events.count("answered") + 1)));
  }
  for (const client of clients) await client.halt();
  const outcomes = await Promise.all(asking);
  assert.ok(
    took.every((ms) => ms <= RECONNECT_LIMIT_MS),
    `reconnecting took ${took.map(Math.round).join(", ")} ms`,
  );
  for (const { answered } of outcomes) assert.ok(answered >= RESTARTS, `only ${answered} answers`);
  await rep.halt();
  await serving;
  for (const socket of [rep, ...clients]) await socket.close();
});

test("50 restarts of a PULL lose about as much with a tap as without", async (t) => {
  const without = await lossOfRestarts(t, direct);
  const withTap = await lossOfRestarts(t, throughTap);
  t.diagnostic(`lost in ${RESTARTS} restarts: ${without} without, ${withTap} with the tap`);
  const limit = without * MORE_LOST.factor + RESTARTS * MORE_LOST.perRestart;
  assert.ok(withTap <= limit, `${withTap} lost with, ${without} without the tap`);
});

/** How many paced messages are missing, between the first and the last that arrived. */
async function lossOfRestarts(t: TestContext, between: Between): Promise<number> {
  let pull = await python.open("PULL");
  const endpoint = await pull.bind("tcp://127.0.0.1:*");
  const push = await python.open("PUSH");
  await push.connect(await between(t, endpoint));
  const pacing = push.pace(2);
  const received: number[] = [];
  for (let restart = 0; restart <= RESTARTS; restart++) {
    if (restart > 0) {
      pull = await python.open("PULL");
      await pull.bind(endpoint);
    }
    await pull.events.until("handshake");
    received.push(...(await pull.receive(5)).map(([frame]) => Number(frame!.readBigUInt64BE())));
    await pull.close();
  }
  await push.halt();
  await pacing;
  await push.close();
  assert.deepEqual(
    received,
    [...received].sort((a, b) => a - b),
  );
  return received.at(-1)! - received[0]! + 1 - received.length;
}

test("A tap carries 1,000 links at once like a direct run", async (t) => {
  for (const between of [direct, throughTap]) {
    const pull = await python.open("PULL", { receiveHwm: 0 });
    const push = await python.open("PUSH", { sendHwm: 0 });
    await push.connectTimes(await between(t, await pull.bind("tcp://127.0.0.1:*")), LINKS);
    await push.events.until("handshake", LINKS);
    await pull.events.until("handshake", LINKS);
    const jobs = Array.from({ length: LINKS * 3 }, (_, job) => text(`job ${job}`));
    await push.send(...jobs);
    const received = await pull.receive(jobs.length);
    assert.deepEqual(received.map(String).sort(), jobs.map(String).sort());
    assert.equal(push.events.count("disconnected"), 0);
    await push.close();
    await pull.close();
  }
});

test("A reader that stops reading holds up its sender with a tap as without, and loses nothing when it goes on", async (t) => {
  const size = 1_000;
  const accepted: number[] = [];
  for (const between of [direct, throughTap]) {
    const pull = await python.open("PULL", { receiveHwm: 10 });
    const push = await python.open("PUSH", { sendHwm: 10 });
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
  assert.ok(withTap - without <= MORE_IN_FLIGHT_BYTES, `${withTap} octets in flight with, ${without} without the tap`);
});

test("A server receives all that a tap received from a client that was reset with replies unread", async (t) => {
  const router = await javascript.open("ROUTER", { sendHwm: 0, receiveHwm: 10 });
  const tap = await CliTap.start(await router.bind("tcp://127.0.0.1:*"), ["--json"]);
  t.after(() => tap.stop("SIGKILL"));
  const dealer = await python.open("DEALER", { sendHwm: 0, receiveHwm: 1 });
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
  const [closed] = await closing;
  const passed = tap.messages.filter(({ from }) => from === "client").length;
  t.diagnostic(`${passed} messages passed, link-closed ${JSON.stringify(closed?.detail)}`);
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

for (const closing of ["client", "server"] as const) {
  test(`Everything that a ${closing} sent before it closed arrives at a slow reader behind a tap`, async (t) => {
    const listener = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }).listen(0, "127.0.0.1");
    await once(listener, "listening");
    t.after(() => listener.close());
    const { port } = listener.address() as net.AddressInfo;
    const tap = await CliTap.start(`tcp://127.0.0.1:${port}`);
    t.after(() => tap.stop("SIGKILL"));
    const accepted = once(listener, "connection") as Promise<[net.Socket]>;
    const client = net.connect({ host: "127.0.0.1", port: tap.port, allowHalfOpen: true });
    client.pause();
    const [server] = await accepted;
    const [sender, reader] = closing === "client" ? [client, server] : [server, client];
    // As much as the system's buffers take, so that the sender is done before anything is read.
    const sent = Buffer.alloc(3_000_000, "not ZMTP ");
    sender.end(sent);
    await once(sender, "finish");
    let received = 0;
    for await (const chunk of reader) received += (chunk as Buffer).length;
    assert.equal(received, sent.length);
    reader.destroy();
    sender.destroy();
  });
}

test("A tap does not listen while its server is down, and answers its clients once the server is up", async (t) => {
  const port = await freePort();
  const tap = await CliTap.start(`tcp://127.0.0.1:${port}`, ["--json"]);
  t.after(() => tap.stop("SIGKILL"));
  const req = await javascript.open("REQ");
  await req.connect(tap.endpoint);
  await req.send(text("question"));
  await tap.untilEvents("server-down");
  const refused = net.connect({ host: "127.0.0.1", port: tap.port });
  const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNREFUSED");
  const rep: PythonSocket = await python.open("REP");
  await rep.bind(`tcp://127.0.0.1:${port}`);
  assert.deepEqual(await rep.receive(), [text("question")]);
  await rep.send(text("answer"));
  assert.deepEqual(await req.receive(), [text("answer")]);
  await req.close();
  await rep.close();
});

async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
