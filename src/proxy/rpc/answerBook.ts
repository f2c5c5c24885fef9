import type { DialectName, Said } from "../../shared/dialects.ts";
import type { Answer, Dialect, DialectKey, DialectMessage, DialectTools } from "../dialects/dialect.ts";
import { said } from "../dialects/said.ts";
import { callKey } from "./callKey.ts";
import { ANY_METHOD, type FixedReplies } from "./fixedReplies.ts";
import { asReply, envelopeSize } from "./wireEnvelope.ts";

/** What is answered to a call: a value or error for the dialect to write, or a recorded reply. */
export type Found = {
  readonly how: "answered" | "byDefault";
  readonly answer: Answer | null;
  /** The recorded reply's frames behind its envelope; `null` where there is only an answer to be written. */
  readonly frames: readonly Uint8Array[] | null;
  /** Id of the recorded call, which its reply repeats. */
  readonly callId: string | null;
};

/** Where answers are looked up. */
export type AnswerBook = {
  /** Exchanges or methods. */
  readonly known: number;
  /** Exchanges that were left out, being too many or too large. */
  readonly leftOut: number;
  /** `said` is `null` for what the dialect cannot read. */
  find(dialect: DialectName, call: DialectMessage, said: Said | null): Found | null;
};

/** Answers of a file of fixed replies, those of a method in turn. */
export class FixedBook implements AnswerBook {
  readonly leftOut = 0;
  readonly #replies: FixedReplies;
  readonly #turns = new Map<string, number>();

  constructor(replies: FixedReplies) {
    this.#replies = replies;
  }

  get known(): number {
    return this.#replies.size;
  }

  find(_dialect: DialectName, call: DialectMessage, said: Said | null): Found | null {
    const method = methodOf(call, said);
    const name = this.#replies.has(method) ? method : ANY_METHOD;
    const answers = this.#replies.get(name);
    if (answers === undefined) return null;
    const turn = this.#turns.get(name) ?? 0;
    this.#turns.set(name, (turn + 1) % answers.length);
    return { how: name === method ? "answered" : "byDefault", answer: answers[turn]!, frames: null, callId: null };
  }
}

/** What a call names; of frames that say nothing to any dialect the first one as text, which raw frames call the method. */
export function methodOf({ frames }: DialectMessage, said: Said | null): string {
  if (said !== null && said.method !== "") return said.method;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(frames[envelopeSize(frames)]);
  } catch {
    return ""; // It is no text.
  }
}

type Recorded = Omit<Found, "how">;
type Recordings = { readonly replies: Recorded[]; turn: number };

/** Exchanges and octets that a recording holds. */
const MAX_EXCHANGES = 50_000;
const MAX_RECORDED_BYTES = 64 * 1024 * 1024;

/** Recorded replies by what the call said; where the same call occurs several times they are given in turn, and again from the first. */
export class RecordedBook implements AnswerBook {
  known = 0;
  leftOut = 0;
  #bytes = 0;
  readonly #byCall = new Map<string, Recordings>();
  /** The first reply of each method, for other arguments. */
  readonly #byMethod = new Map<string, Recorded>();

  /** Frames are as on the wire, and kept. */
  add(
    dialect: Dialect,
    call: DialectMessage,
    reply: readonly Uint8Array[],
    signedWith: DialectKey,
    tools: DialectTools,
  ): void {
    const bytes = reply.reduce((sum, frame) => sum + frame.length, 0);
    if (this.known >= MAX_EXCHANGES || this.#bytes + bytes > MAX_RECORDED_BYTES) {
      this.leftOut++;
      return;
    }
    this.known++;
    this.#bytes += bytes;
    const said = readSaid(dialect, call, signedWith, tools);
    const recorded = {
      answer: answerOf(readSaid(dialect, asReply(reply), signedWith, tools)),
      frames: reply.slice(envelopeSize(reply)),
      callId: said?.id ?? null,
    };
    const key = keyOf(dialect.name, call, said);
    const known = this.#byCall.get(key);
    if (known === undefined) this.#byCall.set(key, { replies: [recorded], turn: 0 });
    else known.replies.push(recorded);
    const method = `${dialect.name} ${said?.method ?? ""}`;
    if (said !== null && said.method !== "" && !this.#byMethod.has(method)) this.#byMethod.set(method, recorded);
  }

  /** Counts an exchange that was too large to be read. */
  leaveOut(): void {
    this.leftOut++;
  }

  find(dialect: DialectName, call: DialectMessage, said: Said | null): Found | null {
    const recordings = this.#byCall.get(keyOf(dialect, call, said));
    if (recordings !== undefined) {
      const { replies, turn } = recordings;
      recordings.turn = (turn + 1) % replies.length;
      return { how: "answered", ...replies[turn]! };
    }
    const byMethod = this.#byMethod.get(`${dialect} ${said?.method ?? ""}`);
    return byMethod === undefined ? null : { how: "byDefault", ...byMethod };
  }
}

/** What a message says, or `null` where the dialect cannot read it. */
export function readSaid(dialect: Dialect, message: DialectMessage, key: DialectKey, tools: DialectTools): Said | null {
  const read = dialect.decode(message, key, tools);
  return "said" in read ? read.said : null;
}

function keyOf(dialect: DialectName, { frames }: DialectMessage, call: Said | null): string {
  if (call !== null && dialect !== "raw") return callKey(dialect, call);
  return callKey("raw", said({ kind: "call", value: frames.slice(envelopeSize(frames)) }).said);
}

function answerOf(said: Said | null): Answer | null {
  if (said === null) return null;
  return said.kind === "error"
    ? { kind: "error", problem: said.problem ?? said.code ?? "error" }
    : { kind: "value", value: said.value ?? null };
}
