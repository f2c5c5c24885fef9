import type { SocketLink } from "../socketLink.ts";
import type { Counters } from "./counters.ts";
import type { ZeroMq } from "../zeromq.ts";

type PubSocket = InstanceType<ZeroMq["Publisher"]>;

/** The PUB leg of a bridge. Who subscribes, and what a slow subscriber loses, is PUB's own affair. */
export class PublishingLeg {
  readonly #socket: PubSocket;
  readonly #link: SocketLink;
  readonly #direction: 0 | 1;
  readonly #counters: Counters;

  /** The socket must have `sendTimeout: 0`. `direction`: 1 where it binds, 0 where it connects. */
  constructor(socket: PubSocket, link: SocketLink, direction: 0 | 1, counters: Counters) {
    this.#socket = socket;
    this.#link = link;
    this.#direction = direction;
    this.#counters = counters;
  }

  /** The promise of the socket: rejected when it is closed. */
  publish(frames: readonly Buffer[]): Promise<void> {
    const sent = this.#socket.send(frames as Buffer[]);
    this.#counters.sent++;
    this.#link.message(this.#direction, frames);
    return sent;
  }
}
