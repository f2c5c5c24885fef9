import { Socket } from "node:net";
import { duplexPair, type Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { type Endpoint, formatEndpoint, isLoopback, isLoopbackHost } from "../../shared/endpoint.ts";
import type { Origin, Side, TapStatus } from "../../shared/model.ts";
import { UserError } from "../../shared/userError.ts";
import { isOutOfDescriptors, listensOnItsServer, OUT_OF_DESCRIPTORS, tapNotRunning } from "../faults.ts";
import { AddedLatency } from "./addedLatency.ts";
import { connectOptions, formatAddress, ipcAddress, reaches } from "./addresses.ts";
import { canOpen } from "./descriptors.ts";
import { Link, type LinkEnd, type LinkObserver, type Rekeying, reset } from "./link.ts";
import { Listener } from "./listener.ts";
import { PatientTimer } from "./patientTimer.ts";
import { SteadySocket } from "./steadySocket.ts";
import { TrafficSum } from "./trafficSum.ts";
import { Turns } from "./turns.ts";
import { WaitingSocket } from "./waitingSocket.ts";

/** A connect ends after this long: the client's own handshake timer runs meanwhile (30 s in libzmq). */
const CONNECT_MS = 10_000;
/**
 * Connects under way at once. A server's backlog takes no more (libzmq's has 100): of what comes beyond, the system tries each
 * again after seconds.
 */
const CONNECTS_AT_ONCE = 64;
/** How often a server that refused is looked at again. */
const LOOK_AGAIN_MS = 250;
/**
 * Likewise on this machine, where a look costs next to nothing. A program may bind, wait no more than 200 ms for its
 * subscribers, and publish once: libzmq's own reconnecting takes up to that.
 */
const LOOK_AGAIN_HERE_MS = 25;
/** The same where it is not sure that it refused: names are looked up, and answers waited for, at some cost. */
const ASK_AGAIN_MS = 2_000;
/** One for each of its connections. */
const DESCRIPTORS_OF_A_LINK = 2;
/** How often it is looked whether there are file descriptors again. */
const FULL_MS = 1_000;
/** Idle time before TCP keep-alive on legs that leave this machine, since the peers' own keep-alive ends at the tap. */
const KEEP_ALIVE_MS = 120_000;
/** Clients that wait for the server at once; the next ones are reset, as by a full backlog. */
const WAITING_LIMIT = 4096;

export type LinkAddresses = { readonly client: string; readonly server: string };

/** Why clients get no connection, or that they do again. */
export type ServerDown = {
  readonly state: "down" | "still-down" | "back";
  readonly reason: string;
  /** Clients turned away since the server went. */
  readonly count: number;
};

/** A door that several taps share. Whoever keeps it hands clients over with admit(). */
export type SharedDoor = { readonly endpoint: Endpoint };

/** How a client that came through a shared door hears what became of its wish: opened() or refused(), once. */
export type DoorAnswer = {
  /** Its server cannot be reached: whether the client waits for it to come. Asked after each attempt. */
  waits(): boolean;
  /** Its server is there; what the server says follows. */
  opened(server: Duplex): void;
  /** It is not, for this reason of the system's or a UserError; the client is to be told and let go. */
  refused(error: unknown): void;
};

/** Who watches a new link's octets, and how it is re-keyed: `null` when it is only relayed. */
type LinkWatch = { readonly observer: LinkObserver; readonly rekeying: Rekeying | null };

/** What a tap tells its owner. */
export type TapWatcher = {
  /** Both connections are there. */
  linkOpened(number: number, origin: Origin, addresses: LinkAddresses): LinkWatch;
  /** The same link, before anything is read of it. */
  linkReady?(link: Link): void;
  linkClosed(number: number, end: LinkEnd, link: Link): void;
  serverDown(down: ServerDown): void;
  /** Clients are turned away for want of file descriptors, and were not before. */
  outOfDescriptors?(): void;
  /** Status, problem or links have changed. */
  changed(): void;
};

/**
 * Listens for clients and gives each a server connection of its own. No connection to the server is made that no client
 * asked for. While the server refuses, the tap does not listen either, so that clients see what they would see without
 * it; it looks for the server with a connection that it keeps and gives to the next client, since some servers hand
 * messages to any connection (libzmq 4.2.0 to 4.3.2). A tap behind a shared door does none of that: its clients ask for
 * their server one by one, and each is told what became of it. A tap whose process may open no more files does not listen
 * either, rather than take clients and drop them.
 */
export class Tap {
  readonly name: string;
  /** How long chunks of all its links are in its hands. */
  readonly addedLatency = new AddedLatency();
  /** Of links that have ended. */
  readonly #ended = new TrafficSum();
  readonly #watcher: TapWatcher;
  readonly #nextLink: () => number;
  readonly #links = new Map<number, Link>();
  readonly #waiting = new Set<Duplex>();
  #server: Endpoint;
  /** `null` where clients come through a shared door. */
  readonly #listener: Listener | null;
  readonly #door: SharedDoor;
  #status: TapStatus = "stopped";
  #problem: string | null = null;
  /** New clients are turned away at the user's wish. */
  #isRefusing = false;
  #down: { reason: string; count: number } | undefined;
  #lookAgain: NodeJS.Timeout | undefined;
  readonly #connects = new Turns(CONNECTS_AT_ONCE);
  /** No file descriptors were left, and no client was let in since. */
  #isFull = false;
  #roomAgain: NodeJS.Timeout | undefined;
  #kept: WaitingSocket | undefined;
  /** Ends the look under way, so that neither a stop nor another server finds its connection later. */
  #looking = new AbortController();

  /** `nextLink` numbers links over all taps. */
  constructor(
    name: string,
    server: Endpoint,
    listen: Endpoint | SharedDoor,
    nextLink: () => number,
    watcher: TapWatcher,
  ) {
    this.name = name;
    this.#server = server;
    this.#nextLink = nextLink;
    this.#watcher = watcher;
    this.#listener =
      "transport" in listen
        ? new Listener(
            listen,
            (socket) => void this.#serve(socket, "wire"),
            () =>
              this.#fail(
                "Another program has taken over the tap's ipc path. Stop that program and start the tap again.",
              ),
            (error) => {
              if (isOutOfDescriptors(error)) this.#full();
            },
          )
        : null;
    this.#door = this.#listener ?? (listen as SharedDoor);
  }

  get status(): TapStatus {
    return this.#status;
  }

  get problem(): string | null {
    return this.#problem;
  }

  get server(): Endpoint {
    return this.#server;
  }

  /** What clients connect to, with the port or path really taken. */
  get listening(): Endpoint {
    return this.#door.endpoint;
  }

  /** Open links. */
  get links(): Iterable<Link> {
    return this.#links.values();
  }

  /** Nobody is connected, and nobody waits for the server. */
  get isIdle(): boolean {
    return this.#links.size === 0 && this.#waiting.size === 0;
  }

  link(number: number): Link | undefined {
    return this.#links.get(number);
  }

  /** What all its links have carried since it was made. */
  get traffic(): TrafficSum {
    const sum = new TrafficSum();
    sum.join(this.#ended);
    for (const link of this.#links.values()) sum.add(link);
    return sum;
  }

  /** Rejects with a UserError; the tap is then `failed` and can be started again. */
  async start(): Promise<void> {
    if (this.#status === "listening" || this.#status === "starting" || this.#status === "server-down") return;
    this.#isRefusing = false;
    this.#become("starting", null);
    try {
      if (reaches(this.#server, this.listening)) throw listensOnItsServer(formatEndpoint(this.#server));
      // What can never be connected to is refused at once: an ipc path that is too long, or ipc where there is none.
      if (this.#server.transport === "ipc") ipcAddress(this.#server);
      await this.#listener?.open();
      this.#become("listening", null);
    } catch (error) {
      this.#become("failed", error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  /** Stops listening and ends the links behind what they are still owed; resolves within about half a second. */
  async stop(): Promise<void> {
    this.#endLook();
    this.#down = undefined;
    clearTimeout(this.#roomAgain);
    this.#roomAgain = undefined;
    this.#isFull = false;
    await this.#listener?.dispose();
    for (const socket of this.#waiting) reset(socket);
    const closed = [...this.#links.values()].map((link) => this.#whenClosed(link.number));
    for (const link of this.#links.values()) link.dispose();
    this.#become("stopped", null);
    await Promise.all(closed);
  }

  /** Links that come from now on go to `server`; open ones stay. Throws a UserError when that is the tap itself. */
  retarget(server: Endpoint): void {
    if (reaches(server, this.listening)) throw listensOnItsServer(formatEndpoint(server));
    this.#server = server;
    this.#endLook();
    if (this.#status === "server-down" && this.#listener !== null) void this.#look();
    this.#watcher.changed();
  }

  /**
   * A client of our own without a port: the far end of an in-memory stream whose near end is served like any client.
   * Works while the tap's listener is closed for want of a server, too. Throws a UserError when the tap is stopped.
   */
  openInProcess(origin: Exclude<Origin, "wire">): { stream: Duplex; link: Promise<number> } {
    if (this.#status === "stopped" || this.#status === "failed") throw tapNotRunning(this.name);
    const [near, far] = duplexPair({ allowHalfOpen: true });
    far.once("close", () => near.destroy());
    return { stream: far, link: this.#serve(near, origin) };
  }

  /** Turns new clients away, as a server that does not listen, or no longer. Links that are open stay. Never rejects. */
  async refuse(isRefusing: boolean): Promise<void> {
    if (isRefusing === this.#isRefusing) return;
    this.#isRefusing = isRefusing;
    if (this.#listener === null || this.#hasStopped()) return;
    if (isRefusing) {
      this.#listener.close();
    } else if (this.#status === "listening" && !this.#listener.isOpen) {
      try {
        await this.#listener.open();
      } catch (error) {
        this.#fail(error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** Serves a client that came through the shared door; resolves once it was answered. The tap must run. */
  async admit(client: Duplex, answer: DoorAnswer): Promise<void> {
    await this.#serve(client, "wire", answer);
  }

  readonly #closeWaiters = new Map<number, () => void>();

  #whenClosed(number: number): Promise<void> {
    return new Promise((resolve) => this.#closeWaiters.set(number, resolve));
  }

  /**
   * Resolves with the link's number, or rejects with why the server was not reached; the client is then reset, or told in
   * the words of the door that it came through.
   */
  async #serve(client: Duplex, origin: Origin, answer?: DoorAnswer): Promise<number> {
    const turnAway = (refusal: Error): Promise<number> => {
      if (answer === undefined) reset(client);
      else answer.refused(refusal);
      return refusedNumber(origin, refusal);
    };
    if (this.#waiting.size >= WAITING_LIMIT) return turnAway(new Error("Too many clients wait for the server."));
    // Of a shared door, or still in the backlog of a listener that was closed.
    if (this.#isRefusing && origin === "wire")
      return turnAway(
        Object.assign(new Error("New connections are refused by an intervention."), { code: "ECONNREFUSED" }),
      );
    const givingUp = new AbortController();
    this.#waiting.add(client);
    const waitingClient = new WaitingSocket(client, () => givingUp.abort());
    try {
      const server =
        answer === undefined
          ? (this.#takeKept() ?? (await this.#connect(givingUp.signal)))
          : await this.#reach(waitingClient, answer, givingUp.signal);
      this.#waiting.delete(client);
      if (givingUp.signal.aborted || this.#hasStopped()) {
        server.socket.destroy();
        reset(client);
        return await refusedNumber(origin, tapNotRunning(this.name));
      }
      this.#serverIsThere();
      answer?.opened(server.socket);
      const number = this.#openLink(origin, { client: waitingClient, server });
      if (canOpen(DESCRIPTORS_OF_A_LINK)) this.#hasRoom();
      else this.#full();
      return number;
    } catch (error) {
      this.#waiting.delete(client);
      if (answer === undefined || givingUp.signal.aborted) reset(client);
      else answer.refused(error);
      if (!givingUp.signal.aborted && !this.#hasStopped()) this.#serverRefused(error);
      return await refusedNumber(origin, error);
    }
  }

  #hasStopped(): boolean {
    return this.#status === "stopped" || this.#status === "failed";
  }

  #openLink(origin: Origin, waiting: Record<Side, WaitingSocket>): number {
    const number = this.#nextLink();
    const legs = { client: waiting.client.socket, server: waiting.server.socket };
    const { transport } = this.listening;
    const server =
      this.#server.transport === "ipc" ? `ipc #${number}` : formatAddress(this.#server.host, this.#server.port);
    const addresses = {
      client: peerName(legs.client, `${transport} #${number}`),
      server: peerName(legs.server, server),
    };
    const { observer, rekeying } = this.#watcher.linkOpened(number, origin, addresses);
    const link = new Link(
      number,
      origin,
      legs,
      observer,
      rekeying,
      (end) => {
        this.#links.delete(number);
        this.#ended.add(link);
        this.#watcher.linkClosed(number, end, link);
        this.#closeWaiters.get(number)?.();
        this.#closeWaiters.delete(number);
        this.#watcher.changed();
      },
      this.addedLatency,
    );
    for (const leg of Object.values(legs)) keepAlive(leg);
    this.#links.set(number, link);
    this.#watcher.linkReady?.(link);
    link.start(waiting);
    this.#watcher.changed();
    return number;
  }

  /** Connects to the server for a client of a shared door, again and again as long as that waits. */
  async #reach(client: WaitingSocket, answer: DoorAnswer, signal: AbortSignal): Promise<WaitingSocket> {
    for (let isTold = false; ; isTold = true) {
      try {
        return await this.#connect(signal);
      } catch (error) {
        if (signal.aborted || this.#hasStopped() || client.hasEnded || !answer.waits()) throw error;
        if (!isTold) this.#serverRefused(error);
        const isRefused = (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
        await delay(isRefused ? LOOK_AGAIN_MS : ASK_AGAIN_MS, undefined, { signal });
      }
    }
  }

  async #connect(signal: AbortSignal): Promise<WaitingSocket> {
    const options = await connectOptions(this.#server);
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      let socket: Socket | null = null;
      let timer: PatientTimer | null = null;
      const settle = (): void => {
        timer?.clear();
        signal.removeEventListener("abort", onAbort);
        turn.end();
      };
      const fail = (error: Error): void => {
        settle();
        socket?.destroy();
        reject(error);
      };
      const onAbort = (): void => fail(new Error("nobody waits for the server any more"));
      signal.addEventListener("abort", onAbort, { once: true });
      const turn = this.#connects.take(() => {
        const made = new SteadySocket(options).connect(options);
        socket = made;
        timer = new PatientTimer(CONNECT_MS, () =>
          fail(Object.assign(new Error("no answer to the connect"), { code: "ETIMEDOUT" })),
        );
        made.once("error", fail);
        made.once("connect", () => {
          if (isConnectedToItself(made)) {
            made.resetAndDestroy(); // An ordinary close would keep the port for a minute more.
            fail(Object.assign(new Error("connection refused"), { code: "ECONNREFUSED" }));
            return;
          }
          settle();
          made.off("error", fail);
          resolve(
            new WaitingSocket(made, () => {
              if (this.#kept?.socket === made) this.#kept = undefined;
            }),
          );
        });
      });
    });
  }

  #takeKept(): WaitingSocket | undefined {
    const kept = this.#kept;
    this.#kept = undefined;
    if (kept?.hasEnded !== true) return kept;
    kept.socket.destroy();
    return undefined;
  }

  #serverRefused(error: unknown): void {
    if (isOutOfDescriptors(error)) {
      this.#full();
      return;
    }
    const again = this.#listener === null ? "clients try again by themselves" : "the tap listens again by itself";
    const reason = serverProblem(error, formatEndpoint(this.#server), again);
    if (this.#down !== undefined) {
      this.#down.count += 1;
      return;
    }
    this.#down = { reason, count: 1 };
    this.#watcher.serverDown({ state: "down", ...this.#down });
    // An answer that did not come in time may come the next time: only a refusal is sure enough to stop listening.
    if ((error as NodeJS.ErrnoException).code === "ETIMEDOUT") {
      this.#become(this.#status, reason);
      return;
    }
    if (this.#listener === null) {
      // Each client of a shared door asks for itself, and is told what comes of that.
      this.#become("server-down", reason);
      return;
    }
    this.#listener.close();
    for (const socket of this.#waiting) reset(socket);
    this.#become("server-down", reason);
    this.#lookAgain = setTimeout(() => void this.#look(), this.#lookAgainMs);
  }

  #serverIsThere(): void {
    if (this.#down === undefined) return;
    const { reason, count } = this.#down;
    this.#down = undefined;
    this.#watcher.serverDown({ state: "back", reason, count });
    const isAsked = this.#listener === null && this.#status === "server-down";
    if (this.#status === "listening" || isAsked) this.#become("listening", null);
  }

  /** Tells it once, and lets in nobody until there is room for a link: whoever were accepted now would be dropped. */
  #full(): void {
    if (!this.#isFull) {
      this.#isFull = true;
      this.#watcher.outOfDescriptors?.();
      this.#become(this.#status, OUT_OF_DESCRIPTORS);
    }
    const listener = this.#listener;
    if (listener === null || this.#status !== "listening" || this.#roomAgain !== undefined) return;
    listener.close();
    this.#roomAgain = setTimeout(() => void this.#listenAgain(listener), FULL_MS);
  }

  async #listenAgain(listener: Listener): Promise<void> {
    this.#roomAgain = undefined;
    if (this.#status !== "listening" || this.#isRefusing || listener.isOpen) return;
    if (!canOpen(1 + DESCRIPTORS_OF_A_LINK)) {
      this.#roomAgain = setTimeout(() => void this.#listenAgain(listener), FULL_MS);
      return;
    }
    try {
      await listener.open();
      if (this.#hasStopped()) listener.close();
    } catch (error) {
      if (this.#hasStopped()) return;
      // Another program may have taken our place.
      const isFull = error instanceof Error && isOutOfDescriptors(error.cause);
      this.#become("listening", isFull || !(error instanceof Error) ? OUT_OF_DESCRIPTORS : error.message);
      this.#roomAgain = setTimeout(() => void this.#listenAgain(listener), FULL_MS);
    }
  }

  /** A client was let in, and the next one can be. */
  #hasRoom(): void {
    if (!this.#isFull) return;
    this.#isFull = false;
    this.#become(this.#status, null);
  }

  /** Ends looking for the server, and lets go of the connection that it has found. */
  #endLook(): void {
    this.#looking.abort();
    this.#looking = new AbortController();
    clearTimeout(this.#lookAgain);
    this.#kept?.socket.destroy();
    this.#kept = undefined;
  }

  get #lookAgainMs(): number {
    return isLoopback(this.#server) ? LOOK_AGAIN_HERE_MS : LOOK_AGAIN_MS;
  }

  async #look(): Promise<void> {
    const { signal } = this.#looking;
    const isOver = (): boolean => signal.aborted;
    try {
      const found = this.#kept ?? (await this.#connect(signal));
      if (isOver()) {
        found.socket.destroy();
        return;
      }
      this.#kept = found;
      if (this.#listener?.isOpen === false && !this.#isRefusing) await this.#listener.open();
      if (this.#isRefusing) this.#listener?.close();
      if (isOver()) {
        if (this.#hasStopped()) this.#listener?.close();
        return;
      }
      this.#become("listening", null);
      this.#serverIsThere();
    } catch (error) {
      if (isOver() || this.#status !== "server-down") return;
      // The server may be back while another program has taken our place.
      if (error instanceof UserError) this.#become("server-down", error.message);
      this.#lookAgain = setTimeout(() => void this.#look(), this.#lookAgainMs);
    }
  }

  #fail(problem: string): void {
    this.#become("failed", problem);
  }

  #become(status: TapStatus, problem: string | null): void {
    this.#status = status;
    this.#problem = problem;
    this.#watcher.changed();
  }
}

/** Only our own links are waited for by somebody. */
async function refusedNumber(origin: Origin, error: unknown): Promise<number> {
  if (origin === "wire") return Promise.resolve(-1);
  throw error;
}

/**
 * On loopback a connect to a port that nobody listens on can meet itself, when the system picks the same port for its near
 * end. Kept, it would take the port away from the server.
 */
function isConnectedToItself({ localAddress, localPort, remoteAddress, remotePort }: Socket): boolean {
  return localPort !== undefined && localPort === remotePort && localAddress === remoteAddress;
}

function keepAlive(leg: Duplex): void {
  if (!(leg instanceof Socket) || leg.remoteAddress === undefined) return;
  if (!isLoopbackHost(leg.remoteAddress)) leg.setKeepAlive(true, KEEP_ALIVE_MS);
}

/** A connection has no address of its peer when it is ipc, or once the peer has reset it: it is then called `nameless`. */
function peerName(leg: Duplex, nameless: string): string {
  if (!(leg instanceof Socket)) return "ZMQ Tap";
  return leg.remoteAddress === undefined ? nameless : formatAddress(leg.remoteAddress, leg.remotePort);
}

/** One sentence about why the server cannot be reached; `again` says what happens once it can. */
function serverProblem(error: unknown, endpoint: string, again: string): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ECONNREFUSED":
      return `Nothing listens on ${endpoint}: connection refused. Start the server; ${again}.`;
    case "ENOENT":
      return `Nothing listens on ${endpoint}: there is no such socket file. Start the server; ${again}.`;
    case "EACCES":
    case "EPERM":
      return `${endpoint} may not be used by this user. Run the tap as the server's user, or widen the socket's mode.`;
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `The host of ${endpoint} has no address: check its name.`;
    case "ETIMEDOUT":
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return `${endpoint} cannot be reached: the network gave no answer. Check the address and the way to it.`;
    default:
      return `${endpoint} cannot be reached: ${error instanceof Error ? error.message : String(error)}.`;
  }
}
