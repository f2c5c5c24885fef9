import type { Said } from "../../shared/dialects.ts";
import { cutText } from "../decode/jsonText.ts";
import { MAX_PROBLEM_CHARS } from "./limits.ts";

const NOTHING: Said = {
  kind: "event",
  method: "",
  args: null,
  kwargs: null,
  problem: null,
  code: null,
  id: null,
  facts: [],
};

/** What a message says, where what is left out is nothing; a long problem is cut. */
export function said(parts: Partial<Said> & Pick<Said, "kind">): { readonly said: Said } {
  const problem = parts.problem == null ? null : cutText(parts.problem, MAX_PROBLEM_CHARS);
  return { said: { ...NOTHING, ...parts, problem } };
}
