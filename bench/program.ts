import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";

/** A program of the benchmark that says things line by line. It must be stopped by whoever started it. */
export class Program {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  /** Reads the lines of standard output or, for programs that say what they do there, of standard error. */
  constructor(
    file: string,
    args: readonly string[],
    { reads = "stdout", environment }: { reads?: "stdout" | "stderr"; environment?: NodeJS.ProcessEnv } = {},
  ) {
    this.#name = [file, ...args].join(" ");
    this.#child = spawn(file, args, {
      env: environment,
      stdio: ["ignore", reads === "stdout" ? "pipe" : "ignore", reads === "stderr" ? "pipe" : "inherit"],
    });
    this.#ended = once(this.#child, "close");
    const lines: Interface = createInterface({ input: this.#child[reads]! });
    this.#lines = lines[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Tells a program that waits for it to go on. */
  go(): void {
    this.#child.kill("SIGUSR1");
  }

  async line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done === true) throw new Error(`${this.#name} ended before it said what was expected.`);
    return next.value;
  }

  /** Every line until the program ends by itself. Throws when it fails. */
  async rest(): Promise<string[]> {
    const lines: string[] = [];
    await this.each((line) => void lines.push(line));
    return lines;
  }

  /** Hands over every line as it comes, until the program ends by itself. Throws when it fails. */
  async each(take: (line: string) => void): Promise<void> {
    for (let next = await this.#lines.next(); next.done !== true; next = await this.#lines.next()) take(next.value);
    await this.#ended;
    if (this.#child.exitCode !== 0) throw new Error(`${this.#name} failed with exit code ${this.#child.exitCode}.`);
  }

  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    await this.#ended;
  }
}
