import { writeEquals } from "../src/shared/filter/write.ts";
import type { TopicNode, TopicsPicture } from "../src/shared/pictures.ts";
import { type FilterTarget, NO_TARGET } from "./filterTargets.ts";

/** One line of the tree: a topic, or how many there are more on its level. */
export type TopicLine =
  | {
      readonly kind: "topic";
      readonly node: TopicNode;
      readonly level: number;
      readonly isOpen: boolean;
      readonly parent: string | null;
    }
  | { readonly kind: "more"; readonly count: number; readonly level: number; readonly parent: string | null };

/** What was read of each level, by its prefix; the topmost has an empty one. */
export type TopicLevels = ReadonlyMap<string, TopicsPicture>;

/** The lines that are to be seen: all of the topmost level, and below open topics what was read of theirs. */
export function topicLines(levels: TopicLevels, open: ReadonlySet<string>): readonly TopicLine[] {
  const lines: TopicLine[] = [];
  const add = (prefix: string, level: number, parent: string | null): void => {
    const picture = levels.get(prefix);
    if (picture === undefined) return;
    for (const node of picture.topics) {
      const isOpen = node.hasChildren && open.has(node.topic);
      lines.push({ kind: "topic", node, level, isOpen, parent });
      // A level below itself would never end.
      if (isOpen && node.topic.length > prefix.length) add(node.topic, level + 1, node.topic);
    }
    if (picture.otherTopics > 0) lines.push({ kind: "more", count: picture.otherTopics, level, parent });
  };
  add("", 1, null);
  return lines;
}

/** What a key does in a tree of topics. */
export type TopicMove =
  | { readonly kind: "go"; readonly topic: string }
  | { readonly kind: "open" | "close" | "filter" | "reveal"; readonly topic: string };

/** What a key does at a topic, as in other trees; `null` for a key that means nothing here. */
export function topicMove(lines: readonly TopicLine[], active: string, key: string): TopicMove | null {
  const topics = lines.filter((line) => line.kind === "topic");
  const at = topics.findIndex(({ node }) => node.topic === active);
  const line = topics[at];
  if (line === undefined) return null;
  const go = (to: string | null | undefined): TopicMove | null =>
    to === null || to === undefined ? null : { kind: "go", topic: to };
  switch (key) {
    case "ArrowDown":
      return go(topics[at + 1]?.node.topic);
    case "ArrowUp":
      return go(topics[at - 1]?.node.topic);
    case "Home":
      return go(topics[0]?.node.topic);
    case "End":
      return go(topics.at(-1)?.node.topic);
    case "ArrowRight":
      if (!line.node.hasChildren) return null;
      return line.isOpen ? go(topics[at + 1]?.node.topic) : { kind: "open", topic: active };
    case "ArrowLeft":
      return line.isOpen ? { kind: "close", topic: active } : go(line.parent);
    case "Enter":
      return { kind: "filter", topic: active };
    case " ":
      return { kind: "reveal", topic: active };
    default:
      return null;
  }
}

/** Longer topics were cut to this many octets. */
const MAX_TOPIC_BYTES = 256;
const HEX = /^0x(?:[0-9a-f]{2})+$/i;
const ENCODER = new TextEncoder();

/** The filter that shows a topic, with all below it. */
export function topicFilter({ topic, hasChildren, lastValue }: TopicNode): string {
  // A topic that reads 0x… is either octets or that text.
  if (HEX.test(topic)) return hasChildren ? `topic startswith ${topic}` : `topic == ${topic}`;
  const isBeginning = hasChildren || ENCODER.encode(topic).length >= MAX_TOPIC_BYTES;
  // Of a message of one frame it is the first word, and the field of filters is the whole frame.
  const isWord = !hasChildren && topic !== "" && lastValue.length > topic.length && lastValue.startsWith(topic);
  if (isWord) return writeEquals("topic", lastValue.slice(0, topic.length + 1)).replace("==", "startswith");
  const equals = writeEquals("topic", topic);
  return isBeginning ? equals.replace("==", "startswith") : equals;
}

/** What "Filter by This" compares; for a topic with others below it their common beginning. */
export function topicTarget({ topic, hasChildren }: Pick<TopicNode, "topic" | "hasChildren">): FilterTarget {
  // A menu hands over text, and this may be octets.
  if (HEX.test(topic)) return NO_TARGET;
  const size = ENCODER.encode(topic).length;
  return { field: hasChildren && size > 0 ? `topic[0:${size}]` : "topic", value: topic };
}
