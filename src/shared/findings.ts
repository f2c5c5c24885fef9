import type { FindingId } from "./findingKinds.ts";

export type { FindingId };

/** From the mildest on. A filter compares them in this order. */
export const SEVERITIES = ["note", "warning", "error"] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Rows that a finding may name. */
export const MAX_EVIDENCE = 8;

/** What is wrong, or may be, with what proves it. Never surer than what was on the wire. */
export type Finding = {
  /** Names it within its capture for as long as it is listed: its rule, and what it is about. */
  readonly key: string;
  readonly id: FindingId;
  readonly severity: Severity;
  /** One sentence in the user's words, at most 300 characters. No payload that redaction would hide. */
  readonly text: string;
  /** What to do, in a sentence or two. */
  readonly advice: string;
  /** Its TapId. */
  readonly tap: string;
  readonly tapName: string;
  /** `null` for a tap as a whole. */
  readonly link: number | null;
  /** `n` of rows that prove it, the first ones and the latest, in order. */
  readonly evidence: readonly number[];
  /** How often it was seen. */
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** It goes on, such as a request that still waits. Those that ended stay listed, as what happened. */
  readonly isOpen: boolean;
  /** An endpoint that a tap could be attached to. */
  readonly endpoint?: string;
};

/** A request that waits for its reply. */
export type PendingRequest = {
  readonly n: number;
  /** Its TapId. */
  readonly tap: string;
  readonly tapName: string;
  readonly link: number;
  readonly peer: string;
  /** As the dialect names it, else the first octets as text; at most 80 characters. */
  readonly method: string;
  readonly sinceMs: number;
  /** Why it waits as far as is known, in words: `no reply yet`, `its peer left`, … */
  readonly cause: string;
};

/** What is known of a capture now. */
export type FindingsState = {
  /** The worst first, then the latest; at most 500. */
  readonly findings: readonly Finding[];
  /** The oldest first, at most 200. */
  readonly pending: readonly PendingRequest[];
  readonly pendingCount: number;
  /** Findings that were forgotten because there were too many. */
  readonly dropped: number;
  /** Rows that no rule has looked at, since traffic was too fast. */
  readonly skipped: number;
  /** The time of the capture's own clock, to tell ages by: of a file, when its last row came. */
  readonly nowMs: number;
};

/** What a row's findings come to, for its mark in the log and for filters. */
export type RowFinding = { readonly ids: readonly FindingId[]; readonly severity: Severity };

/** How many there are of each severity, for a badge. */
export type FindingCounts = Readonly<Record<Severity, number>>;

export const NO_FINDINGS: FindingsState = {
  findings: [],
  pending: [],
  pendingCount: 0,
  dropped: 0,
  skipped: 0,
  nowMs: 0,
};
