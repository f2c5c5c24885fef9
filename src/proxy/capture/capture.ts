import type { CaptureStats, Direction, EventName, ExchangeState, Origin, RowKind, TapId } from "../../shared/model.ts";
import { COMMAND_CODES, type CommandCode } from "../wire/linkSink.ts";
import { CapturedLink, type LinkInfo } from "./capturedLink.ts";
import { Clock } from "./clock.ts";
import { FrameWalker } from "./frameWalker.ts";
import { type Page, Pages } from "./pages.ts";
import { RowOctets } from "./rowOctets.ts";
import { SlabStore } from "./slabStore.ts";

export { CapturedLink, type LinkInfo };

/** Everything the index knows of a row, as numbers and names; made when somebody looks at it. */
export type RawRow = {
  readonly n: number;
  readonly kind: RowKind;
  /** `null` for an event of the tap itself. */
  readonly link: CapturedLink | null;
  readonly tap: TapId;
  readonly tapName: string;
  /** `null` for an event that no peer sent. */
  readonly direction: Direction | null;
  readonly origin: Origin;
  /** Nanoseconds since the clock's anchor: arrival of the chunk that completed it. */
  readonly timeNs: number;
  readonly sizeBytes: number;
  readonly frames: number;
  readonly exchange: ExchangeState;
  readonly guessed: boolean;
  readonly partner: number | null;
  readonly latencyNs: number | null;
  readonly event: EventName | null;
  /** What an event was reported with; `null` for messages and commands, whose octets say it. */
  readonly detail: Readonly<Record<string, unknown>> | null;
  readonly command: CommandCode | null;
};

export type FrameSize = { readonly sizeBytes: number; readonly keptBytes: number };
/** `prefix` is a copy of the frame's first octets. */
export type FramePrefix = FrameSize & { readonly prefix: Uint8Array };

/** Where a row lies, as numbers, for whoever looks at very many rows; see place(). */
export type RowPlace = {
  /** One of the row kinds below. */
  kind: 0 | 1 | 2 | 3;
  direction: Direction;
  origin: OriginCode;
  /** A command between the frames of a message, whose row comes later. */
  isBetween: boolean;
  /** 0 for an event of a tap. */
  linkNumber: number;
  /** First octet of its first frame header. The chunk may be gone. */
  startChunk: number;
  startOffset: number;
  /** The chunk that completed it, which tells its time. */
  endChunk: number;
};

/** Who put octets on the wire, as a number. */
const ORIGINS = ["wire", "replay", "call"] as const satisfies readonly Origin[];
export type OriginCode = 0 | 1 | 2;

const EXCHANGES = [
  "none",
  "pending",
  "answered",
  "reply",
  "unasked",
  "abandoned",
  "lost",
] as const satisfies readonly ExchangeState[];

/** Longest event, as JSON. */
const MAX_EVENT_BYTES = 16_384;

// A row record. START and END are chunks, PARTNER a row, each by its low 32 bits.
const ROW_WORDS = 8;
const ROWS_PER_PAGE = 4096;
const START = 0;
const END = 1;
const PARTNER = 2;
const SIZE = 3;
const LINK = 4;
const META = 5;
const OFFSET_AND_FRAMES = 6;
const LATENCY = 7;

// META, from bit 0: kind 2, command code 3, direction 1, exchange 3, guessed 1, has a partner 1, origin 2, between 1; from bit 16: size above 32 bits.
export const KIND_MESSAGE = 0;
const KIND_ENCRYPTED = 1;
export const KIND_EVENT = 2;
const KIND_COMMAND = 3;
const CODE_SHIFT = 2;
const DIRECTION_SHIFT = 5;
const EXCHANGE_SHIFT = 6;
const GUESSED = 1 << 9;
const HAS_PARTNER = 1 << 10;
const ORIGIN_SHIFT = 11;
/** A command between the frames of a message. */
const IS_BETWEEN = 1 << 13;
const MANY_FRAMES = 0xffff;
/** Row pages up to this share of the bound are kept for reuse: what evicting a segment of small messages frees. */
const SPARE_SHARE = 32;
const TWO_TO_32 = 4_294_967_296;
const NOTHING = new Uint8Array(0);

/**
 * What the taps saw, in memory: slabs of pcapng blocks and a typed-array index of rows, bounded by `maxBytes` (slabs and
 * index together), the oldest evicted first. append() and the row functions make no object, since they run per message.
 * seen = kept + evicted holds at any time.
 */
export class Capture {
  readonly clock: Clock;
  /** Called after an eviction with the first row that is still kept. */
  onEvict: ((firstN: number) => void) | undefined;
  readonly #store: SlabStore;
  readonly #rows = new Pages(ROW_WORDS, ROWS_PER_PAGE);
  readonly #walker: FrameWalker;
  #rowPage: Page | undefined;
  /** Of the chunk appended last, so that most rows need no look-up. */
  #lastFirst = -1;
  #lastFirstLength = 0;

  /** `maxBytes` below 16 MiB counts as 16 MiB. `segmentBytes` is for tests. */
  constructor(options: { maxBytes: number; clock?: Clock; segmentBytes?: number }) {
    this.clock = options.clock ?? new Clock();
    this.#store = new SlabStore({
      clock: this.clock,
      maxBytes: options.maxBytes,
      segmentBytes: options.segmentBytes,
      rowBytes: () => this.#rows.usedBytes,
      onEvict: (firstRow) => this.#forgetBelow(firstRow),
    });
    this.#walker = new FrameWalker(this.#store);
  }

  /** First kept row; lastN + 1 when nothing is kept. */
  get firstN(): number {
    return this.#store.firstRow;
  }

  get lastN(): number {
    return this.#store.nextRow - 1;
  }

  /** Writes the conversation's SYN packets. The caller sets sockets, identity, framing and facts when it knows them. */
  openLink(info: LinkInfo): CapturedLink {
    return this.#store.openLink(info);
  }

  /** Writes FIN both ways and lets go of `record`. The link itself is forgotten with its last row. */
  closeLink(link: CapturedLink): void {
    this.#store.closeLink(link);
  }

  /**
   * Copies `bytes`, once. Returns the number of the first of its chunks, which follow without gaps; positions in later
   * calls count from that one on, however `bytes` was cut. Hand over at most 1 MiB at once, or a single message.
   */
  append(link: CapturedLink, direction: Direction, bytes: Uint8Array, origin: OriginCode): number {
    const first = this.#store.append(link, direction, bytes, origin);
    this.#lastFirst = first;
    this.#lastFirstLength = first === this.#store.lastChunk ? bytes.length : this.#store.chunkLength(first);
    return first;
  }

  /** LinkSink.message: a message ended in the chunk appended last for this direction. */
  message(
    link: CapturedLink,
    direction: Direction,
    startChunk: number,
    startOffset: number,
    _endOffset: number,
    sizeBytes: number,
    frames: number,
    origin: OriginCode,
  ): number {
    const meta = KIND_MESSAGE | (direction << DIRECTION_SHIFT) | (origin << ORIGIN_SHIFT);
    return this.#addRow(link, direction, meta, startChunk, startOffset, sizeBytes, frames);
  }

  /** LinkSink.encrypted. */
  encrypted(
    link: CapturedLink,
    direction: Direction,
    startChunk: number,
    startOffset: number,
    _endOffset: number,
    sizeBytes: number,
    origin: OriginCode,
  ): number {
    const meta = KIND_ENCRYPTED | (direction << DIRECTION_SHIFT) | (origin << ORIGIN_SHIFT);
    return this.#addRow(link, direction, meta, startChunk, startOffset, sizeBytes, 1);
  }

  /** LinkSink.command: shown as an event of the command's name. */
  command(
    link: CapturedLink,
    direction: Direction,
    code: CommandCode,
    startChunk: number,
    startOffset: number,
    _endOffset: number,
    sizeBytes: number,
    origin: OriginCode,
    isBetween = false,
  ): number {
    const kind = KIND_COMMAND | (isBetween ? IS_BETWEEN : 0);
    const meta = kind | (code << CODE_SHIFT) | (direction << DIRECTION_SHIFT) | (origin << ORIGIN_SHIFT);
    return this.#addRow(link, direction, meta, startChunk, startOffset, sizeBytes, 1);
  }

  /**
   * An event that no peer sent as such. `detail` is stored as JSON; above 16 KiB only its beginning, as text. What octets
   * gave rise to has the time of their chunk (`fromChunk`), like the messages in it; else it is now.
   */
  event(
    link: CapturedLink | null,
    tap: TapId,
    tapName: string,
    name: EventName,
    detail: object,
    fromChunk?: number,
  ): number {
    let json = JSON.stringify({ zmqTap: "event", event: name, tap, tapName, link: link?.info.link ?? null, detail });
    if (Buffer.byteLength(json) > MAX_EVENT_BYTES) {
      const short = { truncated: true, text: JSON.stringify(detail).slice(0, 1000) };
      const shortName = tapName.slice(0, 200);
      json = JSON.stringify({ zmqTap: "event", event: name, tap, tapName: shortName, link: null, detail: short });
    }
    const chunk = this.#store.appendJson(
      link,
      json,
      fromChunk === undefined ? this.clock.nowNs() : this.#store.chunkTimeNs(fromChunk),
    );
    const origin = link === null ? 0 : ORIGINS.indexOf(link.info.origin);
    const n = this.#store.nextRow;
    this.#write(n, KIND_EVENT | (origin << ORIGIN_SHIFT), chunk, chunk, 0, 0, 0, link?.info.link ?? 0);
    this.#store.nextRow = n + 1;
    return n;
  }

  /** Request row `request` got its reply. Rows that are gone are left out. */
  paired(request: number, reply: number, guessed: boolean): void {
    const flags = HAS_PARTNER | (guessed ? GUESSED : 0);
    const latencyNs = Math.fround(this.#timeNs(reply) - this.#timeNs(request));
    this.#pair(request, reply, EXCHANGES.indexOf("answered"), flags, -1);
    this.#pair(reply, request, EXCHANGES.indexOf("reply"), flags, request >= this.firstN ? latencyNs : -1);
  }

  exchange(n: number, state: ExchangeState): void {
    if (!this.#isKept(n)) return;
    const words = this.#rows.page(n)!.words;
    const meta = this.#rows.at(n) + META;
    words[meta] = (words[meta]! & ~(7 << EXCHANGE_SHIFT)) | (EXCHANGES.indexOf(state) << EXCHANGE_SHIFT);
  }

  stats(): Omit<CaptureStats, "messagesPerSecond"> {
    const { firstN, lastN } = this;
    const { usedBytes, maxBytes } = this.#store;
    return { seen: lastN, kept: lastN - firstN + 1, evicted: firstN - 1, firstN, lastN, usedBytes, maxBytes };
  }

  /** Row `n`, or undefined when it is not kept. */
  row(n: number): RawRow | undefined {
    if (!this.#isKept(n)) return undefined;
    const words = this.#rows.page(n)!.words;
    const at = this.#rows.at(n);
    const meta = words[at + META]!;
    const kind = meta & 3;
    const link = this.#store.link(words[at + LINK]!) ?? null;
    const own = kind === KIND_EVENT ? this.#eventRecord(this.#chunkOf(words[at + START]!)) : null;
    const code = (meta >>> CODE_SHIFT) & 7;
    const latencyNs = this.#rows.page(n)!.floats[at + LATENCY]!;
    const storedFrames = words[at + OFFSET_AND_FRAMES]! >>> 16;
    return {
      n,
      kind: kind === KIND_MESSAGE ? "message" : kind === KIND_ENCRYPTED ? "encrypted" : "event",
      link,
      tap: own?.tap ?? link?.info.tap ?? "",
      tapName: own?.tapName ?? link?.info.tapName ?? "",
      direction: own === null ? (((meta >>> DIRECTION_SHIFT) & 1) as Direction) : null,
      origin: ORIGINS[(meta >>> ORIGIN_SHIFT) & 3] ?? "wire",
      timeNs: this.#store.chunkTimeNs(this.#chunkOf(words[at + END]!)),
      sizeBytes: (meta >>> 16) * TWO_TO_32 + words[at + SIZE]!,
      frames: storedFrames === MANY_FRAMES ? this.#countFrames(n) : storedFrames,
      exchange: EXCHANGES[(meta >>> EXCHANGE_SHIFT) & 7] ?? "none",
      guessed: (meta & GUESSED) !== 0,
      partner: (meta & HAS_PARTNER) === 0 ? null : this.#rowOf(words[at + PARTNER]!),
      latencyNs: latencyNs < 0 ? null : latencyNs,
      event: kind === KIND_COMMAND ? COMMAND_CODES[code]! : (own?.event ?? null),
      detail: own?.detail ?? null,
      command: kind === KIND_COMMAND ? (code as CommandCode) : null,
    };
  }

  /**
   * Sizes of the first `limit` frames of a message (the one frame of a command or encrypted row), and how many more there
   * are. Of a message whose beginning was evicted, only a single frame has a known size; several are all counted as more.
   */
  frames(n: number, limit: number): { frames: FrameSize[]; more: number } {
    return this.framePrefixes(n, limit, 0);
  }

  /** As frames(), in one walk with up to `prefixBytes` octets of each frame. */
  framePrefixes(n: number, limit: number, prefixBytes: number): { frames: FramePrefix[]; more: number } {
    const frames: FramePrefix[] = [];
    const total = this.#isKept(n) ? this.#storedFrames(n) : 0;
    const walker = this.#walker;
    if (!this.#seek(n, walker)) {
      if (total === 1 && limit > 0) frames.push({ sizeBytes: this.#sizeBytes(n), keptBytes: 0, prefix: NOTHING });
      return { frames, more: total - frames.length };
    }
    while (frames.length < Math.min(limit, total) && this.#nextFrame(n, walker)) {
      const sizeBytes = walker.sizeBytes;
      const prefix = prefixBytes === 0 ? NOTHING : readBody(walker, Math.min(prefixBytes, sizeBytes));
      const skipped = walker.skip(sizeBytes - prefix.length);
      frames.push({ sizeBytes, keptBytes: prefix.length + (skipped < 0 ? -skipped - 1 : skipped), prefix });
    }
    return { frames, more: (total === MANY_FRAMES ? this.#countFrames(n) : total) - frames.length };
  }

  /** A copy of up to `count` octets of a frame; shorter at its end and where it is only partly kept. */
  readFrame(n: number, frame: number, from: number, count: number): Uint8Array {
    const walker = this.#walker;
    if (!this.#seek(n, walker)) return new Uint8Array(0);
    for (let index = 0; index <= frame; index++) if (!this.#nextFrame(n, walker)) return new Uint8Array(0);
    const start = Math.max(0, from);
    if (walker.skip(start) < start) return new Uint8Array(0);
    return readBody(walker, Math.min(count, walker.sizeBytes - start));
  }

  /** Up to `limit` octets of the body of a command or encrypted row. */
  commandBytes(n: number, limit: number): Uint8Array {
    return this.commandBody(n, limit).bytes;
  }

  /** As commandBytes(); `isCommand` tells a command frame from a subscription sent as a message. */
  commandBody(n: number, limit: number): { bytes: Uint8Array; isCommand: boolean } {
    const walker = this.#walker;
    if (!this.#seek(n, walker) || !walker.nextHeader()) return { bytes: new Uint8Array(0), isCommand: false };
    return { bytes: readBody(walker, Math.min(limit, walker.sizeBytes)), isCommand: walker.isCommand };
  }

  /** Evicts everything kept; the counters go on. */
  clear(): void {
    this.#store.clear();
  }

  /** At least 16 MiB. Evicts at once what no longer fits. */
  setMaxBytes(maxBytes: number): void {
    this.#store.setMaxBytes(maxBytes);
  }

  /** The slabs as they are, oldest first: together a pcapng file. Valid until the next append. */
  borrowSections(): Uint8Array[] {
    return this.#store.borrowSections();
  }

  /** A walker of its own over the frames of any row; see seekRow(). */
  newWalker(): FrameWalker {
    return new FrameWalker(this.#store);
  }

  /**
   * Places `walker` at the first frame header of row `n` and returns how many frames to read: message frames only, of
   * which 65,535 and more are read until one has no MORE. 0 for events and for rows that are gone.
   */
  seekRow(n: number, walker: FrameWalker): number {
    return this.#isKept(n) && this.#seek(n, walker) ? this.#storedFrames(n) : 0;
  }

  /** Whether row `n` is an event that no peer sent, or a command: what is told in words. */
  isEvent(n: number): boolean {
    if (!this.#isKept(n)) return false;
    const kind = this.#rows.page(n)!.words[this.#rows.at(n) + META]! & 3;
    return kind === KIND_EVENT || kind === KIND_COMMAND;
  }

  isEncrypted(n: number): boolean {
    return this.#isKept(n) && (this.#rows.page(n)!.words[this.#rows.at(n) + META]! & 3) === KIND_ENCRYPTED;
  }

  /** Fills `place` with where row `n` lies; false when it is not kept. */
  place(n: number, place: RowPlace): boolean {
    if (!this.#isKept(n)) return false;
    const words = this.#rows.page(n)!.words;
    const at = this.#rows.at(n);
    const meta = words[at + META]!;
    place.kind = (meta & 3) as RowPlace["kind"];
    place.direction = ((meta >>> DIRECTION_SHIFT) & 1) as Direction;
    place.origin = ((meta >>> ORIGIN_SHIFT) & 3) as OriginCode;
    place.isBetween = (meta & IS_BETWEEN) !== 0;
    place.linkNumber = words[at + LINK]!;
    place.startChunk = this.#chunkOf(words[at + START]!);
    place.startOffset = words[at + OFFSET_AND_FRAMES]! & 0xffff;
    place.endChunk = this.#chunkOf(words[at + END]!);
    return true;
  }

  /** A kept row's link, by the number that place() gave. */
  link(linkNumber: number): CapturedLink | undefined {
    return this.#store.link(linkNumber);
  }

  /** When a chunk came, since the clock's anchor; of one that is gone, when the oldest kept one did. */
  chunkTimeNs(chunk: number): number {
    return this.#store.chunkTimeNs(chunk);
  }

  /** A walk of its own over the octets of rows as they were on the wire. */
  newRowOctets(): RowOctets {
    return new RowOctets(this.#store);
  }

  #addRow(
    link: CapturedLink,
    direction: Direction,
    meta: number,
    startChunk: number,
    startOffset: number,
    sizeBytes: number,
    frames: number,
  ): number {
    const n = this.#store.nextRow;
    let chunk = startChunk;
    let offset = startOffset;
    if (chunk !== this.#lastFirst || offset >= this.#lastFirstLength) {
      const firstKept = this.#store.firstChunk;
      const last = link.lastChunk[direction]!;
      while (chunk >= firstKept && chunk < last) {
        const length = this.#store.chunkLength(chunk);
        if (offset < length) break;
        offset -= length;
        chunk++;
      }
    }
    this.#write(n, meta, chunk, link.lastChunk[direction]!, offset, sizeBytes, frames, link.info.link);
    this.#store.nextRow = n + 1;
    return n;
  }

  #write(
    n: number,
    meta: number,
    start: number,
    end: number,
    offset: number,
    sizeBytes: number,
    frames: number,
    link: number,
  ): void {
    let page = this.#rowPage;
    const at = (n % ROWS_PER_PAGE) * ROW_WORDS;
    if (at === 0 || page === undefined) page = this.#openRowPage(n);
    const words = page.words;
    words[at + START] = start;
    words[at + END] = end;
    words[at + PARTNER] = 0;
    words[at + SIZE] = sizeBytes;
    words[at + LINK] = link;
    words[at + META] = sizeBytes < TWO_TO_32 ? meta : meta | (Math.floor(sizeBytes / TWO_TO_32) << 16);
    words[at + OFFSET_AND_FRAMES] = offset | ((frames < MANY_FRAMES ? frames : MANY_FRAMES) << 16);
    page.floats[at + LATENCY] = -1;
  }

  #openRowPage(n: number): Page {
    this.#store.makeRoom(this.#rows.pageBytes);
    const page = this.#rows.page(n) ?? this.#rows.open(n);
    this.#rowPage = page;
    return page;
  }

  #forgetBelow(firstRow: number): void {
    this.#rows.dropBelow(firstRow, Math.floor(this.#store.maxBytes / SPARE_SHARE / this.#rows.pageBytes));
    if (firstRow === this.#store.nextRow) this.#rowPage = undefined;
    this.onEvict?.(firstRow);
  }

  #pair(n: number, partner: number, exchange: number, flags: number, latencyNs: number): void {
    if (!this.#isKept(n)) return;
    const page = this.#rows.page(n)!;
    const at = this.#rows.at(n);
    page.words[at + PARTNER] = partner;
    page.words[at + META] =
      (page.words[at + META]! & ~((7 << EXCHANGE_SHIFT) | GUESSED)) | (exchange << EXCHANGE_SHIFT) | flags;
    page.floats[at + LATENCY] = latencyNs;
  }

  #isKept(n: number): boolean {
    return n >= this.#store.firstRow && n < this.#store.nextRow;
  }

  #timeNs(n: number): number {
    if (!this.#isKept(n)) return 0;
    return this.#store.chunkTimeNs(this.#chunkOf(this.#rows.page(n)!.words[this.#rows.at(n) + END]!));
  }

  #sizeBytes(n: number): number {
    const words = this.#rows.page(n)!.words;
    const at = this.#rows.at(n);
    return (words[at + META]! >>> 16) * TWO_TO_32 + words[at + SIZE]!;
  }

  /** As stored: MANY_FRAMES stands for that many or more. */
  #storedFrames(n: number): number {
    return this.#rows.page(n)!.words[this.#rows.at(n) + OFFSET_AND_FRAMES]! >>> 16;
  }

  #countFrames(n: number): number {
    const walker = this.newWalker();
    if (!this.#seek(n, walker)) return MANY_FRAMES;
    let count = 0;
    while (this.#nextFrame(n, walker)) {
      count++;
      if (!walker.hasMore) break;
    }
    return count;
  }

  /** Chunk whose low 32 bits are `low`: the newest such one. */
  #chunkOf(low: number): number {
    const last = this.#store.lastChunk;
    return last - ((last - low) >>> 0);
  }

  #rowOf(low: number): number {
    const last = this.lastN;
    return last - ((last - low) >>> 0);
  }

  #seek(n: number, walker: FrameWalker): boolean {
    if (!this.#isKept(n)) return false;
    const words = this.#rows.page(n)!.words;
    const at = this.#rows.at(n);
    if ((words[at + META]! & 3) === KIND_EVENT) return false;
    const framing = this.#store.link(words[at + LINK]!)?.framing ?? "zmtp3";
    return walker.seek(this.#chunkOf(words[at + START]!), words[at + OFFSET_AND_FRAMES]! & 0xffff, framing);
  }

  /** The next frame that belongs to the row: command frames between the frames of a message do not. */
  #nextFrame(n: number, walker: FrameWalker): boolean {
    const isMessage = (this.#rows.page(n)!.words[this.#rows.at(n) + META]! & 3) === KIND_MESSAGE;
    do {
      if (!walker.nextHeader()) return false;
    } while (isMessage && walker.isCommand);
    return true;
  }

  #eventRecord(
    chunk: number,
  ): { tap: TapId; tapName: string; event: EventName; detail: Record<string, unknown> } | null {
    const from = this.#store.chunkOffset(chunk);
    const slab = this.#store.borrowSlab(chunk);
    return JSON.parse(slab.toString("utf8", from, from + this.#store.chunkLength(chunk))) as {
      tap: TapId;
      tapName: string;
      event: EventName;
      detail: Record<string, unknown>;
    };
  }
}

function readBody(walker: FrameWalker, count: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, count));
  let filled = 0;
  while (filled < bytes.length && walker.nextSpan(bytes.length - filled)) {
    bytes.set(walker.slab.subarray(walker.from, walker.to), filled);
    filled += walker.to - walker.from;
  }
  return filled === bytes.length ? bytes : bytes.slice(0, filled);
}
