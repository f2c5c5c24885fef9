import type { DialectName } from "../shared/dialects.ts";
import type { DialectChoice, Direction, RowStatus, SaidDetail, SocketPair } from "../shared/model.ts";
import { CallTracker } from "./callTracker.ts";
import type { Capture, RawRow } from "./capture/capture.ts";
import { KIND_EVENT } from "./capture/rowRecord.ts";
import { lowerBound, type Segment } from "./capture/segment.ts";
import type { RowSaid, SaidStatus, Talk } from "./capture/talk.ts";
import type { DialectKey } from "./dialects/dialect.ts";
import { ChannelDialects } from "./channelDialects.ts";
import { MAX_SAID_BYTES, Sayings } from "./sayings.ts";
import { RowCursor } from "./rowCursor.ts";
import { saidDetail } from "./saidDetail.ts";
import { SignalPairs } from "./signalPairs.ts";

/** Longest time that it may keep the relay waiting, and how long it then lets others run at least. */
const SLICE_MS = 2;
const PAUSE_MS = 6;
/** While more rows a millisecond come than this, relaying needs the processor, and it pauses for longer. */
const BUSY_ROWS_PER_MS = 50;
const BUSY_PAUSE_MS = 100;
/** How soon new rows are looked at once all others have been. */
const FOLLOW_MS = 30;
const ROWS_PER_LOOK = 16;
/** How far it may be behind; then it leaves rows out, since it must not take what the relay needs. */
const MAX_BEHIND = 1_000_000;
/** A call that was acknowledged and led to nothing for so long has failed. */
const NO_SIGNAL_AFTER_NS = 30e9;
/** Octets of a message that is opened. */
const MAX_DETAIL_BYTES = 4 * 1024 * 1024;

/**
 * What is said in a capture: reads its messages behind the traffic, in slices of a few milliseconds with pauses between, pairs
 * calls and replies by their ids, ties signals to calls, and marks heartbeats. Rows of channels that speak nothing known are
 * passed over by the index alone.
 */
export class Dialogue implements Talk {
  readonly #capture: Capture;
  readonly #channels = new ChannelDialects();
  readonly #sayings: Sayings;
  readonly #calls: CallTracker;
  readonly #signals = new SignalPairs();
  readonly #cursor: RowCursor;
  readonly #onChange: () => void;
  readonly #isFile: boolean;
  /** The row that is looked at next. */
  #next: number;
  #clears: number;
  #skipped = 0;
  #hasChanged = false;
  /** Rows have been judged before, in other dialects. */
  #isAnew = false;
  #timer: NodeJS.Timeout | undefined;
  /** The newest row when it looked last, and when that was. */
  #seen = { n: 0, ms: performance.now() };
  #isReading = false;
  #isDisposed = false;
  #waiting: { readonly upTo: number; readonly done: () => void }[] = [];

  /**
   * Becomes the talk of `capture`. What that has already was judged when it came. `onChange` is told when rows have changed
   * that may be on a screen.
   */
  constructor(
    capture: Capture,
    options: {
      readonly onChange?: () => void;
      readonly choices?: readonly DialectChoice[];
      /** What messages of a tap are signed with. */
      readonly keyOf?: (tapName: string) => DialectKey;
      /** A file's, which nobody waits for: no row is left out. */
      readonly isFile?: boolean;
      /** What the capture has is judged anew, however much of it is on disk. */
      readonly isAnew?: boolean;
    } = {},
  ) {
    this.#capture = capture;
    this.#onChange = options.onChange ?? ((): void => undefined);
    this.#sayings = new Sayings(capture, this.#channels, options.keyOf ?? (() => null));
    this.#calls = new CallTracker(capture);
    this.#cursor = new RowCursor(capture);
    this.#isFile = options.isFile ?? false;
    this.#isAnew = options.isAnew ?? false;
    this.#next = this.#isAnew ? capture.firstN : capture.lastN + 1;
    this.#clears = capture.store.clears;
    this.#channels.choose(options.choices ?? []);
    capture.talk = this;
    this.#follow(0);
  }

  get judgedN(): number {
    if (this.#isDisposed) return Infinity;
    this.#trim();
    return this.#next - 1;
  }

  /** Rows that were not looked at, since there were too many at once. */
  get skipped(): number {
    return this.#skipped;
  }

  dispose(): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    for (const { done } of this.#waiting) done();
    this.#waiting = [];
  }

  /** What a tap was started with; `null` finds it out. What the user chooses counts more. */
  configure(tapName: string, dialect: DialectName | null): void {
    if (this.#channels.configure(tapName, dialect)) this.#beginAnew();
  }

  /** What users say that channels speak; rows are judged anew as far as they are in memory. */
  choose(choices: readonly DialectChoice[]): void {
    this.#channels.choose(choices);
    this.#beginAnew();
  }

  #beginAnew(): void {
    this.#sayings.forget();
    this.#calls.clear();
    this.#signals.clear();
    this.#next = Math.min(this.#next, this.#firstInMemory());
    this.#isAnew = true;
    this.#onChange();
    if (!this.#isReading) this.#follow(0);
  }

  /** What a message says that is no row yet; `null` where what its channel speaks is not known. */
  saidOf(tapName: string, sockets: SocketPair, direction: Direction, frames: readonly Uint8Array[]): RowSaid | null {
    return this.#sayings.ofFrames(tapName, sockets, direction, frames);
  }

  said(n: number): RowSaid | null {
    const said = this.#sayings.of(n);
    const isReply = said?.kind === "reply" || said?.kind === "error";
    if (!isReply || said.method !== "") return said;
    const { exchange, partner } = this.#capture.row(n) ?? {};
    const call = exchange === "reply" && partner != null ? this.#inMemory(partner) : null;
    return { ...said, method: call?.method ?? "" };
  }

  outcomeOf(n: number): number | null {
    return this.#signals.partnerOf(n);
  }

  statusOf(n: number): SaidStatus {
    const raw = this.#capture.row(n);
    return raw?.kind === "message" ? this.#statusOf(raw) : status("none");
  }

  detailOf(n: number): SaidDetail | null {
    const raw = this.#capture.row(n);
    const read = raw === undefined ? null : this.#sayings.read(raw, MAX_DETAIL_BYTES);
    return read === null ? null : saidDetail(read);
  }

  settled(): Promise<void> {
    const upTo = this.#capture.lastN;
    if (this.#isDisposed || this.judgedN >= upTo) return Promise.resolve();
    return new Promise((done) => {
      this.#waiting.push({ upTo, done });
      if (!this.#isReading) this.#follow(0);
    });
  }

  #statusOf(raw: RawRow): SaidStatus {
    const said = this.#sayings.of(raw.n);
    if (said?.kind === "error") return { status: "error", problem: said.problem ?? "" };
    switch (raw.exchange) {
      case "pending":
        return status("pending");
      case "abandoned":
        return status("timed-out", "Its requester asked again before a reply came.");
      case "lost":
        return status("lost", "Its connection closed before a reply came.");
      case "answered":
        return this.#answered(raw, said);
      case "reply":
        return said?.kind === "acknowledgement" || said?.kind === "heartbeat" ? status("none") : status("ok");
      case "unasked":
        return said?.kind === "reply" ? status("ok") : status("none");
      case "none":
        return said?.kind === "reply" ? status("ok") : status("none");
    }
  }

  #answered(raw: RawRow, said: RowSaid | null): SaidStatus {
    const reply = raw.partner === null ? null : this.#inMemory(raw.partner);
    if (reply?.kind === "error") return status("error", reply.problem ?? "");
    if (said?.kind !== "call" || reply?.kind !== "acknowledgement") return status("ok");
    const signal = this.#signals.partnerOf(raw.n);
    if (signal !== null) {
      const answer = this.#inMemory(signal);
      return answer?.kind === "error" ? status("error", answer.problem ?? answer.method) : status("ok");
    }
    if (!this.#signals.hasSignals || !this.#signals.expects(said.method)) return status("acknowledged");
    const waitedNs = this.#capture.clock.nowNs() - raw.timeNs;
    if (waitedNs < NO_SIGNAL_AFTER_NS) return status("pending");
    return status("timed-out", `It was acknowledged, and no signal came for ${NO_SIGNAL_AFTER_NS / 1e9} s.`);
  }

  /** What a row says that needs no disk. */
  #inMemory(n: number): RowSaid | null {
    return this.#capture.isInMemory(n) ? this.#sayings.of(n) : null;
  }

  #follow(inMs: number): void {
    clearTimeout(this.#timer);
    if (this.#isDisposed) return;
    this.#timer = setTimeout(() => this.#run(), inMs);
    if (this.#waiting.length === 0) this.#timer.unref();
  }

  #run(): void {
    this.#trim();
    this.#slice(performance.now() + SLICE_MS);
    const isDone = this.#next > this.#capture.lastN;
    if (isDone) this.#isAnew = false;
    if (this.#waiting.some(({ upTo }) => upTo < this.#next)) {
      const met = this.#waiting.filter(({ upTo }) => upTo < this.#next);
      this.#waiting = this.#waiting.filter(({ upTo }) => upTo >= this.#next);
      for (const { done } of met) done();
    }
    if (this.#hasChanged && isDone) {
      this.#hasChanged = false;
      this.#onChange();
    }
    // Whoever waits for it is not to wait for its pauses as well.
    const isWanted = this.#waiting.length > 0 || this.#isFile;
    const isBusy = this.#isBusy();
    if (this.#isReading) return;
    if (isWanted) this.#follow(isDone ? FOLLOW_MS : 0);
    else this.#follow(isBusy ? BUSY_PAUSE_MS : isDone ? FOLLOW_MS : PAUSE_MS);
  }

  /** Whether rows have come so fast since it was asked last. */
  #isBusy(): boolean {
    const nowMs = performance.now();
    const { lastN } = this.#capture;
    const isBusy = lastN - this.#seen.n > (nowMs - this.#seen.ms) * BUSY_ROWS_PER_MS;
    this.#seen = { n: lastN, ms: nowMs };
    return isBusy;
  }

  #slice(endMs: number): void {
    const { store } = this.#capture;
    while (this.#next <= this.#capture.lastN) {
      const segment = this.#segmentFrom(this.#next);
      if (segment === undefined) return;
      if (segment.isGone) {
        this.#next = segment.endRow;
        continue;
      }
      if (!segment.hasIndex || segment.slab === null) {
        this.#read(segment);
        return;
      }
      if (segment.links !== null) store.use(segment);
      if (!this.#judgeRows(segment, endMs)) return;
    }
  }

  /** The first row from which on all are in memory. */
  #firstInMemory(): number {
    const { segments } = this.#capture.store;
    let first = this.#capture.lastN + 1;
    for (let at = segments.length - 1; at >= 0; at--) {
      const { hasIndex, slab, firstRow, rowCount } = segments[at]!;
      if (!hasIndex || slab === null) break;
      if (rowCount > 0) first = firstRow;
    }
    return first;
  }

  #judgeRows(segment: Segment, endMs: number): boolean {
    const cursor = this.#cursor;
    const end = segment.rowCount;
    let index = segment.ns === null ? this.#next - segment.firstRow : lowerBound(segment.ns, end, this.#next);
    let judged = 0;
    for (; index < end; index++) {
      cursor.moveTo(segment, index);
      this.#judge(cursor);
      this.#next = cursor.n + 1;
      if (++judged % ROWS_PER_LOOK === 0 && performance.now() >= endMs) return false;
    }
    this.#next = segment.endRow;
    return performance.now() < endMs;
  }

  #judge(cursor: RowCursor): void {
    const { link, n } = cursor;
    if (cursor.kind === KIND_EVENT) {
      if (link !== null && cursor.event === "link-closed") this.#calls.closed(link.link);
      return;
    }
    if (cursor.kind !== 0 || link === null) return;
    if (this.#isAnew) {
      if (cursor.isHeartbeat || cursor.isDuplicate) this.#capture.unflagged(n);
    }
    if (cursor.isCopy || cursor.sizeBytes > MAX_SAID_BYTES) return;
    const { tapName, sockets } = link;
    if (this.#channels.of(tapName, sockets) === null && !this.#channels.wants(tapName, sockets, n)) return;
    const said = this.#sayings.of(n);
    if (said?.kind == null) return;
    const raw = this.#capture.row(n);
    if (raw === undefined) return;
    this.#hasChanged = true;
    this.#calls.said(raw, said);
    if (said.dialect === "frontend-backend") {
      if (said.kind === "call") this.#signals.called(n, said.method, raw.timeNs);
      else if (said.kind === "signal" || (said.kind === "error" && raw.exchange !== "reply")) {
        this.#signals.signalled(n, said.method, raw.timeNs);
      }
    }
    if (said.kind === "heartbeat" || this.#answersHeartbeat(raw, said)) this.#capture.heartbeat(n);
  }

  #answersHeartbeat({ exchange, partner }: RawRow, said: RowSaid): boolean {
    if (exchange !== "reply" || partner === null || said.kind === "error") return false;
    return this.#inMemory(partner)?.kind === "heartbeat";
  }

  #segmentFrom(n: number): Segment | undefined {
    const { store } = this.#capture;
    const found = store.segmentFrom(n);
    if (found === undefined) {
      this.#next = this.#capture.lastN + 1;
      return undefined;
    }
    if (found.firstRow > n) this.#next = found.firstRow;
    return found;
  }

  #read(segment: Segment): void {
    this.#isReading = true;
    void this.#capture.store.prepareSegment(segment, true).then((isRead) => {
      this.#isReading = false;
      // What the disk cannot give now stays as it is.
      if (!isRead) this.#next = Math.max(this.#next, segment.endRow);
      this.#follow(0);
    });
  }

  #trim(): void {
    const { firstN, lastN, store } = this.#capture;
    if (this.#clears !== store.clears) {
      this.#clears = store.clears;
      this.#calls.clear();
      this.#signals.clear();
      this.#sayings.forget();
    }
    if (this.#next < firstN) this.#next = firstN;
    if (this.#waiting.length > 0 || this.#isFile || this.#isAnew || lastN - this.#next < MAX_BEHIND) return;
    this.#skipped += lastN + 1 - this.#next;
    this.#next = lastN + 1;
  }
}

function status(name: RowStatus, problem = ""): SaidStatus {
  return { status: name, problem };
}
