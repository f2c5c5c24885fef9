import { isProblem, parseEndpoint } from "../src/shared/endpoint.ts";
import { encodeCallFrame } from "../src/shared/frameText.ts";
import { CALL_SOCKETS, type CallSocket, type CallTarget } from "../src/shared/model.ts";
import { type CallFrame, FRAME_FORMATS, type FrameFormat, type ViewCall } from "../src/shared/viewProtocol.ts";

/** The Call form as it is filled in. */
export type CallDraft = Omit<ViewCall, "call">;

const DEFAULT_TIMEOUT_MS = 5000;
const MAX_TIMEOUT_MS = 3_600_000;
export const MAX_CALL_FRAMES = 64;
/** Longer drafts are not kept over a reload; VS Code stores the state of a view in one piece. */
const MAX_KEPT_CHARS = 100_000;

export const EMPTY_DRAFT: CallDraft = {
  target: { kind: "endpoint", endpoint: "" },
  socket: "REQ",
  frames: [{ format: "text", text: "" }],
  timeoutMs: DEFAULT_TIMEOUT_MS,
};

/** What is wrong with a frame as typed, or `null`. */
export function frameProblem(frame: CallFrame): string | null {
  const encoded = encodeCallFrame(frame);
  return encoded.kind === "problem" ? encoded.problem : null;
}

/** Bytes that a frame as typed comes to; `null` while it is wrong, and for MessagePack, which the host packs. */
export function frameBytes(frame: CallFrame): number | null {
  const encoded = encodeCallFrame(frame);
  return encoded.kind === "bytes" ? encoded.bytes.length : null;
}

/** What is wrong with an endpoint as typed, or `null`. */
export function endpointProblem(endpoint: string): string | null {
  const parsed = parseEndpoint(endpoint, "server");
  return isProblem(parsed) ? `This endpoint cannot be used: ${parsed.problem}` : null;
}

export function timeoutProblem(timeoutMs: number): string | null {
  if (Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= MAX_TIMEOUT_MS) return null;
  return "A timeout is a whole number of milliseconds from 1 to 3,600,000.";
}

/** Whether a socket type gets an answer, and so waits for one. */
export function hasAnswer(socket: CallSocket): boolean {
  return socket === "REQ" || socket === "DEALER";
}

/** A draft from what may have been stored, or `null`. */
export function toDraft(stored: unknown): CallDraft | null {
  if (typeof stored !== "object" || stored === null) return null;
  const { target, socket, frames, timeoutMs } = stored as Partial<Record<keyof CallDraft, unknown>>;
  const kept = Array.isArray(frames) ? frames.filter(isCallFrame).slice(0, MAX_CALL_FRAMES) : [];
  if (kept.reduce((sum, frame) => sum + frame.text.length, 0) > MAX_KEPT_CHARS) return null;
  return {
    target: isTarget(target) ? target : EMPTY_DRAFT.target,
    socket: CALL_SOCKETS.find((known) => known === socket) ?? EMPTY_DRAFT.socket,
    frames: kept.length > 0 ? kept : EMPTY_DRAFT.frames,
    timeoutMs: typeof timeoutMs === "number" && timeoutProblem(timeoutMs) === null ? timeoutMs : DEFAULT_TIMEOUT_MS,
  };
}

function isCallFrame(frame: unknown): frame is CallFrame {
  if (typeof frame !== "object" || frame === null || !("format" in frame) || !("text" in frame)) return false;
  return typeof frame.text === "string" && FRAME_FORMATS.includes(frame.format as FrameFormat);
}

function isTarget(target: unknown): target is CallTarget {
  if (typeof target !== "object" || target === null || !("kind" in target)) return false;
  if (target.kind === "tap") return "tap" in target && typeof target.tap === "string";
  return target.kind === "endpoint" && "endpoint" in target && typeof target.endpoint === "string";
}
