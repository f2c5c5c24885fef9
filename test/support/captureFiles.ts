import { Capture } from "../../src/proxy/capture/capture.ts";
import { FileCapture, type FileSummary } from "../../src/proxy/files/fileCapture.ts";
import { PacketClock } from "../../src/proxy/files/packetClock.ts";
import { isProblem } from "../../src/proxy/eventWords.ts";
import type { Direction } from "../../src/shared/model.ts";
import { readAll } from "./captures.ts";

/** Builders of capture files, octet by octet. */

const CLIENT_PORT = 40_001;
const SERVER_PORT = 5556;
/** Nanoseconds since 1970 of the first packet. */
export const START_NS = 1_764_000_000_000_000_000n;

export const SYN = 2;
export const FIN = 1;
export const RST = 4;
export const ACK = 16;

/** A segment of the conversation 10.0.0.1:40001 to 10.0.0.2:5556. */
export type Segment = {
  readonly direction: Direction;
  readonly sequence: number;
  readonly acknowledgement?: number;
  readonly flags?: number;
  readonly payload?: Uint8Array;
  readonly ports?: readonly [number, number];
};

function tcp({ direction, sequence, acknowledgement = 0, flags = ACK, payload, ports }: Segment): Buffer {
  const body = payload ?? new Uint8Array(0);
  const [client, server] = ports ?? [CLIENT_PORT, SERVER_PORT];
  const header = Buffer.alloc(24);
  header.writeUInt16BE(direction === 0 ? client : server, 0);
  header.writeUInt16BE(direction === 0 ? server : client, 2);
  header.writeUInt32BE(sequence >>> 0, 4);
  header.writeUInt32BE(acknowledgement >>> 0, 8);
  // Six words: one of options, as timestamps would be.
  header[12] = 0x60;
  header[13] = flags;
  header.writeUInt32BE(0x01010101, 20);
  return Buffer.concat([header, body]);
}

export function ipv4(
  segment: Segment,
  options: { total?: number; fragment?: number; options?: Uint8Array; protocol?: number } = {},
): Buffer {
  const inner = tcp(segment);
  const extra = options.options ?? new Uint8Array(0);
  const header = Buffer.alloc(20);
  header[0] = 0x40 | (5 + extra.length / 4);
  header.writeUInt16BE(options.total ?? 20 + extra.length + inner.length, 2);
  header.writeUInt16BE(options.fragment ?? 0x4000, 6);
  header[8] = 64;
  header[9] = options.protocol ?? 6;
  header.set(segment.direction === 0 ? [10, 0, 0, 1, 10, 0, 0, 2] : [10, 0, 0, 2, 10, 0, 0, 1], 12);
  return Buffer.concat([header, extra, inner]);
}

/** `extensions` stand between the header and TCP: pairs of header type and octets. */
export function ipv6(
  segment: Segment,
  extensions: readonly (readonly [number, Uint8Array])[] = [],
  length?: number,
): Buffer {
  const inner = tcp(segment);
  const parts = extensions.map(([, octets], index) => {
    const part = Buffer.from(octets);
    part[0] = extensions[index + 1]?.[0] ?? 6;
    return part;
  });
  const payload = Buffer.concat([...parts, inner]);
  const header = Buffer.alloc(40);
  header[0] = 0x60;
  header.writeUInt16BE(length ?? payload.length, 4);
  header[6] = extensions[0]?.[0] ?? 6;
  const end = (last: number): number[] => [0xfd, ...Array<number>(14).fill(0), last];
  header.set(segment.direction === 0 ? [...end(1), ...end(2)] : [...end(2), ...end(1)], 8);
  return Buffer.concat([header, payload]);
}

/** How a packet stands in a file of each link type. */
export const links: Record<string, { type: number; wrap: (ip: Buffer) => Buffer }> = {
  Ethernet: { type: 1, wrap: (ip) => Buffer.concat([Buffer.alloc(12), etherType(ip), ip]) },
  "Ethernet with VLAN": {
    type: 1,
    wrap: (ip) => Buffer.concat([Buffer.alloc(12), Buffer.from("81000005", "hex"), etherType(ip), ip]),
  },
  "Ethernet with QinQ": {
    type: 1,
    wrap: (ip) => Buffer.concat([Buffer.alloc(12), Buffer.from("88a8000581000006", "hex"), etherType(ip), ip]),
  },
  "Linux cooked v1": { type: 113, wrap: (ip) => Buffer.concat([Buffer.alloc(14), etherType(ip), ip]) },
  "Linux cooked v2": { type: 276, wrap: (ip) => Buffer.concat([etherType(ip), Buffer.alloc(18), ip]) },
  "BSD loopback, little-endian": { type: 0, wrap: (ip) => Buffer.concat([family(ip, true), ip]) },
  "BSD loopback, big-endian": { type: 0, wrap: (ip) => Buffer.concat([family(ip, false), ip]) },
  "OpenBSD loopback": { type: 108, wrap: (ip) => Buffer.concat([family(ip, false), ip]) },
  "raw IP": { type: 101, wrap: (ip) => ip },
  "raw IP (12)": { type: 12, wrap: (ip) => ip },
  "raw IP (14)": { type: 14, wrap: (ip) => ip },
};

function etherType(ip: Buffer): Buffer {
  return Buffer.from(ip[0]! >> 4 === 4 ? "0800" : "86dd", "hex");
}

function family(ip: Buffer, isLittle: boolean): Buffer {
  const word = Buffer.alloc(4);
  const value = ip[0]! >> 4 === 4 ? 2 : 30;
  if (isLittle) word.writeUInt32LE(value);
  else word.writeUInt32BE(value);
  return word;
}

export type Packet = {
  readonly bytes: Buffer;
  /** Nanoseconds behind START_NS. */
  readonly ns?: number;
  /** Length on the wire, where it was cut. */
  readonly original?: number;
  readonly comments?: readonly string[];
};

export function pcap(
  packets: readonly Packet[],
  options: { linkType?: number; isLittle?: boolean; isNano?: boolean } = {},
): Buffer {
  const { linkType = 101, isLittle = true, isNano = true } = options;
  const words = (...values: number[]): Buffer => {
    const block = Buffer.alloc(values.length * 4);
    values.forEach((value, index) =>
      isLittle ? block.writeUInt32LE(value >>> 0, index * 4) : block.writeUInt32BE(value >>> 0, index * 4),
    );
    return block;
  };
  const version = isLittle ? Buffer.from("02000400", "hex") : Buffer.from("00020004", "hex");
  const head = [words(isNano ? 0xa1b23c4d : 0xa1b2c3d4), version, words(0, 0, 262_144, linkType)];
  const records = packets.map(({ bytes, ns = 0, original = bytes.length }) => {
    const time = START_NS + BigInt(ns);
    const fraction = Number(time % 1_000_000_000n);
    const units = isNano ? fraction : Math.floor(fraction / 1000);
    return Buffer.concat([words(Number(time / 1_000_000_000n), units, bytes.length, original), bytes]);
  });
  return Buffer.concat([...head, ...records]);
}

/** Writes pcapng blocks in either byte order. */
export class PcapngBuilder {
  readonly #isLittle: boolean;
  #blocks: Buffer[] = [];

  constructor(isLittle = true) {
    this.#isLittle = isLittle;
  }

  section(): this {
    const magic = this.#words(0x1a2b3c4d);
    return this.block(0x0a0d0d0a, magic, this.#halves(1, 0), Buffer.alloc(8, 0xff));
  }

  face(linkType = 101, options: readonly (readonly [number, Buffer])[] = [], snapLength = 0): this {
    return this.block(1, this.#halves(linkType, 0), this.#words(snapLength), this.#options(options));
  }

  /** `units` is the time as the interface counts it; without it, microseconds. */
  packet(packet: Packet, face = 0, units = (START_NS + BigInt(packet.ns ?? 0)) / 1000n): this {
    const { bytes, original = bytes.length, comments = [] } = packet;
    const options = comments.map((comment) => [1, Buffer.from(comment)] as const);
    const head = this.#words(face, Number(units >> 32n), Number(units & 0xffffffffn), bytes.length, original);
    return this.block(6, head, pad(bytes), this.#options(options));
  }

  obsolete(packet: Packet, face = 0): this {
    const { bytes, original = bytes.length } = packet;
    const units = (START_NS + BigInt(packet.ns ?? 0)) / 1000n;
    const time = this.#words(Number(units >> 32n), Number(units & 0xffffffffn), bytes.length, original);
    return this.block(2, this.#halves(face, 0), time, pad(bytes));
  }

  simple({ bytes, original = bytes.length }: Packet): this {
    return this.block(3, this.#words(original), pad(bytes));
  }

  custom(value: unknown, enterprise = 32_473, type = 0xbad): this {
    const json = typeof value === "string" ? value : JSON.stringify(value);
    const text = Buffer.from(json);
    const spaces = Buffer.alloc((4 - (text.length % 4)) % 4, 0x20);
    return this.block(type, this.#words(enterprise), text, spaces);
  }

  block(type: number, ...parts: readonly Buffer[]): this {
    const body = Buffer.concat(parts);
    const total = 12 + body.length;
    this.#blocks.push(this.#words(type, total), body, this.#words(total));
    return this;
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#blocks);
  }

  word(value: number): Buffer {
    return this.#words(value);
  }

  #options(options: readonly (readonly [number, Buffer])[]): Buffer {
    if (options.length === 0) return Buffer.alloc(0);
    const parts = options.flatMap(([code, value]) => [this.#halves(code, value.length), pad(value)]);
    return Buffer.concat([...parts, Buffer.alloc(4)]);
  }

  #words(...values: number[]): Buffer {
    const block = Buffer.alloc(values.length * 4);
    values.forEach((value, index) =>
      this.#isLittle ? block.writeUInt32LE(value >>> 0, index * 4) : block.writeUInt32BE(value >>> 0, index * 4),
    );
    return block;
  }

  #halves(...values: number[]): Buffer {
    const block = Buffer.alloc(values.length * 2);
    values.forEach((value, index) =>
      this.#isLittle ? block.writeUInt16LE(value, index * 2) : block.writeUInt16BE(value, index * 2),
    );
    return block;
  }
}

function pad(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** Segments of a conversation in order: SYN both ways, then what is said. */
export class Talk {
  readonly segments: Segment[] = [];
  readonly next: [number, number];
  readonly #ports: readonly [number, number];

  constructor(
    options: { starts?: readonly [number, number]; ports?: readonly [number, number]; hasSyn?: boolean } = {},
  ) {
    const { starts = [1000, 5000], ports = [CLIENT_PORT, SERVER_PORT], hasSyn = true } = options;
    this.next = [starts[0], starts[1]];
    this.#ports = ports;
    if (!hasSyn) return;
    this.add(0, SYN);
    this.add(1, SYN | ACK);
  }

  add(direction: Direction, flags: number, payload: Uint8Array = new Uint8Array(0)): this {
    const sequence = this.next[direction];
    const acknowledgement = this.next[direction === 0 ? 1 : 0];
    this.segments.push({ direction, sequence, acknowledgement, flags, payload, ports: this.#ports });
    const isCounted = (flags & (SYN | FIN)) !== 0 ? 1 : 0;
    this.next[direction] = (sequence + payload.length + isCounted) >>> 0;
    return this;
  }

  say(direction: Direction, ...parts: readonly Uint8Array[]): this {
    for (const part of parts) this.add(direction, ACK, part);
    return this;
  }

  /** Octets that are sent and never captured. */
  lose(direction: Direction, octets: number): this {
    this.next[direction] = (this.next[direction] + octets) >>> 0;
    return this;
  }

  close(): this {
    return this.add(0, FIN | ACK)
      .add(1, FIN | ACK)
      .add(0, ACK);
  }

  packets(wrap: (segment: Segment) => Buffer = (segment) => ipv4(segment)): Packet[] {
    return this.segments.map((segment, index) => ({ bytes: wrap(segment), ns: index * 1000 }));
  }
}

export type Opened = {
  readonly file: FileCapture;
  readonly capture: Capture;
  readonly summary: FileSummary;
  readonly marks: [number, object][];
};

/** Reads a capture file that is in memory, in parts of `partBytes`. */
export function openBytes(bytes: Uint8Array, partBytes = bytes.length, anchorNs = START_NS): Opened {
  const clock = new PacketClock(anchorNs);
  const capture = new Capture({ maxBytes: 0, clock });
  const marks: [number, object][] = [];
  const file = new FileCapture({ capture, clock, onMark: (n, mark) => void marks.push([n, mark]) });
  for (let at = 0; at < bytes.length; at += partBytes) file.push(bytes.subarray(at, at + partBytes));
  file.finish();
  return { file, capture, summary: file.summary, marks };
}

/** Each kept row in one line: `client: frame|frame`, `[event words]`. */
export function rowLines(capture: Capture): string[] {
  const lines: string[] = [];
  for (let n = capture.firstN; n <= capture.lastN; n++) {
    const row = capture.row(n)!;
    const who = row.direction === null ? "" : row.direction === 0 ? "client: " : "server: ";
    if (row.kind === "message")
      lines.push(
        who +
          readAll(capture, n)
            .map((frame) => frame.toString("latin1"))
            .join("|"),
      );
    else if (row.kind === "encrypted") lines.push(`${who}<${row.sizeBytes}>`);
    else {
      const isBad = row.detail !== null && isProblem(row.event!, row.detail);
      lines.push(`${who}[${row.event!}${isBad ? "!" : ""}]`);
    }
  }
  return lines;
}
