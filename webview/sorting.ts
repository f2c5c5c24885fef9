/** How a table is sorted: by which column, and whether the most comes first. */
export type Order<Column extends string> = { readonly by: Column; readonly isDown: boolean };

/** The order after its header was chosen: turned round, or that of another column, numbers with the most first. */
export function nextOrder<Column extends string>(order: Order<Column>, by: Column, isText: boolean): Order<Column> {
  return by === order.by ? { by, isDown: !order.isDown } : { by, isDown: !isText };
}

/** The rows in order of what `keyOf` gives; those that are equal stay as they are. Nothing counts as less than all. */
export function sorted<Row>(
  rows: readonly Row[],
  keyOf: (row: Row) => number | string | null,
  isDown: boolean,
): readonly Row[] {
  const sign = isDown ? -1 : 1;
  return rows
    .map((row) => ({ row, key: keyOf(row) }))
    .sort((one, other) => sign * compare(one.key, other.key))
    .map(({ row }) => row);
}

const byName = new Intl.Collator("en", { numeric: true });

function compare(one: number | string | null, other: number | string | null): number {
  if (one === null || other === null) return Number(one !== null) - Number(other !== null);
  if (typeof one === "number" && typeof other === "number") return one - other;
  return byName.compare(String(one), String(other));
}
