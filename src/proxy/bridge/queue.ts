import type { BridgeLimits } from "../../shared/bridges.ts";
import { UserError } from "../../shared/userError.ts";
import { cannotKeepQueue } from "../faults.ts";
import { type Place, QueueFolder } from "./queueFolder.ts";
import { recordBytes } from "./queueRecord.ts";

/** Since the queue was opened, but for what is queued, where messages found on disk count, too. */
export type QueueCounts = {
  readonly queued: number;
  readonly queuedBytes: number;
  /** How long the oldest has waited; 0 when there is none. */
  readonly oldestMs: number;
  readonly delivered: number;
  /** Deliveries that were tried again. */
  readonly retried: number;
  /** Messages that became older than they may. */
  readonly expired: number;
  /** Messages that were not taken; who put them was told. */
  readonly refused: number;
  /** Messages that were taken and given up, or found unreadable on disk, or lost with a queue in memory that was closed. */
  readonly dropped: number;
};

/** Why a message was not taken, with a sentence for the user. */
export type Refused = { readonly reason: "full" | "too-large" | "disk" | "closed"; readonly message: string };

/** What is not to go unseen, beyond what `put` answers. */
export type QueueReport =
  | { readonly kind: "expired"; readonly count: number }
  | { readonly kind: "dropped"; readonly count: number; readonly why: string }
  /** The disk refuses, told once until it takes something again. */
  | { readonly kind: "problem"; readonly message: string };

export type QueuedMessage = {
  /** Its place in the order of all that the queue ever took. */
  readonly seq: number;
  readonly putMs: number;
  readonly frames: readonly Uint8Array[];
};

export type QueueOptions = {
  /** Octets count as on disk, with 28 for each message and 4 for each frame. */
  readonly limits: BridgeLimits;
  /** Where messages are kept; `null` keeps them in memory only. */
  readonly folder: string | null;
  readonly report: (report: QueueReport) => void;
  /** Milliseconds since 1970, by a clock that nobody sets. */
  readonly now?: () => number;
  /** Of messages that are on disk, what is held in memory as well, in octets. */
  readonly heldBytes?: number;
  /** Behind this size a file on disk is appended to no more, in octets. */
  readonly segmentBytes?: number;
};

type Entry = {
  readonly seq: number;
  readonly putMs: number;
  readonly bytes: number;
  /** `null`: on disk only. */
  readonly frames: readonly Uint8Array[] | null;
  readonly place: Place | null;
};

type Pending = {
  readonly message: QueuedMessage;
  readonly bytes: number;
  readonly settle: (outcome: Refused | null) => void;
};

/** The machine's clock as it was when the process began, carried forward: to set it makes no message old. */
const STARTED_MS = Date.now() - performance.now();
const steadyNow = (): number => Math.round(STARTED_MS + performance.now());

const HELD_BYTES = 16 * 1024 * 1024;
const BATCH_BYTES = 4 * 1024 * 1024;

/**
 * The messages between who was told that they are taken and a remote that may be away: first in, first out, within limits,
 * each delivered at least once unless it is reported as expired or dropped. With a folder they outlive the process: `put`
 * accepts only what is on the disk, and what waits there is in the queue again when it is opened the next time. A folder that
 * cannot be used is an error; memory never stands in for it. One process may have a folder at a time.
 */
export class BridgeQueue {
  readonly #limits: BridgeLimits;
  readonly #report: (report: QueueReport) => void;
  readonly #now: () => number;
  readonly #heldLimit: number;
  #store: QueueFolder | null = null;
  #entries: Entry[] = [];
  /** The oldest of the entries that are not gone. */
  #first = 0;
  /** What `head` has given out, which is no longer among the entries. */
  #out: { readonly entry: Entry; readonly message: QueuedMessage } | null = null;
  #pending: Pending[] = [];
  #committing: Promise<void> | null = null;
  #nextSeq = 1;
  #bytes = 0;
  #pendingBytes = 0;
  #pendingCount = 0;
  #heldBytes = 0;
  #delivered = 0;
  #retried = 0;
  #expired = 0;
  #refused = 0;
  #dropped = 0;
  #hasProblem = false;
  #isClosed = false;

  private constructor({ limits, report, now = steadyNow, heldBytes = HELD_BYTES }: QueueOptions) {
    this.#limits = limits;
    this.#report = report;
    this.#now = now;
    this.#heldLimit = heldBytes;
  }

  /** Rejects with a UserError where the folder cannot be used, or another process has it. */
  static async open(options: QueueOptions): Promise<BridgeQueue> {
    const queue = new BridgeQueue(options);
    const { folder, segmentBytes } = options;
    if (folder === null) return queue;
    const { store, nextSeq, lost } = await QueueFolder.open(folder, {
      found: ({ record, place }) => {
        queue.#take(record, place.bytes, place);
      },
      onProblem: (error) => {
        queue.#tellProblem(error, folder);
      },
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
    });
    queue.#store = store;
    queue.#nextSeq = nextSeq;
    queue.#drop(
      lost,
      `Records in ${folder} that could not be read, such as one that was being written when a process ended`,
    );
    return queue;
  }

  /**
   * Takes a message, which must not be changed any more. Resolves with `null` once it is taken and, with a folder, on the
   * disk; else with why it is not. Never rejects. The order is that of the calls. Several at once share one write.
   */
  put(frames: readonly Uint8Array[]): Promise<Refused | null> {
    const bytes = recordBytes(frames);
    const refused = this.#whyNot(bytes);
    if (refused !== null) {
      this.#refused++;
      return Promise.resolve(refused);
    }
    const message = { seq: this.#nextSeq++, putMs: this.#now(), frames };
    if (this.#store === null) {
      this.#take(message, bytes, null);
      return Promise.resolve(null);
    }
    this.#pendingCount++;
    this.#pendingBytes += bytes;
    return new Promise((settle) => {
      this.#pending.push({ message, bytes, settle });
      this.#committing ??= this.#commit(this.#store!);
    });
  }

  /**
   * The oldest message, which stays the head until it is done or given up, or expires; `null` when there is none. For one
   * reader at a time. Rejects with a UserError when the disk does not give it back; it is still the head then.
   */
  async head(): Promise<QueuedMessage | null> {
    this.#expire(true);
    if (this.#out !== null) return this.#out.message;
    for (let entry = this.#entries[this.#first]; entry !== undefined; entry = this.#entries[this.#first]) {
      const { seq, putMs, frames, place } = entry;
      const found = frames ?? (await this.#store!.read(place!))?.frames;
      // Only `put` expires messages meanwhile, and may have done so with this one.
      if (this.#entries[this.#first] !== entry) continue;
      this.#shift();
      if (found === undefined) {
        this.#forget(entry);
        this.#drop(1, "A message on disk is not what was written");
        continue;
      }
      this.#out = { entry, message: { seq, putMs, frames: found } };
      return this.#out.message;
    }
    return null;
  }

  /** The head was delivered. Nothing happens for a message that is the head no more. */
  done(message: QueuedMessage): void {
    if (this.#letGo(message)) this.#delivered++;
  }

  /** The head is tried again. */
  retried(): void {
    this.#retried++;
  }

  /** The head is delivered no more; `why` without a full stop, for the report. */
  giveUp(message: QueuedMessage, why: string): void {
    if (this.#letGo(message)) this.#drop(1, why);
  }

  /** How long a message has waited. */
  ageMs({ putMs }: { readonly putMs: number }): number {
    return Math.max(0, this.#now() - putMs);
  }

  counts(): QueueCounts {
    const oldest = this.#out?.entry ?? this.#entries[this.#first];
    return {
      queued: this.#length,
      queuedBytes: this.#bytes,
      oldestMs: oldest === undefined ? 0 : this.ageMs(oldest),
      delivered: this.#delivered,
      retried: this.#retried,
      expired: this.#expired,
      refused: this.#refused,
      dropped: this.#dropped,
    };
  }

  /** Takes nothing more. What waits stays on disk, or is dropped where it was in memory only, and reported. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#committing;
    await this.#store?.close();
    if (this.#store !== null) return;
    const lost = this.#length;
    this.#entries = [];
    this.#first = 0;
    this.#out = null;
    this.#bytes = 0;
    this.#drop(lost, "The queue was in memory only, and its bridge has ended");
  }

  get #length(): number {
    return this.#entries.length - this.#first + (this.#out === null ? 0 : 1);
  }

  #whyNot(bytes: number): Refused | null {
    const { maxMessages, maxBytes } = this.#limits;
    if (this.#isClosed)
      return { reason: "closed", message: "The bridge is stopping, so its queue takes nothing more." };
    if (bytes > maxBytes)
      return {
        reason: "too-large",
        message: `The message takes ${bytes} octets, and the queue may hold ${maxBytes}. Raise its limit of octets.`,
      };
    if (this.#isFullFor(bytes)) this.#expire(false);
    if (!this.#isFullFor(bytes)) return null;
    const message = `The queue is full with ${this.#length} of ${maxMessages} messages, ${this.#bytes} of ${maxBytes} octets. Send it again when the remote has taken some.`;
    return { reason: "full", message };
  }

  #isFullFor(bytes: number): boolean {
    const { maxMessages, maxBytes } = this.#limits;
    return this.#length + this.#pendingCount >= maxMessages || this.#bytes + this.#pendingBytes + bytes > maxBytes;
  }

  async #commit(store: QueueFolder): Promise<void> {
    while (this.#pending.length > 0) {
      let count = 0;
      let total = 0;
      for (; count < this.#pending.length && (count === 0 || total < BATCH_BYTES); count++)
        total += this.#pending[count]!.bytes;
      // They stay pending meanwhile, so that nothing behind them is taken for done.
      const batch = this.#pending.slice(0, count);
      let problem: UserError | null = null;
      try {
        const places = await store.append(batch.map(({ message }) => message));
        this.#hasProblem = false;
        for (const [index, { message, bytes }] of batch.entries()) this.#take(message, bytes, places[index]!);
      } catch (error) {
        problem = this.#tellProblem(error, store.folder);
      }
      this.#pending.splice(0, count);
      for (const { bytes, settle } of batch) {
        this.#pendingCount--;
        this.#pendingBytes -= bytes;
        if (problem !== null) this.#refused++;
        settle(problem === null ? null : { reason: "disk", message: problem.message });
      }
    }
    this.#committing = null;
  }

  #take({ seq, putMs, frames }: QueuedMessage, bytes: number, place: Place | null): void {
    const isHeld = place === null || this.#heldBytes + bytes <= this.#heldLimit;
    if (isHeld) this.#heldBytes += bytes;
    this.#bytes += bytes;
    this.#entries.push({ seq, putMs, bytes, frames: isHeld ? frames : null, place });
  }

  #shift(): void {
    this.#first++;
    if (this.#first < 1024 || this.#first * 2 < this.#entries.length) return;
    this.#entries.splice(0, this.#first);
    this.#first = 0;
  }

  /** Expires what is too old; the head that was given out only `withHead`. */
  #expire(withHead: boolean): void {
    const { maxAgeMs } = this.#limits;
    if (maxAgeMs === 0) return;
    const before = this.#now() - maxAgeMs;
    let count = 0;
    if (withHead && this.#out !== null && this.#out.entry.putMs < before) {
      this.#letGo(this.#out.message);
      count++;
    }
    for (let entry = this.#entries[this.#first]; entry !== undefined && entry.putMs < before; count++) {
      this.#shift();
      this.#forget(entry);
      entry = this.#entries[this.#first];
    }
    if (count === 0) return;
    this.#expired += count;
    this.#report({ kind: "expired", count });
  }

  /** Whether the message is the head, which is then no more. */
  #letGo(message: QueuedMessage): boolean {
    const out = this.#out;
    if (out?.message.seq !== message.seq) return false;
    this.#out = null;
    this.#forget(out.entry);
    return true;
  }

  /** An entry that is in no list any more is not waited for on disk, either. */
  #forget(entry: Entry): void {
    this.#bytes -= entry.bytes;
    if (entry.frames !== null) this.#heldBytes -= entry.bytes;
    if (entry.place === null) return;
    const oldest = this.#out?.entry ?? this.#entries[this.#first] ?? this.#pending[0]?.message;
    this.#store?.done(entry.place, oldest?.seq ?? this.#nextSeq);
  }

  #drop(count: number, why: string): void {
    if (count === 0) return;
    this.#dropped += count;
    this.#report({ kind: "dropped", count, why });
  }

  #tellProblem(error: unknown, folder: string): UserError {
    const problem = error instanceof UserError ? error : cannotKeepQueue(folder, error);
    if (!this.#hasProblem) this.#report({ kind: "problem", message: problem.message });
    this.#hasProblem = true;
    return problem;
  }
}
