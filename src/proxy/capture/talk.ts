import type { DialectName, SaidKind } from "../../shared/dialects.ts";
import type { RowStatus, SaidDetail } from "../../shared/model.ts";

/** What a message says in its channel's dialect, in short. */
export type RowSaid = {
  readonly dialect: DialectName;
  /** `null` where it cannot be read as the dialect's. */
  readonly kind: SaidKind | null;
  /** Of a reply that names none that of its call, as long as that is in memory. */
  readonly method: string;
  readonly problem: string | null;
  readonly id: string | null;
};

/** A status, and why it is not well; empty when it is. */
export type SaidStatus = { readonly status: RowStatus; readonly problem: string };

/**
 * What is known of the messages of a capture beyond their octets. A capture knows nothing of dialects; whoever does gives
 * it one of these.
 */
export type Talk = {
  /** Rows up to this one are paired by ids, and flagged. */
  readonly judgedN: number;
  /** `null` for events, encrypted frames, and channels that speak nothing known. */
  said(n: number): RowSaid | null;
  /** All of it, for whoever opens the message. */
  detailOf(n: number): SaidDetail | null;
  statusOf(n: number): SaidStatus;
  /** The signal that answers call `n`, or the call that signal `n` answers. */
  outcomeOf(n: number): number | null;
  /** Resolves when the rows of now are judged, or cannot be. */
  settled(): Promise<void>;
};

const UNKNOWN: SaidStatus = { status: "none", problem: "" };

/** Of a capture whose messages nobody understands. */
export const NO_TALK: Talk = {
  judgedN: Infinity,
  said: () => null,
  detailOf: () => null,
  statusOf: () => UNKNOWN,
  outcomeOf: () => null,
  settled: () => Promise.resolve(),
};
