import type { CallResult } from "../../shared/model.ts";
import { type InProcessLink, tapAttempt, type WireMessage } from "./tapAttempt.ts";

export type WireCall = WireMessage & { readonly timeoutMs: number };

export type WireAnswer =
  Exclude<CallResult, { kind: "answer" } | { kind: "sent" }> | WireReply | { readonly kind: "sent" };
type WireReply = { readonly kind: "answer"; readonly frames: readonly Uint8Array[]; readonly latencyMs: number };

/**
 * Speaks to a tap's server over a link of our own, opened without a port. The link is ended before this resolves, so a
 * request that timed out can never be answered late. Rejects with a UserError when the server cannot be spoken to.
 */
export function callThroughTap(open: InProcessLink, call: WireCall, signal: AbortSignal): Promise<WireAnswer> {
  return new Promise((resolve, reject) => {
    let sentAt = 0;
    const attempt = tapAttempt({ ...open, rows: () => [null, null] }, call, {
      sent: () => (sentAt = performance.now()),
      message: (frames) => settle(() => resolve({ kind: "answer", frames, latencyMs: performance.now() - sentAt })),
      done: () => settle(() => resolve({ kind: "sent" })),
      failed: (error) => settle(() => reject(error)),
    });
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      attempt.close();
      finish();
    };
    const timer = setTimeout(() => settle(() => resolve({ kind: "timeout", afterMs: call.timeoutMs })), call.timeoutMs);
    const onAbort = (): void => settle(() => resolve({ kind: "cancelled" }));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
