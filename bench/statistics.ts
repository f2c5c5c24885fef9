/** The middle of several measurements and how far they lie apart. */
export type Spread = { readonly median: number; readonly lower: number; readonly upper: number };

/** Median and quartiles, interpolated between neighbours. Throws a RangeError without values. */
export function spread(values: readonly number[]): Spread {
  if (values.length === 0) throw new RangeError("There is no median of nothing.");
  const sorted = [...values].sort((a, b) => a - b);
  return { lower: quantile(sorted, 0.25), median: quantile(sorted, 0.5), upper: quantile(sorted, 0.75) };
}

/** The value below which this share of the values lies, which are sorted. */
export function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place - Math.floor(place));
}
