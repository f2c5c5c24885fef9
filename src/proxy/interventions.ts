import {
  type HeldMessage,
  type HeldMessages,
  type Intervention,
  type InterventionState,
  MAX_HELD_LISTED,
} from "../shared/interventions.ts";
import { parseIntervention } from "../shared/interventionSpec.ts";
import type { Direction, Side, SocketType, TapConfig, TapId } from "../shared/model.ts";
import type { Dialogue } from "./dialogue.ts";
import { badHeldMessage, badIntervention, heldGone, tapNotRunning, tooManyInterventions } from "./faults.ts";
import type { CompiledFilter } from "./filter/compile.ts";
import { ActLog } from "./interventions/actLog.ts";
import { Actor, type GateMessage, type MessageIntervention } from "./interventions/actor.ts";
import { type Act, Gate, type GateClock, type HeldInGate } from "./interventions/gate.ts";
import { randomFrom } from "./interventions/random.ts";
import { RawThrottle } from "./interventions/rawThrottle.ts";
import type { LinkLog } from "./linkLog.ts";
import { framesOf, MessageSubject } from "./messageSubject.ts";
import type { Detour, DetourSink, Link } from "./relay/link.ts";
import type { Tap } from "./relay/tap.ts";
import { COMMAND, type Framing } from "./wire/frames.ts";
import { encodeFrame, encodeMessage } from "./wire/writer.ts";

const MAX_INTERVENTIONS = 100;
/** Octets of a held message's frames after it was edited. */
const MAX_EDITED_BYTES = 16 * 1024 * 1024;
const SUBSCRIBERS: ReadonlySet<SocketType | null> = new Set<SocketType>(["SUB", "XSUB"]);
const DIRECTIONS = [0, 1] as const;
const SIDES = ["client", "server"] as const;

/** A tap of the engine, as far as interventions are about it. */
export type IntervenedTap = {
  readonly config: TapConfig;
  readonly tap: Tap;
  /** Open links by number. */
  readonly logs: ReadonlyMap<number, LinkLog>;
};

/** What interventions need of the engine. */
export type InterventionServices = {
  /** Throws a UserError for a tap that is gone. */
  tap(id: TapId): IntervenedTap;
  /** The capture's clock: nanoseconds since its anchor, and milliseconds since 1970 of that. */
  nowNs(): number;
  readonly anchorMs: number;
  readonly dialogue: Dialogue;
  /** Writes down an event that is about no link. */
  tellEvent(tap: { readonly id: string; readonly name: string }, detail: object): void;
  /** Interventions, or what they hold, have changed. */
  changed(): void;
};

type Running = {
  readonly id: number;
  readonly tap: IntervenedTap;
  readonly spec: string;
  readonly intervention: Intervention;
  readonly filter: CompiledFilter | null;
  readonly seed: number;
  acts: number;
  problem: string | null;
};

/** A link of a tap with interventions. */
type Changed = {
  readonly tap: IntervenedTap;
  readonly link: Link;
  readonly log: LinkLog;
  /** Counts the tap's links, so that chance is the same in the same order of connections. */
  readonly ordinal: number;
  readonly actors: Map<Running, readonly [Actor | null, Actor | null]>;
  readonly gates: [Gate | null, Gate | null];
  readonly throttles: [{ readonly perSecond: number } | null, { readonly perSecond: number } | null];
  readonly acts: ActLog;
};

const CLOCK: GateClock = {
  nowMs: () => performance.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * What the user does to the traffic of taps. A link of a tap without any is not touched; with some, its directions get gates
 * at their next point outside a message, and lose them once the last one is stopped, behind all that was held. What is done
 * is written down as events. Nothing of it outlives the engine, or the run of its tap.
 */
export class Interventions {
  readonly #services: InterventionServices;
  readonly #running = new Map<number, Running>();
  readonly #links = new Map<number, Changed>();
  /** Links that each tap has had since its first intervention. */
  readonly #ordinals = new Map<TapId, number>();
  #lastId = 0;
  #lastHeld = 0;

  constructor(services: InterventionServices) {
    this.#services = services;
  }

  get states(): readonly InterventionState[] {
    return [...this.#running.values()].map(stateOf);
  }

  get held(): HeldMessages {
    const messages: HeldMessage[] = [];
    let total = 0;
    for (const [changed, direction, held] of this.#allHeld()) {
      total += 1;
      if (total <= MAX_HELD_LISTED) messages.push(this.#heldMessage(changed, direction, held));
    }
    return { total, messages: messages.sort((a, b) => a.id - b.id) };
  }

  /** Messages that are held. */
  get heldCount(): number {
    return [...this.#allHeld()].length;
  }

  /**
   * Starts an intervention on a tap that runs. Chance comes from `seed`, a fresh one where it is left out. Rejects with a
   * UserError for a spec with an error.
   */
  async start(tapId: TapId, spec: string, seed: number = freshSeed()): Promise<InterventionState> {
    const parsed = parseIntervention(spec);
    if (!parsed.ok) throw badIntervention(spec, parsed.at, parsed.problem);
    const { intervention } = parsed;
    const text = "filter" in intervention ? intervention.filter : "";
    const filter = text === "" ? null : (await import("./readFilter.ts")).readFilter(text);
    const tap = this.#services.tap(tapId);
    const { status } = tap.tap;
    if (status === "stopped" || status === "failed") throw tapNotRunning(tap.config.name);
    if (this.#running.size >= MAX_INTERVENTIONS) throw tooManyInterventions(MAX_INTERVENTIONS);
    const running: Running = {
      id: ++this.#lastId,
      tap,
      spec,
      intervention,
      filter,
      seed,
      acts: 0,
      problem: null,
    };
    const hasChance = !["refuse", "freeze", "cut", "hold", "throttle"].includes(intervention.kind);
    this.#tellTap(running, { what: "started", ...(hasChance ? { seed } : {}) });
    if (intervention.kind === "cut" && intervention.isNow) {
      this.#cutNow(running, intervention.isReset);
      return stateOf(running);
    }
    this.#running.set(running.id, running);
    for (const link of tap.tap.links) this.#watch(tap, link);
    if (intervention.kind === "refuse") {
      await tap.tap.refuse(true);
    } else if (intervention.kind === "freeze") {
      for (const changed of this.#linksOf(tap)) this.#freeze(changed, running, intervention.side);
    } else {
      for (const changed of this.#linksOf(tap)) this.#arrange(changed);
    }
    this.#services.changed();
    return stateOf(running);
  }

  /** Stops one, or with `null` all; what it held goes on, in order. None that is not there. */
  stop(id: number | null): readonly InterventionState[] {
    const ending = [...this.#running.values()].filter((running) => id === null || running.id === id);
    for (const running of ending) this.#end(running);
    return this.states;
  }

  /** Its tap is stopping, and is about to hand on what is held. */
  tapStopped(tap: TapId): void {
    for (const running of this.#running.values()) if (running.tap.config.id === tap) this.#end(running);
    this.#ordinals.delete(tap);
  }

  /** A link of a tap is there, and nothing was read of it yet. */
  linkReady(tap: IntervenedTap, link: Link): void {
    const all = this.#of(tap);
    if (all.length === 0) return;
    const changed = this.#watch(tap, link);
    if (changed === null) return;
    for (const running of all) {
      if (running.intervention.kind === "freeze") this.#freeze(changed, running, running.intervention.side);
    }
    this.#arrange(changed);
  }

  linkClosed(number: number): void {
    const changed = this.#links.get(number);
    if (changed === undefined) return;
    changed.acts.end();
    this.#links.delete(number);
    this.#services.changed();
  }

  /** Lets a held message go, with other frames where they are given; with `null` all. Throws a UserError when it is gone. */
  release(id: number | null, frames: readonly Uint8Array[] | null = null): void {
    if (id === null) {
      for (const { gates } of this.#links.values()) for (const gate of gates) gate?.releaseAll();
      return;
    }
    const [changed, direction, held] = this.#find(id);
    const edited = frames === null ? null : editedMessage(held.message, frames, changed.log.reader.framing);
    changed.gates[direction]?.release(id, edited);
  }

  /** Throws a held message away. Throws a UserError when it is gone. */
  drop(id: number): void {
    const [changed, direction] = this.#find(id);
    changed.gates[direction]?.drop(id);
  }

  /** Frames of a held message, for an editor. Throws a UserError when it is gone. */
  frames(id: number): readonly Uint8Array[] {
    const [changed, , held] = this.#find(id);
    return framesOf(held.message, changed.log.reader.framing).map((frame) => frame.slice());
  }

  #find(id: number): readonly [Changed, Direction, HeldInGate] {
    for (const found of this.#allHeld()) if (found[2].id === id) return found;
    throw heldGone();
  }

  *#allHeld(): Generator<readonly [Changed, Direction, HeldInGate]> {
    for (const changed of this.#links.values()) {
      for (const direction of DIRECTIONS) {
        for (const held of changed.gates[direction]?.held ?? []) yield [changed, direction, held];
      }
    }
  }

  #heldMessage(changed: Changed, direction: Direction, held: HeldInGate): HeldMessage {
    const { id, actor, message, releasesAtMs } = held;
    const subject = this.#subject(changed, direction, message);
    return {
      id,
      intervention: actor.id,
      tap: changed.tap.config.id,
      tapName: changed.tap.config.name,
      link: changed.link.number,
      from: SIDES[direction],
      isCommand: message.isCommand,
      frames: message.frames,
      sizeBytes: message.sizeBytes,
      topic: subject.topicText(),
      preview: subject.preview(),
      releasesAtMs: Date.now() + releasesAtMs - CLOCK.nowMs(),
    };
  }

  #of(tap: IntervenedTap): readonly Running[] {
    return [...this.#running.values()].filter((running) => running.tap === tap);
  }

  #linksOf(tap: IntervenedTap): readonly Changed[] {
    return [...this.#links.values()].filter((changed) => changed.tap === tap);
  }

  /** A link that interventions are about from here on. `null` where nobody watches it. */
  #watch(tap: IntervenedTap, link: Link): Changed | null {
    const known = this.#links.get(link.number);
    if (known !== undefined) return known;
    const log = tap.logs.get(link.number);
    if (log === undefined || link.isEnding) return null;
    const ordinal = this.#ordinals.get(tap.config.id) ?? 0;
    this.#ordinals.set(tap.config.id, ordinal + 1);
    const changed: Changed = {
      tap,
      link,
      log,
      ordinal,
      actors: new Map(),
      gates: [null, null],
      throttles: [null, null],
      acts: new ActLog(CLOCK, (detail) => log.intervened(detail)),
    };
    this.#links.set(link.number, changed);
    // Not at once: its reader is at work when it tells.
    log.afterHandshake = () => void setImmediate(() => this.#arrange(changed));
    return changed;
  }

  #freeze(changed: Changed, running: Running, side: Side): void {
    running.acts += 1;
    changed.log.intervened({ what: "frozen", ...about(running), from: side });
    changed.link.setFrozen(side, true);
  }

  #cutNow(running: Running, isReset: boolean): void {
    for (const link of running.tap.tap.links) {
      running.acts += 1;
      running.tap.logs.get(link.number)?.intervened({ what: "cut", ...about(running) });
      link.cut(isReset);
    }
    this.#tellTap(running, { what: "stopped", acts: running.acts });
  }

  #end(running: Running): void {
    const { intervention, tap } = running;
    this.#running.delete(running.id);
    const rest = this.#of(tap);
    if (intervention.kind === "refuse") {
      if (!rest.some((other) => other.intervention.kind === "refuse")) void tap.tap.refuse(false);
    } else if (intervention.kind === "freeze") {
      const { side } = intervention;
      const isFrozen = rest.some((other) => other.intervention.kind === "freeze" && other.intervention.side === side);
      for (const { link } of this.#linksOf(tap)) link.setFrozen(side, isFrozen);
    }
    for (const changed of this.#linksOf(tap)) {
      this.#arrange(changed);
      changed.actors.delete(running);
      changed.acts.end();
      if (rest.length === 0) this.#forget(changed);
    }
    this.#tellTap(running, { what: "stopped", acts: running.acts });
    this.#services.changed();
  }

  #forget(changed: Changed): void {
    changed.log.afterHandshake = null;
    this.#links.delete(changed.link.number);
  }

  /** Gives a link the gates that its interventions ask for now, and takes away those that none asks for. */
  #arrange(changed: Changed): void {
    if (!this.#links.has(changed.link.number)) return;
    const all = this.#of(changed.tap);
    const why = this.#whyUnreadable(changed);
    for (const direction of DIRECTIONS) {
      const wanted = all.filter((running) => isAbout(running.intervention, direction));
      if (why !== null) this.#throttleRaw(changed, direction, wanted, why);
      else this.#setGate(changed, direction, wanted);
    }
  }

  #setGate(changed: Changed, direction: Direction, wanted: readonly Running[]): void {
    const { link, gates } = changed;
    const gate = gates[direction];
    if (wanted.length === 0) {
      gates[direction] = null;
      link.straighten(direction);
    } else if (gate !== null) {
      gate.setActors(this.#actors(changed, direction));
    } else {
      link.divert(direction, (sink) => this.#makeGate(changed, direction, sink));
    }
  }

  #makeGate(changed: Changed, direction: Direction, sink: DetourSink): Detour {
    const { reader } = changed.log;
    const isSubscriber = (): boolean => SUBSCRIBERS.has(reader.sockets[SIDES[direction]]);
    const gate = new Gate({ framing: reader.framing, isSubscriber }, CLOCK, {
      send: (bytes) => sink.send(bytes),
      moved: () => sink.moved(),
      cut: (isReset) => changed.link.cut(isReset),
      told: (act) => this.#told(changed, direction, act),
      nextHeld: () => ++this.#lastHeld,
      heldChanged: () => this.#services.changed(),
    });
    changed.gates[direction] = gate;
    gate.setActors(this.#actors(changed, direction));
    return gate;
  }

  #actors(changed: Changed, direction: Direction): readonly Actor[] {
    const wanted = this.#of(changed.tap).filter((running) => isAbout(running.intervention, direction));
    return wanted.map((running) => {
      const known = changed.actors.get(running);
      if (known?.[direction] != null) return known[direction];
      const random = randomFrom(running.seed, running.id, changed.ordinal, direction);
      const actor = new Actor(running.id, running.intervention as MessageIntervention, random, (message) =>
        this.#matches(running, changed, direction, message),
      );
      changed.actors.set(running, direction === 0 ? [actor, known?.[1] ?? null] : [known?.[0] ?? null, actor]);
      return actor;
    });
  }

  /** A message that cannot be judged within limits is left alone. */
  #matches({ filter }: Running, changed: Changed, direction: Direction, message: GateMessage): boolean {
    return filter === null || filter.matches(this.#subject(changed, direction, message)) === 1;
  }

  #subject({ tap, log }: Changed, direction: Direction, message: GateMessage): MessageSubject {
    const { anchorMs, dialogue } = this.#services;
    const { subject } = log;
    return new MessageSubject(message, {
      direction,
      framing: log.reader.framing,
      origin: log.origin,
      link: subject,
      nowNs: this.#services.nowNs(),
      anchorMs,
      said: (frames) => dialogue.saidOf(tap.config.name, subject.sockets, direction, frames),
    });
  }

  /** Of a link whose messages cannot be told apart only its speed can be changed. */
  #throttleRaw(changed: Changed, direction: Direction, wanted: readonly Running[], why: string): void {
    const { link, throttles, gates } = changed;
    link.divert(direction, null);
    gates[direction] = null;
    let perSecond = Infinity;
    for (const running of wanted) {
      const { intervention } = running;
      const isPossible =
        intervention.kind === "throttle" &&
        intervention.unit === "octets" &&
        !intervention.isCommands &&
        intervention.filter === "";
      if (isPossible) perSecond = Math.min(perSecond, intervention.perSecond);
      else this.#cannot(changed, running, why);
    }
    if ((throttles[direction]?.perSecond ?? Infinity) === perSecond) return;
    if (throttles[direction] !== null) link.straighten(direction);
    throttles[direction] = perSecond === Infinity ? null : { perSecond };
    if (perSecond === Infinity) return;
    for (const running of wanted) if (running.intervention.kind === "throttle") running.acts += 1;
    link.divertRaw(direction, (sink) => new RawThrottle(perSecond, CLOCK, sink));
  }

  #cannot(changed: Changed, running: Running, why: string): void {
    if (running.problem === null) {
      running.problem = why;
      this.#services.changed();
    }
    // Once for each link.
    if (changed.actors.has(running)) return;
    changed.actors.set(running, [null, null]);
    changed.log.intervened({ what: "powerless", ...about(running), reason: why });
  }

  #whyUnreadable({ tap, log }: Changed): string | null {
    const rest = "Only cut, refuse, freeze and a throttle in octets without a filter work on it.";
    if (tap.tap.server.transport === "http") return `The tap is in front of an HTTP server. ${rest}`;
    if (log.handshakeState === "opaque")
      return `Link ${log.number} cannot be read, so nothing is known of its messages. ${rest}`;
    if (!log.reader.encrypted) return null;
    return `Link ${log.number} is encrypted and the tap has no keys for it, so its messages cannot be told apart. ${rest}`;
  }

  #told(changed: Changed, direction: Direction, act: Act): void {
    const { what, actor, message, ms, count, by } = act;
    const running = actor === null ? undefined : this.#runningOf(changed, actor);
    // Of a held message it counts once.
    if (running !== undefined && what !== "released" && what !== "edited") {
      running.acts += 1;
      this.#services.changed();
    }
    const subject = this.#subject(changed, direction, message);
    const topic = subject.topicText();
    changed.acts.add(`${actor?.id ?? 0} ${what}`, {
      what,
      ...(running === undefined ? {} : about(running)),
      from: SIDES[direction],
      frames: message.frames,
      size: message.sizeBytes,
      ...(topic === "" ? {} : { topic }),
      preview: subject.preview(),
      ...(ms === undefined ? {} : { ms: Math.round(ms * 10) / 10 }),
      ...(count === undefined ? {} : { messages: count }),
      ...(by === undefined ? {} : { by }),
    });
  }

  /** Also of one that is ending, whose actors are still there. */
  #runningOf(changed: Changed, actor: Actor): Running | undefined {
    return this.#running.get(actor.id) ?? [...changed.actors.keys()].find(({ id }) => id === actor.id);
  }

  #tellTap(running: Running, detail: object): void {
    const { id, name } = running.tap.config;
    this.#services.tellEvent({ id, name }, { ...detail, ...about(running) });
  }
}

function stateOf({ id, tap, spec, intervention, acts, problem }: Running): InterventionState {
  const { config } = tap;
  return { id, tap: config.id, tapName: config.name, kind: intervention.kind, spec, acts, problem };
}

function about({ id, spec, intervention }: Running): object {
  return { intervention: id, kind: intervention.kind, spec };
}

/** Whether it is about messages or commands of a direction. */
function isAbout(intervention: Intervention, direction: Direction): boolean {
  if (intervention.kind === "refuse" || intervention.kind === "freeze") return false;
  return intervention.direction === null || intervention.direction === direction;
}

/** A held message with other frames. Throws a UserError for what cannot be sent in its place. */
function editedMessage(message: GateMessage, frames: readonly Uint8Array[], framing: Framing): GateMessage {
  const sizeBytes = frames.reduce((sum, { length }) => sum + length, 0);
  if (frames.length === 0) throw badHeldMessage("A message has at least one frame.");
  if (sizeBytes > MAX_EDITED_BYTES)
    throw badHeldMessage(`It has ${sizeBytes} octets, and at most ${MAX_EDITED_BYTES} can be sent.`);
  if (message.isCommand && frames.length > 1) throw badHeldMessage("A command is one frame.");
  const isCommandFrame = framing === 3 && (message.bytes[0]! & COMMAND) !== 0;
  const bytes = isCommandFrame ? encodeFrame(frames[0]!, COMMAND) : encodeMessage(frames, framing);
  return { bytes, frames: frames.length, sizeBytes, isCommand: message.isCommand };
}

function freshSeed(): number {
  return Math.floor(Math.random() * 0x100000000);
}
