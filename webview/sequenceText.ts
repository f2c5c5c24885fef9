import type { Row } from "../src/shared/model.ts";
import { rowLook } from "./columns.ts";
import { formatFullTime } from "./format.ts";
import type { Ends, Lane } from "./sequenceLanes.ts";
import { gapText, isAnswer, isArrow, labelOf, stateOf } from "./sequenceLayout.ts";
import { t } from "../src/shared/l10n.ts";

const LABEL_CHARS = 120;

/** What a row says to those who do not see the diagram. */
export function rowWords(row: Row, client: string, server: string, nowMs: number | null): string {
  const [from, to] = row.from === "server" ? [server, client] : [client, server];
  const { text } = stateOf(row, nowMs);
  const what = row.kind === "event" ? rowLook(row).word : isAnswer(row) ? t("reply") : t("message");
  const found = row.finding === null ? "" : t("has findings, {0}", row.finding.severity);
  const way = isArrow(row) ? t("#{0} {1} from {2} to {3}", row.n, what, from, to) : `#${row.n} ${what}`;
  return [`${way}: ${labelOf(row)}`, text, found].filter((part) => part !== "").join(", ");
}

/** What hovering over a row of a file says. */
export function rowTitle(row: Row): string {
  const { text } = stateOf(row, null);
  return [`#${row.n} ${formatFullTime(row.timeMs)}`, row.preview, text].filter((part) => part !== "").join("\n");
}

/** Rows as the text of a Mermaid sequence diagram. */
export function writeMermaid(rows: readonly Row[], lanes: readonly Lane[], endsOf: (row: Row) => Ends | null): string {
  const names = new Map(lanes.map(({ key }, index) => [key, `p${index + 1}`]));
  const [first = "", last = ""] = [names.get(lanes[0]?.key ?? ""), names.get(lanes.at(-1)?.key ?? "")];
  const busyOf = busyMarks(rows);
  const lines = [
    "sequenceDiagram",
    ...lanes.map(({ key, name, detail }) => {
      const more = detail === "" ? "" : `<br/>${escapeMermaid(detail)}`;
      return `  participant ${names.get(key)!} as ${escapeMermaid(name)}${more}`;
    }),
  ];
  const span = (from: string, to: string): string => (from === to ? from : `${from},${to}`);
  for (const [index, row] of rows.entries()) {
    const gap = gapText(row, rows[index - 1]);
    if (gap !== "" && first !== "") lines.push(`  Note over ${span(first, last)}: ${gap}`);
    const ends = endsOf(row);
    const [client, server] = ends === null ? [] : [names.get(ends.client), names.get(ends.server)];
    const { text } = stateOf(row, null);
    const label = [labelOf(row), text].filter((part) => part !== "").join(" · ");
    if (client === undefined || server === undefined) {
      if (first !== "") lines.push(`  Note over ${span(first, last)}: ${escapeMermaid(label)}`);
      continue;
    }
    if (!isArrow(row)) {
      lines.push(`  Note over ${span(client, server)}: ${escapeMermaid(label)}`);
      continue;
    }
    const [from, to] = row.from === "client" ? [client, server] : [server, client];
    lines.push(`  ${from}${arrowOf(row)}${busyOf(row)}${to}: ${escapeMermaid(label)}`);
  }
  return `${lines.join("\n")}\n`;
}

/** Where a peer begins and ends to be busy: at requests and their replies, if both are there. */
function busyMarks(rows: readonly Row[]): (row: Row) => "+" | "-" | "" {
  const known = new Set(rows.map(({ n }) => n));
  const asked = new Set<number>();
  return ({ n, exchange, partner }) => {
    if (partner === null || !known.has(partner)) return "";
    if (exchange === "answered") {
      asked.add(n);
      return "+";
    }
    // Mermaid refuses an end without a beginning, as of a second reply.
    return exchange === "reply" && asked.delete(partner) ? "-" : "";
  };
}

function arrowOf(row: Row): string {
  if (row.exchange === "lost" || row.exchange === "abandoned") return "-x";
  if (isAnswer(row)) return "-->>";
  if (row.kind === "event") return "--)";
  return row.exchange === "none" ? "-)" : "->>";
}

/** Text as Mermaid shows it and never takes for anything else: all but letters, digits and a few signs become codes. */
export function escapeMermaid(text: string): string {
  const [...letters] = text;
  const cut = letters.length > LABEL_CHARS ? [...letters.slice(0, LABEL_CHARS - 1), "…"] : letters;
  const safe = cut
    .map((letter) => (/[\p{L}\p{N} _.,/()+*=?!~|@$…·→←-]/u.test(letter) ? letter : `#${letter.codePointAt(0)!};`))
    .join("");
  // A word of Mermaid's own.
  const word = safe.replace(/^(\s*)e(nd\s*)$/i, "$1#101;$2");
  return word.trim() === "" ? "#160;" : word;
}
