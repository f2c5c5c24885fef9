import type { DialectField, Said } from "../../shared/dialects.ts";
import { utf8Text } from "../decode/text.ts";
import type { Dialect, DialectMessage, EncodedCall, SaidOrProblem } from "./dialect.ts";
import { payloadOf, payloadStart } from "./envelope.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";
import { isJsonObject } from "./jsonPayload.ts";
import { hasOnly, type JsonObject, jsonFrame, readObjectWith, readPythonJson } from "./pythonJson.ts";
import { said } from "./said.ts";
import { isOneWay, sayError } from "./saying.ts";

const TARGET: DialectField = {
  name: "target",
  label: "Target identity",
  kind: "text",
  hint: "Only when a browser is called: the identity of its socket, which goes behind the call as a frame of its own.",
};
/** What browsers make up for each of their sockets; also the identity of what they send over ZeroMQ. */
const IDENTITY = /^[0-9A-F]{32}$/;
const MAX_IDENTITY_BYTES = 255;
const KEYS = ["funcname", "returnval", "error_msg", "content"];
const encoder = new TextEncoder();

type Read = { readonly confidence: number; readonly says: SaidOrProblem };
/** What a read message has besides what it says itself. */
type Around = { readonly id: string | null; readonly facts: Said["facts"]; readonly isOneWay: boolean };

/** RPC of browsers over a bridge, and of Python programs, with `funcname`. */
export const zmqWebBridge: Dialect = {
  name: "zmq-web-bridge",
  title: "ZmqWebBridge RPC",
  meaning:
    'Browsers behind ZmqWebBridge and what they call: {"funcname","args","kwargs"} is answered with {"returnval"} or ' +
    '{"status":"error"}; from a PUB it is one-way.',
  socket: "REQ",
  takesArgs: true,
  takesKwargs: true,
  fields: [TARGET],
  canCall: true,
  confidence: (message) => read(message)?.confidence ?? 0,
  decode: (message) =>
    read(message)?.says ?? {
      problem: "This is neither a call with `funcname`, nor an answer, nor the bridge's envelope.",
    },
  encode({ method, args, kwargs, fields }): EncodedCall {
    if (method === "") return { problem: "A call needs the name of a function." };
    const target = fields["target"] ?? "";
    if (typeof target !== "string") return { problem: "The target identity must be text." };
    const identity = encoder.encode(target);
    if (identity.length > MAX_IDENTITY_BYTES) {
      return { problem: `A target identity has at most ${MAX_IDENTITY_BYTES} octets.` };
    }
    const written = jsonFrame({ funcname: method, args, kwargs });
    return "problem" in written || target === "" ? written : { frames: [...written.frames, identity] };
  },
  renew: (frames) => ({ frames }),
  answer(_call, answer): EncodedCall {
    if (answer.kind === "error") return jsonFrame({ status: "error", error_msg: answer.problem });
    return jsonFrame({ returnval: answer.value ?? null });
  },
};

function read(message: DialectMessage): Read | undefined {
  const frames = payloadOf(message.frames);
  return readWhole(message, frames) ?? readLast(message, frames);
}

function readWhole(message: DialectMessage, [body, target, ...more]: readonly Uint8Array[]): Read | undefined {
  if (body === undefined || more.length > 0 || body.length > MAX_MESSAGE_BYTES) return undefined;
  if (target !== undefined && (target.length === 0 || target.length > MAX_IDENTITY_BYTES)) return undefined;
  const to = target === undefined ? undefined : utf8Text(target);
  if (target !== undefined && to === undefined) return undefined;
  const around = {
    id: identityOf(message),
    facts: to === undefined ? [] : [{ label: "Target identity", value: to }],
    isOneWay: isOneWay(message),
  };
  const value = readObjectWith(KEYS, body) ?? {};
  const rpc = readRpc(value, around);
  return rpc !== undefined || target !== undefined ? rpc : readEnvelope(value, around);
}

/** An answer of several frames, of which the bridge passes on the last one only. */
function readLast(message: DialectMessage, frames: readonly Uint8Array[]): Read | undefined {
  const last = frames.length > 1 ? frames.at(-1)! : undefined;
  if (last === undefined || last.length > MAX_MESSAGE_BYTES) return undefined;
  const { funcname, ...value } = readObjectWith(["returnval", "error_msg"], last) ?? {};
  if (funcname !== undefined) return undefined;
  const before = { label: "Frames before it", value: `${frames.length - 1}, which the bridge leaves out` };
  const rpc = readRpc(value, { id: identityOf(message), facts: [before], isOneWay: false });
  return rpc === undefined ? undefined : { ...rpc, confidence: 0.6 };
}

/** The bridge puts a browser's identity in front of what it passes on, and answers come back with it. */
function identityOf({ frames }: DialectMessage): string | null {
  const first = payloadStart(frames) > 1 ? utf8Text(frames[0]!.subarray(0, 33)) : undefined;
  return first !== undefined && IDENTITY.test(first) ? first : null;
}

function readRpc(value: JsonObject, around: Around): Read | undefined {
  const { id, facts } = around;
  if (typeof value["funcname"] === "string") {
    return { confidence: hasOnly(value, ["funcname"], ["args", "kwargs"]) ? 0.95 : 0.6, says: sayCall(value, around) };
  }
  if (hasOnly(value, ["returnval"])) {
    return { confidence: 0.9, says: said({ kind: "reply", value: value["returnval"], id, facts }) };
  }
  if (!hasOnly(value, ["status", "error_msg"]) || value["status"] !== "error") return undefined;
  const otherwise = "The server says no more than that it failed.";
  return { confidence: 0.9, says: sayError(value["error_msg"], otherwise, { id, facts }) };
}

function sayCall(call: JsonObject, { id, facts, isOneWay: isSignal }: Around): SaidOrProblem {
  const { funcname, args = [], kwargs = {} } = call;
  const isSound = Array.isArray(args) && isJsonObject(kwargs);
  const note = { label: "Arguments", value: "Not a list and an object: the server cannot take them so." };
  return said({
    kind: isSignal ? "signal" : "call",
    method: funcname as string,
    ...(isSound ? { args: args as readonly unknown[], kwargs } : { value: { args, kwargs } }),
    id,
    facts: isSound ? facts : [...facts, note],
  });
}

/** What travels over the WebSocket: a text in `content`, which is mostly JSON again. */
function readEnvelope(envelope: JsonObject, around: Around): Read | undefined {
  if (!hasOnly(envelope, ["identity", "content"], ["msg_type"])) return undefined;
  const { identity, content, msg_type: type } = envelope;
  if (typeof identity !== "string" || typeof content !== "string") return undefined;
  const facts = [
    { label: "Identity", value: identity },
    ...(typeof type === "string" ? [{ label: "Message type", value: type }] : []),
  ];
  const inner = { ...around, id: identity, facts };
  const confidence = IDENTITY.test(identity) || typeof type === "string" ? 0.95 : 0.6;
  return { confidence, says: sayContent(type, content, inner) };
}

function sayContent(type: unknown, content: string, around: Around): SaidOrProblem {
  const { id, facts } = around;
  const value = readPythonJson(encoder.encode(content));
  if (type === "connect") {
    return isJsonObject(value)
      ? said({ kind: "call", method: "connect", kwargs: value, id, facts })
      : { problem: "This connect message does not say where to." };
  }
  if (type === "connection_reply") {
    const isGranted = isJsonObject(value) && value["status"] === "success";
    const parts = { method: "connect", value, id, facts };
    return isGranted ? said({ ...parts, kind: "reply" }) : sayError(undefined, "The bridge refused to connect.", parts);
  }
  // To and from a browser that answers calls: a handle, an empty text, and the payload.
  const [handle, empty, payload, ...more] = Array.isArray(value) ? (value as unknown[]) : [];
  if (typeof handle === "string" && empty === "" && typeof payload === "string" && more.length === 0) {
    const handled = { ...around, facts: [...facts, { label: "Handle", value: handle }] };
    return sayData(readPythonJson(encoder.encode(payload)) ?? payload, handled);
  }
  return sayData(value ?? content, around);
}

/** A call or its answer, or whatever else browsers and back ends tell each other. */
function sayData(value: unknown, around: Around): SaidOrProblem {
  const { id, facts } = around;
  const rpc = isJsonObject(value) ? readRpc(value, around) : undefined;
  return rpc?.says ?? said({ kind: "event", value, id, facts });
}
