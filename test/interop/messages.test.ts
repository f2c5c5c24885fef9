import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Message } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { startRig } from "./support/rig.ts";

const SIZES = [0, 1, 254, 255, 256, 8_191, 8_192, 65_535, 65_536, 1_048_576, 1_048_577, 20_000_000];

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

/** Octets that differ from one place to the next. */
function octets(size: number, from = 0): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at++) bytes[at] = (at * 31 + from + (at >> 8)) & 255;
  return bytes;
}

test("A tap passes messages of 1 to 64 frames and prints them whole", async (t) => {
  const pull = await javascript.open("PULL");
  const rig = await startRig(t, await pull.bind("tcp://127.0.0.1:*"));
  const push = await python.open("PUSH");
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
  await rig.assertBytesEqual();
  await push.close();
  await pull.close();
});

test("A tap passes frames of 0 B to 20 MB both ways and prints them whole with --full", async (t) => {
  const listener = await python.open("PAIR");
  const rig = await startRig(t, await listener.bind("tcp://127.0.0.1:*"));
  const connector = await javascript.open("PAIR");
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
  await rig.assertBytesEqual();
  await connector.close();
  await listener.close();
});

test("A tap keeps the order of each client's messages and numbers them without a hole", async (t) => {
  const pull = await javascript.open("PULL");
  const rig = await startRig(t, await pull.bind("tcp://127.0.0.1:*"));
  const clients = await Promise.all(["a", "b", "c"].map(async (name) => ({ name, socket: await python.open("PUSH") })));
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
  const all = rig.tap.lines.map(({ n }) => n);
  assert.deepEqual(
    all,
    all.map((_, index) => index + 1),
  );
  await rig.assertBytesEqual();
  for (const { socket } of clients) await socket.close();
  await pull.close();
});
