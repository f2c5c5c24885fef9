import * as vscode from "vscode";
import type { Display } from "./display.ts";
import type { Engine, EngineDeath } from "./engine.ts";
import { reportWarning } from "./reportFailure.ts";
import type { Taps } from "./taps.ts";
import type { Views } from "./views.ts";

/** A second death within this time is not followed by another start. */
const AGAIN_WITHIN_MS = 60_000;

export type RecoveryParts = {
  readonly engine: Engine;
  readonly taps: Taps;
  readonly display: Display;
  readonly views: Views;
  readonly log: vscode.LogOutputChannel;
};

/** Starts a dead engine again with its taps on the same endpoints, once, and says what was lost. */
export class Recovery implements vscode.Disposable {
  readonly #parts: RecoveryParts;
  readonly #own: vscode.Disposable;
  #lastDeathMs = -Infinity;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
    this.#own = parts.engine.onDidDie((death) => void this.#recover(death));
  }

  dispose(): void {
    this.#own.dispose();
  }

  async #recover({ how }: EngineDeath): Promise<void> {
    const { taps, display, views, log } = this.#parts;
    const rows = display.stats?.kept ?? 0;
    const lost = rows === 0 ? "Nothing was in the log." : `${rows.toLocaleString("en")} rows of the log were lost.`;
    display.reset(`The engine stopped unexpectedly (${how}). ${lost}`);
    taps.engineEnded();
    views.notify({ kind: "capture/reset", lost: display.lost });
    const isAgain = Date.now() - this.#lastDeathMs < AGAIN_WITHIN_MS;
    this.#lastDeathMs = Date.now();
    if (isAgain) {
      const problem = `The ZMQ Tap engine stopped again within a minute (${how}).`;
      taps.giveUp(`${problem} Choose Start Tap to start it again.`);
      await this.#offerRestart(`${problem} It was not started a third time. ${lost}`);
      return;
    }
    const { back, failed } = await taps.reattach();
    const after = back.length + failed.length === 0 ? "It starts again when it is needed." : "It was started again.";
    const tapsBack =
      back.length === 0 ? "" : ` Back on the same endpoints: ${back.map((tap) => tap.config.name).join(", ")}.`;
    const tapsFailed = failed
      .map((tap) => ` "${tap.config.name}" is not back: ${tap.problem ?? "unknown reason"}`)
      .join("");
    reportWarning(log, `The ZMQ Tap engine stopped unexpectedly (${how}). ${after} ${lost}${tapsBack}${tapsFailed}`);
  }

  async #offerRestart(message: string): Promise<void> {
    const { taps, log } = this.#parts;
    log.error(message);
    const choice = await vscode.window.showErrorMessage(message, "Restart", "Show Details");
    if (choice === "Show Details") log.show();
    if (choice !== "Restart") return;
    const { failed } = await taps.reattach();
    for (const tap of failed)
      reportWarning(log, `The tap "${tap.config.name}" is not back: ${tap.problem ?? "unknown reason"}`);
  }
}
