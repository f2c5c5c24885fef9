import { Preamble } from "../capture/preamble.ts";
import type { Direction, EventName, ExchangeState, SocketPair } from "../../shared/model.ts";
import type { Capture, CapturedLink } from "../capture/capture.ts";
import { adoptHandshake, handshakeFacts, handshakeRow, problemOf } from "../capture/handshakeFacts.ts";
import { type Framing, headerSize } from "../wire/frames.ts";
import { LinkReader, type StreamPosition } from "../wire/linkReader.ts";
import type { CommandCode, FaultDetail, HandshakeDetail, LinkSink } from "../wire/linkSink.ts";
import { judgeFirstOctets } from "./firstOctets.ts";
import { type LinkMiddle, type LinkRecord, readHandshake } from "./linkRecords.ts";
import { findFrame, FIRST_SEARCH_BYTES, MAX_SEARCH_BYTES, MessageStart } from "./messageStart.ts";
import type { PacketClock } from "./packetClock.ts";
import type { PacketNote, StreamEnd, StreamSink, TcpConversation } from "./tcpStreams.ts";
import type { OriginCode } from "../capture/rowRecord.ts";

/** What a held piece costs besides its octets. An estimate. */
export const PIECE_BYTES = 128;
/** How each frame of an encrypted link begins. */
const SEALED_NAME = Buffer.from("\x07MESSAGE", "latin1");
const NO_OCTETS = new Uint8Array(0);

/** Octets kept over all links until it is known where their messages begin. */
export type HeldBytes = { bytes: number; readonly maxBytes: number };

export type MarkHandler = (n: number, mark: { pinned: boolean; note: string }) => void;

/** Finds the copies of publications among the links of one tap. */
export type CopyFinder = {
  /** Whether a link with these sockets gets publications that others get too. */
  watches(sockets: SocketPair): boolean;
  join(link: number): void;
  leave(link: number): void;
  published(link: number, n: number, sizeBytes: number): void;
};

export type FileLinkServices = {
  readonly capture: Capture;
  readonly clock: PacketClock;
  readonly held: HeldBytes;
  readonly onMark: MarkHandler;
  /** For a link of this tap; `null` when what it gets is no publication, or copies are not marked. */
  readonly copyFinder: (tap: string, sockets: SocketPair) => CopyFinder | null;
  /** A handshake of one of our own files was read: its event, which the file has, comes before the rows behind it. */
  readonly onHandshake: (link: FileLink) => void;
  readonly onEnded: (link: FileLink) => void;
};

/** Octets that wait, copied. */
export type Piece = { readonly bytes: Buffer; readonly timeNs: number; readonly note: PacketNote | null };

/**
 * `first`: held until it is known whether they are a greeting. `read`: octets go to the reader. `enter`: passed over up to the next message. `seek`: held until frames are found in
 * them. `opaque`: only counted.
 */
type Mode = "first" | "read" | "enter" | "seek" | "opaque";

class Side {
  mode: Mode = "read";
  entry: MessageStart | null = null;
  pieces: Piece[] = [];
  heldBytes = 0;
  searchAt = FIRST_SEARCH_BYTES;
  /** What the next gap event tells of: octets that are not in the file, and octets passed over behind them. */
  missing = 0;
  passed = 0;
  isStartMissing = false;
  gapTimeNs = 0;
  /** It was read from the middle, so its octets hold no credentials and no greeting. */
  isResumed = false;
  octets = 0;
  /** A mark that belongs to the first message that begins in this chunk. */
  mark: PacketNote["mark"] = null;
  markChunk = -1;
}

/**
 * Joins one ZMTP conversation of a file to the capture, as LinkLog does for a live link: keeps its octets, has them read,
 * and writes down what the reader finds. Goes on behind holes where that can be done for certain, and says so. Event rows
 * of our own files are not made anew.
 */
export class FileLink implements StreamSink, LinkSink {
  readonly number: number;
  readonly conversation: TcpConversation;
  /** Its number in a file of ours. */
  readonly recordNumber: number | null;
  /** From a file of ours, which holds its events. */
  readonly isOwn: boolean;
  readonly captured: CapturedLink;
  readonly #services: FileLinkServices;
  readonly #reader: LinkReader;
  readonly #tap: { readonly id: string; readonly name: string };
  readonly #addresses: { readonly client: string; readonly server: string };
  readonly #sides: readonly [Side, Side] = [new Side(), new Side()];
  #originCode: OriginCode = 0;
  #chunk: number | undefined;
  #isShaking = true;
  #framing: Framing | null = null;
  #closedBy: "client" | "server" | "tap" = "tap";
  #isOver = false;
  /** While the link is one to a subscriber. */
  #copyFinder: CopyFinder | null = null;

  constructor(
    link: {
      number: number;
      conversation: TcpConversation;
      tap: { readonly id: string; readonly name: string };
      client: string;
      server: string;
      /** What a file of ours says of it. */
      record: LinkRecord | null;
    },
    services: FileLinkServices,
    timeNs: number,
  ) {
    const { number, tap, client, server, record } = link;
    this.number = number;
    this.conversation = link.conversation;
    this.recordNumber = record?.link ?? null;
    this.isOwn = record !== null;
    this.#services = services;
    this.#tap = tap;
    this.#addresses = { client, server };
    this.#reader = new LinkReader(this, record?.sockets == null ? {} : { sockets: record.sockets });
    const origin = record?.origin ?? "wire";
    services.clock.set(timeNs);
    this.captured = services.capture.openLink({
      link: number,
      tap: tap.id,
      tapName: tap.name,
      origin,
      client,
      server,
      record: () => this.#record(),
    });
    if (!this.isOwn) this.#event("link-opened", { client, server, origin });
  }

  /** Whether its handshake is under way. */
  get isShaking(): boolean {
    return this.#isShaking;
  }

  /** Nobody saw this direction begin: its next octets are a greeting, or something from the middle. */
  missStart(direction: Direction): void {
    this.#sides[direction].mode = "first";
  }

  /** Goes on where a record of our own stands, whatever came before. */
  resume(middle: LinkMiddle, timeNs: number): void {
    const { handshake, positions, preamble, octetsBefore, octetsRead } = middle;
    const isFirst = this.#sides.every(({ octets }) => octets === 0);
    for (const direction of [0, 1] as const) {
      const side = this.#sides[direction];
      const missing = octetsBefore[direction] - side.octets;
      side.octets = octetsBefore[direction];
      if (!isFirst && missing > 0) this.#noteGap(side, missing, timeNs);
    }
    if (octetsBefore[0] + octetsBefore[1] === 0) return;
    if (isFirst && handshake === null && preamble !== null) {
      for (const direction of [0, 1] as const) {
        this.#read(direction, preamble[direction], 0, preamble[direction].length, timeNs, null);
      }
      return;
    }
    this.#framing = middle.framing;
    if (handshake === null || positions === null) {
      this.missStart(0);
      this.missStart(1);
      return;
    }
    this.#isShaking = false;
    this.#adopt(handshake);
    const [client, server] = preamble ?? [NO_OCTETS, NO_OCTETS];
    this.captured.preamble = Preamble.fromHex([client.toString("hex"), server.toString("hex")], timeNs);
    this.#reader.restore(handshake, isFirst ? middle.pending : null);
    for (const direction of [0, 1] as const) {
      this.#enter(direction, positions[direction], octetsBefore[direction] - octetsRead[direction]);
    }
  }

  octets(direction: Direction, bytes: Buffer, from: number, to: number, timeNs: number, note: PacketNote | null): void {
    const side = this.#sides[direction];
    side.octets += to - from;
    this.#octets(direction, bytes, from, to, timeNs, note);
  }

  hole(direction: Direction, octets: number, timeNs: number): void {
    const side = this.#sides[direction];
    side.octets += octets;
    if (side.mode === "first") this.#loseStart(direction);
    if (side.mode === "seek" && side.pieces.length > 0) this.#search(direction, true);
    if (side.mode === "opaque") return;
    this.#noteGap(side, octets, timeNs);
    if (side.mode === "seek") this.#dropPieces(side);
    else if (side.mode === "enter") this.#passHole(side, octets);
    else if (this.#reader.handshakeState === "opaque") side.mode = "opaque";
    else if (this.#isShaking) {
      this.#loseHandshake();
      this.#seek(side);
    } else {
      this.#reader.restore(this.#reader.handshakeDetail(), null);
      this.#framing ??= this.#reader.framing;
      this.#enter(direction, this.#reader.position(direction), octets);
    }
  }

  ended(end: StreamEnd, timeNs: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const direction of [0, 1] as const) {
      const side = this.#sides[direction];
      if (side.mode === "first" && side.pieces.length > 0) this.#loseStart(direction);
      if (side.mode === "seek") this.#search(direction, true);
      if (this.#sides[direction].mode === "seek") this.#giveUp(direction);
      this.#tellGap(direction);
    }
    this.#services.clock.set(timeNs);
    const by = end.by === null ? "tap" : end.by === 0 ? "client" : "server";
    if (!end.isCut) this.#reader.close(this.isOwn ? this.#closedBy : by);
    if (!end.isCut && !this.isOwn) {
      this.#event("link-closed", { by, reset: end.reset, messages: this.#reader.messages });
    }
    if (this.captured.preamble.isOpen) this.captured.preamble.close();
    this.#copyFinder?.leave(this.number);
    this.#services.capture.closeLink(this.captured);
    this.#services.onEnded(this);
  }

  /** Writes an event that a file of ours has about this link. */
  stored(name: EventName, detail: Readonly<Record<string, unknown>>, tap: { id: string; name: string }): void {
    if (name === "handshake") this.#adopt(readHandshake(detail));
    if (name === "link-closed") {
      const by = detail["by"];
      if (by === "client" || by === "server") this.#closedBy = by;
    }
    this.#services.capture.event(this.captured, tap.id, tap.name, name, detail);
  }

  message(
    direction: Direction,
    startChunk: number,
    startOffset: number,
    endOffset: number,
    sizeBytes: number,
    frames: number,
  ): number {
    const { capture } = this.#services;
    const origin = this.#originCode;
    const n = capture.message(this.captured, direction, startChunk, startOffset, endOffset, sizeBytes, frames, origin);
    if (this.#sides[direction].markChunk === startChunk) this.#mark(direction, n);
    if (direction === 1) this.#copyFinder?.published(this.number, n, sizeBytes);
    return n;
  }

  encrypted(direction: Direction, startChunk: number, startOffset: number, endOffset: number, sizeBytes: number): void {
    const { capture } = this.#services;
    const origin = this.#originCode;
    const n = capture.encrypted(this.captured, direction, startChunk, startOffset, endOffset, sizeBytes, origin);
    if (this.#sides[direction].markChunk === startChunk) this.#mark(direction, n);
  }

  command(
    direction: Direction,
    code: CommandCode,
    startChunk: number,
    startOffset: number,
    endOffset: number,
    sizeBytes: number,
    isBetween: boolean,
  ): void {
    const { capture } = this.#services;
    const { captured } = this;
    const origin = this.#originCode;
    const n = capture.command(
      captured,
      direction,
      code,
      startChunk,
      startOffset,
      endOffset,
      sizeBytes,
      origin,
      isBetween,
    );
    if (this.#sides[direction].markChunk === startChunk) this.#mark(direction, n);
  }

  paired(request: number, reply: number, guessed: boolean, isLate: boolean): void {
    this.#services.capture.paired(request, reply, guessed, isLate);
  }

  exchange(n: number, state: ExchangeState): void {
    this.#services.capture.exchange(n, state);
  }

  handshake(detail: HandshakeDetail): void {
    this.#isShaking = false;
    this.#adopt(detail);
    if (this.isOwn) this.#services.onHandshake(this);
    else this.#event("handshake", handshakeRow(detail, detail.verdict));
  }

  fault(direction: Direction, detail: FaultDetail): void {
    if (!this.isOwn) this.#event("fault", { from: sideName(direction), ...detail });
  }

  #octets(
    direction: Direction,
    bytes: Buffer,
    from: number,
    to: number,
    timeNs: number,
    note: PacketNote | null,
  ): void {
    const side = this.#sides[direction];
    if (side.mode === "read") this.#read(direction, bytes, from, to, timeNs, note);
    else if (side.mode === "enter") this.#passTo(direction, bytes, from, to, timeNs, note);
    else if (side.mode !== "opaque") {
      if (side.pieces.length === 0 && side.missing === 0) side.gapTimeNs = timeNs;
      side.pieces.push({ bytes: Buffer.from(bytes.subarray(from, to)), timeNs, note });
      side.heldBytes += to - from + PIECE_BYTES;
      const { held } = this.#services;
      held.bytes += to - from + PIECE_BYTES;
      if (side.mode === "first") this.#judgeStart(direction);
      if (side.mode === "seek" && side.heldBytes >= side.searchAt) this.#search(direction, false);
      if (side.mode === "seek" && (side.heldBytes >= MAX_SEARCH_BYTES || held.bytes > held.maxBytes))
        this.#giveUp(direction);
    }
  }

  /** Whether the stream begins here after all. */
  #judgeStart(direction: Direction): void {
    const side = this.#sides[direction];
    const first = judgeFirstOctets(Buffer.concat(side.pieces.map(({ bytes }) => bytes)));
    if (first === "unclear") return;
    if (first !== "zmtp") {
      this.#loseStart(direction);
      return;
    }
    const { pieces } = side;
    this.#release(side);
    side.mode = "read";
    for (const { bytes, timeNs, note } of pieces) this.#read(direction, bytes, 0, bytes.length, timeNs, note);
  }

  #loseStart(direction: Direction): void {
    const side = this.#sides[direction];
    side.isStartMissing = true;
    if (this.#isShaking) this.#loseHandshake();
    this.#seek(side);
  }

  #read(direction: Direction, bytes: Buffer, from: number, to: number, timeNs: number, note: PacketNote | null): void {
    const { capture, clock } = this.#services;
    const side = this.#sides[direction];
    const shown = bytes.subarray(from, to);
    const kept = side.isResumed ? shown : this.#reader.borrowKept(direction, shown);
    if (side.missing > 0 || side.isStartMissing) this.#tellGap(direction);
    clock.set(timeNs);
    this.#originCode = note?.origin ?? 0;
    const chunk = kept.length === 0 ? 0 : capture.append(this.captured, direction, kept, this.#originCode);
    if (note?.mark != null) {
      side.mark = note.mark;
      side.markChunk = chunk;
    }
    this.#chunk = kept.length === 0 ? undefined : chunk;
    const { preamble } = this.captured;
    if (preamble.isOpen) preamble.add(direction, kept, timeNs);
    this.#reader.push(direction, kept.length === 0 ? shown : kept, chunk);
    if (preamble.isOpen) preamble.settle(this.#reader);
    this.#chunk = undefined;
    // Old peers send messages before the handshake is done.
    if (this.#isShaking) this.captured.framing = `zmtp${this.#reader.framing}`;
  }

  #mark(direction: Direction, n: number): void {
    const side = this.#sides[direction];
    side.markChunk = -1;
    if (side.mark !== null) this.#services.onMark(n, side.mark);
  }

  /** Looks for the next message from where the reader, or a record, stood before `skipped` octets that nobody shows. */
  #enter(direction: Direction, position: StreamPosition, skipped: number): void {
    const side = this.#sides[direction];
    const isSealed = this.#reader.encrypted;
    const bodyLeft = Math.max(0, position.octetsToNextHeader);
    const header = position.octetsToNextHeader < 0 ? Buffer.from(position.headerHex, "hex") : NO_OCTETS;
    side.mode = "enter";
    side.entry = new MessageStart(this.#framing ?? 3, bodyLeft, header, position.more && !isSealed);
    if (-position.octetsToNextHeader > header.length) this.#seek(side);
    else if (skipped > 0) this.#passHole(side, skipped);
    else if (side.entry.isReached) this.#startReading(direction);
  }

  #passHole(side: Side, octets: number): void {
    if (!side.entry!.passHole(octets)) this.#seek(side);
  }

  #passTo(
    direction: Direction,
    bytes: Buffer,
    from: number,
    to: number,
    timeNs: number,
    note: PacketNote | null,
  ): void {
    const side = this.#sides[direction];
    const entry = side.entry!;
    const at = entry.isReached ? from : entry.pass(bytes, from, to);
    side.passed += at - from;
    if (entry.isLost) {
      this.#seek(side);
      return;
    }
    if (!entry.isReached) return;
    this.#startReading(direction);
    if (at < to) this.#read(direction, bytes, at, to, timeNs, at === from ? note : null);
  }

  #startReading(direction: Direction): void {
    const side = this.#sides[direction];
    side.mode = "read";
    side.entry = null;
    side.isResumed = true;
    this.#reader.resume(direction, this.#framing ?? 3);
  }

  #seek(side: Side): void {
    side.mode = "seek";
    side.entry = null;
    side.searchAt = FIRST_SEARCH_BYTES;
  }

  /** Looks for frames in what is held; `isLast` when no more will come before a hole or the end. */
  #search(direction: Direction, isLast: boolean): void {
    const side = this.#sides[direction];
    side.searchAt = isLast ? FIRST_SEARCH_BYTES : side.searchAt * 4;
    const pieces = side.pieces;
    const starts: number[] = [];
    let length = 0;
    for (const { bytes } of pieces) {
      starts.push(length);
      length += bytes.length;
    }
    const octets = Buffer.concat(pieces.map(({ bytes }) => bytes));
    const found = this.#framing === 1 ? -1 : findFrame(octets, starts);
    if (found < 0) return;
    const body = found + headerSize(3, octets[found]!);
    if (octets.subarray(body, body + SEALED_NAME.length).equals(SEALED_NAME)) this.#seal();
    this.#release(side);
    side.mode = "enter";
    // Nothing tells whether the first frame begins a message or goes on with one.
    side.entry = new MessageStart(this.#framing ?? 3, 0, NO_OCTETS, true);
    let at = 0;
    for (const { bytes, timeNs, note } of pieces) {
      const skipped = Math.min(Math.max(0, found - at), bytes.length);
      side.passed += skipped;
      at += bytes.length;
      if (skipped < bytes.length) this.#octets(direction, bytes, skipped, bytes.length, timeNs, note);
    }
  }

  #giveUp(direction: Direction): void {
    const side = this.#sides[direction];
    this.#dropPieces(side);
    side.mode = "opaque";
    if (side.missing === 0 && side.passed === 0) {
      side.isStartMissing = false;
      return;
    }
    const name = sideName(direction);
    const what = side.isStartMissing
      ? `The beginning of what the ${name} sent is not in the file`
      : `Octets of what the ${name} sent are not in the file`;
    this.#services.clock.set(side.gapTimeNs);
    this.#event("fault", {
      from: name,
      code: side.isStartMissing ? "start-missing" : "octets-missing",
      message: `${what}, and where messages begin behind it cannot be told for certain, so none of them are shown.`,
      ...(side.missing > 0 ? { octets: side.missing } : {}),
      bytesHex: "",
    });
    side.isStartMissing = false;
    side.missing = 0;
    side.passed = 0;
  }

  #dropPieces(side: Side): void {
    for (const { bytes } of side.pieces) side.passed += bytes.length;
    this.#release(side);
  }

  #release(side: Side): void {
    this.#services.held.bytes -= side.heldBytes;
    side.heldBytes = 0;
    side.pieces = [];
  }

  #noteGap(side: Side, octets: number, timeNs: number): void {
    if (side.missing === 0) side.gapTimeNs = timeNs;
    side.missing += octets;
  }

  /** Tells once of holes between two rows. */
  #tellGap(direction: Direction): void {
    const side = this.#sides[direction];
    const { missing, passed, isStartMissing } = side;
    side.missing = 0;
    side.passed = 0;
    side.isStartMissing = false;
    if (missing === 0 && !isStartMissing) return;
    const name = sideName(direction);
    const what = isStartMissing
      ? `the beginning of what the ${name} sent is not in the file`
      : `${missing} ${missing === 1 ? "octet" : "octets"} from the ${name} ${missing === 1 ? "is" : "are"} missing in the file`;
    const more = passed === 0 ? "" : `; ${passed} more were passed over up to the next message`;
    this.#services.clock.set(side.gapTimeNs);
    this.#event("gap", { from: name, octets: missing, passed, message: what + more });
  }

  /** Greetings and metadata are not in the file as a whole: both are taken for ZMTP 3 peers of which little is known. */
  #loseHandshake(): void {
    this.#isShaking = false;
    this.captured.preamble = Preamble.fromHex(["", ""], 0);
    const known = this.#reader.handshakeDetail();
    const detail: HandshakeDetail = { ...known, state: "done", version: known.version ?? "3.x", verdict: null };
    this.#reader.restore(detail, null);
    this.#adopt(detail);
  }

  /** What was found are boxes, although nobody heard which mechanism sealed them. */
  #seal(): void {
    const detail = this.#reader.handshakeDetail();
    if (detail.mechanism !== null) return;
    this.#reader.restore({ ...detail, mechanism: "CURVE" }, null);
  }

  #adopt(detail: HandshakeDetail): void {
    const { client, server } = detail.rekeyed ?? { client: null, server: null };
    adoptHandshake(this.captured, detail, detail.state === "done" && (client === "CURVE" || server === "CURVE"));
    this.captured.framing = `zmtp${this.#framing ?? this.#reader.framing}`;
    this.captured.facts = handshakeFacts(detail, this.#addresses, problemOf(detail.verdict));
    // A tap's own subscriber is none of the publisher's.
    if (detail.state !== "done" || this.#isOver || this.captured.info.origin === "watch") return;
    this.#copyFinder = this.#services.copyFinder(this.#tap.id, detail.sockets);
    this.#copyFinder?.join(this.number);
  }

  #record(): object {
    return { handshake: this.#reader.handshakeDetail(), decrypted: this.captured.isDecrypted };
  }

  #event(name: EventName, detail: object): void {
    this.#services.capture.event(this.captured, this.#tap.id, this.#tap.name, name, detail, this.#chunk);
  }
}

function sideName(direction: Direction): "client" | "server" {
  return direction === 0 ? "client" : "server";
}
