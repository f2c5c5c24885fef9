import type { TopicNode, TopicsPicture } from "../../shared/pictures.ts";
import { visibleText } from "../visibleText.ts";
import { keyOfHex, keyOfText, levelEnds, topicText } from "./topicLevels.ts";

const MAX_NODES = 20_000;
const SHOWN = 500;
const LABEL_CHARS = 80;
const SECONDS = 10;

type Node = {
  /** Its place in what is counted by the second. */
  readonly at: number;
  readonly key: string;
  readonly label: string;
  readonly parent: Node | null;
  children: Map<string, Node> | null;
  messages: number;
  bytes: number;
  lastN: number;
  lastNs: number;
};

/** What a tree asks others for. */
export type TopicFacts = {
  /** Open links whose subscriptions cover a topic, as a key. */
  subscribers(key: string): number;
  /** The payload of row `n` in one line; empty where it cannot be told now. */
  value(n: number): string;
  toEpochMs(timeNs: number): number;
};

/** The topics that were published, by their levels. Bounded: what finds no room is counted as that. */
export class TopicTree {
  #roots = new Map<string, Node>();
  /** By the whole topic: most publications are of topics that were there before. */
  #topics = new Map<string, Node>();
  #nodes = 0;
  /** Messages by second, ten for each node, and the last second that each node had any in. */
  readonly #rates = new Uint32Array(MAX_NODES * SECONDS);
  readonly #seconds = new Float64Array(MAX_NODES);
  /** Publications without a place in the tree. */
  uncounted = 0;

  /** A publication, with its topic as topicKey() makes it; further copies of one are not told. */
  add(key: string, sizeBytes: number, n: number, timeNs: number): void {
    const found = this.#topics.get(key) ?? this.#insert(key);
    if (found === null) {
      this.uncounted++;
      return;
    }
    const second = Math.floor(timeNs / 1e9);
    for (let node: Node | null = found; node !== null; node = node.parent) {
      node.messages++;
      node.bytes += sizeBytes;
      node.lastN = n;
      node.lastNs = timeNs;
      this.#count(node.at, second);
    }
  }

  clear(): void {
    this.#roots = new Map();
    this.#topics = new Map();
    this.#nodes = 0;
    this.uncounted = 0;
  }

  /** The level below `prefix`, which is a topic of the level above it or empty. */
  read(prefix: string, nowNs: number, facts: TopicFacts): TopicsPicture {
    const children = [...(this.#below(prefix)?.values() ?? [])];
    const sorted = children.sort((a, b) => b.messages - a.messages);
    const second = Math.floor(nowNs / 1e9);
    return {
      prefix,
      topics: sorted.slice(0, SHOWN).map((node) => this.#read(node, second, facts)),
      otherTopics: Math.max(0, sorted.length - SHOWN),
      uncounted: this.uncounted,
    };
  }

  #read(node: Node, second: number, facts: TopicFacts): TopicNode {
    const { key, label, children, messages, bytes, lastN, lastNs } = node;
    return {
      topic: topicText(key),
      label: visibleText(topicText(label), LABEL_CHARS),
      hasChildren: children !== null,
      messages,
      bytes,
      perSecond: this.#perSecond(node.at, second),
      lastN,
      lastMs: facts.toEpochMs(lastNs),
      lastValue: facts.value(lastN),
      subscribers: facts.subscribers(key),
    };
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

  #insert(key: string): Node | null {
    let parent: Node | null = null;
    let from = 0;
    for (const end of levelEnds(key)) {
      const label = key.slice(from, end);
      const siblings: Map<string, Node> = parent === null ? this.#roots : (parent.children ??= new Map<string, Node>());
      let node = siblings.get(label);
      if (node === undefined) {
        if (this.#nodes >= MAX_NODES) {
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
    const at = this.#nodes++;
    this.#rates.fill(0, at * SECONDS, (at + 1) * SECONDS);
    this.#seconds[at] = 0;
    return { at, key, label, parent, children: null, messages: 0, bytes: 0, lastN: 0, lastNs: 0 };
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

  /** Over the ten seconds up to `second`. */
  #perSecond(at: number, second: number): number {
    const last = this.#seconds[at]!;
    let messages = 0;
    for (let of = Math.max(0, second - SECONDS + 1, last - SECONDS + 1); of <= Math.min(second, last); of++) {
      messages += this.#rates[at * SECONDS + (of % SECONDS)]!;
    }
    return messages / SECONDS;
  }
}
