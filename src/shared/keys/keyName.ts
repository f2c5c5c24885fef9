import { readCurveKey } from "./curveKey.ts";
import { t } from "../l10n.ts";

const MAX_CHARACTERS = 80;

/** Why a text cannot be the name of a key, as a sentence; `undefined` when it can. */
export function keyNameProblem(name: string): string | undefined {
  if (name.trim() === "") return t("Give it a name.");
  if (name.length > MAX_CHARACTERS) return t("A name has at most {0} characters.", MAX_CHARACTERS);
  // Settings take either, and a key written where a name is shown would be seen by everyone.
  if (readCurveKey(name.trim()) !== null) return t("This is a key itself. Give it a name that says whose it is.");
  return undefined;
}

/** A name made from a file or variable, which may hold anything; `otherwise` when nothing usable is left. */
export function toKeyName(text: string, otherwise: string): string {
  const name = text
    .replace(/[\p{C}\s]+/gu, " ")
    .trim()
    .slice(0, MAX_CHARACTERS)
    .trim();
  return keyNameProblem(name) === undefined ? name : otherwise;
}

/** The name, or the name with the first number that makes it new. */
export function freeName(name: string, taken: (name: string) => boolean): string {
  let free = name;
  for (let n = 2; taken(free); n++) free = `${name} (${n})`;
  return free;
}
