import { beginsWith, MAX_TOPIC_BYTES, TopicIndex } from "./topicIndex.ts";

const MAX_LINKS = 1024;
const MAX_SUBSCRIPTIONS = 1024;
/** Subscriptions of all links together. */
const MAX_HELD = 65_536;

/** A link of a publisher that listens. */
export type Subscriber = {
  readonly link: number;
  /** Where the subscriber is, as the tap sees it. */
  readonly address: string;
  /** It is the tap's own. */
  readonly isWatch: boolean;
  /** When its connection was there, or when it was seen first. */
  readonly openedNs: number;
  /** Of ZMTP 1.0: it gets everything. */
  getsAll: boolean;
  /** Publications that it got. */
  received: number;
  readonly subscriptions: Set<Subscription>;
};

/** A topic that programs are subscribed to, on one link or on several. */
export type Subscription = {
  readonly topic: Uint8Array;
  /** The command that it came with first. */
  readonly n: number;
  readonly sinceNs: number;
  /** Publications of the tap before it. */
  readonly publishedBefore: number;
  readonly links: Set<Subscriber>;
  /** Something that was published begins with it. */
  isMatched: boolean;
  /** Publications that were searched for it. */
  looks: number;
  /** A near miss was told, or that nothing matches. */
  isTold: boolean;
  /** Places of a topic that it names, and of one that goes on in the middle of a word; -1 for none. */
  named: number;
  surprise: number;
};

/** Who is subscribed to what at one tap, and what was published there. Bounded; times are those of rows. */
export class PublisherTap {
  readonly name: string;
  readonly topics = new TopicIndex();
  readonly links = new Map<number, Subscriber>();
  /** Of programs, by topic. */
  readonly subscriptions = new Map<string, Subscription>();
  /** Subscriptions that nothing has matched yet. */
  readonly unmatched = new Set<Subscription>();
  /** The tap's own subscriber, while there is one that has its subscription. */
  watch: Subscriber | null = null;
  /** Publications so far; copies are not counted. */
  published = 0;
  /** Something did not fit, so that who gets what is not known in full. */
  isPartial = false;
  #held = 0;
  #getAll = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Links of programs that get everything without asking. */
  get getAll(): number {
    return this.#getAll;
  }

  /** The subscriber of a link, known from now on. `undefined` when there are too many. */
  subscriber(link: number, address: string, isWatch: boolean, nowNs: number): Subscriber | undefined {
    const known = this.links.get(link);
    if (known !== undefined) return known;
    if (this.links.size >= MAX_LINKS) {
      this.isPartial = true;
      return undefined;
    }
    const made: Subscriber = {
      link,
      address,
      isWatch,
      openedNs: nowNs,
      getsAll: false,
      received: 0,
      subscriptions: new Set(),
    };
    this.links.set(link, made);
    return made;
  }

  /** It is of ZMTP 1.0. */
  takesAll(subscriber: Subscriber): void {
    if (subscriber.getsAll || subscriber.isWatch) return;
    subscriber.getsAll = true;
    this.#getAll++;
  }

  /**
   * A program has subscribed. The subscription when it is new for its link, with whether it is the first of its topic;
   * else `null`. Of one that is new at the tap the topics that it covers are counted.
   */
  subscribe(
    subscriber: Subscriber,
    topic: Uint8Array,
    n: number,
    nowNs: number,
  ): { readonly subscription: Subscription; readonly isFirst: boolean } | null {
    const key = keyOf(topic);
    const known = this.subscriptions.get(key);
    if (known?.links.has(subscriber) === true) return null;
    const isFull = known === undefined && this.subscriptions.size >= MAX_SUBSCRIPTIONS;
    if (topic.length > MAX_TOPIC_BYTES || isFull || this.#held >= MAX_HELD) {
      this.isPartial = true;
      return null;
    }
    const subscription = known ?? this.#add(key, topic.slice(), n, nowNs);
    subscription.links.add(subscriber);
    subscriber.subscriptions.add(subscription);
    this.#held++;
    return { subscription, isFirst: known === undefined };
  }

  /** The subscription when nobody has it any more; else `null`. */
  unsubscribe(subscriber: Subscriber, topic: Uint8Array): Subscription | null {
    const subscription = this.subscriptions.get(keyOf(topic));
    return subscription !== undefined && subscriber.subscriptions.has(subscription)
      ? this.#leave(subscriber, subscription)
      : null;
  }

  /** The link is gone; its subscriptions that nobody else has are, too. */
  close(link: number): readonly Subscription[] {
    const subscriber = this.links.get(link);
    if (subscriber === undefined) return [];
    this.links.delete(link);
    if (this.watch === subscriber) this.watch = null;
    if (subscriber.getsAll) this.#getAll--;
    return [...subscriber.subscriptions].flatMap((each) => this.#leave(subscriber, each) ?? []);
  }

  /** Something was published that begins with the topic of `subscription`. */
  matched(subscription: Subscription): void {
    subscription.isMatched = true;
    this.unmatched.delete(subscription);
  }

  /** Whether what a link gets does not follow from its subscriptions, as with a manual XPUB or inverted matching. */
  isUnpredictable({ links }: Subscription): boolean {
    for (const { received, subscriptions } of links) {
      if (received > 1 && [...subscriptions].every(({ isMatched }) => !isMatched)) return true;
    }
    return false;
  }

  /** Rows were left out: what there is now counts as matched, and nothing is known of what went before. */
  forgetCounts(): void {
    this.isPartial = true;
    for (const each of this.unmatched) each.isMatched = true;
    this.unmatched.clear();
  }

  #add(key: string, topic: Uint8Array, n: number, nowNs: number): Subscription {
    const made: Subscription = {
      topic,
      n,
      sinceNs: nowNs,
      publishedBefore: this.published,
      links: new Set(),
      isMatched: false,
      looks: 0,
      isTold: false,
      named: -1,
      surprise: -1,
    };
    this.subscriptions.set(key, made);
    this.unmatched.add(made);
    this.#cover(made, 1);
    return made;
  }

  #leave(subscriber: Subscriber, subscription: Subscription): Subscription | null {
    subscriber.subscriptions.delete(subscription);
    subscription.links.delete(subscriber);
    this.#held--;
    if (subscription.links.size > 0) return null;
    this.subscriptions.delete(keyOf(subscription.topic));
    this.unmatched.delete(subscription);
    this.#cover(subscription, -1);
    return subscription;
  }

  #cover({ topic }: Subscription, by: 1 | -1): void {
    const { topics } = this;
    for (let place = 0; place < topics.count; place++) {
      if (beginsWith(topics.topic(place), topic)) topics.covering[place]! += by;
    }
  }
}

function keyOf(topic: Uint8Array): string {
  return Buffer.from(topic.buffer, topic.byteOffset, topic.byteLength).toString("latin1");
}
