import { setTimeout } from "node:timers/promises";
import { UserError } from "../shared/userError.ts";
import type { Verdict } from "../shared/model.ts";
import type { LinkLog } from "./linkLog.ts";

/** How long a link that has failed may take to close. */
const CLOSING_MS = 1_500;

/**
 * Why a link of ours failed. On one that was re-keyed its client saw only the tap's own end; what the server did stands in the
 * link's verdict, which is waited for a moment.
 */
export async function toldByHandshake(error: UserError, log: LinkLog | undefined): Promise<UserError> {
  if (log?.isRekeyed !== true || log.handshakeState === "done") return error;
  const verdict = await closingVerdict(log);
  if (verdict === null) return error;
  return new UserError("call-failed", `Nothing was sent. ${verdict.sentence} ${verdict.advice}`.trim(), {
    cause: error,
  });
}

/** What a link of ours that is being closed came to, which is waited for a moment; `null` when nothing is wrong with it. */
export async function closingVerdict(log: LinkLog): Promise<Verdict | null> {
  await Promise.race([log.gone, setTimeout(CLOSING_MS, undefined, { ref: false })]);
  return log.verdict;
}
