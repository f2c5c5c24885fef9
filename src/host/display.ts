import { access } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import { discardedText } from "../shared/captureText.ts";
import { isChoice } from "../shared/decoderChoice.ts";
import { type CaptureStats, type DecoderChoice, LIVE_CAPTURE } from "../shared/model.ts";
import type { CallRecord } from "../shared/viewProtocol.ts";
import type { Engine, EngineStart } from "./engine.ts";

export type Surface = "messages" | "inspector";

const SEEN_KEY = "zmqTap.seen";
const DECODERS_KEY = "zmqTap.decoders";
const HISTORY_KEY = "zmqTap.calls";
const MAX_DECODERS = 500;
const MAX_HISTORY = 50;
const MAX_RECORD_CHARACTERS = 65_536;
/** How often the number of rows is written down, for the sentence after a reload. */
const SEEN_INTERVAL_MS = 2000;

/** In the storage folder while a live capture is kept there. */
const LIVE_FILE = "live";

/** What all views of the log share: paused or not, the counts, the user's choices, what was lost. */
export class Display implements vscode.Disposable {
  readonly #engine: Engine;
  readonly #memory: vscode.Memento;
  readonly #restored = new vscode.EventEmitter<undefined>();
  readonly #own: vscode.Disposable;
  /** Fires when a new engine has told what its capture holds. */
  readonly onDidRestore = this.#restored.event;
  #isPaused = false;
  #stats: CaptureStats | null = null;
  #lost: string | null = null;
  #seenTimer: NodeJS.Timeout | undefined;
  /** Rows that the window before had when it was reloaded, until it is known what became of them. */
  #before: number;
  #restoring: Promise<void> = Promise.resolve();

  constructor(engine: Engine, memory: vscode.Memento) {
    this.#engine = engine;
    this.#memory = memory;
    this.#before = memory.get<number>(SEEN_KEY, 0);
    if (engine.storage === null) this.#discard();
    this.#own = vscode.Disposable.from(
      this.#restored,
      engine.onDidNotify((notice) => {
        if (notice.kind === "capture/grew" && notice.stats.capture === LIVE_CAPTURE) this.setStats(notice.stats);
      }),
      engine.onDidStart((start) => {
        this.#restoring = this.#restore(start);
      }),
    );
  }

  dispose(): void {
    this.#own.dispose();
    clearTimeout(this.#seenTimer);
  }

  /**
   * Waits until it is known what the window before has left. Starts an engine only when there is something: looking at an
   * empty log starts none.
   */
  async ready(): Promise<void> {
    if (this.#engine.generation === 0 && (await this.#mayHaveLeft()))
      await this.#engine.ask("capture/stats", { capture: LIVE_CAPTURE });
    await this.#restoring;
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

  set lost(lost: string | null) {
    this.#lost = lost;
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
    this.#before = 0;
    void this.#memory.update(SEEN_KEY, undefined);
  }

  /** By channel. What another version remembered and this one does not know is left out. */
  get decoders(): Readonly<Record<string, DecoderChoice>> {
    const remembered = Object.entries(this.#memory.get<Readonly<Record<string, unknown>>>(DECODERS_KEY, {}));
    return Object.fromEntries(remembered.filter((entry): entry is [string, DecoderChoice] => isChoice(entry[1])));
  }

  /** Remembers a channel's decoder; the oldest choices go when there are too many. */
  async rememberDecoder(channel: string, decoder: DecoderChoice | null): Promise<void> {
    const others = Object.entries(this.decoders).filter(([known]) => known !== channel);
    const all: readonly (readonly [string, DecoderChoice])[] =
      decoder === null ? others : [...others, [channel, decoder]];
    await this.#memory.update(DECODERS_KEY, Object.fromEntries(all.slice(-MAX_DECODERS)));
  }

  get history(): readonly CallRecord[] {
    return this.#memory.get<readonly CallRecord[]>(HISTORY_KEY, []);
  }

  /** Keeps a call to be sent again. One that is too long to keep is not kept. */
  async rememberCall(record: CallRecord): Promise<void> {
    if (JSON.stringify([record.frames, record.typed]).length > MAX_RECORD_CHARACTERS) return;
    await this.#memory.update(HISTORY_KEY, [record, ...this.history].slice(0, MAX_HISTORY));
  }

  async #mayHaveLeft(): Promise<boolean> {
    if (this.#engine.storage === null) return false;
    if (this.#before > 0) return true;
    return access(join(this.#engine.storage, LIVE_FILE)).then(
      () => true,
      () => false, // No capture was kept, or the folder is gone: there is nothing to show.
    );
  }

  async #restore({ recoverable }: EngineStart): Promise<void> {
    try {
      const stats = await this.#engine.ask("capture/stats", { capture: LIVE_CAPTURE });
      // What can be recovered is offered, and not lost.
      if (stats.kept === 0 && recoverable === null) this.#discard();
      this.#before = 0;
      this.setStats(stats);
      this.#restored.fire(undefined);
    } catch {
      // The engine ended before it could tell, which is reported as its end.
    }
  }

  #discard(): void {
    if (this.#before === 0) return;
    this.#lost = discardedText(this.#before);
    this.#before = 0;
    void this.#memory.update(SEEN_KEY, undefined);
  }
}
