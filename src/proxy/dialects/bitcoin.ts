import { toHex } from "../decode/jsonText.ts";
import { utf8Text } from "../decode/text.ts";
import type { Dialect, DialectMessage, SaidOrProblem } from "./dialect.ts";
import { said } from "./said.ts";

const HASH_BYTES = 32;
const COUNTER_BYTES = 4;
const LABEL_AT = HASH_BYTES;
const MEMPOOL_SEQUENCE_BYTES = 8;
/** An empty transaction, and a block's header with its count of transactions. */
const MIN_TX_BYTES = 10;
const MIN_BLOCK_BYTES = 81;

const LABELS: Readonly<Record<string, string>> = {
  C: "block connected",
  D: "block disconnected",
  A: "transaction added to mempool",
  R: "transaction removed from mempool",
};
const WITH_MEMPOOL_SEQUENCE = new Set(["A", "R"]);
const ONLY_READ = "Bitcoin's notifications can only be read: nobody asks for them.";

/** Whether a body can be of its topic. */
const BODIES: ReadonlyMap<string, (body: Uint8Array) => boolean> = new Map([
  ["hashblock", (body) => body.length === HASH_BYTES],
  ["hashtx", (body) => body.length === HASH_BYTES],
  ["rawblock", (body) => body.length >= MIN_BLOCK_BYTES],
  ["rawtx", (body) => body.length >= MIN_TX_BYTES],
  ["sequence", isSequence],
]);

/** Notifications of Bitcoin Core: https://github.com/bitcoin/bitcoin/blob/master/doc/zmq.md */
export const bitcoin: Dialect = {
  name: "bitcoin",
  title: "Bitcoin notifications",
  meaning:
    "What Bitcoin Core publishes: a topic (hashblock, hashtx, rawblock, rawtx, sequence), the body, and a counter of 32 bits that tells of losses.",
  socket: "PUB",
  takesArgs: false,
  takesKwargs: false,
  fields: [],
  canCall: false,
  confidence(message) {
    return topicOf(message) === undefined ? 0 : 0.99;
  },
  decode(message): SaidOrProblem {
    const topic = topicOf(message);
    const [, body, counter] = message.frames;
    if (topic === undefined) {
      return {
        problem: "This is no Bitcoin notification: a known topic, a body that fits it, and a counter of 4 octets.",
      };
    }
    const count = viewOf(counter!).getUint32(0, true);
    const value = topic.startsWith("hash") ? toHex(body!) : topic === "sequence" ? sequenceOf(body!) : body;
    return said({ kind: "event", method: topic, value, facts: [{ label: "counter", value: String(count) }] });
  },
  encode: () => ({ problem: ONLY_READ }),
  renew: (frames) => ({ frames }),
  answer: () => ({ problem: ONLY_READ }),
};

function topicOf({ frames, sender, receiver }: DialectMessage): string | undefined {
  const [first, body, counter] = frames;
  if (frames.length !== 3 || counter?.length !== COUNTER_BYTES) return undefined;
  // Publications, and what is recorded of one without its sockets.
  if (![null, "PUB", "XPUB"].includes(sender) || ![null, "SUB", "XSUB"].includes(receiver)) return undefined;
  const topic = first!.length > 20 ? undefined : utf8Text(first!);
  return topic !== undefined && BODIES.get(topic)?.(body!) === true ? topic : undefined;
}

function isSequence(body: Uint8Array): boolean {
  const label = labelOf(body);
  if (label === undefined || LABELS[label] === undefined) return false;
  return body.length === HASH_BYTES + 1 + (WITH_MEMPOOL_SEQUENCE.has(label) ? MEMPOOL_SEQUENCE_BYTES : 0);
}

function sequenceOf(body: Uint8Array): Readonly<Record<string, unknown>> {
  const label = labelOf(body)!;
  const said = { hash: toHex(body, HASH_BYTES), label, meaning: LABELS[label]! };
  if (!WITH_MEMPOOL_SEQUENCE.has(label)) return said;
  const sequence = viewOf(body).getBigUint64(LABEL_AT + 1, true);
  return { ...said, mempoolSequence: sequence <= 2n ** 53n ? Number(sequence) : sequence };
}

function labelOf(body: Uint8Array): string | undefined {
  return body.length > LABEL_AT ? String.fromCharCode(body[LABEL_AT]!) : undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
