import { ORIGINS, type Direction, type EventName, type Origin, type RowStatus } from "../shared/model.ts";
import { sendsTopics } from "./envelope.ts";
import { KINDS, type Subject, type SubjectLink, type SubjectSaid } from "./filter/subject.ts";
import { unkeptWords } from "./rowWords.ts";
import { type Command, readCommand } from "./wire/commands.ts";
import { type Framing, walkFrames } from "./wire/frames.ts";

const MESSAGE = KINDS.indexOf("message");
const COMMAND = KINDS.indexOf("command");
/** Frames of a message that filters look at. */
const MAX_FRAMES = 100_000;

/** A message that no capture has yet. */
export type UnkeptMessage = {
  /** As on the wire, without commands between its frames. */
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  /** A command frame, or a subscription in a message. */
  readonly isCommand: boolean;
};

/** Where it stands. */
export type MessagePlace = {
  readonly direction: Direction;
  readonly framing: Framing;
  readonly origin: Origin;
  readonly link: SubjectLink;
  /** Nanoseconds on the capture's clock. */
  readonly nowNs: number;
  /** Milliseconds since 1970 of that clock's 0. */
  readonly anchorMs: number;
  /** What its channel's dialect makes of it; `null` where that is not known. */
  readonly said: (frames: readonly Uint8Array[]) => SubjectSaid | null;
};

/** The frames' bodies of a message on the wire, as views; of a command its one. */
export function framesOf({ bytes }: Pick<UnkeptMessage, "bytes">, framing: Framing): readonly Uint8Array[] {
  return walkFrames(bytes, framing, MAX_FRAMES).map(({ offset, keptBytes }) =>
    bytes.subarray(offset, offset + keptBytes),
  );
}

/** A message on its way, as filters read rows. What only the log knows of a row (its number, its reply) it has not. */
export class MessageSubject implements Subject {
  readonly n = 0;
  readonly kind: number;
  readonly direction: Direction;
  readonly link: SubjectLink;
  readonly tapName: string;
  readonly origin: number;
  readonly exchange = 0;
  readonly guessed = false;
  readonly timeNs: number;
  readonly nowNs: number;
  readonly anchorMs: number;
  readonly sizeBytes: number;
  readonly latencyNs = -1;
  readonly copies = 0;
  readonly isLate = false;
  readonly isDuplicate = false;
  readonly isHeartbeat = false;
  readonly isPinned = false;
  readonly note = "";
  readonly event: EventName | "";
  readonly #place: MessagePlace;
  readonly #frames: readonly Uint8Array[];
  readonly #command: Command | null;
  #words: { readonly topic: string; readonly preview: string } | null = null;
  #said: SubjectSaid | null | undefined;

  constructor(message: UnkeptMessage, place: MessagePlace) {
    this.#place = place;
    this.#frames = framesOf(message, place.framing);
    this.kind = message.isCommand ? COMMAND : MESSAGE;
    this.direction = place.direction;
    this.link = place.link;
    this.tapName = place.link.tapName;
    this.origin = ORIGINS.indexOf(place.origin);
    this.timeNs = place.nowNs;
    this.nowNs = place.nowNs;
    this.anchorMs = place.anchorMs;
    this.sizeBytes = message.sizeBytes;
    this.#command = message.isCommand ? readCommand(message.bytes, place.framing) : null;
    this.event = this.#command?.kind ?? "";
  }

  get frames(): number {
    return this.#frames.length;
  }

  frame(i: number): Uint8Array | null {
    return this.#frames.at(i) ?? null;
  }

  /** Findings come behind the traffic. */
  finding(): null {
    return null;
  }

  said(): SubjectSaid | null {
    if (this.#command !== null) return null;
    if (this.#said === undefined) this.#said = this.#place.said(this.#frames);
    return this.#said;
  }

  status(): RowStatus {
    return "none";
  }

  topicText(): string {
    return this.#shown().topic;
  }

  preview(): string {
    return this.#shown().preview;
  }

  topic(): Uint8Array | null {
    if (this.#command !== null) return "topic" in this.#command ? this.#command.topic : null;
    const { client, server } = this.link.sockets;
    return sendsTopics(this.direction === 0 ? client : server) ? this.frame(0) : null;
  }

  #shown(): { readonly topic: string; readonly preview: string } {
    this.#words ??= this.#makeWords();
    return this.#words;
  }

  #makeWords(): { readonly topic: string; readonly preview: string } {
    if (this.#command === null) return unkeptWords(this.#frames, this.direction === 1, this.link.sockets);
    const topic = Buffer.from(this.topic() ?? new Uint8Array(0)).toString("utf8");
    return { topic, preview: topic === "" ? this.event : `${this.event} ${topic}` };
  }
}
