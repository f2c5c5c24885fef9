import { SECTION_HEADER } from "../capture/pcapng.ts";
import { type BlockReader, type FileProblem, MAX_PACKET_BYTES, type PacketSink } from "./packetSink.ts";
import { isPcap, PcapReader } from "./pcapReader.ts";
import { PcapngReader } from "./pcapngReader.ts";

/** Octets that are asked of a file at once. */
const READ_BYTES = 1024 * 1024;
/** The longest block that is held, and a read behind it. */
const WINDOW_BYTES = MAX_PACKET_BYTES + 256 * 1024 + READ_BYTES;

/**
 * The part of a capture file that is being read: octets come in at the end, blocks are read from the front. Holds one
 * window of fixed size, whatever the file says of its lengths.
 */
export class BlockWindow {
  readonly #sink: PacketSink;
  readonly #anchorNs: bigint;
  #bytes = Buffer.allocUnsafeSlow(2 * READ_BYTES);
  #from = 0;
  #to = 0;
  /** Octets still to come that are of no interest. */
  #skip = 0;
  /** Where `#from` stands in the file. */
  #offset = 0;
  #reader: BlockReader | null = null;
  #problem: FileProblem | null = null;

  /** Times are told from `anchorNs`, nanoseconds since 1970. */
  constructor(sink: PacketSink, anchorNs: bigint) {
    this.#sink = sink;
    this.#anchorNs = anchorNs;
  }

  get problem(): FileProblem | null {
    return this.#problem ?? this.#reader?.problem ?? null;
  }

  /** `null` until the first octets say. */
  get format(): "pcap" | "pcapng" | null {
    return this.#reader?.format ?? null;
  }

  get oversized(): number {
    return this.#reader?.oversized ?? 0;
  }

  /** Octets, at most `limit`, before the next ones that are of interest; a file can be read from behind them. */
  takeSkip(limit: number): number {
    const skip = Math.min(this.#skip, Math.max(0, limit));
    this.#skip -= skip;
    this.#offset += skip;
    return skip;
  }

  /** Where the next octets of the file go; tell with wrote() how many came. */
  borrowRoom(): Buffer {
    if (this.#bytes.length - this.#to < READ_BYTES) this.#makeRoom();
    return this.#bytes.subarray(this.#to, this.#to + READ_BYTES);
  }

  /** Reads on with `count` more octets. */
  wrote(count: number): void {
    this.#to += count;
    if (this.#reader === null && !this.#begin()) return;
    const reader = this.#reader!;
    if (reader.problem !== null) return;
    const stop = reader.read(this.#bytes, this.#from, this.#to, this.#offset);
    this.#offset += Math.min(stop, this.#to) - this.#from;
    this.#skip = Math.max(0, stop - this.#to);
    this.#from = Math.min(stop, this.#to);
  }

  /** For octets that are in memory already. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length && this.problem === null;) {
      at += this.takeSkip(bytes.length - at);
      const room = this.borrowRoom();
      const part = bytes.subarray(at, at + room.length);
      room.set(part);
      at += part.length;
      if (part.length > 0) this.wrote(part.length);
    }
  }

  /** The file ends here. */
  end(): void {
    if (this.problem !== null) return;
    if (this.#reader === null) {
      const isEmpty = this.#to === 0;
      this.#problem = {
        message: isEmpty
          ? "The file is empty, so there is no capture in it."
          : "The file is no capture: it begins neither as pcap nor as pcapng.",
        offset: 0,
      };
    } else if (this.#to > this.#from || this.#skip > 0) {
      this.#problem = {
        message: "The file ends in the middle of a packet or block, as after a crash; all before was read.",
        offset: this.#offset,
      };
    }
  }

  #begin(): boolean {
    if (this.#to < 4) return false;
    const first = this.#bytes.subarray(0, 4);
    if (isPcap(first)) this.#reader = new PcapReader(this.#sink, this.#anchorNs);
    else if (first.readUInt32LE(0) === SECTION_HEADER) this.#reader = new PcapngReader(this.#sink, this.#anchorNs);
    else {
      const isPacked = first[0] === 0x1f && first[1] === 0x8b;
      this.#problem = {
        message: isPacked
          ? "The file is compressed with gzip. Unpack it, then open the capture inside."
          : "The file is no capture: it begins neither as pcap nor as pcapng.",
        offset: 0,
      };
      return false;
    }
    return true;
  }

  #makeRoom(): void {
    const waiting = this.#to - this.#from;
    if (waiting + READ_BYTES > this.#bytes.length) {
      const grown = Buffer.allocUnsafeSlow(
        Math.min(WINDOW_BYTES, Math.max(this.#bytes.length * 2, waiting + READ_BYTES)),
      );
      this.#bytes.copy(grown, 0, this.#from, this.#to);
      this.#bytes = grown;
    } else {
      this.#bytes.copyWithin(0, this.#from, this.#to);
    }
    this.#from = 0;
    this.#to = waiting;
  }
}
