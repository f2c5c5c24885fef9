import type { FrameInfo, SocketType } from "../shared/model.ts";

type Role = FrameInfo["role"];

/** Frames before the delimiter: ROUTERs in between each add one. */
const MAX_ENVELOPE = 16;
const PUBLISHERS: ReadonlySet<SocketType | null> = new Set<SocketType>(["PUB", "XPUB", "RADIO"]);
const ENVELOPED: ReadonlySet<SocketType | null> = new Set<SocketType>(["REQ", "REP"]);

/** Whether the first frame of what `sender` sends is a topic. */
export function sendsTopics(sender: SocketType | null): boolean {
  return PUBLISHERS.has(sender);
}

/**
 * What each frame is, from the sizes of the first ones: a REQ or REP on either end means an envelope up to the first empty
 * frame (RFC 28); between others an empty first frame is taken for a delimiter; publishers begin with the topic.
 */
export function frameRoles(sizes: readonly number[], sender: SocketType | null, receiver: SocketType | null): Role[] {
  const roles: Role[] = sizes.map(() => "payload");
  if (sendsTopics(sender)) {
    if (sizes.length > 1) roles[0] = "topic";
    return roles;
  }
  const hasEnvelope = ENVELOPED.has(sender) || ENVELOPED.has(receiver);
  const delimiter = sizes.slice(0, MAX_ENVELOPE).indexOf(0);
  if (delimiter < 0 || (!hasEnvelope && (delimiter > 0 || sizes.length === 1))) return roles;
  roles.fill("request-id", 0, delimiter);
  roles[delimiter] = "delimiter";
  return roles;
}
