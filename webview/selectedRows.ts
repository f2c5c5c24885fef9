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
  let firstKept = 0;
  for (const key of keys) {
    if (model.filter !== filter) break;
    if (key < Math.max(model.firstKey, firstKept)) continue;
    let n = model.row(key)?.n ?? read.rows[key - read.from]?.n;
    if (n === undefined) {
      const { firstKey } = model;
      const ask = { filter, from: key - firstKey, count: MAX_ROWS_PER_READ, firstN: firstKey };
      const window = await asker.ask("rows/read", ask);
      firstKept = window.firstN;
      read = { from: window.firstN + window.from, rows: window.rows };
      n = read.rows[key - read.from]?.n;
    }
    if (n !== undefined) numbers.push(n);
  }
  return numbers;
}
