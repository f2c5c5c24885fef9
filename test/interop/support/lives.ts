import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import type { TestContext } from "node:test";
import { freePort } from "../../../scripts/tasks/freePort.ts";
import { type Message, type PeerOptions, text } from "../peers/peer.ts";
import type { PythonPeer, PythonSocket } from "../peers/python.ts";
import type { ZeromqJsPeer } from "../peers/zeromqJs.ts";
import { CliTap } from "./cliTap.ts";
import type { TapKeys } from "./tapKeys.ts";

const RECONNECT_LIMIT_MS = 1_000;
/** A tap adds two kernel socket buffers and its own to a direction. */
const MORE_IN_FLIGHT_BYTES = 12e6;

/** Both libraries, and with which security their sockets and the tap speak. */
export type Surroundings = {
  readonly python: PythonPeer;
  readonly javascript: ZeromqJsPeer;
  readonly ofServer: PeerOptions;
  readonly ofClient: PeerOptions;
  readonly keys?: TapKeys;
};

/** Where clients of a server connect. */
export type Between = (t: TestContext, endpoint: string) => Promise<string>;

export const direct: Between = (_t, endpoint) => Promise.resolve(endpoint);

export function throughTap(keys?: TapKeys): Between {
  return async (t, endpoint) => {
    const tap = await CliTap.start(endpoint, ["--quiet"], keys);
    t.after(() => tap.stop("SIGKILL"));
    return tap.endpoint;
  };
}

/** Restarts a server while clients ask it through a tap: they are back within a second and get every answer. */
export async function restartServer(t: TestContext, restarts: number, around: Surroundings): Promise<void> {
  const { python, ofServer, ofClient, keys } = around;
  let rep = await python.open("REP", ofServer);
  const endpoint = await rep.bind("tcp://127.0.0.1:*");
  const tapped = await throughTap(keys)(t, endpoint);
  let serving = rep.echo();
  const clients = await Promise.all([1, 2].map(() => python.open("REQ", ofClient)));
  const asking = clients.map((client) => client.pirate(tapped, 500));
  await rep.events.until("handshake", clients.length);
  const took: number[] = [];
  for (let restart = 0; restart < restarts; restart++) {
    await rep.halt();
    await serving;
    await rep.close();
    rep = await python.open("REP", ofServer);
    await rep.bind(endpoint);
    const bound = performance.now();
    serving = rep.echo();
    await rep.events.until("handshake", clients.length);
    took.push(performance.now() - bound);
    await Promise.all(clients.map(({ events }) => events.until("answered", events.count("answered") + 1)));
  }
  for (const client of clients) await client.halt();
  for (const { answered } of await Promise.all(asking)) assert.ok(answered >= restarts, `only ${answered} answers`);
  t.diagnostic(`connected again after ${took.map(Math.round).join(", ")} ms`);
  assert.ok(took.every((ms) => ms <= RECONNECT_LIMIT_MS));
  await rep.halt();
  await serving;
  for (const socket of [rep, ...clients]) await socket.close();
}

/** Stops reading until the sender is held up, with a tap as without, then goes on and loses nothing. */
export async function stopReading(t: TestContext, size: number, around: Surroundings): Promise<void> {
  const { python, ofServer, ofClient, keys } = around;
  const accepted: number[] = [];
  for (const between of [direct, throughTap(keys)]) {
    const pull = await python.open("PULL", { ...ofServer, receiveHwm: 10 });
    const push = await python.open("PUSH", { ...ofClient, sendHwm: 10 });
    await push.connect(await between(t, await pull.bind("tcp://127.0.0.1:*")));
    const count = await push.flood(size, 1_000);
    await pull.discard(count);
    const more = pull.receive(100);
    await push.number(100, size);
    assert.deepEqual((await more).map(numberOf), numbers(100));
    accepted.push(count);
    await push.close();
    await pull.close();
  }
  const [without, withTap] = accepted.map((count) => count * size) as [number, number];
  t.diagnostic(`in flight: ${without / 1e6} MB without, ${withTap / 1e6} MB with the tap`);
  assert.ok(withTap - without <= MORE_IN_FLIGHT_BYTES, `${withTap} octets in flight with, ${without} without the tap`);
}

/** A client goes with replies unread, which resets its connection: what the tap received of it arrives all the same. */
export async function resetWithRepliesUnread(t: TestContext, around: Surroundings): Promise<void> {
  const { python, javascript, ofServer, ofClient, keys } = around;
  const router = await javascript.open("ROUTER", { ...ofServer, sendHwm: 0, receiveHwm: 10 });
  const tap = await CliTap.start(await router.bind("tcp://127.0.0.1:*"), ["--json"], keys);
  t.after(() => tap.stop("SIGKILL"));
  const dealer = await python.open("DEALER", { ...ofClient, sendHwm: 0, receiveHwm: 1 });
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
    received.map(([, frame]) => numberOf([frame!])),
    numbers(passed - 1),
  );
  await router.close();
}

/** Nothing listens for clients while the server is down; once it is up, what they asked is answered. */
export async function startServerLate(t: TestContext, around: Surroundings): Promise<void> {
  const { python, javascript, ofServer, ofClient, keys } = around;
  const port = await freePort();
  const tap = await CliTap.start(`tcp://127.0.0.1:${port}`, ["--json"], keys);
  t.after(() => tap.stop("SIGKILL"));
  const req = await javascript.open("REQ", ofClient);
  await req.connect(tap.endpoint);
  await req.send(text("question"));
  await tap.untilEvents("server-down");
  const refused = net.connect({ host: "127.0.0.1", port: tap.port });
  const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNREFUSED");
  const rep: PythonSocket = await python.open("REP", ofServer);
  await rep.bind(`tcp://127.0.0.1:${port}`);
  assert.deepEqual(await rep.receive(), [text("question")]);
  await rep.send(text("answer"));
  assert.deepEqual(await req.receive(), [text("answer")]);
  await req.close();
  await rep.close();
}

function numberOf([frame]: Message): number {
  return Number(frame!.readBigUInt64BE());
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, number) => number);
}
