import * as vscode from "vscode";
import type { CaptureStats, DecoderName } from "../shared/model.ts";
import type { CallRecord } from "../shared/viewProtocol.ts";
import type { Engine } from "./engine.ts";

export type Surface = "messages" | "inspector";

const SEEN_KEY = "zmqTap.seen";
const DECODERS_KEY = "zmqTap.decoders";
const HISTORY_KEY = "zmqTap.calls";
const MAX_DECODERS = 500;
const MAX_HISTORY = 50;
const MAX_RECORD_CHARACTERS = 65_536;
/** How often the number of rows is written down, for the sentence after a reload. */
const SEEN_INTERVAL_MS = 2000;

/** What all views of the log share: paused or not, the active row, the user's choices, what was lost. */
export class Display implements vscode.Disposable {
  readonly #memory: vscode.Memento;
  readonly #own: vscode.Disposable;
  #isPaused = false;
  #stats: CaptureStats | null = null;
  #lost: string | null;
  #seenTimer: NodeJS.Timeout | undefined;
  /** The row that commands of the palette act on, and where it is active. */
  activeRow: number | null = null;
  activeSurface: Surface = "messages";

  constructor(engine: Engine, memory: vscode.Memento) {
    this.#memory = memory;
    const discarded = memory.get<number>(SEEN_KEY, 0);
    this.#lost =
      discarded > 0
        ? `The window was reloaded: ${discarded.toLocaleString("en")} rows of the log were discarded, since it is kept in memory only.`
        : null;
    if (discarded > 0) void memory.update(SEEN_KEY, undefined);
    this.#own = engine.onDidNotify((notice) => {
      if (notice.kind === "capture/grew") this.setStats(notice.stats);
    });
  }

  dispose(): void {
    this.#own.dispose();
    clearTimeout(this.#seenTimer);
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  set isPaused(paused: boolean) {
    this.#isPaused = paused;
    void vscode.commands.executeCommand("setContext", "zmqTap.paused", paused);
  }

  get stats(): CaptureStats | null {
    return this.#stats;
  }

  /** A sentence about what a reload or a dead engine took, until the log is cleared. */
  get lost(): string | null {
    return this.#lost;
  }

  setStats(stats: CaptureStats): void {
    this.#stats = stats;
    this.#seenTimer ??= setTimeout(() => {
      this.#seenTimer = undefined;
      void this.#memory.update(SEEN_KEY, this.#stats?.kept ?? undefined);
    }, SEEN_INTERVAL_MS);
  }

  /** The capture is empty again: cleared, or the engine is new and `lost` says what went with the old one. */
  reset(lost: string | null): void {
    this.#lost = lost;
    this.#stats = null;
    this.activeRow = null;
    void this.#memory.update(SEEN_KEY, undefined);
  }

  get decoders(): Readonly<Record<string, DecoderName>> {
    return this.#memory.get<Readonly<Record<string, DecoderName>>>(DECODERS_KEY, {});
  }

  /** Remembers a channel's decoder; the oldest choices go when there are too many. */
  async rememberDecoder(channel: string, decoder: DecoderName | null): Promise<void> {
    const others = Object.entries(this.decoders).filter(([known]) => known !== channel);
    const all: readonly (readonly [string, DecoderName])[] =
      decoder === null ? others : [...others, [channel, decoder]];
    await this.#memory.update(DECODERS_KEY, Object.fromEntries(all.slice(-MAX_DECODERS)));
  }

  get history(): readonly CallRecord[] {
    return this.#memory.get<readonly CallRecord[]>(HISTORY_KEY, []);
  }

  /** Keeps a call to be sent again. One that is too long to keep is not kept. */
  async rememberCall(record: CallRecord): Promise<void> {
    const length = record.frames.reduce((sum, frame) => sum + frame.text.length, 0);
    if (length > MAX_RECORD_CHARACTERS) return;
    await this.#memory.update(HISTORY_KEY, [record, ...this.history].slice(0, MAX_HISTORY));
  }
}
