import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import type { Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { loadBoxes } from "../../../src/proxy/crypto/boxes.ts";
import { type Detour, type DetourSink, Link, type LinkEnd } from "../../../src/proxy/relay/link.ts";
import { WaitingSocket } from "../../../src/proxy/relay/waitingSocket.ts";
import type { LinkKeys } from "../../../src/proxy/wire/rekeyer.ts";
import { type Judgement, Rekeyer, type RekeyProblem } from "../../../src/proxy/wire/rekeyer.ts";
import { encodeFrame, encodeMessage } from "../../../src/proxy/wire/writer.ts";
import type { Direction, Side } from "../../../src/shared/model.ts";
import { loopbackClient, loopbackServer } from "../../support/loopback.ts";
import { octets } from "../../support/octets.ts";
import { Peer, type PeerKind } from "../../support/peers.ts";
import { keysOf, pairsOf } from "../../support/rekeyedLink.ts";
import { LinkRecorder } from "../../support/linkRecorder.ts";

const boxes = await loadBoxes();
const pairs = pairsOf(boxes);
const text = (...frames: string[]): Uint8Array => encodeMessage(frames.map(octets));
const C: Direction = 0;
const S: Direction = 1;

/** A re-keyed link between two programs over real sockets; nothing is said before start(). */
async function linked(
  t: TestContext,
  kinds: Record<Side, PeerKind> = { client: "CURVE client", server: "CURVE server" },
  keys: Partial<LinkKeys> = {},
) {
  const moved = new EventEmitter();
  const [tapPort, serverPort] = [await loopbackServer(t), await loopbackServer(t)];
  const sockets = { client: await loopbackClient(t, tapPort.port), server: null as unknown as Socket };
  const legs = { client: await tapPort.next(), server: await loopbackClient(t, serverPort.port) };
  sockets.server = await serverPort.next();
  const problems: RekeyProblem[] = [];
  const ends: LinkEnd[] = [];
  const told = new LinkRecorder();
  const injected: string[] = [];
  const judge = { says: "allow" as Judgement };
  let rekeyer: Rekeyer | undefined;
  const link = new Link(
    1,
    "wire",
    legs,
    {
      received: (direction, bytes) => void told.push(direction, bytes.slice()),
      injected: (direction, bytes) => {
        injected.push(Buffer.from(bytes).toString("latin1"));
        told.push(direction, bytes.slice());
      },
      gapIn: (direction, bytes) => told.reader.gapIn(direction, bytes),
      stepIn: (direction, bytes) => told.reader.stepIn(direction, bytes),
    },
    {
      open: (sink) => (rekeyer = new Rekeyer(boxes, keysOf(boxes, keys), { securityClient: "client" }, sink)),
      judge: () => judge.says,
      progressed: () => moved.emit("moved"),
      failed: (problem) => {
        problems.push(problem);
        moved.emit("moved");
      },
    },
    (end) => {
      ends.push(end);
      moved.emit("moved");
    },
  );
  const until = async (isThere: () => boolean): Promise<void> => {
    while (!isThere()) await once(moved, "moved");
  };
  t.after(async () => {
    for (const socket of Object.values(sockets)) socket.destroy();
    // Its timers must not end under the next test's clock.
    await until(() => ends.length === 1);
  });
  const peer = (side: Side): Peer => {
    const pair = kinds[side] === "CURVE client" ? pairs.client : pairs.server;
    return new Peer({ name: side, kind: kinds[side], boxes, pair, serverKey: pairs.tapServer.publicKey });
  };
  const peers = { client: peer("client"), server: peer("server") };
  const flush = (side: Side): void => {
    for (const bytes of peers[side].outbox.splice(0)) sockets[side].write(bytes);
  };
  for (const side of ["client", "server"] as const) {
    sockets[side].on("data", (bytes: Buffer) => {
      peers[side].push(bytes);
      flush(side);
      moved.emit("moved");
    });
    sockets[side].on("end", () => moved.emit("moved"));
  }
  const start = (): void => {
    link.start({
      client: new WaitingSocket(legs.client, () => undefined),
      server: new WaitingSocket(legs.server, () => undefined),
    });
    flush("client");
    flush("server");
  };
  const open = async (): Promise<void> => {
    start();
    await until(() => peers.client.isOpen && peers.server.isOpen && rekeyer!.state !== "handshake");
  };
  const send = (side: Side, bytes: Uint8Array): void => {
    peers[side].send(bytes);
    flush(side);
  };
  return {
    link,
    legs,
    sockets,
    ...peers,
    judge,
    problems,
    ends,
    told,
    injected,
    start,
    until,
    open,
    send,
    rekeyer: rekeyer!,
  };
}

const combinations: [PeerKind, PeerKind, Partial<LinkKeys>][] = [
  ["CURVE client", "CURVE server", {}],
  ["NULL", "CURVE server", { legs: { client: "NULL", server: "CURVE" } }],
  ["CURVE client", "NULL", { legs: { client: "CURVE", server: "NULL" } }],
  ["NULL", "PLAIN server", { legs: { client: "NULL", server: "PLAIN" } }],
  ["PLAIN client", "PLAIN server", {}],
];
for (const [clientKind, serverKind, keys] of combinations) {
  const kinds = { client: clientKind, server: serverKind };

  test(`Link carries ${clientKind} to ${serverKind} over sockets and shows it like any other`, async (t) => {
    const { client, server, open, send, until, sockets, ends, told } = await linked(t, kinds, keys);
    await open();
    send("client", text("question", ""));
    await until(() => server.frames.length === 2);
    send("server", text("answer"));
    await until(() => client.frames.length === 1);
    sockets.client.end();
    sockets.server.end();
    await until(() => ends.length === 1);
    assert.deepEqual(ends, [{ by: "client", reset: false, bytesLost: 0 }]);
    const messages = told
      .of("message")
      .map(({ frames }) => frames.map((frame) => Buffer.from(frame, "hex").toString()));
    assert.deepEqual(messages, [["question", ""], ["answer"]]);
  });

  // A link that is passed on as it is has its gaps where octets come.
  if (clientKind === "PLAIN client") continue;
  test(`Link puts in what was given before the handshake of ${clientKind} to ${serverKind} is done, both ways`, async (t) => {
    const { link, client, server, open, until, injected } = await linked(t, kinds, keys);
    const early = [link.inject(C, text("to the server"), "call"), link.inject(S, text("to the client"), "call")];
    await open();
    await Promise.all(early);
    await until(() => server.frames.length === 1 && client.frames.length === 1);
    assert.deepEqual([server.frames, client.frames], [["to the server"], ["to the client"]]);
    assert.equal(injected.length, 2);
  });
}

test("Link injects behind the message under way, a large frame or many parts, while it comes", async (t) => {
  const { link, server, open, send, until } = await linked(t);
  await open();
  send("client", encodeFrame(new Uint8Array(300_000), 1));
  await until(() => server.frames.length === 1);
  const injection = link.inject(C, text("injected"), "replay");
  send("client", encodeFrame(new Uint8Array(300_000), 1));
  send("client", encodeFrame(octets("end"), 0));
  send("client", text("next"));
  await injection;
  await until(() => server.frames.length === 5);
  assert.deepEqual(server.frames, ["300000 octets+", "300000 octets+", "end", "injected", "next"]);
});

test("Link refuses an injection into a re-keyed link whose message does not end within 5 s", async (t) => {
  const { link, server, open, send, until } = await linked(t);
  await open();
  send("client", encodeFrame(octets("first"), 1));
  await until(() => server.frames.length === 1);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const refused = assert.rejects(link.inject(C, text("never"), "replay"), { code: "injection-refused" });
  t.mock.timers.tick(5_000);
  await refused;
  t.mock.timers.reset();
  send("client", text("last"));
  await until(() => server.frames.length === 2);
  assert.deepEqual(server.frames, ["first+", "last"]);
});

test("Link holds a fast sender of boxes back while the receiver does not read, and loses nothing", async (t) => {
  const { server, open, send, until, sockets, legs } = await linked(t);
  await open();
  sockets.server.pause();
  const frame = encodeFrame(new Uint8Array(1_000_000), 0);
  const COUNT = 40;
  for (let i = 0; i < COUNT; i++) send("client", frame);
  while (!legs.client.isPaused()) await new Promise((resolve) => setImmediate(resolve));
  // Held back: a frame or two, and what the chunk that filled the buffer held.
  assert.ok(legs.server.writableLength < 4_000_000);
  assert.ok(sockets.client.writableLength > 0);
  sockets.server.resume();
  await until(() => server.frames.length === COUNT);
});

test("Link closes behind the data: what a client sent before its end is sealed and delivered", async (t) => {
  const { server, open, send, until, sockets, ends } = await linked(t);
  await open();
  sockets.server.pause();
  for (let i = 0; i < 20; i++) send("client", encodeFrame(new Uint8Array(100_000), 0));
  sockets.client.end();
  sockets.server.resume();
  await until(() => sockets.server.readableEnded);
  assert.equal(server.frames.length, 20);
  sockets.server.end();
  await until(() => ends.length === 1);
  assert.deepEqual(ends, [{ by: "client", reset: false, bytesLost: 0 }]);
});

test("Link lets a client go that ends in the middle of its handshake, without a fault", async (t) => {
  const { start, until, sockets, ends, problems, rekeyer, server } = await linked(t);
  sockets.server.pause();
  start();
  await until(() => rekeyer.ends.server.tap.commands.length === 1);
  sockets.client.end();
  // WELCOME comes when nothing can be answered to it any more.
  await once(sockets.server, "readable");
  sockets.server.resume();
  await until(() => server.heard.length > 0 && sockets.server.readableEnded);
  sockets.server.end();
  await until(() => ends.length === 1);
  assert.deepEqual([ends[0]!.by, ends[0]!.reset, problems], ["client", false, []]);
});

test("Link closes a waiting client without a word after a second, a denied one at once behind ERROR", async (t) => {
  for (const [says, heard, check] of [
    ["wait", ["WELCOME"], "waiting"],
    ["deny", ["WELCOME", "ERROR 400"], "denied"],
  ] as const) {
    const { client, judge, start, until, sockets, problems, ends, server } = await linked(t);
    judge.says = says;
    start();
    await until(() => problems.length === 1);
    const since = performance.now();
    assert.equal(problems[0]!.check, check);
    await until(() => sockets.client.readableEnded && sockets.server.readableEnded);
    if (says === "wait") assert.ok(performance.now() - since > 900);
    assert.deepEqual([client.heard, server.heard], [heard, ["HELLO"]]);
    for (const socket of Object.values(sockets)) socket.end();
    await until(() => ends.length === 1);
    assert.deepEqual(ends[0], { by: "tap", reset: false, bytesLost: 0 });
  }
});

test("Link closes at a changed box, behind what came before it, and leaves other links alone", async (t) => {
  const [faulty, other] = [await linked(t), await linked(t)];
  await Promise.all([faulty.open(), other.open()]);
  faulty.send("client", text("good"));
  faulty.sockets.client.write(
    encodeFrame(new Uint8Array(Buffer.concat([octets("\x07MESSAGE"), new Uint8Array(60).fill(255)])), 0),
  );
  await faulty.until(() => faulty.sockets.server.readableEnded && faulty.sockets.client.readableEnded);
  assert.deepEqual(faulty.server.frames, ["good"]);
  assert.deepEqual(
    faulty.problems.map(({ leg, check }) => `${leg} ${check}`),
    ["client mac"],
  );
  other.send("client", text("unharmed"));
  await other.until(() => other.server.frames.length === 1);
  assert.deepEqual([other.problems, other.ends], [[], []]);
});

test("Link ends a re-keyed handshake that stands still for 30 s", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { client, start, until, rekeyer, problems, ends, sockets } = await linked(t, undefined, {});
  client.outbox.length = 1;
  // The server never answers HELLO.
  sockets.server.removeAllListeners("data").resume();
  start();
  await until(() => rekeyer.ends.server.tap.commands.length === 1);
  t.mock.timers.tick(30_000);
  assert.deepEqual(
    problems.map(({ check }) => check),
    ["timeout"],
  );
  t.mock.timers.tick(1);
  await until(() => sockets.client.readableEnded);
  for (const socket of Object.values(sockets)) socket.end();
  await until(() => ends.length === 1);
  assert.equal(ends[0]!.by, "tap");
});

for (const [clientKind, serverKind, keys] of combinations) {
  test(`Link leads ${clientKind} to ${serverKind} through detours that come and go under way, and loses nothing`, async (t) => {
    const { link, server, open, send, until, told } = await linked(
      t,
      { client: clientKind, server: serverKind },
      { ...keys, maxFrameBytes: 16 * 1024 * 1024 },
    );
    await open();
    let taken = 0;
    const make = (sink: DetourSink): Detour => {
      const waiting: Uint8Array[] = [];
      const flush = (): void => {
        for (const bytes of waiting.splice(0)) sink.send(bytes);
      };
      return {
        isFull: false,
        isOpen: true,
        get isEmpty() {
          return waiting.length === 0;
        },
        take: (bytes) => {
          taken += 1;
          // The last one waits for the next, or to be flushed.
          flush();
          waiting.push(bytes.slice());
        },
        flush,
        dispose: () => undefined,
      };
    };
    const expected: string[] = [];
    for (let round = 0; round < 12; round++) {
      link.divert(C, make);
      send("client", text(`diverted ${round}`));
      send("client", encodeFrame(new Uint8Array(300_000), 1));
      send("client", encodeFrame(octets(`part ${round}`), 0));
      expected.push(`diverted ${round}`, "300000 octets+", `part ${round}`);
      // Now and then in the middle of all that.
      if (round % 3 === 0) link.straighten(C);
      if (round % 3 === 1) await until(() => server.frames.length >= expected.length - 3);
      if (round % 3 === 2) await until(() => server.frames.length >= expected.length - 2);
      link.straighten(C);
      send("client", text(`as ever ${round}`));
      expected.push(`as ever ${round}`);
      if (round % 2 === 0) await until(() => server.frames.length === expected.length);
    }
    await until(() => server.frames.length === expected.length);
    assert.deepEqual(server.frames, expected);
    assert.ok(taken > 0);
    const shown = told.of("message").map(({ frames }) => frames.length);
    assert.deepEqual(shown, Array.from({ length: 12 }, () => [1, 2, 1]).flat());
  });
}

test("Link begins a detour as soon as both re-keyed handshakes are done", async (t) => {
  const { link, server, start, send, client, until } = await linked(t);
  const held: Uint8Array[] = [];
  let sendOn = (_bytes: Uint8Array): void => undefined;
  link.divert(C, (sink) => {
    sendOn = (bytes) => sink.send(bytes);
    return {
      isFull: false,
      isOpen: true,
      isEmpty: true,
      take: (bytes) => void held.push(bytes.slice()),
      flush: () => undefined,
      dispose: () => undefined,
    };
  });
  start();
  await until(() => client.isOpen);
  send("client", text("first"));
  send("client", text("second"));
  await until(() => server.isOpen);
  while (held.length < 2) await new Promise((resolve) => setImmediate(resolve));
  for (const bytes of held) sendOn(bytes);
  await until(() => server.frames.length === 2);
  assert.deepEqual(server.frames, ["first", "second"]);
});
