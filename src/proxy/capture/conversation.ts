import type { Direction } from "../../shared/model.ts";
import { packetEnds } from "./addresses.ts";
import { cutUtf8, ENHANCED_PACKET, OPTION_COMMENT, padded, writeOption } from "./pcapng.ts";
import type { OriginCode } from "./rowRecord.ts";

/** Payload octets of one packet: an IPv4 packet has at most 65,535, of which 40 are headers. */
export const MAX_PACKET_PAYLOAD = 65_495;

const OPTION_EPB_FLAGS = 2;
const TCP_FIN = 0x01;
const TCP_SYN = 0x02;
const TCP_PSH = 0x08;
const TCP_ACK = 0x10;
const TWO_TO_32 = 4_294_967_296;
const EPB_HEADER_WORDS = 7;
const MAX_COMMENT_BYTES = 1024;
/** Longer copies are quicker with TypedArray.set, shorter ones in a loop (measured: about equal at this length). */
const LOOP_COPY_BYTES = 48;

const WIRE_OPTIONS = new Uint32Array(0);
const COMMENT_OPTIONS = [
  WIRE_OPTIONS,
  comment("origin: replay"),
  comment("origin: call"),
  comment("origin: bridge"),
  comment("origin: watch"),
] as const;

/** Most octets a packet takes in a slab besides its payload. */
export const PACKET_OVERHEAD = EPB_HEADER_WORDS * 4 + 60 + 3 + 8 + 24 + 4 + 4;
/** Most octets of writeOpen(), SYN with its comment and SYN-ACK; or of writeClose(), FIN, FIN, ACK. */
export const OPEN_BYTES = 3 * PACKET_OVERHEAD + 4 + MAX_COMMENT_BYTES;

/** Memory being written to; both are views of the same bytes. */
export type Slab = { readonly bytes: Buffer; readonly words: Uint32Array };

/** Memory of undefined contents; `bytes` is rounded up to whole words. */
export function newSlab(bytes: number): Slab {
  const slab = Buffer.allocUnsafeSlow(padded(bytes));
  return { bytes: slab, words: new Uint32Array(slab.buffer) };
}

/**
 * The synthetic TCP conversation of a link: Enhanced Packet Blocks with running sequence numbers, written straight into a
 * slab. Little-endian hosts only, which all supported platforms are. Writing a packet makes no object.
 */
export class Conversation {
  /** What the addresses cannot say, for the comment on the first packet. */
  readonly note: string;
  /** As it stands in the packets. */
  readonly clientPort: number;
  /** Header words per direction; interface, times, lengths, sequence and acknowledgement are patched in. */
  readonly #headers: readonly [Uint32Array, Uint32Array];
  /** Sequence number of the next octet of each direction. */
  readonly #next: Uint32Array;
  readonly #isIPv6: boolean;
  /** Of the IPv4 header without its length, per direction the same. */
  readonly #headerSum: number;
  #interfaceId = 0;

  /** `clientPort` stands in for the client's own, for a conversation that goes on behind a gap. */
  constructor(client: string, server: string, link: number, clientPort?: number) {
    const ends = packetEnds(client, server, link, clientPort);
    this.clientPort = ends[0].port;
    const goesOn = clientPort === undefined ? "" : ", goes on behind a gap";
    this.note =
      goesOn !== "" || ends.some((end) => end.note !== "") ? `client ${client}, server ${server}${goesOn}` : "";
    this.#isIPv6 = ends[0].octets.length === 16;
    this.#headers = [headerWords(ends[0], ends[1]), headerWords(ends[1], ends[0])];
    this.#headerSum = this.#isIPv6 ? 0 : ipv4Sum(this.#headers[0]);
    this.#next = crypto.getRandomValues(new Uint32Array(2));
  }

  /** The interface of the section that is written next. */
  useInterface(id: number): void {
    this.#interfaceId = id;
  }

  /** Sequence number of the next octet: what a reader needs to place this direction in the stream. */
  nextSequence(direction: Direction): number {
    return this.#next[direction]!;
  }

  /** Where the payload of the next packet begins, relative to the packet's block. */
  get payloadAt(): number {
    return EPB_HEADER_WORDS * 4 + (this.#isIPv6 ? 60 : 40);
  }

  /**
   * Writes octets `from` to `to` of `bytes` as one packet at `at`, a multiple of four; returns the end of its block.
   * The caller has made sure of room: PACKET_OVERHEAD and the payload, and the octets of `comments` if it gives them, which
   * then stand for the origin's own.
   */
  writeData(
    slab: Slab,
    at: number,
    direction: Direction,
    timeHigh: number,
    timeLow: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    origin: OriginCode,
    comments: Uint32Array = COMMENT_OPTIONS[origin],
  ): number {
    const length = to - from;
    const end = this.#writePacket(slab, at, direction, timeHigh, timeLow, TCP_PSH | TCP_ACK, length, comments);
    const target = slab.bytes;
    const start = at + this.payloadAt;
    if (length <= LOOP_COPY_BYTES) {
      for (let index = 0; index < length; index++) target[start + index] = bytes[from + index]!;
    } else if (length === bytes.length) {
      target.set(bytes, start);
    } else {
      target.set(bytes.subarray(from, to), start);
    }
    this.#next[direction]! += length;
    return end;
  }

  /** SYN and SYN-ACK, the first with the note as its comment. */
  writeOpen(slab: Slab, at: number, timeHigh: number, timeLow: number): number {
    const options = this.note === "" ? WIRE_OPTIONS : comment(this.note);
    let end = this.#writePacket(slab, at, 0, timeHigh, timeLow, TCP_SYN, 0, options);
    this.#next[0]! += 1;
    end = this.#writePacket(slab, end, 1, timeHigh, timeLow, TCP_SYN | TCP_ACK, 0, WIRE_OPTIONS);
    this.#next[1]! += 1;
    return end;
  }

  /** FIN both ways. */
  writeClose(slab: Slab, at: number, timeHigh: number, timeLow: number): number {
    let end = this.#writePacket(slab, at, 0, timeHigh, timeLow, TCP_FIN | TCP_ACK, 0, WIRE_OPTIONS);
    this.#next[0]! += 1;
    end = this.#writePacket(slab, end, 1, timeHigh, timeLow, TCP_FIN | TCP_ACK, 0, WIRE_OPTIONS);
    this.#next[1]! += 1;
    return this.#writePacket(slab, end, 0, timeHigh, timeLow, TCP_ACK, 0, WIRE_OPTIONS);
  }

  #writePacket(
    slab: Slab,
    at: number,
    direction: Direction,
    timeHigh: number,
    timeLow: number,
    tcpFlags: number,
    length: number,
    options: Uint32Array,
  ): number {
    const words = slab.words;
    const header = direction === 0 ? this.#headers[0] : this.#headers[1];
    const headerLength = header.length;
    const block = at >> 2;
    for (let index = 0; index < headerLength; index++) words[block + index] = header[index]!;
    const packetBytes = (headerLength - EPB_HEADER_WORDS) * 4 + length;
    const payloadWords = (length + 3) >> 2;
    const optionsAt = block + headerLength + payloadWords;
    // The last payload word is zeroed first, since slabs are reused and padding must not show old octets.
    if (payloadWords > 0) words[optionsAt - 1] = 0;
    words[optionsAt] = OPTION_EPB_FLAGS | (4 << 16);
    words[optionsAt + 1] = direction + 1;
    let last = optionsAt + 2;
    if (options.length > 0) for (const word of options) words[last++] = word;
    words[last++] = 0;
    const total = (last + 1 - block) << 2;
    words[last] = total;
    words[block + 1] = total;
    words[block + 2] = this.#interfaceId;
    words[block + 3] = timeHigh;
    words[block + 4] = timeLow;
    words[block + 5] = packetBytes;
    words[block + 6] = packetBytes;
    const tcp = block + headerLength - 5;
    if (this.#isIPv6) {
      words[block + EPB_HEADER_WORDS + 1] = swap(((packetBytes - 40) << 16) | 0x0640);
    } else {
      words[block + EPB_HEADER_WORDS] = swap((0x4500 << 16) | packetBytes);
      let sum = this.#headerSum + packetBytes;
      sum = (sum & 0xffff) + (sum >>> 16);
      sum = (sum & 0xffff) + (sum >>> 16);
      words[block + EPB_HEADER_WORDS + 2] = swap((0x4006 << 16) | (~sum & 0xffff));
    }
    const next = this.#next;
    words[tcp + 1] = swap(next[direction]!);
    words[tcp + 2] = (tcpFlags & TCP_ACK) === 0 ? 0 : swap(next[1 - direction]!);
    words[tcp + 3] = 0xff_ff_00_50 | (tcpFlags << 8);
    return (last + 1) << 2;
  }
}

/** Comments of a packet: its origin's, and `text`, which is cut where `limit` octets end. */
export function packetComments(origin: OriginCode, text: string, limit: number): Uint32Array {
  const own = COMMENT_OPTIONS[origin];
  const said = comment(text, limit);
  const both = new Uint32Array(own.length + said.length);
  both.set(own);
  both.set(said, own.length);
  return both;
}

/** Splits nanoseconds since 1970 into the two words of a pcapng time, without BigInt. */
export class PacketTime {
  high = 0;
  low = 0;
  readonly #anchorHigh: number;
  readonly #anchorLow: number;

  constructor(anchorNs: bigint) {
    this.#anchorHigh = Number(anchorNs >> 32n);
    this.#anchorLow = Number(anchorNs & 0xffffffffn);
  }

  set(sinceAnchorNs: number): void {
    let high = Math.floor(sinceAnchorNs / TWO_TO_32);
    let low = sinceAnchorNs - high * TWO_TO_32 + this.#anchorLow;
    if (low >= TWO_TO_32) {
      low -= TWO_TO_32;
      high++;
    }
    this.high = high + this.#anchorHigh;
    this.low = low;
  }
}

function headerWords(
  source: { octets: Uint8Array; port: number },
  target: { octets: Uint8Array; port: number },
): Uint32Array {
  const isIPv6 = source.octets.length === 16;
  const header = Buffer.alloc(EPB_HEADER_WORDS * 4 + (isIPv6 ? 60 : 40));
  header.writeUInt32LE(ENHANCED_PACKET, 0);
  const ip = EPB_HEADER_WORDS * 4;
  header[ip] = isIPv6 ? 0x60 : 0x45;
  if (!isIPv6) {
    header.writeUInt16BE(0x4000, ip + 6); // do not fragment
    header.writeUInt16BE(0x4006, ip + 8);
  }
  const addresses = ip + (isIPv6 ? 8 : 12);
  header.set(source.octets, addresses);
  header.set(target.octets, addresses + source.octets.length);
  const tcp = addresses + 2 * source.octets.length;
  header.writeUInt16BE(source.port, tcp);
  header.writeUInt16BE(target.port, tcp + 2);
  return new Uint32Array(header.buffer.slice(header.byteOffset, header.byteOffset + header.length));
}

/** One's complement sum of an IPv4 header whose length field is still zero. */
function ipv4Sum(words: Uint32Array): number {
  const header = Buffer.from(words.buffer, EPB_HEADER_WORDS * 4, 20);
  let sum = 0;
  for (let at = 0; at < 20; at += 2) sum += header.readUInt16BE(at);
  return sum;
}

function comment(text: string, limit = MAX_COMMENT_BYTES): Uint32Array {
  const bytes = cutUtf8(text, limit);
  const option = Buffer.alloc(4 + padded(bytes.length));
  writeOption(option, 0, OPTION_COMMENT, bytes);
  return new Uint32Array(option.buffer.slice(option.byteOffset, option.byteOffset + option.length));
}

function swap(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
