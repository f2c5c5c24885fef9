import { type Side, SOCKET_TYPES, type SocketPair, type SocketType } from "../../shared/model.ts";
import type { SeenRow } from "./rule.ts";
import { hostOf } from "./words.ts";

/** What a verdict says, as far as an event has it. */
export type ToldVerdict = {
  readonly id: string;
  readonly sentence: string;
  readonly advice: string;
  readonly isCertain: boolean;
  readonly candidates: readonly string[];
  /** Which leg of a re-keyed link; empty where the tap only relays. */
  readonly leg: string;
};

/** A handshake event, read without trust in its shape: it may come from a file. */
export type HandshakeEvent = {
  readonly state: "done" | "failed" | "waiting";
  /** `null` when all is well, or nobody knows. */
  readonly verdict: ToldVerdict | null;
  readonly sockets: SocketPair;
  /** What the legs towards the client and the server speak; `null` where it was not said. */
  readonly mechanisms: { readonly client: string | null; readonly server: string | null };
  /** Address of the client without its port. */
  readonly host: string;
  /** Attempts of a row that stands for many of them; else 0. */
  readonly count: number;
  /** The first of the many links, or the link of the row; 0 when that is not told. */
  readonly firstLink: number;
  /** Who, as CURVE server, was shown a key pair that the tap had made for this link alone; `null` for nobody. */
  readonly freshPairTo: Side | null;
};

/** Verdicts on a handshake that went well. */
const FINE: ReadonlySet<string> = new Set(["connected", "older-zmtp"]);

/** Of a row whose event is `handshake`; `null` when it does not say how that stands. */
export function readHandshakeEvent(row: SeenRow): HandshakeEvent | null {
  const detail = row.detail();
  const state = detail?.["state"];
  if (detail === null || (state !== "done" && state !== "failed" && state !== "waiting")) return null;
  const sockets = record(detail["sockets"]);
  const rekeyed = detail["rekeyed"] === undefined ? null : record(detail["rekeyed"]);
  const mechanism = textOrNull(detail["mechanism"]);
  const from = text(detail["from"]);
  const links = detail["links"];
  return {
    state,
    verdict: readVerdict(detail["verdict"]),
    sockets: { client: socketType(sockets["client"]), server: socketType(sockets["server"]) },
    mechanisms:
      rekeyed === null
        ? { client: mechanism, server: mechanism }
        : { client: textOrNull(rekeyed["client"]), server: textOrNull(rekeyed["server"]) },
    host: from === "" ? hostOf(row.link?.client ?? "") : from,
    count: Number(detail["count"] ?? 0) || 0,
    firstLink: row.link?.link ?? (Array.isArray(links) ? Number(links[0]) || 0 : 0),
    freshPairTo: side(rekeyed?.["freshPairTo"]),
  };
}

function readVerdict(value: unknown): ToldVerdict | null {
  const told = record(value);
  const id = text(told["id"]);
  if (id === "" || FINE.has(id)) return null;
  const candidates = Array.isArray(told["candidates"]) ? told["candidates"].map(text) : [];
  return {
    id,
    sentence: text(told["sentence"]),
    advice: text(told["advice"]),
    isCertain: told["certain"] === true,
    candidates,
    leg: text(told["leg"]),
  };
}

/** A property of an event's detail that is an object; one without properties when it is none. */
function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}

function socketType(value: unknown): SocketType | null {
  return SOCKET_TYPES.find((type) => type === value) ?? null;
}

function side(value: unknown): Side | null {
  return value === "client" || value === "server" ? value : null;
}
