import { Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * What one direction of a link has carried, in octets. Where the octets are passed on as they are,
 * received + added = sent + queued + undelivered + removed.
 */
export type Carried = {
  /** Read from the sender's connection, as that counts it. */
  readonly received: number;
  /** Taken by the system for the receiver. Of a receiver that is gone only what is sure to have been. */
  readonly sent: number;
  /** Under way in the tap. */
  readonly queued: number;
  /** Could not be handed on, or only perhaps: at most what was written last to a receiver that failed. */
  readonly undelivered: number;
  /** What the tap itself put in, and took out, on the user's wish. */
  readonly added: number;
  readonly removed: number;
};

export const NOTHING_CARRIED: Carried = { received: 0, sent: 0, queued: 0, undelivered: 0, added: 0, removed: 0 };

/**
 * Counts what passes through one direction of a link. What came and what went is read from the two connections themselves,
 * which count for their own, so that nothing the relay does between them can go unnoticed.
 */
export class FlowCount {
  readonly #from: Duplex;
  readonly #to: Duplex;
  /** What the connections had carried before there was a link. */
  #readBefore = 0;
  #writtenBefore = 0;
  /** Octets that the relay got. */
  #taken = 0;
  /** Octets that were written, and how many of them the system had certainly taken. */
  #written = 0;
  #confirmed = 0;
  /** Octets that came when nothing could be handed on any more. */
  discarded = 0;
  added = 0;
  removed = 0;
  /** Octets that a detour was given, less those that it has handed back. */
  #aside = 0;
  #heldUpMs = 0;
  #heldSinceMs = -1;

  constructor(from: Duplex, to: Duplex) {
    this.#from = from;
    this.#to = to;
  }

  /** The link begins with these chunks, which were read before. Nothing may have been taken or written yet. */
  begin(early: readonly Uint8Array[]): void {
    const waiting = early.reduce((sum, { length }) => sum + length, this.#from.readableLength);
    if (this.#from instanceof Socket) this.#readBefore = this.#from.bytesRead - waiting;
    if (this.#to instanceof Socket) this.#writtenBefore = this.#to.bytesWritten;
  }

  took(bytes: number): void {
    this.#taken += bytes;
  }

  /** So many octets were written just now. */
  wrote(bytes: number): void {
    this.#written += bytes;
    if (this.#to.writableLength === 0 && this.#to.errored === null) this.#confirmed = this.#written;
  }

  /** So many octets went into a detour. */
  tookAside(bytes: number): void {
    this.#aside += bytes;
  }

  /** A detour handed so many octets on, which are written next. */
  handedBack(bytes: number): void {
    this.#aside -= bytes;
  }

  /** A detour has handed on all that it will, so that what is missing was taken out, and what is too much put in. */
  nothingAside(): void {
    if (this.#aside > 0) this.removed += this.#aside;
    else this.added -= this.#aside;
    this.#aside = 0;
  }

  /** What a detour still had is lost, since its link ends. */
  lostAside(): void {
    if (this.#aside > 0) this.discarded += this.#aside;
    else this.added -= this.#aside;
    this.#aside = 0;
  }

  /** The sender is not read from now on, since the receiver takes nothing more. */
  held(): void {
    if (this.#heldSinceMs < 0) this.#heldSinceMs = performance.now();
  }

  /** It is read again, or there is nothing more to read. */
  released(): void {
    this.#confirm();
    if (this.#heldSinceMs < 0) return;
    this.#heldUpMs += performance.now() - this.#heldSinceMs;
    this.#heldSinceMs = -1;
  }

  /** For how long the sender was not read because the receiver took nothing. */
  get heldUpMs(): number {
    return this.#heldUpMs + (this.#heldSinceMs < 0 ? 0 : performance.now() - this.#heldSinceMs);
  }

  /** Octets under way in the tap. */
  get queued(): number {
    return this.#pending + Math.max(0, this.#aside) + (this.#from.destroyed ? 0 : this.#from.readableLength);
  }

  /** As it stands now; between two chunks, the equation holds. */
  carried(): Carried {
    this.#confirm();
    const from = this.#from;
    const to = this.#to;
    const received = from instanceof Socket ? from.bytesRead - this.#readBefore : this.#taken;
    const written = to instanceof Socket ? to.bytesWritten - this.#writtenBefore : this.#written;
    const hasFailed = this.#hasFailed;
    // What a connection that broke had read, but not given yet.
    const unread = from.destroyed && !from.readableEnded ? received - this.#taken : 0;
    return {
      received,
      sent: hasFailed ? this.#confirmed : written - this.#pending,
      queued: this.queued,
      undelivered: this.discarded + (hasFailed ? this.#written - this.#confirmed : 0) + unread,
      added: this.added + Math.max(0, -this.#aside),
      removed: this.removed,
    };
  }

  get #hasFailed(): boolean {
    return this.#to.errored !== null || (this.#to.destroyed && !this.#to.writableFinished);
  }

  get #pending(): number {
    return this.#to.destroyed ? 0 : this.#to.writableLength;
  }

  #confirm(): void {
    if (!this.#hasFailed && this.#to.writableLength === 0) this.#confirmed = this.#written;
  }
}
