import type { SocketType } from "../../shared/model.ts";
import { readCommandBody, readCommandName } from "./commands.ts";
import { FrameCutter, type CutFrame } from "./frames.ts";
import { GREETING_3_OCTETS, SIGNATURE_OCTETS, judgeGreeting, nameAlien, readMechanism } from "./greeting.ts";
import { readMetadata } from "./metadata.ts";
import { concat } from "./octets.ts";
import { partnersOf } from "./socketPairs.ts";
import { encodeCommand, encodeGreeting, encodeMessage, encodeReady } from "./writer.ts";

/** Largest message that is taken; it is held whole. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** What a frame costs besides its octets, so that a message of endless empty frames ends too. */
const FRAME_COST_BYTES = 64;
/** Signature and major version: all that a peer needs to answer with its own. */
const FIRST_OCTETS = SIGNATURE_OCTETS + 1;

export type ClientEvent =
  /** Messages may be sent now. */
  | { readonly kind: "ready"; readonly peerSocket: SocketType }
  /** A whole message; its frames belong to the receiver. */
  | { readonly kind: "message"; readonly frames: Uint8Array[] }
  /** Must be written to the server, in this order. */
  | { readonly kind: "send"; readonly bytes: Uint8Array }
  /** The link is of no use any more; nothing follows. The sentence says why and what to do. */
  | { readonly kind: "failed"; readonly message: string };

/**
 * The client end of a ZMTP 3.x link with the NULL mechanism, for calls and replays through a tap. Holds bytes, never a
 * socket. Bad bytes end in one `failed`; push() never throws.
 */
export class ZmtpClient {
  readonly #socket: SocketType;
  readonly #identity: Uint8Array;
  readonly #cutter = new FrameCutter(MAX_MESSAGE_BYTES);
  #state: "greeting" | "handshake" | "ready" | "failed" = "greeting";
  #greeting: Uint8Array = new Uint8Array(0);
  #hasSentGreeting = false;
  #frames: Uint8Array[] = [];
  #costBytes = 0;
  #events: ClientEvent[] = [];

  constructor(options: { socket: SocketType; identity?: Uint8Array }) {
    this.#socket = options.socket;
    this.#identity = options.identity ?? new Uint8Array(0);
  }

  /** The first octets to write. The rest waits for the server's version, so that an older server is not confused. */
  start(): Uint8Array {
    return encodeGreeting("NULL").subarray(0, FIRST_OCTETS);
  }

  /** A message to write once `ready` has come. Frames as on the wire: of a REQ the empty delimiter is the caller's. */
  encode(frames: readonly Uint8Array[]): Uint8Array {
    return encodeMessage(frames);
  }

  /** What bytes from the server lead to. They are copied. */
  push(bytes: Uint8Array): ClientEvent[] {
    let rest = bytes;
    if (this.#state === "greeting") rest = this.#readGreeting(bytes);
    if (this.#state === "handshake" || this.#state === "ready") {
      for (const frame of this.#cutter.push(rest)) {
        this.#readFrame(frame);
        if (this.#isFailed()) break;
      }
      if (!this.#isFailed() && this.#cutter.refusedBytes !== null) this.#refuse(this.#cutter.refusedBytes);
    }
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
    const verdict = judgeGreeting(greeting, encodeGreeting("NULL").subarray(0, FIRST_OCTETS));
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
      this.#events.push({ kind: "send", bytes: encodeGreeting("NULL").subarray(FIRST_OCTETS) });
    }
    if (greeting.length < GREETING_3_OCTETS) return;
    const mechanism = readMechanism(greeting);
    if (mechanism !== "NULL") {
      this.#fail(
        mechanism === "PLAIN"
          ? "The server asks for a user name and password (PLAIN), which calls and replays cannot give yet. Send from a program that has them, through the tap."
          : `The server asks for ${mechanism || "an unknown mechanism"}, and ZMQ Tap has no keys for it. Send from a program that has them, through the tap.`,
      );
      return;
    }
    this.#state = "handshake";
    this.#events.push({ kind: "send", bytes: encodeReady(this.#socket, this.#identity) });
  }

  #readFrame(frame: CutFrame): void {
    if (this.#state === "ready") {
      if (frame.command) this.#readCommand(frame.body);
      else this.#readMessageFrame(frame);
    } else if (frame.command) {
      this.#readHandshakeCommand(frame.body);
    } else {
      this.#fail(
        "The server sent a message before the handshake was done, which ZMTP does not allow. Check the endpoint.",
      );
    }
  }

  #readHandshakeCommand(body: Uint8Array): void {
    const command = readCommandBody(body);
    if (command.kind === "error-command") {
      this.#fail(
        `The server refused the connection: ${command.reason || "it gave no reason"}. Check who may connect to it.`,
      );
      return;
    }
    const { name, dataAt } = readCommandName(body);
    if (name !== "READY") return;
    const { socket } = readMetadata(body, dataAt);
    const partners = partnersOf(this.#socket);
    if (socket === null || !partners.includes(socket)) {
      this.#fail(
        `A ${this.#socket} cannot talk to the server's socket, which is ${socket ?? "of an unknown type"}: it needs ${partners.join(" or ") || "no ZMTP peer"}. Choose another socket type.`,
      );
      return;
    }
    this.#state = "ready";
    this.#events.push({ kind: "ready", peerSocket: socket });
  }

  #readCommand(body: Uint8Array): void {
    const command = readCommandBody(body);
    if (command.kind === "ping") this.#events.push({ kind: "send", bytes: encodeCommand("PONG", command.context) });
    if (command.kind === "error-command") {
      this.#fail(`The server ended the connection: ${command.reason || "it gave no reason"}. Check its log.`);
    }
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
    if (isSubscription && (this.#socket === "PUB" || this.#socket === "XPUB")) return;
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
