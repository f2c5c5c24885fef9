import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { TestContext } from "node:test";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Ended } from "./cliTap.ts";
import { giveKeys, type TapKeys } from "./tapKeys.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

/** `zmq-tap answer` as a process of its own on a free loopback port. It ends with the test. */
export class CliAnswer {
  /** Where clients call. */
  readonly endpoint: string;
  /** What it said when it began. */
  readonly began: string;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<Ended>;

  private constructor(began: string, child: ChildProcessByStdio<null, Readable, Readable>, ended: Promise<Ended>) {
    this.began = began;
    this.endpoint = /^answering on (\S+) from /.exec(began)?.[1] ?? "";
    this.#child = child;
    this.#ended = ended;
  }

  static async start(t: TestContext, args: readonly string[], keys: TapKeys = {}): Promise<CliAnswer> {
    const given = giveKeys(keys);
    const child = spawn(process.execPath, [MAIN, "answer", "tcp://127.0.0.1:*", ...args, ...given.args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...given.environment },
    });
    t.after(() => {
      child.kill("SIGKILL");
      given.remove();
    });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (part: string) => (stdout += part));
    const ended = once(child, "close").then(([code]) => ({ code: code as number | null, stdout, stderr }));
    const began = new Promise<string>((resolve, reject) => {
      child.stderr.setEncoding("utf8").on("data", (part: string) => {
        stderr += part;
        if (stderr.includes("\n")) resolve(stderr.slice(0, stderr.indexOf("\n")));
      });
      child.once("close", () => reject(new Error(`zmq-tap answer ended: ${stderr}`)));
    });
    return new CliAnswer(await began, child, ended);
  }

  /** Ends it as a user does. */
  async stop(): Promise<Ended> {
    this.#child.kill("SIGINT");
    return this.#ended;
  }
}
