/** Subscriptions that are remembered over all links. */
const MAX_SUBSCRIPTIONS = 100_000;

type Subscriber = {
  readonly topics: Set<string>;
  /** The question that it was counted for last. */
  asked: number;
};

/** Which links are subscribed to what, with topics as topicKey() makes them. */
export class SubscriptionBook {
  readonly #links = new Map<number, Subscriber>();
  readonly #topics = new Map<string, Set<Subscriber>>();
  /** How many topics of each length there are. */
  readonly #lengths = new Map<number, number>();
  #size = 0;
  #asked = 0;

  add(link: number, topic: string): void {
    if (this.#size >= MAX_SUBSCRIPTIONS) return;
    let subscriber = this.#links.get(link);
    if (subscriber === undefined) {
      subscriber = { topics: new Set(), asked: 0 };
      this.#links.set(link, subscriber);
    }
    if (subscriber.topics.has(topic)) return;
    subscriber.topics.add(topic);
    this.#size++;
    let subscribers = this.#topics.get(topic);
    if (subscribers === undefined) {
      subscribers = new Set();
      this.#topics.set(topic, subscribers);
      this.#lengths.set(topic.length, (this.#lengths.get(topic.length) ?? 0) + 1);
    }
    subscribers.add(subscriber);
  }

  remove(link: number, topic: string): void {
    const subscriber = this.#links.get(link);
    if (subscriber?.topics.delete(topic) !== true) return;
    if (subscriber.topics.size === 0) this.#links.delete(link);
    this.#size--;
    const subscribers = this.#topics.get(topic)!;
    subscribers.delete(subscriber);
    if (subscribers.size > 0) return;
    this.#topics.delete(topic);
    const left = this.#lengths.get(topic.length)! - 1;
    if (left === 0) this.#lengths.delete(topic.length);
    else this.#lengths.set(topic.length, left);
  }

  closed(link: number): void {
    for (const topic of this.#links.get(link)?.topics ?? []) this.remove(link, topic);
  }

  clear(): void {
    for (const link of [...this.#links.keys()]) this.closed(link);
  }

  /** What a link is subscribed to, in order, and how much that is. */
  of(link: number, limit: number): { readonly topics: readonly string[]; readonly count: number } {
    const topics = this.#links.get(link)?.topics ?? new Set<string>();
    const first: string[] = [];
    for (const topic of topics) {
      if (first.length >= limit) break;
      first.push(topic);
    }
    return { topics: first, count: topics.size };
  }

  /** How many links have a subscription that a topic begins with. */
  covering(topic: string): number {
    const asked = ++this.#asked;
    let count = 0;
    for (const length of this.#lengths.keys()) {
      if (length > topic.length) continue;
      for (const subscriber of this.#topics.get(topic.slice(0, length)) ?? []) {
        if (subscriber.asked === asked) continue;
        subscriber.asked = asked;
        count++;
      }
    }
    return count;
  }
}
