import { readCommandName, readErrorReason } from "../../src/proxy/wire/commands.ts";
import type { Boxes } from "../../src/proxy/wire/curve/boxes.ts";
import type { BoxFlow } from "../../src/proxy/wire/curve/boxFlow.ts";
import type { KeyPair } from "../../src/proxy/wire/curve/boxMemory.ts";
import { OpeningFlow } from "../../src/proxy/wire/curve/openingFlow.ts";
import { SealingFlow } from "../../src/proxy/wire/curve/sealingFlow.ts";
import { FrameCutter } from "../../src/proxy/wire/frames.ts";
import { curveClientLeg, curveServerLeg } from "../../src/proxy/wire/legs/curveLegs.ts";
import type { Leg } from "../../src/proxy/wire/legs/leg.ts";
import { nullLeg } from "../../src/proxy/wire/legs/nullLeg.ts";
import { plainClientLeg, plainServerLeg } from "../../src/proxy/wire/legs/plainLegs.ts";
import { encodeFrame, encodeGreeting } from "../../src/proxy/wire/writer.ts";
import type { LegMechanism, PlainUser } from "../../src/shared/security.ts";
import { octets } from "./octets.ts";

export type PeerKind = "NULL" | "PLAIN client" | "PLAIN server" | "CURVE client" | "CURVE server";

export type PeerOptions = {
  readonly name: string;
  readonly kind: PeerKind;
  readonly boxes: Boxes;
  /** Minor version in the greeting. */
  readonly minor?: number;
  readonly pair?: KeyPair;
  readonly serverKey?: Uint8Array;
  readonly user?: PlainUser;
  /** Body that answers INITIATE (of NULL: the greeting) in place of going on; empty: no answer. */
  readonly answer?: Uint8Array;
};

export const USER: PlainUser = { user: "admin", password: "secret-word" };

/** A program at one end of a link, made of the same parts as the tap's ends but holding no socket. */
export class Peer {
  readonly kind: PeerKind;
  readonly mechanism: LegMechanism;
  /** Octets that it wants to send, in order. */
  readonly outbox: Uint8Array[] = [];
  /** Commands and ERROR reasons that it heard, and problems that it found. */
  readonly heard: string[] = [];
  /** Frames behind the handshake: text, `+` for MORE, `command ` in front of a command. */
  readonly frames: string[] = [];
  /** What the other side said of itself, and the greeting that came. */
  theirs: Uint8Array | null = null;
  clientKey: Uint8Array | null = null;
  greeting: Uint8Array = new Uint8Array(0);
  readonly own: Uint8Array;
  readonly #leg: Leg;
  readonly #options: PeerOptions;
  readonly #cutter = new FrameCutter(Infinity);
  #opening: BoxFlow | null = null;
  #sealing: BoxFlow | null = null;

  constructor(options: PeerOptions) {
    this.#options = options;
    this.kind = options.kind;
    this.mechanism = options.kind.slice(0, 5).trim() as LegMechanism;
    this.own = octets(
      `\x0bSocket-Type\0\0\0\x04PAIR\x06X-Name\0\0\0${String.fromCharCode(options.name.length)}${options.name}`,
    );
    this.#leg = this.#newLeg();
    const greeting = encodeGreeting(this.mechanism);
    greeting[11] = options.minor ?? 1;
    this.outbox.push(greeting);
  }

  get isOpen(): boolean {
    return this.#leg.isOpen;
  }

  push(bytes: Uint8Array): void {
    const rest = bytes.subarray(64 - this.greeting.length);
    const isGreeted = this.greeting.length === 64;
    if (!isGreeted) {
      this.greeting = new Uint8Array([...this.greeting, ...bytes.subarray(0, 64 - this.greeting.length)]);
      if (this.greeting.length < 64) return;
      this.#begin();
    }
    for (const { body, command, more } of this.#cutter.push(isGreeted ? bytes : rest)) {
      const flags = command ? 4 : more ? 1 : 0;
      if (this.#opening !== null) this.#opening.push(encodeFrame(body, flags));
      else if (this.isOpen) this.#read(body, flags);
      else this.#hear(body);
    }
  }

  /** Sends plain frames, sealed where its leg is encrypted. */
  send(frames: Uint8Array): void {
    if (this.#sealing === null) this.outbox.push(frames);
    else this.#sealing.push(frames);
  }

  #begin(): void {
    const { kind, answer } = this.#options;
    if (kind === "NULL" && answer !== undefined) {
      if (answer.length > 0) this.#say(answer);
      return;
    }
    this.#leg.give(this.own, null);
    if (kind.endsWith("client")) this.#leg.begin();
  }

  #hear(body: Uint8Array): void {
    const { name, dataAt } = readCommandName(body);
    this.heard.push(name === "ERROR" ? `ERROR ${readErrorReason(body.subarray(dataAt))}` : name);
    if (name === "ERROR") return;
    const { answer } = this.#options;
    if (name === "INITIATE" && answer !== undefined) {
      if (answer.length > 0) this.#say(answer);
      return;
    }
    const signal = this.#leg.receive(name, body);
    if (signal.kind === "problem") this.heard.push(`problem ${signal.check}`);
    if (signal.kind === "asked") this.#leg.welcome();
    if (signal.kind === "metadata") {
      this.theirs = signal.metadata;
      this.clientKey = signal.client;
      this.#leg.admit();
    }
    if (this.isOpen) this.#open();
  }

  #open(): void {
    const { opens, seals } = this.#leg;
    const { arena } = this.#options.boxes;
    const fault = ({ check }: { check: string }): void => void this.heard.push(`problem ${check}`);
    if (opens === null || seals === null) return;
    const cutter = new FrameCutter(Infinity);
    const read = (bytes: Uint8Array): void => {
      for (const { body, command, more } of cutter.push(bytes)) this.#read(body, command ? 4 : more ? 1 : 0);
    };
    this.#opening = new OpeningFlow(arena, {
      opens,
      seals: null,
      maxFrameBytes: Infinity,
      sink: { send: read, plain: () => undefined, fault },
    });
    this.#sealing = new SealingFlow(arena, {
      seals,
      maxFrameBytes: Infinity,
      sink: { send: (bytes) => void this.outbox.push(bytes), plain: () => undefined, fault },
    });
  }

  #read(body: Uint8Array, flags: number): void {
    const text = body.length > 300 ? `${body.length} octets` : Buffer.from(body).toString("latin1");
    this.frames.push(`${flags === 4 ? "command " : ""}${text}${flags === 1 ? "+" : ""}`);
  }

  #say(body: Uint8Array): void {
    this.outbox.push(encodeFrame(body, 4));
  }

  #newLeg(): Leg {
    const { kind, boxes, pair, serverKey, user = USER } = this.#options;
    const send = (body: Uint8Array): void => this.#say(body);
    switch (kind) {
      case "NULL":
        return nullLeg(send);
      case "PLAIN client":
        return plainClientLeg(send, user);
      case "PLAIN server":
        return plainServerLeg(send, user, false);
      case "CURVE client":
        return curveClientLeg(send, boxes, serverKey!, () => pair!);
      case "CURVE server":
        return curveServerLeg(send, boxes, pair!);
    }
  }
}
