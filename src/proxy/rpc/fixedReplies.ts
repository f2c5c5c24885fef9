import type { Answer } from "../dialects/dialect.ts";

/** Answers by method, each list used in turn; `*` stands for any other method. */
export type FixedReplies = ReadonlyMap<string, readonly Answer[]>;

export const ANY_METHOD = "*";
/** Octets of a file of fixed replies. */
export const MAX_REPLIES_BYTES = 16 * 1024 * 1024;
const MAX_METHODS = 10_000;
const EXAMPLE = '{"add": {"value": 4}, "divide": {"error": "division by zero"}, "next": {"values": [1, 2]}}';

/**
 * Reads a JSON object of method to `{"value": …}`, `{"values": [… in turn]}` or `{"error": "…"}`. What is wrong comes out
 * as the end of a sentence that begins with the file.
 */
export function readFixedReplies(text: string): FixedReplies | { readonly problem: string } {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    return { problem: `is no JSON: ${error instanceof Error ? error.message : String(error)}. Write ${EXAMPLE}.` };
  }
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return { problem: `is no JSON object of methods. Write for example ${EXAMPLE}.` };
  const entries = Object.entries(given);
  if (entries.length > MAX_METHODS) return { problem: `has more than ${MAX_METHODS} methods. Leave some out.` };
  const replies = new Map<string, readonly Answer[]>();
  for (const [method, entry] of entries) {
    const answers = readEntry(entry);
    if (answers === null)
      return {
        problem: `has no {"value": …}, {"values": [ … ]} or {"error": "…"} for "${method.slice(0, 80)}". Write for example ${EXAMPLE}.`,
      };
    replies.set(method, answers);
  }
  return replies;
}

function readEntry(entry: unknown): readonly Answer[] | null {
  if (typeof entry !== "object" || entry === null || Object.keys(entry).length !== 1) return null;
  if ("value" in entry) return [{ kind: "value", value: entry.value }];
  if ("error" in entry) return typeof entry.error === "string" ? [{ kind: "error", problem: entry.error }] : null;
  if (!("values" in entry) || !Array.isArray(entry.values) || entry.values.length === 0) return null;
  return (entry.values as readonly unknown[]).map((value) => ({ kind: "value", value }));
}
