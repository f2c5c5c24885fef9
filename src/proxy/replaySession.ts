import { setImmediate } from "node:timers/promises";
import type { ExportedRows } from "../shared/engineProtocol.ts";
import type { ReplayCounts, ReplayOptions, ReplaySummary } from "../shared/replaySession.ts";
import { UserError } from "../shared/userError.ts";
import type { Capture } from "./capture/capture.ts";
import type { DialectKey } from "./dialects/dialect.ts";
import { ReplayReplies } from "./replayReplies.ts";
import { ReplaySource } from "./replaySource.ts";
import { Pacer, waitUntil } from "./rpc/pacer.ts";
import { ReplayTally } from "./rpc/replayTally.ts";

const PROGRESS_MS = 100;
/** Longest time without a turn for others. */
const SLICE_MS = 8;
const MESSAGES_PER_LOOK = 64;
/** Replies that wait for the disk to be compared. */
const MAX_COMPARING = 256;

/** What a destination tells the session that sends to it. */
export type SessionSide = {
  readonly capture: Capture;
  readonly options: ReplayOptions;
  readonly tally: ReplayTally;
  readonly replies: ReplayReplies;
  /** What messages of the tap of this name are signed with. */
  keyOf(tapName: string): DialectKey;
  /** There may be room again, or nothing left to wait for. */
  changed(): void;
  /** Nothing more can be sent. */
  failed(error: unknown): void;
  /** A socket of ours listens on this endpoint now. */
  listening(endpoint: string): void;
};

/** Where the messages of a session go. It counts what it sends and skips. */
export type ReplayDestination = {
  /** Called once, with the first message that is to be sent. Rejects with a UserError when nothing can be. */
  begin(source: ReplaySource): Promise<void>;
  /** Sends the message that was loaded, or has it wait its turn. */
  send(source: ReplaySource): void;
  /** Nothing more may be sent until it has changed. */
  readonly isFull: boolean;
  /** Nothing waits any more, neither to be sent nor for a reply. */
  readonly isIdle: boolean;
  /** Writes what was gathered. */
  flush(): void;
  /** Ends behind what was sent. */
  close(): Promise<void>;
  /** Ends at once. */
  destroy(): void;
};

export type SessionOptions = {
  readonly capture: Capture;
  readonly rows: ExportedRows;
  readonly options: ReplayOptions;
  readonly signal: AbortSignal;
  /** Told about ten times a second. */
  readonly onProgress: (progress: ReplayCounts & { readonly rows: number; readonly total: number | null }) => void;
  /** What messages of the tap of this name, running or recorded, are signed with; without it no key is known. */
  readonly keyOf?: (tapName: string) => DialectKey;
  /** Told where a socket of ours listens. */
  readonly onListening?: (endpoint: string) => void;
};

export type SessionResult = { readonly summary: ReplaySummary; readonly tally: ReplayTally };

/**
 * Sends messages of a capture again. Bounded: while the receivers take no more, nothing more is read. Resolves with what came
 * of it, also when it was cancelled or failed on the way; rejects with a UserError when not a single message was sent.
 */
export async function replaySession(
  { capture, rows: wanted, options, signal, onProgress, keyOf, onListening }: SessionOptions,
  open: (side: SessionSide) => ReplayDestination,
): Promise<SessionResult> {
  const { from, as, target, timing, loops, timeoutMs } = options;
  const tally = new ReplayTally();
  const replies = new ReplayReplies(capture, tally, timeoutMs, () => wake());
  const source = new ReplaySource(capture, wanted, { from, as, isToEndpoint: target.kind === "endpoint" });
  const pacer = new Pacer(timing);
  let failure: { readonly error: unknown } | null = null;
  let wake = (): void => undefined;
  let destination: ReplayDestination | null = null;
  let rowsDone = 0;
  let total: number | null = null;
  const check = (): void => {
    signal.throwIfAborted();
    if (failure !== null) throw failure.error;
  };
  const until = async (holds: () => boolean): Promise<void> => {
    for (;;) {
      check();
      if (holds()) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  };
  const isFull = (to: ReplayDestination): boolean => to.isFull || replies.comparing >= MAX_COMPARING;
  const onAbort = (): void => wake();
  signal.addEventListener("abort", onAbort);
  const startedMs = performance.now();
  const progress = setInterval(() => onProgress({ ...tally.counts, rows: rowsDone, total }), PROGRESS_MS);
  const end = (ended: ReplaySummary["ended"], problem: string | null): SessionResult => {
    onProgress({ ...tally.counts, rows: rowsDone, total });
    return { summary: tally.summary({ ended, problem, elapsedMs: performance.now() - startedMs }), tally };
  };
  try {
    check();
    const to = open({
      capture,
      options,
      tally,
      replies,
      keyOf: keyOf ?? (() => null),
      changed: () => wake(),
      failed: (error) => {
        failure ??= { error };
        wake();
      },
      listening: (endpoint) => onListening?.(endpoint),
    });
    destination = to;
    let sliceEndsMs = performance.now() + SLICE_MS;
    const pause = async (): Promise<void> => {
      to.flush();
      await setImmediate();
      check();
      sliceEndsMs = performance.now() + SLICE_MS;
    };
    let hasBegun = false;
    for (let loop = 0; loop < loops; loop++) {
      const rows = await source.rows();
      total = rows.total === null ? null : rows.total * loops;
      let looked = 0;
      for (;;) {
        let n = rows.next();
        if (typeof n !== "number") {
          to.flush();
          n = await n;
          check();
        }
        if (n === 0) break;
        rowsDone++;
        const skipped = source.load(n);
        if (skipped === null) {
          if (!hasBegun) {
            hasBegun = true;
            await to.begin(source);
            // The first is due when it can go out.
            if (to.isFull) await until(() => !isFull(to));
          }
          const dueMs = pacer.due(source.timeNs);
          if (dueMs > 0 && dueMs > performance.now()) {
            to.flush();
            await waitUntil(dueMs, signal);
            check();
            sliceEndsMs = performance.now() + SLICE_MS;
          }
          if (isFull(to)) {
            to.flush();
            await until(() => !isFull(to));
          }
          to.send(source);
          if (timing.kind === "wait") {
            to.flush();
            await until(() => to.isIdle);
          }
        } else if (skipped !== "none") {
          tally.skip(skipped);
        }
        if (++looked % MESSAGES_PER_LOOK === 0 && performance.now() >= sliceEndsMs) await pause();
      }
      pacer.again();
      await pause();
    }
    to.flush();
    await until(() => to.isIdle);
    await replies.settled();
    // Whoever reads slowly may be waited for as long as the user likes.
    await Promise.race([to.close(), until(() => false)]);
    return end("done", null);
  } catch (error) {
    destination?.destroy();
    if (signal.aborted) return end("cancelled", null);
    if (!(error instanceof UserError) || tally.sent === 0) throw error;
    return end("failed", error.message);
  } finally {
    clearInterval(progress);
    signal.removeEventListener("abort", onAbort);
  }
}
