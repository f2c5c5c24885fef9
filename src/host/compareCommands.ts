import type * as vscode from "vscode";
import { UserError } from "../shared/userError.ts";
import type { CommandArguments } from "./commandArguments.ts";
import type { ComparedMessage } from "./comparison.ts";
import type { Services } from "./services.ts";
import { rowOf, type Target, targetOf } from "./target.ts";
import { t } from "../shared/l10n.ts";

/** Keeps a message for the next comparison. Answers with its number. */
export function selectForCompare(services: Services, args: CommandArguments): number {
  const { comparison } = services;
  const target = targetOf(services, args);
  const n = rowOf(target, args);
  comparison.selected = comparison.message(target.source, n);
  return n;
}

/** Compares two rows that are given or selected together, else the given row with the one that was selected for it. */
export async function compareWithSelected(
  services: Services,
  args: CommandArguments,
): Promise<readonly [vscode.Uri, vscode.Uri]> {
  const { comparison } = services;
  const [left, right] = messagesToCompare(services, targetOf(services, args), args);
  return comparison.compare(left, right);
}

function messagesToCompare(
  { comparison }: Services,
  target: Target,
  args: CommandArguments,
): readonly [ComparedMessage, ComparedMessage] {
  const { source, view } = target;
  const together = Array.isArray(args.rows) ? (args.rows as readonly number[]) : (view?.selected ?? []);
  const [first, second] = [...together].sort((a, b) => a - b);
  const isPair = together.length === 2 && (args.n === undefined || together.includes(args.n));
  if (isPair && first !== undefined && second !== undefined)
    return [comparison.message(source, first), comparison.message(source, second)];
  const { selected } = comparison;
  if (selected === undefined) {
    throw new UserError(
      "nothing-to-compare",
      t("There is nothing to compare with. Choose Select for Compare on a message first, or select two messages."),
    );
  }
  return [selected, comparison.message(source, rowOf(target, args))];
}
