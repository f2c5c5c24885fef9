import { errorSentence } from "../shared/filter/errorText.ts";
import { parseFilter } from "../shared/filter/parse.ts";
import { badFilter } from "./faults.ts";
import { type CompiledFilter, compileFilter } from "./filter/compile.ts";

/** `null` for an empty text, which lets all rows through. Throws a UserError for an expression with an error. */
export function readFilter(text: string): CompiledFilter | null {
  if (text.trim() === "") return null;
  const parsed = parseFilter(text);
  if (!parsed.ok) throw badFilter(errorSentence(parsed));
  return compileFilter(parsed.ast);
}
