import type { Said } from "../../shared/dialects.ts";
import { cutText, toHex } from "../decode/jsonText.ts";
import { utf8Text } from "../decode/text.ts";
import type { Dialect, DialectKey, DialectMessage, DialectTools, EncodedCall, SaidOrProblem } from "./dialect.ts";
import { payloadOf } from "./envelope.ts";
import { isJsonObject, readJson, writeJson } from "./jsonPayload.ts";
import { said } from "./said.ts";

type Json = Readonly<Record<string, unknown>>;
type Fact = Said["facts"][number];

/** The parts behind the delimiter, all still octets but for the header. */
type Parts = {
  /** Where `<IDS|MSG>` is. */
  readonly at: number;
  readonly signature: Uint8Array;
  /** The four parts that are signed: header, parent header, metadata, content. */
  readonly signed: readonly Uint8Array[];
  readonly header: Json;
  readonly type: string;
  readonly buffers: readonly Uint8Array[];
};

const encoder = new TextEncoder();
const DELIMITER = encoder.encode("<IDS|MSG>");
/** Identities, or the topic, in front of the delimiter. */
const MAX_IDENTITIES = 16;
const VERSION = "5.3";
const USERNAME = "zmq-tap";
const EMPTY = encoder.encode("{}");
const MAX_TOPIC_CHARS = 80;
const NO_DELIMITER =
  "This is no Jupyter message: behind <IDS|MSG> there must be a signature, a header with msg_id and msg_type, and three more parts of JSON.";

/** The messages between Jupyter's clients and kernels: https://jupyter-client.readthedocs.io/en/stable/messaging.html */
export const jupyter: Dialect = {
  name: "jupyter",
  title: "Jupyter",
  meaning:
    "Between a Jupyter kernel and its clients: <IDS|MSG>, an HMAC signature, then header, parent header, metadata and content as JSON, and buffers.",
  socket: "DEALER",
  takesArgs: false,
  takesKwargs: true,
  fields: [
    { name: "session", label: "Session", kind: "text", hint: "Id of the client's session; a fresh one when empty." },
    { name: "metadata", label: "Metadata", kind: "json", hint: "An object, mostly {}." },
    { name: "key", label: "Key", kind: "secret", hint: "The key in the kernel's connection file." },
  ],
  canCall: true,
  // A traceback names the count, and what went wrong is told without it.
  varying: ["execution_count", "engine_info", "traceback"],
  confidence({ frames }) {
    return partsOf(frames) === undefined ? 0 : 1;
  },
  decode(message, key, tools): SaidOrProblem {
    const parts = partsOf(message.frames);
    if (parts === undefined) return readHeartbeat(message);
    const parent = readJson(parts.signed[1]!);
    const content = readJson(parts.signed[3]!);
    if (!isJsonObject(parent) || !isJsonObject(content)) {
      return { problem: "Parent header and content of a Jupyter message must be JSON objects." };
    }
    return said(readMessage(message, parts, parent, content, checkSignature(parts, key, tools)));
  },
  encode({ method, args, kwargs, fields }, key, tools): EncodedCall {
    const { session = "", metadata = {} } = fields;
    if (method === "") return { problem: "A Jupyter message needs a type, such as execute_request." };
    if (method.endsWith("_reply"))
      return { problem: `"${cutText(method, 80)}" is the type of an answer, not of a call.` };
    if (args.length > 0) return { problem: "Jupyter has no arguments by position; the content's names take them." };
    if (typeof session !== "string") return { problem: "The session must be text." };
    if (!isJsonObject(metadata)) return { problem: "The metadata must be a JSON object." };
    return compose(
      header(method, session === "" ? tools.newId() : session, tools),
      EMPTY,
      metadata,
      kwargs,
      key,
      tools,
    );
  },
  renew(frames, key, tools): EncodedCall {
    const parts = partsOf(frames);
    if (parts === undefined) return { frames };
    if (key === null && parts.signature.length > 0) {
      return {
        problem:
          "The message is signed, and the key to sign it anew is not known: attach to the kernel's connection file. A kernel drops a message whose signature it has seen.",
      };
    }
    const fresh = writeJson({ ...parts.header, msg_id: tools.newId(), date: dateOf(tools) });
    if ("problem" in fresh) return fresh;
    const signed = [fresh.bytes, ...parts.signed.slice(1)];
    const before = frames.slice(0, parts.at);
    return { frames: [...before, DELIMITER, signatureOf(signed, key, tools), ...signed, ...parts.buffers] };
  },
  answer({ frames }, answer, key, tools): EncodedCall {
    const parts = partsOf(frames);
    if (parts?.type.endsWith("_request") !== true) return { problem: "Only Jupyter requests are answered." };
    const value = answer.kind === "value" ? (answer.value ?? {}) : {};
    if (!isJsonObject(value)) return { problem: "The content of a Jupyter reply is an object." };
    const content =
      answer.kind === "value"
        ? { status: "ok", ...value }
        : { status: "error", ename: "Error", evalue: answer.problem, traceback: [] };
    const type = parts.type.replace(/_request$/, "_reply");
    return compose(header(type, tools.newId(), tools), parts.signed[0]!, {}, content, key, tools);
  },
};

function compose(
  head: Json,
  parent: Uint8Array,
  metadata: Json,
  content: Json,
  key: DialectKey,
  tools: DialectTools,
): EncodedCall {
  const signed: Uint8Array[] = [];
  for (const part of [head, parent, metadata, content]) {
    const encoded = part instanceof Uint8Array ? { bytes: part } : writeJson(part);
    if ("problem" in encoded) return encoded;
    signed.push(encoded.bytes);
  }
  return { frames: [DELIMITER, signatureOf(signed, key, tools), ...signed] };
}

function header(type: string, session: string, tools: DialectTools): Json {
  return {
    msg_id: tools.newId(),
    session,
    username: USERNAME,
    date: dateOf(tools),
    msg_type: type,
    version: VERSION,
  };
}

function dateOf(tools: DialectTools): string {
  return new Date(tools.nowMs()).toISOString();
}

/** Kernels without a key take messages with an empty signature. */
function signatureOf(signed: readonly Uint8Array[], key: DialectKey, tools: DialectTools): Uint8Array {
  return key === null || key.length === 0 ? new Uint8Array(0) : encoder.encode(toHex(tools.hmacSha256(key, signed)));
}

function partsOf(frames: readonly Uint8Array[]): Parts | undefined {
  const at = frames.slice(0, MAX_IDENTITIES + 1).findIndex((frame) => isSame(frame, DELIMITER));
  if (at < 0 || frames.length < at + 6) return undefined;
  const head = readJson(frames[at + 2]!);
  if (!isJsonObject(head) || typeof head["msg_id"] !== "string" || typeof head["msg_type"] !== "string")
    return undefined;
  return {
    at,
    signature: frames[at + 1]!,
    signed: frames.slice(at + 2, at + 6),
    header: head,
    type: head["msg_type"],
    buffers: frames.slice(at + 6),
  };
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((octet, at) => octet === b[at]);
}

/** `problem` when the receiver drops it, since the key is known and did not make the signature. */
function checkSignature(parts: Parts, key: DialectKey, tools: DialectTools): { fact: string; problem: string | null } {
  if (key === null) return { fact: parts.signature.length === 0 ? "none" : "not checked: no key", problem: null };
  if (isSame(parts.signature, signatureOf(parts.signed, key, tools))) {
    return { fact: key.length === 0 ? "none" : "right", problem: null };
  }
  const problem = "Its signature does not fit the key of the connection file, so that its receiver drops it.";
  return { fact: "wrong", problem };
}

function readMessage(
  { frames, sender, receiver }: DialectMessage,
  parts: Parts,
  parent: Json,
  content: Json,
  signature: { fact: string; problem: string | null },
): Parameters<typeof said>[0] {
  const { type } = parts;
  const isPublished = sender === "PUB" || sender === "XPUB" || receiver === "SUB" || receiver === "XSUB";
  const parentId = typeof parent["msg_id"] === "string" ? parent["msg_id"] : null;
  const facts = factsOf(parts, signature.fact, isPublished ? frames.slice(0, parts.at) : []);
  const isCall = !isPublished && type.endsWith("_request");
  const id = isCall ? (parts.header["msg_id"] as string) : parentId;
  const common = { method: type, id, facts };
  if (signature.problem !== null) {
    return { ...common, kind: "error", problem: signature.problem, code: "signature", value: content };
  }
  if (isCall) return { ...common, kind: "call", kwargs: content };
  if (isPublished) return { ...common, kind: "event", value: content };
  if (type.endsWith("_reply")) return { ...common, ...readReply(content), value: content };
  // Comm messages and the like, which nobody answers.
  return { ...common, kind: "signal", kwargs: content };
}

/** Replies of some messages have no status; those are well. */
function readReply({ status, ename, evalue }: Json): Pick<Said, "kind" | "problem" | "code"> {
  if (status === "aborted" || status === "abort") {
    return { kind: "error", problem: "The kernel did not do it, since an earlier request failed.", code: "aborted" };
  }
  if (status !== "error") return { kind: "reply", problem: null, code: null };
  const code = typeof ename === "string" ? cutText(ename, MAX_TOPIC_CHARS) : null;
  const words = [code, evalue].filter((text) => typeof text === "string" && text !== "").join(": ");
  return { kind: "error", problem: words === "" ? "The kernel says status error, and no more." : words, code };
}

function factsOf(parts: Parts, signature: string, topics: readonly Uint8Array[]): readonly Fact[] {
  const text = (label: string, name: string): Fact[] => {
    const value = parts.header[name];
    return typeof value === "string" ? [{ label, value: cutText(value, MAX_TOPIC_CHARS) }] : [];
  };
  const bytes = parts.buffers.reduce((sum, buffer) => sum + buffer.length, 0);
  return [
    { label: "signature", value: signature },
    ...topics.map((topic) => ({
      label: "topic",
      value: cutText(utf8Text(topic) ?? toHex(topic.subarray(0, MAX_TOPIC_CHARS / 2)), MAX_TOPIC_CHARS),
    })),
    ...text("session", "session"),
    ...text("user", "username"),
    ...text("date", "date"),
    ...text("version", "version"),
    ...(parts.buffers.length > 0 ? [{ label: "buffers", value: `${parts.buffers.length}, ${bytes} octets` }] : []),
  ];
}

/** On the heartbeat channel the kernel sends back whatever octets it gets. */
function readHeartbeat({ frames }: DialectMessage): SaidOrProblem {
  const payload = payloadOf(frames);
  if (payload.length !== 1 || isSame(payload[0]!, DELIMITER)) return { problem: NO_DELIMITER };
  return said({ kind: "heartbeat", value: utf8Text(payload[0]!) ?? payload[0]! });
}
