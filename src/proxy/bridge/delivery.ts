import type { BridgeQueue, QueuedMessage } from "./queue.ts";
import type { Counters } from "./counters.ts";
import type { Question, Remotes } from "./remotes.ts";
import { errorOf } from "./status.ts";

/** A message is too old a little before the question about it is, so that the queue itself says so. */
const LATE_MS = 2;
const DISK_PAUSE_MS = 1_000;

export type DeliveryOptions = {
  readonly queue: BridgeQueue;
  readonly remotes: Remotes;
  readonly counters: Counters;
  /** As of the queue; 0: never. */
  readonly maxAgeMs: number;
  /** What nobody is there to be told of; a sentence. */
  readonly onProblem: (problem: string) => void;
  /** A message was delivered. */
  readonly onDelivered: () => void;
};

/**
 * Brings what a queue holds to the remotes, one message at a time and in order. Any reply is a delivery, also one that tells
 * of an error, since the remote has had the message then. A message is given up when its attempts are used up or it is too
 * old.
 */
export class Delivery implements Question {
  readonly #options: DeliveryOptions;
  #message: QueuedMessage | null = null;
  #isLooking = false;
  #isEnded = false;
  #again: NodeJS.Timeout | undefined;
  deadlineMs = Infinity;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  get frames(): readonly Uint8Array[] {
    return this.#message!.frames;
  }

  /** Something may be in the queue. */
  wake(): void {
    if (this.#message !== null || this.#isLooking || this.#isEnded) return;
    this.#isLooking = true;
    void this.#next();
  }

  /** The message under way stays in the queue. */
  end(): void {
    this.#isEnded = true;
    clearTimeout(this.#again);
  }

  answered(reply: Buffer[]): void {
    const message = this.#message!;
    const { queue, counters, onProblem, onDelivered } = this.#options;
    this.#message = null;
    counters.delivered++;
    const error = errorOf(reply);
    if (error !== null) {
      counters.errors++;
      onProblem(`A remote replied with an error: ${error}`);
    }
    queue.done(message);
    onDelivered();
    this.wake();
  }

  failed(why: string, isLate: boolean): void {
    const message = this.#message!;
    this.#message = null;
    if (this.#isEnded) return;
    // What is too old the queue gives up itself.
    if (!isLate) this.#options.queue.giveUp(message, why.replace(/[.]$/, ""));
    this.wake();
  }

  async #next(): Promise<void> {
    const { queue, remotes, maxAgeMs, onProblem } = this.#options;
    let message: QueuedMessage | null;
    try {
      message = await queue.head();
    } catch (error) {
      this.#isLooking = false;
      onProblem(error instanceof Error ? error.message : String(error));
      this.#again = setTimeout(() => this.wake(), DISK_PAUSE_MS);
      return;
    }
    this.#isLooking = false;
    if (message === null || this.#isEnded) return;
    this.#message = message;
    const leftMs = maxAgeMs === 0 ? Infinity : maxAgeMs - queue.ageMs(message) + LATE_MS;
    this.deadlineMs = performance.now() + leftMs;
    remotes.ask(this);
  }
}
