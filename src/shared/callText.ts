import type { CallOutcome, RepeatOutcome } from "./calls.ts";
import { t } from "./l10n.ts";
import { decimalNumber, wholeNumber } from "./numbers.ts";

/** What became of a call, in a few words without a full stop, for lists and status lines. */
export function outcomeWords({ kind, reply, timeoutMs, attempts }: CallOutcome): string {
  const came = (words: string): string => {
    const after = reply === null ? words : t("{0} after {1}", words, durationText(reply.latencyMs));
    return attempts > 1 ? `${after}, ${t("attempt {0}", attempts)}` : after;
  };
  switch (kind) {
    case "ok":
      return came(reply?.said?.kind === "acknowledgement" ? t("acknowledged") : t("answered"));
    case "error":
      return came(reply?.said == null ? t("unreadable answer") : t("error"));
    case "sent":
      return t("sent");
    case "timeout": {
      const words = t("no answer within {0}", durationText(timeoutMs));
      return attempts > 1 ? `${words}, ${t("{0} times", attempts)}` : words;
    }
    case "cancelled":
      return t("cancelled");
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
      return `${sentence} ${t("That says only that the call has arrived: what comes of it comes on another link, if at all.")}`;
    case "error": {
      const code = reply?.said?.code ?? null;
      const problem = reply?.said?.problem ?? reply?.problem ?? t("The answer says no more.");
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
      : [
          t(
            late.length === 1
              ? "{0} late reply to an attempt that was given up"
              : "{0} late replies to attempts that were given up",
            late.length,
          ),
        ]),
    ...(other === 0
      ? []
      : [
          t(
            other === 1 ? "{0} message that answered something else" : "{0} messages that answered something else",
            other,
          ),
        ]),
  ];
  return parts.length === 0 ? "" : t("Meanwhile came {0}.", parts.join(t(" and ")));
}

/** What became of a repeated call, in a sentence. */
export function repeatSentence({ done, counts, latencyMs, tookMs, problem }: RepeatOutcome): string {
  const parts = [
    ...(counts.ok === 0 ? [] : [t("{0} answered", counts.ok)]),
    ...(counts.error === 0 ? [] : [t("{0} errors", counts.error)]),
    ...(counts.sent === 0 ? [] : [t("{0} sent", counts.sent)]),
    ...(counts.timeout === 0 ? [] : [t("{0} not answered in time", counts.timeout)]),
    ...(counts.cancelled === 0 ? [] : [t("{0} cancelled", counts.cancelled)]),
  ];
  const calls = t(done === 1 ? "{0} call in {1}" : "{0} calls in {1}", wholeNumber(done), durationText(tookMs));
  const rate = tookMs > 0 ? ` (${t("{0} a second", formatRate((done * 1000) / tookMs))})` : "";
  const sentences = [`${calls}${rate}: ${parts.join(", ")}.`];
  if (latencyMs !== null) {
    const { median, p99, max } = latencyMs;
    const spread = [median, p99, max].map(durationText) as [string, string, string];
    sentences.push(t("Latency: median {0}, 99 % {1}, longest {2}.", spread[0], spread[1], spread[2]));
  }
  if (problem !== null) sentences.push(problem);
  return sentences.join(" ");
}

/** `12.3 ms`, `1.2 s`. */
export function durationText(ms: number): string {
  if (ms >= 1000) return `${trimmed(ms / 1000, ms < 10_000 ? 2 : 1)} s`;
  return `${trimmed(ms, ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
}

/** At most so many digits behind the point, and no zeros at the end. */
function trimmed(value: number, digits: number): string {
  const [, behind = ""] = String(Number(value.toFixed(digits))).split(".");
  return decimalNumber(value, behind.length);
}

function formatRate(rate: number): string {
  return rate >= 10 ? String(Math.round(rate)) : trimmed(rate, 1);
}
