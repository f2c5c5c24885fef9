import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Capture } from "../../../src/proxy/capture/capture.ts";
import { toDetail } from "../../../src/proxy/details.ts";
import { FanOut } from "../../../src/proxy/fanOut.ts";
import { LinkLog } from "../../../src/proxy/linkLog.ts";
import { Repeats } from "../../../src/proxy/repeats.ts";
import { toRow } from "../../../src/proxy/rows.ts";
import { encodeCommand, encodeGreeting, encodeMessage, encodeReady } from "../../../src/proxy/wire/writer.ts";
import type { Direction, Origin, SocketPair } from "../../../src/shared/model.ts";
import { openBytes, rowLines } from "../../support/captureFiles.ts";
import { readAll } from "../../support/captures.ts";
import { octets } from "../../support/octets.ts";
import { random } from "../../support/random.ts";
import { loadVectors, piecesOf } from "../../support/vectors.ts";

const text = (...frames: string[]): Uint8Array => encodeMessage(frames.map(octets));

/** Live links that write into a capture, whose octets are then opened as a file. */
function tapOf(t: TestContext, options: { maxBytes?: number; segmentBytes?: number } = {}) {
  const capture = new Capture({ maxBytes: options.maxBytes ?? 64 * 1024 * 1024, ...options });
  const repeats = new Repeats(
    () => undefined,
    () => undefined,
  );
  t.after(() => repeats.end());
  let number = 0;
  const open = (
    origin: Origin = "wire",
    sockets?: SocketPair,
    addresses?: { client: string; server: string },
  ): LinkLog => {
    number++;
    const log = new LinkLog(
      {
        number,
        origin,
        addresses: addresses ?? { client: `127.0.0.1:${40_000 + number}`, server: "127.0.0.1:5556" },
        sockets,
        security: null,
      },
      { id: `tap-${number % 2}`, name: number % 2 === 0 ? "orders" : "prices" },
      {
        capture,
        counters: { messages: 0, bytes: 0, passedBy: 0 },
        repeats,
        fanOut: new FanOut(capture),
        neighbours: () => [],
        onHello: () => undefined,
        onGrew: () => undefined,
        onBug: (error) => assert.fail(String(error)),
      },
    );
    t.after(() => log.closed({ by: "tap", reset: false, bytesLost: 0 }));
    return log;
  };
  return { capture, open };
}

const END = { by: "client", reset: false, bytesLost: 0 } as const;

function shakeHands(log: LinkLog, client: "REQ" | "PUSH" = "PUSH", server: "REP" | "PULL" = "PULL"): void {
  log.received(0, encodeGreeting("NULL"));
  log.received(1, encodeGreeting("NULL"));
  log.received(0, encodeReady(client, octets("me")));
  log.received(1, encodeReady(server));
}

/** Every row and its detail, as users see them. */
function everything(capture: Capture): unknown[] {
  const rows: unknown[] = [];
  for (let n = capture.firstN; n <= capture.lastN; n++) {
    rows.push([
      toRow(capture, n),
      toDetail(capture, n),
      toRow(capture, n)!.kind === "message" ? readAll(capture, n) : [],
    ]);
  }
  return rows;
}

const fileOf = (capture: Capture, from = 0): Buffer => Buffer.concat(capture.borrowSections().slice(from));

const openFile = (capture: Capture, from = 0) => openBytes(fileOf(capture, from), 100_000, capture.clock.anchorNs);

test("An opened file of ours has the rows of the live capture, for links of every libzmq version", (t) => {
  const { capture, open } = tapOf(t);
  const logs = loadVectors().map((vector) => ({
    log: open("wire", { client: vector.client.socket, server: vector.server.socket }),
    pieces: piecesOf(vector),
  }));
  const pick = random(7);
  for (let left = logs.length; left > 0;) {
    const { log, pieces } = logs[pick(logs.length)]!;
    if (pieces.length === 0) continue;
    const { direction, bytes } = pieces.shift()!;
    log.received(direction, bytes);
    if (pieces.length > 0) continue;
    left--;
    log.closed(END);
  }
  const { capture: opened, summary } = openFile(capture);
  assert.equal(summary.problem, null);
  assert.equal(summary.zeromq, logs.length);
  assert.equal(opened.lastN, capture.lastN);
  assert.deepEqual(everything(opened), everything(capture));
});

test("An opened file of ours has origins, events of the tap, faults, refusals and addresses that are no IP addresses", (t) => {
  const { capture, open } = tapOf(t);
  const log = open("wire", undefined, { client: "@in-process", server: "ipc:///tmp/x" });
  capture.event(null, "tap-1", "prices", "server-down", { server: "tcp://127.0.0.1:1", reason: "refused" });
  shakeHands(log, "REQ", "REP");
  log.received(0, text("", "q"));
  log.injected(0, text("", "again"), "replay");
  log.received(1, text("", "a"));
  log.received(0, octets("\x02\xff\xff\xff\xff\xff\xff\xff\xff"));
  const call = open("call");
  shakeHands(call);
  // A message in the chunk that ends the handshake comes behind the event of it.
  const early = open();
  early.received(0, encodeGreeting("NULL"));
  early.received(1, Buffer.concat([encodeGreeting("NULL"), encodeReady("PULL")]));
  early.received(0, Buffer.concat([encodeReady("PUSH"), text("early"), text("bird")]));
  const alien = open();
  alien.received(1, octets("HTTP/1.1 400 Bad Request\r\n\r\n"));
  for (const each of [early, call, alien, log]) each.closed(END);
  assert.deepEqual(everything(openFile(capture).capture), everything(capture));
});

test("An opened file of ours goes on where its predecessor was evicted, and pairs what belongs together", (t) => {
  const { capture, open } = tapOf(t, { segmentBytes: 64 * 1024 });
  const log = open();
  shakeHands(log, "REQ", "REP");
  for (let index = 0; index < 60; index++) {
    log.received(0, text("", `question ${index} ${"x".repeat(4000)}`));
    log.received(1, text("", `answer ${index}`));
  }
  const all = rowLines(capture);
  const sections = capture.borrowSections().length;
  assert.ok(sections > 3);
  for (let from = 1; from < sections; from++) {
    const { capture: opened } = openFile(capture, from);
    const lines = rowLines(opened);
    assert.deepEqual(lines, all.slice(-lines.length));
    assert.ok(lines.length > 2);
    const row = opened.row(1)!;
    assert.deepEqual(row.link!.sockets, { client: "REQ", server: "REP" });
    assert.equal(row.link!.info.link, log.number);
    for (let n = 1; n <= opened.lastN; n++) {
      const { direction, exchange } = opened.row(n)!;
      if (direction === 0) assert.equal(exchange, "answered");
      else assert.equal(exchange, n === 1 ? "none" : "reply");
    }
  }
});

test("An opened file of ours shows no message whose beginning was evicted, and every later one", (t) => {
  for (let seed = 1; seed <= 40; seed++) {
    const pick = random(seed);
    const { capture, open } = tapOf(t, { segmentBytes: 64 * 1024 });
    const log = open();
    shakeHands(log);
    const streams: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)];
    for (let index = 0; index < 60; index++) {
      const frames = Array.from({ length: 1 + pick(3) }, () => Buffer.alloc(pick(pick(4) === 0 ? 20_000 : 300), index));
      const direction = pick(2) as Direction;
      const ping = pick(5) === 0 ? encodeCommand("PING", octets("\0\0")) : Buffer.alloc(0);
      streams[direction] = Buffer.concat([streams[direction], encodeMessage(frames), ping]);
    }
    while (streams[0].length + streams[1].length > 0) {
      const direction = pick(2) as Direction;
      const size = pick(5000);
      log.received(direction, streams[direction].subarray(0, size));
      streams[direction] = streams[direction].subarray(size);
    }
    const ofSide = (lines: string[], who: string): string[] => lines.filter((line) => line.startsWith(who));
    const all = rowLines(capture);
    for (let from = 1; from < capture.borrowSections().length; from++) {
      const lines = rowLines(openFile(capture, from).capture);
      assert.ok(
        lines.every((line) => /^(client|server): /.test(line)),
        `seed ${seed}: ${lines.find((line) => line.startsWith("["))}`,
      );
      for (const who of ["client", "server"]) {
        const side = ofSide(lines, who);
        assert.deepEqual(side, side.length === 0 ? [] : ofSide(all, who).slice(-side.length), `seed ${seed}`);
      }
      assert.ok(lines.length > 0 || from > 1);
    }
  }
});

test("An opened file of ours says what is missing when a segment in the middle is gone", (t) => {
  const { capture, open } = tapOf(t, { segmentBytes: 64 * 1024 });
  const log = open();
  shakeHands(log);
  for (let index = 0; index < 100; index++) log.received(0, text(`${index} ${"x".repeat(3000)}`));
  const sections = capture.borrowSections();
  const { capture: opened } = openBytes(Buffer.concat([sections[0]!, sections[1]!, ...sections.slice(3)]));
  const lines = rowLines(opened).map((line) => line.replace(/ x+/, ""));
  const gap = lines.indexOf("[gap!]");
  assert.ok(gap > 0);
  const missing = opened.row(gap + 1)!.detail!;
  assert.ok(Number(missing["octets"]) > 20_000, JSON.stringify(missing));
  const numbers = lines.filter((line) => line.startsWith("client: ")).map((line) => Number(line.slice(8)));
  assert.equal(numbers.at(-1), 99);
  assert.deepEqual(
    numbers,
    [...new Set(numbers)].sort((a, b) => a - b),
  );
  assert.equal(new Set(lines.map((line) => line === "[link-opened]")).size, 2);
});

test("An opened file of ours that begins in a handshake goes on by what its record says of the beginning", (t) => {
  const { capture, open } = tapOf(t, { segmentBytes: 64 * 1024 });
  const slow = open();
  slow.received(0, encodeGreeting("NULL"));
  const filler = open();
  shakeHands(filler);
  for (let index = 0; index < 30; index++) filler.received(0, text("x".repeat(4000)));
  slow.received(1, encodeGreeting("NULL"));
  slow.received(0, encodeReady("PUSH"));
  slow.received(1, encodeReady("PULL"));
  slow.received(0, text("after"));
  const lines = rowLines(openFile(capture, 1).capture);
  assert.ok(lines.includes("client: after"), lines.join(" "));
  assert.ok(!lines.includes("[gap!]") && !lines.includes("[fault!]"), lines.join(" "));
});
