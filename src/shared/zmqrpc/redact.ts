import type { RunResult } from "./runCall.ts";

/** Shorter texts are no secrets, and would be found everywhere. */
const MIN_CHARACTERS = 4;
const MASK = "***";

/** A text without those secrets. */
export function redactText(text: string, secrets: Iterable<string>): string {
  let redacted = text;
  // The longest first, since one may be a part of another.
  for (const secret of [...secrets].sort((one, other) => other.length - one.length)) {
    if (secret.length < MIN_CHARACTERS) continue;
    redacted = redacted.replaceAll(secret, MASK);
    // Values are shown as JSON, where some characters are written otherwise.
    redacted = redacted.replaceAll(JSON.stringify(secret).slice(1, -1), MASK);
  }
  return redacted;
}

/** A result whose words hold none of those secrets. The reply is left as it came. */
export function redactResult(result: RunResult, secrets: ReadonlySet<string>): RunResult {
  if (secrets.size === 0) return result;
  const clean = (text: string): string => redactText(text, secrets);
  const { checks, problem } = result;
  return {
    ...result,
    problem: problem === null ? null : clean(problem),
    checks: checks.map(({ text, isMet, differs }) => ({ text: clean(text), isMet, differs: differs.map(clean) })),
  };
}
