import type { Range } from "./document.ts";

/** What stands for a variable: text as it was written, or a value that was saved from a reply. */
export type Variable =
  { readonly kind: "text"; readonly text: string } | { readonly kind: "value"; readonly value: unknown };

/** A value; `open` for one that only a reply will bring; or why there is none, in a sentence. */
export type Looked = Variable | { readonly kind: "open" } | { readonly kind: "problem"; readonly problem: string };

/** Answers for a name as it stands between the braces. Throws nothing. */
export type Lookup = (name: string) => Looked;

/** A place where a variable is used. */
export type VariableUse = { readonly name: string; readonly range: Range };

/** `{{name}}`; `{{$NAME}}` is a variable of the process's environment, where secrets may come from. */
const VARIABLE = /\{\{\s*(\$?[A-Za-z_][\w-]*)\s*\}\}/g;
export const VARIABLE_NAME = /^[A-Za-z_][\w-]*$/;
/** Variables in variables in variables. */
const MAX_NESTING = 10;
/** What variables may make of one value: characters. */
export const MAX_EXPANDED = 1024 * 1024;

/** The variables in a text, whose first character has the offset `from`. */
export function variableUses(text: string, from = 0): readonly VariableUse[] {
  return [...text.matchAll(VARIABLE)].map((match) => ({
    name: match[1]!,
    range: { from: from + match.index, to: from + match.index + match[0].length },
  }));
}

export type Expanded =
  | { readonly kind: "text"; readonly text: string }
  /** Something in it only a reply will bring. */
  | { readonly kind: "open" }
  | { readonly kind: "problem"; readonly problem: string; readonly range: Range };

/** A text with its variables filled in. Ranges of problems count from the text's beginning. */
export function expandText(text: string, lookup: Lookup): Expanded {
  let expanded = "";
  let at = 0;
  let isOpen = false;
  for (const { name, range } of variableUses(text)) {
    const looked = lookup(name);
    if (looked.kind === "problem") return { ...looked, range };
    if (looked.kind === "open") isOpen = true;
    else expanded += text.slice(at, range.from) + variableText(looked);
    at = range.to;
    if (expanded.length > MAX_EXPANDED)
      return { kind: "problem", problem: "With its variables it is too long.", range };
  }
  return isOpen ? { kind: "open" } : { kind: "text", text: expanded + text.slice(at) };
}

/** How a variable stands in a text. */
export function variableText(variable: Variable): string {
  if (variable.kind === "text") return variable.text;
  return typeof variable.value === "string" ? variable.value : JSON.stringify(variable.value);
}

/**
 * Answers from layers of variables, the first that has the name counting. Text may hold variables itself. `environment`
 * answers for `{{$NAME}}`.
 */
export function lookupIn(
  layers: readonly ReadonlyMap<string, Looked>[],
  environment: (name: string) => Looked,
): Lookup {
  // Variables made of variables are made once, however often they are used.
  const known = new Map<string, Looked>();
  const underWay = new Set<string>();
  const expand = (name: string, text: string): Looked => {
    if (underWay.has(name) || underWay.size >= MAX_NESTING) {
      return { kind: "problem", problem: `The variable "${name}" leads back to itself, or through too many others.` };
    }
    underWay.add(name);
    const expanded = expandText(text, look);
    underWay.delete(name);
    return expanded.kind === "problem" ? { kind: "problem", problem: expanded.problem } : expanded;
  };
  const look = (name: string): Looked => {
    if (name.startsWith("$")) return environment(name.slice(1));
    const before = known.get(name);
    if (before !== undefined) return before;
    const found = layers.find((layer) => layer.has(name))?.get(name);
    if (found === undefined) {
      return {
        kind: "problem",
        problem: `There is no variable "${name}". Add it under "variables", or to the environment that is chosen.`,
      };
    }
    const looked = found.kind === "text" ? expand(name, found.text) : found;
    known.set(name, looked);
    return looked;
  };
  return look;
}
