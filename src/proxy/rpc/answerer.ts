import type { Said } from "../../shared/dialects.ts";
import type { Answer, Dialect, DialectKey, DialectMessage, DialectTools } from "../dialects/dialect.ts";
import { detect, dialectNamed } from "../dialects/registry.ts";
import { type AnswerBook, methodOf, readSaid } from "./answerBook.ts";
import { asCall, envelopeSize } from "./wireEnvelope.ts";

/** What became of a call. */
export type Answered = {
  readonly how: "answered" | "byDefault" | "unanswered";
  readonly dialect: string;
  /** What was called, as far as it can be told; at most 80 characters. */
  readonly method: string;
};

export type Reply = Answered & {
  /** All frames as they go on the wire, with the call's own envelope. */
  readonly frames: readonly Uint8Array[];
};

const MAX_METHOD_CHARS = 80;
const encoder = new TextEncoder();
/** What asks for no answer by itself. */
const ONE_WAY: ReadonlySet<Said["kind"]> = new Set(["signal", "event", "acknowledgement", "reply", "error"]);

/** Answers calls as a real server would, from a book. What is in no book gets an error in the dialect's form. */
export class Answerer {
  readonly #book: AnswerBook;
  readonly #dialect: Dialect | null;
  readonly #key: DialectKey;
  readonly #tools: DialectTools;

  /** `dialect` `null`: what each call looks like. Replies are signed with `key`, where the dialect does so. */
  constructor(book: AnswerBook, dialect: Dialect | null, key: DialectKey, tools: DialectTools) {
    this.#book = book;
    this.#dialect = dialect;
    this.#key = key;
    this.#tools = tools;
  }

  /**
   * The reply to a message, whose frames are as on the wire. `null` for one that wants none, unless `isOwed`: a REP cannot
   * go on without one.
   */
  reply(frames: readonly Uint8Array[], isOwed: boolean): Reply | null {
    const call = asCall(frames);
    const dialect = this.#dialect ?? dialectOf(call);
    const said = readSaid(dialect, call, this.#key, this.#tools);
    const found = this.#book.find(dialect.name, call, said);
    const method = methodOf(call, said).slice(0, MAX_METHOD_CHARS);
    if (found !== null) {
      const { answer, frames: recorded } = found;
      // A reply that repeats another id is written anew with the id of this call; all others go as they were recorded.
      const isWritten = answer !== null && (recorded === null || (said?.id ?? null) !== found.callId);
      const payload = (isWritten ? this.#write(dialect, call, answer) : null) ?? recorded;
      if (payload !== null)
        return { how: found.how, dialect: dialect.name, method, frames: withEnvelope(frames, payload) };
      // What the dialect cannot say as its answer is told as an error, as far as it has one.
      const refusal: Answer = { kind: "error", problem: `The reply for ${method} cannot be written.` };
      const told = this.#write(dialect, call, refusal) ?? plain(answer);
      return { how: "unanswered", dialect: dialect.name, method, frames: withEnvelope(frames, told) };
    }
    if (said !== null && (said.kind === "heartbeat" || (ONE_WAY.has(said.kind) && dialect.name !== "raw"))) {
      if (said.kind !== "heartbeat" && !isOwed) return null;
      // A heartbeat that its dialect has no answer for is an echo.
      const payload = this.#write(dialect, call, { kind: "value", value: null }) ?? frames.slice(envelopeSize(frames));
      return { how: "byDefault", dialect: dialect.name, method, frames: withEnvelope(frames, payload) };
    }
    const error: Answer = { kind: "error", problem: `No reply is known for ${method === "" ? "this call" : method}.` };
    const payload = this.#write(dialect, call, error) ?? plain(error);
    return { how: "unanswered", dialect: dialect.name, method, frames: withEnvelope(frames, payload) };
  }

  #write(dialect: Dialect, call: DialectMessage, answer: Answer): readonly Uint8Array[] | null {
    const encoded = dialect.answer(call, answer, this.#key, this.#tools);
    return "frames" in encoded && encoded.frames.length > 0 ? encoded.frames : null;
  }
}

export function dialectOf(call: DialectMessage): Dialect {
  return dialectNamed(detect(call).dialect)!;
}

/** Dialects write what the server's program hands to its socket; some of their own put the empty delimiter there too. */
function withEnvelope(call: readonly Uint8Array[], payload: readonly Uint8Array[]): readonly Uint8Array[] {
  const envelope = call.slice(0, envelopeSize(call));
  const isDoubled = envelope.length > 0 && payload.length > 1 && payload[0]!.length === 0;
  return [...envelope, ...(isDoubled ? payload.slice(1) : payload)];
}

function plain(answer: Answer | null): readonly Uint8Array[] {
  if (answer === null) return [new Uint8Array(0)];
  const value = answer.kind === "error" ? answer.problem : answer.value;
  return [encoder.encode(typeof value === "string" ? value : JSON.stringify(value ?? null))];
}
