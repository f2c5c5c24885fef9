import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { until } from "../../support/until.ts";
import type { Ended, TapLine } from "./cliTap.ts";
import type { Lasting } from "./seedProgram.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));

/** `zmq-tap web-bridge --json` as a process of its own, which ends with the test. */
export class CliWebBridge {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  stdout = "";
  stderr = "";
  readonly #ended: Promise<Ended>;

  private constructor(args: readonly string[], environment: NodeJS.ProcessEnv) {
    this.child = spawn(process.execPath, [MAIN, "web-bridge", "--json", ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...environment },
    });
    this.child.stdout.setEncoding("utf8").on("data", (part: string) => (this.stdout += part));
    this.child.stderr.setEncoding("utf8").on("data", (part: string) => (this.stderr += part));
    this.#ended = once(this.child, "close").then(([code]) => ({
      code: code as number | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  static async start(t: Lasting, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<CliWebBridge> {
    const bridge = new CliWebBridge(args, environment);
    t.after(async () => {
      bridge.child.kill("SIGKILL");
      await bridge.#ended;
    });
    await until(() => bridge.stderr.includes("\n") || bridge.child.exitCode !== null);
    assert.match(bridge.stderr, /^web bridge on http:\/\//);
    return bridge;
  }

  /** As it is printed, with the token if there is one in it. */
  get address(): URL {
    return new URL(/^web bridge on (\S+)\n/.exec(this.stderr)![1]!);
  }

  get url(): string {
    return this.address.origin;
  }

  get lines(): TapLine[] {
    const whole = this.stdout.slice(0, this.stdout.lastIndexOf("\n") + 1);
    return whole
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as TapLine);
  }

  /** Ends it as a user does. */
  async stop(): Promise<Ended> {
    this.child.kill("SIGINT");
    return this.#ended;
  }
}
