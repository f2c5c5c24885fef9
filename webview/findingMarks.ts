import type { FindingId, RowFinding, Severity } from "../src/shared/findings.ts";
import { t } from "../src/shared/l10n.ts";

/** Icons of VS Code for what was found, with the word that says the same. */
export const SEVERITY_ICONS: Readonly<Record<Severity, { readonly icon: string; readonly word: string }>> = {
  note: { icon: "info", word: t("Note") },
  warning: { icon: "warning", word: t("Warning") },
  error: { icon: "error", word: t("Error") },
};

/** What a kind of finding is called. */
export type TitleOf = (id: FindingId) => string;

/** Its id in words, as long as its title is not loaded. */
export const plainTitle: TitleOf = (id) => id.replaceAll("-", " ");

/** What the mark of a row says: `Warning: A request has no reply`. */
export function findingWords({ ids, severity }: RowFinding, titleOf: TitleOf): string {
  return `${SEVERITY_ICONS[severity].word}: ${ids.map(titleOf).join("; ")}`;
}
