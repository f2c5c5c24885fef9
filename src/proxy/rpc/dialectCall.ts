import type { CallBody, CallOutcome, OtherReply } from "../../shared/calls.ts";
import type { TapSecurity } from "../../shared/security.ts";
import type { InProcessLink } from "./callThroughTap.ts";

/** A link of a tap for one attempt. */
export type TapLink = InProcessLink & {
  /** Rows of its first request and of the first reply, once there are any. */
  rows(): readonly [number | null, number | null];
};

/** Where a call goes, and with which credentials. */
export type CallDestination =
  | { readonly kind: "endpoint"; readonly endpoint: string; readonly security: TapSecurity | null }
  /** `open` makes a fresh link for each attempt; the tap's own credentials are used behind it. */
  | { readonly kind: "tap"; readonly open: () => TapLink };

export type CallPlan = {
  readonly to: CallDestination;
  readonly body: CallBody;
  /** Of each attempt. */
  readonly timeoutMs: number;
  readonly retries: number;
  /** Told of replies that come after the outcome, for at most LATE_MS. */
  readonly onLate?: (reply: OtherReply) => void;
};

/**
 * Makes a call as a lazy pirate does: each attempt has a fresh socket, and the sockets of given-up attempts stay open for a
 * while only to hear late replies. Rejects with a UserError when the call cannot be written or the target cannot be used.
 */
export function callDialect(_plan: CallPlan, _signal: AbortSignal): Promise<CallOutcome> {
  return Promise.reject(new Error("Not built yet."));
}
