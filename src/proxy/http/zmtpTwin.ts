import type { Direction } from "../../shared/model.ts";
import { MORE } from "../wire/frames.ts";
import { SPOKEN_NAME } from "../wire/metadata.ts";
import { concat, fromText } from "../wire/octets.ts";
import {
  encodeCommand,
  encodeFrame,
  encodeFrameHeader,
  encodeGreeting,
  encodeMetadata,
  encodeProperty,
} from "../wire/writer.ts";
import { Gathered } from "./gathered.ts";
import { HttpReader } from "./httpReader.ts";

/** Octets of a body without a length that are held for one frame; a longer body is told in several. */
export const PIECE_BYTES = 4 * 1024 * 1024;

const SPOKEN_HTTP = "HTTP/1";

/** Octets that all twins with the same budget hold together, at most. Beyond it bodies are told in smaller pieces. */
export type HeldBudget = { held: number; readonly max: number };

export type TwinSink = {
  /** Octets of the twin. They belong to the caller of push(), or to nobody. */
  plain(direction: Direction, octets: Uint8Array): void;
  /** As of an HttpReader: nothing follows. */
  fault(direction: Direction, code: string, message: string): void;
};

/** Of one direction: what is held of a body whose length nobody knows, as long as one is under way. */
class Held extends Gathered {
  isUnderWay = false;
}

const DELIMITER = encodeFrame(new Uint8Array(0), MORE);

/**
 * What an HTTP connection would be as a ZMTP link: a NULL one from a REQ to a REP, whose messages are `[head][body]` behind
 * the delimiter, or `[head]` where there is no body. Whatever reads ZMTP thereby reads HTTP. Bodies of known length pass
 * through; of others at most 4 MiB are held, and what is longer comes in further frames. Never throws.
 */
export class ZmtpTwin {
  readonly #sink: TwinSink;
  readonly #budget: HeldBudget;
  readonly #reader: HttpReader;
  readonly #held: readonly [Held, Held] = [new Held(PIECE_BYTES), new Held(PIECE_BYTES)];

  constructor(sink: TwinSink, budget: HeldBudget) {
    this.#sink = sink;
    this.#budget = budget;
    this.#reader = new HttpReader({
      head: (direction, head, bodyBytes) => this.#begin(direction, head, bodyBytes),
      body: (direction, octets) => this.#add(direction, octets),
      end: (direction) => this.#end(direction),
      fault: (direction, code, message) => {
        this.dispose();
        sink.fault(direction, code, message);
      },
    });
  }

  /** The handshake, which HTTP has none of. */
  start(): void {
    const spoken = encodeProperty(SPOKEN_NAME, fromText(SPOKEN_HTTP));
    for (const direction of [0, 1] as const) this.#sink.plain(direction, encodeGreeting("NULL"));
    for (const direction of [0, 1] as const) {
      const metadata = encodeMetadata(direction === 0 ? "REQ" : "REP");
      this.#sink.plain(direction, encodeCommand("READY", concat([metadata, spoken])));
    }
  }

  push(direction: Direction, octets: Uint8Array): void {
    this.#reader.push(direction, octets);
  }

  /** The sender of a direction has ended it in order. */
  close(direction: Direction): void {
    this.#reader.close(direction);
  }

  /** Lets go of what is held. */
  dispose(): void {
    for (const held of this.#held) this.#take(held);
  }

  #begin(direction: Direction, head: Uint8Array, bodyBytes: number): void {
    const parts = [DELIMITER, encodeFrame(head, bodyBytes === 0 ? 0 : MORE)];
    this.#held[direction].isUnderWay = bodyBytes < 0;
    if (bodyBytes > 0) parts.push(encodeFrameHeader(bodyBytes, 0));
    this.#sink.plain(direction, concat(parts));
  }

  #add(direction: Direction, octets: Uint8Array): void {
    const held = this.#held[direction];
    if (!held.isUnderWay) {
      this.#sink.plain(direction, octets);
      return;
    }
    let at = 0;
    while (at < octets.length) {
      const taken = held.add(octets, at);
      at += taken;
      this.#budget.held += taken;
      if (held.bytes === PIECE_BYTES || this.#budget.held > this.#budget.max) {
        this.#sink.plain(direction, encodeFrame(this.#take(held), MORE));
      }
    }
  }

  #end(direction: Direction): void {
    const held = this.#held[direction];
    if (!held.isUnderWay) return;
    held.isUnderWay = false;
    this.#sink.plain(direction, encodeFrame(this.#take(held), 0));
  }

  #take(held: Held): Uint8Array {
    this.#budget.held -= held.bytes;
    return held.take();
  }
}
