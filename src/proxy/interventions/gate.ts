import { type Framing, headerSize } from "../wire/frames.ts";
import type { Actor, GateMessage } from "./actor.ts";
import { Assembler, type AssemblerSink } from "./assembler.ts";

/** Of each direction; both together are 1,000 messages, and 64 MiB with the one that was under way. */
const MAX_MESSAGES = 500;
const MAX_BYTES = 12 * 1024 * 1024;
/** A message above this is not held. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

/** What was done to a message. */
export type Act = {
  readonly what:
    | "held"
    | "released"
    | "edited"
    | "dropped"
    | "delayed"
    | "throttled"
    | "duplicated"
    | "reordered"
    | "cut"
    /** It was too long for what was wanted, and passed. */
    | "passed";
  /** `null` where no single one did it. */
  readonly actor: Actor | null;
  readonly message: GateMessage;
  /** For how long it waited. */
  readonly ms?: number;
  /** Messages that changed places. */
  readonly count?: number;
  /** Who let a held message go, or dropped it. */
  readonly by?: "user" | "time" | "end";
};

/** Time, which tests lead. */
export type GateClock = {
  nowMs(): number;
  /** Calls back once, and not when it was cancelled by what it answers with. */
  after(ms: number, then: () => void): () => void;
};

export type GateSink = {
  /** Whole frames for the receiver, or a piece of a message that is too long; to be used before this returns. */
  send(bytes: Uint8Array): void;
  /** The sender may be read again, or nothing waits any more. */
  moved(): void;
  /** The link is to be cut. Nothing more is sent. */
  cut(isReset: boolean): void;
  told(act: Act): void;
  /** A number for a message that is held now. */
  nextHeld(): number;
  /** Some message is held, or is no longer. */
  heldChanged(): void;
};

type Claim = { readonly actor: Actor; readonly ms: number };

/** A message that waits. It goes when it is the first, nothing holds it, and its time has come. */
class Waiting {
  message: GateMessage;
  readonly arrivedMs: number;
  /** What delays it. */
  delays: Claim[] = [];
  pacers: Actor[] = [];
  duplicators: Actor[] = [];
  /** What holds it until the user or the time lets it go. */
  hold: { readonly actor: Actor; readonly id: number; readonly releasesAtMs: number } | null = null;
  window: Window | null = null;
  /** When its pacers let it go; `null` before it is the first. */
  pacedMs: number | null = null;
  release: { readonly actor: Actor; readonly by: "user" | "time" | "end"; readonly isEdited: boolean } | null = null;

  constructor(message: GateMessage, arrivedMs: number) {
    this.message = message;
    this.arrivedMs = arrivedMs;
  }

  get dueMs(): number {
    return this.delays.reduce((sum, { ms }) => sum + ms, this.arrivedMs);
  }

  get isBlocked(): boolean {
    return this.hold !== null || this.window !== null;
  }
}

/** Messages that are gathered to change places. */
type Window = { readonly actor: Actor; readonly members: Waiting[]; readonly closesAtMs: number };

/** A message that is held, for whoever lists them. */
export type HeldInGate = {
  readonly id: number;
  readonly actor: Actor;
  readonly message: GateMessage;
  /** On the gate's clock. */
  readonly releasesAtMs: number;
};

/**
 * Stands in one direction of a link while interventions are about its messages. Reads them whole, lets each go as its actors
 * say, and keeps the order of those that pass unless an actor changes it. Commands that no actor is about go at once, between
 * messages. Holds a bounded number of messages and octets; `isFull` says that the sender is not to be read.
 */
export class Gate {
  readonly #assembler: Assembler;
  readonly #isSubscriber: () => boolean;
  readonly #clock: GateClock;
  readonly #sink: GateSink;
  #actors: readonly Actor[] = [];
  readonly #queues: Readonly<Record<"messages" | "commands", Waiting[]>> = { messages: [], commands: [] };
  readonly #windows = new Map<Actor, Window>();
  #bytes = 0;
  /** Octets that came when it was full. */
  #backlog: Uint8Array[] = [];
  #cancel: (() => void) | null = null;
  /** Everything passes: it is being left, or cut. */
  #isOver = false;
  #isWorking = false;

  /** `isSubscriber`: messages of one frame that begin with 0 or 1 are subscriptions, and so commands. Asked for each such. */
  constructor(
    direction: { readonly framing: Framing; readonly isSubscriber: () => boolean },
    clock: GateClock,
    sink: GateSink,
  ) {
    this.#isSubscriber = direction.isSubscriber;
    this.#clock = clock;
    this.#sink = sink;
    this.#assembler = new Assembler(direction.framing, MAX_MESSAGE_BYTES, this.#assemblerSink(direction.framing));
  }

  /** The sender is not to be read for now. */
  get isFull(): boolean {
    return this.#backlog.length > 0 || this.#hasNoRoom;
  }

  /** Nothing waits in here, but perhaps a message that has not come whole. */
  get isEmpty(): boolean {
    return this.#waiting === 0 && this.#backlog.length === 0;
  }

  /** Whether something of our own can be put in right here. */
  get isOpen(): boolean {
    return !this.#assembler.isStreaming;
  }

  get held(): readonly HeldInGate[] {
    return [...this.#queues.messages, ...this.#queues.commands].flatMap(({ hold, message }) =>
      hold === null ? [] : [{ ...hold, message }],
    );
  }

  /** Puts these to work from here on. What those that are gone made wait goes on. */
  setActors(actors: readonly Actor[]): void {
    this.#actors = actors;
    const isGone = (actor: Actor): boolean => !actors.includes(actor);
    for (const [actor, window] of this.#windows) if (isGone(actor)) this.#open(window, false);
    for (const waiting of this.#all()) {
      if (waiting.hold !== null && isGone(waiting.hold.actor)) this.#letGo(waiting, "end", false);
      waiting.delays = waiting.delays.filter(({ actor }) => !isGone(actor));
      waiting.duplicators = waiting.duplicators.filter((actor) => !isGone(actor));
      if (waiting.pacers.some(isGone)) waiting.pacedMs = null;
      waiting.pacers = waiting.pacers.filter((actor) => !isGone(actor));
    }
    this.#pump();
  }

  /** Takes octets of the sender, which are its to reuse once this returns. */
  take(bytes: Uint8Array): void {
    if (this.#isOver) return;
    if (this.#backlog.length > 0) {
      this.#backlog.push(new Uint8Array(bytes));
      return;
    }
    this.#isWorking = true;
    const read = this.#assembler.push(bytes);
    this.#isWorking = false;
    if (read < bytes.length) this.#backlog.push(new Uint8Array(bytes.subarray(read)));
    this.#pump();
  }

  /** Lets a held message go when it is its turn, with other octets where they are given. False when it is not held. */
  release(id: number, edited: GateMessage | null): boolean {
    const waiting = this.#find(id);
    if (waiting === undefined) return false;
    if (edited !== null) {
      this.#bytes += edited.bytes.length - waiting.message.bytes.length;
      waiting.message = edited;
    }
    this.#letGo(waiting, "user", edited !== null);
    this.#pump();
    return true;
  }

  releaseAll(): void {
    for (const waiting of this.#all()) if (waiting.hold !== null) this.#letGo(waiting, "user", false);
    this.#pump();
  }

  /** Throws a held message away. False when it is not held. */
  drop(id: number): boolean {
    const waiting = this.#find(id);
    if (waiting?.hold == null) return false;
    const { actor } = waiting.hold;
    if (waiting.window !== null) waiting.window.members.splice(waiting.window.members.indexOf(waiting), 1);
    const queue = this.#queueOf(waiting.message);
    queue.splice(queue.indexOf(waiting), 1);
    this.#bytes -= waiting.message.bytes.length;
    this.#sink.told({ what: "dropped", actor, message: waiting.message, by: "user" });
    this.#sink.heldChanged();
    this.#pump();
    return true;
  }

  /** Hands on all that waits, in order, and what has come of a message under way. Nothing is taken from here on. */
  flush(): void {
    if (this.#isOver) return;
    this.#actors = [];
    for (;;) {
      this.#flushQueues();
      const [bytes] = this.#backlog.splice(0, 1);
      if (bytes === undefined) break;
      const read = this.#assembler.push(bytes);
      if (read < bytes.length) this.#backlog.unshift(bytes.subarray(read));
    }
    this.dispose();
    const unfinished = this.#assembler.takeUnfinished();
    if (unfinished.length > 0) this.#sink.send(unfinished);
  }

  /** Lets go of what waits. */
  dispose(): void {
    this.#isOver = true;
    this.#cancel?.();
    this.#cancel = null;
    const hadHeld = this.held.length > 0;
    this.#queues.messages.length = 0;
    this.#queues.commands.length = 0;
    this.#windows.clear();
    this.#backlog = [];
    this.#bytes = 0;
    if (hadHeld) this.#sink.heldChanged();
  }

  get #waiting(): number {
    return this.#queues.messages.length + this.#queues.commands.length;
  }

  /** What it hands on may cut the link. */
  #hasEnded(): boolean {
    return this.#isOver;
  }

  get #hasNoRoom(): boolean {
    return this.#waiting >= MAX_MESSAGES || this.#bytes >= MAX_BYTES;
  }

  #all(): readonly Waiting[] {
    return [...this.#queues.messages, ...this.#queues.commands];
  }

  #find(id: number): Waiting | undefined {
    return this.#all().find(({ hold }) => hold?.id === id);
  }

  #queueOf({ isCommand }: GateMessage): Waiting[] {
    return this.#queues[isCommand ? "commands" : "messages"];
  }

  #assemblerSink(framing: Framing): AssemblerSink {
    const hasNoRoom = (): boolean => this.#isOver || this.#hasNoRoom;
    return {
      message: (bytes, frames, sizeBytes) => {
        const bodyAt = bytes.length - sizeBytes;
        const isSubscription = frames === 1 && sizeBytes > 0 && bytes[bodyAt]! <= 1 && this.#isSubscriber();
        this.#arrived({ bytes, frames, sizeBytes, isCommand: isSubscription });
      },
      command: (bytes) => {
        const sizeBytes = bytes.length - headerSize(framing, bytes[0]!);
        this.#arrived({ bytes, frames: 1, sizeBytes, isCommand: true });
      },
      tooLong: (bytes) => {
        this.#flushQueues();
        const message = { bytes, frames: 1, sizeBytes: bytes.length, isCommand: false };
        this.#sink.told({ what: "passed", actor: null, message });
        this.#sink.send(bytes);
      },
      rest: (bytes) => this.#sink.send(bytes),
      unreadable: (bytes) => {
        this.#flushQueues();
        this.#sink.send(bytes);
      },
      get isFull() {
        return hasNoRoom();
      },
    };
  }

  #arrived(message: GateMessage): void {
    // Asked before anything is done, so that nothing is begun for a message that goes no further.
    const acting = this.#actors.filter((actor) => actor.actsOn(message));
    const ending = acting.find(({ intervention: { kind } }) => kind === "cut" || kind === "drop");
    if (ending !== undefined) {
      this.#end(ending, message);
      return;
    }
    if (acting.length === 0 && message.isCommand) {
      this.#sink.send(message.bytes);
      return;
    }
    const waiting = new Waiting(message, this.#clock.nowMs());
    const queue = this.#queueOf(message);
    queue.push(waiting);
    this.#bytes += message.bytes.length;
    for (const actor of acting) this.#claim(waiting, actor);
    if (waiting.hold === null && queue.length === 1) this.#goOn(queue);
  }

  #end(actor: Actor, message: GateMessage): void {
    const { intervention } = actor;
    if (intervention.kind !== "cut") {
      this.#sink.told({ what: "dropped", actor, message });
      return;
    }
    this.#sink.told({ what: "cut", actor, message });
    this.dispose();
    this.#sink.cut(intervention.isReset);
  }

  #claim(waiting: Waiting, actor: Actor): void {
    const { intervention } = actor;
    const { message, arrivedMs } = waiting;
    const { kind } = intervention;
    if (kind === "delay") {
      waiting.delays.push({ actor, ms: actor.delayMs() });
    } else if (kind === "throttle") {
      waiting.pacers.push(actor);
    } else if (kind === "duplicate") {
      waiting.duplicators.push(actor);
    } else if (kind === "reorder" && waiting.window === null) {
      const window = this.#window(actor, arrivedMs + intervention.withinMs);
      window.members.push(waiting);
      waiting.window = window;
      if (window.members.length >= intervention.window) this.#open(window, true);
    } else if (kind === "hold" && waiting.hold === null) {
      // Of two windows, and of two that hold, the first counts.
      waiting.hold = { actor, id: this.#sink.nextHeld(), releasesAtMs: arrivedMs + intervention.forMs };
      this.#sink.told({ what: "held", actor, message });
      this.#sink.heldChanged();
    }
  }

  #window(actor: Actor, closesAtMs: number): Window {
    let window = this.#windows.get(actor);
    if (window === undefined) {
      window = { actor, members: [], closesAtMs };
      this.#windows.set(actor, window);
    }
    return window;
  }

  /** Lets the messages of a window go, in another order where that is wanted. */
  #open(window: Window, isShuffled: boolean): void {
    this.#windows.delete(window.actor);
    const { members, actor } = window;
    for (const member of members) member.window = null;
    if (!isShuffled || members.length < 2) return;
    const queue = this.#queueOf(members[0]!.message);
    const places = members.map((member) => queue.indexOf(member));
    for (const [at, member] of actor.reorder(members).entries()) queue[places[at]!] = member;
    this.#sink.told({ what: "reordered", actor, message: members[0]!.message, count: members.length });
  }

  #letGo(waiting: Waiting, by: "user" | "time" | "end", isEdited: boolean): void {
    waiting.release = { actor: waiting.hold!.actor, by, isEdited };
    waiting.hold = null;
    this.#sink.heldChanged();
  }

  /** Lets go whatever may, reads on where there is room, and comes again when the next one may. */
  #pump(): void {
    if (this.#isWorking || this.#isOver) return;
    this.#isWorking = true;
    const { isFull: wasFull } = this;
    const nowMs = this.#clock.nowMs();
    for (const window of this.#windows.values()) if (window.closesAtMs <= nowMs) this.#open(window, true);
    for (const waiting of this.#all()) {
      if (waiting.hold !== null && waiting.hold.releasesAtMs <= nowMs) this.#letGo(waiting, "time", false);
    }
    for (;;) {
      this.#goOn(this.#queues.messages);
      this.#goOn(this.#queues.commands);
      const [bytes] = this.#backlog;
      if (bytes === undefined || this.#hasNoRoom || this.#hasEnded()) break;
      this.#backlog.shift();
      const read = this.#assembler.push(bytes);
      if (read < bytes.length) this.#backlog.unshift(bytes.subarray(read));
    }
    this.#isWorking = false;
    this.#comeAgain();
    const { isFull } = this;
    if ((wasFull && !isFull) || this.isEmpty) this.#sink.moved();
  }

  #comeAgain(): void {
    this.#cancel?.();
    this.#cancel = null;
    if (this.#isOver) return;
    let nextMs = Infinity;
    for (const queue of Object.values(this.#queues)) {
      const [first] = queue;
      if (first !== undefined && !first.isBlocked) nextMs = Math.min(nextMs, first.pacedMs ?? first.dueMs);
    }
    for (const { closesAtMs } of this.#windows.values()) nextMs = Math.min(nextMs, closesAtMs);
    for (const { releasesAtMs } of this.held) nextMs = Math.min(nextMs, releasesAtMs);
    if (nextMs === Infinity) return;
    this.#cancel = this.#clock.after(Math.max(0, nextMs - this.#clock.nowMs()), () => {
      this.#cancel = null;
      this.#pump();
    });
  }

  /** Lets the first of a queue go as long as it may. */
  #goOn(queue: Waiting[]): void {
    for (let [first] = queue; first !== undefined && !first.isBlocked; [first] = queue) {
      const nowMs = this.#clock.nowMs();
      const { dueMs, message } = first;
      if (dueMs > nowMs) return;
      first.pacedMs ??= first.pacers.reduce(
        (latest, { pacer }) => Math.max(latest, pacer!.next(nowMs, message.sizeBytes)),
        nowMs,
      );
      if (first.pacedMs > nowMs) return;
      queue.shift();
      this.#go(first, nowMs);
    }
  }

  #go(waiting: Waiting, nowMs: number): void {
    const { message, arrivedMs, release, delays, pacers, duplicators } = waiting;
    this.#bytes -= message.bytes.length;
    const ms = nowMs - arrivedMs;
    if (release !== null) {
      const { actor, by, isEdited } = release;
      this.#sink.told({ what: isEdited ? "edited" : "released", actor, message, ms, by });
    }
    for (const { actor } of delays) this.#sink.told({ what: "delayed", actor, message, ms });
    if (ms >= 1) for (const actor of pacers) this.#sink.told({ what: "throttled", actor, message, ms });
    this.#sink.send(message.bytes);
    for (const actor of duplicators) {
      this.#sink.told({ what: "duplicated", actor, message });
      this.#sink.send(message.bytes);
    }
  }

  #flushQueues(): void {
    const nowMs = this.#clock.nowMs();
    this.#windows.clear();
    for (const queue of Object.values(this.#queues)) {
      for (const waiting of queue.splice(0)) {
        waiting.window = null;
        if (waiting.hold !== null) this.#letGo(waiting, "end", false);
        this.#go(waiting, nowMs);
      }
    }
  }
}
