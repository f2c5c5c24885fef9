import { writeAnd, writeEquals } from "../shared/filter/write.ts";
import type { ConversationKind } from "../shared/model.ts";
import type { Capture, RawRow } from "./capture/capture.ts";
import { sendsTopics } from "./envelope.ts";
import { noConversation, rowGone } from "./faults.ts";

/** Longer topics and ids are not written into a filter. */
const MAX_VALUE_BYTES = 1024;
/** Ids as long as this are not of one link only. */
const UNIQUE_ID_CHARS = 16;
/** Names under which programs send the id that a reply repeats. */
const ID_NAMES = ["id", "request_id", "requestId", "correlation_id", "correlationId", "msg_id", "uuid"];

/** The filter that shows what belongs to row `n`. Throws a UserError when it has no such conversation. */
export function conversationFilter(capture: Capture, n: number, what: ConversationKind): string {
  const raw = capture.row(n);
  if (raw === undefined) throw rowGone(n);
  const filter = writers[what](capture, raw);
  if (filter === null) throw noConversation(n, what);
  return filter;
}

const writers: Readonly<Record<ConversationKind, (capture: Capture, raw: RawRow) => string | null>> = {
  link: (_capture, { link }) => (link === null ? null : writeEquals("conn", link.info.link)),
  exchange: (_capture, { n, partner }) => {
    if (partner === null) return null;
    return `n in {${Math.min(n, partner)}, ${Math.max(n, partner)}}`;
  },
  topic: (capture, raw) => {
    if (raw.kind !== "message" || raw.link === null) return null;
    const { client, server } = raw.link.sockets;
    if (!sendsTopics(raw.direction === 0 ? client : server)) return null;
    const topic = capture.readFrame(raw.n, 0, 0, MAX_VALUE_BYTES + 1);
    return topic.length > MAX_VALUE_BYTES ? null : writeEquals("topic", topic);
  },
  correlation,
};

/** The id that its dialect gives it, else the 4-octet id of ZMQ_REQ_CORRELATE before the delimiter, else one in a JSON payload. */
function correlation(capture: Capture, raw: RawRow): string | null {
  if (raw.kind !== "message") return null;
  const id = capture.talk.said(raw.n)?.id ?? "";
  if (id !== "" && id.length <= MAX_VALUE_BYTES) {
    // Small numbers are ids of every link.
    const isOwn = id.length < UNIQUE_ID_CHARS && raw.link !== null;
    return isOwn ? writeAnd(writeEquals("conn", raw.link.info.link), writeEquals("corr", id)) : writeEquals("corr", id);
  }
  const { frames } = capture.framePrefixes(raw.n, 8, MAX_VALUE_BYTES);
  if (frames.length > 2 && frames[0]!.sizeBytes === 4 && frames[1]!.sizeBytes === 0) {
    const id = writeEquals("frame[0]", frames[0]!.prefix);
    return raw.link === null ? id : writeAnd(writeEquals("conn", raw.link.info.link), id);
  }
  for (const { prefix, sizeBytes } of frames) {
    if (prefix.length < sizeBytes || prefix[0] !== 0x7b) continue;
    const found = jsonId(prefix);
    if (found !== null) return writeEquals(`json.${found.name}`, found.value);
  }
  return null;
}

function jsonId(bytes: Uint8Array): { name: string; value: string | number } | null {
  let object: Record<string, unknown>;
  try {
    object = JSON.parse(Buffer.from(bytes).toString("utf8")) as Record<string, unknown>;
  } catch {
    return null;
  }
  for (const name of ID_NAMES) {
    const value = object[name];
    if (typeof value === "string" || (typeof value === "number" && Number.isFinite(value))) return { name, value };
  }
  return null;
}
