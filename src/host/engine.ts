import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { join } from "node:path";
import * as vscode from "vscode";
import { Channel } from "../shared/channel.ts";
import { DOOR_FILE } from "../shared/engineDoor.ts";
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
import type { EngineProcess } from "./engineProcess.ts";
import { readLines } from "./lines.ts";

/** No questions: the engine only answers. */
type NoRequests = Record<string, never>;

type Running = {
  readonly channel: Channel<EngineRequests, EngineNotice, NoRequests, never>;
  /** Lets go of it: it ends, or waits for the next host. */
  end(): void;
};

export type EngineDeath = {
  /** How it ended, as the end of a sentence: `killed by SIGKILL`, `exit code 1`. */
  readonly how: string;
};

export type EngineStart = {
  /** What an engine before this one has left that did not end in order. */
  readonly recoverable: RecoverableCapture | null;
  /** The window before has left it running, with whatever it had been told. */
  readonly isAdopted: boolean;
};

type EngineOptions = {
  /** File of the bundled engine. */
  readonly path: string;
  readonly log: vscode.LogOutputChannel;
  /** Asked for at each start. */
  readonly limits: () => EngineLimits;
  /** How long the engine goes on without a window, in milliseconds. Asked for at each start. */
  readonly lingerMs?: () => number;
  /** Takes over the engine that the file of a door leads to; `null` where there is none, or it may not go on here. */
  readonly adopt?: (door: string) => Promise<EngineProcess | null>;
  /** Folder for the live capture, made by the engine; `null` keeps it in memory only, and is never lingered in. */
  readonly storage: string | null;
};

/** Includes the time in which an engine reads again what the window before has left on disk. */
const HELLO_TIMEOUT_MS = 30_000;
/** An engine that is told to end writes the rest of its capture to disk; after this time it is stopped. */
const END_TIMEOUT_MS = 10_000;

/**
 * The engine process: adopted from the window before where that has left one, else started when something is first asked and
 * spoken to over fd 3. An engine that dies refuses what is open and fires onDidDie; the next question starts a new one.
 */
export class Engine implements vscode.Disposable {
  readonly #options: EngineOptions;
  readonly #notices = new vscode.EventEmitter<EngineNotice>();
  readonly #deaths = new vscode.EventEmitter<EngineDeath>();
  readonly #starting = new vscode.EventEmitter<EngineStart>();
  readonly onDidNotify = this.#notices.event;
  /** Fires when an engine answers. Its capture is empty, or what the window before had when it was reloaded. */
  readonly onDidStart = this.#starting.event;
  /** Fires when the engine ends without being told to. */
  readonly onDidDie = this.#deaths.event;
  #running: Promise<Running> | undefined;
  #looking: Promise<Running | undefined> | undefined;
  #process: EngineProcess | undefined;
  #isAnswering = false;
  #isAdopted = false;
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
    return this.#isAnswering ? this.#process?.pid : undefined;
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

  /** Whether the engine is one that the window before has left running; takes such a one over, and starts none. */
  async adopt(): Promise<boolean> {
    if (this.#disposed) return false;
    // Whoever asked for an engine that does not start is told so.
    const running = this.#running ?? this.#look();
    const hasOne = await running.then(
      (found) => found !== undefined,
      () => false,
    );
    return hasOne && this.#isAdopted;
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
      const starting = this.#look().then((found) => found ?? this.#connect(this.#spawn(), false));
      this.#running = starting;
      starting.catch(() => {
        if (this.#running === starting) this.#running = undefined;
      });
    }
    return this.#running;
  }

  /** Takes over an engine that waits for a window; `undefined` where there is none. Never rejects. */
  #look(): Promise<Running | undefined> {
    this.#looking ??= this.#findWaiting().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #findWaiting(): Promise<Running | undefined> {
    const { storage, adopt, log } = this.#options;
    if (storage === null || adopt === undefined) return undefined;
    try {
      const door = await readFile(join(storage, DOOR_FILE), "utf8").catch(() => null);
      const found = door === null ? null : await adopt(door);
      if (found === null) return undefined;
      const running = await this.#connect(found, true);
      // The window may be going already.
      if (this.#disposed) running.end();
      else this.#running ??= Promise.resolve(running);
      return running;
    } catch (error) {
      log.warn("The engine that the window before has left could not be taken over; a new one is started.", error);
      return undefined;
    }
  }

  #spawn(): EngineProcess {
    const { path, log } = this.#options;
    const child = spawn(process.execPath, [path], {
      env: engineEnvironment(process.env),
      stdio: ["ignore", "pipe", "pipe", "overlapped"],
      windowsHide: true,
      // What ends the extension host and its group shall not end the engine.
      detached: true,
    });
    if (child.stdout !== null) readLines(child.stdout, (line) => log.info(`engine: ${line}`));
    if (child.stderr !== null) readLines(child.stderr, (line) => log.warn(`engine: ${line}`));
    const ended = new Promise<string>((resolve) => {
      child.once("error", (error) => resolve(error.message));
      child.once("exit", (code, signal) =>
        resolve(signal === null ? t("exit code {0}", code ?? 0) : t("killed by {0}", signal)),
      );
    });
    const release = (): void => {
      child.stdout?.destroy();
      child.stderr?.destroy();
      child.unref();
    };
    return { stream: child.stdio[3] as Socket, pid: child.pid, kill: () => child.kill("SIGKILL"), ended, release };
  }

  async #connect(engine: EngineProcess, isAdopted: boolean): Promise<Running> {
    const { log } = this.#options;
    // Loaded here so that a window without taps never pays for it.
    const { Packr, Unpackr } = await import("msgpackr");
    const packr = new Packr();
    const unpackr = new Unpackr();
    this.#starts++;
    this.#process = engine;
    const { stream } = engine;
    const channel = new Channel<EngineRequests, EngineNotice, NoRequests, never>(
      {
        post: (value) => {
          const body = packr.pack(value);
          stream.cork();
          stream.write(recordHeader(body.length));
          stream.write(body);
          stream.uncork();
        },
      },
      {},
      (notice) => {
        if (notice.kind === "engine/logged") log.warn(`engine: ${notice.line}`);
        this.#notices.fire(notice);
      },
    );
    const delivery = new Delivery((value) => channel.receive(value));
    const reader = new RecordReader((body) => delivery.push(unpackr.unpack(body)));
    stream.on("data", (chunk: Buffer) => {
      try {
        reader.push(chunk);
      } catch (error) {
        log.error("The engine's pipe cannot be read any more.", error);
        engine.kill();
      }
    });
    stream.on("error", (error) => log.debug(`The engine's pipe: ${error.message}`));

    let isWanted = true;
    let isReady = false;
    void engine.ended.then((how) => {
      channel.close(engineStopped());
      if (!this.#disposed) log.info(`The engine ended (${how}).`);
      // Whoever waits for one that never answered is told by its question.
      if (!isReady) return;
      this.#isAnswering = false;
      this.#running = undefined;
      if (isWanted && !this.#disposed) this.#deaths.fire({ how });
    });
    // Without its pipe it is of no use here; what does not end is stopped.
    stream.once("close", () => {
      if (!isWanted) return;
      const timeout = setTimeout(() => engine.kill(), END_TIMEOUT_MS);
      timeout.unref();
      void engine.ended.then(() => clearTimeout(timeout));
    });
    const running: Running = {
      channel,
      end: () => {
        isWanted = false;
        stream.destroy();
        engine.release();
      },
    };
    stream.resume();
    const recoverable = await this.#greet(running, engine);
    isReady = true;
    this.#isAnswering = true;
    this.#isAdopted = isAdopted;
    this.#starting.fire({ recoverable, isAdopted });
    return running;
  }

  async #greet(running: Running, engine: EngineProcess): Promise<RecoverableCapture | null> {
    const timeout = setTimeout(() => engine.kill(), HELLO_TIMEOUT_MS);
    const { storage, limits, lingerMs, log } = this.#options;
    try {
      const version = ENGINE_PROTOCOL_VERSION;
      const hello = await running.channel.ask("engine/hello", {
        version,
        limits: limits(),
        storage,
        lingerMs: lingerMs?.() ?? 0,
      });
      if (hello.version !== version) {
        running.end();
        throw new UserError(
          "engine-version",
          t(
            "The ZMQ Tap engine is of another version than the extension. Reload the window to use one version of both.",
          ),
        );
      }
      log.info(`The engine runs as process ${hello.pid}.`);
      return hello.recoverable;
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
