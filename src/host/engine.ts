import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import * as vscode from "vscode";
import { Channel } from "../shared/channel.ts";
import {
  ENGINE_PROTOCOL_VERSION,
  type EngineLimits,
  type EngineNotice,
  type EngineRequests,
} from "../shared/engineProtocol.ts";
import { t } from "../shared/l10n.ts";
import type { RecoverableCapture } from "../shared/model.ts";
import { recordHeader, RecordReader } from "../shared/recordReader.ts";
import { UserError } from "../shared/userError.ts";
import { Delivery } from "./delivery.ts";
import { readLines } from "./lines.ts";

/** No questions: the engine only answers. */
type NoRequests = Record<string, never>;

type Running = {
  readonly process: ChildProcess;
  readonly channel: Channel<EngineRequests, EngineNotice, NoRequests, never>;
  readonly ended: Promise<void>;
  end(): void;
};

export type EngineDeath = {
  /** How it ended, as the end of a sentence: `killed by SIGKILL`, `exit code 1`. */
  readonly how: string;
};

export type EngineStart = {
  /** What an engine before this one has left that did not end in order. */
  readonly recoverable: RecoverableCapture | null;
};

type EngineOptions = {
  /** File of the bundled engine. */
  readonly path: string;
  readonly log: vscode.LogOutputChannel;
  /** Asked for at each start. */
  readonly limits: () => EngineLimits;
  /** Folder for the live capture, made by the engine; `null` keeps it in memory only. */
  readonly storage: string | null;
};

/** Includes the time in which an engine reads again what the window before has left on disk. */
const HELLO_TIMEOUT_MS = 30_000;
/** An engine that is told to end writes the rest of its capture to disk; after this time it is stopped. */
const END_TIMEOUT_MS = 10_000;

/**
 * The engine process: started when something is first asked, spoken to over fd 3. An engine that dies refuses what is
 * open and fires onDidDie; the next question starts a new one.
 */
export class Engine implements vscode.Disposable {
  readonly #options: EngineOptions;
  readonly #notices = new vscode.EventEmitter<EngineNotice>();
  readonly #deaths = new vscode.EventEmitter<EngineDeath>();
  readonly #starting = new vscode.EventEmitter<EngineStart>();
  readonly onDidNotify = this.#notices.event;
  /** Fires when a new engine answers. Its capture is empty, or what the window before had when it was reloaded. */
  readonly onDidStart = this.#starting.event;
  /** Fires when the engine ends without being told to. */
  readonly onDidDie = this.#deaths.event;
  #running: Promise<Running> | undefined;
  #child: ChildProcess | undefined;
  #isAnswering = false;
  #starts = 0;
  #disposed = false;

  constructor(options: EngineOptions) {
    this.#options = options;
  }

  /** Whether an engine answers; false too while one is starting. */
  get isRunning(): boolean {
    return this.#isAnswering;
  }

  /** Its process, or `undefined` while none answers. */
  get pid(): number | undefined {
    return this.#isAnswering ? this.#child?.pid : undefined;
  }

  /** Where the live capture is kept; `null` for memory only. */
  get storage(): string | null {
    return this.#options.storage;
  }

  /** Counts the engines so far. Row numbers of one mean nothing to the next. */
  get generation(): number {
    return this.#starts;
  }

  /** Asks the engine, which is started first if there is none. Rejects with a UserError. */
  async ask<K extends keyof EngineRequests>(
    name: K,
    body: EngineRequests[K]["ask"],
  ): Promise<EngineRequests[K]["answer"]> {
    const running = await this.#start();
    return running.channel.ask(name, body);
  }

  dispose(): void {
    this.#disposed = true;
    void this.#running?.then(
      (running) => running.end(),
      () => undefined, // It never ran, and whoever asked was told.
    );
    this.#notices.dispose();
    this.#starting.dispose();
    this.#deaths.dispose();
  }

  #start(): Promise<Running> {
    if (this.#disposed) return Promise.reject(engineStopped());
    if (this.#running === undefined) {
      const starting = this.#spawn();
      this.#running = starting;
      starting.catch(() => {
        if (this.#running === starting) this.#running = undefined;
      });
    }
    return this.#running;
  }

  async #spawn(): Promise<Running> {
    const { path, log, limits } = this.#options;
    // Loaded here so that a window without taps never pays for it.
    const { Packr, Unpackr } = await import("msgpackr");
    const packr = new Packr();
    const unpackr = new Unpackr();
    const child = spawn(process.execPath, [path], {
      env: engineEnvironment(process.env),
      stdio: ["ignore", "pipe", "pipe", "overlapped"],
      windowsHide: true,
    });
    this.#starts++;
    this.#child = child;
    const pipe = child.stdio[3] as Socket;
    const channel = new Channel<EngineRequests, EngineNotice, NoRequests, never>(
      {
        post: (value) => {
          const body = packr.pack(value);
          pipe.cork();
          pipe.write(recordHeader(body.length));
          pipe.write(body);
          pipe.uncork();
        },
      },
      {},
      (notice) => this.#notices.fire(notice),
    );
    const delivery = new Delivery((value) => channel.receive(value));
    const reader = new RecordReader((body) => delivery.push(unpackr.unpack(body)));
    pipe.on("data", (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        log.error("The engine's pipe cannot be read any more.", error);
        child.kill("SIGKILL");
      }
    });
    pipe.on("error", (error) => log.debug(`The engine's pipe: ${error.message}`));
    if (child.stdout !== null) readLines(child.stdout, (line) => log.info(`engine: ${line}`));
    if (child.stderr !== null) readLines(child.stderr, (line) => log.warn(`engine: ${line}`));

    let isWanted = true;
    let isReady = false;
    const ended = new Promise<void>((resolve) => {
      let hasEnded = false;
      const end = (how: string): void => {
        if (hasEnded) return;
        hasEnded = true;
        resolve();
        channel.close(engineStopped());
        this.#isAnswering = false;
        this.#running = undefined;
        log.info(`The engine ended (${how}).`);
        if (isWanted && isReady && !this.#disposed) this.#deaths.fire({ how });
      };
      child.once("error", (error) => end(error.message));
      child.once("exit", (code, signal) =>
        end(signal === null ? t("exit code {0}", code ?? 0) : t("killed by {0}", signal)),
      );
    });
    // The pipe's end is the sign to stop; what does not is stopped.
    pipe.once("close", () => {
      const timeout = setTimeout(() => child.kill("SIGKILL"), END_TIMEOUT_MS);
      timeout.unref();
      void ended.then(() => clearTimeout(timeout));
    });
    const running: Running = {
      process: child,
      channel,
      ended,
      end: () => {
        isWanted = false;
        pipe.destroy();
      },
    };
    const start = await this.#greet(running, limits());
    isReady = true;
    this.#isAnswering = true;
    this.#starting.fire(start);
    return running;
  }

  async #greet(running: Running, limits: EngineLimits): Promise<EngineStart> {
    const timeout = setTimeout(() => running.process.kill("SIGKILL"), HELLO_TIMEOUT_MS);
    try {
      const { storage } = this.#options;
      const hello = await running.channel.ask("engine/hello", { version: ENGINE_PROTOCOL_VERSION, limits, storage });
      if (hello.version !== ENGINE_PROTOCOL_VERSION) {
        running.end();
        throw new UserError(
          "engine-version",
          t(
            "The ZMQ Tap engine is of another version than the extension. Reload the window to use one version of both.",
          ),
        );
      }
      this.#options.log.info(`The engine runs as process ${hello.pid}.`);
      return { recoverable: hello.recoverable };
    } catch (error) {
      if (error instanceof UserError && error.code !== "engine-stopped") throw error;
      throw new UserError(
        "engine-start",
        t(
          'The ZMQ Tap engine did not start. Look into the output channel "ZMQ Tap" for the reason, then run the command again.',
        ),
        { cause: error },
      );
    } finally {
      clearTimeout(timeout);
    }
  }
}

/** A value as MessagePack bytes, for frames that were typed as JSON. Any object becomes a plain map. */
export async function packValue(value: unknown): Promise<Uint8Array> {
  const { Packr } = await import("msgpackr");
  return new Uint8Array(new Packr({ useRecords: false, variableMapSize: true }).pack(value));
}

/** Our own environment without what changes how Node or VS Code start: an inherited option would reach the engine. */
export function engineEnvironment(ours: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...ours, ELECTRON_RUN_AS_NODE: "1" };
  for (const name of Object.keys(env)) {
    if (name === "NODE_OPTIONS" || name.startsWith("VSCODE_")) Reflect.deleteProperty(env, name);
  }
  return env;
}

function engineStopped(): UserError {
  return new UserError(
    "engine-stopped",
    t("The ZMQ Tap engine has stopped. Run the command again to start a new one."),
  );
}
