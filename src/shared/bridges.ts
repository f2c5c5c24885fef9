import { formatEndpoint, isProblem, parseEndpoint } from "./endpoint.ts";
import { readSecurityNames } from "./keys/securityNames.ts";
import type { SecurityNames, TapSecurity } from "./security.ts";

/** What a bridge takes messages from, and what it hands them to. */
export const BRIDGE_KINDS = ["sub-pub", "sub-req", "rep-pub", "rep-req", "buffered-rep-req"] as const;
export type BridgeKind = (typeof BRIDGE_KINDS)[number];

/** Names a bridge for as long as it exists; given by whoever starts it. */
export type BridgeId = string;

/**
 * Of several REQ endpoints: `all` get each message, and the caller the first reply that tells of an error, else that of the
 * first endpoint; with `round-robin` each message goes to the endpoint that has been free for longest.
 */
export const FAN_OUTS = ["all", "round-robin"] as const;
type FanOutChoice = (typeof FAN_OUTS)[number];

type BridgeEndpoint = {
  /** As libzmq writes it; where the leg binds, port 0 or `*` takes a free one. */
  readonly endpoint: string;
  /** Of a SUB that connects: silence after which its connection is made anew, in place of the bridge's own; 0: never. */
  readonly recreateTimeoutMs?: number;
};

/** Keys of a leg by name. A leg that binds is the security server, one that connects the client. */
export type LegSecurityNames = Pick<SecurityNames, "serverPair" | "serverKey" | "clientPair" | "allow" | "plain">;

/** One side of a bridge. What its socket is follows from the kind: SUB or REP towards `in`, PUB or REQ towards `out`. */
export type BridgeLeg = {
  /** At least one. */
  readonly endpoints: readonly BridgeEndpoint[];
  /** SUB and REQ connect, PUB and REP bind, unless the user says otherwise. */
  readonly attach: "bind" | "connect";
  /**
   * Of a leg that binds: `serverPair` makes it CURVE (`allow` names the clients that may connect, else all may), `plain` is
   * the one user that PLAIN clients must show. Of one that connects: `serverKey` makes it CURVE (`clientPair` is shown to
   * that server, else a fresh one), `plain` is shown to a PLAIN server. Nothing: NULL.
   */
  readonly security?: LegSecurityNames;
};

/** What waits for a remote at most, and what becomes of more: it is refused, or counted as dropped where nobody asks. */
export type BridgeLimits = {
  readonly maxMessages: number;
  /** Octets of frames; in a queue with 28 for each message and 4 for each frame. */
  readonly maxBytes: number;
  /** What has waited for longer is given up, and counted as expired; 0: never. Callers of `rep-req` wait for their timeout. */
  readonly maxAgeMs: number;
};

/** What the user chose. */
export type BridgeConfig = {
  readonly id: BridgeId;
  /** Its rows carry it as the name of their tap. */
  readonly name: string;
  readonly kind: BridgeKind;
  readonly in: BridgeLeg;
  readonly out: BridgeLeg;
  /** Of a REQ leg with several endpoints. */
  readonly fanOut: FanOutChoice;
  readonly limits: BridgeLimits;
  /** How long each attempt waits for a remote's reply. */
  readonly timeoutMs: number;
  /** Further attempts after the first one failed; `null`: until the message is too old. Only a buffered bridge has `null`. */
  readonly retries: number | null;
  /** Silence after which a SUB's connection is made anew; 0: never. */
  readonly recreateTimeoutMs: number;
  /** Of a buffered bridge: its queue is kept on disk, and goes on where it was when the bridge starts again. */
  readonly persist: boolean;
};

/** Key material of both legs. Secret: it goes from the key store, or from files, to the engine, and into no state. */
export type BridgeSecurity = { readonly in: TapSecurity | null; readonly out: TapSecurity | null };

/** What a bridge has counted since it started. A buffered one that persists finds older messages in its queue. */
export type BridgeCounters = {
  /** Messages that came in, heartbeats among them. */
  readonly received: number;
  /** Messages handed on: published, or sent to a remote, further attempts not counted. */
  readonly sent: number;
  /** Replies to callers, those that the bridge made itself among them. */
  readonly answered: number;
  /** Taken into the queue of a buffered bridge. */
  readonly queued: number;
  /** Messages that a remote has replied to. */
  readonly delivered: number;
  /** Of those delivered: the reply told of an error in the form of pyzmqrpc3. */
  readonly errors: number;
  /** Further attempts. */
  readonly retried: number;
  /** Messages given up since they had waited too long. */
  readonly expired: number;
  /** Messages given up since no attempt was answered. */
  readonly failed: number;
  /** Messages that were refused, or dropped where nobody waits for an answer, since the queue was full. */
  readonly refused: number;
  /** Requests without the empty delimiter, and replies whose caller had gone. */
  readonly dropped: number;
  readonly heartbeats: number;
  /** Sockets made anew: a REQ behind an attempt that failed, a SUB behind silence. */
  readonly recreated: number;
};

type BridgeQueueState = {
  /** What waits or is under way. */
  readonly messages: number;
  readonly bytes: number;
  /** How long the oldest has waited; 0 when there is none. */
  readonly oldestMs: number;
};

export type BridgeStatus = "starting" | "running" | "stopped" | "failed";

export type BridgeState = {
  readonly config: BridgeConfig;
  readonly status: BridgeStatus;
  /** Why it works no more, or what last went wrong while it goes on; one sentence, `null` when all is well. */
  readonly problem: string | null;
  /** Endpoints as they really are, with their ports; empty until it runs. */
  readonly in: readonly string[];
  readonly out: readonly string[];
  readonly queue: BridgeQueueState;
  readonly counters: BridgeCounters;
  /** Messages that came in and went out per second, over the last second. */
  readonly messagesPerSecond: number;
};

export const DEFAULT_BRIDGE_LIMITS: BridgeLimits = {
  maxMessages: 100_000,
  maxBytes: 256 * 1024 * 1024,
  maxAgeMs: 24 * 60 * 60 * 1000,
};
export const DEFAULT_TIMEOUT_MS = 60_000;
export const DEFAULT_RECREATE_TIMEOUT_MS = 600_000;
const MAX_BRIDGE_ENDPOINTS = 100;

/** Longest time of a timer of JavaScript's. */
const MAX_MS = 2_147_483_647;
const MAX_MESSAGES = 10_000_000;
const MAX_BYTES = 64 * 1024 * 1024 * 1024;
const MAX_RETRIES = 1_000_000;
const MAX_NAME_CHARS = 200;
const LEG_KEYS = ["serverPair", "serverKey", "clientPair", "allow", "plain"] as const;

/** What is left out has its default; `endpoints` may be texts. Settings, memory and the command line write bridges so. */
export type BridgeDraft = Readonly<Record<string, unknown>>;

/** Sockets of both legs. */
export function bridgeSockets(kind: BridgeKind): { readonly in: "SUB" | "REP"; readonly out: "PUB" | "REQ" } {
  return {
    in: kind === "sub-pub" || kind === "sub-req" ? "SUB" : "REP",
    out: kind === "sub-pub" || kind === "rep-pub" ? "PUB" : "REQ",
  };
}

/** What a leg does unless the user says otherwise. */
export function usualAttach(socket: "SUB" | "REP" | "PUB" | "REQ"): "bind" | "connect" {
  return socket === "PUB" || socket === "REP" ? "bind" : "connect";
}

/** Whether the kind waits for replies of a remote, so that timeouts, retries and fan-out mean something. */
export function asksRemotes(kind: BridgeKind): boolean {
  return bridgeSockets(kind).out === "REQ";
}

/**
 * Reads a bridge as it is written down: `name`, `kind`, `in` and `out` (an endpoint, a list of them, or an object with
 * `endpoints`, `attach` and `security`), and whatever else shall differ from the defaults. What is wrong comes out as the
 * end of a sentence that begins with the bridge.
 */
export function readBridge(value: unknown, id: BridgeId): BridgeConfig | { readonly problem: string } {
  if (!isRecord(value)) return { problem: 'must be an object such as {"name": "orders", "kind": "rep-req", …}.' };
  const { name, kind: wanted } = value;
  if (typeof name !== "string" || name.trim() === "" || name.length > MAX_NAME_CHARS)
    return { problem: `needs a "name" of at most ${MAX_NAME_CHARS} characters.` };
  const kind = BRIDGE_KINDS.find((known) => known === wanted);
  if (kind === undefined) return { problem: `has a "kind" that is none of ${BRIDGE_KINDS.join(", ")}.` };
  const sockets = bridgeSockets(kind);
  const from = readLeg(value["in"], "in", sockets.in);
  if ("problem" in from) return from;
  const to = readLeg(value["out"], "out", sockets.out);
  if ("problem" in to) return to;
  const fanOut = FAN_OUTS.find((known) => known === (value["fanOut"] ?? "round-robin"));
  if (fanOut === undefined) return { problem: `has a "fanOut" that is none of ${FAN_OUTS.join(", ")}.` };
  const limits = readLimits(value["limits"] ?? {});
  if ("problem" in limits) return limits;
  const isBuffered = kind === "buffered-rep-req";
  const numbers = {
    timeoutMs: whole(value["timeoutMs"], DEFAULT_TIMEOUT_MS, 1, MAX_MS),
    recreateTimeoutMs: whole(value["recreateTimeoutMs"], DEFAULT_RECREATE_TIMEOUT_MS, 0, MAX_MS),
    retries:
      value["retries"] === null && isBuffered ? null : whole(value["retries"], isBuffered ? null : 0, 0, MAX_RETRIES),
  };
  const { timeoutMs, recreateTimeoutMs, retries } = numbers;
  if (timeoutMs === undefined) return { problem: badNumber("timeoutMs", 1, MAX_MS) };
  if (recreateTimeoutMs === undefined) return { problem: badNumber("recreateTimeoutMs", 0, MAX_MS) };
  if (retries === undefined) return { problem: badNumber("retries", 0, MAX_RETRIES) };
  const persist = value["persist"] ?? false;
  if (typeof persist !== "boolean") return { problem: 'has a "persist" that is neither true nor false.' };
  if (persist && !isBuffered)
    return { problem: 'has "persist", but only a bridge of kind buffered-rep-req has a queue that could be kept.' };
  if (to.attach === "bind" && sockets.out === "REQ" && to.endpoints.length > 1)
    return {
      problem: "binds several REQ endpoints. Bind one, to which all remotes connect, or let them be connected to.",
    };
  return {
    id,
    name: name.trim(),
    kind,
    in: from,
    out: to,
    fanOut,
    limits,
    timeoutMs,
    retries,
    recreateTimeoutMs,
    persist,
  };
}

/** Both legs in a few words: `REP tcp://127.0.0.1:5555 → REQ tcp://127.0.0.1:5556`. */
export function describeLegs(
  kind: BridgeKind,
  { in: from, out: to }: { readonly in: readonly string[]; readonly out: readonly string[] },
): string {
  const sockets = bridgeSockets(kind);
  return `${sockets.in} ${from.join(", ")} → ${sockets.out} ${to.join(", ")}`;
}

/** Counters of a bridge that has done nothing yet. */
export function noCounts(): { -readonly [K in keyof BridgeCounters]: BridgeCounters[K] } {
  return {
    received: 0,
    sent: 0,
    answered: 0,
    queued: 0,
    delivered: 0,
    errors: 0,
    retried: 0,
    expired: 0,
    failed: 0,
    refused: 0,
    dropped: 0,
    heartbeats: 0,
    recreated: 0,
  };
}

function readLeg(
  value: unknown,
  leg: "in" | "out",
  socket: "SUB" | "REP" | "PUB" | "REQ",
): BridgeLeg | { readonly problem: string } {
  const given = isRecord(value) ? value : { endpoints: value };
  const attach = given["attach"] ?? usualAttach(socket);
  if (attach !== "bind" && attach !== "connect")
    return { problem: `has an "attach" of its "${leg}" that is neither bind nor connect.` };
  const list: unknown = typeof given["endpoints"] === "string" ? [given["endpoints"]] : given["endpoints"];
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_BRIDGE_ENDPOINTS)
    return { problem: `needs one to ${MAX_BRIDGE_ENDPOINTS} endpoints as its "${leg}".` };
  const endpoints: BridgeEndpoint[] = [];
  for (const one of list as readonly unknown[]) {
    const read = readBridgeEndpoint(one, leg, attach);
    if ("problem" in read) return read;
    if (endpoints.some(({ endpoint }) => endpoint === read.endpoint && !/[*]$/.test(endpoint)))
      return { problem: `has the endpoint ${read.endpoint} twice in its "${leg}".` };
    endpoints.push(read);
  }
  if (given["security"] === undefined) return { endpoints, attach };
  const security = readSecurityNames(given["security"]);
  if ("problem" in security) return { problem: security.problem };
  const other = Object.keys(security).find((key) => !LEG_KEYS.some((known) => known === key));
  if (other !== undefined)
    return { problem: `has "${other}" in the "security" of its "${leg}", which takes ${LEG_KEYS.join(", ")}.` };
  return { endpoints, attach, security };
}

function readBridgeEndpoint(
  value: unknown,
  leg: "in" | "out",
  attach: "bind" | "connect",
): BridgeEndpoint | { readonly problem: string } {
  const given = isRecord(value) ? value : { endpoint: value };
  const { endpoint: text } = given;
  if (typeof text !== "string") return { problem: `has an endpoint of its "${leg}" that is no text.` };
  const endpoint = parseEndpoint(text, attach === "bind" ? "listen" : "server");
  if (isProblem(endpoint))
    return { problem: `has "${text}" in its "${leg}", which cannot be used: ${endpoint.problem}` };
  const { recreateTimeoutMs } = given;
  if (recreateTimeoutMs === undefined) return { endpoint: formatEndpoint(endpoint) };
  const ms = whole(recreateTimeoutMs, 0, 0, MAX_MS);
  if (ms === undefined) return { problem: badNumber("recreateTimeoutMs", 0, MAX_MS) };
  return { endpoint: formatEndpoint(endpoint), recreateTimeoutMs: ms };
}

function readLimits(value: unknown): BridgeLimits | { readonly problem: string } {
  if (!isRecord(value)) return { problem: 'has "limits" that are no object such as {"maxMessages": 1000}.' };
  const maxMessages = whole(value["maxMessages"], DEFAULT_BRIDGE_LIMITS.maxMessages, 1, MAX_MESSAGES);
  if (maxMessages === undefined) return { problem: badNumber("maxMessages", 1, MAX_MESSAGES) };
  const maxBytes = whole(value["maxBytes"], DEFAULT_BRIDGE_LIMITS.maxBytes, 1, MAX_BYTES);
  if (maxBytes === undefined) return { problem: badNumber("maxBytes", 1, MAX_BYTES) };
  const maxAgeMs = whole(value["maxAgeMs"], DEFAULT_BRIDGE_LIMITS.maxAgeMs, 0, Number.MAX_SAFE_INTEGER);
  if (maxAgeMs === undefined) return { problem: badNumber("maxAgeMs", 0, Number.MAX_SAFE_INTEGER) };
  return { maxMessages, maxBytes, maxAgeMs };
}

function whole<D extends number | null>(
  value: unknown,
  byDefault: D,
  least: number,
  most: number,
): number | D | undefined {
  if (value === undefined) return byDefault;
  return typeof value === "number" && Number.isSafeInteger(value) && value >= least && value <= most
    ? value
    : undefined;
}

function badNumber(name: string, least: number, most: number): string {
  return `has a "${name}" that is no whole number from ${least} to ${most}.`;
}

function isRecord(value: unknown): value is BridgeDraft {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
