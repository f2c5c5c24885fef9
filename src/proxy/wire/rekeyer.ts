import type { HandshakeStep, Direction, Side } from "../../shared/model.ts";
import type { LegMechanism, PlainUser } from "../../shared/security.ts";
import { nameInWords, readCommandName, readErrorReason, tellableName } from "./commands.ts";
import type { Boxes } from "./curve/boxes.ts";
import type { BoxFlow, FlowSink } from "./curve/boxFlow.ts";
import type { KeyPair } from "./curve/boxMemory.ts";
import { commandBody, errorBody } from "./curve/curveCommands.ts";
import { OpeningFlow } from "./curve/openingFlow.ts";
import { SealingFlow } from "./curve/sealingFlow.ts";
import { FrameQueue } from "./frameQueue.ts";
import { COMMAND } from "./frames.ts";
import { judgeGreeting, readMechanism } from "./greeting.ts";
import { GreetingRelay, withMechanism } from "./greetingRelay.ts";
import { curveClientLeg, curveServerLeg } from "./legs/curveLegs.ts";
import type { Leg, LegSignal } from "./legs/leg.ts";
import { nullLeg } from "./legs/nullLeg.ts";
import { isPlainHello, plainClientLeg, plainServerLeg } from "./legs/plainLegs.ts";
import { concat } from "./octets.ts";
import { otherSide } from "./side.ts";
import { encodeFrame } from "./writer.ts";

/** Longest handshake command. */
const MAX_COMMAND_BYTES = 64 * 1024;
/** What may come of a side before it can be read. */
const MAX_WAITING_BYTES = 1024 * 1024;
const DENIED = "400";
const MINOR_AT = 11;

/** What a link's keys are, as octets. Secret; they belong to the tap. */
export type LinkKeys = {
  readonly legs: Readonly<Record<Side, LegMechanism | null>>;
  readonly serverPair: KeyPair | null;
  readonly serverKey: Uint8Array | null;
  /** The pair shown to the server for a client of this key; `null`: a fresh one. */
  readonly pairFor: (client: Uint8Array | null) => KeyPair | null;
  readonly plain: PlainUser | null;
  readonly maxFrameBytes: number;
};

/** Which side of a tap's links is the client of the security protocol, as earlier links showed. */
export type RoleMemory = { securityClient: Side };

/** What a CURVE client that has proved its key may do. */
export type Judgement = "allow" | "wait" | "deny";

/** Why the tap itself ends a link. */
export type RekeyProblem = {
  /** The leg whose peer is at fault. */
  readonly leg: Side;
  /** Names the check that failed. */
  readonly check: string;
  /** One sentence. */
  readonly message: string;
};

export type RekeyerSink = {
  /** Octets for a peer, its to keep. */
  send(to: Side, bytes: Uint8Array): void;
  /** Plain ZMTP of one direction for the capture, to be used before this returns. */
  plain(direction: Direction, bytes: Uint8Array): void;
  /** Octets that are passed on as they are and shown to the capture as they are. */
  pass(direction: Direction, bytes: Uint8Array): void;
  /** Asks what a client may do that has proved to own this key. */
  judge(client: Uint8Array): Judgement;
  /** The handshake went on, or is done. */
  progressed(): void;
  /** The link must close now. `check` "waiting" and "denied" are the user's decisions, all others faults of a peer. */
  failed(problem: RekeyProblem): void;
};

/** What one end of a leg has done in its handshake; on each leg one end is the tap. */
export type RekeyedEnd = {
  octets: number;
  mechanism: string | null;
  readonly commands: string[];
  error: string | null;
};

const SIDES = ["client", "server"] as const;
const MAX_NAMES = 8;
const MAX_STEPS = 24;

/**
 * Ends the security protocol of a link on both sides without owning a socket: relays the greetings, leads both handshakes in
 * step so that each peer sees what the other does, and re-keys traffic. Links whose greetings need none of this, or for which
 * there are no keys, are passed on as they are. Who is the security client is learned from who says HELLO.
 */
export class Rekeyer {
  readonly #boxes: Boxes;
  readonly #keys: LinkKeys;
  readonly #roles: RoleMemory;
  readonly #sink: RekeyerSink;
  readonly #greetings: GreetingRelay;
  readonly #queues: Readonly<Record<Side, FrameQueue>> = {
    client: new FrameQueue(MAX_COMMAND_BYTES),
    server: new FrameQueue(MAX_COMMAND_BYTES),
  };
  readonly #metadata: Record<Side, Uint8Array | null> = { client: null, server: null };
  /** The peers' ends and ours, by leg. */
  readonly ends: Readonly<Record<Side, { readonly peer: RekeyedEnd; readonly tap: RekeyedEnd }>> = {
    client: { peer: newEnd(), tap: newEnd() },
    server: { peer: newEnd(), tap: newEnd() },
  };
  #legs: Record<Side, Leg> | null = null;
  #flows: readonly [BoxFlow | null, BoxFlow | null] = [null, null];
  #state: "greeting" | "handshake" | "traffic" | "passing" | "over" = "greeting";
  #isOpen = false;
  readonly #steps: HandshakeStep[] = [];
  #client: Uint8Array | null = null;
  /** A pair of this link alone. */
  #fresh: KeyPair | null = null;
  /** The CURVE server that was shown such a pair. */
  freshPairTo: Side | null = null;

  constructor(boxes: Boxes, keys: LinkKeys, roles: RoleMemory, sink: RekeyerSink) {
    this.#boxes = boxes;
    this.#keys = keys;
    this.#roles = roles;
    this.#sink = sink;
    for (const side of SIDES) this.ends[side].tap.mechanism = keys.legs[side];
    this.#greetings = new GreetingRelay(keys.legs, (to, bytes) => {
      this.ends[to].tap.octets += bytes.length;
      sink.send(to, bytes);
    });
  }

  /** `passing`: the link is relayed as it is, and this object has nothing more to do. */
  get state(): "greeting" | "handshake" | "traffic" | "passing" | "over" {
    return this.#state;
  }

  /** What was said on both legs, in order. */
  get steps(): readonly HandshakeStep[] {
    return this.#steps;
  }

  /** Both handshakes are done, and traffic flows re-keyed. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Public key of the CURVE client, once it has proved to own it. */
  get client(): Uint8Array | null {
    return this.#client;
  }

  /** Whether a peer counts its nonces as libzmq 4.0 does. */
  get isHostOrder(): boolean {
    return this.#legs !== null && (this.#legs.client.isHostOrder || this.#legs.server.isHostOrder);
  }

  /** Mechanisms of both legs, as far as known. */
  get mechanisms(): Readonly<Record<Side, string | null>> {
    return {
      client: this.#legs?.client.mechanism ?? this.#greetings.mechanism("client"),
      server: this.#legs?.server.mechanism ?? this.#greetings.mechanism("server"),
    };
  }

  /** What a peer says of itself, as properties of READY; `null` until it has. */
  metadata(side: Side): Uint8Array | null {
    return this.#metadata[side];
  }

  /** "3.1", "3.0" of a peer's greeting; `null` until that has come. "3.x" when it has not gone on behind its major version. */
  version(side: Side): string | null {
    const greeting = this.#greetings.borrow(side);
    if (greeting.length === MINOR_AT && greeting[MINOR_AT - 1] === 3) return "3.x";
    return greeting.length <= MINOR_AT ? null : `${greeting[MINOR_AT - 1]!}.${greeting[MINOR_AT]!}`;
  }

  push(direction: Direction, chunk: Uint8Array): void {
    const from = SIDES[direction];
    switch (this.#state) {
      case "greeting":
        this.#readGreeting(from, chunk);
        return;
      case "handshake":
        this.#queues[from].push(chunk);
        this.#readCommands();
        return;
      case "traffic":
        this.#flows[direction]?.push(chunk);
        return;
      case "passing":
        this.#sink.pass(direction, chunk);
        return;
      case "over":
        return;
    }
  }

  /** Whether whole plain frames of our own may be put into a direction right here. */
  canInject(direction: Direction): boolean {
    return this.#state === "traffic" && this.#flows[direction]?.isInsideMessage === false;
  }

  inject(direction: Direction, frames: Uint8Array): void {
    this.#flows[direction]?.inject(frames);
  }

  /** Called at each point of a direction where an injection may stand, until set to `null` again. */
  setOnGap(direction: Direction, onGap: (() => void) | null): void {
    const flow = this.#flows[direction];
    if (flow !== null) flow.onGap = onGap;
  }

  /** Whether divert() may be called right here, which it may not while a long frame is under way. */
  canDivert(direction: Direction): boolean {
    return this.#state !== "traffic" || this.#flows[direction]?.isInsideFrame !== true;
  }

  /**
   * Gives the plain frames of a direction to `take` from here on, in place of its receiver and the capture: whoever takes them
   * sends what shall go on with inject(). `null`: as before. To be begun outside a message.
   */
  divert(direction: Direction, take: ((frames: Uint8Array) => void) | null): void {
    this.#flows[direction]?.divert(take);
  }

  /** The connections are gone: shows the capture what was held back, and wipes what is secret. */
  dispose(): void {
    if (this.#state === "greeting") this.#showUnread();
    this.#state = "over";
    for (const flow of this.#flows) flow?.dispose();
    this.#flows = [null, null];
    this.#legs?.client.dispose();
    this.#legs?.server.dispose();
    this.#fresh?.secretKey.fill(0);
    this.#boxes.arena.wipe();
  }

  #readGreeting(from: Side, chunk: Uint8Array): void {
    this.ends[from].peer.octets += chunk.length;
    this.#queues[from].push(this.#greetings.push(from, chunk));
    for (const side of SIDES) {
      const mechanism = this.#greetings.mechanism(side);
      this.ends[side].peer.mechanism = mechanism;
    }
    this.#sink.progressed();
    const unread = this.#findUnread();
    if (unread !== null) this.#endUnread(unread.side, unread.isAlien);
    else if (this.#greetings.isComplete) this.#chooseLegs();
    else if (this.#queues.client.bytes + this.#queues.server.bytes > MAX_WAITING_BYTES) {
      this.#fail(from, "greeting", "A side sends on although the other has not greeted it.");
    }
  }

  /** The side that speaks no ZMTP 3. A newer peer writes an older greeting to it, so each is judged by itself. */
  #findUnread(): { readonly side: Side; readonly isAlien: boolean } | null {
    for (const side of SIDES) {
      const greeting = this.#greetings.borrow(side);
      const verdict = judgeGreeting(greeting, greeting);
      if (verdict !== "wait" && verdict !== "3.x") return { side, isAlien: verdict === "alien" };
    }
    return null;
  }

  /** Octets that are no ZMTP 3: relayed as they are where the tap may, since there is nothing to re-key. */
  #endUnread(side: Side, isAlien: boolean): void {
    if (this.#keys.legs.client === null && this.#keys.legs.server === null) {
      this.#pass();
      return;
    }
    this.#fail(
      side,
      isAlien ? "not-zmtp" : "old-version",
      isAlien
        ? `The ${side} does not speak ZeroMQ's protocol.`
        : `The ${side} speaks a ZMTP before 3.0, which has no security, so the tap cannot add or remove any.`,
    );
  }

  #chooseLegs(): void {
    const { legs: set } = this.#keys;
    const greeted = {
      client: readMechanism(this.#greetings.borrow("client")),
      server: readMechanism(this.#greetings.borrow("server")),
    };
    for (const side of SIDES) {
      const wanted = set[side];
      if (wanted !== null && wanted !== greeted[side]) {
        this.#fail(
          side,
          "mechanism",
          `The ${side} speaks ${greeted[side] || "an unknown mechanism"}, and the tap's ${side} leg is set to ${wanted}.`,
        );
        return;
      }
    }
    for (const side of SIDES) {
      this.ends[side].tap.mechanism = greeted[side];
      this.#note(side, side, `greeting ${this.version(side)!} ${greeted[side]}`);
      this.#note(side, "tap", `greeting ${this.version(otherSide(side))!} ${greeted[side]}`);
    }
    if (greeted.client !== greeted.server && set.client === null && set.server === null) {
      // The peers were told each other's mechanism, and part as they would without the tap.
      this.#pass();
      return;
    }
    if (greeted.client === greeted.server) {
      const { serverPair, serverKey } = this.#keys;
      if (greeted.client !== "CURVE" || serverPair === null || serverKey === null) {
        this.#pass();
        return;
      }
    } else if (!SIDES.every((side) => greeted[side] === "CURVE" || greeted[side] === "PLAIN")) {
      // A leg without security says no HELLO. Where there is security on both, the first HELLO tells the roles.
      this.#guessRoles(greeted);
      if (!this.#makeLegs(greeted)) return;
    }
    this.#state = "handshake";
    if (this.#legs !== null) this.#beginMixed(this.#legs);
    this.#readCommands();
  }

  /** Nobody has said who is the security client; where the tap has keys for one end only, the peer is the other. */
  #guessRoles(greeted: Readonly<Record<Side, string>>): void {
    const { serverPair, serverKey } = this.#keys;
    if (serverPair !== null || serverKey === null) return;
    if (greeted.client === "CURVE") this.#roles.securityClient = "server";
    if (greeted.server === "CURVE") this.#roles.securityClient = "client";
  }

  /** The tap's ends of both legs. False, and the link fails, where it lacks a key. */
  #makeLegs(greeted: Readonly<Record<Side, string>>): boolean {
    const legs: Partial<Record<Side, Leg>> = {};
    for (const side of SIDES) {
      const isClient = this.#roles.securityClient === side;
      const leg = this.#newLeg(side, greeted[side], isClient);
      if (leg === null) {
        const what = isClient ? "a key pair to show to clients" : "the server's public key";
        const missing = greeted[side] === "PLAIN" ? "a user name and password" : what;
        this.#fail(
          side,
          "keys",
          greeted[side] === "CURVE" || greeted[side] === "PLAIN"
            ? `The ${side} speaks ${greeted[side]}, for which the tap needs ${missing}.`
            : `The ${side} speaks ${greeted[side] || "an unknown mechanism"}, which the tap cannot end.`,
        );
        return false;
      }
      legs[side] = leg;
    }
    this.#legs = legs as Record<Side, Leg>;
    return true;
  }

  /** `isClient`: the peer is the client of the security protocol, and so the tap its server. */
  #newLeg(side: Side, mechanism: string, isClient: boolean): Leg | null {
    const send = (body: Uint8Array): void => this.#say(side, body);
    const { serverPair, serverKey, plain } = this.#keys;
    switch (mechanism) {
      case "NULL":
        return nullLeg(send);
      case "PLAIN":
        if (plain === null) return null;
        return isClient ? plainServerLeg(send, plain, this.#isNew(side)) : plainClientLeg(send, plain);
      case "CURVE":
        if (isClient) return serverPair === null ? null : curveServerLeg(send, this.#boxes, serverPair);
        if (serverKey === null) return null;
        return curveClientLeg(send, this.#boxes, serverKey, (client) => this.#pairFor(client));
      default:
        return null;
    }
  }

  /** Whether a peer has a libzmq of 4.3.3 or later. */
  #isNew(side: Side): boolean {
    return this.#greetings.borrow(side)[MINOR_AT]! >= 1;
  }

  #pairFor(client: Uint8Array | null): KeyPair {
    const pair = this.#keys.pairFor(client);
    if (pair !== null) return pair;
    this.#fresh ??= this.#boxes.keyPair();
    this.freshPairTo = otherSide(this.#roles.securityClient);
    return this.#fresh;
  }

  /** Where no client asks first, the tap begins towards the server by itself. */
  #beginMixed(legs: Record<Side, Leg>): void {
    const asker = this.#roles.securityClient;
    if (legs[asker].mechanism === "NULL") this.#heed(otherSide(asker), legs[otherSide(asker)].begin());
  }

  #readCommands(): void {
    for (let isAnyRead = true; isAnyRead && this.#state === "handshake";) {
      isAnyRead = false;
      for (const side of SIDES) {
        // Behind what a peer says of itself stands traffic, which waits until both handshakes are done; ERROR is final.
        const hasSaidAll = this.#metadata[side] !== null || this.ends[side].peer.error !== null;
        const frame = hasSaidAll ? null : this.#queues[side].next();
        if (frame === null) continue;
        isAnyRead = true;
        if (frame === "too-long") {
          this.#fail(side, "length", "A handshake command is longer than 64 KiB, or has a length that none can have.");
        } else if (!frame.command) {
          this.#fail(side, "order", "A message came before the handshake was done.");
        } else {
          this.#hear(side, frame.body);
        }
        if (this.#isOver) return;
      }
    }
    const waiting = this.#queues.client.bytes + this.#queues.server.bytes;
    if (this.#state === "handshake" && waiting > MAX_WAITING_BYTES) {
      this.#fail("client", "order", "More came before the handshake was done than may wait.");
    }
  }

  #hear(side: Side, body: Uint8Array): void {
    const { name, dataAt } = readCommandName(body);
    const { peer } = this.ends[side];
    if (peer.commands.length < MAX_NAMES) peer.commands.push(tellableName(name));
    this.#note(side, side, tellableName(name));
    if (name === "ERROR") {
      peer.error = readErrorReason(body.subarray(dataAt));
      const reason = body.subarray(dataAt);
      // As the other leg spells it. Before the first HELLO no leg is chosen.
      if (this.#legs === null) this.#say(otherSide(side), commandBody("ERROR", reason));
      else this.#legs[otherSide(side)].refuse(reason);
    } else {
      if (this.#legs === null) this.#learnRoles(side, name, body);
      if (this.#isMistaken(side, name)) this.#turnRoles(side);
      else if (this.#legs !== null) this.#heed(side, this.#legs[side].receive(name, body));
    }
    this.#sink.progressed();
  }

  /** With security on both legs, whoever says HELLO first is the security client, whichever side listens. */
  #learnRoles(side: Side, name: string, body: Uint8Array): void {
    const greeted = { client: this.ends.client.peer.mechanism!, server: this.ends.server.peer.mechanism! };
    if (name !== "HELLO" && !(greeted[side] === "PLAIN" && isPlainHello(name, body))) {
      this.#fail(side, "order", `${nameInWords(name)} came before HELLO.`);
      return;
    }
    this.#roles.securityClient = side;
    this.#makeLegs(greeted);
  }

  /** A peer that the tap took for the security server says HELLO: it is the client, and the next link will be led so. */
  #turnRoles(side: Side): void {
    const { mechanism } = this.#legs![side];
    if (mechanism === "CURVE" && this.#keys.serverPair === null) {
      this.#fail(side, "keys", `The ${side} is a CURVE client, for which the tap needs a key pair to show to clients.`);
      return;
    }
    this.#roles.securityClient = side;
    const message = `The ${side} is the client of ${mechanism}, and was taken for its server: its next connection is not.`;
    this.#fail(side, "roles", message);
  }

  #heed(side: Side, signal: LegSignal): void {
    const legs = this.#legs!;
    const across = otherSide(side);
    switch (signal.kind) {
      case "nothing":
        return;
      case "asked":
        // A client sees WELCOME when the tap does; a leg without encryption across has none to wait for.
        if (legs[across].mechanism === "NULL") legs[side].welcome();
        else this.#heed(across, legs[across].begin());
        return;
      case "welcomed":
        if (legs[across].mechanism !== "NULL") legs[across].welcome();
        return;
      case "metadata":
        if (signal.note !== undefined) this.#note(side, side, signal.note);
        if (signal.client !== null && !this.#isAdmitted(side, signal.client)) return;
        this.#metadata[side] = signal.metadata;
        legs[side].admit();
        legs[across].give(signal.metadata, signal.client);
        if (legs.client.isOpen && legs.server.isOpen) this.#open(legs);
        return;
      case "problem":
        this.#fail(side, signal.check, signal.message);
        return;
    }
  }

  /** Across from a leg without security nobody asks, so the tap may have begun where the peer does. */
  #isMistaken(side: Side, name: string): boolean {
    const legs = this.#legs;
    if (legs?.[otherSide(side)].mechanism !== "NULL" || this.#roles.securityClient === side) return false;
    // WELCOME is what a PLAIN server answers, whatever libzmq 4.3.0 calls HELLO.
    return name === "HELLO";
  }

  #isAdmitted(side: Side, client: Uint8Array): boolean {
    this.#client = client;
    const judgement = this.#sink.judge(client);
    if (judgement === "allow") return true;
    if (judgement === "deny") this.#say(side, errorBody(DENIED));
    this.#fail(
      side,
      judgement === "deny" ? "denied" : "waiting",
      judgement === "deny"
        ? "The client's key was denied, which ERROR 400 told it: its program must connect anew."
        : "The client's key is not on the tap's list. Its next attempt gets in once it is allowed.",
    );
    return false;
  }

  /** Both handshakes are done: what follows is traffic, and the capture sees a link as without encryption. */
  #open(legs: Record<Side, Leg>): void {
    const flows = ([0, 1] as const).map((direction) => this.#newFlow(legs, direction));
    this.#flows = [flows[0]!, flows[1]!];
    this.#isOpen = true;
    this.#state = flows[0] === null && flows[1] === null ? "passing" : "traffic";
    this.#sink.progressed();
    for (const direction of [0, 1] as const) {
      const side = SIDES[direction];
      const greeting = withMechanism(this.#greetings.borrow(side), "NULL");
      this.#sink.plain(
        direction,
        concat([greeting, encodeFrame(commandBody("READY", this.#metadata[side]!), COMMAND)]),
      );
    }
    this.#sink.progressed();
    for (const direction of [0, 1] as const) {
      const rest = this.#queues[SIDES[direction]].takeRest();
      if (rest.length > 0) this.push(direction, rest);
    }
  }

  #newFlow(legs: Record<Side, Leg>, direction: Direction): BoxFlow | null {
    const from = SIDES[direction];
    const to = otherSide(from);
    const { opens } = legs[from];
    const { seals } = legs[to];
    const sink: FlowSink = {
      send: (bytes) => this.#sink.send(to, bytes),
      plain: (bytes) => this.#sink.plain(direction, bytes),
      fault: ({ check, message }) => this.#fail(from, check, message),
    };
    const { maxFrameBytes } = this.#keys;
    if (opens !== null) return new OpeningFlow(this.#boxes.arena, { opens, seals, maxFrameBytes, sink });
    if (seals !== null) return new SealingFlow(this.#boxes.arena, { seals, maxFrameBytes, sink });
    return null;
  }

  /** Says a command to a peer, unless it was told ERROR, behind which nothing may stand. */
  #say(to: Side, body: Uint8Array): void {
    const { tap } = this.ends[to];
    if (tap.error !== null) return;
    const { name, dataAt } = readCommandName(body);
    if (tap.commands.length < MAX_NAMES) tap.commands.push(name);
    this.#note(to, "tap", name);
    if (name === "ERROR") tap.error = readErrorReason(body.subarray(dataAt));
    this.#sink.send(to, encodeFrame(body, COMMAND));
  }

  #note(leg: Side, from: Side | "tap", what: string): void {
    if (this.#steps.length < MAX_STEPS) this.#steps.push({ leg, from, what });
  }

  /** From here on the link is relayed as it is. */
  #pass(): void {
    this.#state = "passing";
    for (const direction of [0, 1] as const) {
      this.#sink.plain(direction, this.#greetings.borrow(SIDES[direction]));
    }
    for (const direction of [0, 1] as const) {
      const behind = this.#queues[SIDES[direction]].takeRest();
      if (behind.length > 0) this.#sink.pass(direction, behind);
    }
    this.#sink.progressed();
  }

  /** Shows greetings that never came to anything, so that what was there can be looked at. */
  #showUnread(): void {
    for (const direction of [0, 1] as const) {
      const greeting = this.#greetings.borrow(SIDES[direction]);
      if (greeting.length > 0) this.#sink.plain(direction, greeting);
    }
  }

  #fail(leg: Side, check: string, message: string): void {
    if (this.#isOver) return;
    this.#state = "over";
    this.#sink.failed({ leg, check, message });
  }

  get #isOver(): boolean {
    return this.#state === "over";
  }
}

function newEnd(): RekeyedEnd {
  return { octets: 0, mechanism: null, commands: [], error: null };
}
