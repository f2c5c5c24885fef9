import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { type Message, type Peer, text } from "../peers/peer.ts";
import { type Rig, startRig } from "./rig.ts";
import type { Wires } from "./wires.ts";

// What must go through a tap in the same way whatever secures the links.

/** One of each library. */
export type Peers = { readonly python: Peer; readonly javascript: Peer };

const SIZES = [0, 1, 254, 255, 256, 8_191, 8_192, 65_535, 65_536, 1_048_576, 1_048_577, 20_000_000];

const HEARTBEATS = { heartbeatMs: 5, heartbeatTimeoutMs: 10_000 };

/** Octets that differ from one place to the next. */
function octets(size: number, from = 0): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + from + (at >> 8)) & 255;
  return bytes;
}

/** Messages of 1 to 64 frames. */
export async function passManyFrames(t: TestContext, { python, javascript }: Peers, wires: Wires): Promise<void> {
  const pull = await javascript.open("PULL", wires.listener);
  const rig = await startRig(t, await pull.bind("tcp://127.0.0.1:*"), wires.keys);
  const push = await python.open("PUSH", wires.connector);
  await push.connect(rig.endpoint);
  const messages: Message[] = Array.from({ length: 64 }, (_, index) =>
    Array.from({ length: index + 1 }, (_unused, frame) => octets((frame * 37) % 300, index)),
  );
  await push.send(...messages);
  assert.deepEqual(await pull.receive(64), messages);
  const printed = await rig.tap.untilMessages(64);
  assert.deepEqual(
    printed.map(({ frames }) => frames),
    messages,
  );
  await wires.assertWire(rig);
  await push.close();
  await pull.close();
}

/** Frames of 0 B to 20 MB, both ways. */
export async function passLargeFrames(t: TestContext, { python, javascript }: Peers, wires: Wires): Promise<void> {
  const listener = await python.open("PAIR", wires.listener);
  const rig = await startRig(t, await listener.bind("tcp://127.0.0.1:*"), wires.keys);
  const connector = await javascript.open("PAIR", wires.connector);
  await connector.connect(rig.endpoint);
  for (const size of SIZES) {
    const message = [octets(size), octets(3)];
    await connector.send(message);
    assert.deepEqual(await listener.receive(), [message]);
    await listener.send(message);
    assert.deepEqual(await connector.receive(), [message]);
  }
  const printed = await rig.tap.untilMessages(SIZES.length * 2);
  for (const [index, { from, frames }] of printed.entries()) {
    assert.equal(from, index % 2 === 0 ? "client" : "server");
    assert.ok(frames[0]!.equals(octets(SIZES[index >> 1]!)), `frame of ${SIZES[index >> 1]!} octets`);
  }
  await wires.assertWire(rig);
  await connector.close();
  await listener.close();
}

/** Three clients at once, each of which sends numbered messages. */
export async function keepOrder(t: TestContext, { python, javascript }: Peers, wires: Wires): Promise<void> {
  const pull = await javascript.open("PULL", wires.listener);
  const rig = await startRig(t, await pull.bind("tcp://127.0.0.1:*"), wires.keys);
  const clients = await Promise.all(
    ["a", "b", "c"].map(async (name) => ({ name, socket: await python.open("PUSH", wires.connector) })),
  );
  for (const { socket } of clients) await socket.connect(rig.endpoint);
  const each = 3_000;
  const sending = clients.map(({ name, socket }) =>
    socket.send(...Array.from({ length: each }, (_, number) => [Buffer.from(`${name} ${number}`)])),
  );
  const received = (await pull.receive(each * clients.length)).map(([frame]) => String(frame));
  await Promise.all(sending);
  const expected = Array.from({ length: each }, (_, number) => number);
  const printed = await rig.tap.untilMessages(each * clients.length);
  for (const { name } of clients) {
    const numbers = (texts: readonly string[]): number[] =>
      texts.filter((text) => text.startsWith(name)).map((text) => Number(text.slice(2)));
    assert.deepEqual(numbers(received), expected);
    assert.deepEqual(numbers(printed.map(({ frames }) => String(frames[0]))), expected);
  }
  const all = rig.tap.lines.filter(({ type }) => type !== "finding").map(({ n }) => n);
  assert.deepEqual(
    all,
    all.map((_, index) => index + 1),
  );
  await wires.assertWire(rig);
  for (const { socket } of clients) await socket.close();
  await pull.close();
}

/** Subscribers behind a tap, of which the publisher must hear exactly their own subscriptions. */
export async function passSubscriptions(t: TestContext, { python, javascript }: Peers, wires: Wires): Promise<void> {
  const xpub = await python.open("XPUB", wires.listener);
  const rig = await startRig(t, await xpub.bind("tcp://127.0.0.1:*"), wires.keys);
  const weather = await javascript.open("SUB", wires.connector);
  await weather.connect(rig.endpoint);
  await weather.subscribe("10001");
  assert.deepEqual(await xpub.receive(), [text("\x0110001")]);
  const news = await python.open("SUB", wires.connector);
  await news.connect(rig.endpoint);
  await news.subscribe("news.");
  assert.deepEqual(await xpub.receive(), [text("\x01news.")]);
  const all = await javascript.open("SUB", wires.connector);
  await all.connect(rig.endpoint);
  await all.subscribe("");
  assert.deepEqual(await xpub.receive(), [text("\x01")]);

  await xpub.send(text("10001 -12"), text("news.sport", "1:0"), text("other"));
  assert.deepEqual(await weather.receive(), [text("10001 -12")]);
  assert.deepEqual(await news.receive(), [text("news.sport", "1:0")]);
  assert.deepEqual(await all.receive(3), [text("10001 -12"), text("news.sport", "1:0"), text("other")]);

  await news.unsubscribe("news.");
  assert.deepEqual(await xpub.receive(), [text("\x00news.")]);
  await weather.close();
  assert.deepEqual(await xpub.receive(), [text("\x0010001")]);
  await all.close();
  assert.deepEqual(await xpub.receive(), [text("\x00")]);
  await rig.tap.untilEvents("unsubscribe");
  const topics = (name: string): unknown[] => rig.tap.events(name).map(({ detail }) => detail?.["text"]);
  assert.deepEqual(topics("subscribe").sort(), ["", "10001", "news."]);
  assert.deepEqual(topics("unsubscribe"), ["news."]);
  assert.deepEqual(new Set(rig.tap.events("subscribe").map(({ link }) => link)).size, 3);
  await news.close();
  await xpub.close();
}

/** A publisher that connects. */
export async function passSubscriptionsBackwards(
  t: TestContext,
  { python, javascript }: Peers,
  wires: Wires,
): Promise<void> {
  const sub = await javascript.open("SUB", wires.listener);
  const rig = await startRig(t, await sub.bind("tcp://127.0.0.1:*"), wires.keys);
  await sub.subscribe("a");
  const xpub = await python.open("XPUB", wires.connector);
  await xpub.connect(rig.endpoint);
  // A bound socket takes up new peers only while it is used.
  const heard = sub.receive();
  assert.deepEqual(await xpub.receive(), [text("\x01a")]);
  await xpub.send(text("b"), text("abc"));
  assert.deepEqual(await heard, [text("abc")]);
  const [subscribe] = await rig.tap.untilEvents("subscribe");
  assert.equal(subscribe?.detail?.["from"], "server");
  await rig.tap.untilMessages(1);
  await wires.assertWire(rig);
  await xpub.close();
  await sub.close();
}

/** Heartbeats between the frames of large messages. All has been closed when this resolves. */
export async function passHeartbeats(t: TestContext, { python, javascript }: Peers, wires: Wires): Promise<Rig> {
  const pull = await javascript.open("PULL", { ...HEARTBEATS, ...wires.listener });
  const rig = await startRig(t, await pull.bind("tcp://127.0.0.1:*"), wires.keys);
  const push = await python.open("PUSH", { ...HEARTBEATS, ...wires.connector });
  await push.connect(rig.endpoint);
  const message = Array.from({ length: 40 }, (_, frame) => Buffer.alloc(200_000, frame));
  for (let round = 0; round < 4; round++) {
    await push.send(message);
    assert.deepEqual(await pull.receive(), [message]);
  }
  await rig.tap.untilEvents("ping", 10);
  await rig.tap.untilEvents("pong", 10);
  const printed = await rig.tap.untilMessages(4);
  for (const { frames } of printed) assert.deepEqual(frames, message);
  assert.equal(rig.tap.events("link-opened").length, 1);
  assert.deepEqual(rig.tap.events("fault"), []);
  await push.close();
  await rig.tap.untilEvents("link-closed");
  await pull.close();
  return rig;
}
