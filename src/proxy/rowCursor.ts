import type { Capture, KnownLink, RawRow } from "./capture/capture.ts";
import {
  CODE_SHIFT,
  DIRECTION_SHIFT,
  EXCHANGE_SHIFT,
  GUESSED,
  HAS_COPIES,
  HAS_PARTNER,
  IS_COPY,
  IS_DUPLICATE,
  IS_HEARTBEAT,
  IS_LATE,
  KIND_COMMAND,
  KIND_EVENT,
  MANY_FRAMES,
  originOf,
  sizeOf,
  SUBSCRIBERS,
} from "./capture/rowRecord.ts";
import {
  ROW_END,
  ROW_LATENCY,
  ROW_LINK,
  ROW_META,
  ROW_OFFSET_AND_FRAMES,
  ROW_PARTNER,
  ROW_SIZE,
  ROW_WORDS,
  ROWS_PER_PAGE,
  type Segment,
} from "./capture/segment.ts";
import type { RowFinding } from "../shared/findings.ts";
import type { RowStatus } from "../shared/model.ts";
import type { RowSaid } from "./capture/talk.ts";
import { sendsTopics } from "./envelope.ts";
import type { SubjectLink } from "./filter/subject.ts";
import type { SeenRow } from "./findings/rule.ts";
import { rowWords } from "./rowWords.ts";
import { COMMAND_CODES } from "./wire/linkSink.ts";

/** Octets of a command that are read. */
const MAX_COMMAND_BYTES = 65_536;
const NO_WORDS = new Uint32Array(ROW_WORDS);
const NO_FLOATS = new Float32Array(ROW_WORDS);

/**
 * The rows of a capture as filters and rules read them: one object that is moved from row to row, and reads what it is asked
 * for.
 */
export class RowCursor implements SeenRow {
  n = 0;
  link: SubjectLink | null = null;
  readonly #capture: Capture;
  readonly #walker;
  #segment: Segment | null = null;
  #words: Uint32Array = NO_WORDS;
  #floats: Float32Array = NO_FLOATS;
  #at = 0;
  #meta = 0;
  #linkId = 0;
  #known: KnownLink | null = null;
  /** Frame that the walker's last header was of; -1 before the first. */
  #frame = -1;
  #isPlaced = false;
  #scratch = new Uint8Array(0);
  #shown: { topic: string; preview: string } | null = null;
  /** Of an event row that was asked for its words, which are stored as JSON. */
  #raw: RawRow | null = null;

  constructor(capture: Capture) {
    this.#capture = capture;
    this.#walker = capture.newWalker();
  }

  /** Moves to the row at `index` of a segment whose index is in memory. */
  moveTo(segment: Segment, index: number): void {
    const page = segment.rowPages[index >>> 12]!;
    this.#segment = segment;
    this.#words = page.words;
    this.#floats = page.floats;
    this.#at = (index & (ROWS_PER_PAGE - 1)) * ROW_WORDS;
    this.#meta = page.words[this.#at + ROW_META]!;
    this.n = segment.ns === null ? segment.firstRow + index : segment.ns[index]!;
    this.#frame = -1;
    this.#isPlaced = false;
    this.#shown = null;
    this.#raw = null;
    const link = page.words[this.#at + ROW_LINK]!;
    // What is known of a link changes with its handshake, so one that is open is looked up again.
    if (link !== this.#linkId || this.#known?.sockets !== this.link?.sockets) this.#useLink(link, segment);
  }

  /** Moves to the row that stands for a hole. */
  moveToGap(segment: Segment): void {
    this.#segment = segment;
    this.#words = NO_WORDS;
    this.#floats = NO_FLOATS;
    this.#at = 0;
    this.#meta = KIND_EVENT;
    this.n = segment.firstRow;
    this.#frame = -1;
    this.#isPlaced = false;
    this.#shown = null;
    this.#raw = null;
    this.#useLink(0, segment);
  }

  get kind(): number {
    return this.#meta & 3;
  }

  get direction(): number {
    return (this.#meta & 3) === KIND_EVENT ? -1 : (this.#meta >>> DIRECTION_SHIFT) & 1;
  }

  get tapName(): string {
    return this.link?.tapName ?? this.#event?.tapName ?? "";
  }

  get origin(): number {
    return originOf(this.#meta);
  }

  get exchange(): number {
    return (this.#meta >>> EXCHANGE_SHIFT) & 7;
  }

  get partner(): number {
    if ((this.#meta & HAS_PARTNER) === 0) return -1;
    const last = this.#capture.lastN;
    return last - ((last - this.#words[this.#at + ROW_PARTNER]!) >>> 0);
  }

  get guessed(): boolean {
    return (this.#meta & GUESSED) !== 0;
  }

  get timeNs(): number {
    if (this.#segment?.isGone === true) return this.#segment.firstTimeNs;
    const last = this.#capture.store.lastChunk;
    return this.#capture.store.chunkTimeNs(last - ((last - this.#words[this.#at + ROW_END]!) >>> 0));
  }

  get nowNs(): number {
    return this.#capture.clock.nowNs();
  }

  get anchorMs(): number {
    return this.#capture.clock.toEpochMs(0);
  }

  get sizeBytes(): number {
    return sizeOf(this.#meta, this.#words[this.#at + ROW_SIZE]!);
  }

  get frames(): number {
    const stored = this.#words[this.#at + ROW_OFFSET_AND_FRAMES]! >>> 16;
    return stored === MANY_FRAMES ? (this.#capture.row(this.n)?.frames ?? stored) : stored;
  }

  get latencyNs(): number {
    return (this.#meta & (IS_COPY | HAS_COPIES)) !== 0 ? -1 : this.#floats[this.#at + ROW_LATENCY]!;
  }

  get isCopy(): boolean {
    return (this.#meta & IS_COPY) !== 0;
  }

  get isLate(): boolean {
    return (this.#meta & 3) === 0 && (this.#meta & IS_LATE) !== 0;
  }

  get isDuplicate(): boolean {
    return (this.#meta & 3) === 0 && (this.#meta & IS_DUPLICATE) !== 0;
  }

  get isHeartbeat(): boolean {
    return (this.#meta & 3) === 0 && (this.#meta & IS_HEARTBEAT) !== 0;
  }

  said(): RowSaid | null {
    return this.kind === 0 ? this.#capture.talk.said(this.n) : null;
  }

  status(): RowStatus {
    return this.kind === 0 ? this.#capture.talk.statusOf(this.n).status : "none";
  }

  finding(): RowFinding | null {
    return this.#capture.findings.of(this.n);
  }

  get copies(): number {
    if ((this.#meta & HAS_COPIES) !== 0) return this.#floats[this.#at + ROW_LATENCY]! % SUBSCRIBERS;
    if ((this.#meta & IS_COPY) === 0) return 0;
    const last = this.#capture.lastN;
    return this.#capture.row(last - ((last - this.#words[this.#at + ROW_PARTNER]!) >>> 0))?.copies ?? 0;
  }

  get isPinned(): boolean {
    return this.#capture.marks.size > 0 && this.#capture.markOf(this.n).pinned;
  }

  get note(): string {
    return this.#capture.marks.size > 0 ? this.#capture.markOf(this.n).note : "";
  }

  get event(): string {
    if (this.kind === KIND_COMMAND) return COMMAND_CODES[(this.#meta >>> CODE_SHIFT) & 7]!;
    return this.kind === KIND_EVENT ? (this.#event?.event ?? "") : "";
  }

  detail(): Readonly<Record<string, unknown>> | null {
    return this.kind === KIND_EVENT ? (this.#event?.detail ?? null) : null;
  }

  commandBody(): Uint8Array | null {
    return this.kind === KIND_COMMAND ? this.#behindName() : null;
  }

  frame(i: number): Uint8Array | null {
    if (this.kind === KIND_EVENT) return null;
    const wanted = i < 0 ? this.frames + i : i;
    if (wanted < 0) return null;
    if (!this.#isPlaced || wanted <= this.#frame) {
      this.#frame = -1;
      this.#isPlaced = this.#capture.seekRow(this.n, this.#walker) > 0;
      if (!this.#isPlaced) return null;
    }
    const count = this.#words[this.#at + ROW_OFFSET_AND_FRAMES]! >>> 16;
    if (wanted >= count && count !== MANY_FRAMES) return null;
    const isMessage = this.kind === 0;
    while (this.#frame < wanted) {
      if (this.#frame >= 0 && count === MANY_FRAMES && !this.#walker.hasMore) return this.#lost();
      do {
        if (!this.#walker.nextHeader()) return this.#lost();
      } while (isMessage && this.#walker.isCommand);
      this.#frame++;
    }
    return this.#body() ?? this.#lost();
  }

  topicText(): string {
    return this.#rowWords().topic;
  }

  preview(): string {
    return this.#rowWords().preview;
  }

  topic(): Uint8Array | null {
    if (this.kind === KIND_COMMAND) {
      const code = COMMAND_CODES[(this.#meta >>> CODE_SHIFT) & 7];
      return code === "subscribe" || code === "unsubscribe" ? this.#behindName() : null;
    }
    if (this.kind !== 0 || this.link === null) return null;
    const { client, server } = this.#known!.sockets;
    return sendsTopics(this.direction === 0 ? client : server) ? this.frame(0) : null;
  }

  /** Of a command what follows its name, of an older subscription message what follows its first octet. */
  #behindName(): Uint8Array {
    const { bytes, isCommand } = this.#capture.commandBody(this.n, MAX_COMMAND_BYTES);
    return bytes.subarray(isCommand ? 1 + (bytes[0] ?? 0) : 1);
  }

  get #event(): RawRow | null {
    this.#raw ??= this.#capture.row(this.n) ?? null;
    return this.#raw;
  }

  #lost(): null {
    this.#isPlaced = false;
    return null;
  }

  /** The body that the walker stands before, in one piece. */
  #body(): Uint8Array | null {
    const walker = this.#walker;
    const size = walker.sizeBytes;
    if (size === 0) return NOTHING;
    if (!walker.nextSpan(size)) return null;
    if (walker.to - walker.from === size) return walker.slab.subarray(walker.from, walker.to);
    // Octets that are not what their link says they are may declare anything.
    if (size > this.sizeBytes) return null;
    if (this.#scratch.length < size) this.#scratch = new Uint8Array(size);
    let filled = 0;
    do {
      const span = walker.slab.subarray(walker.from, walker.to);
      // The index of a file that was damaged may point behind its octets.
      if (span.length === 0 || span.length > size - filled) return null;
      this.#scratch.set(span, filled);
      filled += span.length;
    } while (filled < size && walker.nextSpan(size - filled));
    return filled === size ? this.#scratch.subarray(0, size) : null;
  }

  #rowWords(): { topic: string; preview: string } {
    if (this.#shown === null) {
      const raw = this.#capture.row(this.n);
      this.#shown = raw === undefined ? { topic: "", preview: "" } : rowWords(this.#capture, raw);
    }
    return this.#shown;
  }

  #useLink(id: number, segment: Segment): void {
    this.#linkId = id;
    const known = id === 0 ? null : (this.#capture.store.links.of(id, segment) ?? null);
    if (known === this.#known && known?.sockets === this.link?.sockets) return;
    this.#known = known;
    this.link =
      known === null
        ? null
        : {
            link: known.info.link,
            tapName: known.info.tapName,
            client: known.info.client,
            server: known.info.server,
            sockets: known.sockets,
            identity: known.identity,
            mechanism: known.mechanism,
            isDecrypted: known.isDecrypted,
          };
  }
}

const NOTHING = new Uint8Array(0);
