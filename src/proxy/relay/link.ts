import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Direction, Origin, Side } from "../../shared/model.ts";
import type { Disposable } from "../../shared/disposable.ts";
import { injectionRefused } from "../faults.ts";
import { type Judgement, type Rekeyer, type RekeyerSink, type RekeyProblem } from "../wire/rekeyer.ts";
import { AddedLatency } from "./addedLatency.ts";
import { type Carried, FlowCount } from "./flowCount.ts";
import { SteadySocket } from "./steadySocket.ts";
import { PatientTimer } from "./patientTimer.ts";
import type { WaitingSocket } from "./waitingSocket.ts";

/** Sees every octet of a link after it was passed on. Must not throw: a fault in watching may not touch traffic. */
export type LinkObserver = {
  /** `bytes` came from the sender of `direction` and are its to reuse once this returns. */
  received(direction: Direction, bytes: Uint8Array): void;
  /** Like received(), for octets that we put into the direction ourselves. */
  injected(direction: Direction, bytes: Uint8Array, origin: Origin): void;
  /** Offset of the first point in `bytes`, which were not received() yet, that lies outside a frame and a message; -1: none. */
  gapIn(direction: Direction, bytes: Uint8Array): number;
  /** Offset of the first point in such `bytes` at which the handshake may be done; their length where it may not be. */
  stepIn(direction: Direction, bytes: Uint8Array): number;
};

/** What a link needs that ends the security protocol on both of its sides. Its octets are shown as plain ZMTP. */
export type Rekeying = {
  /** Makes the link's own rekeyer. */
  open(sink: RekeyerSink): Rekeyer;
  judge(client: Uint8Array): Judgement;
  progressed(): void;
  failed(problem: RekeyProblem): void;
};

/** Stands in one direction of a link: what its sender says goes in, and only what it sends goes on. */
export type Detour = {
  /** Takes octets of the sender, which are its to reuse once this returns. */
  take(bytes: Uint8Array): void;
  /** The sender is not to be read for now. */
  readonly isFull: boolean;
  /** Nothing waits in it but perhaps a message that has not come whole. */
  readonly isEmpty: boolean;
  /** What went on last ends outside a message. */
  readonly isOpen: boolean;
  /** Hands on all that it has, in order, and takes nothing more. */
  flush(): void;
  /** Lets go of all that it has. */
  dispose(): void;
};

/** What a detour works with. */
export type DetourSink = {
  /** Octets for the receiver: of a link that is re-keyed whole frames. To be used before this returns. */
  send(bytes: Uint8Array): void;
  /** It is no longer full, or empty. */
  moved(): void;
};

/** Makes a detour where its direction stands now; `null` where it can do nothing there. */
export type DetourMaker = (sink: DetourSink) => Detour | null;

export type LinkEnd = {
  readonly by: Side | "tap";
  /** The side that went first was reset rather than closed. */
  readonly reset: boolean;
  /** Octets that were received but could not be handed on. */
  readonly bytesLost: number;
};

export type SocketAddress = { readonly host: string; readonly port: number };

/** How long a side whose partner is gone may make no progress before it is given up. */
const STALLED_MS = 10_000;
/** How long peers have to close when the tap itself ends a link. */
const CUT_MS = 500;
/** How long a re-keyed handshake may take, as with libzmq. */
const HANDSHAKE_MS = 30_000;
/** A client that no list names is let go quietly and slowly, since it comes back every 100 to 200 ms (wire: libzmq). */
const WAITING_CLIENT_MS = 1_000;
/** How long an injection waits for the end of a message. */
const INJECTION_WAIT_MS = 5_000;
const NOTHING = new Uint8Array(0);

type Injection = { bytes: Uint8Array; origin: Origin; done(): void; refuse(error: Error): void };

/** One direction of a link: bytes are handed on first and shown to the observer second. */
class Flow {
  readonly direction: Direction;
  readonly #from: Duplex;
  readonly #to: Duplex;
  readonly #observer: LinkObserver;
  #injections: Injection[] = [];
  /** A detour that begins at the next point outside a message. */
  #wanted: DetourMaker | null = null;
  #detour: Detour | null = null;
  /** The detour has handed on all that it had, and is left as soon as the re-keyed stream allows it. */
  #isLeaving = false;
  /** What is handed on is not simply what comes: injections wait, or a detour does, or is there. */
  #isDiverted = false;
  #isFrozen = false;
  /** To be done once the detour is empty, since its sender has ended. */
  #onLast: (() => void) | null = null;
  #discarding = false;
  readonly count: FlowCount;
  readonly #latency: AddedLatency;
  /** When the chunk that is timed came; -1 while none is. */
  #timedMs = -1;
  /** The sender's octets stand in memory that it reads into again. */
  readonly #isSteady: boolean;
  /** The receiver has not taken all of that memory yet. */
  #isLent = false;
  /** Reads and writes the octets of a re-keyed link; what it passes on as it is comes back to forward(). */
  rekeyer: Rekeyer | null = null;

  constructor(direction: Direction, from: Duplex, to: Duplex, observer: LinkObserver, latency: AddedLatency) {
    this.direction = direction;
    this.#from = from;
    this.#to = to;
    this.#observer = observer;
    this.#latency = latency;
    this.#isSteady = from instanceof SteadySocket;
    this.count = new FlowCount(from, to);
  }

  start(early: readonly Uint8Array[]): void {
    this.#to.on("drain", () => this.#resume());
    // Of a peer that is frozen already nothing is read, so what was read comes again later.
    if (this.#isFrozen) for (const chunk of early.toReversed()) this.#from.unshift(chunk);
    else for (const chunk of early) this.#take(chunk);
    this.#from.on("data", (chunk: Uint8Array) => this.#take(chunk));
    if (this.#from instanceof SteadySocket) {
      this.#from.takeWith((bytes) => {
        this.#isLent = false;
        this.#take(bytes);
        return this.#isLent;
      });
    }
    this.#resume();
  }

  #take(chunk: Uint8Array): void {
    this.count.took(chunk.length);
    if (this.#latency.isDue()) this.#timedMs = performance.now();
    if (this.rekeyer === null) this.forward(chunk);
    else if (this.#discarding) this.count.discarded += chunk.length;
    else {
      this.rekeyer.push(this.direction, chunk);
      if (this.#isLeaving) this.#leave();
      this.#holdIfBlocked();
    }
    this.#timedMs = -1;
  }

  /** Writes octets to the receiver; false when it takes nothing more for now. */
  send(bytes: Uint8Array): boolean {
    const flows = this.#to.write(bytes);
    this.count.wrote(bytes.length);
    if (this.#timedMs >= 0) this.#timed();
    return flows;
  }

  /**
   * send() of octets that may stand in the sender's memory: a receiver that is behind gets a copy. At most one chunk is lent,
   * since the next one is written from that memory only when the receiver has taken all.
   */
  #sendOwn(bytes: Uint8Array): boolean {
    if (!this.#isSteady) return this.send(bytes);
    if (this.#to.writableLength > 0) return this.send(Buffer.from(bytes));
    const flows = this.send(bytes);
    if (this.#to.writableLength > 0) this.#isLent = true;
    return flows;
  }

  #timed(): void {
    if (this.#to.writableLength === 0) this.#latency.add(performance.now() - this.#timedMs);
    else this.#latency.waited++;
    this.#timedMs = -1;
  }

  /** The sender is not to be read now. */
  get #isBlocked(): boolean {
    return this.#isFrozen || this.#to.writableNeedDrain || this.#detour?.isFull === true;
  }

  #hold(): void {
    this.#from.pause();
    this.count.held();
  }

  #holdIfBlocked(): void {
    if (this.#to.writableNeedDrain) this.#hold();
    else if (this.#isBlocked) this.#from.pause();
  }

  #resume(): void {
    if (!this.#to.writableNeedDrain) this.count.released();
    if (!this.#isBlocked) this.#from.resume();
  }

  get #isRekeyed(): boolean {
    return this.rekeyer !== null && this.rekeyer.state !== "passing";
  }

  /** Hands octets on as they are, and shows them. */
  forward(chunk: Uint8Array): void {
    if (this.#discarding) {
      this.count.discarded += chunk.length;
      return;
    }
    if (this.#isDiverted) {
      this.#forwardAround(chunk);
      return;
    }
    const flows = this.#sendOwn(chunk);
    this.#observer.received(this.direction, chunk);
    if (!flows) this.#hold();
  }

  /** Hands on `chunk` with what waits at the first point where it can stand, or to the detour. */
  #forwardAround(chunk: Uint8Array): void {
    if (this.#detour !== null) {
      this.count.tookAside(chunk.length);
      this.#detour.take(chunk);
      this.#holdIfBlocked();
      return;
    }
    const gap = this.#observer.gapIn(this.direction, chunk);
    // Messages may come with the last words of the handshake, and are to be found then.
    const end = gap >= 0 ? gap : this.#wanted === null ? chunk.length : this.#observer.stepIn(this.direction, chunk);
    const before = chunk.subarray(0, end);
    if (before.length > 0) {
      this.#sendOwn(before);
      this.#observer.received(this.direction, before);
    }
    if (gap >= 0) this.#useGap();
    const rest = chunk.subarray(end);
    if (rest.length > 0) this.forward(rest);
    else this.#holdIfBlocked();
  }

  inject(injection: Injection): void {
    if (this.#discarding || this.#to.writableEnded) {
      injection.refuse(
        injectionRefused("Nothing can be sent on this link: it is closing. Choose a link that is open."),
      );
    } else {
      this.#injections.push(injection);
      this.#isDiverted = true;
      this.useGapHere();
    }
  }

  /**
   * Puts a detour into the direction at the next point outside a message, in place of one that waits; `null` for none. The
   * one that is there stays until it is left.
   */
  divert(make: DetourMaker | null): void {
    this.#wanted = make;
    this.#settle();
    this.useGapHere();
  }

  /** Puts a detour into the direction right here, whatever the octets mean. Not into one that is re-keyed. */
  divertRaw(make: DetourMaker): void {
    if (this.#discarding || this.#isRekeyed) return;
    this.#begin(make);
  }

  /** Lets the detour hand on all that it has, and then leaves it. */
  straighten(): void {
    this.#wanted = null;
    if (this.#detour !== null) {
      this.#detour.flush();
      this.#isLeaving = true;
      this.#leave();
    }
    this.#settle();
  }

  setFrozen(isFrozen: boolean): void {
    if (isFrozen === this.#isFrozen) return;
    this.#isFrozen = isFrozen;
    if (isFrozen) this.#from.pause();
    else this.#resume();
  }

  /** Does something once all that came of the sender was handed on: at once where no detour has any of it. */
  afterLast(done: () => void): void {
    if (this.#detour === null) done();
    else if (!this.#detour.isEmpty) this.#onLast = done;
    else this.#finish(done);
  }

  #finish(done: () => void): void {
    this.#onLast = null;
    this.#detour?.flush();
    done();
  }

  /** Puts in what waits, if it may stand right here. A re-keyed handshake that is done opens both directions at once. */
  useGapHere(): void {
    if (this.#discarding || (this.#injections.length === 0 && this.#wanted === null)) return;
    if (this.#isRekeyed) this.#awaitGap();
    else if (this.#isAtGap) this.#useGap();
  }

  get #isAtGap(): boolean {
    return this.#detour?.isOpen !== false && this.#observer.gapIn(this.direction, NOTHING) === 0;
  }

  #useGap(): void {
    for (const injection of this.#injections.splice(0)) this.#write(injection);
    const make = this.#wanted;
    if (make !== null && this.#detour === null) {
      this.#wanted = null;
      this.#begin(make);
    }
    this.#settle();
  }

  /** Uses this point of a re-keyed direction if it is one outside a message, else the next one that is. */
  #awaitGap(): void {
    const { rekeyer } = this;
    if (rekeyer?.canInject(this.direction) === true && this.#detour?.isOpen !== false) {
      rekeyer.setOnGap(this.direction, null);
      this.#useGap();
    } else {
      rekeyer?.setOnGap(this.direction, () => this.#awaitGap());
    }
  }

  #begin(make: DetourMaker): void {
    const detour = make({ send: (bytes) => this.#sendOn(bytes), moved: () => this.#moved() });
    this.#detour = detour;
    this.#settle();
    if (detour === null || !this.#isRekeyed) return;
    this.rekeyer?.divert(this.direction, (bytes) => this.#takeOpened(bytes));
  }

  #takeOpened(bytes: Uint8Array): void {
    // What was opened before the detour was left is still a part of the stream.
    if (this.#isLeaving) this.#sendOn(bytes);
    else this.#detour?.take(bytes);
  }

  /** What a detour hands on. */
  #sendOn(bytes: Uint8Array): void {
    if (this.#discarding || bytes.length === 0) return;
    if (this.rekeyer !== null && this.#isRekeyed) this.rekeyer.inject(this.direction, bytes);
    else {
      this.count.handedBack(bytes.length);
      this.#sendOwn(bytes);
    }
    this.#observer.received(this.direction, bytes);
    if (this.#injections.length > 0) this.useGapHere();
  }

  #moved(): void {
    if (this.#detour?.isEmpty === true) this.count.nothingAside();
    const onLast = this.#onLast;
    if (onLast !== null && this.#detour?.isEmpty === true) this.#finish(onLast);
    this.#resume();
  }

  /** Leaves a detour that has handed on all that it had. Of a re-keyed stream only between frames. */
  #leave(): void {
    const { rekeyer } = this;
    if (rekeyer !== null && this.#isRekeyed) {
      if (!rekeyer.canDivert(this.direction)) return;
      rekeyer.divert(this.direction, null);
    }
    this.#detour = null;
    this.#isLeaving = false;
    this.count.nothingAside();
    this.#settle();
    this.useGapHere();
    this.#resume();
  }

  #settle(): void {
    this.#isDiverted = this.#injections.length > 0 || this.#wanted !== null || this.#detour !== null;
  }

  /** Takes back an injection that still waits; false when it is on its way already. */
  withdraw(injection: Injection): boolean {
    const waiting = this.#injections.length;
    this.#injections = this.#injections.filter((other) => other !== injection);
    this.#settle();
    return this.#injections.length < waiting;
  }

  #write(injection: Injection): void {
    if (this.rekeyer !== null && this.#isRekeyed) this.rekeyer.inject(this.direction, injection.bytes);
    else {
      this.count.added += injection.bytes.length;
      this.send(injection.bytes);
    }
    if (this.#to.writableNeedDrain) this.#hold();
    this.#observer.injected(this.direction, injection.bytes, injection.origin);
    injection.done();
  }

  /** Hands on what a detour has, since the link ends. */
  flush(): void {
    if (!this.#discarding) this.#detour?.flush();
  }

  /** Reads on, so that closing does not reset what the other way still sends, but hands nothing on. */
  discard(): void {
    this.#discarding = true;
    this.#detour?.dispose();
    this.#detour = null;
    this.count.lostAside();
    this.#wanted = null;
    this.#onLast = null;
    for (const injection of this.#injections.splice(0)) {
      injection.refuse(injectionRefused("Nothing was sent: the link closed before the message could be put in."));
    }
    this.count.released();
    this.#from.resume();
  }
}

/**
 * One client connection and its server connection. Copies bytes both ways with back-pressure; a close travels behind the
 * data: what came from a side that ended or was reset is written first, then the other side is ended, and meanwhile that
 * side's input is read and thrown away, since closing with unread input would reset it.
 */
export class Link implements Disposable {
  readonly number: number;
  readonly origin: Origin;
  readonly #legs: Record<Side, Duplex>;
  readonly #flows: readonly [Flow, Flow];
  readonly #onEnd: (end: LinkEnd) => void;
  #open = 2;
  #end: { by: Side | "tap"; reset: boolean } | undefined;
  #bytesLost = 0;
  #stalled: PatientTimer | undefined;
  readonly #rekeyer: Rekeyer | null;
  /** Its security turned out to be none of the tap's business. */
  #hasPassed = false;
  /** Ends a re-keyed handshake that is not done in time, or one that failed. */
  #closing: PatientTimer | undefined;

  /**
   * `onEnd` is called once, when both connections are gone. `rekeying` is `null` for a link that is only relayed. `latency` is
   * where chunks are timed.
   */
  constructor(
    number: number,
    origin: Origin,
    legs: Record<Side, Duplex>,
    observer: LinkObserver,
    rekeying: Rekeying | null,
    onEnd: (end: LinkEnd) => void,
    latency = new AddedLatency(),
  ) {
    this.number = number;
    this.origin = origin;
    this.#legs = legs;
    this.#onEnd = onEnd;
    const { client, server } = legs;
    this.#flows = [new Flow(0, client, server, observer, latency), new Flow(1, server, client, observer, latency)];
    this.#rekeyer = rekeying === null ? null : this.#rekey(rekeying, observer);
    for (const flow of this.#flows) flow.rekeyer = this.#rekeyer;
  }

  /** Starts copying, with what was read while the connections were made. */
  start(waiting: Record<Side, WaitingSocket>): void {
    for (const side of ["client", "server"] as const) {
      const leg = this.#legs[side];
      leg.once("end", () => this.#ended(side));
      leg.on("error", () => this.#gone(side));
      leg.once("close", () => this.#closed(side));
    }
    const early = [waiting.client.take(), waiting.server.take()] as const;
    for (const { direction, count } of this.#flows) count.begin(early[direction]);
    for (const flow of this.#flows) flow.start(early[flow.direction]);
    for (const side of ["client", "server"] as const) if (waiting[side].hasEnded) this.#ended(side);
  }

  /**
   * Puts whole messages into a direction at the end of the message under way. Rejects with a UserError when there is no
   * such point within 5 s or the link closes.
   */
  inject(direction: Direction, bytes: Uint8Array, origin: Origin): Promise<void> {
    const flow = this.#flows[direction];
    return new Promise((resolve, reject) => {
      const injection: Injection = {
        bytes,
        origin,
        done: () => {
          clearTimeout(timer);
          resolve();
        },
        refuse: (error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      const timer = setTimeout(() => {
        if (!flow.withdraw(injection)) return;
        reject(
          injectionRefused(
            `Nothing was sent: for ${INJECTION_WAIT_MS / 1000} s the message under way on this link did not end. Try again later.`,
          ),
        );
      }, INJECTION_WAIT_MS);
      flow.inject(injection);
    });
  }

  /** What a direction has carried so far, in octets. */
  carried(direction: Direction): Carried {
    return this.#flows[direction].count.carried();
  }

  /** Octets of a direction that are under way in the tap. */
  queued(direction: Direction): number {
    return this.#flows[direction].count.queued;
  }

  /** For how long the sender of a direction was not read so far, because the receiver took nothing. */
  heldUpMs(direction: Direction): number {
    return this.#flows[direction].count.heldUpMs;
  }

  /** Where a side's connection ends: there, and here. `null` where it has no such addresses, as ipc, or is closed. */
  ends(side: Side): { readonly far: SocketAddress; readonly near: SocketAddress } | null {
    const leg = this.#legs[side];
    if (!(leg instanceof Socket)) return null;
    const { remoteAddress, remotePort, localAddress, localPort } = leg;
    if (remoteAddress === undefined || remotePort === undefined) return null;
    if (localAddress === undefined || localPort === undefined) return null;
    return { far: { host: remoteAddress, port: remotePort }, near: { host: localAddress, port: localPort } };
  }

  /** Whether the tap ends the security protocol of the link, so that other octets go out than come in. */
  get isRekeyed(): boolean {
    return this.#rekeyer !== null && !this.#hasPassed && this.#rekeyer.state !== "passing";
  }

  /** Whether the receiver of a direction takes nothing more just now. */
  isFull(direction: Direction): boolean {
    const leg = this.#receiver(direction);
    return !leg.destroyed && leg.writableNeedDrain;
  }

  /** Resolves once the receiver of a direction takes more, or is gone. */
  drained(direction: Direction): Promise<void> {
    const leg = this.#receiver(direction);
    return new Promise((resolve) => {
      if (!this.isFull(direction)) {
        resolve();
        return;
      }
      const onChange = (): void => {
        leg.off("drain", onChange);
        leg.off("close", onChange);
        resolve();
      };
      leg.on("drain", onChange);
      leg.on("close", onChange);
    });
  }

  #receiver(direction: Direction): Duplex {
    return direction === 0 ? this.#legs.server : this.#legs.client;
  }

  #rekey(rekeying: Rekeying, observer: LinkObserver): Rekeyer {
    const fail = (problem: RekeyProblem): void => {
      rekeying.failed(problem);
      this.#closing?.clear();
      this.#closing = new PatientTimer(problem.check === "waiting" ? WAITING_CLIENT_MS : 0, () => this.dispose());
    };
    const rekeyer = rekeying.open({
      send: (to, bytes) => void this.#flows[to === "server" ? 0 : 1].send(bytes),
      plain: (direction, bytes) => observer.received(direction, bytes),
      pass: (direction, bytes) => this.#flows[direction].forward(bytes),
      judge: (client) => rekeying.judge(client),
      progressed: () => {
        rekeying.progressed();
        if (rekeyer.state === "handshake") this.#closing ??= new PatientTimer(HANDSHAKE_MS, giveUp);
        for (const flow of this.#flows) flow.useGapHere();
      },
      failed: fail,
    });
    const giveUp = (): void => {
      if (rekeyer.state !== "handshake") return;
      fail({ leg: "server", check: "timeout", message: "The handshake was not done within 30 s." });
    };
    return rekeyer;
  }

  /** Whether a side has gone, or the tap is ending the link. */
  get isEnding(): boolean {
    return this.#end !== undefined;
  }

  /** Puts a detour into a direction at its next point outside a message; `null` for none that waits. */
  divert(direction: Direction, make: DetourMaker | null): void {
    this.#flows[direction].divert(make);
  }

  /** Puts a detour into a direction right here, whatever its octets mean. */
  divertRaw(direction: Direction, make: DetourMaker): void {
    this.#flows[direction].divertRaw(make);
  }

  /** Leaves the detour of a direction, behind all that it has. */
  straighten(direction: Direction): void {
    this.#flows[direction].straighten();
  }

  /** Whether anything is read of a side. Its connection stays, and its partner may go on. */
  setFrozen(side: Side, isFrozen: boolean): void {
    if (!isFrozen || this.#end === undefined) this.#flowOf(side).setFrozen(isFrozen);
  }

  /** Ends both sides without what detours still have; `isReset`: by a reset, without what they are owed. */
  cut(isReset: boolean): void {
    for (const flow of this.#flows) flow.discard();
    if (!isReset) {
      this.dispose();
      return;
    }
    this.#end ??= { by: "tap", reset: true };
    for (const leg of Object.values(this.#legs)) reset(leg);
  }

  /** Ends both sides behind what they are still owed, and takes at most half a second. */
  dispose(): void {
    if (this.#open === 0) return;
    this.#end ??= { by: "tap", reset: false };
    for (const flow of this.#flows) flow.flush();
    for (const flow of this.#flows) flow.discard();
    for (const leg of Object.values(this.#legs)) leg.end();
    this.#stalled?.clear();
    this.#stalled = new PatientTimer(CUT_MS, () => this.#giveUp());
  }

  #ended(side: Side): void {
    this.#end ??= { by: side, reset: false };
    // A peer without a partner is read, since else its own end would never be noticed.
    this.#flows[side === "client" ? 1 : 0].setFrozen(false);
    this.#flowOf(side).afterLast(() => this.#other(side).end());
  }

  #gone(side: Side): void {
    this.#end ??= { by: side, reset: true };
    this.#flows[side === "client" ? 1 : 0].discard();
    this.#endBehind(side);
  }

  /** Ends the other side behind what has come of this one, which is gone. */
  #endBehind(side: Side): void {
    const other = this.#other(side);
    this.#flowOf(side).afterLast(() => {
      other.end();
      this.#watch(other);
    });
  }

  #flowOf(sender: Side): Flow {
    return this.#flows[sender === "client" ? 0 : 1];
  }

  #closed(side: Side): void {
    // A leg that closes without 'end' or 'error' was destroyed under way.
    if (this.#end === undefined) this.#gone(side);
    this.#open -= 1;
    if (this.#open > 0) {
      this.#flows[side === "client" ? 1 : 0].discard();
      this.#endBehind(side);
      return;
    }
    this.#stalled?.clear();
    this.#closing?.clear();
    for (const { count } of this.#flows) count.released();
    this.#hasPassed = this.#rekeyer?.state === "passing";
    this.#rekeyer?.dispose();
    this.#onEnd({ by: this.#end?.by ?? side, reset: this.#end?.reset ?? true, bytesLost: this.#bytesLost });
  }

  /** Gives up on a leg whose partner is gone once it takes nothing for a while. */
  #watch(leg: Duplex): void {
    if (this.#stalled === undefined) this.#watchFrom(leg, leg.writableLength);
  }

  #watchFrom(leg: Duplex, owed: number): void {
    this.#stalled = new PatientTimer(STALLED_MS, () => {
      if (leg.writableLength > 0 && leg.writableLength < owed) this.#watchFrom(leg, leg.writableLength);
      else this.#giveUp();
    });
  }

  #giveUp(): void {
    this.#stalled?.clear();
    for (const leg of Object.values(this.#legs)) {
      if (leg.destroyed) continue;
      this.#bytesLost += leg.writableLength;
      leg.destroy();
    }
  }

  #other(side: Side): Duplex {
    return side === "client" ? this.#legs.server : this.#legs.client;
  }
}

/** Node throws for a reset of ipc, which knows none and has no address. */
export function reset(socket: Duplex): void {
  if (socket instanceof Socket && socket.remoteAddress !== undefined) socket.resetAndDestroy();
  else socket.destroy();
}
