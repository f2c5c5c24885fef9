import type { DialectKey } from "./dialects/dialect.ts";

/** Taps whose keys are known; the one that came first is forgotten. */
const MAX_KEYS = 500;

/**
 * What the messages of taps are signed with, by the tap's name, as rows have it. Secret. Keys outlive their taps, since
 * what was captured can still be checked and replayed.
 */
export class DialectKeys {
  readonly #keys = new Map<string, Uint8Array>();

  /** An empty key says that nothing is signed. */
  set(tapName: string, key: string): void {
    this.#keys.delete(tapName);
    if (this.#keys.size >= MAX_KEYS) this.#keys.delete(this.#keys.keys().next().value!);
    this.#keys.set(tapName, new TextEncoder().encode(key));
  }

  /** `null` where no key is known. */
  of(tapName: string): DialectKey {
    return this.#keys.get(tapName) ?? null;
  }
}
