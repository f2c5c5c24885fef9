import type { WebSocketType } from "../../shared/webBridge.ts";

/** Numbers of libzmq, which pages give for the types of their sockets. */
const SOCKET_NUMBERS: Readonly<Record<number, WebSocketType>> = { 2: "SUB", 3: "REQ", 4: "REP" };
const MAX_IDENTITY_BYTES = 255;
const MAX_TOPICS = 100;

/** A page's wish for a socket. */
export type ConnectWish = {
  readonly kind: "connect";
  readonly identity: string;
  readonly type: WebSocketType;
  readonly endpoint: string;
  /** Only messages that hold this text somewhere; empty for all. */
  readonly filter: string;
  /** What topics must begin with; empty for all. */
  readonly topics: readonly string[];
  /** The page takes all frames of a message at once, as `frames` beside `content`. */
  readonly takesFrames: boolean;
};

/** What a page says. */
export type Envelope =
  | ConnectWish
  | { readonly kind: "data"; readonly identity: string; readonly content: string }
  | { readonly kind: "disconnect"; readonly identity: string }
  /** A sentence; `identity` as far as there is one, and whether it was a connect that it answers. */
  | { readonly kind: "bad"; readonly identity: string | null; readonly isConnect: boolean; readonly problem: string };

/**
 * Reads a text of the WebSocket: `{"identity","msg_type","content"}`, where the content of a connect is JSON again. Any
 * other `msg_type` than `connect` and `disconnect` is data, as in ZmqWebBridge. Never throws.
 */
export function readEnvelope(text: string): Envelope {
  const envelope = readObject(text);
  if (envelope === undefined) return bad(null, false, "This is no JSON object with identity, msg_type and content.");
  const { identity, content, msg_type: type } = envelope;
  const isConnect = type === "connect";
  if (typeof identity !== "string" || identity === "" || Buffer.byteLength(identity) > MAX_IDENTITY_BYTES) {
    return bad(null, isConnect, `The identity must be a text of 1 to ${MAX_IDENTITY_BYTES} octets.`);
  }
  if (type === "disconnect") return { kind: "disconnect", identity };
  if (typeof content !== "string") return bad(identity, isConnect, "The content must be a text.");
  return isConnect ? readConnect(identity, content) : { kind: "data", identity, content };
}

function readConnect(identity: string, content: string): Envelope {
  const wish = readObject(content);
  if (wish === undefined) return bad(identity, true, "The content of a connect must be a JSON object in a text.");
  const { zmq_conn_string: endpoint, socket_type: number, msgfilter: filter = "", topics = [], frames } = wish;
  if (typeof endpoint !== "string")
    return bad(identity, true, "zmq_conn_string must be an endpoint such as tcp://127.0.0.1:10001.");
  const type = typeof number === "number" ? SOCKET_NUMBERS[number] : undefined;
  if (type === undefined) return bad(identity, true, "socket_type must be 2 (SUB), 3 (REQ) or 4 (REP).");
  // Pages say null or false where they filter nothing.
  const text = filter === null || filter === false ? "" : filter;
  if (typeof text !== "string") return bad(identity, true, "msgfilter must be a text.");
  const isList =
    Array.isArray(topics) && topics.length <= MAX_TOPICS && topics.every((topic) => typeof topic === "string");
  if (!isList) return bad(identity, true, `topics must be a list of at most ${MAX_TOPICS} texts.`);
  return {
    kind: "connect",
    identity,
    type,
    endpoint,
    filter: text,
    topics: topics,
    takesFrames: frames === true,
  };
}

/** The answer to a connect, for pages of either edition of ZmqWebBridge. */
export function connectReply(identity: string, problem: string | null): string {
  const content = problem === null ? '{"status": "success"}' : failure(problem);
  return JSON.stringify({ identity, content, msg_type: "connection_reply" });
}

/** A message for a page; `frames` are all of it, where the page takes them. */
export function dataText(identity: string, content: string, frames?: readonly string[]): string {
  return JSON.stringify(frames === undefined ? { identity, content } : { identity, content, frames });
}

/** A failure of a socket, as an RPC client reads one in the place of a reply. */
export function errorText(identity: string | null, problem: string): string {
  return JSON.stringify({ identity, content: failure(problem), msg_type: "error" });
}

/** How servers of this protocol say that something failed. */
export function failure(problem: string): string {
  return JSON.stringify({ status: "error", error_msg: problem });
}

/** What comes to a page's REP: a handle for the answer, an empty text, and the payload. */
export function callContent(handle: string, payload: readonly string[]): string {
  return JSON.stringify([handle, "", ...payload]);
}

/** The handle and the frames of a page's answer; `undefined` when it is none. */
export function readAnswer(
  content: string,
): { readonly handle: string; readonly frames: readonly string[] } | undefined {
  const [handle, empty, ...frames] = readArray(content);
  const isAnswer = typeof handle === "string" && empty === "" && frames.length > 0;
  return isAnswer && frames.every((frame) => typeof frame === "string") ? { handle, frames: frames } : undefined;
}

function bad(identity: string | null, isConnect: boolean, problem: string): Envelope {
  return { kind: "bad", identity, isConnect, problem };
}

/** `undefined` for what is no JSON object. */
export function readObject(text: string): Readonly<Record<string, unknown>> | undefined {
  const value = readJson(text);
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}

function readArray(text: string): readonly unknown[] {
  const value = readJson(text);
  return Array.isArray(value) ? value : [];
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
