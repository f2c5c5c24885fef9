import assert from "node:assert/strict";
import { duplexPair, type Duplex } from "node:stream";
import { test } from "node:test";
import { ReplayLink } from "../../../src/proxy/rpc/replayLink.ts";
import { encodeCommand, encodeMessage } from "../../../src/proxy/wire/writer.ts";
import { ZmtpClient } from "../../../src/proxy/wire/zmtpClient.ts";
import type { SocketType } from "../../../src/shared/model.ts";
import { octets } from "../../support/octets.ts";
import { until } from "../../support/until.ts";
import { ZmtpPeer } from "../../support/zmtpPeer.ts";

type Told = { messages: string[]; subscribed: number; drained: number; lost: number };

function linked(
  socket: SocketType,
  whyNot: Promise<unknown> | null = null,
): { link: ReplayLink; far: Duplex; told: Told } {
  const [near, far] = duplexPair();
  const told: Told = { messages: [], subscribed: 0, drained: 0, lost: 0 };
  const events = {
    message: (frames: readonly Uint8Array[]) => void told.messages.push(frames.map(String).join("|")),
    subscribed: () => {
      told.subscribed++;
    },
    drained: () => {
      told.drained++;
    },
    lost: () => {
      told.lost++;
    },
  };
  return { link: new ReplayLink(near, new ZmtpClient({ socket }), events, whyNot), far, told };
}

const message = (...frames: string[]): Buffer => Buffer.from(encodeMessage(frames.map((frame) => octets(frame))));

test("ReplayLink writes what it was given, in order, small and large, and ends behind it", async () => {
  const { link, far, told } = linked("PUSH");
  const peer = new ZmtpPeer(far, "PULL");
  await link.ready;
  const sent = Array.from({ length: 3000 }, (_, index) => [`message ${index}`, "x".repeat(index % 100)]);
  sent.splice(1500, 0, ["large", "y".repeat(200_000)]);
  for (const frames of sent) {
    const octetsOf = message(...frames);
    link.put(octetsOf, octetsOf.length);
  }
  await link.close();
  assert.deepEqual(await peer.until(sent.length), sent);
  assert.deepEqual([link.isOver, link.isFull, told.lost], [true, false, 0]);
  link.put(message("late"), 6);
  link.flush();
  await link.close();
});

test("ReplayLink is full while the other side does not read, and tells when it does again", async () => {
  const { link, far, told } = linked("PUSH");
  const peer = new ZmtpPeer(far, "PULL");
  await link.ready;
  far.pause();
  const large = message("x".repeat(100_000));
  for (let count = 0; count < 10; count++) link.put(large, large.length);
  assert.equal(link.isFull, true);
  far.resume();
  await until(() => told.drained > 0);
  await peer.until(10);
  link.destroy();
});

test("ReplayLink hands on messages and subscriptions, and tells once when the other side is gone", async () => {
  const { link, far, told } = linked("XPUB");
  const peer = new ZmtpPeer(far, "XSUB");
  await link.ready;
  assert.deepEqual([link.subscriptions, link.wants(octets("news"))], [0, false]);
  peer.subscribe("ne");
  await until(() => told.subscribed === 1);
  assert.deepEqual([link.subscriptions, link.wants(octets("news")), link.wants(octets("sport"))], [1, true, false]);
  peer.send("hello");
  await until(() => told.messages.length === 1);
  far.destroy();
  far.end();
  await until(() => told.lost === 1);
  assert.equal(link.isOver, true);
});

test("ReplayLink tells of a server's ERROR as of a lost link", async () => {
  const { link, far, told } = linked("PUSH");
  const peer = await new ZmtpPeer(far, "PULL").ready();
  await link.ready;
  peer.stream.write(encodeCommand("ERROR", octets("\x03why")));
  await until(() => told.lost === 1);
});

test("ReplayLink says why it never became ready", async () => {
  const wrong = linked("PUSH");
  new ZmtpPeer(wrong.far, "REP");
  await assert.rejects(wrong.link.ready, { code: "replay-failed", message: /A PUSH cannot talk .* REP/ });
  const closed = linked("PUSH");
  closed.far.end();
  await assert.rejects(closed.link.ready, /closed the connection before anything was sent/);
  const refused = linked("PUSH", Promise.reject(new Error("Nothing listens there")));
  await assert.rejects(refused.link.ready, /^UserError: Nothing was sent: Nothing listens there\.$/);
  const odd = linked("PUSH", Promise.reject(Object("odd.") as Error));
  await assert.rejects(odd.link.ready, /Nothing was sent: odd\.$/);
  const cancelled = linked("PUSH");
  cancelled.link.destroy();
  await assert.rejects(cancelled.link.ready, { code: "cancelled" });
});
