import { setTimeout as delay } from "node:timers/promises";
import { LIVE } from "../shared/assistant/assistant.ts";
import { Redactor } from "../shared/assistant/redactor.ts";
import type { AssistantCapture, AssistantQuestion, AssistantSource } from "../shared/assistant/source.ts";
import type { CallOutcome, CallRequest } from "../shared/calls.ts";
import type { Handlers } from "../shared/channel.ts";
import type { EngineNotice, EngineRequests } from "../shared/engineProtocol.ts";
import { LIVE_CAPTURE } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import { Caller } from "../proxy/caller.ts";
import { dialectInfos, seenCalls } from "../proxy/calls.ts";
import { Captures } from "../proxy/captures.ts";
import type { Engine } from "../proxy/engine.ts";
import type { McpOptions } from "./mcpArguments.ts";

/** What assistants ask of a process that serves them by MCP: its own engine, and capture files. */
export class McpSource implements AssistantSource {
  readonly redactor: Redactor;
  readonly #options: McpOptions;
  readonly #captures: Captures;
  readonly #caller: Caller;
  readonly #listeners = new Set<(notice: EngineNotice) => void>();
  readonly #open: AssistantCapture[] = [];
  readonly #handlers: Handlers<Pick<EngineRequests, AssistantQuestion>>;

  constructor(engine: Engine, options: McpOptions) {
    const tell = (notice: EngineNotice): void => this.tell(notice);
    this.redactor = new Redactor(options.redact, options.redactNames);
    this.#options = options;
    this.#captures = new Captures(engine, {
      onGrew: (stats) => tell({ kind: "capture/grew", stats }),
      onFilterAdvanced: (state) => tell({ kind: "filter/advanced", state }),
    });
    this.#caller = new Caller(engine, tell);
    if (options.taps.length > 0) this.#open.push({ name: LIVE, capture: LIVE_CAPTURE });
    const captures = this.#captures;
    this.#handlers = {
      "tap/list": () => engine.taps,
      "capture/stats": ({ capture }) => captures.stats(capture),
      "filter/start": (ask) => captures.inspector(ask.capture).startFilter(ask),
      "filter/stop": ({ filter }) => {
        captures.stopFilter(filter);
        return null;
      },
      "rows/read": (ask) => captures.inspector(ask.capture).readRows(ask),
      "rows/find": (ask) => captures.inspector(ask.capture).findRow(ask),
      "message/read": ({ capture, n }) => captures.inspector(capture).readMessage(n),
      "frame/decode": (ask) => captures.inspector(ask.capture).decodeFrame(ask),
      "bytes/read": (ask) => captures.inspector(ask.capture).readBytes(ask),
      "findings/read": ({ capture }) => captures.findings(capture),
      "picture/links": async ({ capture }) => (await captures.pictures(capture)).links(),
      "call/methods": ({ tap, dialect }) => seenCalls(engine, tap, dialect),
      "dialects/calls": () => dialectInfos(),
    };
  }

  /** Opens a capture file under its name. Rejects with a UserError when it cannot be read. */
  async open(path: string): Promise<void> {
    const { capture } = await this.#captures.open(path, "file");
    this.#open.push({ name: path, capture });
  }

  /** Hands on what the engine tells unasked. */
  tell(notice: EngineNotice): void {
    for (const listener of this.#listeners) listener(notice);
  }

  async stop(): Promise<void> {
    this.#caller.cancelAll();
    await this.#captures.stop();
  }

  async ask<K extends AssistantQuestion>(
    name: K,
    body: EngineRequests[K]["ask"],
  ): Promise<EngineRequests[K]["answer"]> {
    return this.#handlers[name](body);
  }

  listen(told: (notice: EngineNotice) => void): () => void {
    this.#listeners.add(told);
    return () => void this.#listeners.delete(told);
  }

  async wait(ms: number): Promise<void> {
    await delay(ms, undefined, { ref: false });
  }

  captures(): Promise<readonly AssistantCapture[]> {
    return Promise.resolve(this.#open);
  }

  checkSending(): void {
    if (this.#options.allowSend) return;
    throw new UserError(
      "read-only",
      "Nothing may be sent: this server only reads. The user can allow calls by starting zmq-tap mcp with --allow-send.",
    );
  }

  /** The MCP client has asked its user, or was told not to; this process has nobody to ask. */
  async send(request: Omit<CallRequest, "call">): Promise<CallOutcome> {
    const confirmed = this.#options.allowRemote ? { confirmed: true } : {};
    try {
      return await this.#caller.call({ ...request, ...confirmed, call: crypto.randomUUID() });
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== "confirm-not-loopback") throw error;
      throw new UserError(
        "remote-not-allowed",
        "The tap's server is not on this machine, and calls may not leave it. The user can allow that by starting zmq-tap mcp with --allow-remote, too.",
        { cause: error },
      );
    }
  }
}
