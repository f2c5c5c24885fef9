import { errorSentence } from "../shared/filter/errorText.ts";
import { parseFilter } from "../shared/filter/parse.ts";
import { parseRegex } from "../shared/filter/regexSyntax.ts";
import { badFilter } from "./faults.ts";
import { type CompiledFilter, compileFilter } from "./filter/compile.ts";
import { OctetRegex } from "./filter/regex.ts";

/** `null` for an empty text, which lets all rows through. Throws a UserError for an expression with an error. */
export function readFilter(text: string): CompiledFilter | null {
  if (text.trim() === "") return null;
  const parsed = parseFilter(text);
  if (!parsed.ok) throw badFilter(errorSentence(parsed));
  return compileFilter(parsed.ast);
}

/**
 * Whether a text has a match of a regular expression of the filter language; `null` where that cannot be told within its
 * budget. Throws a UserError for one with an error.
 */
export function testPattern(pattern: string, text: string): boolean | null {
  const parsed = parseRegex(pattern, "");
  if (!parsed.ok) throw badFilter(parsed.message);
  const bytes = Buffer.from(text);
  const verdict = new OctetRegex(parsed.regex).test(bytes, 0, bytes.length);
  return verdict < 0 ? null : verdict === 1;
}
