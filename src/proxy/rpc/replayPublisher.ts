import type { Duplex } from "node:stream";
import type { ReplaySocket } from "../../shared/replaySession.ts";
import { ZmtpClient } from "../wire/zmtpClient.ts";
import { topicOf } from "./replayConversation.ts";
import { ReplayLink } from "./replayLink.ts";

/** Receivers at once; more are turned away. */
const MAX_RECEIVERS = 1_024;

export type PublisherEvents = {
  sent(): void;
  unsubscribed(): void;
  /** There may be room. */
  changed(): void;
};

/**
 * A PUB, XPUB or PUSH of our own at which others connect, with the NULL mechanism: a publication goes to each of those that
 * want it, a PUSH's message to one of them in turn. It waits for receivers that are slow instead of dropping anything.
 */
export class ReplayPublisher {
  readonly #socket: ReplaySocket;
  readonly #events: PublisherEvents;
  readonly #links = new Set<ReplayLink>();
  /** Those that may be sent to, for the turns of a PUSH. */
  #ready: ReplayLink[] = [];
  #turn = 0;
  #hasBegun = false;

  constructor(socket: ReplaySocket, events: PublisherEvents) {
    this.#socket = socket;
    this.#events = events;
  }

  /** Takes over a connection that somebody has made. */
  accept(stream: Duplex): void {
    if (this.#links.size >= MAX_RECEIVERS) {
      stream.destroy();
      return;
    }
    const link = new ReplayLink(stream, new ZmtpClient({ socket: this.#socket }), {
      message: () => undefined,
      subscribed: () => this.#events.changed(),
      drained: () => this.#events.changed(),
      lost: () => this.#leave(link),
    });
    this.#links.add(link);
    link.ready.then(
      () => {
        this.#ready.push(link);
        this.#events.changed();
      },
      // What does not get through its handshake receives nothing.
      () => this.#leave(link),
    );
  }

  /** Whether the next message has to wait: for a first receiver, or for one that takes no more. */
  get isFull(): boolean {
    if (this.#socket === "PUSH") return !this.#ready.some((link) => !link.isFull);
    this.#hasBegun ||= this.#ready.some(({ subscriptions }) => subscriptions > 0);
    return !this.#hasBegun || this.#ready.some((link) => link.isFull);
  }

  /** Sends the first `size` octets, a whole message. Not while it is full. */
  send(octets: Buffer, size: number): void {
    let reached = 0;
    if (this.#socket === "PUSH") {
      for (let tried = 0; tried < this.#ready.length && reached === 0; tried++) {
        const link = this.#ready[this.#turn++ % this.#ready.length]!;
        if (link.isFull) continue;
        link.put(octets, size);
        reached = 1;
      }
    } else {
      const topic = topicOf(octets, size);
      for (const link of this.#ready) {
        if (!link.wants(topic)) continue;
        link.put(octets, size);
        reached++;
      }
    }
    if (reached > 0) this.#events.sent();
    else this.#events.unsubscribed();
  }

  flush(): void {
    for (const link of this.#ready) link.flush();
  }

  async close(): Promise<void> {
    const ready = [...this.#links].filter(({ isReady }) => isReady);
    for (const link of this.#links) if (!link.isReady) link.destroy();
    await Promise.all(ready.map((link) => link.close()));
  }

  destroy(): void {
    for (const link of this.#links) link.destroy();
  }

  #leave(link: ReplayLink): void {
    this.#links.delete(link);
    this.#ready = this.#ready.filter((other) => other !== link);
    this.#events.changed();
  }
}
