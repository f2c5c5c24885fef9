/** A number from 0 up to, not including, 1. */
export type Random = () => number;

/** A small generator of repeatable numbers (mulberry32): the same seeds give the same numbers. No use where a guess would hurt. */
export function randomFrom(...seeds: readonly number[]): Random {
  let state = 0;
  // Each seed is mixed in, so that neighbours such as 1 and 2 have little in common.
  for (const seed of seeds) state = mix(((state ^ seed) + 0x6d2b79f5) >>> 0);
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    return mix(state) / 0x100000000;
  };
}

/** A whole number from 0 up to, not including, `below`. */
export function pick(random: Random, below: number): number {
  return Math.floor(random() * below);
}

function mix(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return (mixed ^ (mixed >>> 14)) >>> 0;
}
