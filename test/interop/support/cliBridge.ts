import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { until } from "../../support/until.ts";
import type { Ended, TapLine } from "./cliTap.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

/** `zmq-tap bridge` as a process of its own, which ends with the test. */
export class CliBridge {
  readonly in: readonly string[];
  readonly out: readonly string[];
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<Ended>;
  readonly #said: { stdout: string; stderr: string };

  private constructor(
    child: ChildProcessByStdio<null, Readable, Readable>,
    said: { stdout: string; stderr: string },
    ended: Promise<Ended>,
  ) {
    this.#child = child;
    this.#said = said;
    this.#ended = ended;
    const [, from, to] = /^bridging (?:SUB|REP) (.+) → (?:PUB|REQ) (.+)\n/.exec(said.stderr)!;
    this.in = from!.split(", ");
    this.out = to!.split(", ");
  }

  static async start(t: TestContext, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<CliBridge> {
    const child = spawn(process.execPath, [MAIN, "bridge", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    t.after(() => child.kill("SIGKILL"));
    const said = { stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (part: string) => (said.stdout += part));
    const ended = once(child, "close").then(([code]) => ({ code: code as number | null, ...said }));
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding("utf8").on("data", (part: string) => {
        said.stderr += part;
        if (said.stderr.includes("\n")) resolve();
      });
      child.once("close", () => reject(new Error(`zmq-tap bridge ended: ${said.stderr}`)));
    });
    return new CliBridge(child, said, ended);
  }

  get stderr(): string {
    return this.#said.stderr;
  }

  /** Lines of --json so far. */
  get lines(): readonly TapLine[] {
    return this.#said.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as TapLine);
  }

  /** Messages of --json, once there are so many. */
  async untilMessages(count: number): Promise<readonly TapLine[]> {
    return until(() => {
      const messages = this.lines.filter(({ type }) => type === "message");
      return messages.length >= count ? messages : null;
    });
  }

  async stop(signal: "SIGINT" | "SIGKILL" = "SIGINT"): Promise<Ended> {
    this.#child.kill(signal);
    return this.#ended;
  }
}
