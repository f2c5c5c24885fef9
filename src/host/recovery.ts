import * as vscode from "vscode";
import { afterDeathText } from "../shared/captureText.ts";
import type { BridgeState } from "../shared/bridges.ts";
import { t } from "../shared/l10n.ts";
import { LIVE_CAPTURE, type TapState } from "../shared/model.ts";
import { toRefusal } from "../shared/userError.ts";
import type { Bridges } from "./bridges.ts";
import type { Display } from "./display.ts";
import type { Engine, EngineDeath, EngineStart } from "./engine.ts";
import type { LastCapture } from "./lastCapture.ts";
import { reportWarning } from "./reportFailure.ts";
import type { Taps } from "./taps.ts";
import type { Views } from "./views.ts";

/** A second death within this time is not followed by another start. */
const AGAIN_WITHIN_MS = 60_000;

export type RecoveryParts = {
  readonly engine: Engine;
  readonly taps: Taps;
  readonly bridges: Bridges;
  readonly display: Display;
  readonly views: Views;
  readonly lastCapture: LastCapture;
  readonly log: vscode.LogOutputChannel;
};

type Reattached = TapState | BridgeState;

type Death = EngineDeath & { readonly rows: number; readonly isAgain: boolean };

/**
 * Starts a dead engine again with its taps and bridges on the same endpoints, once, and says what was lost. Offers the capture that
 * a killed engine has left, of this window or of one before.
 */
export class Recovery implements vscode.Disposable {
  readonly #parts: RecoveryParts;
  readonly #own: vscode.Disposable;
  #lastDeathMs = -Infinity;
  /** The death that no engine has followed yet. */
  #death: Death | undefined;

  constructor(parts: RecoveryParts) {
    this.#parts = parts;
    this.#own = vscode.Disposable.from(
      parts.engine.onDidDie((death) => void this.#recover(death)),
      parts.engine.onDidStart((start) => this.#started(start)),
    );
  }

  dispose(): void {
    this.#own.dispose();
  }

  #started({ recoverable }: EngineStart): void {
    const { display, lastCapture } = this.#parts;
    if (this.#death === undefined) {
      void lastCapture.offerOnce();
      return;
    }
    const { how, rows, isAgain } = this.#death;
    this.#death = undefined;
    // Shown once the new engine has told what it holds.
    display.lost = `${stopped(how)} ${afterDeathText(rows, recoverable)}`;
    // After the first death the message about it offers what was left.
    if (isAgain) void lastCapture.offerOnce();
  }

  async #recover({ how }: EngineDeath): Promise<void> {
    const { engine, taps, bridges, display, views } = this.#parts;
    const rows = display.stats?.kept ?? 0;
    const isAgain = performance.now() - this.#lastDeathMs < AGAIN_WITHIN_MS;
    this.#lastDeathMs = performance.now();
    this.#death = { how, rows, isAgain };
    const known = engine.storage === null ? null : undefined;
    display.reset(`${stopped(how)} ${afterDeathText(rows, known)}`);
    taps.engineEnded();
    bridges.running?.engineEnded();
    views.notifyLive({ kind: "capture/reset", lost: display.lost });
    if (isAgain) {
      const problem = t("The ZMQ Tap engine stopped again within a minute ({0}).", how);
      taps.giveUp(`${problem} ${t("Choose Start Tap to start it again.")}`);
      bridges.running?.giveUp(`${problem} ${t("Choose Start Bridge Again to start it again.")}`);
      const third = t("It was not started a third time.");
      await this.#offerRestart(`${problem} ${third} ${afterDeathText(rows, known)}`);
      return;
    }
    const { back, failed } = await this.#reattach();
    if (back.length + failed.length === 0 && rows > 0 && known === undefined) await this.#look();
    const after = engine.isRunning ? t("It was started again.") : t("It starts again when it is needed.");
    const lost = afterDeathText(rows, engine.isRunning ? this.#parts.lastCapture.current : known);
    const names = back.map(({ config }) => config.name).join(", ");
    const tapsBack = back.length === 0 ? [] : [t("Back on the same endpoints: {0}.", names)];
    this.#report([stopped(how), after, lost, ...tapsBack, ...failed.map(notBack)].join(" "), rows);
  }

  /** Starts an engine that no tap needs, to learn what can be recovered. */
  async #look(): Promise<void> {
    const { engine, log } = this.#parts;
    try {
      await engine.ask("capture/stats", { capture: LIVE_CAPTURE });
    } catch (error) {
      log.warn(toRefusal(error).message); // It is said below that it does not run.
    }
  }

  #report(message: string, rows: number): void {
    const { lastCapture, log } = this.#parts;
    if (rows === 0 || lastCapture.current === null) {
      reportWarning(log, message);
      return;
    }
    log.warn(message);
    void lastCapture.offer((...shown) => vscode.window.showWarningMessage(...shown), message);
  }

  async #offerRestart(message: string): Promise<void> {
    const { log } = this.#parts;
    log.error(message);
    const [restart, showDetails] = [t("Restart"), t("Show Details")];
    const choice = await vscode.window.showErrorMessage(message, restart, showDetails);
    if (choice === showDetails) log.show();
    if (choice !== restart) return;
    const { failed } = await this.#reattach();
    for (const one of failed) reportWarning(log, notBack(one));
  }

  async #reattach(): Promise<{ readonly back: readonly Reattached[]; readonly failed: readonly Reattached[] }> {
    const taps = await this.#parts.taps.reattach();
    const bridges = await this.#parts.bridges.running?.reattach();
    return {
      back: [...taps.back, ...(bridges?.back ?? [])],
      failed: [...taps.failed, ...(bridges?.failed ?? [])],
    };
  }
}

function stopped(how: string): string {
  return t("The ZMQ Tap engine stopped unexpectedly ({0}).", how);
}

function notBack({ config, problem }: Reattached): string {
  return t('"{0}" is not back: {1}', config.name, problem ?? t("unknown reason"));
}
