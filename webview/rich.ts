import { t } from "../src/shared/l10n.ts";

/** A message whose `args` may be markup: its parts in order, as a template shows them. */
export function rich(message: string, ...args: readonly unknown[]): readonly unknown[] {
  // Every second part is the number of a place.
  return t(message)
    .split(/\{(\d+)\}/)
    .map((part, at) => (at % 2 === 0 ? part : args[Number(part)]));
}
