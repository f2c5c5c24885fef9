import * as vscode from "vscode";
import type { BridgeDraft } from "../shared/bridges.ts";
import type { BridgePart } from "../shared/bridgeText.ts";
import { type CallDialect, DIALECTS, type DialectName, isOwnDialect } from "../shared/dialects.ts";
import { isCurveKey } from "../shared/keys/curveKey.ts";
import { readSecurityNames } from "../shared/keys/securityNames.ts";
import {
  CALL_SOCKETS,
  type CallSocket,
  type CallTarget,
  CONVERSATION_KINDS,
  type ConversationKind,
  COPY_FORMATS,
  type CopyFormat,
  EXPORT_FORMATS,
  type ExportFormat,
  type Side,
} from "../shared/model.ts";
import type { ReplayTiming } from "../shared/replaySession.ts";
import type { SecurityNames } from "../shared/security.ts";
import { ANSWER_SOCKETS, SIGNAL_SOCKETS } from "../shared/standIn.ts";
import { UserError } from "../shared/userError.ts";
import { type CallFrame, FRAME_FORMATS } from "../shared/viewProtocol.ts";

/**
 * What a command may be given, by a menu or by a script; every field is optional. A menu of a webview hands over the
 * row's `data-vscode-context`, a tree its element, an editor title its document's URI.
 */
export type CommandArguments = {
  /** Number of a row. */
  readonly n?: number;
  /** Id or name of a tap. */
  readonly tap?: string;
  /** Id or name of a bridge, and which row below it. */
  readonly bridge?: string;
  readonly part?: BridgePart;
  /** A bridge as the setting `zmqTap.bridges` has it. */
  readonly config?: BridgeDraft;
  readonly server?: string;
  readonly listen?: string;
  readonly name?: string;
  /** Of a copy or of an export. */
  readonly format?: CopyFormat | ExportFormat;
  /** Which rows an export holds, or their numbers; two numbers are what to compare. */
  readonly rows?: "all" | "filtered" | "selected" | readonly number[];
  /** A filter expression. */
  readonly filter?: string;
  /** Field of a filter, and its value: of a cell its text, of a decoded value itself, left out for `null`. */
  readonly field?: string;
  readonly value?: string | number | boolean;
  /** Which conversation of a message. */
  readonly what?: ConversationKind;
  /** Which of several live links a replay goes into. */
  readonly link?: number;
  readonly target?: CallTarget;
  readonly socket?: CallSocket;
  readonly frames?: readonly CallFrame[];
  readonly timeoutMs?: number;
  readonly retries?: number;
  /** What a channel speaks, or a call is written in; `auto` finds it out. */
  /** One of the user's own only for a call. */
  readonly dialect?: CallDialect | "auto";
  /** Of a call in place of frames: what is called. */
  readonly method?: string;
  readonly args?: readonly unknown[];
  readonly kwargs?: Readonly<Record<string, unknown>>;
  readonly fields?: Readonly<Record<string, unknown>>;
  /** When the messages of a replayed session go out, and how often. */
  readonly timing?: ReplayTiming;
  readonly loops?: number;
  /** The endpoint of a session is listened on. */
  readonly bind?: boolean;
  /** Sends a call at once instead of opening the Call tab. */
  readonly send?: boolean;
  /** What the user would be asked is agreed to. */
  readonly confirmed?: boolean;
  /** Nothing is shown: no questions, no messages. Failures reject. */
  readonly quiet?: boolean;
  readonly uri?: vscode.Uri;
  /** Name of a key in the key store. */
  readonly key?: string;
  /** Text that holds keys, or a note. */
  readonly text?: string;
  /** What a single key is, which nothing in it tells. */
  readonly role?: "public" | "secret";
  readonly user?: string;
  readonly password?: string;
  /** Keys of a tap, by name; `{}` for none. */
  readonly security?: SecurityNames;
  /** Public key of a CURVE client that waits. */
  readonly client?: string;
  /** Where Answer Calls takes its answers from, unless it is a file; or the side whose messages a session replays. */
  readonly from?: "log" | Side;
  /** A file of fixed replies, by its path in the workspace or its whole path. */
  readonly replies?: string;
  /** Socket of a server of our own. */
  readonly as?: (typeof ANSWER_SOCKETS)[number] | (typeof SIGNAL_SOCKETS)[number];
  readonly delayMs?: number;
  readonly topics?: readonly string[];
  /** Page of the documentation, by its name. */
  readonly page?: string;
  /** Id of a kind of finding. */
  readonly finding?: string;
  /** Id or name of a web bridge. */
  readonly webBridge?: string;
  /**
   * Of a web bridge: endpoints, functions, and origins of pages; `topics` are what it lets through. Of a SOCKS server:
   * `allow` is which destinations it leads to, as patterns; empty for everything.
   */
  readonly allow?: readonly string[];
  readonly functions?: readonly string[];
  readonly origins?: readonly string[];
  readonly port?: number;
  readonly token?: string;
  /** What an intervention does, as its spec says it. */
  readonly spec?: string;
  /** Number of a held message. */
  readonly held?: number;
  /** The view it came from, by its number. */
  readonly view?: number;
  /** The view of the live capture that is meant: `zmqTap.messages` or `zmqTap.inspector`. */
  readonly webview?: string;
  /** It is an element of the view Taps that was clicked: somebody is there who can be asked. No script can say this. */
  readonly isClicked?: true;
};

type Check = { readonly is: (value: unknown) => boolean; readonly what: string };

const TEXT: Check = { is: (value) => typeof value === "string", what: "a text" };
const COUNT: Check = { is: (value) => Number.isSafeInteger(value) && Number(value) >= 0, what: "a whole number" };
const FLAG: Check = { is: (value) => typeof value === "boolean", what: "true or false" };

const TEXTS: Check = {
  is: (value) => Array.isArray(value) && value.every((one) => typeof one === "string"),
  what: "a list of texts",
};

const MAX_ROWS = 1_000_000;

const oneOf = (words: readonly string[]): Check => ({
  is: (value) => words.some((word) => word === value),
  what: `one of ${words.join(", ")}`,
});

const CHECKS: Readonly<Record<Exclude<keyof CommandArguments, "isClicked">, Check>> = {
  n: COUNT,
  tap: TEXT,
  bridge: TEXT,
  part: oneOf(["in", "out", "queue", "counters"]),
  config: { is: isObject, what: 'an object such as {"kind": "rep-req", "in": "tcp://127.0.0.1:*", "out": …}' },
  server: TEXT,
  listen: TEXT,
  name: TEXT,
  format: oneOf([...COPY_FORMATS, ...EXPORT_FORMATS]),
  rows: { is: isRows, what: '"all", "filtered", "selected" or a list of row numbers' },
  filter: TEXT,
  field: TEXT,
  value: {
    is: (value) => typeof value === "string" || typeof value === "number" || typeof value === "boolean",
    what: "a text, a number, true or false",
  },
  what: oneOf(CONVERSATION_KINDS),
  link: COUNT,
  target: { is: isTarget, what: 'a target such as {"kind":"endpoint","endpoint":"tcp://127.0.0.1:5556"}' },
  socket: oneOf(CALL_SOCKETS),
  frames: {
    is: (value) => Array.isArray(value) && value.every(isCallFrame),
    what: 'a list of frames such as {"format":"text","text":"hello"}',
  },
  timeoutMs: COUNT,
  from: oneOf(["log", "client", "server"]),
  replies: TEXT,
  as: oneOf([...ANSWER_SOCKETS, ...SIGNAL_SOCKETS]),
  delayMs: COUNT,
  topics: TEXTS,
  webBridge: TEXT,
  page: TEXT,
  finding: TEXT,
  allow: TEXTS,
  functions: TEXTS,
  origins: TEXTS,
  port: COUNT,
  token: TEXT,
  retries: COUNT,
  dialect: {
    is: (value) => isOwnDialect(value) || [...DIALECTS, "auto"].some((word) => word === value),
    what: `one of ${[...DIALECTS, "auto"].join(", ")}, or for a call "own:" and the name of one of your own`,
  },
  method: TEXT,
  args: { is: (value) => Array.isArray(value), what: "a list of values" },
  kwargs: { is: isObject, what: "an object of values by name" },
  fields: { is: isObject, what: "an object of values by name" },
  timing: { is: isTiming, what: 'a timing such as {"kind":"recorded","speed":1} or {"kind":"wait"}' },
  loops: COUNT,
  bind: FLAG,
  send: FLAG,
  confirmed: FLAG,
  quiet: FLAG,
  uri: { is: (value) => value instanceof vscode.Uri, what: "a URI" },
  key: TEXT,
  text: TEXT,
  role: { is: (value) => value === "public" || value === "secret", what: '"public" or "secret"' },
  user: TEXT,
  password: TEXT,
  security: {
    is: (value) => !("problem" in readSecurityNames(value)),
    what: 'an object with names of keys, such as {"serverPair": "backend"}, and without any secret',
  },
  client: { is: (value) => typeof value === "string" && isCurveKey(value), what: "a public key" },
  spec: TEXT,
  held: COUNT,
  view: COUNT,
  webview: TEXT,
};

/** Checks what a command was called with. Fields of other names and fields that are null are passed over. */
export function readArguments(given: unknown): CommandArguments {
  // The title of a panel hands over a URI, too, which names nothing but the panel.
  if (given instanceof vscode.Uri) return given.scheme === "webview-panel" ? {} : { uri: given };
  if (typeof given !== "object" || given === null) return {};
  const known: Record<string, unknown> = {};
  for (const [field, { is, what }] of Object.entries(CHECKS)) {
    const value = (given as Record<string, unknown>)[field];
    if (value === undefined || value === null) continue;
    if (!is(value))
      throw new UserError("bad-argument", `The argument "${field}" must be ${what}. Correct the call of the command.`);
    known[field] = value;
  }
  // Only elements name what they are not.
  if ("link" in given && given.link === null) known["isClicked"] = true;
  return known;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isRows(value: unknown): boolean {
  if (Array.isArray(value)) return value.length <= MAX_ROWS && value.every((n) => COUNT.is(n));
  return value === "all" || value === "filtered" || value === "selected";
}

function isTarget(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { kind, tap, endpoint } = value as Record<string, unknown>;
  return (kind === "tap" && typeof tap === "string") || (kind === "endpoint" && typeof endpoint === "string");
}

function isTiming(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { kind, speed, ms } = value as Record<string, unknown>;
  if (kind === "recorded") return typeof speed === "number";
  return kind === "gap" ? typeof ms === "number" : kind === "wait" || kind === "fast";
}

function isCallFrame(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { format, text } = value as Record<string, unknown>;
  return FRAME_FORMATS.some((known) => known === format) && typeof text === "string";
}

/** The dialect that was named; `null` where it is to be found out. */
export function namedDialect({ dialect }: CommandArguments): DialectName | null {
  if (dialect === undefined || dialect === "auto") return null;
  if (!isOwnDialect(dialect)) return dialect;
  throw new UserError(
    "bad-argument",
    `"${dialect}" cannot be chosen here: messages are shown to dialects of your own first in any case. Choose one of ${DIALECTS.join(", ")}.`,
  );
}

/** The same of a call, which can be made in a dialect of the user's own, too. */
export function namedCallDialect(args: CommandArguments): CallDialect | null {
  return isOwnDialect(args.dialect) ? args.dialect : namedDialect(args);
}
