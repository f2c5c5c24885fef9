import type { Asked, Asking, AskingEvents } from "./remote.ts";
import { errorOf } from "./status.ts";

/**
 * Several remotes that all get each message, as one: it has replied when all have. The reply is the first that tells of an
 * error, else that of the first remote. An attempt fails when one of them does; the next one for the same message asks only
 * those that have not replied.
 */
export class AskingAll implements Asking {
  readonly #members: readonly Asking[];
  readonly #events: AskingEvents;
  readonly #replies: (Buffer[] | null)[];
  #asked: Asked | null = null;
  #waiting = 0;
  #failures: string[] = [];

  /** `make` makes a member, which tells the events it is given. */
  constructor(count: number, make: (index: number, events: AskingEvents) => Asking, events: AskingEvents) {
    this.#events = events;
    this.#replies = Array<null>(count).fill(null);
    this.#members = this.#replies.map((_, index) =>
      make(index, {
        replied: (_from, asked, reply) => this.#replied(index, asked, reply),
        failed: (_from, asked, why) => this.#failed(asked, why),
      }),
    );
  }

  ask(asked: Asked, timeoutMs: number): void {
    if (this.#asked !== asked) this.#replies.fill(null);
    this.#asked = asked;
    this.#failures = [];
    const missing = this.#members.filter((_, index) => this.#replies[index] === null);
    this.#waiting = missing.length;
    for (const member of missing) member.ask(asked, timeoutMs);
  }

  close(): void {
    for (const member of this.#members) member.close();
  }

  #replied(index: number, asked: Asked, reply: Buffer[]): void {
    this.#replies[index] = reply;
    this.#ended(asked);
  }

  #failed(asked: Asked, why: string): void {
    this.#failures.push(why);
    this.#ended(asked);
  }

  #ended(asked: Asked): void {
    if (--this.#waiting > 0) return;
    const replies = this.#replies.filter((reply) => reply !== null);
    if (this.#failures.length === 0) {
      this.#asked = null;
      this.#events.replied(this, asked, replies.find((reply) => errorOf(reply) !== null) ?? replies[0]!);
      return;
    }
    const { length } = this.#members;
    this.#events.failed(this, asked, `${length - replies.length} of ${length} remotes failed: ${this.#failures[0]!}`);
  }
}
