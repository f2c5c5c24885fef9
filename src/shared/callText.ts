import type { CallOutcome, RepeatOutcome } from "./calls.ts";

/** What became of a call, in a few words without a full stop, for lists and status lines. */
export function outcomeWords({ kind, reply, timeoutMs, attempts }: CallOutcome): string {
  const after = reply === null ? "" : ` after ${durationText(reply.latencyMs)}`;
  const tries = attempts > 1 ? `, attempt ${attempts}` : "";
  switch (kind) {
    case "ok":
      return `${reply?.said?.kind === "acknowledgement" ? "acknowledged" : "answered"}${after}${tries}`;
    case "error":
      return `${reply?.said == null ? "unreadable answer" : "error"}${after}${tries}`;
    case "sent":
      return "sent";
    case "timeout":
      return `no answer within ${durationText(timeoutMs)}${attempts > 1 ? `, ${attempts} times` : ""}`;
    case "cancelled":
      return "cancelled";
  }
}

/** The same as a sentence or two that say all that is known. */
export function outcomeSentence(outcome: CallOutcome): string {
  const { kind, reply, hint } = outcome;
  const words = outcomeWords(outcome);
  const sentence = `${words.slice(0, 1).toUpperCase()}${words.slice(1)}.`;
  switch (kind) {
    case "ok":
      if (reply?.said?.kind !== "acknowledgement") return sentence;
      return `${sentence} That says only that the call has arrived: what comes of it comes on another link, if at all.`;
    case "error": {
      const code = reply?.said?.code ?? null;
      const problem = reply?.said?.problem ?? reply?.problem ?? "The answer says no more.";
      return `${sentence} ${code === null ? "" : `${code}: `}${/[.!?]$/.test(problem) ? problem : `${problem}.`}`;
    }
    case "timeout":
      return hint === null ? sentence : `${sentence} ${hint}`;
    case "sent":
    case "cancelled":
      return sentence;
  }
}

/** Late and other messages in a sentence; empty when there were none. */
export function othersSentence({ others, moreOthers }: CallOutcome): string {
  const late = others.filter(({ kind }) => kind === "late");
  const other = others.length - late.length + moreOthers;
  const parts = [
    ...(late.length === 0
      ? []
      : [`${count(late.length, "late reply", "late replies")} to attempts that were given up`]),
    ...(other === 0 ? [] : [`${count(other, "message", "messages")} that answered something else`]),
  ];
  return parts.length === 0 ? "" : `Meanwhile came ${parts.join(" and ")}.`;
}

/** What became of a repeated call, in a sentence. */
export function repeatSentence({ done, counts, latencyMs, tookMs, problem }: RepeatOutcome): string {
  const parts = [
    [counts.ok, "answered"],
    [counts.error, "errors"],
    [counts.sent, "sent"],
    [counts.timeout, "not answered in time"],
    [counts.cancelled, "cancelled"],
  ].filter(([number]) => number !== 0);
  const rate = tookMs > 0 ? ` (${formatRate((done * 1000) / tookMs)} a second)` : "";
  const latency =
    latencyMs === null
      ? ""
      : ` Latency: median ${durationText(latencyMs.median)}, 99 % ${durationText(latencyMs.p99)}, longest ${durationText(latencyMs.max)}.`;
  const how = parts.map(([number, word]) => `${number} ${word}`).join(", ");
  return `${count(done, "call", "calls")} in ${durationText(tookMs)}${rate}: ${how}.${latency}${problem === null ? "" : ` ${problem}`}`;
}

/** `12.3 ms`, `1.2 s`. */
export function durationText(ms: number): string {
  if (ms >= 1000) return `${trim((ms / 1000).toFixed(ms < 10_000 ? 2 : 1))} s`;
  return `${trim(ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0))} ms`;
}

/** Without zeros at the end. */
function trim(number: string): string {
  return String(Number(number));
}

function formatRate(rate: number): string {
  return rate >= 10 ? String(Math.round(rate)) : trim(rate.toFixed(1));
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
