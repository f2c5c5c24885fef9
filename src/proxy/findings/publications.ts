import { ORIGINS } from "../../shared/model.ts";
import { isNear } from "./nearIndex.ts";
import { isInJson, type NearMiss, nearMiss } from "./nearMiss.ts";
import { PublisherTap, type Subscriber, type Subscription } from "./publisherTap.ts";
import type { Rule, RuleContext, SeenRow } from "./rule.ts";
import { beginsWith, headLength } from "./topicIndex.ts";
import { topicWords } from "./topicWords.ts";

const MAX_TAPS = 100;
/** How long, and for how many publications, a subscription may match nothing before that is told. */
const UNMATCHED_NS = 10e9;
const UNMATCHED_PUBLICATIONS = 20;
/** Publications that are searched for the topic of a subscription that nothing matches, octets of each, and such subscriptions. */
const MAX_LOOKS = 64;
const LOOKED_BYTES = 4096;
const LOOKED_FRAMES = 4;
const LOOKED_SUBSCRIPTIONS = 16;
/** Subscriptions that a publication is compared with octet by octet. */
const MATCHED_SUBSCRIPTIONS = 256;
/** A stream that began this long before a subscriber connected was missed on purpose. */
const BEFORE_CONNECT_NS = 1e9;
/** How long a subscriber is given to get more than it missed. */
const JOINING_NS = 2e9;
/** Of so many publications that a stream began with nothing has to be waited for. */
const MANY_MISSED = 20;
const MAX_JOINING = 256;
/** How long a topic may be published before it is told that nobody asks for it, and how many are told of at a tap. */
const UNASKED_NS = 5e9;
const MAX_UNASKED = 20;
/** What went on for so long was there before its subscribers. */
const LONG_UNHEARD_NS = 10e9;

const WATCH = ORIGINS.indexOf("watch");
const PUBLISHERS: ReadonlySet<string | null> = new Set(["PUB", "XPUB"]);

/** A subscription that came after publications which others got: it is seen what becomes of it. */
type Joining = {
  readonly tap: PublisherTap;
  readonly subscriber: Subscriber;
  readonly subscription: Subscription;
  readonly missed: number;
  readonly firstNs: number;
  readonly nowNs: number;
  /** The stream began after others had subscribed, with a pause before it. */
  readonly isStart: boolean;
  readonly evidence: readonly number[];
};

/**
 * The truth table of publications and subscriptions at the taps of publishers that listen, as far as it is on the wire: a
 * publisher filters before, so what is judged are publications that reached some subscriber. Subscriptions too late, nearly
 * right, or for nothing; prefixes that match more than they name; and with a subscriber of the tap's own what nobody heard.
 */
export function publications(context: RuleContext): Rule {
  return new Publications(context);
}

class Publications implements Rule {
  readonly finds = [
    "slow-joiner",
    "near-miss-topic",
    "subscription-unmatched",
    "surprise-prefix",
    "published-unheard",
    "topic-unasked",
  ] as const;
  readonly #context: RuleContext;
  readonly #taps = new Map<string, PublisherTap>();
  #joining: Joining[] = [];
  /** Topics that were told to be unasked for, by what they are about, with their tap. */
  readonly #unasked = new Map<string, PublisherTap>();
  /** The tap of the row before, so that most rows need no look-up. */
  #last: PublisherTap | undefined;

  constructor(context: RuleContext) {
    this.#context = context;
  }

  message(row: SeenRow): void {
    const { link } = row;
    if (row.direction !== 1 || link === null) return;
    if (!PUBLISHERS.has(link.sockets.server)) {
      // Of ZMTP 1.0 nobody knows the sockets, but what the tap's other links are.
      if (link.sockets.server !== null || !this.#taps.has(link.tapName)) return;
    }
    const tap = this.#tapOf(link.tapName);
    const subscriber = tap?.subscriber(link.link, link.client, row.origin === WATCH, row.timeNs);
    if (tap === undefined || subscriber === undefined) return;
    subscriber.received++;
    if (row.isCopy || (tap.watch !== null && tap.watch !== subscriber)) return;
    tap.published++;
    const frame = row.frame(0);
    if (frame === null) return;
    const { topics } = tap;
    const known = topics.count;
    const place = topics.place(frame, row.frames === 1 ? headLength(frame) : frame.length);
    if (place === known) this.#newTopic(tap, place);
    if (place >= 0) {
      const isHeard = !subscriber.isWatch || topics.covering[place]! > 0 || tap.getAll > 0;
      if (isHeard) topics.hear(place, row.n, row.timeNs);
      else topics.miss(place, row.n, row.timeNs);
    }
    if (place === known) this.#compareTopic(tap, place);
    if (tap.unmatched.size === 0) return;
    if (place < 0) this.#matchOctets(tap, frame, tap.unmatched);
    else if (row.frames === 1) this.#matchOctets(tap, frame, tap.deep);
    if (tap.wanted.size > 0) this.#look(tap, row, frame);
  }

  event(row: SeenRow): void {
    const { link } = row;
    if (link === null) return;
    switch (row.event) {
      case "link-opened":
        // Its sockets are not known yet; only taps that publish are followed.
        this.#opened(row);
        break;
      case "handshake":
        this.#shaken(row);
        break;
      case "subscribe":
        this.#subscribed(row);
        break;
      case "unsubscribe": {
        const tap = this.#taps.get(link.tapName);
        const subscriber = tap?.links.get(link.link);
        const topic = row.topic();
        if (tap === undefined || subscriber === undefined || topic === null) break;
        if (subscriber.isWatch) break;
        const gone = tap.unsubscribe(subscriber, topic);
        if (gone !== null) this.#ended(tap, gone);
        break;
      }
      case "link-closed":
        this.#opening.delete(link.link);
        this.#closed(link.tapName, link.link);
        break;
      default:
    }
  }

  tick(nowNs: number): void {
    const { isLive } = this.#context;
    if (this.#joining.length > 0) {
      const isDue = ({ nowNs: joinedNs }: Joining): boolean => !isLive || nowNs - joinedNs >= JOINING_NS;
      const due = this.#joining.filter(isDue);
      this.#joining = this.#joining.filter((each) => !isDue(each));
      for (const each of due) this.#judgeJoining(each);
    }
    for (const tap of this.#taps.values()) {
      for (const subscription of tap.unmatched) this.#judgeUnmatched(tap, subscription, nowNs);
      if (tap.watch !== null && !tap.isPartial) this.#judgeUnasked(tap, nowNs);
    }
  }

  skipped(): void {
    for (const tap of this.#taps.values()) tap.forgetCounts();
    this.#joining = [];
  }

  #tapOf(name: string): PublisherTap | undefined {
    if (this.#last?.name === name) return this.#last;
    let tap = this.#taps.get(name);
    if (tap === undefined) {
      if (this.#taps.size >= MAX_TAPS && !this.#makeRoom()) return undefined;
      tap = new PublisherTap(name);
      this.#taps.set(name, tap);
    }
    this.#last = tap;
    return tap;
  }

  /** Forgets a tap that nobody is connected to. */
  #makeRoom(): boolean {
    for (const tap of this.#taps.values()) {
      if (tap.links.size > 0) continue;
      this.#taps.delete(tap.name);
      return true;
    }
    return false;
  }

  /** When links were opened whose handshake is under way. */
  readonly #opening = new Map<number, number>();

  #opened({ link, timeNs }: SeenRow): void {
    if (this.#opening.size >= MAX_OPENING) this.#opening.delete(this.#opening.keys().next().value!);
    this.#opening.set(link!.link, timeNs);
  }

  #shaken(row: SeenRow): void {
    const { link } = row;
    const openedNs = this.#opening.get(link!.link) ?? row.timeNs;
    this.#opening.delete(link!.link);
    const isOld = row.detail()?.["version"] === "1.0";
    const { server } = link!.sockets;
    if (!PUBLISHERS.has(server) && !(isOld && server === null && this.#taps.has(link!.tapName))) return;
    const tap = this.#tapOf(link!.tapName);
    const subscriber = tap?.subscriber(link!.link, link!.client, row.origin === WATCH, openedNs);
    if (tap !== undefined && subscriber !== undefined && isOld) tap.takesAll(subscriber);
  }

  #subscribed(row: SeenRow): void {
    const { link } = row;
    if (row.direction !== 0 || !PUBLISHERS.has(link!.sockets.server)) return;
    const tap = this.#tapOf(link!.tapName);
    const subscriber = tap?.subscriber(link!.link, link!.client, row.origin === WATCH, row.timeNs);
    const topic = row.topic();
    if (tap === undefined || subscriber === undefined || topic === null) return;
    if (subscriber.isWatch) {
      tap.watch = subscriber;
      return;
    }
    const wasAsked = tap.subscriptions.size > 0;
    const made = tap.subscribe(subscriber, topic, row.n, row.timeNs);
    if (made === null) return;
    const { subscription, isFirst } = made;
    if (isFirst) this.#compareSubscription(tap, subscription);
    this.#judgeUnheard(tap, subscriber, subscription, row, wasAsked);
    if (subscriber.received === 0) this.#joins(tap, subscriber, subscription, row);
  }

  #closed(name: string, link: number): void {
    const tap = this.#taps.get(name);
    if (tap === undefined) return;
    const left = this.#joining.filter(({ subscriber }) => subscriber.link === link);
    if (left.length > 0) {
      this.#joining = this.#joining.filter((each) => !left.includes(each));
      // It had no time to get more, so only one that got nothing at all is sure to have missed something.
      for (const each of left) if (each.isStart && each.subscriber.received === 0) this.#tellJoined(each);
    }
    const wasWatched = tap.watch !== null;
    for (const gone of tap.close(link)) this.#ended(tap, gone);
    // Nobody sees any more what nobody asks for.
    if (wasWatched && tap.watch === null) this.#endUnasked(tap);
  }

  /** Nobody has the subscription any more. */
  #ended(tap: PublisherTap, subscription: Subscription): void {
    if (!subscription.isTold) return;
    const about = aboutTopic(tap, subscription.topic);
    this.#context.ended("near-miss-topic", about);
    this.#context.ended("subscription-unmatched", about);
  }

  /** A topic is there for the first time: who is subscribed to it. */
  #newTopic(tap: PublisherTap, place: number): void {
    const topic = tap.topics.topic(place);
    let sinceNs = Infinity;
    for (const subscription of tap.subscriptions.values()) {
      if (!beginsWith(topic, subscription.topic)) continue;
      tap.topics.covering[place]!++;
      if (subscription.sinceNs < sinceNs) sinceNs = subscription.sinceNs;
    }
    tap.topics.awaitedNs[place] = sinceNs;
  }

  /** What the first publication of a topic says of the subscriptions that there are. */
  #compareTopic(tap: PublisherTap, place: number): void {
    const topic = tap.topics.topic(place);
    for (const subscription of tap.subscriptions.values()) {
      if (beginsWith(topic, subscription.topic)) {
        this.#matches(tap, subscription);
        this.#notePrefix(tap, subscription, place);
      }
    }
    for (const subscription of tap.near.near(tap.topics.folded(place))) {
      const how = nearMiss(subscription.topic, topic);
      if (how !== null) this.#tellNearMiss(tap, subscription, NEAR_MISSES[how], topic, tap.topics.lastSeenN(place));
    }
  }

  /** What a subscription that is new says of the topics that there are. */
  #compareSubscription(tap: PublisherTap, subscription: Subscription): void {
    const { topics } = tap;
    for (let place = 0; place < topics.count; place++) {
      if (!beginsWith(topics.topic(place), subscription.topic)) continue;
      this.#matches(tap, subscription);
      this.#notePrefix(tap, subscription, place);
    }
    for (let place = 0; place < topics.count && !subscription.isMatched; place++) {
      if (!isNear(topics.folded(place), subscription.topic)) continue;
      const topic = topics.topic(place);
      const how = nearMiss(subscription.topic, topic);
      if (how === null) continue;
      this.#tellNearMiss(tap, subscription, NEAR_MISSES[how], topic, topics.lastSeenN(place));
      return;
    }
  }

  #matches(tap: PublisherTap, subscription: Subscription): void {
    if (subscription.isMatched) return;
    tap.matched(subscription);
    if (!subscription.isTold) return;
    const about = aboutTopic(tap, subscription.topic);
    this.#context.withdrawn("near-miss-topic", about);
    this.#context.withdrawn("subscription-unmatched", about);
  }

  /** `10001` matches `10001`, and `100011` too. */
  #notePrefix(tap: PublisherTap, subscription: Subscription, place: number): void {
    const { topics } = tap;
    const { length } = subscription.topic;
    const topic = topics.topic(place);
    if (length === 0 || !isWord(subscription.topic[length - 1]!)) return;
    const goesOn = length < topic.length && isWord(topic[length]!);
    if (goesOn && subscription.surprise < 0) subscription.surprise = place;
    else if (!goesOn && subscription.named < 0) subscription.named = place;
    else return;
    if (subscription.surprise < 0 || subscription.named < 0) return;
    const words = topicWords(subscription.topic);
    const other = topicWords(topics.topic(subscription.surprise));
    this.#context.found({
      id: "surprise-prefix",
      about: aboutTopic(tap, subscription.topic),
      text: `A subscription to ${words} gets ${other}, too: it matches every topic that begins with it.`,
      advice:
        "End topics with a character that is in none, such as a blank or a slash, and subscribe with it; or let the subscriber look at the whole topic.",
      tapName: tap.name,
      link: linkOf(subscription),
      evidence: inOrder([
        subscription.n,
        topics.lastSeenN(subscription.named),
        topics.lastSeenN(subscription.surprise),
      ]),
      timeNs: Math.max(topics.lastNs[subscription.surprise]!, subscription.sinceNs),
    });
  }

  /** Matches subscriptions that no topic of the index can: those that go on in a body, and all where the index is full. */
  #matchOctets(tap: PublisherTap, octets: Uint8Array, subscriptions: ReadonlySet<Subscription>): void {
    let left = MATCHED_SUBSCRIPTIONS;
    for (const subscription of subscriptions) {
      if (left-- === 0) break;
      if (beginsWith(octets, subscription.topic)) this.#matches(tap, subscription);
    }
  }

  /** Searches a publication for what subscriptions ask for that nothing has matched. */
  #look(tap: PublisherTap, row: SeenRow, first: Uint8Array): void {
    const head = first.length > LOOKED_BYTES ? first.subarray(0, LOOKED_BYTES) : first;
    let left = LOOKED_SUBSCRIPTIONS;
    for (const subscription of tap.wanted) {
      if (left-- === 0) break;
      // Those behind it have their turn then.
      if (++subscription.looks >= MAX_LOOKS) tap.wanted.delete(subscription);
      if (isInJson(subscription.topic, head)) this.#tellNearMiss(tap, subscription, IN_JSON, null, row.n);
    }
    const frames = Math.min(row.frames, LOOKED_FRAMES);
    for (let frame = 1; frame < frames; frame++) {
      const octets = row.frame(frame);
      left = LOOKED_SUBSCRIPTIONS;
      for (const subscription of tap.wanted) {
        if (left-- === 0) break;
        if (!isSame(octets, subscription.topic)) continue;
        const how = `stands in frame ${frame} of the message, not in frame 0`;
        this.#tellNearMiss(tap, subscription, how, null, row.n);
      }
    }
  }

  /** `topic` is what was published, `null` where it is part of something. */
  #tellNearMiss(tap: PublisherTap, subscription: Subscription, how: string, topic: Uint8Array | null, n: number): void {
    if (subscription.isTold || tap.isUnpredictable(subscription)) return;
    subscription.isTold = true;
    tap.wanted.delete(subscription);
    const asked = `${whoAsks(subscription)} to ${topicWords(subscription.topic)}`;
    this.#context.found({
      id: "near-miss-topic",
      about: aboutTopic(tap, subscription.topic),
      text:
        topic === null
          ? `${asked} matches nothing that was published, though that topic ${how}.`
          : `${asked} matches nothing that was published; ${topicWords(topic)} is, which ${how}.`,
      advice:
        "Topics are compared octet by octet with the beginning of the first frame. Write both the same way, and send the topic as a frame of its own in front.",
      tapName: tap.name,
      link: linkOf(subscription),
      evidence: inOrder([subscription.n, n]),
      timeNs: subscription.sinceNs,
      isOpen: true,
    });
  }

  #judgeUnmatched(tap: PublisherTap, subscription: Subscription, nowNs: number): void {
    if (subscription.isTold || nowNs - subscription.sinceNs < UNMATCHED_NS) return;
    const published = tap.published - subscription.publishedBefore;
    if (published < UNMATCHED_PUBLICATIONS || tap.isUnpredictable(subscription)) return;
    // Then not all of them are compared with each publication.
    if (tap.topics.overflow > 0 && tap.unmatched.size > MATCHED_SUBSCRIPTIONS) return;
    subscription.isTold = true;
    const seconds = Math.round((nowNs - subscription.sinceNs) / 1e9);
    const { topics } = tap;
    const { latest } = topics;
    const seen = tap.watch === null ? "publications that others asked for" : "publications";
    this.#context.found({
      id: "subscription-unmatched",
      about: aboutTopic(tap, subscription.topic),
      text: `${whoAsks(subscription)} to ${topicWords(subscription.topic)} has matched nothing for ${seconds} s, among ${published} ${seen}${latest < 0 ? "" : `, such as ${topicWords(topics.topic(latest))}`}.`,
      advice:
        "Compare it with the topics that are published. It may be right and its topic rare: a publisher sends nothing that nobody asked for, so only Watch All Topics shows all there is.",
      // One that gets other things may well wait for something rare.
      severity: [...subscription.links].every(({ received }) => received === 0) ? "warning" : "note",
      tapName: tap.name,
      link: linkOf(subscription),
      evidence: inOrder(latest < 0 ? [subscription.n] : [subscription.n, topics.lastSeenN(latest)]),
      timeNs: nowNs,
      isOpen: true,
    });
  }

  /** What others got of a topic before a link subscribed to it. */
  #joins(tap: PublisherTap, subscriber: Subscriber, subscription: Subscription, row: SeenRow): void {
    const { topics } = tap;
    let missed = 0;
    let first = -1;
    let last = -1;
    for (let place = 0; place < topics.count; place++) {
      if (topics.heard[place] === 0 || !beginsWith(topics.topic(place), subscription.topic)) continue;
      missed += topics.heard[place]!;
      if (first < 0 || topics.firstNs[place]! < topics.firstNs[first]!) first = place;
      if (last < 0 || topics.lastNs[place]! > topics.lastNs[last]!) last = place;
    }
    if (first < 0) return;
    const firstNs = topics.firstNs[first]!;
    const lastNs = topics.lastNs[last]!;
    const { openedNs } = subscriber;
    if (firstNs < openedNs - BEFORE_CONNECT_NS || lastNs < openedNs || tap.isPartial) return;
    const everyNs = missed > 1 ? (lastNs - firstNs) / (missed - 1) : Infinity;
    const joining: Joining = {
      tap,
      subscriber,
      subscription,
      missed,
      firstNs,
      nowNs: row.timeNs,
      isStart: firstNs - topics.awaitedNs[first]! > 3 * everyNs,
      evidence: inOrder([topics.firstN[first]!, topics.lastN[last]!, row.n]),
    };
    if (joining.isStart && missed >= MANY_MISSED) this.#tellJoined(joining);
    else if (this.#joining.length < MAX_JOINING) this.#joining.push(joining);
  }

  /** Who gets many more than it missed has lost nothing that it cannot do without. */
  #judgeJoining(joining: Joining): void {
    const { missed, subscriber, isStart } = joining;
    const share = missed / (missed + subscriber.received);
    if (share >= (isStart ? 0.1 : 0.5)) this.#tellJoined(joining);
  }

  #tellJoined({ tap, subscriber, subscription, missed, firstNs, nowNs, evidence }: Joining): void {
    const ms = (nowNs - firstNs) / 1e6;
    this.#context.found({
      id: "slow-joiner",
      about: `link ${subscriber.link}`,
      text: `Link ${subscriber.link} (${subscriber.address}) subscribed to ${topicWords(subscription.topic)} ${msWords(ms)} after the first of ${counted(missed, "publication")} of it that other subscribers got, and did not get ${missed === 1 ? "it" : "them"}.`,
      advice:
        "A publisher sends to those only who have subscribed by then. Let it wait until its subscribers say that they are ready, or give them a way to ask for what they missed.",
      tapName: tap.name,
      link: subscriber.link,
      evidence,
      timeNs: nowNs,
    });
  }

  /** What the tap's own subscriber saw of a topic before any program asked for it. */
  #judgeUnheard(
    tap: PublisherTap,
    subscriber: Subscriber,
    subscription: Subscription,
    row: SeenRow,
    wasAsked: boolean,
  ): void {
    const { topics } = tap;
    let missed = 0;
    let first = -1;
    let last = 0;
    for (let place = 0; place < topics.count; place++) {
      if (topics.unheard[place] === 0 || !beginsWith(topics.topic(place), subscription.topic)) continue;
      missed += topics.unheard[place]!;
      if (first < 0 || topics.firstUnheardNs[place]! < topics.firstUnheardNs[first]!) first = place;
      last = Math.max(last, topics.lastUnheardN[place]!);
      topics.unheard[place] = 0;
      this.#asked(tap, place);
    }
    if (first < 0 || tap.isPartial) return;
    const forNs = row.timeNs - topics.firstUnheardNs[first]!;
    this.#context.found({
      id: "published-unheard",
      about: aboutTopic(tap, subscription.topic),
      text: `${counted(missed, "publication")} of ${topicWords(subscription.topic)} came before the first subscription to it, the first one ${msWords(forNs / 1e6)} before${wasAsked ? "" : "; there was no subscriber at all"}.`,
      advice:
        "Nobody got them. If they matter, let the publisher wait for its subscribers, or let these ask for what they missed.",
      severity: forNs > LONG_UNHEARD_NS ? "note" : "warning",
      tapName: tap.name,
      link: subscriber.link,
      evidence: inOrder([topics.firstUnheardN[first]!, last, row.n]),
      timeNs: row.timeNs,
    });
  }

  #judgeUnasked(tap: PublisherTap, nowNs: number): void {
    const { topics } = tap;
    if (tap.getAll > 0) return;
    for (let place = 0; place < topics.count; place++) {
      const isUnasked = topics.unheard[place]! > 0 && topics.covering[place] === 0;
      if (!isUnasked || nowNs - topics.firstUnheardNs[place]! < UNASKED_NS) continue;
      const about = aboutTopic(tap, topics.topic(place));
      if (this.#unasked.has(about)) continue;
      if ([...this.#unasked.values()].filter((each) => each === tap).length >= MAX_UNASKED) return;
      this.#unasked.set(about, tap);
      this.#context.found({
        id: "topic-unasked",
        about,
        text: `Nobody has subscribed to ${topicWords(topics.topic(place))}, of which ${counted(topics.unheard[place]!, "publication")} came.`,
        advice:
          "Nothing is lost on the network, since publishers send nothing that nobody asked for. Compare the topic with the subscriptions if somebody should get it.",
        tapName: tap.name,
        link: null,
        evidence: inOrder([topics.firstUnheardN[place]!, topics.lastUnheardN[place]!]),
        timeNs: nowNs,
        isOpen: true,
      });
    }
  }

  #endUnasked(tap: PublisherTap): void {
    for (const [about, each] of this.#unasked) {
      if (each !== tap) continue;
      this.#unasked.delete(about);
      this.#context.ended("topic-unasked", about);
    }
    tap.topics.unheard.fill(0);
  }

  /** Somebody has subscribed to a topic. */
  #asked(tap: PublisherTap, place: number): void {
    const about = aboutTopic(tap, tap.topics.topic(place));
    if (this.#unasked.delete(about)) this.#context.ended("topic-unasked", about);
  }
}

const UNDERSCORE = 0x5f;
/** Links whose handshake is under way. */
const MAX_OPENING = 4096;

const IN_JSON = "stands inside its JSON text, not in a frame of its own in front";
const NEAR_MISSES: Readonly<Record<NearMiss, string>> = {
  nul: "differs by a NUL at the end",
  space: "differs by white space",
  quotes: "differs by quotes",
  case: "differs by upper and lower case",
  "utf-16": "is the same text in another encoding, UTF-16 against 8-bit",
  "byte-order": "is the same octets in the other byte order",
  spelling: "differs only by how it is written",
};

function aboutTopic({ name }: PublisherTap, topic: Uint8Array): string {
  const words = Buffer.from(topic.buffer, topic.byteOffset, Math.min(topic.byteLength, 64)).toString("latin1");
  return `${name.slice(0, 80)} ${JSON.stringify(words)}`.slice(0, 200);
}

function whoAsks({ links }: Subscription): string {
  const [first, ...others] = links;
  if (first === undefined) return "A subscription";
  const who = others.length === 0 ? `link ${first.link} (${first.address})` : `${links.size} links`;
  return `The subscription of ${who}`;
}

function linkOf({ links }: Subscription): number | null {
  const [first, ...others] = links;
  return others.length === 0 ? (first?.link ?? null) : null;
}

function isWord(octet: number): boolean {
  return (octet >= 0x30 && octet <= 0x39) || ((octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a) || octet === UNDERSCORE;
}

function isSame(frame: Uint8Array | null, topic: Uint8Array): boolean {
  return frame !== null && frame.length === topic.length && beginsWith(frame, topic);
}

function inOrder(rows: readonly number[]): readonly number[] {
  return [...new Set(rows)].sort((a, b) => a - b);
}

function counted(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`;
}

function msWords(ms: number): string {
  if (ms >= 10_000) return `${Math.round(ms / 1000)} s`;
  return `${ms >= 10 ? Math.round(ms) : ms.toPrecision(2)} ms`;
}
