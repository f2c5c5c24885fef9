import type { Duplex } from "node:stream";
import type { Origin } from "../shared/model.ts";
import type { UserError } from "../shared/userError.ts";
import type { EngineTap } from "./engine.ts";
import { httpTarget } from "./httpEndpoint.ts";
import type { LinkLog } from "./linkLog.ts";
import { HttpStream } from "./rpc/httpStream.ts";
import type { TapLink } from "./rpc/tapAttempt.ts";
import { toldByHandshake } from "./toldByHandshake.ts";

/** Opens a link of a tap for a call or replay of ours, without a port. Throws a UserError when the tap does not run. */
export function openOwnLink(tap: EngineTap, origin: Exclude<Origin, "wire">): TapLink {
  const { stream, link, problem } = ownStream(tap, origin);
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
      return problem() ?? toldByHandshake(error, log);
    },
  };
}

/** The same for whoever leads the conversation by itself: what it speaks is ZMTP, also where the tap's server speaks HTTP. */
export function ownStream(
  { tap }: EngineTap,
  origin: Exclude<Origin, "wire">,
): { readonly stream: Duplex; readonly link: Promise<number>; readonly problem: () => UserError | null } {
  const open = (): { stream: Duplex; link: Promise<number> } => tap.openInProcess(origin);
  const first = open();
  const { server } = tap;
  if (server.transport !== "http") return { ...first, problem: () => null };
  const http = new HttpStream(first, open, httpTarget(server, null));
  return { stream: http.near, link: first.link, problem: () => http.problem };
}
