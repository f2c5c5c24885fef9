/** The RPC dialects that ZMQ Tap reads and speaks, as the command line and files name them. */
export const DIALECTS = [
  "raw",
  "frontend-backend",
  "pyzmqrpc3",
  "pyzmqrpc",
  "voisietequi",
  "zmq-web-bridge",
  "xml-rpc",
  "jupyter",
  "zerorpc",
  "json-rpc",
  "majordomo",
  "bitcoin",
  "locust",
] as const;
export type DialectName = (typeof DIALECTS)[number];

/**
 * What a message is in its dialect. `call`: it asks for an answer; `reply`: the answer, all well; `error`: the answer, not
 * well, even where clients hide that; `signal`: one way, names a method or event that somebody is meant to handle;
 * `event`: one way, tells something; `acknowledgement`: says that a call arrived, and no more; `heartbeat`.
 */
export const SAID_KINDS = ["call", "reply", "error", "signal", "event", "acknowledgement", "heartbeat"] as const;
export type SaidKind = (typeof SAID_KINDS)[number];

/** What a message says. Plain data, as JSON could hold it, but for octets (Uint8Array), bigint, NaN and infinities. */
export type Said = {
  readonly kind: SaidKind;
  /** Method, signal, event, service or topic, as the dialect names it; empty where it names none. */
  readonly method: string;
  /** Positional arguments; `null` where the dialect has none, or this kind of message. */
  readonly args: readonly unknown[] | null;
  /** Arguments by name; likewise. */
  readonly kwargs: Readonly<Record<string, unknown>> | null;
  /** What a reply, signal or event brings; undefined where there is nothing. */
  readonly value?: unknown;
  /** Only of kind `error`: what went wrong in the sender's words, at most 500 characters; else `null`. */
  readonly problem: string | null;
  /** The error's code as the dialect writes it, `463` or `TypeError`; `null` where there is none. */
  readonly code: string | null;
  /** The call's own id, or the id that a reply repeats, as text (hex for octets); `null` where the dialect has none. */
  readonly id: string | null;
  /** Further parts of the envelope that users want to see, such as `session` or `service`, as label and value. */
  readonly facts: readonly { readonly label: string; readonly value: string }[];
};

/** A call as users write it. What the dialect has no place for must be left out, else `encode` says so. */
export type DialectCall = {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
  /** The dialect's own fields by name, as its `fields` list them; a missing one has its default. */
  readonly fields: Readonly<Record<string, unknown>>;
};

/** A field of a dialect's form besides method, args and kwargs. */
export type DialectField = {
  readonly name: string;
  readonly label: string;
  readonly kind: "text" | "json" | "choice" | "boolean" | "secret";
  /** Only of kind `choice`. */
  readonly choices?: readonly string[];
  readonly hint: string;
};

/** A dialect of the user's, `own:` and the name that the setting `zmqTap.dialects` gives it. Only calls are made in it by this name. */
export type OwnDialectName = `own:${string}`;
export type CallDialect = DialectName | OwnDialectName;

/** The name in the setting; `null` for a dialect of ZMQ Tap's own. */
export function ownNameOf(dialect: CallDialect): string | null {
  return isOwnDialect(dialect) ? dialect.slice(OWN.length) : null;
}

/** Whether a text names a dialect of the user's, which there may be or not. */
export function isOwnDialect(text: unknown): text is OwnDialectName {
  return typeof text === "string" && text.startsWith(OWN) && text.length > OWN.length;
}

const OWN = "own:";

/** What forms, completion and `zmq-tap dialects` need to know of a dialect. */
export type DialectInfo = {
  readonly name: CallDialect;
  /** As people write it, such as `ZmqWebBridge RPC`. */
  readonly title: string;
  /** One sentence: which systems speak it, and what a message looks like. */
  readonly meaning: string;
  /** The socket that a caller has; `PUB` and `PUSH` calls are one-way. */
  readonly socket: "REQ" | "DEALER" | "PUB" | "PUSH";
  readonly takesArgs: boolean;
  readonly takesKwargs: boolean;
  readonly fields: readonly DialectField[];
  /** Calls it can make; `false` where it only reads, such as Bitcoin's notifications. */
  readonly canCall: boolean;
};
