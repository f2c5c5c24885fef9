import { readMsgpackValue, writeMsgpackValue } from "../decode/msgpackValue.ts";
import type { Dialect, DialectMessage, EncodedCall, SaidOrProblem } from "./dialect.ts";
import { isJsonObject } from "./jsonPayload.ts";
import { MAX_MESSAGE_BYTES } from "./limits.ts";
import { said } from "./said.ts";

type Message = { readonly type: string; readonly data: unknown; readonly node: string | null };

const TYPES = new Set([
  "ack",
  "client_ready",
  "client_stopped",
  "exception",
  "heartbeat",
  "locustfile",
  "logs",
  "quit",
  "reconnect",
  "spawn",
  "spawning",
  "spawning_complete",
  "stats",
  "stop",
  "update_user_class",
]);
/** An array of three, as MessagePack begins it. */
const ARRAY_OF_3 = 0x93;
const NODE = "zmq-tap";
const NOT_MINE = "This is no message of Locust: one MessagePack list of a type, its data, and the worker's id.";

/** What Locust's master and workers say to each other. */
export const locust: Dialect = {
  name: "locust",
  title: "Locust",
  meaning:
    "Between Locust's master and its workers: one MessagePack list [type, data, node id], such as client_ready, spawn, stats.",
  socket: "DEALER",
  takesArgs: true,
  takesKwargs: false,
  fields: [{ name: "node_id", label: "Node id", kind: "text", hint: `The worker's id; ${NODE} when empty.` }],
  canCall: true,
  confidence({ frames, sender, receiver }) {
    const isBetween = [null, "DEALER", "ROUTER"].includes(sender) && [null, "DEALER", "ROUTER"].includes(receiver);
    const message = isBetween ? messageOf(frames) : undefined;
    if (message === undefined || !TYPES.has(message.type)) return 0;
    return sender === null || message.node === null ? 0.6 : 0.95;
  },
  decode(message): SaidOrProblem {
    const read = messageOf(message.frames);
    return read === undefined ? { problem: NOT_MINE } : said(toSaid(read, message));
  },
  encode({ method, args, kwargs, fields }): EncodedCall {
    const { node_id: node = "" } = fields;
    const [data = null] = args;
    if (args.length > 1 || Object.keys(kwargs).length > 0) {
      return { problem: "A message of Locust has one argument: its data, of any kind." };
    }
    if (args.length === 1 && data === null) return { problem: "Leave the argument out to send no data." };
    if (typeof node !== "string") return { problem: "The node id must be text." };
    const written = writeMsgpackValue([method, data, node === "" ? NODE : node]);
    return "problem" in written ? written : { frames: [written.bytes] };
  },
  renew: (frames) => ({ frames }),
  answer({ frames }, answer): EncodedCall {
    const message = messageOf(frames);
    if (message?.type !== "client_ready") return { problem: "Locust answers only client_ready, with ack." };
    if (answer.kind === "error") return { problem: "Locust has no errors from its master; answer with a value." };
    const written = writeMsgpackValue(["ack", answer.value ?? null, message.node]);
    return "problem" in written ? written : { frames: [written.bytes] };
  },
};

/** The worker's identity may stand in front, as the master's program sees it. */
function messageOf(frames: readonly Uint8Array[]): Message | undefined {
  const octets = frames.at(-1);
  if (frames.length > 2 || octets?.[0] !== ARRAY_OF_3 || octets.length > MAX_MESSAGE_BYTES) return undefined;
  const read = readMsgpackValue(octets);
  const [type, data, node] = "value" in read ? (read.value as unknown[]) : [];
  if (typeof type !== "string" || (typeof node !== "string" && node !== null)) return undefined;
  return { type, data, node };
}

function toSaid({ type, data, node }: Message, { sender }: DialectMessage): Parameters<typeof said>[0] {
  const args = data === null ? [] : [data];
  const common = { method: type, args, value: data, facts: node === null ? [] : [{ label: "node", value: node }] };
  switch (type) {
    case "heartbeat":
      return { ...common, kind: "heartbeat" };
    case "ack":
      return { ...common, kind: "acknowledgement" };
    case "exception":
      return { ...common, kind: "error", problem: problemOf(data) };
    default: {
      // Masters tell their workers what to do, workers tell what they did.
      const kind = sender === "ROUTER" || type === "client_ready" ? "signal" : "event";
      return { ...common, kind };
    }
  }
}

function problemOf(data: unknown): string {
  const text = isJsonObject(data) ? data["msg"] : data;
  return typeof text === "string" && text !== "" ? text : "A worker tells of an exception.";
}
