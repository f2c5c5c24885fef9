import type { Direction, Side, SocketPair, Verdict } from "../../shared/model.ts";
import { COMMAND_CODES, type CommandCode, type HandshakeDetail, type LinkSink } from "./linkSink.ts";
import { commandCode, readCommandName } from "./commands.ts";
import { Exchanges } from "./exchanges.ts";
import { COMMAND, LONG, MORE, RESERVED, declaredSize, headerSize, type Framing } from "./frames.ts";
import { GREETING_3_OCTETS, judgeGreeting, nameAlien, type GreetingVerdict } from "./greeting.ts";
import { Handshake, greetingOctets } from "./handshake.ts";
import { GREETING, IDENTITY, LinkSide, MECHANISM, OPAQUE, SEALED, TRAFFIC } from "./linkSide.ts";
import { PlainMask } from "./mask.ts";
import { toHex } from "./octets.ts";
import { Subscriptions } from "./subscriptions.ts";

/** A side that has sent this much while the other is silent cannot be told any more. */
const MAX_HELD_BYTES = 4096;
const MAX_FAULT_BYTES = 32;
const NOTHING = new Uint8Array(0);
const SUBSCRIBE = COMMAND_CODES.indexOf("subscribe") as CommandCode;
const UNSUBSCRIBE = COMMAND_CODES.indexOf("unsubscribe") as CommandCode;

/** Where one direction of a link stands, for whoever has to go on there without what came before. */
export type StreamPosition = {
  readonly insideMessage: boolean;
  /** 0 at a frame header, and minus k when the first k octets of a header have been read, which `headerHex` says. */
  readonly octetsToNextHeader: number;
  readonly headerHex: string;
  /** Whether the message goes on at the next header; of a header under way, at that one. */
  readonly more: boolean;
};

/**
 * Reads the bytes of one link in both directions and tells a LinkSink what they are (RFC 13, 15, 23, 37 as libzmq
 * speaks them). Works on chunks of any size, never throws, keeps no reference to them, and holds a bounded number of
 * octets. Bad bytes are data: one fault, and the whole link is opaque. The sink must not call back into the reader.
 * The file is long because its hot path is: per message no object, closure, slice or BigInt.
 */
export class LinkReader {
  readonly #sink: LinkSink;
  readonly #sides: readonly [LinkSide, LinkSide] = [new LinkSide(0), new LinkSide(1)];
  readonly #handshake: Handshake;
  readonly #exchanges: Exchanges;
  readonly #subscriptions = new Subscriptions();
  readonly #mask = new PlainMask();
  #keepsNothing = false;
  #isClosed = false;
  /** Messages are missing, so requests and replies cannot be told to belong together. */
  #isUnpaired = false;

  /** `sockets` is used where the wire does not say (ZMTP 1.0). */
  constructor(sink: LinkSink, options: { sockets?: SocketPair } = {}) {
    this.#sink = sink;
    this.#handshake = new Handshake(options.sockets);
    this.#exchanges = new Exchanges(sink);
  }

  get handshakeState(): "waiting" | "done" | "failed" | "opaque" {
    return this.#handshake.state;
  }

  get sockets(): SocketPair {
    return this.#handshake.sockets;
  }

  /** Whole messages so far, both directions; encrypted frames are none. */
  get messages(): number {
    return this.#sides[0].messages + this.#sides[1].messages;
  }

  /** Messages and encrypted frames of a direction so far. */
  seen(direction: Direction): number {
    const { messages, sealedFrames } = this.#sides[direction];
    return messages + sealedFrames;
  }

  /** Requests that wait for their reply. */
  get pending(): number {
    return this.#exchanges.pending;
  }

  /** Whether the link's traffic cannot be read without keys. */
  get encrypted(): boolean {
    return this.#handshake.isSealed;
  }

  /** How the link's frames are cut; 3 until a greeting says, of whichever side. */
  get framing(): Framing {
    const [client, server] = this.#sides;
    return client.framing === 3 ? server.framing : client.framing;
  }

  /** Frames with reserved flag bits set, both directions. They are followed like any other. */
  get reservedFrames(): number {
    return this.#sides[0].reservedFrames + this.#sides[1].reservedFrames;
  }

  /** Requests and subscriptions that were not kept because of the bounds. */
  get overflow(): { exchanges: number; subscriptions: number } {
    return { exchanges: this.#exchanges.overflow, subscriptions: this.#subscriptions.overflow };
  }

  /** What the handshake came to; `null` while it is under way. */
  get verdict(): Verdict | null {
    return this.#handshake.verdict;
  }

  /** The HELLO that a CURVE client said on a link that is only relayed. */
  get hello(): Uint8Array | null {
    return this.#handshake.hello;
  }

  /** As far as known, also before the handshake is done. */
  handshakeDetail(): HandshakeDetail {
    return this.#handshake.detail();
  }

  /** The first topics in order of subscription, which the caller must not change, and how many there are. */
  subscriptions(limit: number): { topics: Uint8Array[]; count: number } {
    return { topics: this.#subscriptions.list(limit), count: this.#subscriptions.count };
  }

  /**
   * Whether a publication whose first frame starts with `topic` would go to the subscriber of this link. A guess where
   * the publisher uses XPUB_MANUAL or inverted matching, which the wire does not show.
   */
  isSubscribed(topic: Uint8Array): boolean {
    const { client, server } = this.#handshake.sockets;
    // A 1.0 publisher filters nothing: its subscribers do.
    if (this.#handshake.version === "1.0") return true;
    return this.#subscriptions.matches(topic, client === "DISH" || server === "DISH");
  }

  /**
   * What of these received bytes may be kept: the same array, or a copy with PLAIN credentials masked, or an empty
   * array once a PLAIN link went opaque in its handshake. Must be called before push() for the same bytes, in order; push()
   * is given what is kept, or the bytes themselves where nothing is.
   */
  borrowKept(direction: Direction, bytes: Uint8Array): Uint8Array {
    return this.#keepsNothing ? NOTHING : this.#mask.borrowMasked(direction, bytes);
  }

  /**
   * Reads bytes that one side sent; `chunk` is the caller's number of them. A message that lay in octets held for the
   * other side's greeting is told late, with `endOffset` in the held chunk; libzmq peers never do that.
   */
  push(direction: Direction, bytes: Uint8Array, chunk: number): void {
    const side = this.#sides[direction];
    if (side.trafficAt < 0) {
      side.chunkAt = side.shakenBytes;
      side.shakenBytes += bytes.length;
    }
    if (side.phase !== GREETING) this.#readFrames(side, bytes, 0, chunk);
    else if (bytes.length > 0) this.#readGreeting(side, bytes, chunk);
  }

  /**
   * Offset of the first point in `bytes`, which are not pushed yet, where an injection may stand: outside a frame and
   * outside a multipart message. 0: right here; -1: nowhere in them, or the handshake is not done. Changes nothing.
   */
  gapIn(direction: Direction, bytes: Uint8Array): number {
    const side = this.#sides[direction];
    if (this.#handshake.state !== "done" || side.phase !== TRAFFIC) return -1;
    const header = side.header.slice();
    let { headerFilled, bodyLeft, isCommand, isLast } = side;
    let isInside = side.frames > 0;
    let at = 0;
    while (isInside || headerFilled > 0 || bodyLeft > 0) {
      if (at >= bytes.length) return -1;
      if (bodyLeft === 0) {
        header[headerFilled++] = bytes[at++]!;
        const size = headerSize(side.framing, header[0]!);
        if (headerFilled < size) continue;
        const flags = side.framing === 1 ? header[size - 1]! : header[0]!;
        bodyLeft = declaredSize(side.framing, header, 0);
        if (bodyLeft < 0) return -1;
        headerFilled = 0;
        isCommand = side.framing === 3 && (flags & COMMAND) !== 0;
        isLast = (flags & MORE) === 0;
      }
      const taken = Math.min(bodyLeft, bytes.length - at);
      bodyLeft -= taken;
      at += taken;
      if (bodyLeft === 0 && headerFilled === 0 && !isCommand) isInside = !isLast;
    }
    return at;
  }

  /**
   * Offset of the first point in `bytes`, which are not pushed yet, at which the handshake of a direction may be done: behind
   * its greeting, or the frame under way. The length of `bytes` where there is none in them, or it is done.
   */
  stepIn(direction: Direction, bytes: Uint8Array): number {
    const side = this.#sides[direction];
    // A peer says no more before the other has greeted it.
    const greetingLeft = GREETING_3_OCTETS - side.heldBytes;
    if (side.phase === GREETING && greetingLeft > 0) return Math.min(bytes.length, greetingLeft);
    if (side.phase !== MECHANISM && side.phase !== IDENTITY) return bytes.length;
    if (side.bodyLeft > 0) return Math.min(side.bodyLeft, bytes.length);
    const header = side.header.slice();
    let { headerFilled } = side;
    for (let at = 0; at < bytes.length;) {
      header[headerFilled++] = bytes[at++]!;
      if (headerFilled < headerSize(side.framing, header[0]!)) continue;
      return Math.min(bytes.length, at + Math.max(0, declaredSize(side.framing, header, 0)));
    }
    return bytes.length;
  }

  /** A sentence when injection can never work on this link as it is now; `null` when it is a matter of waiting at most. */
  whyNotInject(direction: Direction): string | null {
    if (this.#handshake.state === "opaque")
      return "The link cannot be read, so nothing can be put between its messages.";
    if (this.encrypted) return "The link is encrypted, so nothing can be put into it without its keys.";
    if (this.#handshake.state === "failed") return "The handshake of the link failed.";
    if (this.#handshake.state === "waiting" || this.#sides[direction].phase !== TRAFFIC) {
      return "The handshake of the link is not done yet.";
    }
    return null;
  }

  /** Where a direction stands after the last octet pushed. */
  position(direction: Direction): StreamPosition {
    const side = this.#sides[direction];
    const isInHeader = side.headerFilled > 0;
    const isCommand = isInHeader ? isCommandHeader(side) : side.isCommand;
    const isUnderWay = side.phase === TRAFFIC && (isInHeader || side.bodyLeft > 0);
    const isInMessageFrame = isUnderWay && !isInHeader && !isCommand;
    return {
      insideMessage: side.frames > 0 || (isUnderWay && !isCommand),
      octetsToNextHeader: isInHeader ? -side.headerFilled : side.bodyLeft,
      headerHex: toHex(side.header.subarray(0, side.headerFilled)),
      more: isInMessageFrame ? !side.isLast : side.frames > 0,
    };
  }

  /**
   * Takes over what is known of a handshake that was not seen, or not to its end, and counts it as done without telling
   * the sink. `pending` requests are open whose rows nobody knows; with `null` nothing on this link is paired any more,
   * since messages are missing.
   */
  restore(detail: HandshakeDetail, pending: number | null): void {
    this.#handshake.restore(detail);
    if (pending === null) this.#isUnpaired = true;
    else this.#exchanges.expectReplies(pending);
    this.#configureExchanges();
  }

  /**
   * Goes on in a direction behind octets that were never pushed: what is pushed next is a frame header outside a message.
   * A message under way is forgotten. After restore(), or once the handshake is done; never on an opaque link.
   */
  resume(direction: Direction, framing: Framing): void {
    const side = this.#sides[direction];
    if (side.phase === OPAQUE) return;
    side.framing = framing;
    side.headerFilled = 0;
    side.bodyLeft = 0;
    side.requestId = -1;
    side.hasDelimiter = false;
    side.held = [];
    side.heldBytes = 0;
    this.#enterTraffic(side, 0);
    if (this.#handshake.isSealed) {
      side.phase = SEALED;
      side.isFast = false;
    }
  }

  /**
   * How many octets of a direction are certain to stand before its traffic: greeting and whole handshake frames. `isWhole`
   * when nothing more can. Nothing is certain while the greeting cannot be judged.
   */
  beginning(direction: Direction): { octets: number; isWhole: boolean } {
    const side = this.#sides[direction];
    if (side.trafficAt >= 0) return { octets: side.trafficAt, isWhole: true };
    if (side.phase === GREETING) return { octets: 0, isWhole: false };
    // Not from what is left of the frame: a length may be beyond what a number counts exactly.
    const octets = side.bodyLeft > 0 ? side.frameAt : side.shakenBytes - side.headerFilled;
    // Once a sealed handshake is done, whatever either side says next is sealed.
    const isWhole = this.#handshake.isSealed && this.#handshake.state === "done";
    return { octets, isWhole };
  }

  /**
   * The caller made these octets of others that it cannot follow any further: the link is opaque from here on, with a fault
   * of the sender of `direction`.
   */
  giveUp(direction: Direction, code: string, message: string): void {
    this.#fail(this.#sides[direction], code, message, NOTHING);
  }

  /** Nothing has come for a while, which the verdict on a handshake under way takes into account. */
  stalled(): void {
    this.#handshake.stalled();
  }

  /**
   * The link's connections are gone, and `by` went first: open requests become `lost`, a handshake that is not done has
   * failed.
   */
  close(by: Side | "tap" = "tap"): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const side of this.#sides) {
      if (side.phase !== GREETING || side.heldBytes < 2) continue;
      const held = side.joinHeld();
      // Too little to be sure of while more could come; now nothing more comes.
      if (held[0] !== 0xff) this.#failAlien(side, held);
    }
    if (this.#handshake.state === "waiting") {
      this.#handshake.state = "failed";
      this.#handshake.closed(by);
      this.#sink.handshake(this.#handshake.detail());
    }
    this.#exchanges.close();
  }

  #readFrames(side: LinkSide, bytes: Uint8Array, from: number, chunk: number): void {
    const end = bytes.length;
    let at = from;
    while (at < end && side.phase !== OPAQUE) {
      if (side.isFast && side.bodyLeft === 0 && side.headerFilled === 0) {
        at = side.framing === 1 ? this.#skim1(side, bytes, at, chunk) : this.#skim(side, bytes, at, chunk);
        if (at >= end) break;
      }
      at = this.#step(side, bytes, at, chunk);
    }
  }

  /** The hot loop: whole message frames within the chunk. Stops before the first octet of anything else. */
  #skim(side: LinkSide, bytes: Uint8Array, from: number, chunk: number): number {
    const sink = this.#sink;
    const end = bytes.length;
    const direction = side.direction;
    const isPaired = side.isPaired;
    let { frames, sizeBytes, startChunk, startOffset, messages } = side;
    let at = from;
    while (at + 2 <= end) {
      const flags = bytes[at]!;
      let body = at + 2;
      let size = bytes[at + 1]!;
      if (flags > MORE) {
        // A long frame below 2^31 octets; the rest is for #step.
        if (flags > (MORE | LONG) || at + 9 > end || size !== 0) break;
        if ((bytes[at + 2]! | bytes[at + 3]! | bytes[at + 4]!) !== 0 || bytes[at + 5]! > 0x7f) break;
        size = (bytes[at + 5]! << 24) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 8) | bytes[at + 8]!;
        body = at + 9;
      }
      const next = body + size;
      if (next > end) break;
      if (frames === 0) {
        startChunk = chunk;
        startOffset = at;
      }
      frames++;
      sizeBytes += size;
      at = next;
      if ((flags & MORE) === 0) {
        const n = sink.message(direction, startChunk, startOffset, at, sizeBytes, frames);
        if (isPaired) this.#exchanges.message(direction, n, frames, sizeBytes, -1, true);
        messages++;
        frames = 0;
        sizeBytes = 0;
      }
    }
    side.frames = frames;
    side.sizeBytes = sizeBytes;
    side.startChunk = startChunk;
    side.startOffset = startOffset;
    side.messages = messages;
    return at;
  }

  /** The same for ZMTP 1.0, whose length comes first and counts the flags. */
  #skim1(side: LinkSide, bytes: Uint8Array, from: number, chunk: number): number {
    const end = bytes.length;
    let at = from;
    while (at + 2 <= end) {
      const length = bytes[at]!;
      const flags = bytes[at + 1]!;
      const next = at + 1 + length;
      if (length === 0 || length === 0xff || flags > MORE || next > end) break;
      if (side.frames === 0) {
        side.startChunk = chunk;
        side.startOffset = at;
      }
      side.frames++;
      side.sizeBytes += length - 1;
      at = next;
      if (flags === 0) this.#endMessage(side, at);
    }
    return at;
  }

  /** Reads on to the end of the frame header, of the frame, or of the chunk. */
  #step(side: LinkSide, bytes: Uint8Array, from: number, chunk: number): number {
    const end = bytes.length;
    let at = from;
    if (side.bodyLeft === 0) {
      if (side.headerFilled === 0) {
        side.frameChunk = chunk;
        side.frameOffset = at;
      }
      let size = 0;
      do {
        side.header[side.headerFilled++] = bytes[at++]!;
        size = headerSize(side.framing, side.header[0]!);
      } while (at < end && side.headerFilled < size);
      if (side.headerFilled < size) return at;
      side.frameAt = side.chunkAt + at - size;
      this.#beginFrame(side, size);
      // A fault, or an end-of-file in the middle, leaves nothing to read.
      if (this.#isOpaque(side)) return end;
    }
    const taken = Math.min(side.bodyLeft, end - at);
    if (side.isCollecting) side.collect(bytes, at, at + taken);
    side.bodyLeft -= taken;
    at += taken;
    if (side.bodyLeft === 0) this.#endFrame(side, at);
    return at;
  }

  #isOpaque(side: LinkSide): boolean {
    return side.phase === OPAQUE;
  }

  #beginFrame(side: LinkSide, headerBytes: number): void {
    const { header, framing } = side;
    const flags = framing === 1 ? header[headerBytes - 1]! : header[0]!;
    const sizeBytes = declaredSize(framing, header, 0);
    side.headerFilled = 0;
    side.isCommand = isCommandHeader(side);
    side.isLast = (flags & MORE) === 0;
    if ((flags & RESERVED[framing]) !== 0 && side.phase !== IDENTITY) side.reservedFrames++;
    if (sizeBytes < 0) {
      this.#fail(
        side,
        "bad-length",
        "A frame declares a length that no frame can have.",
        header.subarray(0, headerBytes),
      );
      return;
    }
    if (side.phase === MECHANISM && !side.isCommand && !this.#handshake.isSealed) {
      this.#fail(
        side,
        "bad-handshake",
        "A message came before the handshake was done.",
        header.subarray(0, headerBytes),
      );
      return;
    }
    if (side.isSubscriber && this.#isBrokenTopic(side, sizeBytes, headerBytes)) return;
    side.frameSize = sizeBytes;
    side.bodyLeft = sizeBytes;
    side.collectedBytes = 0;
    if (side.phase === TRAFFIC && !side.isCommand) {
      if (side.frames === 0) {
        side.startChunk = side.frameChunk;
        side.startOffset = side.frameOffset;
      }
      side.isCollecting = side.frames === 0 && (side.isSubscriber || side.readsEnvelope);
    } else {
      side.isCollecting = side.phase !== SEALED;
    }
  }

  /**
   * libzmq 4.3.3 and 4.3.4 write topics of 246 to 255 octets with a long length but without the flag (libzmq#4367). On
   * 3.1 that reads as an empty command. Before, it reads as three empty messages and one of one octet; a SUB sends no
   * empty message at all, while a program behind an XSUB may.
   */
  #isBrokenTopic(side: LinkSide, sizeBytes: number, headerBytes: number): boolean {
    const isSub = this.#handshake.socket(side.direction) === "SUB";
    const isEmpty = sizeBytes === 0 && side.frames === 0;
    const isFourth = side.emptyMessages >= 3 && sizeBytes === 1 && this.#handshake.version !== "3.1";
    const isBroken = (isEmpty && (side.isCommand || isSub)) || (isFourth && !side.isCommand);
    side.emptyMessages = isEmpty && !side.isCommand ? side.emptyMessages + 1 : 0;
    if (!isBroken) return false;
    this.#fail(
      side,
      "broken-topic",
      "The subscriber's libzmq (4.3.3 or 4.3.4) breaks its own stream when it subscribes to a topic of 246 to 255 octets; use shorter topics or libzmq 4.3.5.",
      side.header.subarray(0, headerBytes),
    );
    return true;
  }

  #endFrame(side: LinkSide, endOffset: number): void {
    switch (side.phase) {
      case IDENTITY:
        this.#handshake.identified(side.direction, side.borrowCollected());
        this.#enterTraffic(side, endOffset);
        this.#finishHandshake();
        return;
      case MECHANISM:
        this.#endHandshakeFrame(side, endOffset);
        return;
      case SEALED:
        side.sealedFrames++;
        this.#sink.encrypted(side.direction, side.frameChunk, side.frameOffset, endOffset, side.frameSize);
        return;
      default:
        if (side.isCommand) this.#endCommand(side, endOffset);
        else this.#endMessageFrame(side, endOffset);
    }
  }

  #endHandshakeFrame(side: LinkSide, endOffset: number): void {
    const step = this.#handshake.command(side.direction, side.borrowCollected());
    if (step === "traffic") this.#enterTraffic(side, endOffset);
    if (step === "refused" && this.#handshake.state === "waiting") {
      this.#handshake.state = "failed";
      this.#sink.handshake(this.#handshake.detail());
    }
    if (step === "sealed") {
      side.phase = SEALED;
      side.trafficAt = side.chunkAt + endOffset - side.frameSize - headerSize(side.framing, side.header[0]!);
      this.#completeHandshake();
      side.sealedFrames++;
      this.#sink.encrypted(side.direction, side.frameChunk, side.frameOffset, endOffset, side.frameSize);
    }
    this.#finishHandshake();
  }

  #endCommand(side: LinkSide, endOffset: number): void {
    const body = side.borrowCollected();
    const { name, dataAt } = readCommandName(body);
    const code = commandCode(name);
    this.#changeSubscriptions(code, body.subarray(dataAt), side.frameSize - dataAt);
    const { direction, frameChunk, frameOffset, frameSize } = side;
    this.#sink.command(direction, code, frameChunk, frameOffset, endOffset, frameSize, side.frames > 0);
  }

  #endMessageFrame(side: LinkSide, endOffset: number): void {
    side.frames++;
    side.sizeBytes += side.frameSize;
    if (side.readsEnvelope) this.#readEnvelope(side);
    if (!side.isLast) return;
    if (side.isSubscriber && side.frames === 1 && side.frameSize > 0) {
      const body = side.borrowCollected();
      if (body[0]! <= 1) {
        const code = body[0] === 1 ? SUBSCRIBE : UNSUBSCRIBE;
        this.#changeSubscriptions(code, body.subarray(1), side.frameSize - 1);
        this.#sink.command(side.direction, code, side.startChunk, side.startOffset, endOffset, side.frameSize, false);
        side.frames = 0;
        side.sizeBytes = 0;
        return;
      }
    }
    this.#endMessage(side, endOffset);
  }

  #endMessage(side: LinkSide, endOffset: number): void {
    const { direction, frames, sizeBytes } = side;
    const n = this.#sink.message(direction, side.startChunk, side.startOffset, endOffset, sizeBytes, frames);
    if (side.isPaired) {
      const hasDelimiter = side.hasDelimiter || !side.readsEnvelope;
      this.#exchanges.message(direction, n, frames, sizeBytes, side.hasDelimiter ? side.requestId : -1, hasDelimiter);
    }
    side.messages++;
    side.frames = 0;
    side.sizeBytes = 0;
    side.requestId = -1;
    side.hasDelimiter = false;
  }

  /** Notes a 4-octet first frame, and an empty frame before the last one. */
  #readEnvelope(side: LinkSide): void {
    if (side.frames === 1 && side.frameSize === 4 && !side.isLast) {
      const id = side.borrowCollected();
      side.requestId = id[0]! * 0x1000000 + (id[1]! << 16) + (id[2]! << 8) + id[3]!;
    }
    // Of REQ only the frame right behind the id is a delimiter that makes it one.
    if (side.frameSize === 0 && !side.isLast) {
      if (side.frames !== 2 && !side.hasDelimiter) side.requestId = -1;
      side.hasDelimiter = true;
    }
  }

  #changeSubscriptions(code: CommandCode, topic: Uint8Array, topicBytes: number): void {
    if (code !== SUBSCRIBE && code !== UNSUBSCRIBE) return;
    // A topic that was not collected whole would be another topic.
    if (topic.length !== topicBytes) this.#subscriptions.overflow++;
    else if (code === SUBSCRIBE) this.#subscriptions.add(topic);
    else this.#subscriptions.remove(topic);
  }

  #readGreeting(side: LinkSide, bytes: Uint8Array, chunk: number): void {
    side.hold(bytes, chunk);
    this.#handshake.sent(side.direction, bytes.length);
    if (side.greeting.length < GREETING_3_OCTETS) side.greeting = side.joinHeld().slice(0, GREETING_3_OCTETS);
    const other = this.#sides[side.direction === 0 ? 1 : 0];
    // What waited came before what came now.
    if (other.phase === GREETING) this.#judge(other, side);
    if (!this.#isOpaque(side)) this.#judge(side, other);
  }

  #judge(side: LinkSide, other: LinkSide): void {
    const verdict = judgeGreeting(side.greeting, other.greeting);
    if (verdict === "alien") {
      this.#failAlien(side, side.greeting);
    } else if (verdict === "wait" || side.greeting.length < greetingOctets(verdict)) {
      if (side.heldBytes > MAX_HELD_BYTES) {
        this.#fail(
          side,
          "bad-greeting",
          "The other side's greeting did not come, so this one cannot be read.",
          side.greeting,
        );
      }
    } else {
      this.#leaveGreeting(side, other, verdict);
    }
  }

  #leaveGreeting(side: LinkSide, other: LinkSide, verdict: GreetingVerdict): void {
    this.#handshake.greeted(side.direction, verdict, side.greeting, other.greeting);
    if (verdict === "3.x") {
      side.phase = MECHANISM;
      if (this.#handshake.mechanism === "") {
        this.#fail(side, "bad-greeting", "The greeting names no mechanism.", side.greeting);
        return;
      }
    } else {
      side.phase = IDENTITY;
      side.framing = verdict === "1.0" ? 1 : 2;
    }
    // A peer that does not wait for the other's first octets does not follow it to its old version.
    if (other.phase !== GREETING && (other.framing === 1) !== (side.framing === 1)) {
      this.#fail(side, "bad-greeting", "The two sides speak versions that do not fit together.", side.greeting);
      return;
    }
    let skip = greetingOctets(verdict);
    let heldAt = 0;
    const held = side.held;
    side.held = [];
    side.heldBytes = 0;
    for (const { bytes, chunk } of held) {
      side.chunkAt = heldAt;
      heldAt += bytes.length;
      const from = Math.min(skip, bytes.length);
      skip -= from;
      this.#readFrames(side, bytes, from, chunk);
    }
  }

  #enterTraffic(side: LinkSide, endOffset: number): void {
    side.phase = TRAFFIC;
    side.trafficAt = side.chunkAt + endOffset;
    side.frames = 0;
    side.sizeBytes = 0;
    const socket = this.#handshake.socket(side.direction);
    side.isSubscriber = socket === "SUB" || socket === "XSUB";
    side.isFast = !side.isSubscriber;
    this.#configureExchanges();
  }

  /** Done as soon as the socket types are known: peers of 2.0 and 1.0 send before the other's identity has come. */
  #configureExchanges(): void {
    if (this.#isUnpaired) this.#exchanges.configure({ client: null, server: null });
    else this.#exchanges.configure(this.#handshake.sockets);
    for (const side of this.#sides) {
      side.isPaired = this.#exchanges.isActive;
      side.readsEnvelope = this.#exchanges.readsEnvelope(side.direction);
      side.isFast &&= !side.readsEnvelope;
    }
  }

  #finishHandshake(): void {
    if (this.#handshake.isComplete) this.#completeHandshake();
  }

  #completeHandshake(): void {
    if (this.#handshake.state !== "waiting") return;
    this.#handshake.state = this.#handshake.isMisfit ? "failed" : "done";
    this.#sink.handshake(this.#handshake.detail());
  }

  #failAlien(side: LinkSide, octets: Uint8Array): void {
    const who = side.direction === 0 ? "client" : "server";
    const name = nameAlien(octets);
    const what = name === "not ZeroMQ" ? "does not speak ZeroMQ's protocol" : `is ${name}, not a ZeroMQ peer`;
    this.#fail(side, "not-zmtp", `The ${who} ${what}.`, octets);
  }

  /** Makes the whole link opaque: where a message of one direction begins often depends on the other. */
  #fail(side: LinkSide, code: string, message: string, octets: Uint8Array): void {
    const isPlain = this.#handshake.mechanism === "PLAIN";
    for (const each of this.#sides) {
      each.phase = OPAQUE;
      each.isFast = false;
      each.frames = 0;
      each.bodyLeft = 0;
      each.headerFilled = 0;
      each.held = [];
      each.heldBytes = 0;
    }
    const wasWaiting = this.#handshake.state === "waiting";
    if (wasWaiting && isPlain) this.#keepsNothing = true;
    this.#handshake.state = "opaque";
    this.#sink.fault(side.direction, {
      code,
      message,
      bytesHex: isPlain ? "" : toHex(octets.subarray(0, MAX_FAULT_BYTES)),
    });
    if (!wasWaiting) return;
    this.#handshake.broken(side.direction, message, code === "not-zmtp");
    this.#sink.handshake(this.#handshake.detail());
  }
}

function isCommandHeader(side: LinkSide): boolean {
  return side.framing === 3 && (side.header[0]! & COMMAND) !== 0;
}
