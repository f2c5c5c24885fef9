import type { CallBody, CallOutcome, CallReply, OtherReply, ToldSaid } from "../../shared/calls.ts";
import type { TapSecurity } from "../../shared/security.ts";
import { UserError } from "../../shared/userError.ts";
import type { DialectKey } from "../dialects/dialect.ts";
import { loadZeroMq } from "../zeromq.ts";
import type { Attempt, AttemptEvents, OpenAttempt } from "./attempt.ts";
import { badCall, onWire, writeCall, type WrittenCall } from "./callWriting.ts";
import { endpointAttempt } from "./endpointAttempt.ts";
import { type TapLink, tapAttempt } from "./tapAttempt.ts";

/** Where a call goes, and with which credentials. */
export type CallDestination =
  | { readonly kind: "endpoint"; readonly endpoint: string; readonly security: TapSecurity | null }
  /** `open` makes a fresh link for each attempt; the tap's own credentials are used behind it. */
  | {
      readonly kind: "tap";
      readonly open: () => TapLink;
      /** What the tap's messages are signed with. */
      readonly dialectKey: DialectKey;
    }
  /** An HTTP server; `open` makes a connection for each attempt, on which a REP seems to answer. */
  | { readonly kind: "http"; readonly open: () => TapLink };

export type CallPlan = {
  readonly to: CallDestination;
  readonly body: CallBody;
  /** Of each attempt. */
  readonly timeoutMs: number;
  readonly retries: number;
  /** Told of replies that come after the outcome, for at most LATE_MS. Without it nobody listens for them. */
  readonly onLate?: (reply: OtherReply) => void;
  /** Ends that listening sooner. */
  readonly lateUntil?: AbortSignal;
};

/** How long a socket whose attempt was given up is listened to, and how many of one call. */
const LATE_MS = 30_000;
const MAX_LATE_SOCKETS = 4;
const MAX_OTHERS = 16;

/**
 * Makes a call as a lazy pirate does: each attempt has a fresh socket, and the sockets of given-up attempts stay open for a
 * while only to hear late replies. Rejects with a UserError when the call cannot be written or the target cannot be used.
 */
export async function callDialect(plan: CallPlan, signal: AbortSignal): Promise<CallOutcome> {
  const written = writeCall(plan.body, plan.to.kind === "tap" ? plan.to.dialectKey : null);
  return new LazyPirate(written, await opener(plan.to, written), plan, signal).run();
}

async function opener(to: CallDestination, { socket, frames, wantsReply }: WrittenCall): Promise<OpenAttempt> {
  if (to.kind === "endpoint") {
    const zmq = await loadZeroMq("A call to an endpoint");
    return (events) => endpointAttempt(zmq, { ...to, socket, frames }, events);
  }
  if (to.kind === "http" && socket !== "REQ") {
    throw badCall(`An HTTP server answers requests only, so a ${socket} cannot speak to it. Choose REQ.`);
  }
  const wireFrames = onWire(socket, frames);
  return (events) => {
    const message = (received: readonly Uint8Array[]): void => events.message(withoutDelimiter(socket, received));
    return tapAttempt(to.open(), { socket, frames: wireFrames, wantsReply }, { ...events, message });
  };
}

/** The delimiter belongs to the REQ, not to its program. */
function withoutDelimiter(socket: string, frames: readonly Uint8Array[]): readonly Uint8Array[] {
  return socket === "REQ" ? frames.slice(frames.findIndex((frame) => frame.length === 0) + 1) : frames;
}

type AttemptEnd =
  | { readonly kind: "reply"; readonly reply: CallReply }
  | { readonly kind: "sent" | "timeout" | "cancelled" }
  | { readonly kind: "failed"; readonly error: UserError; readonly mayPass: boolean };

class LazyPirate {
  readonly #written: WrittenCall;
  readonly #open: OpenAttempt;
  readonly #plan: CallPlan;
  readonly #signal: AbortSignal;
  /** Those that were given up and are still listened to, oldest first. */
  readonly #late = new Map<Attempt, NodeJS.Timeout>();
  readonly #others: OtherReply[] = [];
  #moreOthers = 0;
  #attempts = 0;
  #isOver = false;

  readonly #stopAll = (): void => this.#closeLate();

  constructor(written: WrittenCall, open: OpenAttempt, plan: CallPlan, signal: AbortSignal) {
    this.#written = written;
    this.#open = open;
    this.#plan = plan;
    this.#signal = signal;
  }

  async run(): Promise<CallOutcome> {
    try {
      for (;;) {
        const startedAt = performance.now();
        const { end, attempt, isSent } = await this.#attempt();
        const isLast = this.#attempts > this.#plan.retries;
        if (end.kind === "failed") {
          if (isLast || !end.mayPass) throw end.error;
          // The server may be back by the time that this attempt would have ended.
          if (await this.#pause(startedAt + this.#plan.timeoutMs - performance.now()))
            return this.#outcome("cancelled", null, false);
          continue;
        }
        // What has not left yet must not reach a server that comes later: it would do the work twice.
        if (end.kind === "timeout" && isSent) this.#listenLate(attempt);
        else attempt?.close();
        if (end.kind !== "timeout" || isLast)
          return this.#outcome(end.kind, attempt, isSent, "reply" in end ? end.reply : null);
      }
    } finally {
      this.#isOver = true;
      const { onLate, lateUntil } = this.#plan;
      if (onLate === undefined || this.#signal.aborted || lateUntil?.aborted === true) this.#closeLate();
      else if (this.#late.size > 0) lateUntil?.addEventListener("abort", this.#stopAll, { once: true });
    }
  }

  /** One attempt to its end, still open. */
  #attempt(): Promise<{ end: AttemptEnd; attempt: Attempt | null; isSent: boolean }> {
    const number = ++this.#attempts;
    const { timeoutMs } = this.#plan;
    return new Promise((resolve, reject) => {
      let attempt: Attempt | null = null;
      let sentAt = performance.now();
      let isSent = false;
      let received = 0;
      let isSettled = false;
      const settle = (end: AttemptEnd): void => {
        if (isSettled) return;
        isSettled = true;
        clearTimeout(timer);
        this.#signal.removeEventListener("abort", onAbort);
        // What fails while it opens has no attempt yet.
        queueMicrotask(() => resolve({ end, attempt, isSent }));
      };
      const timer = setTimeout(() => settle({ kind: "timeout" }), timeoutMs);
      const onAbort = (): void => settle({ kind: "cancelled" });
      this.#signal.addEventListener("abort", onAbort, { once: true });
      if (this.#signal.aborted) {
        onAbort();
        return;
      }
      const events: AttemptEvents = {
        sent: () => {
          sentAt = performance.now();
          isSent = true;
        },
        message: (frames) => {
          const reading = this.#written.read(frames);
          if (this.#isHeartbeat(reading.said)) {
            attempt?.send(frames);
            return;
          }
          const row = received++ === 0 ? (attempt?.rows()[1] ?? null) : null;
          const latencyMs = performance.now() - sentAt;
          const reply = { frames, ...reading, latencyMs, attempt: number, row };
          if (!this.#answers(reply)) this.#keep({ ...reply, kind: "other" });
          else if (isSettled) this.#keep({ ...reply, kind: "late" });
          else settle({ kind: "reply", reply });
        },
        done: () => settle({ kind: "sent" }),
        failed: (error, mayPass) => settle({ kind: "failed", error, mayPass }),
      };
      try {
        attempt = this.#open(events);
      } catch (error) {
        clearTimeout(timer);
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }

  /** Whether a server asks if its caller is still there, to which the same is the answer: zerorpc gives up calls without. */
  #isHeartbeat(said: ToldSaid | null): boolean {
    const { socket, id } = this.#written;
    return socket === "DEALER" && id !== null && said?.kind === "heartbeat" && said.id === id;
  }

  /** Whether a message answers the call: whatever a REQ lets through, on a DEALER what its dialect's id says. */
  #answers({ said }: CallReply): boolean {
    const { socket, dialect, id } = this.#written;
    if (socket === "REQ" || dialect === null) return true;
    if (said === null) return id === null;
    if (id !== null) return said.id === id && (said.kind === "reply" || said.kind === "error");
    return said.kind !== "heartbeat" && said.kind !== "call";
  }

  #keep(reply: OtherReply): void {
    if (this.#isOver) {
      if (reply.kind === "late") this.#plan.onLate?.(reply);
    } else if (this.#others.length < MAX_OTHERS) this.#others.push(reply);
    else this.#moreOthers += 1;
  }

  #listenLate(attempt: Attempt | null): void {
    if (attempt === null) return;
    const [oldest] = this.#late.keys();
    if (this.#late.size >= MAX_LATE_SOCKETS && oldest !== undefined) this.#stopListening(oldest);
    const timer = setTimeout(() => this.#stopListening(attempt), LATE_MS);
    timer.unref();
    this.#late.set(attempt, timer);
  }

  #stopListening(attempt: Attempt): void {
    clearTimeout(this.#late.get(attempt));
    this.#late.delete(attempt);
    attempt.close();
    if (this.#late.size === 0) this.#plan.lateUntil?.removeEventListener("abort", this.#stopAll);
  }

  #closeLate(): void {
    for (const attempt of [...this.#late.keys()]) this.#stopListening(attempt);
  }

  /** True when it was cancelled meanwhile. */
  #pause(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#signal.aborted) {
        resolve(true);
        return;
      }
      const end = (): void => {
        clearTimeout(timer);
        this.#signal.removeEventListener("abort", end);
        resolve(this.#signal.aborted);
      };
      const timer = setTimeout(end, Math.max(0, ms));
      this.#signal.addEventListener("abort", end, { once: true });
    });
  }

  #outcome(
    end: "reply" | "sent" | "timeout" | "cancelled",
    attempt: Attempt | null,
    isSent: boolean,
    reply: CallReply | null = null,
  ): CallOutcome {
    const isError = reply !== null && (reply.problem !== null || reply.said?.kind === "error");
    return {
      kind: end === "reply" ? (isError ? "error" : "ok") : end,
      dialect: this.#written.dialect,
      reply,
      attempts: this.#attempts,
      timeoutMs: this.#plan.timeoutMs,
      request: attempt?.rows()[0] ?? null,
      others: [...this.#others],
      moreOthers: this.#moreOthers,
      hint: end === "timeout" ? this.#hint(attempt, isSent) : null,
    };
  }

  #hint(attempt: Attempt | null, isSent: boolean): string | null {
    if (!isSent) return attempt?.progress() ?? null;
    if (this.#plan.onLate === undefined) return "The request was sent.";
    return `The request was sent. An answer within another ${LATE_MS / 1000} s is shown as late, and reaches no other call.`;
  }
}
