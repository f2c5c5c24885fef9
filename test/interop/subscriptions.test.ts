import assert from "node:assert/strict";
import { after, test } from "node:test";
import { text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { startRig } from "./support/rig.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

test("A publisher behind a tap gets exactly its subscribers' own subscriptions, and they what they asked for", async (t) => {
  const xpub = await python.open("XPUB");
  const rig = await startRig(t, await xpub.bind("tcp://127.0.0.1:*"));
  const weather = await javascript.open("SUB");
  await weather.connect(rig.endpoint);
  await weather.subscribe("10001");
  assert.deepEqual(await xpub.receive(), [text("\x0110001")]);
  const news = await python.open("SUB");
  await news.connect(rig.endpoint);
  await news.subscribe("news.");
  assert.deepEqual(await xpub.receive(), [text("\x01news.")]);
  const all = await javascript.open("SUB");
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
});

test("A tap before a publisher that connects passes the subscriptions the other way", async (t) => {
  const sub = await javascript.open("SUB");
  const rig = await startRig(t, await sub.bind("tcp://127.0.0.1:*"));
  await sub.subscribe("a");
  const xpub = await python.open("XPUB");
  await xpub.connect(rig.endpoint);
  // A bound socket takes up new peers only while it is used.
  const heard = sub.receive();
  assert.deepEqual(await xpub.receive(), [text("\x01a")]);
  await xpub.send(text("b"), text("abc"));
  assert.deepEqual(await heard, [text("abc")]);
  const [subscribe] = await rig.tap.untilEvents("subscribe");
  assert.equal(subscribe?.detail?.["from"], "server");
  await rig.tap.untilMessages(1);
  await rig.assertBytesEqual();
  await xpub.close();
  await sub.close();
});
