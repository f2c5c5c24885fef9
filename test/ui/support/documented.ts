import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { until } from "../../support/until.ts";
import { findPython } from "../../interop/peers/python.ts";

/** Ports that the documentation names, and free ones that are taken in their place. */
type Ports = ReadonlyMap<string, number>;

/** The first block of code behind the place of a page where a file is named, with other ports. */
export function documentedFile(page: string, name: string, ports: Ports): string {
  const text = readFileSync(page, "utf8");
  const place = text.indexOf(`\`${name}\``);
  const code = place < 0 ? undefined : /```\w+\n([\s\S]*?)```/.exec(text.slice(place))?.[1];
  if (code === undefined) throw new Error(`${page} has no code of ${name}.`);
  return [...ports].reduce((changed, [port, free]) => changed.replaceAll(`:${port}`, `:${free}`), code);
}

/** A Python program, as it stands in the documentation, in a folder that it is written to. */
export class DocumentedProgram {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #name: string;

  private constructor(child: ChildProcess, name: string) {
    this.#child = child;
    this.#name = name;
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on("line", (line) => this.lines.push(line));
    }
  }

  static async start(
    folder: string,
    { page, name, ports }: { readonly page: string; readonly name: string; readonly ports: Ports },
    ...args: readonly string[]
  ): Promise<DocumentedProgram> {
    await writeFile(join(folder, name), documentedFile(page, name, ports));
    const child = spawn(findPython(), ["-B", "-u", name, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
    return new DocumentedProgram(child, name);
  }

  /** Waits for a line of its output that holds a text. Throws with what it said when it ends without. */
  async says(text: string): Promise<void> {
    await until(() => {
      if (this.lines.some((line) => line.includes(text))) return true;
      if (this.#child.exitCode === null) return false;
      throw new Error(`${this.#name} ended without "${text}":\n${this.lines.join("\n")}`);
    });
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "close");
    this.#child.kill("SIGKILL");
    await ended;
  }
}
