import type { Counters } from "./counters.ts";
import { Fifo } from "./fifo.ts";
import type { Asked, Asking, AskingEvents } from "./remote.ts";

/** Wait before another attempt when one failed sooner than this, so that a remote that fails at once is not asked on and on. */
export const PAUSE_MS = 100;

/** A message that a remote shall reply to. */
export type Question = Asked & {
  /** When nobody cares for a reply any more, as performance.now() tells time; may be infinite. */
  readonly deadlineMs: number;
  answered(reply: Buffer[]): void;
  /** `why` is a sentence. `isLate`: its time was over. */
  failed(why: string, isLate: boolean): void;
};

export type RemotesOptions = {
  readonly timeoutMs: number;
  /** Further attempts; may be infinite. */
  readonly retries: number;
  readonly counters: Counters;
  /** Told why an attempt failed, and `null` when one has succeeded behind such. */
  readonly onProblem: (problem: string | null) => void;
};

/** A question and its attempts so far. */
type Try = { readonly question: Question; readonly frames: readonly Uint8Array[]; attempts: number; startedMs: number };

/**
 * Hands each question to the remote that has been free for longest, and to another one when that fails, as often as is
 * allowed. Questions wait in order while no remote is free; each ends by its deadline.
 */
export class Remotes {
  readonly #options: RemotesOptions;
  readonly #free = new Fifo<Asking>();
  readonly #waiting = new Fifo<Try>();
  readonly #pauses = new Set<NodeJS.Timeout>();
  #all: readonly Asking[] = [];
  #underWay: Try[] = [];
  #expiring: NodeJS.Timeout | undefined;
  #expiringAtMs = Infinity;
  #hasProblem = false;
  #isClosed = false;

  /** What its remotes have to be told when they are made. */
  readonly events: AskingEvents = {
    replied: (from, asked, reply) => this.#replied(from, asked as Try, reply),
    failed: (from, asked, why) => this.#failed(from, asked as Try, why),
  };

  constructor(options: RemotesOptions) {
    this.#options = options;
  }

  /** Remotes that are open. */
  use(remotes: readonly Asking[]): void {
    this.#all = remotes;
    for (const remote of remotes) this.#free.push(remote);
  }

  ask(question: Question): void {
    this.#place({ question, frames: question.frames, attempts: 0, startedMs: 0 });
  }

  /** What has not ended fails with `why`. */
  close(why: string): void {
    this.#isClosed = true;
    clearTimeout(this.#expiring);
    for (const pause of this.#pauses) clearTimeout(pause);
    for (const remote of this.#all) remote.close();
    for (const { question } of this.#underWay) question.failed(why, false);
    this.#underWay = [];
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
      next.question.failed(why, false);
  }

  #place(one: Try): void {
    if (this.#isClosed) {
      one.question.failed(CLOSED, false);
    } else if (this.#free.length > 0 && this.#waiting.length === 0) {
      this.#start(this.#free.shift()!, one);
    } else {
      this.#waiting.push(one);
      this.#watchDeadline();
    }
  }

  #start(remote: Asking, one: Try): void {
    const { timeoutMs, counters } = this.#options;
    one.startedMs = performance.now();
    const leftMs = one.question.deadlineMs - one.startedMs;
    if (leftMs <= 0) {
      this.#free.push(remote);
      one.question.failed(EXPIRED, true);
      return;
    }
    if (one.attempts++ === 0) counters.sent++;
    else counters.retried++;
    this.#underWay.push(one);
    remote.ask(one, Math.min(timeoutMs, leftMs));
  }

  #replied(from: Asking, one: Try, reply: Buffer[]): void {
    this.#end(from, one);
    one.question.answered(reply);
    if (this.#hasProblem) {
      this.#hasProblem = false;
      this.#options.onProblem(null);
    }
    this.#goOn();
  }

  #failed(from: Asking, one: Try, why: string): void {
    this.#end(from, one);
    this.#hasProblem = true;
    this.#options.onProblem(why);
    const nowMs = performance.now();
    const pauseMs = nowMs - one.startedMs < PAUSE_MS ? PAUSE_MS : 0;
    if (one.attempts > this.#options.retries) one.question.failed(why, false);
    else if (nowMs + pauseMs >= one.question.deadlineMs) one.question.failed(why, true);
    else if (pauseMs === 0) this.#place(one);
    else this.#pause(one);
    this.#goOn();
  }

  #pause(one: Try): void {
    this.#underWay.push(one);
    const pause = setTimeout(() => {
      this.#pauses.delete(pause);
      this.#underWay.splice(this.#underWay.indexOf(one), 1);
      this.#place(one);
    }, PAUSE_MS);
    this.#pauses.add(pause);
  }

  #end(remote: Asking, one: Try): void {
    this.#free.push(remote);
    if (this.#underWay.length === 1) this.#underWay.pop();
    else this.#underWay.splice(this.#underWay.indexOf(one), 1);
  }

  #goOn(): void {
    while (this.#free.length > 0 && this.#waiting.length > 0 && !this.#isClosed)
      this.#start(this.#free.shift()!, this.#waiting.shift()!);
  }

  /** Questions have the same time each, so the oldest is the first to be too late. */
  #watchDeadline(): void {
    const deadlineMs = this.#waiting.head?.question.deadlineMs ?? Infinity;
    if (deadlineMs === Infinity || this.#expiringAtMs <= deadlineMs) return;
    clearTimeout(this.#expiring);
    this.#expiringAtMs = deadlineMs;
    this.#expiring = setTimeout(() => this.#expire(), Math.max(0, Math.ceil(deadlineMs - performance.now())));
  }

  #expire(): void {
    this.#expiringAtMs = Infinity;
    const nowMs = performance.now();
    while (this.#waiting.length > 0 && this.#waiting.head!.question.deadlineMs <= nowMs)
      this.#waiting.shift()!.question.failed(EXPIRED, true);
    this.#watchDeadline();
  }
}

const CLOSED = "The bridge was stopped.";
const EXPIRED = "All remotes were busy until the time for an answer was over.";
