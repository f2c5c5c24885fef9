import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import type { Duplex } from "node:stream";
import { Packr } from "msgpackr";
import { Channel } from "../src/shared/channel.ts";
import {
  ENGINE_PROTOCOL_VERSION,
  type EngineLimits,
  type EngineNotice,
  type EngineRequests,
} from "../src/shared/engineProtocol.ts";
import type { RecoverableCapture } from "../src/shared/model.ts";
import { recordHeader, RecordReader } from "../src/shared/recordReader.ts";
import { Program } from "./program.ts";

type EngineChannel = Channel<EngineRequests, EngineNotice, Record<string, never>, never>;

export type EngineOptions = {
  /** The bundle, or `src/proxy/main.ts`. */
  readonly file: string;
  readonly maxBytes: number;
  readonly maxDiskBytes?: number;
  /** Folder for segment files; without it the capture is in memory only. */
  readonly storage?: string | undefined;
};

/** An engine process, asked through its pipe as the editor does it. It must be stopped or killed by whoever started it. */
export class BenchEngine {
  readonly channel: EngineChannel;
  /** What an engine that was killed has left in the same storage. */
  recoverable: RecoverableCapture | null = null;
  /** Told of everything that the engine says unasked. */
  onNotice: ((notice: EngineNotice) => void) | undefined;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #pullers: Program[] = [];

  private constructor(file: string) {
    this.#child = spawn(process.execPath, [file], { stdio: ["ignore", "inherit", "inherit", "overlapped"] });
    this.#ended = once(this.#child, "close");
    const pipe = this.#child.stdio[3] as Duplex;
    const packr = new Packr();
    const post = (value: unknown): void => {
      const body = packr.pack(value);
      pipe.write(recordHeader(body.length));
      pipe.write(body);
    };
    this.channel = new Channel({ post }, {}, (notice: EngineNotice) => this.onNotice?.(notice));
    const reader = new RecordReader((body) => this.channel.receive(packr.unpack(body)));
    pipe.on("data", (chunk: Buffer) => reader.push(chunk));
    pipe.on("error", () => undefined); // 'close' follows.
    pipe.on("close", () => this.channel.close({ code: "engine-stopped", message: "The engine ended." }));
  }

  static async start({ file, maxBytes, maxDiskBytes = 0, storage }: EngineOptions): Promise<BenchEngine> {
    const engine = new BenchEngine(file);
    const limits: EngineLimits = { maxBytes, maxDiskBytes, maxFrameBytes: maxBytes };
    const hello = { version: ENGINE_PROTOCOL_VERSION, limits, storage: storage ?? null };
    ({ recoverable: engine.recoverable } = await engine.channel.ask("engine/hello", hello));
    return engine;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Starts a puller for `messages` and a tap before it; it says a line when it has got them. */
  async tapTo(
    peers: string,
    id: string,
    messages: number,
  ): Promise<{ readonly listening: string; readonly puller: Program }> {
    const puller = new Program(peers, ["pull", String(messages)]);
    this.#pullers.push(puller);
    const config = { id, name: id, server: await puller.line(), listen: "tcp://127.0.0.1:*" };
    const { listening } = await this.channel.ask("tap/start", { config, security: null });
    return { listening, puller };
  }

  /** Has `messages` of one size pushed through a tap of its own, until all have arrived. */
  async pushThroughTap(peers: string, id: string, bytes: number, messages: number): Promise<void> {
    const { listening, puller } = await this.tapTo(peers, id, messages);
    const pusher = new Program(peers, ["push", listening, String(bytes), String(messages)]);
    await Promise.all([puller.line(), pusher.rest()]);
  }

  /** Has what peers.c feeds go through a tap of its own, until all has arrived; resolves with the tap's endpoint. */
  async feedThroughTap(peers: string, messages: number): Promise<string> {
    const { listening, puller } = await this.tapTo(peers, "fed", messages);
    const feeder = new Program(peers, ["feed", listening, String(messages)]);
    await Promise.all([puller.line(), feeder.rest()]);
    return listening;
  }

  /** Ends it in order, and what it was connected to. */
  async stop(): Promise<void> {
    (this.#child.stdio[3] as Duplex).end();
    await this.#ended;
    await this.#stopPullers();
  }

  /** Ends it without a chance to write anything. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
    await this.#stopPullers();
  }

  async #stopPullers(): Promise<void> {
    for (const puller of this.#pullers.splice(0)) await puller.stop();
  }
}
