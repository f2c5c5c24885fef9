import { pick, type Random } from "./random.ts";

/** The things in another order than they have; one alone stays. */
export function shuffled<T>(things: readonly T[], random: Random): readonly T[] {
  const order = [...things];
  for (let at = order.length - 1; at > 0; at--) {
    const other = pick(random, at + 1);
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  const isSame = order.every((thing, at) => thing === things[at]);
  return isSame && order.length > 1 ? [...order.slice(1), order[0]!] : order;
}
