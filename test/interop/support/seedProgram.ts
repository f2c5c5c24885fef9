import { type ChildProcessByStdio, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { findPython } from "../peers/python.ts";

const FOLDER = join(import.meta.dirname, "..", "peers", "seeds");

/** Whoever tells when it is over: a test, or a suite. */
export type Lasting = { after(end: () => Promise<void>): void };

/** A line that a program says of what it does. */
export type SeedLine = Readonly<Record<string, unknown>>;

/** A program of test/interop/peers/seeds, which ends with the test. */
export class SeedProgram {
  readonly lines: SeedLine[] = [];
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #name: string;
  readonly #changes = new EventEmitter();
  #hasEnded = false;

  constructor(t: Lasting, name: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
    this.#name = `${name} ${args[0] ?? ""}`;
    this.#child = spawn(findPython(), ["-B", join(FOLDER, `${name}.py`), ...args], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...environment },
    });
    createInterface({ input: this.#child.stdout }).on("line", (line) => {
      this.lines.push(JSON.parse(line) as SeedLine);
      this.#changes.emit("change");
    });
    this.#child.on("close", () => {
      this.#hasEnded = true;
      this.#changes.emit("change");
    });
    t.after(async () => {
      if (this.#hasEnded) return;
      const closed = once(this.#child, "close");
      this.#child.kill("SIGKILL");
      await closed;
    });
  }

  /**
   * Ends it as a crash does, and it is gone when this resolves; `SIGSTOP` halts it in the middle of whatever it does, and
   * `SIGCONT` lets it go on.
   */
  async kill(signal: "SIGSTOP" | "SIGCONT" | "SIGKILL" = "SIGKILL"): Promise<void> {
    if (this.#hasEnded) return;
    const closed = signal === "SIGKILL" ? once(this.#child, "close") : undefined;
    this.#child.kill(signal);
    await closed;
  }

  /** Its exit code, once it has ended by itself. */
  async ended(): Promise<number | null> {
    if (!this.#hasEnded) await once(this.#child, "close");
    return this.#child.exitCode;
  }

  /** Tells the program what to do next. */
  tell(what: unknown): void {
    this.#child.stdin.write(`${JSON.stringify(what)}\n`);
  }

  /** The values that it said under this name, once there are so many. */
  async said(name: string, count = 1): Promise<unknown[]> {
    return (await this.saidLines(name, count)).map((line) => line[name]);
  }

  /** Likewise the whole lines. */
  async saidLines(name: string, count = 1): Promise<SeedLine[]> {
    for (;;) {
      const lines = this.lines.filter((line) => name in line);
      if (lines.length >= count) return lines;
      if (this.#hasEnded) throw new Error(`${this.#name} ended before it said "${name}" ${count} times.`);
      await once(this.#changes, "change");
    }
  }

  /** Where it listens, in the order in which it bound. */
  async bound(count = 1): Promise<string[]> {
    return (await this.said("bound", count)) as string[];
  }
}
