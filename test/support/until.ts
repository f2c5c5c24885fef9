import { setTimeout } from "node:timers/promises";

/** Waits until `holds` gives anything true, and returns that; what never holds ends in the test's own timeout. */
export async function until<T>(holds: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const value = await holds();
    if (value !== undefined && value !== null && value !== false) return value;
    await setTimeout(5);
  }
}
