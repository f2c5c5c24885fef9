/** Both ends included. */
export type PointRange = readonly [from: number, to: number];

export const MAX_POINT = 0x10ffff;
/** Sets with more characters beyond ASCII are taken to hold both cases already. */
const MAX_FOLDED = 4096;

/** The same set in order, without overlaps. */
export function normalise(ranges: readonly PointRange[]): PointRange[] {
  const merged: PointRange[] = [];
  for (const [from, to] of ranges.toSorted((left, right) => left[0] - right[0])) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last[1] + 1) merged[merged.length - 1] = [last[0], Math.max(last[1], to)];
    else merged.push([from, to]);
  }
  return merged;
}

/** All of `0` to `max` that is not in a normalised set. */
export function complement(ranges: readonly PointRange[], max: number): PointRange[] {
  const rest: PointRange[] = [];
  let next = 0;
  for (const [from, to] of ranges) {
    if (from > next) rest.push([next, from - 1]);
    next = to + 1;
  }
  if (next <= max) rest.push([next, max]);
  return rest;
}

/** The set with the other case of each of its letters. */
export function withBothCases(ranges: readonly PointRange[]): PointRange[] {
  const both = [...ranges];
  let left = MAX_FOLDED;
  for (const [from, to] of ranges) {
    addShifted(both, from, to, 0x41, 0x5a, 32);
    addShifted(both, from, to, 0x61, 0x7a, -32);
    for (let point = Math.max(from, 0x80); point <= to && left > 0; point++, left--) {
      const letter = String.fromCodePoint(point);
      for (const other of [letter.toLowerCase(), letter.toUpperCase()]) {
        const otherPoint = other.codePointAt(0)!;
        if (otherPoint !== point && String.fromCodePoint(otherPoint) === other) both.push([otherPoint, otherPoint]);
      }
    }
  }
  return normalise(both);
}

function addShifted(ranges: PointRange[], from: number, to: number, low: number, high: number, by: number): void {
  const start = Math.max(from, low);
  const end = Math.min(to, high);
  if (start <= end) ranges.push([start + by, end + by]);
}
