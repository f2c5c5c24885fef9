import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Capture, type CapturedLink } from "../../../src/proxy/capture/capture.ts";
import { OutputFile } from "../../../src/proxy/files/writeOutput.ts";
import { PcapngWriter } from "../../../src/proxy/files/writePcapng.ts";
import { everyRow, theseRows, writeRows, type RowSource } from "../../../src/proxy/files/writeRows.ts";
import type { Direction, Mark } from "../../../src/shared/model.ts";
import { encode, encodeFrame, MIB, openLink, say, seeded } from "../../support/captures.ts";
import { type Block, readBlocks, readStreams } from "../../support/pcapngFile.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-write-"));
after(() => rmSync(folder, { recursive: true }));
let files = 0;

/** Every row as it comes, with something that happens in a pause before row `at`. */
function interrupted(capture: Capture, at: readonly number[], happens: (n: number) => void): RowSource {
  let n = 0;
  const there = (): number => (n <= capture.lastN ? n : 0);
  return {
    total: null,
    next: () => {
      n += 1;
      if (!at.includes(n)) return there();
      return Promise.resolve().then(() => {
        happens(n);
        return there();
      });
    },
  };
}

async function written(
  capture: Capture,
  rows: RowSource = everyRow(capture.firstN, capture.lastN),
  markOf: ((n: number) => Mark | null) | null = null,
): Promise<{ blocks: Block[]; rows: number; leftOut: number }> {
  const path = join(folder, `${files++}.pcapng`);
  const output = await OutputFile.createPart(path);
  const writer = new PcapngWriter(capture, output, markOf);
  await writeRows(rows, writer, output);
  writer.end();
  await output.finish();
  return { blocks: readBlocks(readFileSync(path)), rows: writer.rows, leftOut: writer.leftOut };
}

/** Octets before the traffic, as a reader would find them. */
function shake(link: CapturedLink, client: string, server: string): void {
  link.preamble.add(0, Buffer.from(client), 5);
  link.preamble.add(1, Buffer.from(server), 5);
  link.preamble.settle({
    beginning: (direction) => ({ octets: (direction === 0 ? client : server).length, isWhole: true }),
  });
}

const jsons = (blocks: readonly Block[]): Record<string, unknown>[] =>
  blocks.flatMap((block) => (block.kind === "json" ? [block.value] : []));
const packets = (blocks: readonly Block[]) => blocks.filter((block) => block.kind === "packet");

test("PcapngWriter writes each link as a conversation from SYN to FIN, with its preamble and whole messages", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const links = [
    openLink(capture, { tap: "a", client: "127.0.0.1:1000" }),
    openLink(capture, { tap: "b", client: "[::1]:7" }),
  ];
  const sent = links.map((link, index) => {
    capture.event(link, link.info.tap, link.info.tapName, "link-opened", {});
    shake(link, `hello ${index}`, `welcome ${index}`);
    return [[Buffer.from(`hello ${index}`)], [Buffer.from(`welcome ${index}`)]] as [Buffer[], Buffer[]];
  });
  const random = seeded(1);
  for (let round = 0; round < 300; round++) {
    const which = random(2);
    const direction = random(2) as Direction;
    const frames = Array.from({ length: 1 + random(4) }, () =>
      Buffer.alloc(random(10) === 0 ? random(90_000) : random(300), round),
    );
    const bytes = encode(frames);
    for (let at = 0, chunk = -1; at < bytes.length; at += 65_536) {
      const number = capture.append(links[which]!, direction, bytes.subarray(at, at + 65_536), 0);
      if (chunk < 0) chunk = number;
      if (at + 65_536 >= bytes.length) capture.message(links[which]!, direction, chunk, 0, 0, 1, frames.length, 0);
    }
    sent[which]![direction].push(bytes);
  }
  capture.event(links[0]!, "id-a", "a", "link-closed", { by: "client" });
  const { blocks, rows, leftOut } = await written(capture);
  assert.deepEqual([rows, leftOut], [303, 0]);
  assert.equal(blocks.filter(({ kind }) => kind === "section").length, 1);
  assert.deepEqual(
    blocks.flatMap((block) => (block.kind === "interface" ? [block.name] : [])),
    ["a", "b"],
  );
  const streams = readStreams(blocks);
  for (const [index, { sent: octets, isClosed }] of streams.entries()) {
    assert.equal(isClosed, true);
    for (const side of [0, 1] as const) assert.equal(octets[side].equals(Buffer.concat(sent[index]![side])), true);
  }
  assert.equal(streams.length, 2);
  const records = jsons(blocks);
  assert.deepEqual(
    records.map(({ zmqTap, link, event }) => [zmqTap, link, event]),
    [
      ["link", links[0]!.info.link, undefined],
      ["event", links[0]!.info.link, "link-opened"],
      ["link", links[1]!.info.link, undefined],
      ["event", links[1]!.info.link, "link-opened"],
      ["event", links[0]!.info.link, "link-closed"],
    ],
  );
  assert.equal(records[1]!["time"], capture.clock.toIso(capture.row(1)!.timeNs));
});

test("PcapngWriter puts consecutive messages of one chunk into one packet, with its own time", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const messages = ["one", "two", "three"].map((word) => encode([word]));
  const chunk = capture.append(link, 0, Buffer.concat(messages), 1);
  let at = 0;
  for (const bytes of messages) {
    capture.message(link, 0, chunk, at, 0, 3, 1, 1);
    at += bytes.length;
  }
  say(capture, link, 0, ["later"]);
  const data = packets((await written(capture)).blocks).filter(({ payload }) => payload.length > 0);
  assert.deepEqual(
    data.map(({ payload, comments }) => [payload.toString("latin1"), comments]),
    [
      [Buffer.concat(messages).toString("latin1"), ["origin: replay"]],
      [encode(["later"]).toString("latin1"), []],
    ],
  );
  const timeNs = (n: number): bigint => capture.clock.anchorNs + BigInt(capture.row(n)!.timeNs);
  assert.deepEqual(
    data.map((packet) => packet.timeNs),
    [timeNs(1), timeNs(4)],
  );
});

test("PcapngWriter leaves rows out of a filtered export without a hole", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  shake(link, "hi", "ho");
  for (let n = 1; n <= 20; n++) say(capture, link, 0, [`message ${n}`, "x"]);
  const { blocks, rows } = await written(capture, theseRows([17, 3, 3, 8]));
  const [stream, ...more] = readStreams(blocks);
  assert.deepEqual([rows, more.length], [3, 0]);
  const expected = ["hi", ...[3, 8, 17].map((n) => encode([`message ${n}`, "x"]).toString("latin1"))].join("");
  assert.equal(stream!.sent[0].toString("latin1"), expected);
  assert.equal(stream!.sent[1].toString(), "ho");
});

test("PcapngWriter gives a marked message a packet of its own that says so, and a marked event the mark", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const messages = ["one", "two", "three"].map((word) => encode([word]));
  const chunk = capture.append(link, 0, Buffer.concat(messages), 2);
  let at = 0;
  for (const bytes of messages) {
    capture.message(link, 0, chunk, at, 0, 3, 1, 2);
    at += bytes.length;
  }
  capture.event(null, "t", "tap", "server-down", { state: "down" });
  const note = "é".repeat(5000);
  const { blocks } = await written(capture, everyRow(1, 4), (n) =>
    n === 2 ? { pinned: true, note } : n === 4 ? { pinned: true, note: "" } : null,
  );
  const data = packets(blocks).filter(({ payload }) => payload.length > 0);
  assert.deepEqual(
    data.map(({ payload, comments }) => [payload.toString("latin1", 2), comments.length]),
    [
      ["one", 1],
      ["two", 2],
      ["three", 1],
    ],
  );
  const [origin, mark] = data[1]!.comments;
  assert.deepEqual(
    [origin, JSON.parse(mark!.slice("zmqTap: ".length))],
    ["origin: call", { pinned: true, note: "é".repeat(4096), n: 2 }],
  );
  const { pinned, event } = jsons(blocks).at(-1)!;
  assert.deepEqual([pinned, event], [true, "server-down"]);
});

test("PcapngWriter leaves out what is partly kept or gone, and goes on in a new conversation from another port", async () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: 64 * 1024 });
  const link = openLink(capture, { client: "127.0.0.1:65535" });
  shake(link, "hi", "ho");
  for (let round = 0; round < 50; round++) say(capture, link, 0, [`early ${round}`]);
  const rows = interrupted(capture, [51], () => {
    const large = encode([Buffer.alloc(17 * MIB)]);
    capture.message(link, 0, capture.append(link, 0, large, 0), 0, 0, 17 * MIB, 1, 0);
    for (let round = 0; round < 10; round++) say(capture, link, 1, [`late ${round}`]);
  });
  const { blocks, leftOut, rows: count } = await written(capture, rows);
  assert.equal(capture.firstN > 50, true);
  assert.deepEqual([count, leftOut], [60, 1]);
  const streams = readStreams(blocks);
  assert.deepEqual(
    streams.map(({ client, isClosed }) => [client, isClosed]),
    [
      ["7f000001:65535", true],
      ["7f000001:65534", true],
    ],
  );
  assert.equal(streams[1]!.sent[0].toString(), "hi");
  assert.equal(
    streams[1]!.sent[1].toString("latin1"),
    `ho${Array.from({ length: 10 }, (_, round) => encode([`late ${round}`]).toString("latin1")).join("")}`,
  );
  const records = jsons(blocks).filter(({ zmqTap }) => zmqTap === "link");
  assert.deepEqual(
    records.map(({ conversation, clientPort }) => [conversation, clientPort]),
    [
      [1, 65535],
      [2, 65534],
    ],
  );
});

test("PcapngWriter ends every conversation where rows are gone", async () => {
  const capture = new Capture({ maxBytes: 16 * MIB, segmentBytes: 64 * 1024 });
  const links = [openLink(capture), openLink(capture, { client: "@in-process" })];
  for (const link of links) say(capture, link, 0, ["before"]);
  const rows = interrupted(capture, [3], () => {
    say(capture, links[0]!, 0, ["gone"]);
    for (let round = 0; round < 300; round++) capture.append(links[1]!, 1, Buffer.alloc(65_000), 0);
    for (const link of links) say(capture, link, 0, ["after"]);
  });
  const { blocks, leftOut } = await written(capture, rows);
  assert.equal(leftOut, 1);
  assert.deepEqual(
    readStreams(blocks).map(({ sent }) => sent[0].toString("latin1", 2)),
    ["before", "before", "after", "after"],
  );
});

test("PcapngWriter keeps commands between the frames of a message where they were, and writes them alone without it", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  const ping = encodeFrame(Buffer.from("\x04PING\0\0"), 4);
  const parts = [
    encodeFrame(Buffer.from("a"), 1),
    ping,
    encodeFrame(Buffer.from("b"), 1),
    ping,
    encodeFrame(Buffer.from("c"), 0),
  ];
  const stream = Buffer.concat(parts);
  const chunk = capture.append(link, 0, stream, 0);
  capture.command(link, 0, 0, chunk, parts[0]!.length, 0, 7, 0, true);
  capture.command(link, 0, 0, chunk, parts[0]!.length * 2 + ping.length, 0, 7, 0, true);
  capture.message(link, 0, chunk, 0, 0, 3, 3, 0);
  say(capture, link, 0, ["next"]);
  const sent = async (rows: number[]): Promise<string> => {
    const { blocks } = await written(capture, theseRows(rows));
    return readStreams(blocks)[0]!.sent[0].toString("latin1");
  };
  const latin = (...octets: Uint8Array[]): string => Buffer.concat(octets).toString("latin1");
  assert.equal(await sent([1, 2, 3]), latin(stream));
  assert.equal(await sent([2, 3]), latin(parts[0]!, parts[2]!, ping, parts[4]!));
  assert.equal(await sent([3]), latin(parts[0]!, parts[2]!, parts[4]!));
  assert.equal(await sent([1, 4]), latin(ping, encode(["next"])));
  assert.equal(await sent([4, 1]), latin(ping, encode(["next"])));
  assert.equal(await sent([1, 2]), latin(ping, ping));
});

test("PcapngWriter writes what becomes known of a handshake while the file is written", async () => {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture);
  capture.event(link, "t", "tap", "link-opened", {});
  const rows = interrupted(capture, [2, 3], (n) => {
    if (n === 2) {
      link.preamble.add(0, Buffer.from("greeting"), 5);
      link.preamble.settle({ beginning: (direction) => ({ octets: direction === 0 ? 8 : 0, isWhole: false }) });
      link.facts = [{ label: "Protocol", value: "ZMTP 3.1" }];
      capture.event(link, "t", "tap", "handshake", { state: "done" });
    } else {
      shake(link, "READY", "server");
      say(capture, link, 0, ["x"]);
    }
  });
  const { blocks } = await written(capture, rows);
  const [stream] = readStreams(blocks);
  assert.deepEqual([stream!.sent[0].toString("latin1"), stream!.sent[1].toString()], ["greeting\0\x01x", "server"]);
  assert.deepEqual(
    jsons(blocks).map(({ zmqTap, event, facts }) => [zmqTap, event, (facts as unknown[] | undefined)?.length]),
    [
      ["link", undefined, 0],
      ["event", "link-opened", undefined],
      ["link", undefined, 1],
      ["event", "handshake", undefined],
    ],
  );
});
