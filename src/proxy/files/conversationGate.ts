import type { Direction } from "../../shared/model.ts";
import { type FileLink, type HeldBytes, type Piece, PIECE_BYTES } from "./fileLink.ts";
import { countOldFrames, isOtherProtocol, judgeFirstOctets, SIGNATURE_OCTETS } from "./firstOctets.ts";
import { findFrame, FIRST_SEARCH_BYTES, MAX_SEARCH_BYTES } from "./messageStart.ts";
import type { PacketNote, StreamEnd, StreamSink, TcpConversation } from "./tcpStreams.ts";

/** Octets of a side that is no ZeroMQ peer after which the other side is not waited for any longer. */
const MAX_ALIEN_BYTES = 4096;
/** Frames of ZMTP 1.0, which has no signature, that both sides together must show. */
const MIN_OLD_FRAMES = 3;

type Held = Piece & { readonly direction: Direction };

/**
 * Holds the first octets of a TCP conversation until it is clear whether it is ZeroMQ's, then hands all to its link or
 * drops it. A conversation whose start is not in the file is ZeroMQ's when a run of frames is found in it.
 */
export class ConversationGate implements StreamSink {
  readonly #conversation: TcpConversation;
  readonly #held: HeldBytes;
  readonly #openLink: (timeNs: number) => FileLink;
  readonly #pieces: Held[] = [];
  readonly #bytes: [number, number] = [0, 0];
  #total = 0;
  #searchAt = FIRST_SEARCH_BYTES;

  /** `openLink` is asked once it is ZeroMQ's. */
  constructor(conversation: TcpConversation, options: { held: HeldBytes; openLink: (timeNs: number) => FileLink }) {
    this.#conversation = conversation;
    this.#held = options.held;
    this.#openLink = options.openLink;
  }

  octets(direction: Direction, bytes: Buffer, from: number, to: number, timeNs: number, note: PacketNote | null): void {
    this.#pieces.push({ direction, bytes: Buffer.from(bytes.subarray(from, to)), timeNs, note });
    this.#bytes[direction] += to - from;
    this.#total += to - from + PIECE_BYTES;
    this.#held.bytes += to - from + PIECE_BYTES;
    this.#decide(this.#held.bytes > this.#held.maxBytes || this.#total > MAX_SEARCH_BYTES);
  }

  hole(direction: Direction, octets: number, timeNs: number): void {
    this.#decide(true);
    this.#conversation.sink?.hole(direction, octets, timeNs);
  }

  ended(end: StreamEnd, timeNs: number): void {
    const link = this.#decide(true);
    link?.ended(end, timeNs);
  }

  /** `isLast`: no more can be waited for. Returns the link, where there is one now. */
  #decide(isLast: boolean): FileLink | null {
    const kinds = [
      judgeFirstOctets(this.#octetsOf(0, SIGNATURE_OCTETS)),
      judgeFirstOctets(this.#octetsOf(1, SIGNATURE_OCTETS)),
    ] as const;
    const hasStart = [this.#conversation.hasStart(0), this.#conversation.hasStart(1)] as const;
    if (kinds.includes("zmtp")) {
      // Whatever the other side says, it says it to a ZeroMQ peer.
      return this.#open([kinds[0] !== "zmtp" && !hasStart[0], kinds[1] !== "zmtp" && !hasStart[1]]);
    }
    if (!hasStart[0] && !hasStart[1]) return this.#decideFromMiddle(isLast);
    if (kinds[0] === "old" && kinds[1] === "old") {
      const counts = [countOldFrames(this.#octetsOf(0)), countOldFrames(this.#octetsOf(1))] as const;
      if (!counts.includes(-1)) {
        if (counts[0] + counts[1] >= MIN_OLD_FRAMES) return this.#open([false, false]);
        if (!isLast) return null;
      }
      return this.#drop();
    }
    const isAlien = kinds[0] === "alien" && kinds[1] === "alien";
    const isLong = this.#bytes[0] > MAX_ALIEN_BYTES || this.#bytes[1] > MAX_ALIEN_BYTES;
    return isAlien || isLong || isLast ? this.#drop() : null;
  }

  #decideFromMiddle(isLast: boolean): FileLink | null {
    if (this.#total < this.#searchAt && !isLast) return null;
    this.#searchAt *= 4;
    const firsts = [this.#octetsOf(0), this.#octetsOf(1)] as const;
    for (const direction of [0, 1] as const) {
      const starts: number[] = [];
      let at = 0;
      for (const piece of this.#pieces) {
        if (piece.direction !== direction) continue;
        starts.push(at);
        at += piece.bytes.length;
      }
      if (findFrame(firsts[direction], starts) >= 0) return this.#open([true, true]);
    }
    if (!isLast) return null;
    const isOther = firsts.every((octets) => octets.length === 0 || isOtherProtocol(octets));
    return isOther ? this.#drop() : this.#open([true, true]);
  }

  /** The octets of a direction that are held, at least the first `count` where there are so many. */
  #octetsOf(direction: Direction, count = Infinity): Buffer {
    const parts: Buffer[] = [];
    let length = 0;
    for (const piece of this.#pieces) {
      if (length >= count) break;
      if (piece.direction !== direction) continue;
      parts.push(piece.bytes);
      length += piece.bytes.length;
    }
    return Buffer.concat(parts);
  }

  #open(isStartMissing: readonly [boolean, boolean]): FileLink {
    const link = this.#openLink(this.#pieces[0]?.timeNs ?? 0);
    for (const direction of [0, 1] as const) if (isStartMissing[direction]) link.missStart(direction);
    this.#conversation.sink = link;
    this.#held.bytes -= this.#total;
    for (const { direction, bytes, timeNs, note } of this.#pieces) {
      link.octets(direction, bytes, 0, bytes.length, timeNs, note);
    }
    this.#pieces.length = 0;
    return link;
  }

  #drop(): null {
    this.#held.bytes -= this.#total;
    this.#pieces.length = 0;
    this.#conversation.sink = null;
    return null;
  }
}
