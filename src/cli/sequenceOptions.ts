import { parseSequence, type Sequence } from "../shared/sequences.ts";

/** Reads the values of --sequence. A text says what is wrong. */
export function readSequenceOptions(texts: readonly string[]): readonly Sequence[] | string {
  const sequences: Sequence[] = [];
  for (const text of texts) {
    const sequence = parseSequence(text);
    if (typeof sequence === "string") return `--sequence cannot be used: ${sequence}`;
    sequences.push(sequence);
  }
  return sequences;
}
