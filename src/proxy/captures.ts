import { setTimeout as delay } from "node:timers/promises";
import type { EngineNotice, FilterState } from "../shared/engineProtocol.ts";
import type { FindingId, FindingsState } from "../shared/findings.ts";
import {
  type CaptureId,
  type CaptureStats,
  type DialectChoice,
  type FileStats,
  LIVE_CAPTURE,
} from "../shared/model.ts";
import type { Sequence } from "../shared/sequences.ts";
import { Capture } from "./capture/capture.ts";
import type { CaptureWatch, CaptureWatchOptions } from "./captureWatch.ts";
import { type Engine, previewOf } from "./engine.ts";
import type { DialectKey } from "./dialects/dialect.ts";
import type { Dialogue } from "./dialogue.ts";
import { FanOut } from "./fanOut.ts";
import { captureGone, noCapture, tooManyCaptures } from "./faults.ts";
import type { FileCapture } from "./files/fileCapture.ts";
import { Inspector } from "./inspector.ts";
import type { OwnDialects } from "./ownDialects.ts";
import type { Pictures } from "./pictures.ts";
import { openSegments } from "./openSegments.ts";
import { TemporaryShelf } from "./temporaryShelf.ts";

/** Captures that may be open beside the live one. */
const MAX_OPEN = 16;
/** Memory of one of them; what is beyond lies in files. */
const OPEN_BYTES = 64 * 1024 * 1024;
/** Octets that may wait for the disk while a file is read. */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;
const REPORT_MS = 100;
const MAX_CHOICES = 500;
/** How long somebody who asks for the findings of a file waits for its rows to be judged. */
const FINDINGS_MS = 2_000;
/** How long opening waits for first rows. */
const FIRST_ROWS_MS = 500;

type Opened = {
  readonly dialogue: Dialogue;
  readonly watch: CaptureWatch;
  readonly pictures: Pictures;
  readonly inspector: Inspector;
  readonly file: () => FileStats;
  /** Its disk; `null` for segments, which have their files already. */
  readonly shelf: TemporaryShelf | null;
  close(): Promise<void>;
};

type CapturesOptions = {
  readonly onGrew: (stats: CaptureStats) => void;
  readonly onFilterAdvanced: (state: FilterState) => void;
  /** Told of opened captures only: the engine tells of its own. */
  readonly onFindings?: (notice: EngineNotice & { readonly kind: "findings/changed" }) => void;
  readonly onBug?: (error: unknown) => void;
  /** Dialects and decoders of the user's, once there are any. */
  readonly own?: () => OwnDialects | null;
};

/** The live capture and those opened from files, by their ids. */
export class Captures {
  readonly #engine: Engine;
  readonly #notices: CapturesOptions;
  readonly #live: Inspector;
  readonly #opened = new Map<CaptureId, Opened>();
  /** Those that are about to be in `opened`. */
  #opening = 0;
  #nextId = LIVE_CAPTURE + 1;
  #nextFilter = 1;
  #choices: readonly DialectChoice[] = [];
  #disabled: readonly FindingId[] = [];
  /** What was captured from a tap whose key is known can be checked in a file as well. */
  readonly #keyOf = (tapName: string): DialectKey => this.#engine.dialectKeys.of(tapName);

  constructor(engine: Engine, notices: CapturesOptions) {
    this.#engine = engine;
    this.#notices = notices;
    this.#live = this.#inspectorOf(engine.capture);
  }

  /** Throws a UserError for a capture that was closed. */
  inspector(id: CaptureId): Inspector {
    if (id === LIVE_CAPTURE) return this.#live;
    return this.#get(id).inspector;
  }

  stats(id: CaptureId): CaptureStats {
    if (id === LIVE_CAPTURE) return this.#engine.stats();
    const { inspector, file, shelf } = this.#get(id);
    return {
      capture: id,
      ...inspector.capture.stats(),
      diskBytes: shelf?.files.diskBytes ?? 0,
      maxDiskBytes: 0,
      diskProblem: shelf?.problem ?? null,
      messagesPerSecond: 0,
      file: file(),
    };
  }

  /** What users say that channels speak, of the live capture and of all that are opened, now and later. */
  async chooseDialects(choices: readonly DialectChoice[]): Promise<void> {
    this.#choices = choices.slice(0, MAX_CHOICES);
    (await this.#engine.dialogue).choose(this.#choices);
    for (const { dialogue } of this.#opened.values()) dialogue.choose(this.#choices);
  }

  /** Of a file what its rows of now come to, as far as that takes no longer than a moment; live traffic is not waited for. */
  async findings(id: CaptureId): Promise<FindingsState> {
    if (id === LIVE_CAPTURE) return (await this.#engine.watch).state();
    const { watch } = this.#get(id);
    await Promise.race([watch.settled(), delay(FINDINGS_MS, undefined, { ref: false })]);
    return watch.state();
  }

  /** Sequences that the user has named, in all captures, for rows that come from now on. */
  nameSequences(sequences: readonly Sequence[]): void {
    this.#engine.sequences = sequences;
  }

  /** What the inspector's tabs of a capture are drawn from. */
  async pictures(id: CaptureId): Promise<Pictures> {
    if (id !== LIVE_CAPTURE) return this.#get(id).pictures;
    const pictures = await this.#engine.pictures;
    if (pictures === null) throw new Error("This engine was started without pictures.");
    return pictures;
  }

  /** Findings that are switched off, of the live capture and of all that are opened, now and later. */
  async disableFindings(disabled: readonly FindingId[]): Promise<void> {
    this.#disabled = disabled;
    (await this.#engine.watch).disable(disabled);
    for (const { watch } of this.#opened.values()) watch.disable(disabled);
  }

  stopFilter(filter: number): void {
    for (const inspector of this.#inspectors()) if (inspector.stopFilter(filter)) return;
  }

  /**
   * Opens a capture file, or the segments that a killed engine has left. Answers once there are rows, or it is plain that
   * there will be none soon. Rejects with a UserError when it cannot be read.
   */
  async open(path: string, kind: "file" | "segments"): Promise<{ capture: CaptureId; stats: CaptureStats }> {
    if (this.#opened.size + this.#opening >= MAX_OPEN) throw tooManyCaptures(MAX_OPEN);
    const id = this.#nextId++;
    this.#opening++;
    try {
      this.#opened.set(id, kind === "file" ? await this.#openFile(id, path) : await this.#openSegments(id, path));
    } finally {
      this.#opening--;
    }
    return { capture: id, stats: this.stats(id) };
  }

  async close(id: CaptureId): Promise<void> {
    const opened = this.#opened.get(id);
    this.#opened.delete(id);
    opened?.inspector.dispose();
    opened?.pictures.dispose();
    opened?.watch.dispose();
    opened?.dialogue.dispose();
    await opened?.close();
  }

  /** Nobody looks any more: filters end, and captures that were opened close. Others may follow. */
  async stop(): Promise<void> {
    this.#live.dispose();
    await Promise.all([...this.#opened.keys()].map((id) => this.close(id)));
  }

  async #openSegments(id: CaptureId, path: string): Promise<Opened> {
    const { capture, unreadable } = await openSegments(path, { maxBytes: OPEN_BYTES }).catch((error: unknown) => {
      throw noCapture(path, error instanceof Error ? error.message : String(error));
    });
    const problem =
      unreadable === 0
        ? null
        : `${unreadable === 1 ? "1 segment file" : `${unreadable} segment files`} could not be read.`;
    const file = { ...NO_FILE, isDone: true, problem };
    const { Dialogue } = await import("./dialogue.ts");
    const dialogue = new Dialogue(capture, { choices: this.#choices, keyOf: this.#keyOf, isFile: true });
    return {
      dialogue,
      ...(await this.#watch(id, capture, { isEnded: () => true })),
      inspector: this.#inspectorOf(capture),
      file: () => file,
      shelf: null,
      close: () => Promise.resolve(),
    };
  }

  async #openFile(id: CaptureId, path: string): Promise<Opened> {
    const { clockOfFile, FileCapture } = await import("./files/fileCapture.ts");
    const clock = await clockOfFile(path);
    const capture = new Capture({ maxBytes: OPEN_BYTES, clock });
    const shelf = await TemporaryShelf.make(capture).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw noCapture(path, `no temporary folder for its rows can be made (${reason}). Free the disk, or set TMPDIR.`);
    });
    const { Dialogue } = await import("./dialogue.ts");
    const dialogue = new Dialogue(capture, {
      choices: this.#choices,
      keyOf: this.#keyOf,
      isFile: true,
      onChange: () => report(),
    });
    const reader = new FileCapture({
      capture,
      clock,
      onMark: (n, mark) => capture.mark(n, mark),
      newCopyFinder: () => new FanOut(capture),
      drained: () => shelf.files.drained(MAX_WAITING_BYTES),
    });
    const ending = new AbortController();
    let isDone = false;
    let reportedMs = -Infinity;
    const report = (): void => {
      const nowMs = performance.now();
      if (!this.#opened.has(id) || (!isDone && nowMs - reportedMs < REPORT_MS)) return;
      reportedMs = nowMs;
      this.#notices.onGrew(this.stats(id));
    };
    const watched = await this.#watch(id, capture, { isEnded: () => isDone });
    let hasRows = (): void => undefined;
    const first = new Promise<void>((resolve) => (hasRows = resolve));
    const timer = setTimeout(hasRows, FIRST_ROWS_MS);
    const onProgress = (): void => {
      if (capture.lastN > 0) hasRows();
      report();
    };
    let failure: string | null = null;
    const reading = reader
      .read(path, { signal: ending.signal, onProgress })
      .catch((error: unknown) => (failure = error instanceof Error ? error.message : String(error)))
      .finally(() => {
        isDone = true;
        hasRows();
        report();
      });
    await first;
    clearTimeout(timer);
    const close = async (): Promise<void> => {
      watched.pictures.dispose();
      watched.watch.dispose();
      dialogue.dispose();
      ending.abort();
      await reading;
      await shelf.remove();
    };
    const { format, problem } = reader.summary;
    if (format === null && problem !== null) {
      await close();
      throw noCapture(path, problem.message);
    }
    const file = (): FileStats => {
      const stats = fileStats(reader.summary, isDone);
      return failure === null ? stats : { ...stats, problem: failure };
    };
    return { dialogue, ...watched, inspector: this.#inspectorOf(capture), file, shelf, close };
  }

  /** Looks at all rows of an opened capture; its code is there already, since the engine watches its own. */
  async #watch(
    id: CaptureId,
    capture: Capture,
    options: CaptureWatchOptions,
  ): Promise<{ readonly watch: CaptureWatch; readonly pictures: Pictures }> {
    const [{ CaptureWatch: Watch }, { Pictures: Made }] = await Promise.all([
      import("./captureWatch.ts"),
      import("./pictures.ts"),
    ]);
    const { onFindings, onBug = (): void => undefined } = this.#notices;
    const watch = new Watch(capture, {
      from: capture.firstN,
      isFile: true,
      disabled: this.#disabled,
      sequences: () => this.#engine.sequences,
      onChange: (counts, pending) => onFindings?.({ kind: "findings/changed", capture: id, counts, pending }),
      onBug,
      ...options,
    });
    const pictures = new Made(capture, {
      live: null,
      findings: () => watch.state().findings,
      preview: (n) => previewOf(capture, n),
    });
    watch.add(pictures.reader);
    return { watch, pictures };
  }

  #inspectorOf(capture: Capture): Inspector {
    return new Inspector(capture, () => this.#nextFilter++, this.#notices.onFilterAdvanced, this.#notices.own);
  }

  *#inspectors(): Generator<Inspector> {
    yield this.#live;
    for (const { inspector } of this.#opened.values()) yield inspector;
  }

  #get(id: CaptureId): Opened {
    const opened = this.#opened.get(id);
    if (opened === undefined) throw captureGone();
    return opened;
  }
}

const NO_FILE: FileStats = {
  readBytes: 0,
  totalBytes: 0,
  isDone: false,
  conversations: 0,
  zmtpConversations: 0,
  problem: null,
};

function fileStats(summary: FileCapture["summary"], isDone: boolean): FileStats {
  const { bytesRead, sizeBytes, conversations, zeromq, problem } = summary;
  return {
    readBytes: bytesRead,
    totalBytes: sizeBytes,
    isDone,
    conversations,
    zmtpConversations: zeromq,
    problem: problem === null ? null : `${problem.message} (at octet ${problem.offset})`,
  };
}
