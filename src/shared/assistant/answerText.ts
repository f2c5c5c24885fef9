/** Longest answer of a tool, in characters. */
export const MAX_ANSWER_CHARS = 200_000;

/** One part of an answer; those that are null, empty or undefined are left out. */
export type Answer = Readonly<Record<string, unknown>>;

/**
 * An answer as JSON, a line for each of its parts and for each entry of a list, so that people can read it too. What is null,
 * empty or undefined is left out at any depth, but for values of payloads, which stand in `Exactly`. Cut, and said so, above
 * MAX_ANSWER_CHARS.
 */
export function answerText(answer: Answer): string {
  const parts = Object.entries(answer).flatMap(([name, value]) => {
    const kept = withoutEmpty(value);
    if (kept === undefined) return [];
    return [`${JSON.stringify(name)}: ${Array.isArray(kept) ? listText(kept) : JSON.stringify(kept)}`];
  });
  const text = `{\n${parts.join(",\n")}\n}`;
  if (text.length <= MAX_ANSWER_CHARS) return text;
  return `${text.slice(0, MAX_ANSWER_CHARS)}\n[truncated: the answer has ${text.length} characters. Ask for less.]`;
}

/** A value that stands in an answer as it is, with whatever is empty in it. */
export class Exactly {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }

  toJSON(): unknown {
    return this.value ?? null;
  }
}

function listText(list: readonly unknown[]): string {
  return `[\n${list.map((one) => `  ${JSON.stringify(one)}`).join(",\n")}\n]`;
}

function withoutEmpty(value: unknown): unknown {
  if (value === null || value === undefined || value === "" || value instanceof Exactly) {
    return value instanceof Exactly ? value : undefined;
  }
  if (Array.isArray(value)) {
    const list = value.map(withoutEmpty).filter((one) => one !== undefined);
    return list.length === 0 ? undefined : list;
  }
  if (typeof value !== "object") return value;
  const fields = Object.entries(value).flatMap(([name, one]) => {
    const kept = withoutEmpty(one);
    return kept === undefined ? [] : [[name, kept] as const];
  });
  return fields.length === 0 ? undefined : Object.fromEntries(fields);
}
