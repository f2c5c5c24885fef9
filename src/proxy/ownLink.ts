import { setTimeout } from "node:timers/promises";
import type { Origin } from "../shared/model.ts";
import { UserError } from "../shared/userError.ts";
import type { EngineTap } from "./engine.ts";
import type { LinkLog } from "./linkLog.ts";
import type { TapLink } from "./rpc/tapAttempt.ts";

/** How long a link of a failed call may take to close. */
const CLOSING_MS = 1_500;

/** Opens a link of a tap for a call or replay of ours, without a port. Throws a UserError when the tap does not run. */
export function openOwnLink(tap: EngineTap, origin: Exclude<Origin, "wire">): TapLink {
  const { stream, link } = tap.tap.openInProcess(origin);
  let log: LinkLog | undefined;
  const known = link.then(
    (number) => (log = tap.logs.get(number)),
    () => undefined,
  );
  return {
    stream,
    link,
    rows: () => log?.firstRows ?? [null, null],
    explain: async (error) => {
      await known;
      return toldByHandshake(error, log);
    },
  };
}

/** On a link that was re-keyed the call saw only the tap's own end; what the server did stands in the link's verdict. */
async function toldByHandshake(error: UserError, log: LinkLog | undefined): Promise<UserError> {
  if (log?.isRekeyed !== true || log.handshakeState === "done") return error;
  await Promise.race([log.gone, setTimeout(CLOSING_MS, undefined, { ref: false })]);
  const { verdict } = log;
  if (verdict === null) return error;
  return new UserError("call-failed", `Nothing was sent. ${verdict.sentence} ${verdict.advice}`.trim(), {
    cause: error,
  });
}
