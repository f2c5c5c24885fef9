import {
  BYTE_ORDER_MAGIC,
  CUSTOM,
  ENHANCED_PACKET,
  ENTERPRISE_NUMBER,
  INTERFACE_DESCRIPTION,
  OPTION_COMMENT,
  OPTION_IF_TSRESOL,
  padded,
  SECTION_HEADER,
} from "../capture/pcapng.ts";
import { type BlockReader, type FileProblem, MAX_PACKET_BYTES, NO_COMMENTS, type PacketSink } from "./packetSink.ts";

// Block types and options of draft-ietf-opsawg-pcapng that we do not write ourselves.
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const CUSTOM_NOT_COPIED = 0x40000bad;
const OPTION_IF_TSOFFSET = 14;

const TWO_TO_32 = 4_294_967_296;
/** Octets before the packet's own in an enhanced and in an obsolete packet block. */
const PACKET_AT = 28;
const BLOCK_OVERHEAD = 12;
/** Longer blocks are passed over without being held. */
const MAX_BLOCK_BYTES = MAX_PACKET_BYTES + 128 * 1024;
const MAX_INTERFACES = 65_536;
const MAX_COMMENTS = 16;
/** Powers of ten and two beyond these are no clock's resolution. */
const MAX_DECIMAL_EXPONENT = 20;
const MAX_BINARY_EXPONENT = 63;

type Interface = {
  readonly linkType: number;
  readonly snapLength: number;
  readonly nsPerUnit: number;
  /** The anchor in the interface's units as two words, and what is left of it in nanoseconds. */
  readonly anchorHigh: number;
  readonly anchorLow: number;
  readonly restNs: number;
};

/**
 * Reads pcapng: any number of sections in either byte order, every resolution of time, enhanced, simple and obsolete
 * packets, and our own custom blocks. Other blocks are passed over.
 */
export class PcapngReader implements BlockReader {
  readonly format = "pcapng";
  problem: FileProblem | null = null;
  oversized = 0;
  readonly #sink: PacketSink;
  readonly #anchorNs: bigint;
  #isLittle = true;
  #interfaces: Interface[] = [];
  /** Of the packet read last, since simple packets have no time of their own. */
  #timeNs = 0;

  /** `anchorNs` are nanoseconds since 1970, which times are told from. */
  constructor(sink: PacketSink, anchorNs: bigint) {
    this.#sink = sink;
    this.#anchorNs = anchorNs;
  }

  read(bytes: Buffer, from: number, to: number, offset: number): number {
    let at = from;
    while (to - at >= BLOCK_OVERHEAD && this.problem === null) {
      const isSection = bytes.readUInt32LE(at) === SECTION_HEADER;
      if (isSection && !this.#takeByteOrder(bytes, at)) {
        this.#fail("A section begins without its byte-order mark", offset + at - from);
        break;
      }
      const total = this.#word(bytes, at + 4);
      if (total < BLOCK_OVERHEAD || total % 4 !== 0) {
        this.#fail(`A block declares ${total} octets, which no block can have`, offset + at - from);
        break;
      }
      if (total > MAX_BLOCK_BYTES) {
        const type = this.#word(bytes, at);
        if (type === ENHANCED_PACKET || type === SIMPLE_PACKET || type === OBSOLETE_PACKET) this.oversized++;
        if (isSection) this.#interfaces = [];
        at += total;
        continue;
      }
      if (at + total > to) break;
      if (this.#word(bytes, at + total - 4) !== total) {
        this.#fail("The two lengths of a block differ", offset + at - from);
        break;
      }
      this.#readBlock(bytes, at, at + total - 4, offset + at - from);
      at += total;
    }
    return at;
  }

  #takeByteOrder(bytes: Buffer, at: number): boolean {
    if (bytes.readUInt32LE(at + 8) === BYTE_ORDER_MAGIC) this.#isLittle = true;
    else if (bytes.readUInt32BE(at + 8) === BYTE_ORDER_MAGIC) this.#isLittle = false;
    else return false;
    return true;
  }

  #readBlock(bytes: Buffer, at: number, end: number, offset: number): void {
    switch (this.#word(bytes, at)) {
      case SECTION_HEADER:
        this.#interfaces = [];
        return;
      case INTERFACE_DESCRIPTION:
        this.#readInterface(bytes, at, end, offset);
        return;
      case ENHANCED_PACKET:
        if (end - at >= PACKET_AT) this.#readPacket(bytes, at, end, this.#word(bytes, at + 8), offset);
        return;
      case OBSOLETE_PACKET:
        if (end - at >= PACKET_AT) this.#readPacket(bytes, at, end, this.#half(bytes, at + 8), offset);
        return;
      case SIMPLE_PACKET:
        if (end - at >= 12) this.#readSimple(bytes, at, end, offset);
        return;
      case CUSTOM:
      case CUSTOM_NOT_COPIED:
        if (end - at >= 12 && this.#word(bytes, at + 8) === ENTERPRISE_NUMBER)
          this.#sink.custom(bytes.toString("utf8", at + 12, end));
        return;
      default:
    }
  }

  #readInterface(bytes: Buffer, at: number, end: number, offset: number): void {
    if (end - at < 16 || this.#interfaces.length === MAX_INTERFACES) {
      this.#fail("An interface cannot be read", offset);
      return;
    }
    let resolution = 6;
    let offsetSeconds = 0n;
    for (let option = at + 16; option + 4 <= end;) {
      const code = this.#half(bytes, option);
      const length = this.#half(bytes, option + 2);
      const value = option + 4;
      if (code === 0 || value + length > end) break;
      if (code === OPTION_IF_TSRESOL && length >= 1) resolution = bytes[value]!;
      if (code === OPTION_IF_TSOFFSET && length >= 8)
        offsetSeconds = this.#isLittle ? bytes.readBigInt64LE(value) : bytes.readBigInt64BE(value);
      option = value + padded(length);
    }
    this.#interfaces.push(
      newInterface(
        this.#half(bytes, at + 8),
        this.#word(bytes, at + 12),
        resolution,
        this.#anchorNs - offsetSeconds * 1_000_000_000n,
      ),
    );
  }

  #readPacket(bytes: Buffer, at: number, end: number, interfaceId: number, offset: number): void {
    const face = this.#interfaces[interfaceId];
    if (face === undefined) {
      this.#fail(`A packet names interface ${interfaceId}, which the section does not describe`, offset);
      return;
    }
    const captured = this.#word(bytes, at + 20);
    if (captured > end - at - PACKET_AT) {
      this.#fail("A packet is longer than its block", offset);
      return;
    }
    const units =
      (this.#word(bytes, at + 12) - face.anchorHigh) * TWO_TO_32 + (this.#word(bytes, at + 16) - face.anchorLow);
    this.#timeNs = Math.round(units * face.nsPerUnit - face.restNs);
    const to = at + PACKET_AT + captured;
    const options = at + PACKET_AT + padded(captured);
    const comments = end - options < 4 ? NO_COMMENTS : this.#comments(bytes, options, end);
    const original = this.#word(bytes, at + 24);
    this.#sink.packet(bytes, at + PACKET_AT, to, original, face.linkType, this.#timeNs, comments);
  }

  #readSimple(bytes: Buffer, at: number, end: number, offset: number): void {
    const face = this.#interfaces[0];
    if (face === undefined) {
      this.#fail("A packet has no interface", offset);
      return;
    }
    const original = this.#word(bytes, at + 8);
    const snapped = face.snapLength === 0 ? original : Math.min(original, face.snapLength);
    const to = Math.min(end, at + 12 + snapped);
    this.#sink.packet(bytes, at + 12, to, original, face.linkType, this.#timeNs, NO_COMMENTS);
  }

  /** Allocates only where there are comments. */
  #comments(bytes: Buffer, from: number, end: number): readonly string[] {
    let comments = NO_COMMENTS as string[];
    for (let option = from; option + 4 <= end;) {
      const code = this.#half(bytes, option);
      const length = this.#half(bytes, option + 2);
      const value = option + 4;
      if (code === 0 || value + length > end) break;
      if (code === OPTION_COMMENT && comments.length < MAX_COMMENTS) {
        if (comments.length === 0) comments = [];
        comments.push(bytes.toString("utf8", value, value + length));
      }
      option = value + padded(length);
    }
    return comments;
  }

  #fail(what: string, offset: number): void {
    this.problem ??= { message: `${what}, so the file is damaged here; all before was read.`, offset };
  }

  #word(bytes: Buffer, at: number): number {
    return this.#isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }

  #half(bytes: Buffer, at: number): number {
    return this.#isLittle ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  }
}

/** `resolution` is if_tsresol: a negative power of ten, or of two where the highest bit is set. */
function newInterface(linkType: number, snapLength: number, resolution: number, anchorNs: bigint): Interface {
  const exponent = resolution & 0x7f;
  const unitsPerSecond =
    (resolution & 0x80) === 0
      ? 10n ** BigInt(Math.min(exponent, MAX_DECIMAL_EXPONENT))
      : 1n << BigInt(Math.min(exponent, MAX_BINARY_EXPONENT));
  const anchor = floorDivide(anchorNs * unitsPerSecond, 1_000_000_000n);
  const restNs = anchorNs - floorDivide(anchor * 1_000_000_000n, unitsPerSecond);
  const high = anchor >> 32n;
  return {
    linkType,
    snapLength,
    nsPerUnit: 1e9 / Number(unitsPerSecond),
    anchorHigh: Number(high),
    anchorLow: Number(anchor - (high << 32n)),
    restNs: Number(restNs),
  };
}

function floorDivide(value: bigint, by: bigint): bigint {
  const quotient = value / by;
  return value < 0n && quotient * by !== value ? quotient - 1n : quotient;
}
