import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Readable } from "node:stream";
import type { Finding } from "../../../src/shared/findings.ts";
import { reportFindings } from "../../support/findingsReport.ts";
import { giveKeys, type GivenKeys, type TapKeys } from "./tapKeys.ts";

const MAIN = fileURLToPath(new URL("../../../src/cli/main.ts", import.meta.url));
/** Loaded before it, to be told of findings. */
const TELL_FINDINGS = new URL("./tellFindings.ts", import.meta.url).href;

/** What is printed of a frame above 1 MiB without --full. */
type CutFrame = { readonly size: number; readonly head: string; readonly truncated: true };

/** One line of `--json`. */
export type TapLine = {
  readonly type: "message" | "encrypted" | "event" | "finding";
  readonly n: number;
  readonly time: string;
  readonly tap: string;
  readonly link: number;
  readonly from?: "client" | "server";
  readonly origin?: string;
  readonly sockets?: { client: string | null; server: string | null };
  readonly frames?: readonly (string | CutFrame)[];
  readonly latencyMs?: number | null;
  readonly request?: number;
  readonly size?: number;
  readonly event?: string;
  readonly detail?: Record<string, unknown>;
  /** Of a finding, and of rows the names of theirs. */
  readonly id?: string;
  readonly severity?: string;
  readonly evidence?: readonly number[];
  readonly finding?: readonly string[];
};

/** How a command ended and all it said. */
export type Ended = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

/** How a tap ended; with what it found in its capture, which one that was killed cannot tell. */
export type TapEnded = Ended & { readonly findings: readonly Finding[] };

/** Runs `zmq-tap` with these arguments until it ends by itself; `environment` is added to the test's own. */
export async function runCli(args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["ignore", "pipe", "pipe"], env });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (stdout += part));
  child.stderr.setEncoding("utf8").on("data", (part: string) => (stderr += part));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

/** Current directory of a tap, and what its environment has besides the test's. */
type Surroundings = { readonly folder?: string; readonly environment?: NodeJS.ProcessEnv };

/** `zmq-tap attach` as a process of its own, with its output read as it comes. */
export class CliTap {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  /** Lines of `--json` so far. */
  readonly lines: TapLine[] = [];
  stderr = "";
  #endpoint = "";
  readonly #stdout: string[] = [];
  #unfinished: string[] = [];
  #messageCount = 0;
  readonly #changed = new Set<() => void>();
  readonly #ended: Promise<TapEnded>;
  readonly #findings: string[] = [];
  #hasEnded = false;

  private constructor(args: readonly string[], keys: GivenKeys | null, surroundings: Surroundings) {
    const all = ["--import", TELL_FINDINGS, MAIN, ...args, ...(keys?.args ?? [])];
    this.child = spawn(process.execPath, all, {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      cwd: surroundings.folder,
      env: { ...process.env, ...surroundings.environment, ...keys?.environment },
    }) as ChildProcessByStdio<null, Readable, Readable>;
    this.child.stdout.setEncoding("utf8").on("data", (part: string) => this.#read(part));
    const findings = this.child.stdio[3] as unknown as Readable;
    findings.setEncoding("utf8").on("data", (part: string) => this.#findings.push(part));
    this.child.stderr.setEncoding("utf8").on("data", (part: string) => {
      this.stderr += part;
      this.#tell();
    });
    this.#ended = once(this.child, "close").then(([code]) => {
      this.#hasEnded = true;
      keys?.remove();
      this.#tell();
      const told = this.#findings.join("");
      const found = told === "" ? [] : (JSON.parse(told) as readonly Finding[]);
      reportFindings(found);
      return { code: code as number | null, stdout: this.stdout, stderr: this.stderr, findings: found };
    });
  }

  /** Resolves when the tap listens. `--json --full` unless other arguments are given; keys come from files. */
  static async start(
    server: string,
    args: readonly string[] = ["--json", "--full"],
    keys?: TapKeys,
    surroundings: Surroundings = {},
  ): Promise<CliTap> {
    const tap = new CliTap(["attach", server, ...args], keys === undefined ? null : giveKeys(keys), surroundings);
    await tap.#until(() => tap.stderr.includes("\n"));
    const [, endpoint] = /^listening on (\S+) for \S+\n/.exec(tap.stderr) ?? [];
    assert.ok(endpoint !== undefined, `the first line of stderr is not the tap's endpoint: ${tap.stderr}`);
    tap.#endpoint = endpoint;
    return tap;
  }

  /** The same of `zmq-tap socks`, on a free port. */
  static async startSocks(args: readonly string[] = ["--json", "--full"], keys?: TapKeys): Promise<CliTap> {
    const given = keys === undefined ? null : giveKeys(keys);
    const tap = new CliTap(["socks", "--listen", "tcp://127.0.0.1:*", ...args], given, {});
    await tap.#until(() => tap.stderr.split("\n").length > 2);
    const [, endpoint] = /^listening on (\S+) for .* by SOCKS5\n/.exec(tap.stderr) ?? [];
    assert.ok(endpoint !== undefined, `the first line of stderr is not the SOCKS server's endpoint: ${tap.stderr}`);
    tap.#endpoint = endpoint;
    return tap;
  }

  get stdout(): string {
    return this.#stdout.join("");
  }

  /** Where clients connect. */
  get endpoint(): string {
    return this.#endpoint;
  }

  get port(): number {
    return Number(this.#endpoint.slice(this.#endpoint.lastIndexOf(":") + 1));
  }

  /** Messages so far, frames decoded; of a cut frame its head. */
  get messages(): { from: string; frames: Buffer[]; line: TapLine }[] {
    return this.lines
      .filter(({ type }) => type === "message")
      .map((line) => ({ from: line.from!, frames: line.frames!.map(bytesOf), line }));
  }

  events(name: string): TapLine[] {
    return this.lines.filter(({ type, event }) => type === "event" && event === name);
  }

  /** Resolves with the first `count` messages. */
  async untilMessages(count: number): Promise<{ from: string; frames: Buffer[]; line: TapLine }[]> {
    await this.#until(() => this.#messageCount >= count);
    return this.messages;
  }

  /** Resolves with the first `count` events of this name. */
  async untilEvents(name: string, count = 1): Promise<TapLine[]> {
    await this.#until(() => this.events(name).length >= count);
    return this.events(name);
  }

  /** Resolves with the first `count` findings. */
  async untilFindings(count = 1): Promise<TapLine[]> {
    const findings = (): TapLine[] => this.lines.filter(({ type }) => type === "finding");
    await this.#until(() => findings().length >= count);
    return findings();
  }

  /** Resolves when the tap has ended by itself. */
  ended(): Promise<TapEnded> {
    return this.#ended;
  }

  /** Ends the tap as a user does and resolves with all it said. */
  stop(signal: "SIGTERM" | "SIGINT" | "SIGKILL" = "SIGTERM"): Promise<TapEnded> {
    if (!this.#hasEnded) this.child.kill(signal);
    return this.#ended;
  }

  #read(part: string): void {
    this.#stdout.push(part);
    const [first = "", ...others] = part.split("\n");
    this.#unfinished.push(first);
    for (const other of others) {
      this.#take(this.#unfinished.join(""));
      this.#unfinished = [other];
    }
    this.#tell();
  }

  #take(line: string): void {
    if (!line.startsWith("{")) return;
    const parsed = JSON.parse(line) as TapLine;
    this.lines.push(parsed);
    if (parsed.type === "message") this.#messageCount++;
  }

  #tell(): void {
    for (const changed of this.#changed) changed();
  }

  async #until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      if (this.#hasEnded) throw new Error(`The tap ended too early: ${this.stderr}`);
      await new Promise<void>((resolve) => {
        const changed = (): void => {
          this.#changed.delete(changed);
          resolve();
        };
        this.#changed.add(changed);
      });
    }
  }
}

const bytesOf = (frame: string | CutFrame): Buffer =>
  Buffer.from(typeof frame === "string" ? frame : frame.head, "base64");
