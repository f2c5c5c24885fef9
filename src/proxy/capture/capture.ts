import {
  type CaptureStats,
  type Direction,
  type EventName,
  EXCHANGES,
  type ExchangeState,
  type Mark,
  type Origin,
  ORIGINS,
  type RowKind,
  type TapId,
} from "../../shared/model.ts";
import { tooMuchPinned } from "../faults.ts";
import { COMMAND_CODES, type CommandCode } from "../wire/linkSink.ts";
import { CapturedLink, type Framing, type KnownLink, type LinkInfo } from "./capturedLink.ts";
import { Clock } from "./clock.ts";
import { type CopiedRow, copyRows } from "./copyRows.ts";
import { FrameWalker } from "./frameWalker.ts";
import { Marks } from "./marks.ts";
import type { Page } from "./pages.ts";
import {
  CODE_SHIFT,
  DIRECTION_SHIFT,
  EXCHANGE_BITS,
  EXCHANGE_SHIFT,
  GUESSED,
  HAS_COPIES,
  HAS_PARTNER,
  IS_BETWEEN,
  IS_COPY,
  IS_DUPLICATE,
  IS_HEARTBEAT,
  IS_LATE,
  KIND_COMMAND,
  KIND_ENCRYPTED,
  KIND_EVENT,
  KIND_MESSAGE,
  MANY_FRAMES,
  originBits,
  type OriginCode,
  originOf,
  sizeBits,
  sizeOf,
  SUBSCRIBERS,
} from "./rowRecord.ts";
import {
  LEAVE,
  ROW_END as END,
  ROW_LATENCY as LATENCY,
  ROW_LINK as LINK,
  ROW_META as META,
  ROW_OFFSET_AND_FRAMES as OFFSET_AND_FRAMES,
  ROW_PARTNER as PARTNER,
  ROW_SIZE as SIZE,
  ROW_START as START,
  ROW_WORDS,
  ROWS_PER_PAGE,
  type Segment,
} from "./segment.ts";
import { NO_ROW_FINDINGS, type RowFindings } from "./rowFindings.ts";
import { RowOctets } from "./rowOctets.ts";
import { NO_TALK, type Talk } from "./talk.ts";
import { SegmentStore } from "./segmentStore.ts";
import { SegmentWriter } from "./segmentWriter.ts";

export { CapturedLink, type KnownLink, type LinkInfo, type OriginCode };

/** Everything the index knows of a row, as numbers and names; made when somebody looks at it. */
export type RawRow = {
  readonly n: number;
  readonly kind: RowKind;
  /** `null` for an event of the tap itself. */
  readonly link: KnownLink | null;
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
  /** Of a publication that several subscribers got through taps: how many, of how many; else 0. */
  readonly copies: number;
  readonly subscribers: number;
  /** The first copy's row when this is a further one. */
  readonly copyOf: number | null;
  /** Of messages; see rowRecord.ts. */
  readonly isLate: boolean;
  readonly isDuplicate: boolean;
  readonly isHeartbeat: boolean;
};

export type FrameSize = { readonly sizeBytes: number; readonly keptBytes: number };
/** `prefix` is a copy of the frame's first octets. */
export type FramePrefix = FrameSize & { readonly prefix: Uint8Array };

/** Where a row lies, as numbers, for whoever looks at very many rows; see place(). */
export type RowPlace = {
  /** KIND_MESSAGE and so on, of rowRecord.ts. */
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

/** One to be filled. */
export function noPlace(): RowPlace {
  return {
    kind: 0,
    direction: 0,
    origin: 0,
    isBetween: false,
    linkNumber: 0,
    startChunk: 0,
    startOffset: 0,
    endChunk: 0,
  };
}

/** Longest event, as JSON. */
const MAX_EVENT_BYTES = 16_384;

const NOTHING = new Uint8Array(0);

/** Requests whose time is remembered when their segment leaves memory. */
const MAX_WAITING = 65_536;

/**
 * What the taps saw: segments of pcapng blocks and a typed-array index of rows, in memory up to `maxBytes` (slabs and index
 * together) and beyond that on the shelf, if there is one; the oldest is evicted first. append() and the row functions make
 * no object, since they run per message. seen = kept + evicted holds at any time. Reading a row that is on disk only reads
 * the disk, unless prepare() has done so.
 */
export class Capture {
  readonly clock: Clock;
  readonly marks = new Marks();
  /** What its messages say; set by whoever understands them. */
  talk: Talk = NO_TALK;
  /** What was found about its rows; set by whoever looks for it. */
  findings: RowFindings = NO_ROW_FINDINGS;
  /** Until when what goes behind the traffic rests, since somebody waits for an answer: a time of performance.now(). */
  quietUntilMs = 0;
  readonly store: SegmentStore;
  readonly #writer: SegmentWriter;
  readonly #walker: FrameWalker;
  /** Of the chunk appended last, so that most rows need no look-up. */
  #lastFirst = -1;
  #lastFirstLength = 0;
  /** Of the row that place() was asked for. */
  #placed: Segment | undefined;
  /** Times of requests that wait for a reply and are on disk only. */
  readonly #waiting = new Map<number, number>();

  /** `maxBytes` below 16 MiB counts as 16 MiB. `segmentBytes` is for tests. */
  constructor(options: { maxBytes: number; clock?: Clock; segmentBytes?: number }) {
    this.clock = options.clock ?? new Clock();
    this.store = new SegmentStore({
      clock: this.clock,
      maxBytes: options.maxBytes,
      onEvict: () => {
        if (this.marks.size > 0) this.marks.keepOnly((n) => this.isKept(n));
      },
      onLeave: (segment) => this.#rememberWaiting(segment),
    });
    this.#writer = new SegmentWriter(this.store, this.clock, options.segmentBytes);
    this.#walker = new FrameWalker(this.store);
  }

  /** First kept row; lastN + 1 when nothing is kept. */
  get firstN(): number {
    return this.store.firstRow;
  }

  get lastN(): number {
    return this.store.nextRow - 1;
  }

  /** Writes the conversation's SYN packets. The caller sets sockets, identity, framing and facts when it knows them. */
  openLink(info: LinkInfo): CapturedLink {
    return this.#writer.openLink(info);
  }

  /** Writes FIN both ways and lets go of `record`. The link itself is forgotten with its last row. */
  closeLink(link: CapturedLink): void {
    this.#writer.closeLink(link);
  }

  /**
   * Copies `bytes`, once. Returns the number of the first of its chunks, which follow without gaps; positions in later
   * calls count from that one on, however `bytes` was cut. Hand over at most 1 MiB at once, or a single message.
   */
  append(link: CapturedLink, direction: Direction, bytes: Uint8Array, origin: OriginCode): number {
    const first = this.#writer.append(link, direction, bytes, origin);
    this.#lastFirst = first;
    this.#lastFirstLength = first === this.store.lastChunk ? bytes.length : this.store.chunkLength(first);
    return first;
  }

  /** LinkSink.message: a message ended in the chunk appended last for this direction. */
  message(
    link: CapturedLink,
    direction: Direction,
    startChunk: number,
    startOffset: number,
    endOffset: number,
    sizeBytes: number,
    frames: number,
    origin: OriginCode,
  ): number {
    const meta = KIND_MESSAGE | (direction << DIRECTION_SHIFT) | originBits(origin);
    const n = this.#addRow(link, direction, meta, startChunk, startOffset, endOffset, sizeBytes, frames);
    this.#count(link);
    return n;
  }

  /** LinkSink.encrypted. */
  encrypted(
    link: CapturedLink,
    direction: Direction,
    startChunk: number,
    startOffset: number,
    endOffset: number,
    sizeBytes: number,
    origin: OriginCode,
  ): number {
    const meta = KIND_ENCRYPTED | (direction << DIRECTION_SHIFT) | originBits(origin);
    const n = this.#addRow(link, direction, meta, startChunk, startOffset, endOffset, sizeBytes, 1);
    this.#count(link);
    return n;
  }

  /** LinkSink.command: shown as an event of the command's name. */
  command(
    link: CapturedLink,
    direction: Direction,
    code: CommandCode,
    startChunk: number,
    startOffset: number,
    endOffset: number,
    sizeBytes: number,
    origin: OriginCode,
    isBetween = false,
  ): number {
    const kind = KIND_COMMAND | (isBetween ? IS_BETWEEN : 0);
    const meta = kind | (code << CODE_SHIFT) | (direction << DIRECTION_SHIFT) | originBits(origin);
    return this.#addRow(link, direction, meta, startChunk, startOffset, endOffset, sizeBytes, 1);
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
    const timeNs = fromChunk === undefined ? this.clock.nowNs() : this.store.chunkTimeNs(fromChunk);
    const time = this.clock.toIso(timeNs);
    const number = link?.info.link ?? null;
    let json = JSON.stringify({ zmqTap: "event", event: name, time, tap, tapName, link: number, detail });
    if (Buffer.byteLength(json) > MAX_EVENT_BYTES) {
      const short = { truncated: true, text: JSON.stringify(detail).slice(0, 1000) };
      const shortName = tapName.slice(0, 200);
      json = JSON.stringify({
        zmqTap: "event",
        event: name,
        time,
        tap,
        tapName: shortName,
        link: number,
        detail: short,
      });
    }
    const chunk = this.#writer.appendJson(link, json, timeNs);
    const origin = link === null ? 0 : ORIGINS.indexOf(link.info.origin);
    return this.#write(KIND_EVENT | originBits(origin), chunk, chunk, 0, 0, 0, link?.info.link ?? 0);
  }

  /**
   * Request row `request` got its reply, which `isLate` when the requester had given up. Rows that are gone are left out.
   */
  paired(request: number, reply: number, guessed: boolean, isLate = false): void {
    const flags = HAS_PARTNER | (guessed ? GUESSED : 0);
    const askedNs = this.#memoryTimeNs(request) ?? this.#waiting.get(request);
    const latencyNs = askedNs === undefined ? -1 : Math.fround((this.#memoryTimeNs(reply) ?? askedNs) - askedNs);
    this.#waiting.delete(request);
    this.#pair(request, reply, EXCHANGES.indexOf("answered"), flags, -1);
    const late = isLate ? IS_LATE : 0;
    this.#pair(reply, request, EXCHANGES.indexOf("reply"), flags | late, request >= this.firstN ? latencyNs : -1);
  }

  /** Takes back that row `n` has a partner. */
  unpaired(n: number, state: ExchangeState): void {
    const set = EXCHANGES.indexOf(state) << EXCHANGE_SHIFT;
    this.store.patchRow(n, EXCHANGE_BITS | GUESSED | HAS_PARTNER | IS_LATE, set, LEAVE, -1);
  }

  /** Message `n` is a heartbeat, or the answer to one. Told once of each. */
  heartbeat(n: number): void {
    this.store.patchRow(n, 0, IS_HEARTBEAT, LEAVE, NaN);
    this.store.countHeartbeats(n, 1);
  }

  /** Message `n` has an id that was there before. */
  duplicate(n: number): void {
    this.store.patchRow(n, 0, IS_DUPLICATE, LEAVE, NaN);
  }

  /** Takes back what heartbeat() and duplicate() have said of message `n`. */
  unflagged(n: number): void {
    const { isHeartbeat = false } = this.row(n) ?? {};
    this.store.patchRow(n, IS_HEARTBEAT | IS_DUPLICATE, 0, LEAVE, NaN);
    if (isHeartbeat) this.store.countHeartbeats(n, -1);
  }

  exchange(n: number, state: ExchangeState): void {
    const set = EXCHANGES.indexOf(state) << EXCHANGE_SHIFT;
    this.store.patchRow(n, EXCHANGE_BITS, set, LEAVE, NaN);
  }

  /** Row `n` is a further copy of the publication in row `first`, the `copies`th of `subscribers`. */
  copied(first: number, n: number, copies: number, subscribers: number): void {
    const count = Math.min(copies, SUBSCRIBERS - 1) + Math.min(subscribers, SUBSCRIBERS - 1) * SUBSCRIBERS;
    this.store.patchRow(first, 0, HAS_COPIES, LEAVE, count);
    this.store.patchRow(n, 0, IS_COPY, first, NaN);
    this.store.countCopy(n, this.#sizeBytes(n));
  }

  stats(): Omit<CaptureStats, "messagesPerSecond" | "capture" | "file" | "diskBytes" | "maxDiskBytes" | "diskProblem"> {
    const { firstN, lastN } = this;
    const { usedBytes, maxBytes, keptRows, unwrittenRows, copies, copyBytes, heartbeats } = this.store;
    return {
      seen: lastN,
      kept: keptRows,
      evicted: lastN - keptRows,
      unwritten: unwrittenRows,
      firstN,
      lastN,
      usedBytes,
      maxBytes,
      copies,
      copyBytes,
      heartbeats,
      pinned: this.marks.pinned,
    };
  }

  /** Pins a row or notes something on it. False when there are too many marks. */
  mark(n: number, change: { readonly pinned?: boolean; readonly note?: string }): boolean {
    return this.marks.set(n, change);
  }

  markOf(n: number): Mark {
    return this.marks.of(n);
  }

  /** Whether row `n` can be read. */
  isKept(n: number): boolean {
    const segment = this.store.findRow(n);
    return segment !== undefined && !segment.isGone && segment.indexOfRow(n) >= 0;
  }

  /** Row `n`, or undefined when it is not kept. The first row of a hole stands for all of it. */
  row(n: number): RawRow | undefined {
    const segment = this.store.segmentOfRow(n);
    const index = segment?.indexOfRow(n) ?? -1;
    if (segment === undefined || index < 0) return this.#gapRow(n);
    const page = segment.rowPages[index >>> 12]!;
    const words = page.words;
    const at = (index & (ROWS_PER_PAGE - 1)) * ROW_WORDS;
    const meta = words[at + META]!;
    const kind = meta & 3;
    const linkId = words[at + LINK]!;
    const end = this.#chunkOf(words[at + END]!);
    const link = this.store.links.of(linkId, segment) ?? null;
    const own = kind === KIND_EVENT ? this.#eventRecord(this.#chunkOf(words[at + START]!)) : null;
    const code = (meta >>> CODE_SHIFT) & 7;
    const latency = page.floats[at + LATENCY]!;
    const isPublication = (meta & (IS_COPY | HAS_COPIES)) !== 0;
    const partner = words[at + PARTNER]!;
    const storedFrames = words[at + OFFSET_AND_FRAMES]! >>> 16;
    return {
      n,
      kind: kind === KIND_MESSAGE ? "message" : kind === KIND_ENCRYPTED ? "encrypted" : "event",
      link,
      tap: own?.tap ?? link?.info.tap ?? "",
      tapName: own?.tapName ?? link?.info.tapName ?? "",
      direction: own === null && kind !== KIND_EVENT ? (((meta >>> DIRECTION_SHIFT) & 1) as Direction) : null,
      origin: ORIGINS[originOf(meta)],
      timeNs: this.store.chunkTimeNs(end),
      sizeBytes: sizeOf(meta, words[at + SIZE]!),
      frames: storedFrames === MANY_FRAMES ? this.#countFrames(n) : storedFrames,
      exchange: EXCHANGES[(meta >>> EXCHANGE_SHIFT) & 7] ?? "none",
      guessed: (meta & GUESSED) !== 0,
      partner: (meta & HAS_PARTNER) === 0 ? null : this.#rowOf(partner),
      latencyNs: latency < 0 || isPublication ? null : latency,
      event: kind === KIND_COMMAND ? COMMAND_CODES[code]! : (own?.event ?? null),
      detail: own?.detail ?? null,
      command: kind === KIND_COMMAND ? (code as CommandCode) : null,
      copies: (meta & HAS_COPIES) === 0 ? 0 : latency % SUBSCRIBERS,
      subscribers: (meta & HAS_COPIES) === 0 ? 0 : Math.floor(latency / SUBSCRIBERS),
      copyOf: (meta & IS_COPY) === 0 ? null : this.#rowOf(partner),
      isLate: kind === KIND_MESSAGE && (meta & IS_LATE) !== 0,
      isDuplicate: kind === KIND_MESSAGE && (meta & IS_DUPLICATE) !== 0,
      isHeartbeat: kind === KIND_MESSAGE && (meta & IS_HEARTBEAT) !== 0,
    };
  }

  /** Whether reading row `n` needs no disk; a message may have begun in an earlier segment all the same. */
  isInMemory(n: number): boolean {
    const segment = this.store.findRow(n);
    return segment === undefined || segment.isGone || (segment.hasIndex && segment.slab !== null);
  }

  /** Reads what rows `from` to `from + count` need from disk, so that reading them does not wait for it. */
  async prepare(from: number, count = 1): Promise<void> {
    await this.store.prepareRows(from, from + count);
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
    const total = this.isKept(n) ? this.#storedFrames(n) : 0;
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

  /**
   * Evicts everything kept, but for pinned rows when these are to stay; the counters go on. Throws a UserError when the pinned
   * rows hold more than half of the bound, since their copy has to lie beside them.
   */
  clear(options: { keepPinned: boolean } = { keepPinned: false }): void {
    const pinned = options.keepPinned ? this.marks.pinnedRows().filter((n) => this.isKept(n)) : [];
    const pinnedBytes = pinned.reduce((sum, n) => sum + (this.row(n)?.sizeBytes ?? 0), 0);
    const limit = Math.floor(this.store.maxBytes / 2);
    if (pinnedBytes > limit) throw tooMuchPinned(pinnedBytes, limit);
    const copied = pinned.flatMap((n) => this.#copiedRow(n) ?? []);
    const marks = this.marks.toJson();
    const copy = copied.length === 0 ? null : copyRows(copied, this.store.nextPlace());
    if (copy !== null) this.#countCopied(copied, copy);
    this.store.clear();
    this.#waiting.clear();
    if (copy === null) return;
    this.store.addCopy(copy);
    for (const { n, ...mark } of marks) if (this.isKept(n)) this.marks.set(n, mark);
  }

  /** At least 16 MiB. Evicts at once what no longer fits. */
  setMaxBytes(maxBytes: number): void {
    this.store.setMaxBytes(maxBytes);
    this.#writer.fitSegments();
    this.store.makeRoom(0);
  }

  /** The slabs in memory as they are, oldest first: together a pcapng file. Valid until the next append. */
  borrowSections(): Uint8Array[] {
    return this.store.borrowSections();
  }

  /** A walker of its own over the frames of any row; see seekRow(). */
  newWalker(): FrameWalker {
    return new FrameWalker(this.store);
  }

  /**
   * Places `walker` at the first frame header of row `n` and returns how many frames to read: message frames only, of
   * which 65,535 and more are read until one has no MORE. 0 for events and for rows that are gone.
   */
  seekRow(n: number, walker: FrameWalker): number {
    return this.#seek(n, walker) ? this.#storedFrames(n) : 0;
  }

  /** Whether row `n` is an event that no peer sent, or a command: what is told in words. */
  isEvent(n: number): boolean {
    const kind = this.#kind(n);
    return kind === KIND_EVENT || kind === KIND_COMMAND;
  }

  /** What has become of request `n`, as a place in EXCHANGES; -1 for a row that is not in memory. */
  exchangeOf(n: number): number {
    const segment = this.store.findRow(n);
    const index = segment === undefined || segment.isGone || !segment.hasIndex ? -1 : segment.indexOfRow(n);
    const page = index < 0 ? undefined : segment!.rowPages[index >>> 12];
    if (page === undefined) return -1;
    return (page.words[(index & (ROWS_PER_PAGE - 1)) * ROW_WORDS + META]! >>> EXCHANGE_SHIFT) & 7;
  }

  isEncrypted(n: number): boolean {
    return this.#kind(n) === KIND_ENCRYPTED;
  }

  /** Fills `place` with where row `n` lies; false when it is not kept. */
  place(n: number, place: RowPlace): boolean {
    const segment = this.store.segmentOfRow(n);
    const index = segment?.indexOfRow(n) ?? -1;
    if (segment === undefined || index < 0) return false;
    const words = segment.rowPages[index >>> 12]!.words;
    const at = (index & (ROWS_PER_PAGE - 1)) * ROW_WORDS;
    const meta = words[at + META]!;
    this.#placed = segment;
    place.kind = (meta & 3) as RowPlace["kind"];
    place.direction = ((meta >>> DIRECTION_SHIFT) & 1) as Direction;
    place.origin = originOf(meta);
    place.isBetween = (meta & IS_BETWEEN) !== 0;
    place.linkNumber = words[at + LINK]!;
    place.startChunk = this.#chunkOf(words[at + START]!);
    place.startOffset = words[at + OFFSET_AND_FRAMES]! & 0xffff;
    place.endChunk = this.#chunkOf(words[at + END]!);
    return true;
  }

  /** The link of the row that place() was asked for last, by the number that it gave. */
  link(linkNumber: number): KnownLink | undefined {
    return this.store.links.of(linkNumber, this.#placed);
  }

  /** When a chunk came, since the clock's anchor; of one that is gone, when the oldest kept one did. */
  chunkTimeNs(chunk: number): number {
    return this.store.chunkTimeNs(chunk);
  }

  /** A walk of its own over the octets of rows as they were on the wire. */
  newRowOctets(): RowOctets {
    return new RowOctets(this.store);
  }

  /** Counts the message of a link that became a row just now. */
  #count(link: CapturedLink): void {
    const segment = this.store.current!;
    if (link.talliedIn !== segment.serial) {
      link.tally = segment.tallyOf(link.info.tap);
      link.talliedIn = segment.serial;
    }
    link.tally.messages++;
  }

  #addRow(
    link: CapturedLink,
    direction: Direction,
    meta: number,
    startChunk: number,
    startOffset: number,
    endOffset: number,
    sizeBytes: number,
    frames: number,
  ): number {
    const last = link.lastChunk[direction]!;
    let chunk = startChunk;
    let offset = startOffset;
    if (chunk !== this.#lastFirst || offset >= this.#lastFirstLength) {
      const firstKept = this.store.firstChunk;
      while (chunk >= firstKept && chunk < last) {
        // In a hole: its beginning is lost.
        if (this.store.segmentOfChunk(chunk) === undefined) break;
        const length = this.store.chunkLength(chunk);
        if (offset < length) break;
        offset -= length;
        chunk++;
      }
    }
    // It ends in what was appended last, one chunk or several, unless that was the other direction's.
    let end = Math.min(this.#lastFirst, last);
    if (endOffset > this.#lastFirstLength) {
      for (let left = endOffset; end < last && left > this.store.chunkLength(end); end++) {
        left -= this.store.chunkLength(end);
      }
    }
    return this.#write(meta, chunk, Math.max(chunk, end), offset, sizeBytes, frames, link.info.link);
  }

  #write(
    meta: number,
    start: number,
    end: number,
    offset: number,
    sizeBytes: number,
    frames: number,
    link: number,
  ): number {
    const segment = this.#writer.rowSegment();
    const index = segment.rowCount;
    const page = segment.rowPages[index >>> 12] ?? this.store.openRowPage(segment);
    const at = (index & (ROWS_PER_PAGE - 1)) * ROW_WORDS;
    const words = page.words;
    words[at + START] = start;
    words[at + END] = end;
    words[at + PARTNER] = 0;
    words[at + SIZE] = sizeBytes;
    words[at + LINK] = link;
    words[at + META] = meta | sizeBits(sizeBytes);
    words[at + OFFSET_AND_FRAMES] = offset | ((frames < MANY_FRAMES ? frames : MANY_FRAMES) << 16);
    page.floats[at + LATENCY] = -1;
    if (link !== segment.lastLinkId) {
      segment.lastLinkId = link;
      segment.linkIds.add(link);
    }
    segment.noteRow(index, start, end, (meta & IS_BETWEEN) !== 0);
    segment.rowCount = index + 1;
    const n = this.store.nextRow;
    this.store.nextRow = n + 1;
    this.store.keptRows++;
    return n;
  }

  #pair(n: number, partner: number, exchange: number, flags: number, latencyNs: number): void {
    this.store.patchRow(n, EXCHANGE_BITS | GUESSED, (exchange << EXCHANGE_SHIFT) | flags, partner, latencyNs);
  }

  /** Counts what outlives a clearing like what came, but for rows that an earlier run has left. */
  #countCopied(rows: readonly CopiedRow[], copy: Segment): void {
    for (const { n, link, record } of rows) {
      const kind = record[META]! & 3;
      const isMessage = kind === KIND_MESSAGE || kind === KIND_ENCRYPTED;
      if (isMessage && link !== null && n >= this.store.firstOwnRow) copy.tallyOf(link.info.tap).messages++;
    }
  }

  /** Time of a row that is in memory. */
  #memoryTimeNs(n: number): number | undefined {
    const segment = this.store.findRow(n);
    const index = segment === undefined || segment.isGone ? -1 : segment.indexOfRow(n);
    const page = segment?.rowPages[index >>> 12];
    if (index < 0 || page === undefined) return undefined;
    return this.store.memoryTimeNs(this.#chunkOf(page.words[(index & (ROWS_PER_PAGE - 1)) * ROW_WORDS + END]!));
  }

  #copiedRow(n: number): CopiedRow | null {
    const raw = this.row(n);
    const segment = this.store.segmentOfRow(n);
    if (raw === undefined || segment === undefined) return null;
    const at = this.#at(n);
    const record = this.#page(n)!.words.slice(at, at + ROW_WORDS);
    const isEvent = (record[META]! & 3) === KIND_EVENT;
    const octets = isEvent ? this.#eventOctets(this.#chunkOf(record[START]!)) : this.#frameOctets(n);
    const origin = ORIGINS.indexOf(raw.origin) as OriginCode;
    return { n, record, link: raw.link, direction: raw.direction ?? 0, origin, timeNs: raw.timeNs, octets, isEvent };
  }

  /** The frames of a row with their headers, as they were on the wire. */
  #frameOctets(n: number): Uint8Array {
    const walker = this.newWalker();
    const parts: Uint8Array[] = [];
    const framing = this.row(n)?.link?.framing ?? "zmtp3";
    const count = this.#storedFrames(n);
    if (!this.#seek(n, walker)) return NOTHING;
    for (let index = 0; index < count || (count === MANY_FRAMES && walker.hasMore); index++) {
      if (!this.#nextFrame(n, walker)) break;
      const body = readBody(walker, walker.sizeBytes);
      parts.push(frameHeader(framing, body.length, walker.hasMore, walker.isCommand), body);
    }
    return Buffer.concat(parts);
  }

  #rememberWaiting(segment: Segment): void {
    const pending = EXCHANGES.indexOf("pending") << EXCHANGE_SHIFT;
    for (let index = 0; index < segment.rowCount && this.#waiting.size < MAX_WAITING; index++) {
      const words = segment.rowPages[index >>> 12]!.words;
      const at = (index & (ROWS_PER_PAGE - 1)) * ROW_WORDS;
      if ((words[at + META]! & EXCHANGE_BITS) !== pending) continue;
      const timeNs = this.store.memoryTimeNs(this.#chunkOf(words[at + END]!));
      if (timeNs !== undefined) this.#waiting.set(segment.rowAt(index), timeNs);
    }
  }

  /** The page of row `n`, its index read from disk where needed; undefined when it is not kept. */
  #page(n: number): Page | undefined {
    const segment = this.store.segmentOfRow(n);
    const index = segment?.indexOfRow(n) ?? -1;
    return index < 0 ? undefined : segment!.rowPages[index >>> 12];
  }

  /** Index of the first word of row `n`, which is kept, in its page. */
  #at(n: number): number {
    return (this.store.segmentOfRow(n)!.indexOfRow(n) & (ROWS_PER_PAGE - 1)) * ROW_WORDS;
  }

  #kind(n: number): number {
    const page = this.#page(n);
    return page === undefined ? -1 : page.words[this.#at(n) + META]! & 3;
  }

  #sizeBytes(n: number): number {
    const page = this.#page(n);
    if (page === undefined) return 0;
    const at = this.#at(n);
    return sizeOf(page.words[at + META]!, page.words[at + SIZE]!);
  }

  #gapRow(n: number): RawRow | undefined {
    const segment = this.store.findRow(n);
    if (segment?.isGone !== true || segment.firstRow !== n || segment.rowCount === 0) return undefined;
    const { rowCount: count, firstTimeNs: timeNs } = segment;
    return {
      ...NO_ROW,
      n,
      timeNs,
      event: "gap",
      detail: { count, first: n, last: segment.endRow - 1, reason: segment.goneReason },
    };
  }

  /** As stored: MANY_FRAMES stands for that many or more. */
  #storedFrames(n: number): number {
    const page = this.#page(n);
    return page === undefined ? 0 : page.words[this.#at(n) + OFFSET_AND_FRAMES]! >>> 16;
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
    const last = this.store.lastChunk;
    return last - ((last - low) >>> 0);
  }

  #rowOf(low: number): number {
    const last = this.lastN;
    return last - ((last - low) >>> 0);
  }

  #seek(n: number, walker: FrameWalker): boolean {
    const segment = this.store.segmentOfRow(n);
    const index = segment?.indexOfRow(n) ?? -1;
    if (segment === undefined || index < 0) return false;
    const words = segment.rowPages[index >>> 12]!.words;
    const at = (index & (ROWS_PER_PAGE - 1)) * ROW_WORDS;
    if ((words[at + META]! & 3) === KIND_EVENT) return false;
    const framing = this.store.links.of(words[at + LINK]!, segment)?.framing ?? "zmtp3";
    return walker.seek(this.#chunkOf(words[at + START]!), words[at + OFFSET_AND_FRAMES]! & 0xffff, framing);
  }

  /** The next frame that belongs to the row: command frames between the frames of a message do not. */
  #nextFrame(n: number, walker: FrameWalker): boolean {
    const isMessage = this.#kind(n) === KIND_MESSAGE;
    do {
      if (!walker.nextHeader()) return false;
    } while (isMessage && walker.isCommand);
    return true;
  }

  #eventOctets(chunk: number): Buffer {
    const slab = this.store.borrowSlab(chunk);
    if (slab.length === 0) return slab;
    const from = this.store.chunkOffset(chunk);
    return Buffer.from(slab.subarray(from, from + this.store.chunkLength(chunk)));
  }

  #eventRecord(chunk: number): EventRecord | null {
    const octets = this.#eventOctets(chunk);
    return octets.length === 0 ? null : readEventRecord(octets);
  }
}

type EventRecord = { tap: TapId; tapName: string; event: EventName; detail: Record<string, unknown> };

/** What an event row holds; `null` where the file that it was read from is damaged. */
function readEventRecord(octets: Buffer): EventRecord | null {
  try {
    const { tap, tapName, event, detail } = JSON.parse(octets.toString("utf8")) as Partial<EventRecord>;
    const isText = typeof tap === "string" && typeof tapName === "string" && typeof event === "string";
    return isText && detail instanceof Object ? { tap, tapName, event, detail } : null;
  } catch {
    return null;
  }
}

function frameHeader(framing: Framing, size: number, hasMore: boolean, isCommand: boolean): Uint8Array {
  const flags = Number(hasMore) | (isCommand ? 4 : 0);
  if (framing === "zmtp1") {
    if (size < 254) return Uint8Array.of(size + 1, flags);
    const header = Buffer.alloc(10);
    header[0] = 0xff;
    header.writeBigUInt64BE(BigInt(size + 1), 1);
    header[9] = flags;
    return header;
  }
  if (size < 256) return Uint8Array.of(flags, size);
  const header = Buffer.alloc(9);
  header[0] = flags | 2;
  header.writeBigUInt64BE(BigInt(size), 1);
  return header;
}

function readBody(walker: FrameWalker, count: number): Uint8Array {
  const bytes = new Uint8Array(Math.max(0, count));
  let filled = 0;
  while (filled < bytes.length && walker.nextSpan(bytes.length - filled)) {
    const span = walker.slab.subarray(walker.from, walker.to);
    // The index of a file that was damaged may point behind its octets.
    if (span.length === 0 || span.length > bytes.length - filled) break;
    bytes.set(span, filled);
    filled += span.length;
  }
  return filled === bytes.length ? bytes : bytes.slice(0, filled);
}

const NO_ROW = {
  kind: "event",
  link: null,
  tap: "",
  tapName: "",
  direction: null,
  origin: "wire",
  sizeBytes: 0,
  frames: 0,
  exchange: "none",
  guessed: false,
  partner: null,
  latencyNs: null,
  command: null,
  copies: 0,
  subscribers: 0,
  copyOf: null,
  isLate: false,
  isDuplicate: false,
  isHeartbeat: false,
} as const;
