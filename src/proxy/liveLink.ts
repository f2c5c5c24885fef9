import { spokenIn } from "./capture/handshakeFacts.ts";
import type { LinkLog } from "./linkLog.ts";
import type { LiveLink } from "./rpc/replay.ts";

/** A link as the rules of replay know it. */
export function liveLink(log: LinkLog): LiveLink {
  const { reader } = log;
  const detail = reader.handshakeDetail();
  return {
    number: log.number,
    sockets: reader.sockets,
    identity: log.identity(detail),
    pending: reader.pending,
    whyNotInject: (direction) =>
      spokenIn(detail) === null
        ? reader.whyNotInject(direction)
        : "The link speaks HTTP, whose requests and responses belong together, so nothing can be put between them.",
    isSubscribed: (topic) => reader.isSubscribed(topic),
  };
}
