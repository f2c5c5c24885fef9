import { MAX_ROWS_PER_READ } from "../src/shared/engineProtocol.ts";
import type { ListModel } from "./listModel.ts";
import type { Asker } from "./viewChannel.ts";

/**
 * The numbers of rows by their keys, which are in order. Without a filter they are the same; else those that the list
 * does not know are read. Stops with what it has when another list is shown meanwhile.
 */
export async function selectedRows(
  model: Pick<ListModel, "filter" | "firstKey" | "row">,
  asker: Asker,
  keys: readonly number[],
): Promise<readonly number[]> {
  const { filter } = model;
  if (filter === null) return keys;
  const numbers: number[] = [];
  let read: { readonly from: number; readonly rows: readonly { readonly n: number }[] } = { from: 0, rows: [] };
  for (const key of keys) {
    if (model.filter !== filter) break;
    if (key < model.firstKey) continue;
    let n = model.row(key)?.n ?? read.rows[key - read.from]?.n;
    if (n === undefined) {
      const { firstKey } = model;
      const { rows } = await asker.ask("rows/read", { filter, from: key - firstKey, count: MAX_ROWS_PER_READ });
      read = { from: key, rows };
      n = rows[0]?.n;
    }
    if (n !== undefined) numbers.push(n);
  }
  return numbers;
}
