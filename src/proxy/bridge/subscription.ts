import type { SocketLink } from "../socketLink.ts";
import type { Context, ZeroMq } from "../zeromq.ts";
import type { Counters } from "./counters.ts";
import type { LegOptions } from "./legSecurity.ts";
import { isHeartbeat } from "./status.ts";
import { bindSocket } from "./zeromq.ts";

type SubSocket = InstanceType<ZeroMq["Subscriber"]>;

/** How often in its time silence is looked for, which is so exact then. */
const LOOKS = 20;
const RECEIVE_HIGH_WATER_MARK = 10_000;

export type SubscriptionOptions = {
  readonly zmq: ZeroMq;
  readonly context: Context;
  readonly attach: "bind" | "connect";
  readonly security: LegOptions;
  /** Silence after which the connection is made anew; 0: never. Only of one that connects. */
  readonly recreateTimeoutMs: number;
  /** Of a frame; a publisher that sends more is disconnected. */
  readonly maxMessageBytes: number;
  readonly counters: Counters;
  readonly openLink: (endpoint: string) => SocketLink;
  /**
   * Each message in its order. The next one is not read before what this returns is done; it is not called when the socket
   * is closed.
   */
  readonly onMessage: (frames: Buffer[], isHeartbeat: boolean) => Promise<void> | null;
  /** The socket failed, which ends the subscription. */
  readonly onFailure: (error: unknown) => void;
};

/** A SUB of a bridge, which takes everything from one endpoint, and whose connection is made anew behind silence. */
export class Subscription {
  /** As it really is. */
  endpoint: string;
  readonly #options: SubscriptionOptions;
  #socket: SubSocket | null = null;
  #link: SocketLink | null = null;
  #hasHeard = false;
  #silentLooks = 0;
  #looking: NodeJS.Timeout | undefined;

  constructor(endpoint: string, options: SubscriptionOptions) {
    this.endpoint = endpoint;
    this.#options = options;
  }

  /** Rejects with a UserError when it cannot be bound. */
  async open(): Promise<void> {
    const socket = this.#make();
    const { attach, recreateTimeoutMs, openLink } = this.#options;
    if (attach === "bind") this.endpoint = await bindSocket(socket, this.endpoint);
    else socket.connect(this.endpoint);
    this.#link = openLink(this.endpoint);
    if (attach === "connect" && recreateTimeoutMs > 0)
      this.#looking = setInterval(() => this.#look(), Math.max(1, recreateTimeoutMs / LOOKS));
    void this.#run(socket);
  }

  close(): void {
    clearInterval(this.#looking);
    this.#socket?.close();
    this.#socket = null;
    this.#link?.closed();
  }

  #make(): SubSocket {
    const { zmq, context, security, maxMessageBytes } = this.#options;
    const socket = new zmq.Subscriber({
      ...security,
      context,
      linger: 0,
      maxMessageSize: maxMessageBytes,
      receiveHighWaterMark: RECEIVE_HIGH_WATER_MARK,
    });
    socket.subscribe("");
    this.#socket = socket;
    return socket;
  }

  async #run(socket: SubSocket): Promise<void> {
    const { counters, onMessage, onFailure, attach } = this.#options;
    const direction = attach === "connect" ? 1 : 0;
    try {
      while (this.#socket === socket) {
        const frames = await socket.receive();
        this.#hasHeard = true;
        counters.received++;
        const isBeat = isHeartbeat(frames);
        if (isBeat) counters.heartbeats++;
        // Before what comes of it, in the log as well.
        this.#link!.message(direction, frames);
        const done = onMessage(frames, isBeat);
        if (done !== null) await done;
      }
    } catch (error) {
      if (this.#socket === socket) onFailure(error);
    }
  }

  #look(): void {
    if (this.#hasHeard) {
      this.#hasHeard = false;
      this.#silentLooks = 0;
      return;
    }
    if (++this.#silentLooks < LOOKS) return;
    this.#silentLooks = 0;
    this.#options.counters.recreated++;
    this.#socket?.close();
    this.#link?.closed("client");
    const socket = this.#make();
    socket.connect(this.endpoint);
    this.#link = this.#options.openLink(this.endpoint);
    void this.#run(socket);
  }
}
