/** What a pyzmqrpc3 program sends now and then so that its receiver knows it is there. It is never answered. */
const HEARTBEAT = Buffer.from("zmq_sub_heartbeat");
/** A reply above this is not looked into. */
const MAX_STATUS_BYTES = 64 * 1024;
const OPENING_BRACE = 0x7b;
/** Of the caller's message to a remote, in that dialect: a proxy could not do its part. */
const PROXY_FAILED = 482;

/** Whether a message is the heartbeat of that dialect. */
export function isHeartbeat(frames: readonly Uint8Array[]): boolean {
  return frames.length === 1 && frames[0]!.length === HEARTBEAT.length && HEARTBEAT.equals(frames[0]!);
}

/** The reply to what was taken but has no result: published, or put into a queue. Octets as the original writes them. */
export const TAKEN: readonly Buffer[] = [Buffer.from('{"status_code": 200, "status_message": "OK"}')];

/** The reply when a message could not be handed on; `why` is a sentence. */
export function failureReply(why: string): readonly Buffer[] {
  return [Buffer.from(`{"status_code": ${PROXY_FAILED}, "status_message": ${JSON.stringify(why)}}`)];
}

/** The message of a reply that tells of an error in the form of that dialect; `null` for any other reply. */
export function errorOf(reply: readonly Uint8Array[]): string | null {
  const [frame] = reply;
  if (reply.length !== 1 || frame === undefined || frame.length > MAX_STATUS_BYTES || frame[0] !== OPENING_BRACE)
    return null;
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(frame.buffer, frame.byteOffset, frame.length).toString());
  } catch {
    return null;
  }
  const { status_code: code, status_message: message } = value as Readonly<Record<string, unknown>>;
  if (typeof code !== "number" || code === 200) return null;
  return typeof message === "string" && message !== "" ? message : `status ${code}`;
}
