import type { TopicNode, TopicsPicture } from "../../shared/pictures.ts";
import { visibleText } from "../visibleText.ts";
import { keyOfHex, keyOfText, levelEnds, MAX_TOPIC_BYTES, topicKey, topicText } from "./topicLevels.ts";

const MAX_NODES = 20_000;
const SHOWN = 500;
const LABEL_CHARS = 80;
const SECONDS = 10;
/** Topics that are found again by their octets alone; a power of 2. */
const REMEMBERED = 16_384;

type Node = {
  /** Its place in what is counted; greater than its parent's. */
  readonly at: number;
  readonly key: string;
  readonly label: string;
  readonly parent: Node | null;
  children: Map<string, Node> | null;
};

/** A topic that came, and its node. */
type Remembered = { readonly hash: number; readonly octets: Uint8Array; readonly at: number };

/** What a tree asks others for. */
export type TopicFacts = {
  /** Open links whose subscriptions cover a topic, as a key. */
  subscribers(key: string): number;
  /** The payload of row `n` in one line; empty where it cannot be told now. */
  value(n: number): string;
  toEpochMs(timeNs: number): number;
};

/**
 * The topics that were published, by their levels. Bounded: what finds no room is counted as that. A publication is counted
 * for its own topic only; what is below a level is summed up when somebody looks.
 */
export class TopicTree {
  #roots = new Map<string, Node>();
  readonly #topics = new Map<string, Node>();
  #nodes: Node[] = [];
  readonly #remembered: (Remembered | undefined)[] = new Array<Remembered | undefined>(REMEMBERED).fill(undefined);
  readonly #messages = new Float64Array(MAX_NODES);
  readonly #bytes = new Float64Array(MAX_NODES);
  readonly #lastN = new Float64Array(MAX_NODES);
  readonly #lastNs = new Float64Array(MAX_NODES);
  /** Messages by second, ten for each node, and the last second that each node had any in. */
  readonly #rates = new Uint32Array(MAX_NODES * SECONDS);
  readonly #seconds = new Float64Array(MAX_NODES);
  /** Publications without a place in the tree, and rows that may have been some. */
  uncounted = 0;

  /** A publication, with its topic's octets, of which 256 count; further copies of one are not told. */
  add(topic: Uint8Array, sizeBytes: number, n: number, timeNs: number): void {
    const at = this.#placeOf(topic);
    if (at < 0) {
      this.uncounted++;
      return;
    }
    this.#messages[at]!++;
    this.#bytes[at]! += sizeBytes;
    this.#lastN[at] = n;
    this.#lastNs[at] = timeNs;
    this.#count(at, Math.floor(timeNs / 1e9));
  }

  /** So many rows were not looked at; where there are topics, they may have been publications. */
  missed(rows: number): void {
    if (this.#nodes.length > 0) this.uncounted += Math.max(0, rows);
  }

  clear(): void {
    this.#roots = new Map();
    this.#topics.clear();
    this.#nodes = [];
    this.#remembered.fill(undefined);
    this.uncounted = 0;
  }

  /** The level below `prefix`, which is a topic of the level above it or empty. */
  read(prefix: string, nowNs: number, facts: TopicFacts): TopicsPicture {
    const sums = this.#sums(Math.floor(nowNs / 1e9));
    const children = [...(this.#below(prefix)?.values() ?? [])];
    const sorted = children.sort((a, b) => sums.messages[b.at]! - sums.messages[a.at]!);
    return {
      prefix,
      topics: sorted.slice(0, SHOWN).map((node) => readNode(node, sums, facts)),
      otherTopics: Math.max(0, sorted.length - SHOWN),
      uncounted: this.uncounted,
    };
  }

  /** Of each node with all below it. */
  #sums(second: number): Sums {
    const count = this.#nodes.length;
    const messages = this.#messages.slice(0, count);
    const bytes = this.#bytes.slice(0, count);
    const lastN = this.#lastN.slice(0, count);
    const lastNs = this.#lastNs.slice(0, count);
    const recent = new Float64Array(count);
    // Behind a node come those below it.
    for (let at = count - 1; at >= 0; at--) {
      recent[at]! += this.#recent(at, second);
      const parent = this.#nodes[at]!.parent?.at ?? -1;
      if (parent < 0) continue;
      messages[parent]! += messages[at]!;
      bytes[parent]! += bytes[at]!;
      recent[parent]! += recent[at]!;
      if (lastN[at]! <= lastN[parent]!) continue;
      lastN[parent] = lastN[at]!;
      lastNs[parent] = lastNs[at]!;
    }
    return { messages, bytes, recent, lastN, lastNs };
  }

  #below(prefix: string): Map<string, Node> | null {
    if (prefix === "") return this.#roots;
    const node = this.#find(keyOfText(prefix)) ?? this.#find(keyOfHex(prefix));
    return node?.children ?? null;
  }

  #find(key: string | null): Node | undefined {
    if (key === null) return undefined;
    let level: Map<string, Node> | null = this.#roots;
    let node: Node | undefined;
    let from = 0;
    for (const end of levelEnds(key)) {
      node = level?.get(key.slice(from, end));
      level = node?.children ?? null;
      from = end;
    }
    return node;
  }

  /** The place of a topic, which is a new one's where there is room; else -1. */
  #placeOf(topic: Uint8Array): number {
    const length = Math.min(topic.length, MAX_TOPIC_BYTES);
    let hash = 0x811c9dc5;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ topic[i]!, 0x01000193);
    // Each topic may be in either of two slots.
    let slot = (hash ^ (hash >>> 16)) & (REMEMBERED - 1);
    for (let turn = 0; turn < 2; turn++, slot ^= 1) {
      const known = this.#remembered[slot];
      if (known?.hash === hash && isSame(known.octets, topic, length)) return known.at;
    }
    if (this.#remembered[slot] !== undefined) slot ^= 1;
    const key = topicKey(topic);
    const node = this.#topics.get(key) ?? this.#insert(key);
    if (node === null) return -1;
    this.#remembered[slot] = { hash, octets: topic.slice(0, length), at: node.at };
    return node.at;
  }

  #insert(key: string): Node | null {
    let parent: Node | null = null;
    let from = 0;
    for (const end of levelEnds(key)) {
      const label = key.slice(from, end);
      const siblings: Map<string, Node> = parent === null ? this.#roots : (parent.children ??= new Map<string, Node>());
      let node = siblings.get(label);
      if (node === undefined) {
        if (this.#nodes.length >= MAX_NODES) {
          if (parent?.children?.size === 0) parent.children = null;
          return null;
        }
        node = this.#newNode(key.slice(0, end), label, parent);
        siblings.set(label, node);
      }
      parent = node;
      from = end;
    }
    if (parent !== null) this.#topics.set(key, parent);
    return parent;
  }

  #newNode(key: string, label: string, parent: Node | null): Node {
    const at = this.#nodes.length;
    for (const counts of [this.#messages, this.#bytes, this.#lastN, this.#lastNs, this.#seconds]) counts[at] = 0;
    this.#rates.fill(0, at * SECONDS, (at + 1) * SECONDS);
    const node = { at, key, label, parent, children: null };
    this.#nodes.push(node);
    return node;
  }

  #count(at: number, second: number): void {
    const last = this.#seconds[at]!;
    if (second > last) {
      const gone = Math.min(second - last, SECONDS);
      for (let back = 0; back < gone; back++) this.#rates[at * SECONDS + ((second - back) % SECONDS)] = 0;
      this.#seconds[at] = second;
    }
    // What comes out of order by more is no rate any more.
    if (second > last - SECONDS && second >= 0) this.#rates[at * SECONDS + (second % SECONDS)]!++;
  }

  /** Messages in the ten seconds up to `second`. */
  #recent(at: number, second: number): number {
    const last = this.#seconds[at]!;
    let messages = 0;
    for (let of = Math.max(0, second - SECONDS + 1, last - SECONDS + 1); of <= Math.min(second, last); of++) {
      messages += this.#rates[at * SECONDS + (of % SECONDS)]!;
    }
    return messages;
  }
}

type Sums = Readonly<Record<"messages" | "bytes" | "recent" | "lastN" | "lastNs", Float64Array>>;

function readNode({ at, key, label, children }: Node, sums: Sums, facts: TopicFacts): TopicNode {
  const lastN = sums.lastN[at]!;
  return {
    topic: topicText(key),
    label: visibleText(topicText(label), LABEL_CHARS),
    hasChildren: children !== null,
    messages: sums.messages[at]!,
    bytes: sums.bytes[at]!,
    perSecond: sums.recent[at]! / SECONDS,
    lastN,
    lastMs: facts.toEpochMs(sums.lastNs[at]!),
    lastValue: facts.value(lastN),
    subscribers: facts.subscribers(key),
  };
}

function isSame(octets: Uint8Array, topic: Uint8Array, length: number): boolean {
  if (octets.length !== length) return false;
  for (let i = 0; i < length; i++) if (octets[i] !== topic[i]) return false;
  return true;
}
