import { type DialectName, DIALECTS } from "../shared/dialects.ts";
import { shown } from "./keyOptions.ts";

/** Reads what stands behind --dialect; `null` when it was left out. */
export function readDialect(text: string | undefined): DialectName | null | { readonly problem: string } {
  if (text === undefined) return null;
  const found = DIALECTS.find((name) => name === text);
  if (found !== undefined) return found;
  return { problem: `--dialect takes one of ${DIALECTS.join(", ")}; ${shown(text)} is none.` };
}
