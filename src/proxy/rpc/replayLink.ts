import type { Duplex } from "node:stream";
import { UserError } from "../../shared/userError.ts";
import type { ZmtpClient } from "../wire/zmtpClient.ts";

/** Octets that are written at once. Larger messages go by themselves. */
const BATCH_BYTES = 64 * 1024;
/** A batch that is filled less than this is copied, so that its memory can be filled again. */
const COPIED_BYTES = 8 * 1024;
/** How long the other side may take for the handshake. */
const HANDSHAKE_MS = 10_000;
/** How long it has to close behind us. */
const HANG_UP_MS = 1_000;

export type ReplayLinkEvents = {
  /** A whole message came; its frames belong to the receiver. */
  message(frames: readonly Uint8Array[]): void;
  /** The other side subscribed to something or no longer is. */
  subscribed(): void;
  /** There may be room again. */
  drained(): void;
  /** It was ready, and is of no use any more. Told once, unless it was closed by us. */
  lost(): void;
};

/**
 * One connection of a replay, and what waits to be written to it: octets are gathered and written many messages at a time.
 * The caller writes nothing more while it is full.
 */
export class ReplayLink {
  /** Resolves when messages may be sent; rejects with a UserError when that will never be. */
  readonly ready: Promise<void>;
  isReady = false;
  readonly #stream: Duplex;
  readonly #client: ZmtpClient;
  readonly #events: ReplayLinkEvents;
  #batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
  #filled = 0;
  #isOver = false;
  #settle: { resolve: () => void; reject: (error: Error) => void } | null = null;

  /** Takes over a stream that is open, or about to be. `whyNot` rejects with why it never opens. */
  constructor(stream: Duplex, client: ZmtpClient, events: ReplayLinkEvents, whyNot: Promise<unknown> | null = null) {
    this.#stream = stream;
    this.#client = client;
    this.#events = events;
    this.ready = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    const timer = setTimeout(
      () => this.#fail("The other side did not finish its handshake within 10 s. Check the endpoint and its security."),
      HANDSHAKE_MS,
    );
    this.ready.then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    );
    whyNot?.catch((error: unknown) => this.#fail(`Nothing was sent: ${sentence(error)}`));
    // Within 'data' a tap has not looked at these octets yet; what is answered at once would be seen before them.
    stream.on("data", (chunk: Uint8Array) => queueMicrotask(() => this.#read(chunk)));
    stream.on("drain", () => events.drained());
    const onGone = (): void => {
      // What rejects with the reason is a moment later.
      setImmediate(() =>
        this.#fail(
          "The server closed the connection before anything was sent. Its socket type or security may not fit: probe it, or see its log.",
        ),
      );
    };
    stream.once("end", onGone);
    stream.once("close", onGone);
    stream.once("error", onGone);
    // A connection that a listener hands over is paused.
    stream.resume();
    stream.write(client.start());
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Nothing more may be put until there is room. */
  get isFull(): boolean {
    return !this.#isOver && this.#stream.writableNeedDrain;
  }

  /** Whether something on the other side wants a publication with this topic. */
  wants(topic: Uint8Array): boolean {
    return this.#client.subscriptions.matches(topic, false);
  }

  get subscriptions(): number {
    return this.#client.subscriptions.count;
  }

  /** Takes the first `size` octets, a whole message, as a copy. Only when it is ready. */
  put(octets: Buffer, size: number): void {
    if (this.#isOver) return;
    if (size > BATCH_BYTES - this.#filled) this.flush();
    if (size > BATCH_BYTES) {
      this.#write(Buffer.from(octets.subarray(0, size)));
      return;
    }
    octets.copy(this.#batch, this.#filled, 0, size);
    this.#filled += size;
  }

  /** Writes what was put. */
  flush(): void {
    if (this.#filled === 0) return;
    const batch = this.#batch.subarray(0, this.#filled);
    this.#filled = 0;
    if (batch.length < COPIED_BYTES) {
      this.#write(Buffer.from(batch));
    } else {
      this.#batch = Buffer.allocUnsafeSlow(BATCH_BYTES);
      this.#write(batch);
    }
  }

  /** Ends behind what was put. Resolves when the other side has closed too, or did not within a second of the last octet. */
  async close(): Promise<void> {
    if (this.#isOver) return;
    this.flush();
    this.#end();
    const stream = this.#stream;
    if (stream.destroyed) return;
    await new Promise<void>((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      stream.once("close", () => {
        clearTimeout(timer);
        resolve();
      });
      stream.resume();
      stream.end(() => (timer = setTimeout(() => stream.destroy(), HANG_UP_MS)));
    });
  }

  /** Ends now, whatever is still to be written. */
  destroy(): void {
    this.#end();
    this.#stream.destroy();
  }

  #write(octets: Uint8Array): void {
    if (!this.#isOver) this.#stream.write(this.#client.seal(octets));
  }

  #read(chunk: Uint8Array): void {
    if (this.#isOver) return;
    for (const event of this.#client.push(chunk)) {
      switch (event.kind) {
        case "send":
          this.#stream.write(event.bytes);
          break;
        case "ready":
          this.isReady = true;
          this.#settle?.resolve();
          break;
        case "subscribed":
          this.#events.subscribed();
          break;
        case "message":
          this.#events.message(event.frames);
          break;
        case "failed":
          this.#fail(event.message);
          return;
      }
    }
  }

  #fail(message: string): void {
    if (this.#isOver) return;
    const wasReady = this.isReady;
    if (!wasReady) this.#settle?.reject(new UserError("replay-failed", message));
    this.destroy();
    if (wasReady) this.#events.lost();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#settle?.reject(new UserError("cancelled", "The replay was cancelled."));
    this.#client.dispose();
    // Whatever happens to it from here on, nobody waits for it.
    this.#stream.on("error", () => undefined);
  }
}

function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /[.!?]$/.test(message) ? message : `${message}.`;
}
