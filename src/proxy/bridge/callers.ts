import type { SocketLink } from "../socketLink.ts";
import type { Counters } from "./counters.ts";
import { Fifo } from "./fifo.ts";
import type { ZeroMq } from "../zeromq.ts";

/** Callers whose links are open in the log at once; the one that was silent for longest makes room. */
const MAX_CALLERS = 256;
const GENERATED_ID_OCTETS = 5;

type Router = InstanceType<ZeroMq["Router"]>;

/** What a REP leg needs of its bridge. */
export type CallersOptions = {
  readonly counters: Counters;
  /** Requests that may be open; then no more are read. */
  readonly maxMessages: number;
  /** Octets of their frames. */
  readonly maxBytes: number;
  /** Opens the link of a caller in the log; `identity` is empty where the caller has none of its own. */
  readonly openLink: (client: string, identity: Uint8Array) => SocketLink;
  /** Requests are answered in the order in which they came, so that a caller's next one need not wait for the answer. */
  readonly answersInOrder: boolean;
  /** A request to be answered once, in whatever time. */
  readonly onRequest: (request: CallerRequest) => void;
};

/** What a caller asked. */
export class CallerRequest {
  /** As the application sent them. */
  readonly frames: readonly Buffer[];
  readonly bytes: number;
  /** When it came, as performance.now() tells time. */
  readonly takenMs: number;
  readonly #callers: Callers;
  readonly #caller: Caller;
  readonly #envelope: readonly Buffer[];
  #isAnswered = false;

  constructor(callers: Callers, caller: Caller, envelope: readonly Buffer[], frames: readonly Buffer[]) {
    this.#callers = callers;
    this.#caller = caller;
    this.#envelope = envelope;
    this.frames = frames;
    let bytes = 0;
    for (const frame of frames) bytes += frame.length;
    this.bytes = bytes;
    this.takenMs = performance.now();
  }

  /** Sends the answer; a second one is none. */
  answer(reply: readonly Buffer[]): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#callers.answered(this, this.#caller, this.#envelope, reply);
  }
}

class Caller {
  readonly link: SocketLink;
  readonly waiting = new Fifo<CallerRequest>();
  /** A request of its is being answered. */
  isBusy = false;
  isHandingOn = false;

  constructor(link: SocketLink) {
    this.link = link;
  }
}

/**
 * The REP leg of a bridge: a ROUTER that keeps REP's promises, one reply to each request and in each caller's order, but
 * takes requests of other callers while one waits for its answer. So nobody can wedge it, and it can tell everybody in time
 * that a remote is silent. What has no empty delimiter is dropped and counted, as REP does.
 */
export class Callers {
  readonly #socket: Router;
  readonly #options: CallersOptions;
  readonly #callers = new Map<string, Caller>();
  /** Requests that are not answered yet, and their octets. */
  pending = 0;
  pendingBytes = 0;
  #seen = 0;
  #hasRoom: (() => void) | null = null;
  readonly #sendFailed = (): void => {
    this.#options.counters.dropped++;
  };

  /** The socket must have `mandatory: true` and `sendTimeout: 0`, so that what cannot be sent is told. */
  constructor(socket: Router, options: CallersOptions) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Takes requests until the socket is closed. Rejects when it fails. */
  async run(): Promise<void> {
    const { maxMessages, maxBytes } = this.#options;
    while (!this.#socket.closed) {
      this.#take(await this.#socket.receive());
      while (this.pending >= maxMessages || this.pendingBytes >= maxBytes)
        await new Promise<void>((resolve) => (this.#hasRoom = resolve));
    }
  }

  /** Ends the links; the socket is closed by who made it. */
  closeLinks(): void {
    for (const { link } of this.#callers.values()) link.closed();
    this.#callers.clear();
  }

  /** Only for requests: sends the answer, and goes on with what else the caller has asked. */
  answered(request: CallerRequest, caller: Caller, envelope: readonly Buffer[], reply: readonly Buffer[]): void {
    this.#send(caller, envelope, reply);
    this.pending--;
    this.pendingBytes -= request.bytes;
    caller.isBusy = false;
    if (this.#hasRoom !== null) {
      this.#hasRoom();
      this.#hasRoom = null;
    }
    // What is answered at once comes back here: a loop, since any number may wait.
    if (caller.isHandingOn || caller.waiting.length === 0) return;
    caller.isHandingOn = true;
    while (!caller.isBusy) {
      const next = caller.waiting.shift();
      if (next === undefined) break;
      caller.isBusy = true;
      this.#options.onRequest(next);
    }
    caller.isHandingOn = false;
  }

  #take(frames: Buffer[]): void {
    const { counters } = this.#options;
    counters.received++;
    let delimiter = 1;
    while (delimiter < frames.length && frames[delimiter]!.length > 0) delimiter++;
    if (delimiter >= frames.length - 1) {
      counters.dropped++;
      return;
    }
    const envelope = frames.slice(0, delimiter + 1);
    const caller = this.#callerOf(frames[0]!);
    const request = new CallerRequest(this, caller, envelope, frames.slice(delimiter + 1));
    this.pending++;
    this.pendingBytes += request.bytes;
    // Before it is handed on, since the answer may be made at once.
    caller.link.message(0, request.frames);
    if (!this.#options.answersInOrder) {
      if (caller.isBusy) {
        caller.waiting.push(request);
        return;
      }
      caller.isBusy = true;
    }
    this.#options.onRequest(request);
  }

  #send(caller: Caller, envelope: readonly Buffer[], reply: readonly Buffer[]): void {
    if (this.#socket.closed) return;
    const { counters } = this.#options;
    this.#socket.send([...envelope, ...reply]).catch(this.#sendFailed);
    counters.answered++;
    caller.link.message(1, reply);
  }

  #callerOf(id: Buffer): Caller {
    const key = id.toString("latin1");
    const known = this.#callers.get(key);
    if (known !== undefined) return known;
    if (this.#callers.size >= MAX_CALLERS) this.#makeRoom();
    const isGenerated = id.length === GENERATED_ID_OCTETS && id[0] === 0;
    const link = this.#options.openLink(`caller ${++this.#seen}`, isGenerated ? id.subarray(0, 0) : id);
    const caller = new Caller(link);
    this.#callers.set(key, caller);
    return caller;
  }

  /** Forgets the first caller that waits for nothing. With nobody such the map grows with the requests that are open. */
  #makeRoom(): void {
    for (const [key, caller] of this.#callers) {
      if (caller.isBusy) continue;
      caller.link.closed();
      this.#callers.delete(key);
      return;
    }
  }
}
