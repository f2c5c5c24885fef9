import type { DialectInfo } from "../shared/dialects.ts";

/** The dialects for a terminal, ending in a line end. */
export function dialectsText(infos: readonly DialectInfo[]): string {
  return infos.map(paragraph).join("\n");
}

function paragraph({ name, title, meaning, socket, takesArgs, takesKwargs, fields, canCall }: DialectInfo): string {
  const takes = [takesArgs ? "arguments" : "", takesKwargs ? "--kwargs" : ""].filter((part) => part !== "").join(", ");
  const calls = canCall ? `Calls: ${socket}, ${takes === "" ? "no arguments" : takes}.` : "Only read.";
  const width = Math.max(0, ...fields.map((field) => field.name.length));
  return [
    name === title ? name : `${name} (${title})`,
    `  ${meaning} ${calls}`,
    ...fields.map(({ name: field, kind, choices = [], hint }) => {
      const what = kind === "choice" ? choices.join("|") : kind;
      const option = kind === "secret" ? "--field-file" : "--field";
      return `  ${option} ${field.padEnd(width)}  ${what}: ${hint}`;
    }),
    "",
  ].join("\n");
}
