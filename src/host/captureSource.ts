import { LIVE_CAPTURE, type CaptureId, type CaptureStats } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { Display } from "./display.ts";
import type { Engine } from "./engine.ts";
import { t } from "../shared/l10n.ts";

/** What a view shows: the live capture, or one that is opened from a file and only read. */
export type CaptureSource = {
  /** Name of the file; `null` for the live capture. */
  readonly file: string | null;
  /** Its id in the engine that runs, or `null` while that has nothing of it. */
  readonly current: CaptureId | null;
  readonly stats: CaptureStats | null;
  /** A sentence about what is missing of it, or `null`. */
  readonly problem: string | null;
  /** Its id once the engine has it; `null` when there is nothing to look at. */
  open(): Promise<CaptureId | null>;
};

/** The live capture. Asking for it starts no engine, unless the window before has left a capture. */
export class LiveSource implements CaptureSource {
  readonly file = null;
  readonly #engine: Engine;
  readonly #display: Display;

  constructor(engine: Engine, display: Display) {
    this.#engine = engine;
    this.#display = display;
  }

  get current(): CaptureId | null {
    return this.#engine.isRunning ? LIVE_CAPTURE : null;
  }

  get stats(): CaptureStats | null {
    return this.#display.stats;
  }

  get problem(): string | null {
    return this.#display.lost;
  }

  async open(): Promise<CaptureId | null> {
    await this.#display.ready();
    return this.current;
  }
}

/** The id of a capture that something is to be done with; refused when it holds nothing. */
export async function heldCapture(source: CaptureSource): Promise<CaptureId> {
  const capture = await source.open();
  if (capture === null) throw nothingCaptured();
  return capture;
}

export function nothingCaptured(): UserError {
  return new UserError("nothing-captured", t("The log is empty. Attach a tap and wait for a message first."));
}

export function onlyRead(): UserError {
  return new UserError(
    "only-read",
    t(
      "A capture that was opened from a file is only read: nothing can be sent from it. Choose a message of the live log.",
    ),
  );
}
