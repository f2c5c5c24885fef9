import type { FindingCounts, FindingId, FindingsState, PendingRequest, RowFinding } from "../shared/findings.ts";
import type { TapId } from "../shared/model.ts";
import type { Sequence } from "../shared/sequences.ts";
import type { Capture } from "./capture/capture.ts";
import type { RowFindings } from "./capture/rowFindings.ts";
import { KIND_EVENT } from "./capture/rowRecord.ts";
import { Findings } from "./findings/findings.ts";
import type { MakeRule, OpenRequest, TapListener } from "./findings/rule.ts";
import { RULES } from "./findings/rules.ts";
import type { RowCursor } from "./rowCursor.ts";
import { RowFollower } from "./rowFollower.ts";
import type { RowReader } from "./rowReader.ts";
import { rowWords } from "./rowWords.ts";
import { visibleText } from "./visibleText.ts";

/** Time of rows between two ticks, and of a live capture on the clock while nothing comes. */
const TICK_NS = 1e9;
/** Least time between two notices that findings, or only how many requests wait, have changed. */
const NOTICE_MS = 100;
const PENDING_NOTICE_MS = 1000;
/** Taps whose ids are known by their names. */
const MAX_TAPS = 1000;
const METHOD_CHARS = 80;

export type CaptureWatchOptions = {
  /** The first row that is looked at; by default the first one that comes. */
  readonly from?: number;
  /** A file's: no row is left out, and time is only that of rows. */
  readonly isFile?: boolean;
  /** Whether the file was read to its end. */
  readonly isEnded?: () => boolean;
  readonly tappedEndpoints?: () => readonly string[];
  /** See RuleContext. */
  readonly listeners?: () => readonly TapListener[];
  readonly heldUpMs?: (link: number) => number;
  readonly sequences?: () => readonly Sequence[];
  readonly disabled?: readonly FindingId[];
  /** Told at most ten times a second when findings have changed, and each second when only `pending` has. */
  readonly onChange?: (counts: FindingCounts, pending: number) => void;
  /** Told of failures that are bugs of ours; what failed is off then. */
  readonly onBug?: (error: unknown) => void;
  /** For tests. */
  readonly rules?: readonly MakeRule[];
};

/**
 * Watches a capture: goes behind its dialogue from row to row, see RowFollower, and shows each to whoever reads all of them.
 * Becomes what the capture knows of findings.
 */
export class CaptureWatch implements RowFindings {
  readonly #capture: Capture;
  readonly #options: CaptureWatchOptions;
  readonly #findings: Findings;
  readonly #follower: RowFollower;
  #readers: readonly RowReader[];
  readonly #tapIds = new Map<string, TapId>();
  #tickedNs = 0;
  /** Of the row that was looked at last. */
  #rowNs = 0;
  #hasEnded = false;
  #told = { version: 0, pending: 0, ms: -Infinity, pendingMs: -Infinity };

  constructor(capture: Capture, options: CaptureWatchOptions = {}) {
    this.#capture = capture;
    this.#options = options;
    const { isFile = false, onBug = (): void => undefined } = options;
    this.#findings = new Findings({
      rules: options.rules ?? RULES,
      exchangeOf: (n) => capture.exchangeOf(n),
      toEpochMs: (timeNs) => capture.clock.toEpochMs(timeNs),
      tappedEndpoints: options.tappedEndpoints ?? ((): readonly string[] => []),
      ...(options.listeners === undefined ? {} : { listeners: options.listeners }),
      ...(options.heldUpMs === undefined ? {} : { heldUpMs: options.heldUpMs }),
      ...(options.sequences === undefined ? {} : { sequences: options.sequences }),
      isLive: () => !isFile || options.isEnded?.() === false,
      firstN: () => capture.firstN,
      disabled: options.disabled ?? [],
      onBug,
    });
    this.#readers = [this.#findings];
    this.#follower = new RowFollower(capture, {
      from: options.from ?? capture.lastN + 1,
      limit: () => capture.talk.judgedN,
      onRow: (cursor) => this.#look(cursor),
      onCleared: () => this.#each((reader) => reader.cleared()),
      onLeftOut: (n) => this.#each((reader) => reader.skipped?.(n)),
      onSlice: (isDone) => this.#afterSlice(isDone),
      isFile,
    });
    capture.findings = this;
  }

  get judgedN(): number {
    return this.#follower.judgedN;
  }

  get changes(): number {
    return this.#findings.book.changes;
  }

  /** Grows with each change of a finding. */
  get version(): number {
    return this.#findings.book.version;
  }

  of(n: number): RowFinding | null {
    return this.#findings.book.of(n);
  }

  changedSince(changes: number): readonly number[] | null {
    return this.#findings.book.changedSince(changes);
  }

  /** Shows all rows from here on to another reader as well. */
  add(reader: RowReader): void {
    this.#readers = [...this.#readers, reader];
  }

  dispose(): void {
    this.#follower.dispose();
  }

  /** Findings that are switched off, in place of those of before. */
  disable(disabled: readonly FindingId[]): void {
    this.#findings.disable(disabled);
    this.#tell(performance.now());
  }

  /** Resolves when the rows of now were looked at; of a file that was read to its end also when nothing more can be found. */
  async settled(): Promise<void> {
    await this.#capture.talk.settled();
    await this.#follower.settled();
    this.#endFile();
  }

  /** Everything is told again. */
  tellAll(): void {
    this.#tell(performance.now());
  }

  state(): FindingsState {
    const tapOf = (tapName: string, link: number | null): TapId =>
      this.#tapIds.get(tapName) ?? (link === null ? undefined : this.#capture.store.links.of(link)?.info.tap) ?? "";
    const describe = (request: OpenRequest): Described | null =>
      this.#describe(request, tapOf(request.link.tapName, request.link.link));
    const { clock } = this.#capture;
    const nowMs = clock.toEpochMs(clock.nowNs());
    return { ...this.#findings.state({ tapOf, describe }, this.#follower.skipped), nowMs };
  }

  #look(cursor: RowCursor): void {
    const { timeNs } = cursor;
    // Before the row: what had waited for it for long is told as it is in the live capture.
    if (timeNs - this.#tickedNs >= TICK_NS) this.#tick(timeNs);
    if (timeNs > this.#rowNs) this.#rowNs = timeNs;
    if (cursor.kind === KIND_EVENT) this.#learnTap(cursor);
    for (const reader of this.#readers) {
      try {
        reader.row(cursor);
      } catch (error) {
        this.#failed(reader, error);
      }
    }
    // What passed by may be what somebody waits for.
    if (cursor.kind === KIND_EVENT && cursor.event === "capturing")
      this.#each((reader) => reader.skipped?.(cursor.n + 1));
  }

  #tick(nowNs: number): void {
    this.#tickedNs = nowNs;
    this.#each((reader) => reader.tick?.(nowNs));
  }

  #afterSlice(isDone: boolean): void {
    const nowMs = performance.now();
    if (isDone && this.#options.isFile !== true) {
      const nowNs = this.#capture.clock.nowNs();
      if (nowNs - this.#tickedNs >= TICK_NS) this.#tick(nowNs);
    } else if (isDone) {
      if (this.#rowNs > this.#tickedNs) this.#tick(this.#rowNs);
      this.#endFile();
    }
    const { version, pending, ms, pendingMs } = this.#told;
    if (nowMs - ms < NOTICE_MS) return;
    const isPendingDue = nowMs - pendingMs >= PENDING_NOTICE_MS;
    if (version !== this.version || (isPendingDue && pending !== this.#findings.pendingCount)) this.#tell(nowMs);
  }

  /** The file has no more rows: one last look at what that means. */
  #endFile(): void {
    if (this.#hasEnded || this.#options.isEnded?.() !== true || this.#follower.judgedN < this.#capture.lastN) return;
    this.#hasEnded = true;
    this.#tick(this.#rowNs);
  }

  #tell(nowMs: number): void {
    const pending = this.#findings.pendingCount;
    this.#told = { version: this.version, pending, ms: nowMs, pendingMs: nowMs };
    this.#options.onChange?.(this.#findings.counts, pending);
  }

  #learnTap({ n, tapName, event }: RowCursor): void {
    if (event !== "link-opened" && this.#tapIds.has(tapName)) return;
    const tap = this.#capture.row(n)?.tap;
    if (tap === undefined || (this.#tapIds.size >= MAX_TAPS && !this.#tapIds.has(tapName))) return;
    this.#tapIds.set(tapName, tap);
  }

  #describe({ n, timeNs }: OpenRequest, tap: TapId): Described | null {
    const capture = this.#capture;
    const sinceMs = capture.clock.toEpochMs(timeNs);
    if (!capture.isInMemory(n)) return { tap, sinceMs, method: "" };
    const raw = capture.row(n);
    if (raw === undefined) return null;
    const method = capture.talk.said(n)?.method ?? "";
    return { tap, sinceMs, method: visibleText(method === "" ? rowWords(capture, raw).preview : method, METHOD_CHARS) };
  }

  #each(tell: (reader: RowReader) => void): void {
    for (const reader of this.#readers) {
      try {
        tell(reader);
      } catch (error) {
        this.#failed(reader, error);
      }
    }
  }

  #failed(reader: RowReader, error: unknown): void {
    this.#readers = this.#readers.filter((each) => each !== reader);
    this.#options.onBug?.(error);
  }
}

type Described = Pick<PendingRequest, "tap" | "method" | "sinceMs">;
