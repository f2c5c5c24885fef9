import { t } from "./l10n.ts";
import type { Side, SocketType, TapId } from "./model.ts";
import { decimalNumber, wholeNumber } from "./numbers.ts";

/** When the messages of a replayed session go out. */
export type ReplayTiming =
  /** As they were recorded, `speed` times as fast: 0.1 to 1000. */
  | { readonly kind: "recorded"; readonly speed: number }
  /** One every `ms` milliseconds, from 0 on. */
  | { readonly kind: "gap"; readonly ms: number }
  /** The next one when the one before was answered, or timed out. */
  | { readonly kind: "wait" }
  | { readonly kind: "fast" };

export type ReplayTarget =
  /** The live peers of a tap; `null`: of the tap that recorded each message, which only the live capture knows. */
  | { readonly kind: "tap"; readonly tap: TapId | null }
  /** With `bind` a PUB or PUSH of our own listens there, else we connect. */
  | { readonly kind: "endpoint"; readonly endpoint: string; readonly bind: boolean };

/** How a session is replayed, whatever its rows are. */
export type ReplayOptions = {
  readonly target: ReplayTarget;
  readonly timing: ReplayTiming;
  /** How often all of it is sent: 1 to MAX_LOOPS. */
  readonly loops: number;
  /** Only what this side sent; `null`: what whoever begins an exchange sent, and what is one-way. */
  readonly from: Side | null;
  /** The socket that sends to an endpoint; `null`: as it was recorded. */
  readonly as: ReplaySocket | null;
  /** How long a request waits for its reply. */
  readonly timeoutMs: number;
};

/** Sockets that a replay can be at an endpoint. */
export const REPLAY_SOCKETS = ["REQ", "DEALER", "PUSH", "PUB", "XPUB", "PAIR"] as const satisfies readonly SocketType[];
export type ReplaySocket = (typeof REPLAY_SOCKETS)[number];

/** Those that may listen for whom they send to. */
export const BINDING_SOCKETS: readonly ReplaySocket[] = ["PUB", "XPUB", "PUSH"];

export const MIN_SPEED = 0.1;
export const MAX_SPEED = 1_000;
const MAX_GAP_MS = 3_600_000;
const MAX_LOOPS = 1_000_000;
const MAX_REPLY_MS = 3_600_000;
export const DEFAULT_REPLY_MS = 5_000;
/** Differences that a summary lists. */
export const MAX_DIFFERENCES = 1_000;

/** Why a message is not sent, as it stands behind a number of messages. */
const SKIP_REASONS = {
  own: t("sent by ZMQ Tap itself"),
  copy: t("further copies of a publication"),
  encrypted: t("encrypted, and no keys were there when they were recorded"),
  partial: t("no longer kept whole"),
  large: t("larger than 64 MiB, or of more than 10,000 frames"),
  unknown: t("of a socket type that the wire does not tell (choose one to send as)"),
  sender: t("of a socket that only answers or receives"),
  receiver: t("for somebody who is not there, or may not be sent to"),
  unsubscribed: t("publications that nobody has subscribed to"),
  renewal: t("not to be given the fresh id or signature that they need"),
  closed: t("for a connection that closed first"),
} as const;
export type SkipReason = keyof typeof SKIP_REASONS;

/** A reply that is not as recorded, or did not come. */
export type ReplayDifference = {
  /** Rows of the capture that is replayed. */
  readonly request: number;
  readonly reply: number;
  readonly kind: "differs" | "missing";
  /** What differs, in a sentence. */
  readonly what: string;
};

export type ReplayCounts = {
  readonly sent: number;
  /** Replies that came. `same` and `differed` are those with a recorded one to compare with. */
  readonly answered: number;
  readonly same: number;
  readonly differed: number;
  /** Requests without a reply in time, though one is recorded. */
  readonly timedOut: number;
  /** Requests without a reply in time, as recorded. */
  readonly unanswered: number;
  readonly skipped: number;
};

export type ReplayProgress = ReplayCounts & {
  readonly job: string;
  /** Rows gone through, of `total` where that is known; of all loops. */
  readonly rows: number;
  readonly total: number | null;
};

export type ReplaySummary = ReplayCounts & {
  readonly ended: "done" | "cancelled" | "failed";
  /** Of a session that failed: why, and what to do. */
  readonly problem: string | null;
  readonly elapsedMs: number;
  readonly reasons: readonly { readonly reason: SkipReason; readonly count: number; readonly example: string }[];
  /** The first MAX_DIFFERENCES. */
  readonly differences: readonly ReplayDifference[];
};

/** Whether every request could be made and all came as recorded, as far as there was something to compare with. */
export function isAsRecorded({ ended, differed, timedOut, reasons }: ReplaySummary): boolean {
  const isMade = reasons.every(({ reason }) => reason !== "renewal");
  return ended === "done" && differed === 0 && timedOut === 0 && isMade;
}

/** What a session came to, in sentences for its user. */
export function replayText(summary: ReplaySummary): string {
  const { ended, problem, sent, elapsedMs, answered, same, differed, timedOut, unanswered, skipped } = summary;
  const compared = [
    ...(same > 0 ? [t("{0} as recorded", wholeNumber(same))] : []),
    ...(differed > 0 ? [t("{0} different", wholeNumber(differed))] : []),
  ].join(", ");
  const parts = [
    ...(answered > 0 ? [`${t("{0} answered", wholeNumber(answered))}${compared === "" ? "" : ` (${compared})`}`] : []),
    ...(timedOut > 0 ? [t("{0} timed out", wholeNumber(timedOut))] : []),
    ...(unanswered > 0 ? [t("{0} without an answer, as recorded", wholeNumber(unanswered))] : []),
  ];
  const said = parts.length === 0 ? "" : `: ${parts.join(", ")}`;
  const elapsed = elapsedMs < 100 ? `${Math.round(elapsedMs)} ms` : `${decimalNumber(elapsedMs / 1000, 1)} s`;
  const sentences = [`${headText(ended, messages(sent), elapsed)}${said}.`];
  if (skipped > 0) {
    const why = summary.reasons.map(({ reason, count: many }) => `${wholeNumber(many)} ${SKIP_REASONS[reason]}`);
    sentences.push(t("Skipped {0}: {1}.", messages(skipped), why.join("; ")));
  }
  if (ended === "done" && sent === 0 && skipped === 0) {
    sentences.push(
      t("There was nothing to send: replies are only compared. Choose requests, or messages that go one way."),
    );
  }
  if (problem !== null) sentences.push(problem);
  return sentences.join(" ");
}

function headText(ended: ReplaySummary["ended"], sent: string, elapsed: string): string {
  switch (ended) {
    case "done":
      return t("Replayed {0} in {1}", sent, elapsed);
    case "cancelled":
      return t("Cancelled after {0} in {1}", sent, elapsed);
    case "failed":
      return t("Failed after {0} in {1}", sent, elapsed);
  }
}

/** How far a session is, in a few words. */
export function replayProgressText({ rows, total, sent, differed, timedOut }: ReplayProgress): string {
  const bad = differed + timedOut;
  return [
    total === null ? t("{0} rows", wholeNumber(rows)) : t("{0} of {1} rows", wholeNumber(rows), wholeNumber(total)),
    t("{0} sent", wholeNumber(sent)),
    ...(bad === 0 ? [] : [t("{0} not as recorded", wholeNumber(bad))]),
  ].join(", ");
}

/** Why options cannot be used, in a sentence; `null` when they can. */
export function replayProblem({ target, timing, loops, as, timeoutMs }: ReplayOptions): string | null {
  if (timing.kind === "recorded" && !(timing.speed >= MIN_SPEED && timing.speed <= MAX_SPEED)) {
    return t("A speed of {0} cannot be used. Choose {1} to {2}.", timing.speed, MIN_SPEED, MAX_SPEED);
  }
  if (timing.kind === "gap" && !(timing.ms >= 0 && timing.ms <= MAX_GAP_MS)) {
    return t("A gap of {0} ms cannot be used. Choose 0 ms to 1 hour.", timing.ms);
  }
  if (!Number.isSafeInteger(loops) || loops < 1 || loops > MAX_LOOPS) {
    return t("A session cannot be sent {0} times. Choose 1 to {1}.", loops, MAX_LOOPS);
  }
  if (!(timeoutMs >= 1 && timeoutMs <= MAX_REPLY_MS)) {
    return t("A timeout of {0} ms cannot be used. Choose 1 ms to 1 hour.", timeoutMs);
  }
  if (target.kind === "tap") {
    return as === null
      ? null
      : t("Through a tap each message is sent as it was recorded. Choose an endpoint to send as another socket.");
  }
  if (target.bind && as !== null && !BINDING_SOCKETS.includes(as)) {
    return t("A {0} connects to whom it asks. Only {1} may listen.", as, BINDING_SOCKETS.join(", "));
  }
  return null;
}

function messages(value: number): string {
  return t(value === 1 ? "{0} message" : "{0} messages", wholeNumber(value));
}
