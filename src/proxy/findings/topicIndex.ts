/** Topics of a tap that are told apart; of further ones nothing is counted. */
export const MAX_TOPICS = 1024;
/** Octets of a topic that are compared. */
export const MAX_TOPIC_BYTES = 255;
const SLOTS = 4 * MAX_TOPICS;

/**
 * The topics that were published at a tap, each with a place from 0 on, and what was counted of it: columns by place. A
 * look-up makes no object. Times are those of rows, `n` are rows.
 */
export class TopicIndex {
  count = 0;
  /** Publications of topics that found no place. */
  overflow = 0;
  /** Publications that a subscriber got, copies not counted. */
  readonly heard = new Float64Array(MAX_TOPICS);
  readonly firstNs = new Float64Array(MAX_TOPICS);
  readonly lastNs = new Float64Array(MAX_TOPICS);
  readonly firstN = new Float64Array(MAX_TOPICS);
  readonly lastN = new Float64Array(MAX_TOPICS);
  /** Since when somebody had been subscribed to it when it came first; Infinity where nobody was. */
  readonly awaitedNs = new Float64Array(MAX_TOPICS);
  /** Publications that nobody had subscribed to, seen by the tap's own subscriber. */
  readonly unheard = new Float64Array(MAX_TOPICS);
  readonly firstUnheardNs = new Float64Array(MAX_TOPICS);
  readonly firstUnheardN = new Float64Array(MAX_TOPICS);
  readonly lastUnheardN = new Float64Array(MAX_TOPICS);
  /** Subscriptions of programs that cover it now. */
  readonly covering = new Uint32Array(MAX_TOPICS);
  /** The one that came last; -1 when there is none. */
  latest = -1;
  readonly #topics: Uint8Array[] = [];
  readonly #hashes = new Uint32Array(MAX_TOPICS);
  /** One more than a place; 0 where there is none. */
  readonly #slots = new Uint16Array(SLOTS);

  topic(place: number): Uint8Array {
    return this.#topics[place]!;
  }

  /** Place of the topic that is the first `length` octets; one that is new gets the next place. -1 when all are taken. */
  place(octets: Uint8Array, length: number): number {
    const size = Math.min(length, MAX_TOPIC_BYTES);
    let hash = 0x811c9dc5;
    for (let at = 0; at < size; at++) hash = Math.imul(hash ^ octets[at]!, 0x01000193);
    hash >>>= 0;
    let slot = hash % SLOTS;
    for (; this.#slots[slot] !== 0; slot = (slot + 1) % SLOTS) {
      const place = this.#slots[slot]! - 1;
      if (this.#hashes[place] === hash && this.#is(place, octets, size)) return place;
    }
    if (this.count === MAX_TOPICS) {
      this.overflow++;
      return -1;
    }
    const place = this.count++;
    this.#slots[slot] = this.count;
    this.#hashes[place] = hash;
    this.#topics.push(octets.slice(0, size));
    return place;
  }

  /** Row `n` is a publication that a subscriber got. */
  hear(place: number, n: number, timeNs: number): void {
    if (this.heard[place] === 0) {
      this.firstNs[place] = timeNs;
      this.firstN[place] = n;
    }
    this.latest = place;
    this.heard[place]!++;
    this.lastNs[place] = timeNs;
    this.lastN[place] = n;
  }

  /** Row `n` is a publication that only the tap's own subscriber got. */
  miss(place: number, n: number, timeNs: number): void {
    if (this.unheard[place] === 0) {
      this.firstUnheardNs[place] = timeNs;
      this.firstUnheardN[place] = n;
    }
    this.latest = place;
    this.unheard[place]!++;
    this.lastUnheardN[place] = n;
  }

  /** The latest row of a topic. */
  lastSeenN(place: number): number {
    return Math.max(this.lastN[place]!, this.lastUnheardN[place]!);
  }

  #is(place: number, octets: Uint8Array, size: number): boolean {
    const topic = this.#topics[place]!;
    if (topic.length !== size) return false;
    for (let at = 0; at < size; at++) if (topic[at] !== octets[at]) return false;
    return true;
  }
}

/** Whether `octets` begin with `prefix`. */
export function beginsWith(octets: Uint8Array, prefix: Uint8Array): boolean {
  if (prefix.length > octets.length) return false;
  for (let at = 0; at < prefix.length; at++) if (octets[at] !== prefix[at]) return false;
  return true;
}

/** Octets that end the topic of a publication of a single frame: blanks, NUL, and what begins or parts a body. */
const ENDS_TOPIC = new Uint8Array(256);
for (const char of "\0 \t\r\n{[(\"',;|=") ENDS_TOPIC[char.charCodeAt(0)] = 1;
const MAX_HEAD_BYTES = 64;

/** How many first octets of a publication's only frame are its topic, with what ends it; the body stands behind. */
export function headLength(frame: Uint8Array): number {
  const end = Math.min(frame.length, MAX_HEAD_BYTES);
  for (let at = 0; at < end; at++) if (ENDS_TOPIC[frame[at]!] === 1) return at + 1;
  return end;
}
