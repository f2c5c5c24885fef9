import type { SocketType } from "../../shared/model.ts";
import { CommandCutter } from "./commandCutter.ts";
import { readCommandBody, readCommandName } from "./commands.ts";
import type { BoxArena } from "./curve/boxArena.ts";
import type { BoxFlow } from "./curve/boxFlow.ts";
import { OpeningFlow } from "./curve/openingFlow.ts";
import { SealingFlow } from "./curve/sealingFlow.ts";
import { FrameQueue } from "./frameQueue.ts";
import { COMMAND, FrameCutter, type CutFrame } from "./frames.ts";
import { GREETING_3_OCTETS, SIGNATURE_OCTETS, judgeGreeting, nameAlien, readMechanism } from "./greeting.ts";
import type { Leg, LegSignal, SendCommand } from "./legs/leg.ts";
import { nullLeg } from "./legs/nullLeg.ts";
import { readMetadata } from "./metadata.ts";
import { concat } from "./octets.ts";
import { partnersOf } from "./socketPairs.ts";
import { Subscriptions } from "./subscriptions.ts";
import { encodeCommand, encodeFrame, encodeGreeting, encodeMessage, encodeMetadata } from "./writer.ts";

/** Largest message that is taken; it is held whole. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** What a frame costs besides its octets, so that a message of endless empty frames ends too. */
const FRAME_COST_BYTES = 64;
/** No handshake command is larger. */
const MAX_COMMAND_BYTES = 65_536;
/** Where a greeting has its minor version. */
const MINOR_AT = 11;
/** Signature and major version: all that a peer needs to answer with its own. */
const FIRST_OCTETS = SIGNATURE_OCTETS + 1;

export type ClientEvent =
  /** Messages may be sent now. */
  | { readonly kind: "ready"; readonly peerSocket: SocketType }
  /** A whole message; its frames belong to the receiver. */
  | { readonly kind: "message"; readonly frames: Uint8Array[] }
  /** Must be written to the server, in this order. */
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  /** The other side has subscribed to a topic or no longer is: see `subscriptions`. */
  | { readonly kind: "subscribed" }
  /** The link is of no use any more; nothing follows. The sentence says why and what to do. */
  | { readonly kind: "failed"; readonly message: string };

/** How the server lets us in, where it asks for more than NULL. */
export type ClientSecurity = {
  /** Makes our end of one handshake, as a security client. */
  readonly openLeg: (send: SendCommand) => Leg;
  /** What CURVE's boxes are opened and sealed in; `null` for legs without them. */
  readonly arena: BoxArena | null;
};

/**
 * The client end of a ZMTP 3.x link, for calls and replays: with the NULL mechanism, or with the leg that it is given. With
 * NULL both ends say the same, so it may be the listening end too. Holds bytes, never a socket. Bad bytes end in one
 * `failed`; push() never throws. dispose() wipes what is secret.
 */
export class ZmtpClient {
  /** What the other side has subscribed to. */
  readonly subscriptions = new Subscriptions();
  readonly #socket: SocketType;
  readonly #identity: Uint8Array;
  readonly #leg: Leg;
  readonly #arena: BoxArena | null;
  readonly #queue = new FrameQueue(MAX_COMMAND_BYTES);
  readonly #cutter: FrameCutter | CommandCutter;
  #opening: BoxFlow | null = null;
  #sealing: BoxFlow | null = null;
  #sealed: Uint8Array[] = [];
  #state: "greeting" | "handshake" | "ready" | "failed" = "greeting";
  #greeting: Uint8Array = new Uint8Array(0);
  #hasSentGreeting = false;
  #frames: Uint8Array[] = [];
  #costBytes = 0;
  #events: ClientEvent[] = [];
  #pongs: Uint8Array[] = [];

  /** `ignoresMessages`: none is told, and none is too long. */
  constructor(options: {
    socket: SocketType;
    identity?: Uint8Array;
    security?: ClientSecurity;
    ignoresMessages?: boolean;
  }) {
    this.#socket = options.socket;
    const ignores = options.ignoresMessages === true;
    this.#cutter = ignores ? new CommandCutter(MAX_COMMAND_BYTES) : new FrameCutter(MAX_MESSAGE_BYTES);
    this.#identity = options.identity ?? new Uint8Array(0);
    this.#arena = options.security?.arena ?? null;
    const send: SendCommand = (body) => this.#events.push({ kind: "send", bytes: encodeFrame(body, COMMAND) });
    this.#leg = (options.security?.openLeg ?? nullLeg)(send);
  }

  /** The first octets to write. The rest waits for the server's version, so that an older server is not confused. */
  start(): Uint8Array {
    return encodeGreeting(this.#leg.mechanism).subarray(0, FIRST_OCTETS);
  }

  /** Of the server, once `ready` has come. */
  get version(): "3.0" | "3.1" {
    return this.#greeting[MINOR_AT] === 0 ? "3.0" : "3.1";
  }

  /** A message to write once `ready` has come. Frames as on the wire: of a REQ the empty delimiter is the caller's. */
  encode(frames: readonly Uint8Array[]): Uint8Array {
    return this.seal(encodeMessage(frames));
  }

  /** Whole plain frames as they are to be written once `ready` has come: the same array where nothing is encrypted. */
  seal(frames: Uint8Array): Uint8Array {
    if (this.#sealing === null) return frames;
    this.#sealing.push(frames);
    const sealed = this.#sealed;
    this.#sealed = [];
    return sealed.length === 1 ? sealed[0]! : concat(sealed);
  }

  /** Nothing may be pushed or sealed any more. */
  dispose(): void {
    this.#state = "failed";
    this.#opening?.dispose();
    this.#sealing?.dispose();
    this.#leg.dispose();
  }

  /** What bytes from the server lead to. They are copied. */
  push(bytes: Uint8Array): ClientEvent[] {
    let rest = bytes;
    if (this.#state === "greeting") rest = this.#readGreeting(bytes);
    if (this.#state === "handshake") rest = this.#shake(rest);
    if (this.#state === "ready") {
      if (this.#opening === null) this.#readTraffic(rest);
      else this.#opening.push(rest);
    }
    // The arena is in use while boxes are opened, so that nothing may be sealed meanwhile.
    const pongs = this.#pongs;
    this.#pongs = [];
    if (!this.#isFailed()) for (const pong of pongs) this.#events.push({ kind: "send", bytes: this.seal(pong) });
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #isFailed(): boolean {
    return this.#state === "failed";
  }

  /** Returns what follows the greeting. */
  #readGreeting(bytes: Uint8Array): Uint8Array {
    this.#greeting = concat([this.#greeting, bytes]);
    const greeting = this.#greeting;
    const verdict = judgeGreeting(greeting, this.start());
    if (verdict === "alien") {
      const name = nameAlien(greeting);
      this.#fail(
        name === "not ZeroMQ"
          ? "The server does not speak ZeroMQ's protocol. Check the endpoint."
          : `The server is ${name}, not a ZeroMQ peer. Check the endpoint.`,
      );
    } else if (verdict === "1.0" || verdict === "2.0") {
      this.#fail(
        `The server speaks ZMTP ${verdict} (a libzmq before 4.0), which calls and replays cannot. Send from a program of that version through the tap instead.`,
      );
    } else if (verdict === "3.x") {
      this.#greet(greeting);
    }
    return greeting.subarray(GREETING_3_OCTETS);
  }

  #greet(greeting: Uint8Array): void {
    if (!this.#hasSentGreeting) {
      this.#hasSentGreeting = true;
      this.#events.push({ kind: "send", bytes: encodeGreeting(this.#leg.mechanism).subarray(FIRST_OCTETS) });
    }
    if (greeting.length < GREETING_3_OCTETS) return;
    const mechanism = readMechanism(greeting);
    if (mechanism !== this.#leg.mechanism) {
      this.#fail(wrongMechanism(mechanism, this.#leg.mechanism));
      return;
    }
    this.#state = "handshake";
    this.#take(this.#leg.begin());
    this.#leg.give(encodeMetadata(this.#socket, this.#identity), null);
  }

  /** Returns what follows the handshake. */
  #shake(bytes: Uint8Array): Uint8Array {
    this.#queue.push(bytes);
    while (this.#state === "handshake") {
      const frame = this.#queue.next();
      if (frame === null) return NOTHING;
      if (frame === "too-long") this.#refuse(-1);
      else if (frame.command) this.#readHandshakeCommand(frame.body);
      else {
        this.#fail(
          "The server sent a message before the handshake was done, which ZMTP does not allow. Check the endpoint.",
        );
      }
    }
    return this.#queue.takeRest();
  }

  /** Plain frames behind the handshake. */
  #readTraffic(bytes: Uint8Array): void {
    for (const frame of this.#cutter.push(bytes)) {
      if (frame.command) this.#readCommand(frame.body);
      else this.#readMessageFrame(frame);
      if (this.#isFailed()) return;
    }
    if (this.#cutter.refusedBytes !== null) this.#refuse(this.#cutter.refusedBytes);
  }

  #readHandshakeCommand(body: Uint8Array): void {
    const command = readCommandBody(body);
    if (command.kind === "error-command") {
      this.#fail(
        `The server refused the connection: ${command.reason || "it gave no reason"}. Check who may connect to it.`,
      );
      return;
    }
    const { name } = readCommandName(body);
    if (this.#leg.mechanism === "NULL" && name !== "READY") return;
    const signal = this.#leg.receive(name, body);
    this.#take(signal);
    if (signal.kind === "metadata" && this.#leg.isOpen) this.#open(readMetadata(signal.metadata, 0).socket);
  }

  #take(signal: LegSignal): void {
    if (signal.kind === "problem")
      this.#fail(`${signal.message} Check the server's security, and the keys given for it.`);
  }

  #open(socket: SocketType | null): void {
    const partners = partnersOf(this.#socket);
    if (socket === null || !partners.includes(socket)) {
      this.#fail(
        `A ${this.#socket} cannot talk to the server's socket, which is ${socket ?? "of an unknown type"}: it needs ${partners.join(" or ") || "no ZMTP peer"}. Choose another socket type.`,
      );
      return;
    }
    const { opens, seals } = this.#leg;
    if (opens !== null && seals !== null && this.#arena !== null) {
      this.#opening = new OpeningFlow(this.#arena, {
        opens,
        seals: null,
        maxFrameBytes: 2 * MAX_MESSAGE_BYTES,
        sink: {
          send: (frames) => this.#isFailed() || this.#readTraffic(frames),
          plain: () => undefined,
          fault: ({ message }) => this.#fail(`${message} Send again: the connection is of no use any more.`),
        },
      });
      this.#sealing = new SealingFlow(this.#arena, {
        seals,
        maxFrameBytes: Infinity,
        sink: { send: (bytes) => void this.#sealed.push(bytes), plain: () => undefined, fault: () => undefined },
      });
    }
    this.#state = "ready";
    this.#events.push({ kind: "ready", peerSocket: socket });
  }

  #readCommand(body: Uint8Array): void {
    const command = readCommandBody(body);
    switch (command.kind) {
      case "ping":
        this.#pongs.push(encodeCommand("PONG", command.context));
        return;
      case "subscribe":
        this.#subscribed(command.topic, true);
        return;
      case "unsubscribe":
        this.#subscribed(command.topic, false);
        return;
      case "error-command":
        this.#fail(`The server ended the connection: ${command.reason || "it gave no reason"}. Check its log.`);
        return;
      case "pong":
      case "command":
        return;
    }
  }

  #subscribed(topic: Uint8Array, isOn: boolean): void {
    if (isOn) this.subscriptions.add(topic);
    else this.subscriptions.remove(topic);
    this.#events.push({ kind: "subscribed" });
  }

  #readMessageFrame(frame: CutFrame): void {
    this.#frames.push(frame.body);
    this.#costBytes += frame.body.length + FRAME_COST_BYTES;
    if (this.#costBytes > MAX_MESSAGE_BYTES + FRAME_COST_BYTES) {
      this.#refuse(this.#costBytes);
    } else if (!frame.more) {
      this.#endMessage();
    }
  }

  #endMessage(): void {
    const frames = this.#frames;
    this.#frames = [];
    this.#costBytes = 0;
    // A publisher's subscribers may subscribe by message, which is no answer.
    const isSubscription = frames.length === 1 && frames[0]!.length > 0 && frames[0]![0]! <= 1;
    if (isSubscription && (this.#socket === "PUB" || this.#socket === "XPUB")) {
      this.#subscribed(frames[0]!.subarray(1), frames[0]![0] === 1);
      return;
    }
    this.#events.push({ kind: "message", frames });
  }

  #refuse(sizeBytes: number): void {
    this.#fail(
      sizeBytes < 0
        ? "The server sent a frame with an impossible length. It does not speak ZMTP properly."
        : "The server sent a message above 64 MiB, which calls and replays do not take. Receive it in a program of your own, through the tap.",
    );
  }

  #fail(message: string): void {
    this.#state = "failed";
    this.#frames = [];
    this.#events.push({ kind: "failed", message });
  }
}

const NOTHING = new Uint8Array(0);

function wrongMechanism(asked: string, ours: string): string {
  if (ours !== "NULL") {
    return `The server speaks ${asked || "an unknown mechanism"}, and the keys given for it are for ${ours}. Leave them out, or give others.`;
  }
  return asked === "PLAIN"
    ? "The server asks for a user name and password (PLAIN), and ZMQ Tap has none for it. Give them, or send through a tap that has them."
    : `The server asks for ${asked || "an unknown mechanism"}, and ZMQ Tap has no keys for it. Give them, or send through a tap that has them.`;
}
