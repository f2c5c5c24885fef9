import type { Direction } from "../../shared/model.ts";
import type { Framing } from "./frames.ts";
import { concat } from "./octets.ts";

/** Where one direction stands; compared often, hence numbers. */
export const GREETING = 0;
export const IDENTITY = 1;
export const MECHANISM = 2;
export const TRAFFIC = 3;
export const SEALED = 4;
export const OPAQUE = 5;
export type Phase = 0 | 1 | 2 | 3 | 4 | 5;

/** Octets of a command, identity or subscription that are looked at; the rest is followed by count. */
const MAX_COLLECTED_BYTES = 64 * 1024;
const FIRST_COLLECTED_BYTES = 256;

/** Octets that wait for the other side's greeting, with the caller's number of the chunk they came in. */
type Held = { readonly bytes: Uint8Array; readonly chunk: number };

/** All that is remembered about one direction of a link between two chunks: numbers, and a few bounded octets. */
export class LinkSide {
  readonly direction: Direction;
  phase: Phase = GREETING;
  framing: Framing = 3;

  /** The first octets, for the other direction's greeting to be judged by. */
  greeting: Uint8Array = new Uint8Array(0);
  held: Held[] = [];
  heldBytes = 0;

  /** Of the whole direction: where the chunk that is read begins, and the octets pushed while no traffic had come. */
  chunkAt = 0;
  /** Octets of the stream before the frame under way; likewise. */
  frameAt = 0;
  shakenBytes = 0;
  /** Where its traffic begins; -1 before. */
  trafficAt = -1;

  /** The current frame; `bodyLeft` and `headerFilled` are both 0 between frames. */
  readonly header = new Uint8Array(10);
  headerFilled = 0;
  bodyLeft = 0;
  frameChunk = 0;
  frameOffset = 0;
  frameSize = 0;
  isCommand = false;
  isLast = true;

  /** The current message; `frames` is 0 outside. */
  frames = 0;
  sizeBytes = 0;
  startChunk = 0;
  startOffset = 0;
  /** Its envelope, where pairing asks for it. */
  requestId = -1;
  hasDelimiter = false;

  messages = 0;
  /** Encrypted frames. */
  sealedFrames = 0;
  /** Frames with reserved flag bits set, which libzmq ignores too. */
  reservedFrames = 0;

  /** Whole short frames need nothing but counting. */
  isFast = false;
  isPaired = false;
  readsEnvelope = false;
  /** SUB or XSUB: its messages may be subscriptions. */
  isSubscriber = false;
  /** Empty messages in a row from a subscriber, as libzmq's broken long topics begin. */
  emptyMessages = 0;

  isCollecting = false;
  collectedBytes = 0;
  #collected = new Uint8Array(0);

  constructor(direction: Direction) {
    this.direction = direction;
  }

  hold(bytes: Uint8Array, chunk: number): void {
    this.held.push({ bytes: new Uint8Array(bytes), chunk });
    this.heldBytes += bytes.length;
  }

  /** All held octets as one array. */
  joinHeld(): Uint8Array {
    return concat(this.held.map(({ bytes }) => bytes));
  }

  collect(bytes: Uint8Array, from: number, to: number): void {
    const needed = Math.min(this.collectedBytes + to - from, MAX_COLLECTED_BYTES);
    if (needed > this.#collected.length) {
      const grown = new Uint8Array(Math.max(needed, this.#collected.length * 2, FIRST_COLLECTED_BYTES));
      grown.set(this.#collected.subarray(0, this.collectedBytes));
      this.#collected = grown;
    }
    for (let at = from; this.collectedBytes < needed; at++) this.#collected[this.collectedBytes++] = bytes[at]!;
  }

  /** What was collected of the current frame; good until the next frame begins. */
  borrowCollected(): Uint8Array {
    return this.#collected.subarray(0, this.collectedBytes);
  }
}
