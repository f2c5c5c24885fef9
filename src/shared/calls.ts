import type { CallDialect, DialectCall, DialectName, Said } from "./dialects.ts";
import type { CallSocket, CallTarget } from "./model.ts";
import type { TapSecurity } from "./security.ts";

/** Calls and what becomes of them, shared by engine, host, view and command line. */

export const MIN_TIMEOUT_MS = 1;
export const MAX_TIMEOUT_MS = 3_600_000;
/** Attempts of a call besides the first one. */
export const MAX_RETRIES = 10;
/** How often one call can be repeated, and how fast at most. */
export const MAX_REPEATS = 10_000;
export const MAX_CALLS_PER_SECOND = 1_000;

/** What is sent: frames as a program hands them to its socket, or a call that its dialect makes frames of. */
export type CallBody =
  | { readonly kind: "frames"; readonly socket: CallSocket; readonly frames: readonly Uint8Array[] }
  | {
      readonly kind: "dialect";
      readonly dialect: CallDialect;
      readonly call: DialectCall;
      /** In place of the one that the dialect's callers mostly have. */
      readonly socket?: CallSocket;
    };

export type CallRequest = {
  /** Chosen by the caller, to cancel by. */
  readonly call: string;
  readonly target: CallTarget;
  readonly body: CallBody;
  /** Of each attempt, from the moment it begins to connect. */
  readonly timeoutMs: number;
  /** Attempts after the first one, each with a fresh socket; 0 to MAX_RETRIES. */
  readonly retries: number;
  /** Shown to the server of an endpoint; `null` for none. A tap shows its own, whatever stands here. */
  readonly security: TapSecurity | null;
  /** The user agreed to send beyond this machine. */
  readonly confirmed?: boolean;
};

/** What a message says, its value as JSON text (see decode/jsonText), so that it can travel. */
export type ToldSaid = Omit<Said, "args" | "kwargs" | "value"> & {
  /** `null` where it brings none. Valid JSON however much is left out. */
  readonly json: string | null;
  readonly truncated: boolean;
};

/** A message that came back. */
export type CallReply = {
  /** As the caller's program gets them: without the delimiter of a REQ. */
  readonly frames: readonly Uint8Array[];
  /** `null` for frames without a dialect, and when the dialect cannot read it. */
  readonly said: ToldSaid | null;
  /** Why the dialect cannot read it, in a sentence. */
  readonly problem: string | null;
  /** Since its attempt sent its request. */
  readonly latencyMs: number;
  /** Whose socket it came to, counted from 1. */
  readonly attempt: number;
  /** Its row in the log when the call went through a tap. */
  readonly row: number | null;
};

/** `late`: it answers an attempt that had been given up; `other`: it answers something else, or tells something. */
export type OtherReply = CallReply & { readonly kind: "late" | "other" };

/**
 * What became of a call. `ok`: a reply came; where its `said.kind` is `acknowledgement`, only that the call has arrived is
 * known. `error`: the service answered with an error, or with what its dialect cannot read (then `said` is `null`).
 * `sent`: one-way, handed over. `timeout`: no attempt got a reply.
 */
export type CallOutcome = {
  readonly kind: "ok" | "error" | "timeout" | "sent" | "cancelled";
  /** `null` for frames without a dialect. */
  readonly dialect: CallDialect | null;
  /** Of `ok` and `error`; else `null`. */
  readonly reply: CallReply | null;
  /** How many were begun. */
  readonly attempts: number;
  readonly timeoutMs: number;
  /** Row of the last attempt's request when the call went through a tap. */
  readonly request: number | null;
  /** Late and other messages that came meanwhile, at most 16. Later ones are told by `call/late`. */
  readonly others: readonly OtherReply[];
  /** Those above 16. */
  readonly moreOthers: number;
  /** Of a timeout: how far the last attempt came, in a sentence; else `null`. */
  readonly hint: string | null;
};

/** Repeats a call one after the other. */
export type RepeatPlan = {
  /** 1 to MAX_REPEATS. */
  readonly count: number;
  /** At most so many in a second; `null`: each as soon as the one before it has ended. */
  readonly perSecond: number | null;
};

export type RepeatOutcome = {
  /** How many have ended; fewer than asked for when it was cancelled. */
  readonly done: number;
  readonly counts: Readonly<Record<CallOutcome["kind"], number>>;
  /** Of the replies; `null` when there was none. */
  readonly latencyMs: {
    readonly min: number;
    readonly median: number;
    readonly p90: number;
    readonly p99: number;
    readonly max: number;
  } | null;
  readonly tookMs: number;
  /** Why a further call could not be made, in a sentence, which ended it; else `null`. */
  readonly problem: string | null;
  readonly last: CallOutcome;
};

/** What a call would send. */
export type CallPreview = { readonly socket: CallSocket; readonly frames: readonly Uint8Array[] };

/** A captured message as somebody would call it again. */
export type CallReading = {
  /** The one it looks most like, or the one that was asked for. */
  readonly dialect: CallDialect;
  /** `null` where it is no call that the dialect writes again as it was. */
  readonly call: DialectCall | null;
  readonly socket: CallSocket;
  /** As its program handed them to its socket: without identities and delimiter. */
  readonly frames: readonly Uint8Array[];
};

/** What was called through a tap among its newest messages. */
export type SeenCalls = {
  /** The dialect that most of them are of; `null` when there are none, or they look like nothing known. */
  readonly dialect: DialectName | null;
  /** Methods of the dialect that was asked for, or of that one: the most frequent first, at most 200. */
  readonly methods: readonly string[];
};
