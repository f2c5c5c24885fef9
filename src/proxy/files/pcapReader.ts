import { type BlockReader, type FileProblem, MAX_PACKET_BYTES, NO_COMMENTS, type PacketSink } from "./packetSink.ts";

/** Octets of the header of a file, and of each packet. */
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const MICROSECONDS = 0xa1b2c3d4;
const NANOSECONDS = 0xa1b23c4d;
const NS_PER_SECOND = 1_000_000_000;
/** A length above this is no packet but a damaged file. */
const MAX_RECORD_BYTES = 256 * 1024 * 1024;

/** Whether a file that begins with this word is classic pcap, read in either byte order. */
export function isPcap(first: Buffer): boolean {
  return pcapKind(first) !== null;
}

function pcapKind(first: Buffer): { isLittle: boolean; nsPerUnit: number } | null {
  for (const isLittle of [true, false]) {
    const magic = isLittle ? first.readUInt32LE(0) : first.readUInt32BE(0);
    if (magic === MICROSECONDS) return { isLittle, nsPerUnit: 1000 };
    if (magic === NANOSECONDS) return { isLittle, nsPerUnit: 1 };
  }
  return null;
}

/** Reads classic pcap files in both byte orders, with microseconds or nanoseconds. */
export class PcapReader implements BlockReader {
  readonly format = "pcap";
  problem: FileProblem | null = null;
  oversized = 0;
  readonly #sink: PacketSink;
  readonly #anchorSeconds: number;
  readonly #anchorRestNs: number;
  #isLittle = true;
  #nsPerUnit = 0;
  #linkType = -1;

  /** `anchorNs` are nanoseconds since 1970, which times are told from. */
  constructor(sink: PacketSink, anchorNs: bigint) {
    this.#sink = sink;
    this.#anchorSeconds = Number(anchorNs / 1_000_000_000n);
    this.#anchorRestNs = Number(anchorNs % 1_000_000_000n);
  }

  read(bytes: Buffer, from: number, to: number, offset: number): number {
    let at = from;
    if (this.#linkType < 0) {
      if (to - at < FILE_HEADER) return at;
      const kind = pcapKind(bytes.subarray(at, at + 4))!;
      this.#isLittle = kind.isLittle;
      this.#nsPerUnit = kind.nsPerUnit;
      // The upper bits say whether frames end with a checksum, which the lengths inside them leave out.
      this.#linkType = this.#word(bytes, at + 20) & 0xffff;
      at += FILE_HEADER;
    }
    while (to - at >= RECORD_HEADER) {
      const captured = this.#word(bytes, at + 8);
      if (captured > MAX_RECORD_BYTES) {
        this.problem = {
          message: `A packet declares ${captured} octets, so the file is damaged here; all before was read.`,
          offset: offset + at - from,
        };
        return at;
      }
      const body = at + RECORD_HEADER;
      if (captured > MAX_PACKET_BYTES) {
        this.oversized++;
        at = body + captured;
        continue;
      }
      if (body + captured > to) break;
      const original = this.#word(bytes, at + 12);
      const seconds = this.#word(bytes, at) - this.#anchorSeconds;
      const timeNs = seconds * NS_PER_SECOND + this.#word(bytes, at + 4) * this.#nsPerUnit - this.#anchorRestNs;
      this.#sink.packet(bytes, body, body + captured, original, this.#linkType, timeNs, NO_COMMENTS);
      at = body + captured;
    }
    return at;
  }

  #word(bytes: Buffer, at: number): number {
    return this.#isLittle ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  }
}
