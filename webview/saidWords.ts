import type { SaidKind } from "../src/shared/dialects.ts";
import type { Row } from "../src/shared/model.ts";
import { statusText } from "./columns.ts";
import { exchangeSentence } from "./messageWords.ts";
import { t } from "../src/shared/l10n.ts";

export const KIND_WORDS: Readonly<Record<SaidKind, string>> = {
  call: t("Call"),
  reply: t("Reply"),
  error: t("Error"),
  signal: t("Signal"),
  event: "Event",
  acknowledgement: t("Acknowledgement: it arrived, and no more"),
  heartbeat: t("Heartbeat"),
};

/** How a call stands, or what a reply says; empty where nothing is to be said, or the exchange says it. */
export function statusSentence(row: Row): string {
  if (row.problem !== "") return row.problem;
  if (row.status === "acknowledged") return t("Acknowledged: it arrived. Whether it went well is not told.");
  if (row.status === "pending" && row.exchange === "answered") return t("Acknowledged, and waiting for its signal.");
  const isSaid = row.status === "none" || row.status === "ok" || exchangeSentence(row) !== "";
  return isSaid && !row.isLate && !row.isDuplicate ? "" : statusText(row).text;
}
