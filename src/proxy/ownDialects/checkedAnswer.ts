import { SAID_KINDS, type Said } from "../../shared/dialects.ts";
import { MAX_PROBLEM_CHARS } from "../dialects/limits.ts";

const MAX_TEXT_CHARS = 1_000;
const MAX_FACTS = 50;
const MAX_FRAMES = 1_000;
/** What is text, or a number that is shown as one. */
const TEXTS = ["problem", "code", "id"] as const;
const encoder = new TextEncoder();

/** What is wrong with an answer, as the end of a sentence that begins with the module. */
export type Nonsense = { readonly problem: string };

/** What a module's `decode` said of a message; `null` for one that is not its own. Its members may be left out but for `kind`. */
export function checkedSaid(answer: unknown): Said | null | Nonsense {
  if (answer === null || answer === undefined) return null;
  if (typeof answer !== "object" || Array.isArray(answer) || answer instanceof Uint8Array)
    return { problem: "its decode() returned something that is neither null nor an object" };
  const given = answer as Readonly<Record<string, unknown>>;
  const kind = SAID_KINDS.find((known) => known === given["kind"]);
  if (kind === undefined) return { problem: `its decode() returned no "kind" that is one of ${SAID_KINDS.join(", ")}` };
  const { method = "", args = null, kwargs = null, value, facts = [] } = given;
  if (typeof method !== "string") return nonsense("method", "a text");
  if (args !== null && !Array.isArray(args)) return nonsense("args", "a list");
  if (!isRecord(kwargs) && kwargs !== null) return nonsense("kwargs", "an object");
  const bad = TEXTS.find((name) => !isText(given[name]));
  if (bad !== undefined) return nonsense(bad, "a text");
  if (!Array.isArray(facts) || !(facts as readonly unknown[]).every(isFact))
    return nonsense("facts", 'a list of {"label", "value"}');
  const text = (name: (typeof TEXTS)[number], most: number): string | null => {
    const one = given[name];
    return isText(one) ? (one?.toString().slice(0, most) ?? null) : null;
  };
  const problem = text("problem", MAX_PROBLEM_CHARS);
  return {
    kind,
    method: method.slice(0, MAX_TEXT_CHARS),
    args: args as readonly unknown[] | null,
    kwargs,
    value,
    problem: kind === "error" ? (problem ?? "") : null,
    code: text("code", MAX_TEXT_CHARS),
    id: text("id", MAX_TEXT_CHARS),
    facts: (facts as Said["facts"]).slice(0, MAX_FACTS).map(({ label, value: shown }) => ({ label, value: shown })),
  };
}

/** The frames that a module's `encode` made: texts and Uint8Arrays, or one of them. */
export function checkedFrames(answer: unknown): readonly Uint8Array[] | Nonsense {
  const frames: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  const isSound = frames.every((frame) => typeof frame === "string" || frame instanceof Uint8Array);
  if (!isSound || frames.length === 0 || frames.length > MAX_FRAMES)
    return { problem: "its encode() returned no list of frames that are texts or Uint8Arrays" };
  return frames.map((frame) => (typeof frame === "string" ? encoder.encode(frame) : frame));
}

function isText(value: unknown): value is string | number | null | undefined {
  return value === null || ["string", "number", "undefined"].includes(typeof value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);
}

function isFact(fact: unknown): boolean {
  return isRecord(fact) && typeof fact["label"] === "string" && typeof fact["value"] === "string";
}

function nonsense(member: string, what: string): Nonsense {
  return { problem: `its decode() returned a "${member}" that is not ${what}` };
}
