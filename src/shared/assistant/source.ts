import type { CallOutcome, CallRequest } from "../calls.ts";
import type { EngineNotice, EngineRequests } from "../engineProtocol.ts";
import type { CaptureId } from "../model.ts";
import type { Redactor } from "./redactor.ts";

/** What assistants' tools ask an engine. */
export type AssistantQuestion =
  | "tap/list"
  | "capture/stats"
  | "filter/start"
  | "filter/stop"
  | "rows/read"
  | "rows/find"
  | "message/read"
  | "frame/decode"
  | "bytes/read"
  | "findings/read"
  | "picture/links"
  | "call/methods"
  | "dialects/calls";

export type AssistantCapture = {
  /** `live`, or the name of a file. */
  readonly name: string;
  readonly capture: CaptureId;
};

/** What the user is asked before a call. */
export type CallQuestion = { readonly title: string; readonly detail: string };

/** Where the tools get what they tell: the editor's engine, or the one of `zmq-tap mcp`. */
export type AssistantSource = {
  ask<K extends AssistantQuestion>(name: K, body: EngineRequests[K]["ask"]): Promise<EngineRequests[K]["answer"]>;
  /** Tells what the engine tells unasked, until the function that it answers with is called. */
  listen(told: (notice: EngineNotice) => void): () => void;
  wait(ms: number): Promise<void>;
  /** Captures that can be asked about, the live one first. */
  captures(): Promise<readonly AssistantCapture[]>;
  /** What is hidden from assistants. */
  readonly redactor: Redactor;
  /** Rejects with a UserError unless calls may be made at all. */
  checkSending(): void;
  /** Makes a call when the user agrees. Rejects with a UserError when the user does not. */
  send(request: Omit<CallRequest, "call">, question: CallQuestion): Promise<CallOutcome>;
};
