import type { UserError } from "../../shared/userError.ts";

/** What one attempt of a call tells, until it is closed. */
export type AttemptEvents = {
  /** The request has left for the server. */
  sent(): void;
  /** A message has come. Frames as the caller's program gets them: without the delimiter of a REQ. */
  message(frames: readonly Uint8Array[]): void;
  /** A one-way message was handed over; nothing follows. */
  done(): void;
  /** Nothing follows. `mayPass`: the server was gone, and may be back for another attempt. */
  failed(error: UserError, mayPass: boolean): void;
};

/** A socket made for one attempt of a call. */
export type Attempt = {
  /** What keeps it from sending, as far as that can be told, in a sentence. */
  progress(): string;
  /** Sends one more message on a DEALER's connection that stands. */
  send(frames: readonly Uint8Array[]): void;
  /** Rows of its request and of the first message that came, where it went through a tap. */
  rows(): readonly [number | null, number | null];
  /** Ends it; it tells nothing more. */
  close(): void;
};

/** Begins an attempt. Throws or tells `failed` when the target cannot be used. */
export type OpenAttempt = (events: AttemptEvents) => Attempt;
