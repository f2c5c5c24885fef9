import type { DialectCall, DialectField, Said } from "../../shared/dialects.ts";
import { cutText } from "../decode/jsonText.ts";
import { utf8Text } from "../decode/text.ts";
import type { DialectMessage, SaidOrProblem } from "./dialect.ts";
import { payloadOf } from "./envelope.ts";
import { MAX_MESSAGE_BYTES, MAX_PROBLEM_CHARS } from "./limits.ts";

const NOTHING: Omit<Said, "kind"> = {
  method: "",
  args: null,
  kwargs: null,
  problem: null,
  code: null,
  id: null,
  facts: [],
};
const ONE_WAY_SENDERS: ReadonlySet<string | null> = new Set(["PUB", "XPUB", "PUSH"]);
const ONE_WAY_RECEIVERS: ReadonlySet<string | null> = new Set(["SUB", "XSUB", "PULL"]);

/** A message that says this and no more. */
export function say(said: Partial<Said> & Pick<Said, "kind">): SaidOrProblem {
  return { said: { ...NOTHING, ...said } };
}

/** An error that says `problem`, in whatever form the sender has it; `otherwise` where it has none. */
export function sayError(problem: unknown, otherwise: string, said: Partial<Said> = {}): SaidOrProblem {
  const text = typeof problem === "string" && problem.trim() !== "" ? problem.trim() : otherwise;
  return say({ ...said, kind: "error", problem: cutText(text, MAX_PROBLEM_CHARS) });
}

/** The payload of a message that has but one frame besides its envelope; undefined for others and for very large ones. */
export function onlyPayload({ frames }: DialectMessage): Uint8Array | undefined {
  const payload = payloadOf(frames);
  return payload.length === 1 && payload[0]!.length <= MAX_MESSAGE_BYTES ? payload[0] : undefined;
}

/** Whether no answer can come back on the link. */
export function isOneWay({ sender, receiver }: DialectMessage): boolean {
  return ONE_WAY_SENDERS.has(sender) || ONE_WAY_RECEIVERS.has(receiver);
}

/** Whether a frame is these letters and no more. */
export function isWord(frame: Uint8Array, word: string): boolean {
  return frame.length === word.length && utf8Text(frame) === word;
}

/** What a call chose in a field of kind `choice`, the first where it says nothing; undefined for what is no choice. */
export function chosenIn({ name, choices = [] }: DialectField, { fields }: DialectCall): string | undefined {
  const chosen = fields[name] ?? choices[0];
  return choices.find((choice) => choice === chosen);
}

/** In a sentence why a choice is none. */
export function noChoice({ label, choices = [] }: DialectField): { readonly problem: string } {
  return { problem: `${label} must be one of ${choices.join(", ")}.` };
}
