import { DIALECTS, type DialectName } from "./dialects.ts";
import { t } from "./l10n.ts";
import type { SecurityNames, TapSecurity } from "./security.ts";

/** Sockets that answer calls. */
export const ANSWER_SOCKETS = ["REP", "ROUTER"] as const;
/** Sockets that take signals: a REP acknowledges each with `OK`, as frontend-backend programs expect. */
export const SIGNAL_SOCKETS = ["SUB", "PULL", "REP"] as const;

/** Where answers come from. */
export type AnswerSource =
  /** Exchanges in the live log when it starts, of one tap where it is named. */
  | { readonly kind: "live"; readonly tap: string | null }
  /** Exchanges in a capture file. */
  | { readonly kind: "capture"; readonly path: string }
  /** A JSON file of fixed replies per method. */
  | { readonly kind: "replies"; readonly path: string };

/** A server of the engine's own behind a tap, in place of a program: it answers calls, or listens for signals. */
export type StandIn =
  | {
      readonly kind: "answers";
      readonly socket: (typeof ANSWER_SOCKETS)[number];
      readonly from: AnswerSource;
      /** `null`: what each call looks like. */
      readonly dialect: DialectName | null;
      /** What each answer waits for, in milliseconds. */
      readonly delayMs: number;
    }
  | {
      readonly kind: "signals";
      readonly socket: (typeof SIGNAL_SOCKETS)[number];
      /** Of a SUB: what it subscribes to; empty texts for everything. */
      readonly topics: readonly string[];
      /** It connects to the tap's server, as a SUB mostly does, instead of being connected to. Not for a REP. */
      readonly connects: boolean;
    };

/** What a stand-in has done. */
export type StandInState = {
  /** Calls answered as recorded or fixed. */
  readonly answered: number;
  /** With what is recorded for the method but other arguments, or for any method. */
  readonly byDefault: number;
  /** With an error, since nothing fits. */
  readonly unanswered: number;
  readonly signals: number;
  /** The last call or signal, at most 80 characters. */
  readonly last: string;
  /** Exchanges or methods it can answer from, and exchanges that were left out, being too many or too large. */
  readonly known: number;
  readonly leftOut: number;
  /** Why it works no more, in one sentence; `null` when all is well. */
  readonly problem: string | null;
};

/** In place of the server's endpoint of a tap whose stand-in is given one when it starts. */
export const OWN_SERVER = "tcp://127.0.0.1:1";
export const MAX_DELAY_MS = 60_000;
const MAX_TOPICS = 100;

/** A stand-in as memory holds it; `null` for what is none. */
export function readStandIn(value: unknown): StandIn | null {
  if (typeof value !== "object" || value === null) return null;
  const { kind, socket, from, dialect, delayMs, topics, connects } = value as Readonly<Record<string, unknown>>;
  if (kind === "answers") {
    const answering = ANSWER_SOCKETS.find((known) => known === socket);
    const source = readSource(from);
    const spoken = DIALECTS.find((known) => known === dialect) ?? null;
    if (answering === undefined || source === null || (spoken === null && dialect !== null)) return null;
    if (typeof delayMs !== "number" || !(delayMs >= 0 && delayMs <= MAX_DELAY_MS)) return null;
    return { kind, socket: answering, from: source, dialect: spoken, delayMs };
  }
  const listening = SIGNAL_SOCKETS.find((known) => known === socket);
  if (kind !== "signals" || listening === undefined || typeof connects !== "boolean") return null;
  if (!Array.isArray(topics) || topics.length > MAX_TOPICS || !topics.every((topic) => typeof topic === "string"))
    return null;
  return { kind, socket: listening, topics, connects: connects && listening !== "REP" };
}

function readSource(value: unknown): AnswerSource | null {
  if (typeof value !== "object" || value === null) return null;
  const { kind, tap, path } = value as Readonly<Record<string, unknown>>;
  if (kind === "live") return tap === null || typeof tap === "string" ? { kind, tap } : null;
  if (kind !== "capture" && kind !== "replies") return null;
  return typeof path === "string" && path !== "" ? { kind, path } : null;
}

/**
 * The legs of a stand-in's tap. The stand-in itself speaks NULL on loopback: the tap's keys are for the side of the
 * programs, which is the clients', or the server's where the stand-in connects.
 */
export function withStandInLegs<T extends SecurityNames | TapSecurity>(security: T, standIn: StandIn): T {
  const isClient = standIn.kind === "signals" && standIn.connects;
  const leg = isClient ? security.serverLeg : security.clientLeg;
  const hasCurve = isClient ? security.serverKey : security.serverPair;
  const spoken = leg ?? (hasCurve != null ? "CURVE" : security.plain != null ? "PLAIN" : "NULL");
  return isClient
    ? { ...security, clientLeg: "NULL", serverLeg: spoken }
    : { ...security, clientLeg: spoken, serverLeg: "NULL" };
}

/** What a stand-in has done, in a few words. */
export function describeStandIn(standIn: StandIn, state: StandInState): string {
  const last = state.last === "" ? [] : [t("last {0}", state.last)];
  if (state.problem !== null) return state.problem;
  if (standIn.kind === "signals") return [t("{0} signals", state.signals), ...last].join(" · ");
  return [
    t("{0} answered", state.answered),
    ...(state.byDefault > 0 ? [t("{0} by default", state.byDefault)] : []),
    ...(state.unanswered > 0 ? [t("{0} unanswered", state.unanswered)] : []),
    ...last,
  ].join(" · ");
}
