import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { after, test } from "node:test";
import { curveKeyPair } from "zeromq";
import { type Message, text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { CliTap } from "./support/cliTap.ts";
import { startEngineTap } from "./support/engineTap.ts";
import {
  direct,
  resetWithRepliesUnread,
  restartServer,
  startServerLate,
  stopReading,
  type Surroundings,
  throughTap,
} from "./support/lives.ts";
import { curveClient, curveServer } from "./support/wires.ts";

const RESTARTS = 10;
const LINKS = 300;

const serverPair = curveKeyPair();
const OF_SERVER = curveServer(serverPair);
const OF_CLIENT = curveClient(serverPair.publicKey, curveKeyPair());

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

const around: Surroundings = { python, javascript, ofServer: OF_SERVER, ofClient: OF_CLIENT, keys: { serverPair } };

test(`CURVE clients of a tap are connected again within 1 s of each of ${RESTARTS} restarts, and every question is answered`, (t) =>
  restartServer(t, RESTARTS, around));

for (const size of [1_000, 200_000]) {
  test(`A CURVE reader that stops reading holds up its sender of ${size} octets with a tap as without, and loses nothing`, (t) =>
    stopReading(t, size, around));
}

test("A CURVE server receives all that a tap received from a client that was reset with replies unread", (t) =>
  resetWithRepliesUnread(t, around));

test(`A re-keying tap carries ${LINKS} links at once like a direct run`, async (t) => {
  for (const between of [direct, throughTap(around.keys)]) {
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

test("A re-keying tap does not listen while its server is down, and answers its clients once the server is up", (t) =>
  startServerLate(t, around));

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
