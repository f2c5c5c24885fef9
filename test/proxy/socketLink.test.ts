import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { toDetail } from "../../src/proxy/details.ts";
import { Engine } from "../../src/proxy/engine.ts";
import { toRow } from "../../src/proxy/rows.ts";
import { SocketLink, type SocketLinkOptions } from "../../src/proxy/socketLink.ts";
import type { Direction } from "../../src/shared/model.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function engineOf(t: TestContext) {
  const bugs: unknown[] = [];
  const engine = new Engine({
    maxBytes: 32 * 1024 * 1024,
    onNotice: () => undefined,
    onBug: (error) => bugs.push(error),
  });
  t.after(async () => {
    await engine.stop();
    assert.deepEqual(bugs, []);
  });
  const open = (options: Partial<SocketLinkOptions> = {}): SocketLink =>
    new SocketLink(
      {
        tap: { id: "b1", name: "orders" },
        origin: "bridge",
        sockets: { client: "REQ", server: "REP" },
        addresses: { client: "ZMQ Tap", server: "127.0.0.1:5556" },
        ...options,
      },
      engine.openSocketLog,
    );
  const rows = () => Array.from({ length: engine.capture.lastN }, (_, at) => toRow(engine.capture, at + 1)!);
  return { engine, open, rows };
}

test("SocketLink writes an exchange of a REQ as rows of a link that are paired", async (t) => {
  const { engine, open, rows } = engineOf(t);
  const link = open({ identity: { client: bytes("bridge-1") } });
  link.message(0, [bytes("question")]);
  link.message(1, [bytes("routing id"), bytes(""), bytes("answer"), bytes("more")], 2);
  await turn();
  link.message(0, [bytes("unanswered")]);
  link.closed("client");
  assert.deepEqual(
    rows().map(({ event, origin, exchange, topic, frames }) => event ?? [origin, exchange, topic, frames]),
    [
      "link-opened",
      "handshake",
      ["bridge", "answered", "question", 2],
      ["bridge", "reply", "answer", 3],
      ["bridge", "lost", "unanswered", 2],
      "link-closed",
    ],
  );
  assert.deepEqual(
    rows().map(({ tap, tapName }) => `${tap} ${tapName}`),
    Array<string>(6).fill("b1 orders"),
  );
  assert.deepEqual(rows()[2]?.sockets, { client: "REQ", server: "REP" });
  assert.equal(rows()[2]?.partner, 4);
  const facts = toDetail(engine.capture, 3)?.link ?? [];
  assert.deepEqual(
    facts.filter(({ label }) => ["Sent by", "Client", "Server", "Protocol", "Security"].includes(label)),
    [
      { label: "Sent by", value: "a bridge" },
      { label: "Client", value: "ZMQ Tap, REQ, identity bridge-1" },
      { label: "Server", value: "127.0.0.1:5556, REP" },
      { label: "Protocol", value: "ZMTP 3.1" },
      { label: "Security", value: "NULL" },
    ],
  );
  assert.equal(engine.stats().messagesPerSecond, 3);
});

test("SocketLink shows messages in the next turn, and at once when asked", async (t) => {
  const { open, rows } = engineOf(t);
  const link = open({ sockets: { client: "SUB", server: "PUB" } });
  const messages = (): number => rows().filter(({ kind }) => kind === "message").length;
  link.message(1, [bytes("a"), bytes("b")]);
  link.message(1, [bytes("c")]);
  assert.equal(messages(), 0);
  await turn();
  assert.equal(messages(), 2);
  link.message(1, [bytes("d")]);
  link.show();
  assert.equal(messages(), 3);
  link.closed();
});

test("SocketLink writes messages of any size and number of frames as they are, and nothing once it is closed", (t) => {
  const { engine, open } = engineOf(t);
  const link = open({ sockets: { client: "PUSH", server: "PULL" } });
  const sizes = [0, 1, 255, 256, 65_525, 65_526, 65_527, 65_536, 200_000];
  const sent: { direction: Direction; frames: Uint8Array[] }[] = [];
  for (const size of sizes) {
    const frames = [new Uint8Array(size).fill(size & 0xff), bytes("x"), new Uint8Array(size >> 1).fill(7)];
    sent.push({ direction: 0, frames });
    link.message(0, frames);
  }
  for (let count = 0; count < 2_000; count++) {
    const frames = [bytes(`message ${count}`), new Uint8Array(count % 300)];
    sent.push({ direction: 0, frames });
    link.message(0, frames);
  }
  link.closed();
  link.message(0, [bytes("late")]);
  link.closed();
  const kept: Uint8Array[][] = [];
  for (let n = 1; n <= engine.capture.lastN; n++) {
    if (engine.capture.row(n)?.kind !== "message") continue;
    kept.push(
      [0, 1, 2].slice(0, engine.capture.row(n)!.frames).map((frame) => engine.capture.readFrame(n, frame, 0, Infinity)),
    );
  }
  assert.equal(kept.length, sent.length);
  kept.forEach((frames, at) => assert.deepEqual(frames.map(hash), sent[at]!.frames.map(hash), `message ${at}`));
});

const hash = (octets: Uint8Array): string => `${octets.length} ${Buffer.from(octets).toString("base64")}`;
