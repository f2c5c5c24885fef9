import {
  ORIGINS,
  SOCKET_TYPES,
  type EventName,
  type HandshakeStep,
  type Origin,
  type SocketPair,
  type Verdict,
} from "../../shared/model.ts";
import type { Framing } from "../wire/frames.ts";
import type { HandshakeDetail, PeerDetail } from "../wire/linkSink.ts";
import type { StreamPosition } from "../wire/linkReader.ts";

/** What a capture of ours says of a link, in a block of its own. */
export type LinkRecord = {
  readonly link: number;
  readonly tap: string;
  readonly tapName: string;
  readonly origin: Origin;
  readonly client: string;
  readonly server: string;
  readonly sockets: SocketPair | null;
  readonly decrypted: boolean;
  /** Where the link stands at this place of the file; `null` when it begins here. */
  readonly middle: LinkMiddle | null;
};

/** What it takes to go on in the middle of a link. */
export type LinkMiddle = {
  /** Sequence numbers of the next octets, and how many octets came before. */
  readonly nextSequence: readonly [number, number];
  readonly octetsBefore: readonly [number, number];
  /** How many of these the positions take into account. */
  readonly octetsRead: readonly [number, number];
  readonly framing: Framing;
  /** `null` when it was not done. */
  readonly handshake: HandshakeDetail | null;
  readonly positions: readonly [StreamPosition, StreamPosition] | null;
  readonly pending: number;
  /** All octets before this place, where they were few. */
  readonly preamble: readonly [Buffer, Buffer] | null;
};

/** An event row of a capture of ours. */
export type StoredEvent = {
  readonly event: EventName;
  readonly tap: string;
  readonly tapName: string;
  /** The link's number in the file; `null` for an event of the tap itself. */
  readonly link: number | null;
  /** Nanoseconds since 1970; `null` where the file does not say. */
  readonly timeNs: bigint | null;
  readonly detail: Readonly<Record<string, unknown>>;
};

const EVENT_NAMES: ReadonlySet<string> = new Set<EventName>([
  "link-opened",
  "handshake",
  "subscribe",
  "unsubscribe",
  "ping",
  "pong",
  "command",
  "error-command",
  "server-down",
  "gap",
  "fault",
  "refused",
  "intervention",
  "capturing",
  "link-closed",
]);
const MAX_NAME_LENGTH = 255;
const MAX_ENTRIES = 32;
const MAX_STEPS = 24;

type Json = Readonly<Record<string, unknown>>;

/** Reads the JSON of a custom block; `null` when it is neither a record nor an event of ours. Any text may come. */
export function readCustomBlock(
  json: string,
): { kind: "link"; record: LinkRecord } | { kind: "event"; event: StoredEvent } | null {
  const value = parse(json);
  if (value["zmqTap"] === "event") {
    const event = readEvent(value);
    return event === null ? null : { kind: "event", event };
  }
  if (value["zmqTap"] !== "link") return null;
  const record = readLink(value);
  return record === null ? null : { kind: "link", record };
}

/** What a packet's comment says of a message: `null` when it is about something else. */
export function readMark(comment: string): { pinned: boolean; note: string } | null {
  const PREFIX = "zmqTap: ";
  if (!comment.startsWith(PREFIX)) return null;
  const value = parse(comment.slice(PREFIX.length));
  const pinned = value["pinned"] === true;
  const note = typeof value["note"] === "string" ? value["note"] : "";
  return pinned || note !== "" ? { pinned, note } : null;
}

function parse(json: string): Json {
  try {
    return object(JSON.parse(json));
  } catch {
    // Not JSON: nothing of ours, like any other comment.
    return {};
  }
}

function readEvent(value: Json): StoredEvent | null {
  const event = value["event"];
  if (typeof event !== "string" || !EVENT_NAMES.has(event)) return null;
  const link = whole(value["link"]);
  return {
    event: event as EventName,
    tap: name(value["tap"]),
    tapName: name(value["tapName"]),
    link: link > 0 ? link : null,
    timeNs: readTime(value["time"]),
    detail: object(value["detail"]),
  };
}

/** Of `2026-11-20T10:00:00.123456789Z`. */
function readTime(value: unknown): bigint | null {
  const match = typeof value === "string" ? /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})Z$/.exec(value) : null;
  const ms = match === null ? NaN : Date.parse(`${match[1]!}Z`);
  return Number.isNaN(ms) ? null : BigInt(ms) * 1_000_000n + BigInt(match![2]!);
}

function readLink(value: Json): LinkRecord | null {
  const link = whole(value["link"]);
  const client = value["client"];
  const server = value["server"];
  if (link <= 0 || link > 0xffffffff || typeof client !== "string" || typeof server !== "string") return null;
  const origin = value["origin"];
  const handshake = value["handshake"] === undefined ? null : readHandshake(value["handshake"]);
  const given = value["sockets"] === undefined ? null : readSockets(value["sockets"]);
  return {
    link,
    tap: name(value["tap"]),
    tapName: name(value["tapName"]),
    origin: ORIGINS.find((known) => known === origin) ?? "wire",
    client: name(client),
    server: name(server),
    sockets: given ?? handshake?.sockets ?? null,
    decrypted: value["decrypted"] === true,
    middle: readMiddle(value, handshake),
  };
}

function readMiddle(value: Json, handshake: HandshakeDetail | null): LinkMiddle | null {
  const nextSequence = pair(value["nextSequence"]);
  const octetsBefore = pair(value["octetsBefore"]);
  if (nextSequence === null || octetsBefore === null) return null;
  const positions = value["positions"];
  return {
    nextSequence,
    octetsBefore,
    octetsRead: pair(value["octetsRead"]) ?? octetsBefore,
    framing: value["framing"] === "zmtp1" ? 1 : value["framing"] === "zmtp2" ? 2 : 3,
    handshake: handshake?.state === "done" ? handshake : null,
    positions:
      Array.isArray(positions) && positions.length === 2
        ? [readPosition(positions[0]), readPosition(positions[1])]
        : null,
    pending: Math.min(65_536, Math.max(0, whole(value["pending"]))),
    preamble: readPreamble(value["preamble"], octetsBefore),
  };
}

function readPreamble(value: unknown, octetsBefore: readonly [number, number]): readonly [Buffer, Buffer] | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [client, server] = [Buffer.from(hex(value[0]), "hex"), Buffer.from(hex(value[1]), "hex")];
  return client.length === octetsBefore[0] && server.length === octetsBefore[1] ? [client, server] : null;
}

function readPosition(value: unknown): StreamPosition {
  const position = object(value);
  return {
    insideMessage: position["insideMessage"] === true,
    octetsToNextHeader: whole(position["octetsToNextHeader"]),
    headerHex: hex(position["headerHex"]),
    more: position["more"] === true,
  };
}

/** A handshake as a record or an event tells it; what is not as it should be is left out. */
export function readHandshake(value: unknown): HandshakeDetail {
  const said = object(value);
  const state = said["state"];
  const rekeyed = said["rekeyed"] === undefined ? null : object(said["rekeyed"]);
  const detail: HandshakeDetail = {
    state: state === "done" || state === "failed" ? state : "waiting",
    version: textOrNull(said["version"]),
    mechanism: textOrNull(said["mechanism"]),
    sockets: readSockets(said["sockets"]),
    client: readPeer(said["client"]),
    server: readPeer(said["server"]),
    steps: list(said["steps"]).slice(0, MAX_STEPS).map(readStep),
    verdict: readVerdict(said["verdict"]),
  };
  if (typeof said["user"] === "string") detail.user = said["user"];
  if (rekeyed !== null) {
    detail.rekeyed = {
      client: textOrNull(rekeyed["client"]),
      server: textOrNull(rekeyed["server"]),
      clientKey: textOrNull(rekeyed["clientKey"]),
      isHostOrder: rekeyed["isHostOrder"] === true,
    };
    const freshPairTo = rekeyed["freshPairTo"];
    if (freshPairTo === "client" || freshPairTo === "server") detail.rekeyed.freshPairTo = freshPairTo;
  }
  return detail;
}

function readSockets(value: unknown): SocketPair {
  const sockets = object(value);
  return { client: socket(sockets["client"]), server: socket(sockets["server"]) };
}

function socket(value: unknown): SocketPair["client"] {
  return SOCKET_TYPES.find((type) => type === value) ?? null;
}

function readPeer(value: unknown): PeerDetail {
  const peer = object(value);
  const metadata: Record<string, string> = {};
  for (const [key, entry] of Object.entries(object(peer["metadata"])).slice(0, MAX_ENTRIES))
    metadata[key] = text(entry);
  return {
    version: textOrNull(peer["version"]),
    mechanism: textOrNull(peer["mechanism"]),
    socket: textOrNull(peer["socket"]),
    identityHex: hex(peer["identityHex"]),
    metadata,
  };
}

function readStep(value: unknown): HandshakeStep {
  const step = object(value);
  const from = step["from"];
  return {
    leg: side(step["leg"]),
    from: from === "client" || from === "server" ? from : "tap",
    what: text(step["what"]),
  };
}

function readVerdict(value: unknown): Verdict | null {
  if (typeof value !== "object" || value === null) return null;
  const verdict = object(value);
  const retries = verdict["retries"];
  return {
    id: text(verdict["id"]),
    sentence: text(verdict["sentence"]),
    advice: text(verdict["advice"]),
    isCertain: (verdict["certain"] ?? verdict["isCertain"]) === true,
    candidates: list(verdict["candidates"]).map(text),
    retries:
      retries === "yes" || retries === "no" || retries === "after-30s" || retries === "by-chance" ? retries : null,
    leg: side(verdict["leg"]),
    offersProbe: (verdict["probe"] ?? verdict["offersProbe"]) === true,
  };
}

function side(value: unknown): "client" | "server" | null {
  return value === "client" || value === "server" ? value : null;
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function name(value: unknown): string {
  return text(value).slice(0, MAX_NAME_LENGTH);
}

function hex(value: unknown): string {
  return typeof value === "string" && value.length % 2 === 0 && /^[0-9a-f]*$/i.test(value) ? value : "";
}

/** A whole number that a double holds exactly; 0 for anything else. */
function whole(value: unknown): number {
  return Number.isSafeInteger(value) ? (value as number) : 0;
}

function pair(value: unknown): readonly [number, number] | null {
  if (!Array.isArray(value) || value.length !== 2) return null;
  const [first, second] = [whole(value[0]), whole(value[1])];
  return first < 0 || second < 0 ? null : [first, second];
}
