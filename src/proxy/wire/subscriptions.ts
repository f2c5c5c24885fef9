import { toKey } from "./octets.ts";

/** Bounds of what one link's subscriber can make us keep. */
const MAX_TOPICS = 65_536;
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The topics one link is subscribed to. A set and not a count: libzmq's XPUB keeps a set per connection, so one
 * cancellation ends any number of equal subscriptions.
 */
export class Subscriptions {
  readonly #topics = new Map<string, Uint8Array>();
  /** How many topics of each length there are, so that matching tries only lengths that exist. */
  readonly #lengths = new Map<number, number>();
  #bytes = 0;
  /** Subscriptions that were not kept because of the bounds. */
  overflow = 0;

  get count(): number {
    return this.#topics.size;
  }

  /** Copies the topic. */
  add(topic: Uint8Array): void {
    const key = toKey(topic, 0, topic.length);
    if (this.#topics.has(key)) return;
    if (this.#topics.size >= MAX_TOPICS || this.#bytes + topic.length > MAX_BYTES) {
      this.overflow++;
      return;
    }
    this.#topics.set(key, new Uint8Array(topic));
    this.#lengths.set(topic.length, (this.#lengths.get(topic.length) ?? 0) + 1);
    this.#bytes += topic.length;
  }

  remove(topic: Uint8Array): void {
    if (!this.#topics.delete(toKey(topic, 0, topic.length))) return;
    this.#bytes -= topic.length;
    const left = this.#lengths.get(topic.length)! - 1;
    if (left === 0) this.#lengths.delete(topic.length);
    else this.#lengths.set(topic.length, left);
  }

  /** Whether some topic is a prefix of the octets, or with `exact` (RADIO and DISH) equals them. */
  matches(octets: Uint8Array, exact: boolean): boolean {
    if (exact) return this.#topics.has(toKey(octets, 0, octets.length));
    for (const length of this.#lengths.keys()) {
      if (length <= octets.length && this.#topics.has(toKey(octets, 0, length))) return true;
    }
    return false;
  }

  /** The first topics in order of subscription; the caller must not change them. */
  list(limit: number): Uint8Array[] {
    const topics: Uint8Array[] = [];
    for (const topic of this.#topics.values()) {
      if (topics.length >= limit) break;
      topics.push(topic);
    }
    return topics;
  }
}
