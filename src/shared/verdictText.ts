import type { Retries, Verdict } from "./model.ts";

const RETRIES: Readonly<Record<NonNullable<Retries>, string>> = {
  yes: "by itself, every 100 to 200 ms",
  no: "no: its program has to connect anew",
  "after-30s": "when its handshake timer has run out (30 s unless ZMQ_HANDSHAKE_IVL says otherwise)",
  "by-chance": "by chance: it depends on which side closes first",
};

/** Whether the client tries again, as the end of "tries again:"; empty when there is nothing to say. */
function retryWords(retries: Retries): string {
  return retries === null ? "" : RETRIES[retries];
}

/** Labelled lines about a verdict, for details and tooltips. */
export function verdictFacts(
  verdict: Pick<Verdict, "sentence" | "advice" | "retries" | "leg">,
): { readonly label: string; readonly value: string }[] {
  const label = verdict.leg === null ? "Verdict" : `Verdict, ${verdict.leg}'s side`;
  return [
    { label, value: verdict.sentence },
    { label: "What to do", value: verdict.advice },
    { label: "Client tries again", value: retryWords(verdict.retries) },
  ].filter(({ value }) => value !== "");
}

/** A verdict in a few words, for a row of a tree: its id is made of them. */
export function verdictWords(verdict: Verdict): string {
  return verdict.id.replaceAll("-", " ").replace("zmtp", "ZMTP");
}
