import type { SocketType } from "../shared/model.ts";
import type { Capture } from "../proxy/capture/capture.ts";
import { MethodCounts } from "./methodCounts.ts";
import { sendsTopics } from "../proxy/envelope.ts";
import { utf8Text } from "../proxy/decode/text.ts";
import { visibleText } from "../proxy/visibleText.ts";

const TOPICS_SHOWN = 10;
/** Different topics that are counted; those that come later are counted together. */
const MAX_TOPICS = 100_000;
const TOPIC_BYTES = 320;
const TOPIC_CHARS = 80;

type Count = { messages: number; bytes: number };

/** Counts the rows of a capture, without keeping them. */
export class CaptureCounts {
  readonly #capture: Capture;
  readonly #links = new Set<number>();
  readonly #all: Count = { messages: 0, bytes: 0 };
  readonly #taps = new Map<string, Count>();
  readonly #directions = new Map<string, Count>();
  readonly #sockets = new Map<string, Count>();
  readonly #topics = new Map<string, Count>();
  readonly #otherTopics: Count = { messages: 0, bytes: 0 };
  readonly #methods = new MethodCounts();
  #rows = 0;
  #encrypted = 0;
  #firstNs: number | null = null;
  #lastNs = 0;

  constructor(capture: Capture) {
    this.#capture = capture;
  }

  /** Counts a row, unless it is gone. */
  add(n: number): void {
    const row = this.#capture.row(n);
    if (row === undefined) return;
    this.#rows += 1;
    this.#firstNs ??= row.timeNs;
    this.#lastNs = row.timeNs;
    if (row.link !== null) this.#links.add(row.link.info.link);
    if (row.kind === "event") return;
    if (row.kind === "encrypted") this.#encrypted += 1;
    const sockets = row.link?.sockets ?? { client: null, server: null };
    const sender = row.direction === 0 ? sockets.client : sockets.server;
    const pair = row.direction === 0 ? [sockets.client, sockets.server] : [sockets.server, sockets.client];
    const size = row.sizeBytes;
    count(this.#all, size);
    count(entry(this.#taps, row.tapName), size);
    count(entry(this.#directions, row.direction === 0 ? "client to server" : "server to client"), size);
    count(entry(this.#sockets, pair.map((type) => type ?? "?").join(" → ")), size);
    if (row.kind !== "message") return;
    this.#countTopic(n, sender, size);
    this.#methods.add(this.#capture.talk, row);
  }

  toJson(): object {
    const { clock } = this.#capture;
    return {
      rows: this.#rows,
      messages: this.#all.messages - this.#encrypted,
      encrypted: this.#encrypted,
      octets: this.#all.bytes,
      links: this.#links.size,
      first: this.#firstNs === null ? null : clock.toIso(this.#firstNs),
      last: this.#firstNs === null ? null : clock.toIso(this.#lastNs),
      taps: named(this.#taps),
      directions: named(this.#directions),
      sockets: named(this.#sockets),
      topics: named(this.#topics).slice(0, TOPICS_SHOWN),
      differentTopics: this.#topics.size,
      ...(this.#otherTopics.messages > 0
        ? { otherTopics: { messages: this.#otherTopics.messages, octets: this.#otherTopics.bytes } }
        : {}),
      methods: this.#methods.top(),
      differentMethods: this.#methods.size,
    };
  }

  toText(): string {
    const { clock } = this.#capture;
    const encrypted = this.#encrypted === 0 ? "" : ` and ${this.#encrypted} encrypted frames`;
    const lines = [
      `${this.#rows} rows: ${this.#all.messages - this.#encrypted} messages${encrypted}, ` +
        `${this.#all.bytes} octets, ${this.#links.size} ${this.#links.size === 1 ? "link" : "links"}`,
    ];
    if (this.#firstNs !== null) {
      lines.push(`from ${clock.toIso(this.#firstNs)} to ${clock.toIso(this.#lastNs)}`);
    }
    for (const [title, counts, limit] of [
      ["by tap", this.#taps, Infinity],
      ["by direction", this.#directions, Infinity],
      ["by socket types", this.#sockets, Infinity],
      ["by topic", this.#topics, TOPICS_SHOWN],
    ] as const) {
      if (counts.size === 0) continue;
      lines.push("", counts.size > limit ? `${title}, the first ${limit} of ${counts.size}` : title);
      for (const { name, messages, octets } of named(counts).slice(0, limit)) {
        lines.push(`  ${String(messages).padStart(10)}  ${String(octets).padStart(14)} B  ${name}`);
      }
    }
    const methods = this.#methods.top();
    if (methods.length > 0) {
      const { size } = this.#methods;
      lines.push("", size > methods.length ? `by method, the first ${methods.length} of ${size}` : "by method");
      for (const { method, dialect, calls, errors, medianMs, p95Ms } of methods) {
        const times = medianMs === null ? "" : `  median ${medianMs.toFixed(1)} ms, 95 % ${(p95Ms ?? 0).toFixed(1)} ms`;
        const failed = `${errors} ${errors === 1 ? "error" : "errors"}`;
        lines.push(`  ${String(calls).padStart(10)}  ${failed.padStart(16)}  ${method} (${dialect})${times}`);
      }
    }
    return `${lines.join("\n")}\n`;
  }

  #countTopic(n: number, sender: SocketType | null, size: number): void {
    if (!sendsTopics(sender)) return;
    const topic = this.#capture.readFrame(n, 0, 0, TOPIC_BYTES);
    const text = utf8Text(topic, true) ?? `0x${Buffer.from(topic).toString("hex")}`;
    const name = visibleText(text, TOPIC_CHARS);
    const isNew = !this.#topics.has(name);
    count(isNew && this.#topics.size >= MAX_TOPICS ? this.#otherTopics : entry(this.#topics, name), size);
  }
}

function entry(counts: Map<string, Count>, name: string): Count {
  let found = counts.get(name);
  if (found === undefined) {
    found = { messages: 0, bytes: 0 };
    counts.set(name, found);
  }
  return found;
}

function count(counted: Count, size: number): void {
  counted.messages += 1;
  counted.bytes += size;
}

/** Most messages first. */
function named(counts: ReadonlyMap<string, Count>): { name: string; messages: number; octets: number }[] {
  return [...counts]
    .map(([name, { messages, bytes }]) => ({ name, messages, octets: bytes }))
    .sort((a, b) => b.messages - a.messages);
}
