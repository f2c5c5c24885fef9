import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FoundMessage, QueueFolder } from "../../src/proxy/bridge/queueFolder.ts";
import { recordBytes, writeRecord } from "../../src/proxy/bridge/queueRecord.ts";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { discardLost } from "../../src/proxy/capture/captureFolder.ts";
import { exportCapture } from "../../src/proxy/exportCapture.ts";
import { everyRow } from "../../src/proxy/files/writeRows.ts";
import { Inspector } from "../../src/proxy/inspector.ts";
import { LiveCapture } from "../../src/proxy/liveCapture.ts";
import { openSegments } from "../../src/proxy/openSegments.ts";
import { UserError } from "../../src/shared/userError.ts";
import {
  ACK,
  FIN,
  ipv4,
  ipv6,
  links,
  openBytes,
  type Packet,
  pcap,
  PcapngBuilder,
  rowLines,
  RST,
  Talk,
} from "../../test/support/captureFiles.ts";
import { MIB, numberedFrames, openLink, say } from "../../test/support/captures.ts";
import { until } from "../../test/support/until.ts";
import { conversation } from "../conversation.ts";
import { Draw, seedDraws } from "../draw.ts";
import type { Target } from "../target.ts";

/** Opens a file whole and in parts, and gives what both say. */
function checkFile(bytes: Uint8Array, partBytes: number): void {
  const whole = openBytes(bytes);
  const { packets, problem } = whole.summary;
  assert.ok(packets <= bytes.length);
  if (problem !== null) assert.match(problem.message, /\S/);
  const lines = rowLines(whole.capture);
  const parts = openBytes(bytes, Math.max(1, partBytes));
  assert.deepEqual(rowLines(parts.capture), lines);
  assert.deepEqual({ ...parts.summary, bytesRead: 0 }, { ...whole.summary, bytesRead: 0 });
  const { seen, kept, evicted } = whole.capture.stats();
  assert.equal(seen, kept + evicted);
}

export const captureFile: Target = {
  name: "capture-file",
  about:
    "captures of conversations in pcap and pcapng of both byte orders, all link types, with packets lost, repeated, out of order and cut, and records of our own: no throw, one problem at most, the same rows however the file is read",
  seeds: () => seedDraws(64, 300),
  maxBytes: 2000,
  run: (input) => {
    const draw = new Draw(input);
    const ip = draw.rarely(3) ? ipv6 : ipv4;
    const link = draw.pick(Object.values(links));
    const all: Packet[] = [];
    for (let left = 1 + draw.below(2); left > 0; left--) {
      const talk = new Talk({ hasSyn: !draw.rarely(4), ports: [40_000 + left, 5556] });
      for (const { direction, bytes } of conversation(draw)) {
        for (const piece of draw.cut(bytes)) {
          if (draw.rarely(12)) talk.lose(direction, draw.below(300));
          talk.say(direction, piece);
        }
        if (draw.rarely(20)) talk.add(direction, draw.pick([RST, FIN | ACK, ACK]));
      }
      if (draw.flag()) talk.close();
      all.push(...talk.packets((segment) => link.wrap(ip(segment))));
    }
    const packets = all.flatMap((packet): Packet[] => {
      if (!draw.rarely(16)) return [packet];
      const { bytes } = packet;
      return draw.pick<() => Packet[]>([
        () => [],
        () => [packet, packet],
        () => [{ bytes: bytes.subarray(0, draw.below(bytes.length)), original: bytes.length }],
        () => [{ ...packet, comments: ["origin: replay", '{"zmq-tap":{"pinned":true,"note":"x"}}'] }],
      ])();
    });
    if (packets.length > 1 && draw.rarely(4)) {
      const at = draw.below(packets.length - 1);
      packets.splice(at, 2, packets[at + 1]!, packets[at]!);
    }
    checkFile(container(draw, packets, link.type), 1 + draw.below(400));
  },
};

function container(draw: Draw, packets: readonly Packet[], linkType: number): Buffer {
  if (draw.flag()) return pcap(packets, { linkType, isLittle: draw.flag(), isNano: draw.flag() });
  const file = new PcapngBuilder(draw.flag()).section().face(linkType);
  for (const packet of packets) {
    if (draw.rarely(10)) file.custom(draw.pick<unknown>(RECORDS));
    if (draw.rarely(20)) file.section().face(linkType);
    if (draw.rarely(8)) file.obsolete(packet);
    else if (draw.rarely(8)) file.simple(packet);
    else file.packet(packet, draw.rarely(20) ? 1 : 0);
  }
  return file.bytes;
}

const RECORDS: readonly unknown[] = [
  { "zmq-tap": 1, kind: "link", link: 1, tap: "t", tapName: "t", client: "10.0.0.1:40001", server: "10.0.0.2:5556" },
  { kind: "event", event: "fault", link: 1, tap: "t", tapName: "t", detail: { message: "no." } },
  { kind: "link", link: -1 },
  "{",
  "[]",
  "null",
  '{"__proto__":{"x":1}}',
];

const made = await ownFiles();

/** Files of ours: an export, the folder of a capture that was closed, and that of one under way. */
async function ownFiles(): Promise<{
  readonly exported: Uint8Array;
  readonly folders: readonly (readonly { readonly name: string; readonly bytes: Buffer }[])[];
}> {
  const folder = mkdtempSync(join(tmpdir(), "zmqtap-fuzz-"));
  try {
    const memory = new Capture({ maxBytes: 16 * MIB });
    talkIn(memory, 12);
    const path = join(folder, "a.pcapng");
    await exportCapture({ capture: memory, rows: everyRow(1, memory.lastN), format: "pcapng", path });
    const storage = join(folder, "storage");
    const live = await LiveCapture.open({
      maxBytes: 16 * MIB,
      maxDiskBytes: 64 * MIB,
      storage,
      segmentBytes: 64 * 1024,
    });
    talkIn(live.capture, 60);
    let isWritten = false;
    live.onChange = () => (isWritten = true);
    talkIn(live.capture, 1);
    await until(() => isWritten);
    const under = join(folder, "under");
    cpSync(join(storage, "live"), under, { recursive: true });
    await live.close();
    return { exported: readFileSync(path), folders: [readFolder(join(storage, "live")), readFolder(under)] };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function talkIn(capture: Capture, count: number): void {
  const ends = [openLink(capture), openLink(capture, { sockets: { client: "REQ", server: "REP" } })];
  for (let left = count; left > 0; left--) {
    const n = capture.lastN + 1;
    say(capture, ends[n % 2]!, n % 3 === 0 ? 1 : 0, left % 8 === 0 ? numberedFrames(n) : [`${n}`, "two"]);
  }
  capture.marks.set(1, { pinned: true, note: "noted" });
}

function readFolder(folder: string): { readonly name: string; readonly bytes: Buffer }[] {
  return readdirSync(folder)
    .sort()
    .map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
}

export const captureFileOctets: Target = {
  name: "capture-octets",
  about: "octets of capture files, an export of ours among them, changed: the same",
  seeds: () => {
    const talk = (): Packet[] => new Talk().say(0, Buffer.from("ff00000000000000017f", "hex")).close().packets();
    return [
      made.exported,
      pcap(talk()),
      pcap(talk(), { isLittle: false, isNano: false }),
      new PcapngBuilder()
        .section()
        .face(1, [[9, Buffer.of(9)]])
        .packet(talk()[0]!).bytes,
      new PcapngBuilder(false).section().face().obsolete(talk()[0]!).simple(talk()[0]!).bytes,
    ];
  },
  words: [
    "\x0a\x0d\x0d\x0a",
    "\x4d\x3c\x2b\x1a",
    "\xd4\xc3\xb2\xa1",
    '"link":',
    '"middle":',
    '"nextSequence":',
    "origin: call",
  ],
  maxBytes: 16 * 1024,
  run: (input) => checkFile(input, 1 + ((input[input.length >> 1] ?? 0) << 2)),
};

const inFolder = mkdtempSync(join(tmpdir(), "zmqtap-fuzz-"));
process.on("exit", () => rmSync(inFolder, { recursive: true, force: true }));
let folders = 0;

/** A new folder with these files, which `use` is given. */
async function withFolder(
  files: readonly { name: string; bytes: Uint8Array }[],
  use: (folder: string) => Promise<void>,
) {
  const folder = join(inFolder, String(folders++));
  mkdirSync(folder);
  try {
    for (const { name, bytes } of files) writeFileSync(join(folder, name), bytes);
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const segments: Target = {
  name: "segments",
  about:
    "folders of segments, of captures that were closed and of killed ones, with octets changed, files cut and numbers replaced: opened or refused, rows that can be read or are gone, no failure but sentences",
  seeds: () => seedDraws(48, 60),
  maxBytes: 400,
  slowMs: 5000,
  run: async (input) => {
    const draw = new Draw(input);
    const files = draw.pick(made.folders).map(({ name, bytes }) => ({ name, bytes: Buffer.from(bytes) }));
    for (let changes = draw.below(8); changes > 0; changes--) {
      const file = draw.pick(files);
      const { bytes } = file;
      if (bytes.length === 0) continue;
      // What is told of a file stands at its end, or in its log.
      const at = draw.flag() ? draw.below(bytes.length) : Math.max(0, bytes.length - 1 - draw.below(4096));
      draw.pick<() => void>([
        () => (bytes[at] = draw.below(256)),
        () => (file.bytes = bytes.subarray(0, at)),
        () => bytes.fill(draw.pick([0, 255]), at, Math.min(bytes.length, at + draw.below(40))),
        () => at + 4 <= bytes.length && bytes.writeUInt32LE(draw.pick([0, 1, 12, 0x7fffffff, 0xffffffff, 65_536]), at),
        () => digitsInto(bytes, at, draw.pick(["9", "0", "1"])),
        () => void files.splice(files.indexOf(file), 1),
      ])();
      if (files.length === 0) break;
    }
    await withFolder(files, async (folder) => {
      const { capture } = await openSegments(folder, { maxBytes: 16 * MIB });
      await readEverything(capture);
      await discardLost(folder, join(folder, "lost-1"));
    });
  },
};

/** Another digit for one of JSON near a place, which changes a number and no structure. */
function digitsInto(bytes: Buffer, from: number, digit: string): void {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at]! < 0x30 || bytes[at]! > 0x39) continue;
    bytes.write(digit, at);
    return;
  }
}

/** Asks what views ask, of the first and last rows. */
async function readEverything(capture: Capture): Promise<void> {
  const inspector = new Inspector(
    capture,
    () => 1,
    () => undefined,
  );
  const ask = async (question: () => unknown): Promise<void> => {
    try {
      await question();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  };
  const { firstN, lastN } = capture;
  assert.ok(Number.isSafeInteger(firstN) && Number.isSafeInteger(lastN), `${firstN} to ${lastN}`);
  await ask(() => inspector.readRows({ filter: null, from: 0, count: 100 }));
  await ask(() => inspector.readRows({ filter: null, from: Math.max(0, lastN - firstN - 50), count: 100 }));
  for (let n = firstN; n <= Math.min(lastN, firstN + 20); n++) {
    await ask(() => inspector.readMessage(n));
    await ask(() => inspector.readBytes({ n, frame: 0, from: 0, count: 100 }));
    await ask(() => inspector.decodeFrame({ n, frame: 1, decoder: null }, null));
  }
  inspector.dispose();
}

export const queue: Target = {
  name: "queue",
  about:
    "folders of a bridge's queue, with records of any numbers, octets changed and files cut: opened or refused in a sentence, messages found in order and once, and what is put then is there after the next start",
  seeds: () => seedDraws(32, 80),
  maxBytes: 400,
  slowMs: 5000,
  run: async (input) => {
    const draw = new Draw(input);
    const files = [{ name: "queue.done", bytes: Buffer.from(draw.some(32)) }];
    let seq = 1;
    for (let count = draw.below(4); count > 0; count--) {
      const records = draw.list(5, () => ({
        seq: draw.rarely(6) ? draw.pick([0, -1, Number.NaN, Infinity, 2 ** 53, 1e300, 0.5]) : seq++,
        putMs: draw.pick([1000, 0, Number.NaN, -1, Infinity]),
        frames: draw.list(3, () => draw.some(12)),
      }));
      const octets = Buffer.alloc(records.reduce((sum, { frames }) => sum + recordBytes(frames), 0));
      records.reduce((at, record) => writeRecord(octets, at, record), 0);
      if (octets.length > 0 && draw.rarely(3)) octets[draw.below(octets.length)] = draw.below(256);
      const bytes = draw.rarely(4) ? octets.subarray(0, draw.below(octets.length + 1)) : octets;
      // A file is named by the first message in it.
      const first = records[0]?.seq ?? 0;
      const name = `${String(Number.isSafeInteger(first) && first > 0 ? first : 1).padStart(16, "0")}.queue`;
      files.push({ name, bytes });
    }
    await withFolder(files, async (folder) => {
      const first = await opened(folder);
      if (first === null) return;
      const order = first.found.map(({ record }) => record.seq);
      assert.deepEqual(
        order,
        [...new Set(order)].sort((a, b) => a - b),
      );
      assert.ok(Number.isSafeInteger(first.nextSeq) && first.nextSeq > 0, `next is ${first.nextSeq}`);
      assert.ok(order.every((one) => one < first.nextSeq));
      for (const { place } of first.found) await first.store.read(place);
      const frames = [Buffer.from("new")];
      await first.store.append([{ seq: first.nextSeq, putMs: 1, frames }]);
      await first.store.close();
      const second = await opened(folder);
      assert.ok(second !== null);
      assert.deepEqual(second.found.at(-1)?.record.frames.map(String), ["new"]);
      await second.store.close();
    });
  },
};

async function opened(folder: string) {
  const found: FoundMessage[] = [];
  try {
    const { store, nextSeq } = await QueueFolder.open(folder, {
      found: (message) => found.push(message),
      onProblem: (error) => {
        throw error;
      },
    });
    return { store, nextSeq, found };
  } catch (error) {
    if (error instanceof UserError) return null;
    throw error;
  }
}
