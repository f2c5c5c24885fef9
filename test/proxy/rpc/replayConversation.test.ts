import assert from "node:assert/strict";
import { type Duplex, duplexPair } from "node:stream";
import { test } from "node:test";
import {
  type ConversationEvents,
  type Expected,
  noLoad,
  ReplayConversation,
  type ReplayLoad,
  topicOf,
} from "../../../src/proxy/rpc/replayConversation.ts";
import { encodeMessage } from "../../../src/proxy/wire/writer.ts";
import { ZmtpClient } from "../../../src/proxy/wire/zmtpClient.ts";
import type { SocketType } from "../../../src/shared/model.ts";
import { octets } from "../../support/octets.ts";
import { until } from "../../support/until.ts";
import { ZmtpPeer } from "../../support/zmtpPeer.ts";

type Request = Expected & { readonly name: string };

/** A conversation whose every connection meets a new peer. */
class Talk {
  readonly peers: ZmtpPeer[] = [];
  readonly streams: Duplex[] = [];
  readonly told: string[] = [];
  readonly conversation: ReplayConversation<Request>;
  readonly load: ReplayLoad;
  sent = 0;
  answer: ZmtpPeer["answer"] = () => null;

  constructor(socket: SocketType, peer: SocketType, timeoutMs = 10_000, load = noLoad()) {
    this.load = load;
    const open = (): ReturnType<ConstructorParameters<typeof ReplayConversation>[1]> => {
      const [stream, far] = duplexPair();
      const other = new ZmtpPeer(far, peer);
      other.answer = (frames) => this.answer(frames);
      this.peers.push(other);
      this.streams.push(stream);
      return Promise.resolve({ stream, client: new ZmtpClient({ socket }), whyNot: null });
    };
    const events: ConversationEvents<Request> = {
      sent: () => {
        this.sent++;
      },
      answered: ({ name }, frames) => void this.told.push(`${name}: ${frames.map(text).join("|")}`),
      unanswered: ({ name }, why) => void this.told.push(`${name}: ${why}`),
      unsubscribed: () => void this.told.push("unsubscribed"),
      idOf: ([first]) => (text(first).startsWith("id") ? text(first) : null),
      failed: (error) => void this.told.push(`failed: ${String(error)}`),
      changed: () => undefined,
    };
    this.conversation = new ReplayConversation(socket, open, timeoutMs, events, this.load);
  }

  send(frames: readonly string[], request: Request | null): void {
    const message = Buffer.from(encodeMessage(frames.map((frame) => octets(frame))));
    this.conversation.send(message, message.length, request);
  }

  ask(name: string, id: string | null = null): void {
    this.send(id === null ? ["", name] : [id, name], { name, id });
  }
}

const text = (frame: Uint8Array | undefined): string => Buffer.from(frame ?? []).toString("latin1");

test("ReplayConversation asks the next question of a REQ when the one before was answered", async () => {
  const talk = new Talk("REQ", "REP");
  for (const name of ["a", "b", "c"]) talk.ask(name);
  const peer = await until(() => talk.peers[0]);
  assert.deepEqual(await peer.until(1), [["", "a"]]);
  assert.deepEqual(talk.load, { waiting: 2, waitingBytes: talk.load.waitingBytes, pending: 1, busy: 1 });
  assert.ok(talk.load.waitingBytes > 0);
  talk.answer = ([, name]) => ["", `${name!}!`];
  peer.send("", "a!");
  await until(() => talk.conversation.isIdle);
  assert.deepEqual(talk.told, ["a: |a!", "b: |b!", "c: |c!"]);
  assert.deepEqual([talk.sent, talk.peers.length, talk.load], [3, 1, noLoad()]);
  await talk.conversation.close();
});

test("ReplayConversation begins a REQ anew when an answer stays out, or the connection is lost", async () => {
  const talk = new Talk("REQ", "REP", 50);
  talk.answer = ([, name]) => (name === "a" ? null : ["", name!]);
  for (const name of ["a", "b"]) talk.ask(name);
  await until(() => talk.conversation.isIdle);
  assert.deepEqual([talk.told, talk.peers.length], [["a: timeout", "b: |b"], 2]);
  talk.answer = () => null;
  talk.ask("c");
  await talk.peers[1]!.until(2);
  talk.peers[1]!.stream.end();
  await until(() => talk.conversation.isIdle);
  assert.equal(talk.told.at(-1), "c: closed");
  talk.conversation.destroy();
  talk.ask("d");
  assert.deepEqual(talk.load, noLoad());
});

test("ReplayConversation lets a DEALER ask at once, and tells replies apart by their ids", async () => {
  const talk = new Talk("DEALER", "ROUTER");
  talk.ask("a", "id 1");
  talk.ask("b", "id 2");
  const peer = await until(() => talk.peers[0]);
  await peer.until(2);
  peer.send("id 2", "B");
  peer.send("id 3", "nobody asked");
  peer.send("A, without an id");
  peer.send("late");
  await until(() => talk.told.length === 2);
  assert.deepEqual(talk.told, ["b: id 2|B", "a: A, without an id"]);
  await talk.conversation.close();
});

test("ReplayConversation publishes what is subscribed to, once it has heard of it", async () => {
  const talk = new Talk("PUB", "SUB");
  for (const topic of ["news", "sport", "news too"]) talk.send([topic], null);
  const peer = await (await until(() => talk.peers[0])).ready();
  peer.subscribe("news");
  assert.deepEqual(await peer.until(2), [["news"], ["news too"]]);
  assert.deepEqual([talk.told, talk.sent], [["unsubscribed"], 2]);
  await talk.conversation.close();
});

test("ReplayConversation does not wait for ever for a subscription", async () => {
  const talk = new Talk("PUB", "SUB");
  talk.send(["news"], null);
  await until(() => talk.told.length === 1);
  assert.deepEqual(talk.told, ["unsubscribed"]);
  talk.conversation.destroy();
});

test("ReplayConversation fails when nobody can be spoken to", async () => {
  const talk = new Talk("PUSH", "REP");
  talk.send(["job"], null);
  await until(() => talk.told.length === 1);
  assert.match(talk.told[0]!, /failed: UserError: A PUSH cannot talk/);
  const ended = new Talk("PUSH", "PULL");
  ended.send(["job"], null);
  ended.conversation.destroy();
  await until(() => ended.streams[0]?.destroyed);
  assert.deepEqual([ended.told, ended.sent], [[], 0]);
});

test("topicOf is the first frame of a message", () => {
  const message = Buffer.concat([encodeMessage([octets("news"), octets("1:0")]), Buffer.from("what was before")]);
  assert.equal(text(topicOf(message, 11)), "news");
  assert.equal(text(topicOf(message, 0)), "");
});

test("Conversations add up what they have to do, and take it off again however it ends", async () => {
  const load = noLoad();
  const talks = Array.from({ length: 20 }, () => new Talk("REQ", "REP", 10_000, load));
  for (const talk of talks) for (const name of ["a", "b", "c"]) talk.ask(name);
  await Promise.all(talks.map(async (talk) => (await until(() => talk.peers[0])).until(1)));
  const { waiting, pending, busy } = load;
  assert.deepEqual([waiting, pending, busy], [40, 20, 20]);
  const answers = talks.slice(0, 10);
  for (const talk of answers) {
    talk.answer = ([, name]) => ["", name!];
    talk.peers[0]!.send("", "a");
  }
  await until(() => answers.every(({ conversation }) => conversation.isIdle));
  assert.deepEqual([load.waiting, load.pending, load.busy], [20, 10, 10]);
  for (const { conversation } of talks) conversation.destroy();
  assert.deepEqual(load, noLoad());
});
