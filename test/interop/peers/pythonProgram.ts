import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { Lasting } from "../support/seedProgram.ts";
import { findPython } from "./python.ts";

/** A program of this folder that is asked in JSON lines and answers each with one, in order. It ends with the test. */
export class PythonProgram {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;

  private constructor(child: ChildProcessByStdio<Writable, Readable, null>) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  /** `modules` of Debian's `packages` that it imports. */
  static start(
    t: Lasting,
    file: string,
    modules: readonly string[],
    packages: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): PythonProgram {
    const python = findPython(modules, packages);
    const child = spawn(python, ["-B", join(import.meta.dirname, file)], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    const program = new PythonProgram(child);
    t.after(() => program.#stop());
    return program;
  }

  async ask<T>(request: Readonly<Record<string, unknown>>): Promise<T> {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`);
    const next = await this.#answers.next();
    if (next.done === true) throw new Error("The Python program ended.");
    const answer = JSON.parse(next.value) as { value: T; error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.value;
  }

  /** Its input ends, which it takes for the sign to end. */
  async #stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const closed = once(this.#child, "close");
    this.#child.stdin.end();
    await closed;
  }
}
