import { type CallDocument, ENTRY_INDENT, type Item } from "./document.ts";

const INDENT = " ".repeat(ENTRY_INDENT);

/**
 * The file as it is best written: entries indented by two, one blank line between sections, comments where they were.
 * What could not be read is kept. Printing what was printed changes nothing.
 */
export function printDocument({ strays, sections, tail }: CallDocument): string {
  const parts = sections.map(({ kind, name, above, items }) => {
    const heading = [kind, name].filter(Boolean).join(" ");
    return [...above, heading, ...items.flatMap(printItem)].join("\n");
  });
  if (strays.length > 0) parts.unshift(strays.map(({ text }) => INDENT + text).join("\n"));
  if (tail.length > 0) parts.push(tail.join("\n"));
  return parts.length === 0 ? "" : `${parts.join("\n\n")}\n`;
}

function printItem(item: Item): readonly string[] {
  switch (item.kind) {
    case "blank":
      return [""];
    case "comment":
    case "stray":
      return [INDENT + item.text];
    case "entry": {
      const { key, first, further } = item.entry;
      return [`${INDENT}${key}: ${first}`.trimEnd(), ...further];
    }
  }
}
