import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { after, test, type TestContext } from "node:test";
import { text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { CliTap } from "./support/cliTap.ts";
import {
  type Between,
  direct,
  resetWithRepliesUnread,
  restartServer,
  startServerLate,
  stopReading,
  type Surroundings,
  throughTap,
} from "./support/lives.ts";

const RESTARTS = 50;
/** What one restart may cost with a tap beyond what it costs without: chance, and the few messages on their way through it. */
const MORE_LOST = { factor: 1.25, perRestart: 5 };
const LINKS = 1_000;

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

const around: Surroundings = { python, javascript, ofServer: {}, ofClient: {} };

test("Clients of a tap are connected again within 1 s of each of 50 restarts, and every question is answered", (t) =>
  restartServer(t, RESTARTS, around));

test("50 restarts of a PULL lose about as much with a tap as without", async (t) => {
  const without = await lossOfRestarts(t, direct);
  const withTap = await lossOfRestarts(t, throughTap());
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
  for (const between of [direct, throughTap()]) {
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

test("A reader that stops reading holds up its sender with a tap as without, and loses nothing when it goes on", (t) =>
  stopReading(t, 1_000, around));

test("A server receives all that a tap received from a client that was reset with replies unread", (t) =>
  resetWithRepliesUnread(t, around));

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

test("A tap does not listen while its server is down, and answers its clients once the server is up", (t) =>
  startServerLate(t, around));
