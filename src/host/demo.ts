import { type ChildProcess, spawn } from "node:child_process";
import * as vscode from "vscode";
import { t } from "../shared/l10n.ts";
import type { TapState } from "../shared/model.ts";
import { ANY_LISTEN } from "../shared/settingsCheck.ts";
import { engineEnvironment } from "./engine.ts";
import { readLines } from "./lines.ts";
import { reportWarning } from "./reportFailure.ts";
import type { Taps } from "./taps.ts";

type RunningDemo = { readonly process: ChildProcess; readonly taps: string[] };

/** The demo: small peers in a process of their own, each server behind a tap, the clients pointed at the taps. */
export class Demo implements vscode.Disposable {
  readonly #path: string;
  readonly #taps: Taps;
  readonly #log: vscode.LogOutputChannel;
  #running: Promise<RunningDemo> | undefined;

  constructor(path: string, taps: Taps, log: vscode.LogOutputChannel) {
    this.#path = path;
    this.#taps = taps;
    this.#log = log;
  }

  /** Starts the demo, if it does not run, and answers with its taps. */
  async start(): Promise<readonly TapState[]> {
    if (this.#running === undefined) {
      const starting = this.#start();
      this.#running = starting;
      starting.catch(() => {
        if (this.#running === starting) this.#running = undefined;
      });
    }
    const { taps } = await this.#running;
    return this.#taps.list().filter(({ config }) => taps.includes(config.id));
  }

  /** Ends the peers and removes their taps. What they said stays in the log. */
  async stop(): Promise<void> {
    const running = await this.#running;
    if (running === undefined) return;
    this.#running = undefined;
    running.process.kill();
    for (const tap of running.taps) await this.#taps.remove(tap);
    setRunning(false);
  }

  dispose(): void {
    void this.#running?.then(
      ({ process }) => process.kill(),
      () => undefined, // It never ran, and whoever asked was told.
    );
  }

  async #start(): Promise<RunningDemo> {
    const child = spawn(process.execPath, [this.#path], {
      env: engineEnvironment(process.env),
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    readLines(child.stderr, (line) => this.#log.warn(`demo: ${line}`));
    child.stdin.on("error", (error) => this.#log.debug(`demo: ${error.message}`));
    const taps: string[] = [];
    try {
      const { readyDemo } = await import("./onDemand.ts");
      const servers = await readyDemo(child, this.#log);
      const clients: { name: string; endpoint: string }[] = [];
      for (const { name, server } of servers) {
        const config = { id: crypto.randomUUID(), name, server, listen: ANY_LISTEN };
        taps.push(config.id);
        const tap = await this.#taps.start(config, { owner: "demo", keepFailed: false });
        clients.push({ name, endpoint: tap.listening });
      }
      child.stdin.write(`${JSON.stringify({ clients })}\n`);
    } catch (error) {
      child.kill();
      for (const tap of taps) await this.#taps.remove(tap);
      throw error;
    }
    const running = { process: child, taps };
    child.once("exit", (code, signal) => void this.#ended(child, signal ?? t("exit code {0}", code ?? 0)));
    setRunning(true);
    return running;
  }

  async #ended(child: ChildProcess, how: string): Promise<void> {
    const running = await this.#running;
    if (running?.process !== child) return; // Stopped by the user, who has seen it end.
    await this.stop();
    reportWarning(this.#log, t('The demo ended by itself ({0}). Run "ZMQ Tap: Start Demo" to start it again.', how));
  }
}

function setRunning(isRunning: boolean): void {
  void vscode.commands.executeCommand("setContext", "zmqTap.demoRunning", isRunning);
}
