import type { SocketType } from "../../shared/model.ts";
import { type Sequence, sequenceWords } from "../../shared/sequences.ts";
import { JsonPath } from "../filter/jsonPath.ts";
import type { Rule, RuleContext, SeenRow } from "./rule.ts";
import { jsonNumber, modulusOf, type NumberReader, numberReader } from "./sequenceNumber.ts";
import { SequenceTrack } from "./sequenceTrack.ts";
import { beginsWith } from "./topicIndex.ts";
import { topicWords } from "./topicWords.ts";

/** Senders whose numbers are followed, and the sequences of all of them and of one. */
const MAX_SENDERS = 4096;
const MAX_STREAMS = 8192;
const MAX_STREAMS_EACH = 256;
/** Messages of a sender that are looked at for a sequence of its own accord. */
const LOOKS = 32;
const MAX_JSON_BYTES = 4096;
const MAX_JSON_FRAMES = 4;
const MAX_UNIT_CHARS = 40;

/** What Bitcoin Core publishes, each topic with a counter of its own in the third frame. */
const BITCOIN_TOPICS = ["hashblock", "hashtx", "rawblock", "rawtx", "sequence"].map((topic) => Buffer.from(topic));
const BITCOIN: Sequence = { frame: -1, type: "u32le" };
const PUBLISHERS: ReadonlySet<SocketType | null> = new Set<SocketType>(["PUB", "XPUB"]);
/** What they send goes to one of their peers each, so that the numbers of all links together are the sequence. */
const SHARERS: ReadonlySet<SocketType | null> = new Set<SocketType>(["PUSH", "DEALER", "SCATTER"]);

type Named = { readonly sequence: Sequence; readonly topic: Uint8Array | null; readonly read: NumberReader };

/** Who sends numbers: a direction of a link, or a socket that shares its work among several. */
type Sender = {
  readonly tapName: string;
  readonly link: number;
  /** For texts: the sender, and who gets it. */
  readonly from: string;
  readonly to: string;
  readonly isShared: boolean;
  readonly isPublisher: boolean;
  /** Sequences of the user's that may be in what it sends. */
  readonly named: readonly Named[];
  /** How its sequence was recognised; `null` until it is. */
  kind: "bitcoin" | "unit" | null;
  looks: number;
  readonly streams: Map<string | number, Stream>;
};

/** One sequence. */
type Stream = {
  readonly sender: Sender;
  readonly track: SequenceTrack;
  /** What tells it from others of the tap, and what it is called. */
  readonly name: string;
  readonly words: string;
  /** When the row under way came. */
  timeNs: number;
  missing: number;
  gaps: number;
  repeats: number;
  disorders: number;
  /** What its gaps were told to be about last. */
  about: string;
};

/**
 * Numbers that grow by one with each message, as the user named them or as they are known of some protocols: which are
 * missing, came again or out of order. What is missing when it comes to the tap was lost before it; what a receiver loses is
 * not on the wire.
 */
export function sequences(context: RuleContext): Rule {
  return new Sequences(context);
}

class Sequences implements Rule {
  readonly finds = ["sequence-gap", "sequence-repeat", "sequence-disorder"] as const;
  readonly #context: RuleContext;
  readonly #counter = new JsonPath(["counter"]);
  readonly #unit = new JsonPath(["unit"]);
  /** By link and direction. */
  readonly #senders = new Map<number, Sender>();
  readonly #shared = new Map<string, Sender>();
  #streams = 0;
  /** The latest gap of publishers, by what it was told to be about. */
  readonly #told = new Map<string, string>();
  #named: readonly Named[] = [];
  #sequences: readonly Sequence[] = [];

  constructor(context: RuleContext) {
    this.#context = context;
  }

  message(row: SeenRow): void {
    const { link } = row;
    if (link === null || row.direction < 0) return;
    if (this.#context.sequences !== this.#sequences) this.#configure();
    const key = 2 * link.link + row.direction;
    const sender = this.#senders.get(key) ?? this.#open(key, row);
    if (sender === undefined) return;
    if (sender.named.length > 0 && this.#readNamed(sender, row)) return;
    if (sender.kind === null && sender.looks >= LOOKS) return;
    sender.looks++;
    if (sender.kind !== "unit" && sender.isPublisher) this.#readBitcoin(sender, row);
    if (sender.kind !== "bitcoin") this.#readUnit(sender, row);
  }

  event(row: SeenRow): void {
    if (row.event !== "link-closed" || row.link === null) return;
    for (const direction of [0, 1]) {
      const key = 2 * row.link.link + direction;
      const sender = this.#senders.get(key);
      if (sender === undefined) continue;
      this.#senders.delete(key);
      if (sender.isShared) continue;
      for (const { track } of sender.streams.values()) track.settle(Infinity);
      this.#streams -= sender.streams.size;
    }
  }

  tick(nowNs: number): void {
    const judgedNs = this.#context.isLive ? nowNs : Infinity;
    for (const senders of [this.#senders, this.#shared]) {
      for (const { streams } of senders.values()) for (const { track } of streams.values()) track.settle(judgedNs);
    }
  }

  /** The numbers in the rows that were left out are not missing. */
  skipped(): void {
    this.#clear();
  }

  #clear(): void {
    this.#senders.clear();
    this.#shared.clear();
    this.#streams = 0;
  }

  #configure(): void {
    this.#sequences = this.#context.sequences;
    this.#named = this.#sequences.map((sequence) => ({
      sequence,
      topic: sequence.topic === undefined ? null : Buffer.from(sequence.topic),
      read: numberReader(sequence),
    }));
    this.#clear();
  }

  #open(key: number, row: SeenRow): Sender | undefined {
    const { link, client, server, tapName, sockets } = row.link!;
    if (this.#senders.size >= MAX_SENDERS) return undefined;
    const isClient = row.direction === 0;
    const type = isClient ? sockets.client : sockets.server;
    const isShared = !isClient && SHARERS.has(type);
    const sharedKey = `${tapName} ${server}`;
    const known = isShared ? this.#shared.get(sharedKey) : undefined;
    if (known === undefined && isShared && this.#shared.size >= MAX_SENDERS) return undefined;
    const sender: Sender = known ?? {
      tapName,
      link,
      from: isClient ? client : server,
      to: isShared ? "its peers" : isClient ? server : client,
      isShared,
      isPublisher: PUBLISHERS.has(type),
      named: this.#named.filter(({ sequence: { tap } }) => tap === undefined || tap === tapName),
      kind: null,
      looks: 0,
      streams: new Map(),
    };
    this.#senders.set(key, sender);
    if (isShared) this.#shared.set(sharedKey, sender);
    return sender;
  }

  /** Whether the row has a number that the user has named. */
  #readNamed(sender: Sender, row: SeenRow): boolean {
    for (let at = 0; at < sender.named.length; at++) {
      const { sequence, topic, read } = sender.named[at]!;
      if (topic !== null) {
        const first = row.frame(0);
        if (first === null || !beginsWith(first, topic)) continue;
      }
      const frame = row.frame(sequence.frame);
      const value = frame === null ? -1 : read(frame);
      if (value < 0) continue;
      const hasTopic = sender.isPublisher && sequence.per !== "peer" && row.frames > 1;
      const own = hasTopic ? (row.frame(0) ?? NO_TOPIC) : NO_TOPIC;
      const name = hasTopic ? `${at} ${Buffer.from(own.subarray(0, MAX_TOPIC)).toString("latin1")}` : String(at);
      const words = (): string =>
        hasTopic ? `${topicWords(own)}, ${sequenceWords(sequence)}` : sequenceWords(sequence);
      this.#push(sender, name, words, { modulus: modulusOf(sequence.type), step: 0, isSure: true }, value, row);
      return true;
    }
    return false;
  }

  #readBitcoin(sender: Sender, row: SeenRow): void {
    if (row.frames !== 3) return;
    const first = row.frame(0);
    if (first === null) return;
    const topic = BITCOIN_TOPICS.findIndex((each) => each.length === first.length && beginsWith(first, each));
    const counter = topic < 0 ? null : row.frame(2);
    if (counter?.length !== 4) return;
    sender.kind = "bitcoin";
    this.#push(
      sender,
      topic,
      () => `the counter of ${topicWords(BITCOIN_TOPICS[topic]!)}`,
      OF_BITCOIN,
      readCounter(counter),
      row,
    );
  }

  #readUnit(sender: Sender, row: SeenRow): void {
    if (row.sizeBytes > MAX_JSON_BYTES || row.frames > MAX_JSON_FRAMES) return;
    const frame = row.frame(-1);
    if (frame?.[0] !== OPEN_BRACE) return;
    const value = jsonNumber(this.#counter, frame);
    if (value < 0 || !this.#unit.find(frame)) return;
    const { kind, from, to, bytes } = this.#unit;
    if ((kind !== "number" && kind !== "string") || to - from > MAX_UNIT_CHARS) return;
    sender.kind = "unit";
    const unit = kind === "number" ? this.#unit.number() : Buffer.from(bytes.subarray(from, to)).toString("utf8");
    this.#push(sender, unit, () => `the counter of unit ${unit}`, OF_UNIT, value, row);
  }

  #push(
    sender: Sender,
    name: string | number,
    words: () => string,
    options: ConstructorParameters<typeof SequenceTrack>[0],
    value: number,
    row: SeenRow,
  ): void {
    let stream = sender.streams.get(name);
    if (stream === undefined) {
      if (this.#streams >= MAX_STREAMS || sender.streams.size >= MAX_STREAMS_EACH) return;
      stream = this.#openStream(sender, String(name), words(), options);
      sender.streams.set(name, stream);
      this.#streams++;
    }
    stream.timeNs = row.timeNs;
    stream.track.push(value, row.n, row.timeNs);
  }

  #openStream(
    sender: Sender,
    name: string,
    words: string,
    options: ConstructorParameters<typeof SequenceTrack>[0],
  ): Stream {
    const stream: Stream = {
      sender,
      name,
      words,
      track: new SequenceTrack(options, {
        gap: (from, to, count, before, after) => this.#tellGap(stream, from, to, count, [before, after]),
        repeat: (value, n) => {
          stream.repeats++;
          this.#tell("sequence-repeat", stream, [n], `${again(value, stream.repeats)} again`, REPEATED);
        },
        disorder: (value, n, wasMissing) => {
          stream.disorders++;
          if (wasMissing && --stream.missing === 0) this.#context.withdrawn("sequence-gap", stream.about);
          this.#tell("sequence-disorder", stream, [n], `${again(value, stream.disorders)} late`, DISORDERED);
        },
      }),
      timeNs: 0,
      missing: 0,
      gaps: 0,
      repeats: 0,
      disorders: 0,
      about: "",
    };
    return stream;
  }

  #tellGap(stream: Stream, from: number, to: number, count: number, evidence: readonly number[]): void {
    const { sender } = stream;
    stream.gaps++;
    stream.missing += count;
    const { missing, gaps } = stream;
    const latest = count === 1 ? `${from}` : `${from} to ${to}`;
    const howMany = gaps === 1 ? numbers(missing) : `${numbers(missing)} in ${gaps} gaps`;
    const gotIt = sender.isPublisher && this.#othersGot(stream, from, to);
    // What no subscriber got is one loss, on however many links it is seen.
    stream.about = sender.isPublisher && !gotIt ? aboutPublisher(stream) : aboutStream(stream);
    const gap = `${from} ${to}`;
    if (sender.isPublisher && !gotIt) {
      if (this.#told.get(stream.about) === gap) return;
      if (this.#told.size >= MAX_STREAMS) this.#told.delete(this.#told.keys().next().value!);
      this.#told.set(stream.about, gap);
    }
    this.#context.found({
      id: "sequence-gap",
      about: stream.about,
      text: `${sender.from} to ${sender.to}, ${stream.words}: ${howMany} missing${gaps === 1 ? `, ${latest}` : `, the latest ${latest}`}. ${gotIt ? LOST_FOR_ONE : LOST_BEFORE}`,
      advice: gotIt ? ADVICE_FOR_ONE : ADVICE_BEFORE,
      tapName: sender.tapName,
      link: sender.isShared ? null : sender.link,
      evidence,
      timeNs: stream.timeNs,
    });
  }

  /** Whether another subscriber of the same publisher got these numbers. */
  #othersGot({ sender, name }: Stream, from: number, to: number): boolean {
    for (const other of this.#senders.values()) {
      if (other === sender || other.tapName !== sender.tapName || other.from !== sender.from) continue;
      for (const stream of other.streams.values()) {
        if (stream.name === name && stream.track.has(from, to)) return true;
      }
    }
    return false;
  }

  #tell(
    id: "sequence-repeat" | "sequence-disorder",
    stream: Stream,
    evidence: readonly number[],
    what: string,
    advice: string,
  ): void {
    const { sender } = stream;
    this.#context.found({
      id,
      about: aboutStream(stream),
      text: `${sender.from} to ${sender.to}, ${stream.words}: ${what}.`,
      advice,
      tapName: sender.tapName,
      link: sender.isShared ? null : sender.link,
      evidence,
      timeNs: stream.timeNs,
    });
  }
}

const NO_TOPIC = new Uint8Array(0);
const MAX_TOPIC = 255;
const OPEN_BRACE = 0x7b;
const OF_BITCOIN = { modulus: modulusOf("u32le"), step: 1, isSure: true } as const;
const OF_UNIT = { modulus: 0, step: 0, isSure: false } as const;
const readCounter = numberReader(BITCOIN);

const LOST_BEFORE = "They did not come to the tap, so they were lost before it, or never sent.";
const LOST_FOR_ONE = "Other subscribers got them: the publisher had no room for them in the queue of this one.";
const ADVICE_BEFORE =
  "Look at the sender: at its high-water mark (ZMQ_SNDHWM), at connections that it lost, and whether it counts what it does not send.";
const ADVICE_FOR_ONE =
  "Let the subscriber take them faster, or give the publisher a larger ZMQ_SNDHWM. A publisher drops what does not fit, and says nothing.";
const REPEATED = "Look at the sender: it may send again what it holds for lost, or two senders count the same.";
const DISORDERED =
  "One connection keeps the order, so the sender itself has put them into this one: several threads, or several sockets in a row.";

function aboutPublisher({ sender, name, words }: Stream): string {
  const who = `${sender.tapName.slice(0, 80)} ${sender.from}`;
  return `${who} ${JSON.stringify(name.slice(0, 60))} ${words.slice(0, 40)}`.slice(0, 200);
}

function aboutStream({ sender, name, words }: Stream): string {
  const who = sender.isShared ? `${sender.tapName.slice(0, 80)} ${sender.from}` : `link ${sender.link}`;
  return `${who} ${JSON.stringify(name.slice(0, 60))} ${words.slice(0, 40)}`.slice(0, 200);
}

function numbers(count: number): string {
  return count === 1 ? "1 number is" : `${count} numbers are`;
}

function again(value: number, times: number): string {
  return times === 1 ? `the number ${value} came` : `${times} numbers, the latest ${value}, came`;
}
