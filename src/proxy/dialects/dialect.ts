import type { DialectCall, DialectInfo, DialectName, Said } from "../../shared/dialects.ts";
import type { SocketType } from "../../shared/model.ts";

/** A message as a dialect gets it. Its frames are views and never changed. */
export type DialectMessage = {
  /** All frames as on the wire, identities and delimiters of the envelope too. */
  readonly frames: readonly Uint8Array[];
  /** Who sent it and who gets it; `null` where the wire does not say. */
  readonly sender: SocketType | null;
  readonly receiver: SocketType | null;
};

/** What dialects may not make themselves, since they are pure. */
export type DialectTools = {
  /** A fresh id: 32 lower-case hex digits. */
  newId(): string;
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** HMAC with SHA-256 over the parts one behind the other. */
  hmacSha256(key: Uint8Array, parts: readonly Uint8Array[]): Uint8Array;
};

/** What a message says, or what keeps it from being read, in a sentence. */
export type SaidOrProblem = { readonly said: Said } | { readonly problem: string };

/** Frames as the caller's program hands them to its socket (a REQ adds its own delimiter), or why there are none. */
export type EncodedCall = { readonly frames: readonly Uint8Array[] } | { readonly problem: string };

/** A user's secret that messages are signed with, such as Jupyter's key; `null` where there is none or it is not known. */
export type DialectKey = Uint8Array | null;

/**
 * One way of speaking over ZeroMQ. All functions are pure, take any octets, never throw, and give up on what is too deep
 * or too large (limits.ts).
 */
export type Dialect = DialectInfo & {
  /** Names in a reply's value that count or name the run, so that replies which differ in no more say the same. */
  readonly varying?: readonly string[];
  /** How sure it is, from 0 (not mine) to 1 (nothing else looks like this), that the message is of this dialect. */
  confidence(message: DialectMessage): number;
  decode(message: DialectMessage, key: DialectKey, tools: DialectTools): SaidOrProblem;
  /** decode(encode(call)) says the same method, args and kwargs. */
  encode(call: DialectCall, key: DialectKey, tools: DialectTools): EncodedCall;
  /**
   * The frames of a recorded call with a fresh id and signature, so that a receiver takes it as a new one; the frames as they
   * are where the dialect has neither. `frames` are without the envelope's identities.
   */
  renew(frames: readonly Uint8Array[], key: DialectKey, tools: DialectTools): EncodedCall;
  /** What Answer Calls sends back: the frames of a reply with `value`, or of an error, to this call. */
  answer(call: DialectMessage, answer: Answer, key: DialectKey, tools: DialectTools): EncodedCall;
  /** Of ZMQ Tap's own. */
  readonly name: DialectName;
};

export type Answer =
  { readonly kind: "value"; readonly value: unknown } | { readonly kind: "error"; readonly problem: string };
