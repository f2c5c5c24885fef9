import type { Direction } from "../../shared/model.ts";
import type { PacketEnd } from "../capture/addresses.ts";
import { TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN, type TcpPacket } from "./tcpPacket.ts";
import type { OriginCode } from "../capture/rowRecord.ts";

/** What is held of one direction while a hole before it may still be filled. */
const MAX_WAITING_BYTES = 1024 * 1024;
const MAX_WAITING_SEGMENTS = 1024;
/** The same over all conversations. */
const MAX_ALL_WAITING_BYTES = 64 * 1024 * 1024;
/** What a held segment costs besides its octets. An estimate. */
const SEGMENT_BYTES = 128;
/** Conversations that are remembered; the oldest are let go. */
const MAX_CONVERSATIONS = 16_384;
/** A hole is not filled any more once its receiver has acknowledged octets behind it in this many packets. */
const ACKNOWLEDGED_BEHIND = 16;

/** How a conversation ended: `null` for who did not say. */
export type StreamEnd = {
  readonly by: Direction | null;
  readonly reset: boolean;
  /** Its end was not seen: the file ends before, its ports were used again, or there were too many. */
  readonly isCut: boolean;
};

/** What the comments on a packet say; `null` for nothing. */
export type PacketNote = {
  readonly origin: OriginCode;
  readonly mark: { readonly pinned: boolean; readonly note: string } | null;
};

/** What a conversation's octets are given to. */
export type StreamSink = {
  /** The next octets of a direction, valid during the call only. `note` belongs to the packet that they begin. */
  octets(direction: Direction, bytes: Buffer, from: number, to: number, timeNs: number, note: PacketNote | null): void;
  /** So many octets are not in the file. */
  hole(direction: Direction, octets: number, timeNs: number): void;
  ended(end: StreamEnd, timeNs: number): void;
};

type Waiting = {
  readonly sequence: number;
  readonly bytes: Buffer;
  readonly timeNs: number;
  readonly note: PacketNote | null;
};

/** One direction of a conversation. */
class Stream {
  /** Sequence number of the next octet; -1 while unknown. */
  next = -1;
  /** That of its first octet, once its SYN was seen. */
  start = -1;
  /** Behind the last octet; -1 while unknown. */
  end = -1;
  /** In order, without overlaps, all behind `next`. */
  readonly waiting: Waiting[] = [];
  waitingBytes = 0;
  acknowledgedBehind = 0;
}

/** One TCP conversation: two ends, of which 0 is the client as far as that is known. */
export class TcpConversation {
  #ends: readonly [PacketEnd, PacketEnd];
  /** The conversation's own sink; `null` drops its octets. */
  sink: StreamSink | null = null;
  readonly streams: readonly [Stream, Stream] = [new Stream(), new Stream()];
  /** Next one with the same hash. */
  following: TcpConversation | null = null;
  readonly hash: number;
  hasPayload = false;
  isOver = false;
  #firstEnd: Direction | null = null;

  constructor(ends: readonly [PacketEnd, PacketEnd], hash: number) {
    this.#ends = ends;
    this.hash = hash;
  }

  get ends(): readonly [PacketEnd, PacketEnd] {
    return this.#ends;
  }

  /** The other end is the client. Only before any octets came. */
  reverse(): void {
    this.#ends = [this.#ends[1], this.#ends[0]];
  }

  /** Whether the first octet of a direction is in the file. */
  hasStart(direction: Direction): boolean {
    return this.streams[direction].start >= 0;
  }

  /** Notes who sent FIN first. */
  finishedBy(direction: Direction): void {
    this.#firstEnd ??= direction;
  }

  get firstEnd(): Direction | null {
    return this.#firstEnd;
  }
}

/** What is told about conversations. */
export type StreamsOwner = {
  /** A new conversation, which may be reversed now; gives its sink. `hasSyn`: it begins here. */
  opened(conversation: TcpConversation, hasSyn: boolean, timeNs: number): StreamSink | null;
};

/**
 * Puts the TCP segments of a capture file in order: conversations, and their octets without duplicates. Waits for holes
 * to be filled within bounds, then says how much is missing. Of overlapping segments the one that came first wins.
 */
export class TcpStreams {
  readonly #owner: StreamsOwner;
  readonly #table = new Map<number, TcpConversation>();
  /** Oldest first. */
  readonly #conversations = new Set<TcpConversation>();
  #waitingBytes = 0;
  /** Conversations with payload so far. */
  count = 0;
  /** Octets that came again. */
  repeatedBytes = 0;

  constructor(owner: StreamsOwner) {
    this.#owner = owner;
  }

  /** Octets that wait for holes, in all. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** The newest conversation between two ends, in whichever order. */
  find(ends: readonly [PacketEnd, PacketEnd]): TcpConversation | undefined {
    for (let each = this.#table.get(hashEnds(ends)) ?? null; each !== null; each = each.following) {
      if (isSameEnd(each.ends[0], ends[0]) && isSameEnd(each.ends[1], ends[1])) return each;
      if (isSameEnd(each.ends[0], ends[1]) && isSameEnd(each.ends[1], ends[0])) return each;
    }
    return undefined;
  }

  /** Goes on at another sequence number; what waits is dropped. */
  expect(conversation: TcpConversation, direction: Direction, next: number): void {
    const stream = conversation.streams[direction];
    this.#waitingBytes -= stream.waitingBytes;
    stream.waitingBytes = 0;
    stream.waiting.length = 0;
    stream.next = next >>> 0;
  }

  /** Takes one segment in. `bytes` is what `packet` was read from. */
  segment(packet: TcpPacket, bytes: Buffer, timeNs: number, note: PacketNote | null): void {
    const { flags } = packet;
    const conversation = this.#conversationOf(packet, bytes, timeNs);
    if (conversation === null) return;
    const direction: Direction = isSource(packet, bytes, conversation.ends[0]) ? 0 : 1;
    const stream = conversation.streams[direction];
    if ((flags & TCP_SYN) !== 0 && stream.start < 0) {
      stream.start = (packet.sequence + 1) >>> 0;
      stream.next = stream.start;
    }
    if (packet.payloadBytes > 0 && !conversation.hasPayload) {
      conversation.hasPayload = true;
      this.count++;
    }
    if (conversation.sink === null && (flags & (TCP_FIN | TCP_RST)) === 0) return;
    const sequence = (flags & TCP_SYN) !== 0 ? (packet.sequence + 1) >>> 0 : packet.sequence;
    // Even a segment without octets says where a stream stands, unless it is one that only keeps the connection alive.
    if (stream.next < 0 && (packet.payloadBytes > 0 || (flags & TCP_FIN) !== 0)) stream.next = sequence;
    if (packet.payloadBytes > 0) this.#take(conversation, direction, packet, sequence, bytes, timeNs, note);
    if ((flags & TCP_FIN) !== 0 && stream.end < 0) {
      stream.end = (sequence + packet.payloadBytes) >>> 0;
      conversation.finishedBy(direction);
    }
    if ((flags & TCP_ACK) !== 0) this.#acknowledged(conversation, direction === 0 ? 1 : 0, packet, timeNs);
    if ((flags & TCP_RST) !== 0) this.#end(conversation, conversation.firstEnd ?? direction, true, false, timeNs);
    else this.#endWhenDone(conversation, timeNs);
  }

  /** The file ends here. */
  end(timeNs: number): void {
    for (const conversation of this.#conversations) {
      this.#end(conversation, conversation.firstEnd, false, conversation.firstEnd === null, timeNs);
    }
    this.#conversations.clear();
    this.#table.clear();
  }

  /** The conversation of a packet; `null` when it says nothing about any. */
  #conversationOf(packet: TcpPacket, bytes: Buffer, timeNs: number): TcpConversation | null {
    const hash = hashPacket(packet, bytes);
    let found: TcpConversation | null = this.#table.get(hash) ?? null;
    while (found !== null && !isOf(packet, bytes, found)) found = found.following;
    const { flags } = packet;
    if ((flags & TCP_SYN) !== 0 && (flags & TCP_RST) === 0) {
      if (found !== null && !this.#isNewStart(found, packet, bytes)) return found;
      if (found !== null) this.#forget(found, timeNs);
      return this.#add(endsOf(packet, bytes, (flags & TCP_ACK) === 0), true, timeNs);
    }
    if (found !== null) return found.isOver ? null : found;
    // A reset or a bare acknowledgement of what went before the file.
    if (packet.payloadBytes === 0) return null;
    const isFromClient = packet.sourcePort >= packet.targetPort;
    return this.#add(endsOf(packet, bytes, isFromClient), false, timeNs);
  }

  /** Whether a SYN begins another conversation than the one that has its ends, rather than being sent again. */
  #isNewStart(found: TcpConversation, packet: TcpPacket, bytes: Buffer): boolean {
    const stream = found.streams[isSource(packet, bytes, found.ends[0]) ? 0 : 1];
    return stream.start >= 0 ? stream.start !== (packet.sequence + 1) >>> 0 : found.isOver || stream.next >= 0;
  }

  #add(ends: readonly [PacketEnd, PacketEnd], hasSyn: boolean, timeNs: number): TcpConversation {
    if (this.#conversations.size >= MAX_CONVERSATIONS) this.#makeRoom(timeNs);
    const conversation = new TcpConversation(ends, hashEnds(ends));
    conversation.following = this.#table.get(conversation.hash) ?? null;
    this.#table.set(conversation.hash, conversation);
    this.#conversations.add(conversation);
    conversation.sink = this.#owner.opened(conversation, hasSyn, timeNs);
    return conversation;
  }

  /** Lets go of a sixteenth: those that are over, else the oldest. */
  #makeRoom(timeNs: number): void {
    let wanted = MAX_CONVERSATIONS >> 4;
    for (const each of this.#conversations) {
      if (wanted === 0) return;
      if (!each.isOver && each.sink !== null) continue;
      this.#forget(each, timeNs);
      wanted--;
    }
    for (const each of this.#conversations) {
      if (wanted-- === 0) return;
      this.#forget(each, timeNs);
    }
  }

  #forget(conversation: TcpConversation, timeNs: number): void {
    this.#end(conversation, conversation.firstEnd, false, conversation.firstEnd === null, timeNs);
    this.#conversations.delete(conversation);
    const first = this.#table.get(conversation.hash)!;
    if (first === conversation) {
      if (conversation.following === null) this.#table.delete(conversation.hash);
      else this.#table.set(conversation.hash, conversation.following);
      return;
    }
    for (let each = first; each.following !== null; each = each.following) {
      if (each.following !== conversation) continue;
      each.following = conversation.following;
      return;
    }
  }

  #take(
    conversation: TcpConversation,
    direction: Direction,
    packet: TcpPacket,
    sequence: number,
    bytes: Buffer,
    timeNs: number,
    note: PacketNote | null,
  ): void {
    const stream = conversation.streams[direction];
    const ahead = distance(stream.next, sequence);
    const captured = packet.payloadTo - packet.payloadFrom;
    if (ahead > 0) {
      this.#wait(conversation, direction, sequence, bytes.subarray(packet.payloadFrom, packet.payloadTo), timeNs, note);
      return;
    }
    const known = -ahead;
    if (known >= packet.payloadBytes) {
      this.repeatedBytes += packet.payloadBytes;
      return;
    }
    this.repeatedBytes += known;
    if (known < captured) {
      // What waits came before this, and wins where they overlap.
      const first = stream.waiting[0];
      const free = first === undefined ? captured : Math.min(captured, distance(sequence, first.sequence));
      stream.next = (sequence + free) >>> 0;
      stream.acknowledgedBehind = 0;
      conversation.sink?.octets(
        direction,
        bytes,
        packet.payloadFrom + known,
        packet.payloadFrom + free,
        timeNs,
        known === 0 ? note : null,
      );
      if (free < captured) {
        this.#drain(conversation, direction, timeNs);
        if (distance(stream.next, sequence + packet.payloadBytes) > 0)
          this.#take(conversation, direction, packet, sequence, bytes, timeNs, null);
        return;
      }
    }
    // The packet was cut when it was captured, and nobody sends the rest again.
    const missing = distance(stream.next, sequence + packet.payloadBytes);
    const first = stream.waiting[0];
    const reach = first === undefined ? missing : Math.min(missing, distance(stream.next, first.sequence));
    if (reach > 0) this.#hole(conversation, direction, reach, timeNs);
    this.#drain(conversation, direction, timeNs);
  }

  /** Keeps what of a segment nothing waits for yet. */
  #wait(
    conversation: TcpConversation,
    direction: Direction,
    sequence: number,
    bytes: Buffer,
    timeNs: number,
    note: PacketNote | null,
  ): void {
    const stream = conversation.streams[direction];
    const { waiting } = stream;
    let at = 0;
    let index = waiting.findLastIndex((each) => distance(each.sequence, sequence) >= 0) + 1;
    if (index > 0) {
      const before = waiting[index - 1]!;
      at = Math.max(0, distance(sequence, before.sequence + before.bytes.length));
    }
    while (at < bytes.length) {
      const after = waiting[index];
      const to = after === undefined ? bytes.length : Math.min(bytes.length, distance(sequence, after.sequence));
      if (to > at) {
        const part = Buffer.from(bytes.subarray(at, to));
        waiting.splice(index++, 0, {
          sequence: (sequence + at) >>> 0,
          bytes: part,
          timeNs,
          note: at === 0 ? note : null,
        });
        stream.waitingBytes += part.length + SEGMENT_BYTES;
        this.#waitingBytes += part.length + SEGMENT_BYTES;
      }
      if (after === undefined) break;
      at = Math.max(at, distance(sequence, after.sequence + after.bytes.length));
      index++;
    }
    while (
      stream.waitingBytes > MAX_WAITING_BYTES ||
      waiting.length > MAX_WAITING_SEGMENTS ||
      (this.#waitingBytes > MAX_ALL_WAITING_BYTES && waiting.length > 0)
    ) {
      this.#giveUpHole(conversation, direction);
    }
  }

  #drain(conversation: TcpConversation, direction: Direction, timeNs: number): void {
    const stream = conversation.streams[direction];
    let taken = 0;
    for (const { sequence, bytes, note } of stream.waiting) {
      if (distance(stream.next, sequence) !== 0) break;
      taken++;
      stream.waitingBytes -= bytes.length + SEGMENT_BYTES;
      this.#waitingBytes -= bytes.length + SEGMENT_BYTES;
      stream.next = (sequence + bytes.length) >>> 0;
      stream.acknowledgedBehind = 0;
      conversation.sink?.octets(direction, bytes, 0, bytes.length, timeNs, note);
    }
    stream.waiting.splice(0, taken);
  }

  #giveUpHole(conversation: TcpConversation, direction: Direction): void {
    const stream = conversation.streams[direction];
    const first = stream.waiting[0]!;
    this.#hole(conversation, direction, distance(stream.next, first.sequence), first.timeNs);
    this.#drain(conversation, direction, first.timeNs);
  }

  #hole(conversation: TcpConversation, direction: Direction, octets: number, timeNs: number): void {
    const stream = conversation.streams[direction];
    stream.next = (stream.next + octets) >>> 0;
    stream.acknowledgedBehind = 0;
    conversation.sink?.hole(direction, octets, timeNs);
  }

  /** The receiver of `direction` has everything before the acknowledgement, whether or not it was captured. */
  #acknowledged(conversation: TcpConversation, direction: Direction, packet: TcpPacket, timeNs: number): void {
    const stream = conversation.streams[direction];
    const first = stream.waiting[0];
    if (first === undefined || distance(first.sequence, packet.acknowledgement) < 0) return;
    if (++stream.acknowledgedBehind < ACKNOWLEDGED_BEHIND) return;
    this.#giveUpHole(conversation, direction);
    this.#endWhenDone(conversation, timeNs);
  }

  #endWhenDone(conversation: TcpConversation, timeNs: number): void {
    if (conversation.firstEnd === null) return;
    for (const { end, next } of conversation.streams) if (end < 0 || end !== next) return;
    this.#end(conversation, conversation.firstEnd, false, false, timeNs);
  }

  #end(conversation: TcpConversation, by: Direction | null, reset: boolean, isCut: boolean, timeNs: number): void {
    if (conversation.isOver) return;
    for (const direction of [0, 1] as const) {
      const stream = conversation.streams[direction];
      while (stream.waiting.length > 0) this.#giveUpHole(conversation, direction);
      const missing = stream.end < 0 || stream.next < 0 ? 0 : distance(stream.next, stream.end);
      if (missing > 0) this.#hole(conversation, direction, missing, timeNs);
    }
    conversation.isOver = true;
    const { sink } = conversation;
    conversation.sink = null;
    sink?.ended({ by, reset, isCut }, timeNs);
  }
}

/** How far sequence number `to` is ahead of `from`, which may have wrapped. */
export function distance(from: number, to: number): number {
  return (to - from) | 0;
}

function endsOf(packet: TcpPacket, bytes: Buffer, isFromClient: boolean): readonly [PacketEnd, PacketEnd] {
  const source = endAt(bytes, packet.sourceAt, packet.addressBytes, packet.sourcePort);
  const target = endAt(bytes, packet.targetAt, packet.addressBytes, packet.targetPort);
  return isFromClient ? [source, target] : [target, source];
}

function endAt(bytes: Buffer, at: number, length: number, port: number): PacketEnd {
  return { octets: new Uint8Array(bytes.subarray(at, at + length)), port, note: "" };
}

function isSource(packet: TcpPacket, bytes: Buffer, end: PacketEnd): boolean {
  return packet.sourcePort === end.port && isAt(bytes, packet.sourceAt, packet.addressBytes, end.octets);
}

function isTarget(packet: TcpPacket, bytes: Buffer, end: PacketEnd): boolean {
  return packet.targetPort === end.port && isAt(bytes, packet.targetAt, packet.addressBytes, end.octets);
}

function isOf(packet: TcpPacket, bytes: Buffer, { ends }: TcpConversation): boolean {
  const [client, server] = ends;
  if (isSource(packet, bytes, client)) return isTarget(packet, bytes, server);
  return isSource(packet, bytes, server) && isTarget(packet, bytes, client);
}

function isAt(bytes: Buffer, at: number, length: number, octets: Uint8Array): boolean {
  if (octets.length !== length) return false;
  for (let index = 0; index < length; index++) if (bytes[at + index] !== octets[index]) return false;
  return true;
}

function isSameEnd(a: PacketEnd, b: PacketEnd): boolean {
  return (
    a.port === b.port && a.octets.length === b.octets.length && a.octets.every((octet, at) => octet === b.octets[at])
  );
}

/** The same for both directions of a conversation. */
function hashPacket(packet: TcpPacket, bytes: Buffer): number {
  const { addressBytes } = packet;
  return (
    (hashEnd(bytes, packet.sourceAt, addressBytes, packet.sourcePort) +
      hashEnd(bytes, packet.targetAt, addressBytes, packet.targetPort)) |
    0
  );
}

function hashEnds([client, server]: readonly [PacketEnd, PacketEnd]): number {
  return (
    (hashEnd(client.octets, 0, client.octets.length, client.port) +
      hashEnd(server.octets, 0, server.octets.length, server.port)) |
    0
  );
}

function hashEnd(bytes: Uint8Array, at: number, length: number, port: number): number {
  let hash = Math.imul(port + 1, 0x9e3779b1);
  for (let index = 0; index < length; index++) hash = Math.imul(hash ^ bytes[at + index]!, 0x01000193);
  return hash ^ (hash >>> 15);
}
