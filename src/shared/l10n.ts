import { PAGE_TEXTS, type Texts } from "./pageTexts.ts";

/**
 * The page of a view brings the texts of its user's language. Nothing brings them to the engine and the command line, which
 * speak English. In the editor's process VS Code has them: the build puts its `t` in place of this one (`vscodeImport`).
 */
const texts = (globalThis as Readonly<Record<string, unknown>>)[PAGE_TEXTS] as Texts | undefined;

/** The language of `t`, as `Intl` takes it. */
export const language: string = texts?.language ?? "en";

/**
 * A message in the language of the user, with `args` in place of `{0}`, `{1}`…; in English where there is no other text. The
 * message is a literal, or a choice of literals, so that test/l10n finds it: `t(n === 1 ? "{0} row" : "{0} rows", n)`.
 */
export function t(message: string, ...args: readonly (string | number)[]): string {
  const text = texts?.messages[message] ?? message;
  if (args.length === 0) return text;
  return text.replaceAll(/\{(\d+)\}/g, (place, index: string) => String(args[Number(index)] ?? place));
}
