/** What slips are made of: NULs, blanks and quotes. */
const SLIPS = /[\0 \t\r\n"']/g;
/** Numbers in binary of these lengths have a byte order. */
const NUMBER_LENGTHS = [2, 4, 8];

/** A topic without what nearMiss() overlooks, so that what nearly matches begins alike. */
export function folded(topic: Uint8Array): string {
  return Buffer.from(topic.buffer, topic.byteOffset, topic.byteLength)
    .toString("latin1")
    .replace(SLIPS, "")
    .toLowerCase();
}

/** Things by topics, found by what nearly begins with these, without a look at each of them. */
export class NearIndex<T> {
  readonly #things = new Map<string, Set<T>>();
  /** How many keys of each length there are, so that only lengths are tried that exist. */
  readonly #lengths = new Map<number, number>();

  add(topic: Uint8Array, thing: T): void {
    for (const key of keysOf(topic)) {
      const things = this.#things.get(key);
      if (things !== undefined) {
        things.add(thing);
        continue;
      }
      this.#things.set(key, new Set([thing]));
      this.#lengths.set(key.length, (this.#lengths.get(key.length) ?? 0) + 1);
    }
  }

  delete(topic: Uint8Array, thing: T): void {
    for (const key of keysOf(topic)) {
      const things = this.#things.get(key);
      if (things?.delete(thing) !== true || things.size > 0) continue;
      this.#things.delete(key);
      const left = this.#lengths.get(key.length)! - 1;
      if (left === 0) this.#lengths.delete(key.length);
      else this.#lengths.set(key.length, left);
    }
  }

  /** Those whose topic `topic`, which is folded, may nearly begin with. */
  *near(topic: string): Generator<T> {
    for (const length of this.#lengths.keys()) {
      if (length <= topic.length) yield* this.#things.get(topic.slice(0, length)) ?? [];
    }
  }
}

/** Whether a topic, which is folded, may nearly begin with another. */
export function isNear(topic: string, other: Uint8Array): boolean {
  return keysOf(other).some((key) => topic.startsWith(key));
}

/** As it is, and as it would be in the other byte order. */
function keysOf(topic: Uint8Array): readonly string[] {
  const key = folded(topic);
  if (!NUMBER_LENGTHS.includes(topic.length)) return [key];
  const turned = folded(new Uint8Array(topic).reverse());
  return turned === key ? [key] : [key, turned];
}
