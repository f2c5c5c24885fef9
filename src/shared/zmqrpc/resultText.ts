import type { CallOutcome } from "../calls.ts";
import { replyOf, type RunResult, whatCame } from "./runCall.ts";

/** What of a reply is shown: characters. */
const MAX_REPLY_CHARACTERS = 256 * 1024;
const MARKS = { passed: "✓", failed: "✗", timeout: "✗", broken: "✗", cancelled: "–" } as const;

/** A call in one line: whether all was as expected, its name and latency. */
export function resultLine({ name, status, outcome }: RunResult): string {
  return `${MARKS[status]} ${name}${latencyText(outcome)}`;
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
  const parts = [
    `${count("passed")} of ${results.length} ${results.length === 1 ? "call" : "calls"} as expected`,
    ...(["failed", "timeout", "broken", "cancelled"] as const).flatMap((status) => {
      const some = count(status);
      return some === 0 ? [] : [`${some} ${SUMMARY_WORDS[status]}`];
    }),
  ];
  return `${parts.join(", ")}.`;
}

const SUMMARY_WORDS = {
  failed: "different",
  timeout: "without a reply",
  broken: "not sent",
  cancelled: "cancelled",
} as const;

/** What one call came to, to be read beside its file. `heading` says where it went. */
export function resultDocument(result: RunResult, heading: string): string {
  const { outcome, checks, problem } = result;
  const lines = [`# ${result.name}`, `# ${heading}`, ""];
  if (problem !== null) lines.push(`✗ Not sent. ${problem}`);
  if (outcome !== null) {
    lines.push(`${MARKS[result.status]} ${outcome.kind}${latencyText(outcome)}${extraText(outcome)}`);
    if (outcome.kind === "timeout" || outcome.kind === "error") lines.push(`  ${whatCame(outcome)}`);
  }
  if (checks.length > 0) lines.push("", "# Expectations");
  for (const { text, isMet, differs } of checks) {
    lines.push(`${isMet ? "✓" : "✗"} ${text}`, ...differs.map((line) => `    ${line}`));
  }
  for (const [name, value] of result.saved) lines.push(`✓ saved ${name} = ${cut(JSON.stringify(value), 200)}`);
  if (outcome?.reply !== undefined && outcome.reply !== null) lines.push("", "# Reply", ...replyLines(outcome));
  const others = outcome?.others ?? [];
  if (others.length > 0) lines.push("", "# Other messages");
  for (const other of others) {
    const text = other.said?.json ?? other.said?.problem ?? other.problem ?? `${other.frames.length} frames`;
    lines.push(`${other.kind} after ${milliseconds(other.latencyMs)}: ${cut(text, 200)}`);
  }
  return `${lines.join("\n")}\n`;
}

function replyLines(outcome: CallOutcome): readonly string[] {
  const { value } = replyOf(outcome);
  if (value === undefined) return ["(nothing)"];
  const text = JSON.stringify(value, null, 2);
  if (text.length <= MAX_REPLY_CHARACTERS) return text.split("\n");
  return [...text.slice(0, MAX_REPLY_CHARACTERS).split("\n"), "# The rest is left out."];
}

function extraText({ attempts, reply }: CallOutcome): string {
  const kind = reply?.said?.kind === "acknowledgement" ? ", only an acknowledgement" : "";
  return `${kind}${attempts > 1 ? `, attempt ${attempts}` : ""}`;
}

function latencyText(outcome: CallOutcome | null): string {
  return outcome?.reply === null || outcome === null ? "" : ` ${milliseconds(outcome.reply.latencyMs)}`;
}

function milliseconds(ms: number): string {
  return `${ms < 100 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters)}…`;
}
