import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { ReplayConversations } from "../../src/proxy/replayConversations.ts";
import { ReplayReplies } from "../../src/proxy/replayReplies.ts";
import { ReplaySource } from "../../src/proxy/replaySource.ts";
import type { OpenedStream } from "../../src/proxy/rpc/replayConversation.ts";
import { ReplayTally } from "../../src/proxy/rpc/replayTally.ts";
import { ZmtpClient } from "../../src/proxy/wire/zmtpClient.ts";
import type { SocketType } from "../../src/shared/model.ts";
import { openLink, say } from "../support/captures.ts";
import { FAST } from "../support/replays.ts";
import { until } from "../support/until.ts";
import { ZmtpPeer } from "../support/zmtpPeer.ts";

class Room {
  readonly capture = new Capture({ maxBytes: 0 });
  readonly tally = new ReplayTally();
  readonly peers: ZmtpPeer[] = [];
  readonly conversations: ReplayConversations;
  answer: ZmtpPeer["answer"] = () => null;

  constructor(timing: "fast" | "wait" = "fast") {
    const { capture, tally } = this;
    const replies = new ReplayReplies(capture, tally, 1_000, () => undefined);
    const options = { ...FAST, timing: { kind: timing } };
    const ignore = (): void => undefined;
    this.conversations = new ReplayConversations({
      capture,
      options,
      tally,
      replies,
      keyOf: () => null,
      changed: ignore,
      failed: ignore,
      listening: ignore,
    });
  }

  /** Sends rows as sockets of one type, to peers of another. */
  send(rows: readonly number[], as: SocketType, peer: SocketType): void {
    const source = new ReplaySource(this.capture, { kind: "all" }, { from: null, as: "PUSH", isToEndpoint: true });
    for (const n of rows) {
      source.load(n);
      const open = (): Promise<OpenedStream> => {
        const [stream, far] = duplexPair();
        const other = new ZmtpPeer(far, peer);
        other.answer = (frames) => this.answer(frames);
        this.peers.push(other);
        return Promise.resolve({ stream, client: new ZmtpClient({ socket: as }), whyNot: null });
      };
      this.conversations.send(source, as, open, null);
    }
  }
}

test("ReplayConversations gives each client connection one of its own, and a listening socket one for all", async () => {
  const room = new Room();
  const { capture, conversations } = room;
  const clients = [1, 2].map(() => openLink(capture, { sockets: { client: "PUSH", server: "PULL" } }));
  const servers = [1, 2].map(() => openLink(capture, { sockets: { client: "PULL", server: "PUSH" } }));
  const rows = [clients[0]!, clients[1]!, clients[0]!].map((link) => say(capture, link, 0, ["client"]));
  rows.push(...servers.map((link) => say(capture, link, 1, ["server"])));
  room.send(rows, "PUSH", "PULL");
  await until(() => conversations.isIdle);
  conversations.flush();
  await conversations.close();
  assert.deepEqual(
    room.peers.map(({ messages }) => messages.flat()),
    [["client", "client"], ["client"], ["server", "server"]],
  );
});

test("ReplayConversations takes the envelope off what goes out as another socket", async () => {
  const room = new Room();
  const link = openLink(room.capture, { sockets: { client: "REQ", server: "REP" } });
  room.send([say(room.capture, link, 0, ["", "a", "b"])], "PUSH", "PULL");
  await until(() => room.conversations.isIdle);
  await room.conversations.close();
  assert.deepEqual(room.peers[0]!.messages, [["a", "b"]]);
});

test("ReplayConversations asks, is idle when all is answered, and full while too much waits", async () => {
  const room = new Room();
  const { capture, conversations } = room;
  const link = openLink(capture, { sockets: { client: "REQ", server: "REP" } });
  const rows = Array.from({ length: 12 }, () => say(capture, link, 0, ["", Buffer.alloc(100_000)]));
  room.send(rows, "REQ", "REP");
  assert.deepEqual([conversations.isFull, conversations.isIdle], [true, false]);
  room.answer = () => ["", "yes"];
  await until(() => conversations.isIdle);
  assert.deepEqual([conversations.isFull, room.tally.answered, room.tally.sent], [false, 12, 12]);
  conversations.destroy();
});

test("ReplayConversations has a bounded number of connections, and ends those that are idle", async () => {
  const room = new Room("wait");
  const { capture, conversations } = room;
  for (let index = 0; index < 300; index++) {
    const link = openLink(capture, { sockets: { client: "PUSH", server: "PULL" } });
    room.send([say(capture, link, 0, ["job"])], "PUSH", "PULL");
    await until(() => conversations.isIdle);
  }
  conversations.flush();
  await until(() => room.peers.filter(({ hasEnded }) => hasEnded).length >= 300 - 256);
  assert.deepEqual([conversations.isFull, conversations.isIdle], [false, true]);
  await conversations.close();
  assert.equal(room.peers.filter(({ messages }) => messages.length === 1).length, 300);
});
