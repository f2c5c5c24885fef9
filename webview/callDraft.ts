import {
  MAX_CALLS_PER_SECOND,
  MAX_REPEATS,
  MAX_RETRIES,
  MAX_TIMEOUT_MS,
  MIN_TIMEOUT_MS,
  type RepeatPlan,
} from "../src/shared/calls.ts";
import { formProblems, formProblemText, MAX_TYPED_ARGS, type TypedCall } from "../src/shared/callForm.ts";
import {
  type CallDialect,
  type DialectInfo,
  type DialectName,
  DIALECTS,
  isOwnDialect,
} from "../src/shared/dialects.ts";
import { isProblem, parseEndpoint } from "../src/shared/endpoint.ts";
import { encodeCallFrame } from "../src/shared/frameText.ts";
import { CALL_SOCKETS, type CallSocket, type CallTarget } from "../src/shared/model.ts";
import {
  type CallFrame,
  type CallKeys,
  FRAME_FORMATS,
  type FrameFormat,
  type ViewCall,
} from "../src/shared/viewProtocol.ts";
import { t } from "../src/shared/l10n.ts";

/** A call without its number. */
export type UnsentCall = Omit<ViewCall, "call">;

/** `auto`: the dialect that the tap's messages look like, else frames; `frames`: no dialect. */
export type DialectChoice = "auto" | "frames" | CallDialect;

/** The Call form as it is filled in. Nothing in it is secret: what is stays in the page's memory. */
export type CallDraft = {
  readonly target: CallTarget;
  readonly choice: DialectChoice;
  /** Of frames without a dialect. */
  readonly socket: CallSocket;
  readonly frames: readonly CallFrame[];
  /** In place of the dialect's usual one. */
  readonly otherSocket: CallSocket | null;
  readonly method: string;
  readonly args: readonly string[];
  readonly kwargs: string;
  readonly fields: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly keys: CallKeys;
  readonly repeat: RepeatPlan;
};

const DEFAULT_TIMEOUT_MS = 5000;
export const MAX_CALL_FRAMES = 64;
/** Longer drafts are not kept over a reload; VS Code stores the state of a view in one piece. */
const MAX_KEPT_CHARS = 100_000;

export const EMPTY_DRAFT: CallDraft = {
  target: { kind: "endpoint", endpoint: "" },
  choice: "auto",
  socket: "REQ",
  frames: [{ format: "text", text: "" }],
  otherSocket: null,
  method: "",
  args: [],
  kwargs: "",
  fields: {},
  timeoutMs: DEFAULT_TIMEOUT_MS,
  retries: 0,
  keys: {},
  repeat: { count: 10, perSecond: null },
};

/** What HTTP servers are called in, as long as nothing else is known. */
const HTTP_DIALECT: DialectName = "xml-rpc";

/**
 * The dialect that a draft is sent in; `null` for frames without one. `seen` is what the messages of the tap look like that
 * it goes through, and `server` the endpoint of that tap's server.
 */
export function chosenDialect(
  { choice, target }: CallDraft,
  dialects: readonly DialectInfo[],
  seen: DialectName | null,
  server = "",
): DialectInfo | null {
  const isHttp = /^\s*http:/i.test(target.kind === "endpoint" ? target.endpoint : server);
  const auto = (target.kind === "tap" ? seen : null) ?? (isHttp ? HTTP_DIALECT : null);
  const name = choice === "auto" ? auto : choice;
  return dialects.find((info) => info.name === name && info.canCall && info.name !== "raw") ?? null;
}

/** The call that a draft stands for. `secrets` are the dialect's secret fields. */
export function toCall(draft: CallDraft, info: DialectInfo | null, secrets: CallDraft["fields"]): UnsentCall {
  const { target, timeoutMs, retries, keys } = draft;
  const common = { target, timeoutMs, ...(retries === 0 ? {} : { retries }) };
  const shown = target.kind === "endpoint" && Object.keys(keys).length > 0 ? { keys } : {};
  if (info === null) return { ...common, ...shown, socket: draft.socket, frames: draft.frames };
  return {
    ...common,
    ...shown,
    socket: draft.otherSocket ?? info.socket,
    frames: [],
    typed: typedOf(draft, info, secrets),
  };
}

/** What is typed into the dialect's form. */
export function typedOf(draft: CallDraft, info: DialectInfo, secrets: CallDraft["fields"]): TypedCall {
  const { method, args, kwargs } = draft;
  const names = info.fields.map(({ name }) => name);
  const fields = Object.entries({ ...draft.fields, ...secrets }).filter(([name]) => names.includes(name));
  return { dialect: info.name, method, args, kwargs, fields: Object.fromEntries(fields) };
}

/** A draft that stands for a call; what it does not say is as in `before`. */
export function draftOf(call: UnsentCall, before: CallDraft = EMPTY_DRAFT): CallDraft {
  const { target, socket, frames, typed, timeoutMs, retries = 0, keys = {} } = call;
  const common = { ...before, target, timeoutMs, retries, keys };
  if (typed !== undefined) {
    const { dialect, method, args, kwargs, fields } = typed;
    return { ...common, choice: dialect, otherSocket: socket, method, args, kwargs, fields };
  }
  const isEmpty = frames.every(({ text }) => text === "");
  return {
    ...common,
    choice: isEmpty ? "auto" : "frames",
    socket,
    frames: frames.length > 0 ? frames : EMPTY_DRAFT.frames,
    otherSocket: null,
  };
}

/** Why a draft cannot be sent, or `null`. */
export function draftProblem(draft: CallDraft, info: DialectInfo | null, secrets: CallDraft["fields"]): string | null {
  const target = draft.target.kind === "endpoint" ? endpointProblem(draft.target.endpoint) : null;
  const numbers = timeoutProblem(draft.timeoutMs) ?? retriesProblem(draft.retries);
  if (target !== null || numbers !== null || info === null) {
    return target ?? numbers ?? draft.frames.map(frameProblem).find((found) => found !== null) ?? null;
  }
  const [wrong] = formProblems(typedOf(draft, info, secrets), info);
  return wrong === undefined ? null : formProblemText(wrong);
}

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
  return isProblem(parsed) ? t("This endpoint cannot be used: {0}", parsed.problem) : null;
}

export function timeoutProblem(timeoutMs: number): string | null {
  if (Number.isInteger(timeoutMs) && timeoutMs >= MIN_TIMEOUT_MS && timeoutMs <= MAX_TIMEOUT_MS) return null;
  return t("A timeout is a whole number of milliseconds from 1 to 3,600,000.");
}

export function retriesProblem(retries: number): string | null {
  if (Number.isInteger(retries) && retries >= 0 && retries <= MAX_RETRIES) return null;
  return t("Retries are a whole number from 0 to {0}.", MAX_RETRIES);
}

export function repeatProblem({ count, perSecond }: RepeatPlan): string | null {
  if (!(Number.isInteger(count) && count >= 1 && count <= MAX_REPEATS)) {
    return t("A call can be repeated 1 to 10,000 times.");
  }
  if (perSecond === null || (perSecond > 0 && perSecond <= MAX_CALLS_PER_SECOND)) return null;
  return t("Calls a second are a number above 0, at most 1,000; nothing for as fast as the answers come.");
}

/** Whether a socket type gets an answer, and so waits for one. */
export function hasAnswer(socket: CallSocket): boolean {
  return socket === "REQ" || socket === "DEALER";
}

/** A draft from what may have been stored, or `null`. */
export function toDraft(stored: unknown): CallDraft | null {
  if (typeof stored !== "object" || stored === null) return null;
  const from = stored as Partial<Record<keyof CallDraft, unknown>>;
  if (JSON.stringify(stored).length > MAX_KEPT_CHARS) return null;
  const frames = Array.isArray(from.frames) ? from.frames.filter(isCallFrame).slice(0, MAX_CALL_FRAMES) : [];
  const args = Array.isArray(from.args) ? from.args.filter(isText).slice(0, MAX_TYPED_ARGS) : [];
  const { timeoutMs, retries } = from;
  return {
    target: isTarget(from.target) ? from.target : EMPTY_DRAFT.target,
    choice: isOwnDialect(from.choice)
      ? from.choice
      : ((["auto", "frames", ...DIALECTS] as const).find((known) => known === from.choice) ?? EMPTY_DRAFT.choice),
    socket: socketNamed(from.socket) ?? EMPTY_DRAFT.socket,
    frames: frames.length > 0 ? frames : EMPTY_DRAFT.frames,
    otherSocket: socketNamed(from.otherSocket) ?? null,
    method: isText(from.method) ? from.method : "",
    args,
    kwargs: isText(from.kwargs) ? from.kwargs : "",
    fields: toTexts(from.fields),
    timeoutMs: typeof timeoutMs === "number" && timeoutProblem(timeoutMs) === null ? timeoutMs : DEFAULT_TIMEOUT_MS,
    retries: typeof retries === "number" && retriesProblem(retries) === null ? retries : 0,
    keys: toKeys(from.keys),
    repeat: isRepeat(from.repeat) ? from.repeat : EMPTY_DRAFT.repeat,
  };
}

export function socketNamed(value: unknown): CallSocket | undefined {
  return CALL_SOCKETS.find((known) => known === value);
}

function toKeys(stored: unknown): CallKeys {
  const { serverKey, clientPair, plain } = toTexts(stored) as CallKeys;
  return {
    ...(serverKey === undefined ? {} : { serverKey }),
    ...(clientPair === undefined ? {} : { clientPair }),
    ...(plain === undefined ? {} : { plain }),
  };
}

function toTexts(stored: unknown): Record<string, string> {
  if (typeof stored !== "object" || stored === null) return {};
  return Object.fromEntries(Object.entries(stored).filter((entry): entry is [string, string] => isText(entry[1])));
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isRepeat(value: unknown): value is RepeatPlan {
  if (typeof value !== "object" || value === null || !("count" in value) || !("perSecond" in value)) return false;
  return repeatProblem(value as RepeatPlan) === null;
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
