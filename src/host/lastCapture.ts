import * as vscode from "vscode";
import { recoverableText } from "../shared/captureText.ts";
import { t } from "../shared/l10n.ts";
import { LIVE_CAPTURE, type RecoverableCapture } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { Engine } from "./engine.ts";

const OFFERED_KEY = "zmqTap.offeredCapture";
const RECOVER = t("Recover Capture");
const DISCARD = t("Discard");
const COMMANDS: Readonly<Record<string, string>> = {
  [RECOVER]: "zmqTap.recoverCapture",
  [DISCARD]: "zmqTap.discardCapture",
};

/** The capture that an engine left which was killed, for as long as it is there. */
export class LastCapture implements vscode.Disposable {
  readonly #engine: Engine;
  readonly #memory: vscode.Memento;
  readonly #own: vscode.Disposable;
  #current: RecoverableCapture | null = null;

  constructor(engine: Engine, memory: vscode.Memento) {
    this.#engine = engine;
    this.#memory = memory;
    this.#own = engine.onDidStart(({ recoverable }) => this.#set(recoverable));
  }

  dispose(): void {
    this.#own.dispose();
  }

  get current(): RecoverableCapture | null {
    return this.#current;
  }

  /** What was left; an engine that runs knows. Rejects when there is nothing. */
  async find(): Promise<RecoverableCapture> {
    if (!this.#engine.isRunning) await this.#engine.ask("capture/stats", { capture: LIVE_CAPTURE });
    if (this.#current === null) throw nothingLeft();
    return this.#current;
  }

  /** Deletes it. */
  async discard(): Promise<void> {
    const { path } = await this.find();
    await this.#engine.ask("capture/discard", { path });
    this.#set(null);
  }

  /** Shows `message` and offers what was left. Waits for the user. */
  async offer(
    show: (message: string, ...buttons: string[]) => Thenable<string | undefined>,
    message: string,
  ): Promise<void> {
    const left = this.#current;
    if (left === null) return;
    await this.#memory.update(OFFERED_KEY, left.path);
    const command = COMMANDS[(await show(message, RECOVER, DISCARD)) ?? ""];
    if (command !== undefined) await vscode.commands.executeCommand(command);
  }

  /** Offers what was left, once; after that it has to be asked for. */
  async offerOnce(): Promise<void> {
    const left = this.#current;
    if (left === null || this.#memory.get(OFFERED_KEY) === left.path) return;
    await this.offer((...shown) => vscode.window.showInformationMessage(...shown), recoverableText(left, timeOf(left)));
  }

  #set(left: RecoverableCapture | null): void {
    this.#current = left;
    void vscode.commands.executeCommand("setContext", "zmqTap.recoverable", left !== null);
  }
}

/** The time of its last write: of today without the date. */
function timeOf({ endedMs }: RecoverableCapture): string {
  const ended = new Date(endedMs);
  const isToday = ended.toDateString() === new Date().toDateString();
  return isToday
    ? ended.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })
    : ended.toLocaleString("en-GB", { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
}

function nothingLeft(): UserError {
  return new UserError(
    "nothing-to-recover",
    t("There is no capture to recover: the last one was closed in order, or has been deleted."),
  );
}
