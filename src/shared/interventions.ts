import { t } from "./l10n.ts";
import type { Direction, Side, TapId } from "./model.ts";

/** What the user may do to the traffic of a tap. Nothing of it is there unless it was started. */
export const INTERVENTION_KINDS = [
  "hold",
  "delay",
  "drop",
  "duplicate",
  "reorder",
  "throttle",
  "cut",
  "refuse",
  "freeze",
] as const;
export type InterventionKind = (typeof INTERVENTION_KINDS)[number];

/** How long a message is held at most, and how long unless the user says otherwise. */
export const MAX_HOLD_MS = 3_600_000;
export const DEFAULT_HOLD_MS = 30_000;
/** Held messages that a list has at most; `total` counts all. */
export const MAX_HELD_LISTED = 1000;

/** Which messages. */
export type Scope = {
  /** `null` for both. */
  readonly direction: Direction | null;
  /** Commands (PING, SUBSCRIBE and the like) in place of messages. */
  readonly isCommands: boolean;
  /** A filter expression; empty for all. */
  readonly filter: string;
};

/** One intervention as its spec says it. */
export type Intervention =
  | ({ readonly kind: "hold"; readonly forMs: number } & Scope)
  | ({ readonly kind: "delay"; readonly delayMs: number; readonly jitterMs: number } & Scope)
  /** Of `oneIn` messages in a row exactly one. */
  | ({ readonly kind: "drop" | "duplicate"; readonly oneIn: number } & Scope)
  /** So many messages in a row change places; fewer do when no more come within that time. */
  | ({ readonly kind: "reorder"; readonly window: number; readonly withinMs: number } & Scope)
  | ({ readonly kind: "throttle"; readonly perSecond: number; readonly unit: "octets" | "messages" } & Scope)
  /** `isNow`: the links of now, once; else each link at its first message of the scope. */
  | ({ readonly kind: "cut"; readonly isReset: boolean; readonly isNow: boolean } & Scope)
  | { readonly kind: "refuse" }
  | { readonly kind: "freeze"; readonly side: Side };

/** An intervention that is under way. */
export type InterventionState = {
  readonly id: number;
  readonly tap: TapId;
  readonly tapName: string;
  readonly kind: InterventionKind;
  /** As the user wrote it. */
  readonly spec: string;
  /** Messages, or connections, that it has done something to. */
  readonly acts: number;
  /** Why it does nothing on some links, in a sentence; `null` where it can. */
  readonly problem: string | null;
};

/** A message that waits for the user. */
export type HeldMessage = {
  /** Counts held messages from 1. */
  readonly id: number;
  readonly intervention: number;
  readonly tap: TapId;
  readonly tapName: string;
  readonly link: number;
  readonly from: Side;
  readonly isCommand: boolean;
  readonly frames: number;
  readonly sizeBytes: number;
  /** As the log shows them. */
  readonly topic: string;
  readonly preview: string;
  /** Milliseconds since 1970 of when it goes on by itself. */
  readonly releasesAtMs: number;
};

export type HeldMessages = {
  readonly total: number;
  /** The oldest first. */
  readonly messages: readonly HeldMessage[];
};

/** What a banner says while traffic is changed; empty when it is not. */
export function interventionsSentence(interventions: readonly InterventionState[]): string {
  const count = interventions.length;
  if (count === 0) return "";
  const taps = [...new Set(interventions.map(({ tapName }) => `"${tapName}"`))];
  const first = taps.slice(0, 3).join(", ");
  const shown = taps.length > 3 ? t("{0} and {1} more", first, taps.length - 3) : first;
  return t(
    count === 1 ? "{0} intervention is changing traffic on {1}" : "{0} interventions are changing traffic on {1}",
    count,
    shown,
  );
}

/** What is wrong with a spec and where, for an error's message. */
export function specProblem(spec: string, at: number, problem: string): string {
  const shown = spec.length > 80 ? `${spec.slice(0, 77)}…` : spec;
  return `"${shown}" cannot be used, at character ${at + 1}: ${problem}`;
}
