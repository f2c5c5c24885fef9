import type { CallOutcome } from "../calls.ts";
import { durationText, othersSentence, outcomeSentence, outcomeWords } from "../callText.ts";
import { replyOf, type RunResult } from "./runCall.ts";

/** What of a reply is shown: characters. */
const MAX_REPLY_CHARACTERS = 256 * 1024;
const MAX_SHOWN = 200;
const MARKS = { passed: "✓", failed: "✗", timeout: "✗", broken: "✗", cancelled: "–" } as const;
const SUMMARY_WORDS = {
  failed: "different",
  timeout: "without a reply",
  broken: "not sent",
  cancelled: "cancelled",
} as const;

/** A call in one line: whether all was as expected, its name and latency. */
export function resultLine({ name, status, outcome }: RunResult): string {
  const latency = outcome?.reply == null ? "" : `  ${durationText(outcome.reply.latencyMs)}`;
  return `${MARKS[status]} ${name}${latency}`;
}

/** What was not as expected, a line for each place. */
export function differenceLines({ checks, problem, status }: RunResult): readonly string[] {
  if (problem !== null) return [problem];
  if (status === "cancelled") return ["It was cancelled."];
  return checks
    .filter(({ isMet }) => !isMet)
    .flatMap(({ text, differs }) => [`expected ${text}`, ...differs.map((line) => `  ${line}`)]);
}

/** How many were as expected, in a sentence. */
export function resultSummary(results: readonly RunResult[]): string {
  const count = (status: RunResult["status"]): number => results.filter((one) => one.status === status).length;
  const parts = (["failed", "timeout", "broken", "cancelled"] as const)
    .filter((status) => count(status) > 0)
    .map((status) => `, ${count(status)} ${SUMMARY_WORDS[status]}`);
  const calls = results.length === 1 ? "1 call" : `${results.length} calls`;
  return `${count("passed")} of ${calls} as expected${parts.join("")}.`;
}

/** A call that was sent from a file: where it went, and what came of it; `null` while that is not known. */
export type ShownResult = { readonly name: string; readonly place: string; readonly result: RunResult | null };

/** What calls came to, to be read beside their file, and the line on which each begins, counted from 0. */
export function resultDocument(shown: readonly ShownResult[]): {
  readonly text: string;
  readonly starts: readonly number[];
} {
  const lines: string[] = [];
  const starts: number[] = [];
  for (const one of shown) {
    if (lines.length > 0) lines.push("", "");
    starts.push(lines.length);
    lines.push(...resultLines(one));
  }
  return { text: `${lines.join("\n")}\n`, starts };
}

function resultLines({ name, place, result }: ShownResult): readonly string[] {
  if (result === null) return [`… ${name}`, `  ${place}`];
  const { outcome, status, checks, problem, saved } = result;
  const lines = [`${MARKS[status]} ${name}${outcome === null ? "" : ` · ${outcomeWords(outcome)}`}`, `  ${place}`];
  if (problem !== null) lines.push(`  Not sent. ${problem}`);
  if (outcome !== null && (outcome.kind === "error" || outcome.kind === "timeout")) {
    lines.push(`  ${outcomeSentence(outcome)}`);
  }
  const others = outcome === null ? "" : othersSentence(outcome);
  if (others !== "") lines.push(`  ${others}`);
  if (checks.length > 0 || saved.size > 0) lines.push("");
  for (const { text, isMet, differs } of checks) {
    lines.push(`  ${isMet ? "✓" : "✗"} ${cut(text)}`, ...differs.map((line) => `      ${line}`));
  }
  for (const [variable, value] of saved) lines.push(`  ✓ ${variable} = ${cut(JSON.stringify(value))}`);
  if (outcome?.reply != null) lines.push("", ...replyLines(outcome));
  return lines;
}

function replyLines(outcome: CallOutcome): readonly string[] {
  const { value } = replyOf(outcome);
  if (value === undefined) return ["  The reply brings nothing."];
  const text = JSON.stringify(value, null, 2);
  if (text.length <= MAX_REPLY_CHARACTERS) return text.split("\n");
  return [...text.slice(0, MAX_REPLY_CHARACTERS).split("\n"), "", "  The rest is left out."];
}

function cut(text: string): string {
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
