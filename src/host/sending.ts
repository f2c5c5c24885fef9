import * as vscode from "vscode";
import type { EngineRequests } from "../shared/engineProtocol.ts";
import { encodeCallFrame } from "../shared/frameText.ts";
import type { CallRequest, CallResult, ProbeResult, ReplayResult } from "../shared/model.ts";
import type { ReplaySummary } from "../shared/replaySession.ts";
import { UserError } from "../shared/userError.ts";
import type { CallFrame, ViewCall, ViewCallOutcome } from "../shared/viewProtocol.ts";
import { nothingCaptured } from "./captureSource.ts";
import type { Display } from "./display.ts";
import { type Engine, packValue } from "./engine.ts";
import { requireTrust } from "./trust.ts";

const SEND = "Send";

/** Replays and calls: checked, asked about where they leave this machine, sent by the engine. */
export class Sending {
  readonly #engine: Engine;
  readonly #display: Display;
  /** Targets of sessions that the user has agreed to since the window was opened. */
  readonly #agreed = new Set<string>();

  constructor(engine: Engine, display: Display) {
    this.#engine = engine;
    this.#display = display;
  }

  /** Sends a captured message again. `confirmed`: the user agreed to send beyond this machine. */
  async replay(ask: EngineRequests["replay/send"]["ask"]): Promise<ReplayResult> {
    requireTrust("Replay Message");
    if (!this.#engine.isRunning) throw nothingCaptured();
    return this.#asking((confirmed) => this.#engine.ask("replay/send", { ...ask, ...confirmed }));
  }

  /** Replays a session. A target beyond this machine is asked about once. */
  async replaySession(ask: EngineRequests["replay/session"]["ask"], isConfirmed: boolean): Promise<ReplaySummary> {
    requireTrust("Replay Session");
    const target = JSON.stringify(ask.options.target);
    if (isConfirmed || this.#agreed.has(target)) return this.#engine.ask("replay/session", { ...ask, confirmed: true });
    return this.#asking((confirmed) => {
      if (confirmed.confirmed === true) this.#agreed.add(target);
      return this.#engine.ask("replay/session", { ...ask, ...confirmed });
    });
  }

  /** Asks a server what it is, with the credentials of a tap where one is named. */
  async probe(ask: EngineRequests["endpoint/probe"]["ask"]): Promise<ProbeResult> {
    requireTrust("Probe Endpoint");
    return this.#asking((confirmed) => this.#engine.ask("endpoint/probe", { ...ask, ...confirmed }));
  }

  /** Sends a call as it was typed, and keeps it in the history. */
  async call(call: ViewCall, confirmed = false): Promise<ViewCallOutcome> {
    requireTrust("Send");
    const frames = await Promise.all(call.frames.map(encode));
    const request: CallRequest = {
      call: call.call,
      target: call.target,
      socket: call.socket,
      frames,
      timeoutMs: call.timeoutMs,
      ...(confirmed ? { confirmed } : {}),
    };
    const result = await this.#asking((agreed) => this.#engine.ask("call/send", { ...request, ...agreed }));
    const { target, socket, timeoutMs } = call;
    const record = { target, socket, frames: call.frames, timeoutMs, outcome: outcomeOf(result), timeMs: Date.now() };
    await this.#display.rememberCall(record);
    return { result, history: this.#display.history };
  }

  /** Does it; asks the user and does it again when the engine refuses to send beyond this machine unasked. */
  async #asking<T>(send: (confirmed: { confirmed?: true }) => Promise<T>): Promise<T> {
    try {
      return await send({});
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== "confirm-not-loopback") throw error;
      const choice = await vscode.window.showWarningMessage(
        "Send beyond this machine?",
        { modal: true, detail: error.message },
        SEND,
      );
      if (choice !== SEND) throw new UserError("not-confirmed", "Nothing was sent.", { cause: error });
      return send({ confirmed: true });
    }
  }
}

/** An id to cancel a call by. */
export function newCallId(): string {
  return crypto.randomUUID();
}

async function encode(frame: CallFrame, index: number): Promise<Uint8Array> {
  const encoded = encodeCallFrame(frame);
  switch (encoded.kind) {
    case "bytes":
      return encoded.bytes;
    case "value":
      return packValue(encoded.value);
    case "problem":
      throw new UserError("bad-frame", `Frame ${index + 1} cannot be sent: ${encoded.problem}`);
  }
}

function outcomeOf(result: CallResult): string {
  switch (result.kind) {
    case "answer":
      return `answered after ${result.latencyMs.toFixed(1)} ms`;
    case "sent":
      return "sent";
    case "timeout":
      return `no answer within ${result.afterMs} ms`;
    case "cancelled":
      return "cancelled";
  }
}
