import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import type { CaptureId, CaptureStats } from "../shared/model.ts";
import { toRefusal, UserError } from "../shared/userError.ts";
import type { CaptureSource } from "./captureSource.ts";
import type { Engine } from "./engine.ts";

/** An engine that dies twice within this time while it has the file is not given the file again. */
const AGAIN_WITHIN_MS = 60_000;

type OpenedFileOptions = {
  /** What the file is called. */
  readonly name: string;
  readonly kind: "file" | "segments";
  /** Where the engine finds it, asked for at each opening; rejects with a UserError. */
  readonly path: () => Promise<string>;
};

/** A capture file as one of its views has it: opened when it is first looked at, again when the engine is new, closed with the view. */
export class OpenedFile implements CaptureSource, vscode.Disposable {
  readonly #engine: Engine;
  readonly #options: OpenedFileOptions;
  readonly #resets = new vscode.EventEmitter<string | null>();
  readonly #opens = new vscode.EventEmitter<CaptureStats>();
  readonly #changes = new vscode.EventEmitter<undefined>();
  readonly #own: vscode.Disposable;
  /** Fires when rows and positions are no longer so: the engine died, or the file cannot be read. Carries the reason for that. */
  readonly onDidReset = this.#resets.event;
  readonly onDidOpen = this.#opens.event;
  #opening: Promise<CaptureId> | undefined;
  #current: CaptureId | null = null;
  #stats: CaptureStats | null = null;
  #problem: string | null = null;
  #lastDeathMs = -Infinity;
  #isDisposed = false;

  constructor(engine: Engine, options: OpenedFileOptions) {
    this.#engine = engine;
    this.#options = options;
    this.#own = vscode.Disposable.from(
      this.#resets,
      this.#opens,
      this.#changes,
      engine.onDidDie(() => this.#engineDied()),
      engine.onDidNotify((notice) => {
        if (notice.kind !== "capture/grew" || notice.stats.capture !== this.#current) return;
        this.#stats = notice.stats;
        this.#changes.fire(undefined);
      }),
    );
  }

  get file(): string {
    return this.#options.name;
  }

  get current(): CaptureId | null {
    return this.#current;
  }

  get stats(): CaptureStats | null {
    return this.#stats;
  }

  get problem(): string | null {
    return this.#problem;
  }

  open(): Promise<CaptureId> {
    if (this.#isDisposed) return Promise.reject(captureClosed(this.file));
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** Opens it and waits for its first rows. Rejects when there are none and something is wrong with the file. */
  async firstRows(): Promise<CaptureStats> {
    await this.open();
    for (;;) {
      const stats = this.#stats;
      if (stats === null) throw captureClosed(this.file);
      const { kept, file } = stats;
      if (kept > 0 || file === null) return stats;
      if (file.problem !== null) throw new UserError("bad-capture", file.problem);
      if (file.isDone) return stats;
      await this.#change();
    }
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#stats = null;
    // Whoever waits for rows goes on and is refused.
    this.#changes.fire(undefined);
    this.#own.dispose();
    if (this.#current !== null) this.#close(this.#current);
    this.#current = null;
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const own = this.#changes.event(() => {
        own.dispose();
        resolve();
      });
    });
  }

  async #open(): Promise<CaptureId> {
    const { kind, path } = this.#options;
    try {
      const { capture, stats } = await this.#engine.ask("capture/open", { path: await path(), kind });
      if (this.#isDisposed) {
        this.#close(capture);
        throw captureClosed(this.file);
      }
      this.#current = capture;
      this.#stats = stats;
      this.#problem = null;
      this.#opens.fire(stats);
      return capture;
    } catch (error) {
      // An engine that died over it has said so already, and the next one is asked again.
      if (error instanceof UserError && error.code === "engine-stopped") throw error;
      this.#problem = toRefusal(error).message;
      if (!this.#isDisposed) this.#resets.fire(this.#problem);
      throw error;
    }
  }

  #engineDied(): void {
    if (this.#opening === undefined) return;
    const isAgain = performance.now() - this.#lastDeathMs < AGAIN_WITHIN_MS;
    this.#lastDeathMs = performance.now();
    this.#current = null;
    this.#stats = null;
    if (isAgain) {
      const error = new UserError(
        "engine-died-again",
        t(
          "The engine stopped twice within a minute while {0} was open. Close the file and open it again to try once more.",
          this.file,
        ),
      );
      this.#problem = error.message;
      this.#opening = Promise.reject(error);
      this.#opening.catch(() => undefined); // Whoever asks next is told.
    } else this.#opening = undefined;
    this.#changes.fire(undefined);
    this.#resets.fire(this.#problem);
  }

  #close(capture: CaptureId): void {
    if (!this.#engine.isRunning) return;
    this.#engine.ask("capture/close", { capture }).catch(() => undefined); // An engine that ended has closed it.
  }
}

function captureClosed(file: string): UserError {
  return new UserError("capture-closed", t("{0} was closed. Open it again.", file));
}
