import type { SocketType } from "../shared/model.ts";
import type { Capture } from "./capture/capture.ts";
import type { Dialect, DialectMessage } from "./dialects/dialect.ts";
import { detect, dialectNamed } from "./dialects/registry.ts";
import { raw } from "./dialects/raw.ts";
import { dialectTools } from "./dialectTools.ts";
import type { ReplaySource } from "./replaySource.ts";
import type { Expected } from "./rpc/replayConversation.ts";
import { asRequest } from "./rpc/replay.ts";
import { encodeMessage } from "./wire/writer.ts";

/** A request that was sent again, and what is expected of its reply. */
export type ReplayRequest = Expected & {
  /** Row of the recorded request, and of its reply; `null` where none is recorded. */
  readonly n: number;
  readonly reply: number | null;
  readonly dialect: Dialect;
  /** Who asks, and who answers. */
  readonly sender: SocketType | null;
  readonly receiver: SocketType | null;
};

export type MadeRequest =
  /** `request` is `null` where no reply is to be waited for. */
  | { readonly octets: Buffer; readonly request: ReplayRequest | null }
  /** Why it cannot be sent, in a sentence. */
  | { readonly problem: string };

/**
 * The message that `source` has loaded, as a REQ or DEALER sends it now: in the envelope of that socket, and with the fresh
 * id and signature that its dialect needs.
 */
export function makeRequest(capture: Capture, source: ReplaySource, as: "REQ" | "DEALER"): MadeRequest {
  const { n, sender, receiver } = source;
  const frames = as === "REQ" ? asRequest(source.frames()) : source.frames();
  const dialect = dialectNamed(detect({ frames, sender, receiver }).dialect) ?? raw;
  // A signature may be an empty frame, so only the first one can be a delimiter here.
  const start = frames[0]?.length === 0 ? 1 : 0;
  const renewed = dialect.renew(frames.slice(start), null, dialectTools);
  if ("problem" in renewed) return renewed;
  const fresh = [...frames.slice(0, start), ...renewed.frames];
  const octets = Buffer.from(encodeMessage(fresh));
  const row = capture.row(n);
  const reply = row?.exchange === "answered" ? row.partner : null;
  const said = dialect.name === "raw" ? null : dialect.decode({ frames: fresh, sender, receiver }, null, dialectTools);
  const { kind, id } = said !== null && "said" in said ? said.said : { kind: null, id: null };
  const isAnswered = as === "REQ" || reply !== null || receiver === "REP" || kind === "call";
  return { octets, request: isAnswered ? { n, reply, id, dialect, sender, receiver } : null };
}

/** The id of the call that a message answers; `null` where its dialect has none, or cannot read it. */
export function replyId(frames: readonly Uint8Array[], request: ReplayRequest): string | null {
  if (request.id === null) return null;
  const decoded = request.dialect.decode(asReply(frames, request), null, dialectTools);
  return "said" in decoded ? decoded.said.id : null;
}

/** A message as its dialect reads the answer to `request`. */
export function asReply(frames: readonly Uint8Array[], { sender, receiver }: ReplayRequest): DialectMessage {
  return { frames, sender: receiver, receiver: sender };
}
