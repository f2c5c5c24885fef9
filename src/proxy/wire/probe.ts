import type { SocketType } from "../../shared/model.ts";
import type { PlainUser } from "../../shared/security.ts";
import { readCommandName, readErrorReason } from "./commands.ts";
import { FrameCutter } from "./frames.ts";
import {
  GREETING_2_OCTETS,
  GREETING_3_OCTETS,
  SIGNATURE_OCTETS,
  judgeGreeting,
  nameAlien,
  readMechanism,
  readSocketNumber,
} from "./greeting.ts";
import { readMetadata } from "./metadata.ts";
import { concat, fromText, toKey } from "./octets.ts";
import { encodeCommand, encodeGreeting, encodeMetadata } from "./writer.ts";

/** Signature and major version: a server answers them with its whole greeting, and its program sees no peer yet. */
const FIRST_OCTETS = SIGNATURE_OCTETS + 1;
/** No handshake command is larger. */
const MAX_COMMAND_BYTES = 65_536;

/**
 * Socket types that a probe may declare: what is behind the server hands them nothing, while PULL, DEALER and PAIR would be
 * given messages that were meant for others.
 */
export type ProbeSocket = "REQ" | "SUB";

/** How credentials were taken so far. */
export type Standing = {
  /** `null`: the server has not said. */
  readonly isAccepted: boolean | null;
  /** Reason of its ERROR; `null` when it sent none. */
  readonly refusal: string | null;
  /** The server's socket type, once it has told it. */
  readonly socket: SocketType | null;
};

/** The client's part of a security handshake, for one connection. Holds octets, never a socket. */
export type Authentication = {
  readonly standing: Standing;
  /** What to send once both greetings are through. */
  begin(): Uint8Array;
  /** Takes a whole command of the server; what to send next, or `null`. Never throws. */
  command(body: Uint8Array): Uint8Array | null;
};

/** Credentials to try on a server. `open` is called for each connection, with what it declares to be. */
export type Authenticate = {
  readonly mechanism: "PLAIN" | "CURVE";
  open(socket: ProbeSocket): Authentication;
};

/** User and password of PLAIN (RFC 24). */
export function plainAuthenticate({ user, password }: PlainUser): Authenticate {
  return { mechanism: "PLAIN", open: (socket) => new PlainAuthentication(user, password, socket) };
}

class PlainAuthentication implements Authentication {
  standing: Standing = { isAccepted: null, refusal: null, socket: null };
  readonly #hello: Uint8Array;
  readonly #socket: ProbeSocket;

  constructor(user: string, password: string, socket: ProbeSocket) {
    const [name, word] = [fromText(user), fromText(password)];
    this.#hello = concat([Uint8Array.of(name.length), name, Uint8Array.of(word.length), word]);
    this.#socket = socket;
  }

  begin(): Uint8Array {
    return encodeCommand("HELLO", this.#hello);
  }

  command(body: Uint8Array): Uint8Array | null {
    const { name, dataAt } = readCommandName(body);
    switch (name) {
      case "WELCOME":
        this.standing = { isAccepted: true, refusal: null, socket: null };
        return encodeCommand("INITIATE", encodeMetadata(this.#socket));
      case "READY":
        this.standing = { isAccepted: true, refusal: null, socket: readMetadata(body, dataAt).socket };
        return null;
      case "ERROR":
        this.standing = { ...this.standing, isAccepted: false, refusal: readErrorReason(body.subarray(dataAt)) };
        return null;
      default:
        return null;
    }
  }
}

/** What one connection of a probe brought. */
export type ProbeAnswer = {
  readonly octets: number;
  /** Whether its first octets are those of a ZeroMQ peer. */
  readonly isZmtp: boolean;
  /** What it is instead, as far as its first octets say; `null` for a ZeroMQ peer, or when nothing came. */
  readonly alien: string | null;
  readonly version: string | null;
  readonly mechanism: string | null;
  readonly standing: Standing;
};

type Stage = "greeting" | "handshake" | "over";

/**
 * Asks a server what it is on one connection, as far as that goes without becoming its peer: it sends 11 octets, then the
 * rest of its greeting, and never READY of the NULL mechanism. Credentials go a step further, as REQ or SUB.
 */
export class ZmtpProbe {
  readonly #authentication: Authentication | null;
  readonly #mechanism: "NULL" | "PLAIN" | "CURVE";
  readonly #cutter = new FrameCutter(MAX_COMMAND_BYTES);
  #greeting: Uint8Array = new Uint8Array(0);
  #octets = 0;
  #isZmtp = false;
  #alien: string | null = null;
  #version: string | null = null;
  #serverMechanism: string | null = null;
  #told: Standing = { isAccepted: null, refusal: null, socket: null };
  /** Each has a time limit of its own. Once it is over, close. */
  stage: Stage = "greeting";

  constructor(authenticate: Authenticate | null = null, socket: ProbeSocket = "REQ") {
    this.#mechanism = authenticate?.mechanism ?? "NULL";
    this.#authentication = authenticate?.open(socket) ?? null;
  }

  /** The first octets to send. */
  start(): Uint8Array {
    return encodeGreeting(this.#mechanism).subarray(0, FIRST_OCTETS);
  }

  /** Takes octets of the server; what to send, in order. Never throws. */
  push(bytes: Uint8Array): Uint8Array[] {
    this.#octets += bytes.length;
    if (this.stage === "over") return [];
    const toSend: Uint8Array[] = [];
    let rest = bytes;
    if (this.stage === "greeting") {
      this.#greeting = concat([this.#greeting, bytes]);
      this.#readGreeting(toSend);
      rest = this.#greeting.subarray(GREETING_3_OCTETS);
    }
    if (this.#isIn("handshake")) {
      for (const { command, body } of this.#cutter.push(rest)) {
        if (!command) this.stage = "over";
        else if (!this.#isIn("over")) this.#readCommand(body, toSend);
      }
      if (this.#cutter.refusedBytes !== null) this.stage = "over";
    }
    return toSend;
  }

  /** What has come of it; final once it is over, or the connection is closed. */
  answer(): ProbeAnswer {
    if (!this.#isZmtp && this.#alien === null && this.#greeting.length > 0 && this.#greeting[0] !== 0xff) {
      this.#alien = nameAlien(this.#greeting);
    }
    return {
      octets: this.#octets,
      isZmtp: this.#isZmtp,
      alien: this.#alien,
      version: this.#version,
      mechanism: this.#serverMechanism,
      standing: this.#authentication?.standing ?? this.#told,
    };
  }

  /** The stage changes in calls, which the compiler does not see. */
  #isIn(stage: Stage): boolean {
    return this.stage === stage;
  }

  #readGreeting(toSend: Uint8Array[]): void {
    const greeting = this.#greeting;
    const verdict = judgeGreeting(greeting, this.start());
    if (verdict === "wait") return;
    if (verdict === "alien") {
      this.#alien = nameAlien(greeting);
      this.stage = "over";
      return;
    }
    this.#isZmtp = true;
    if (verdict === "1.0") {
      this.#version = "1.0";
      this.stage = "over";
    } else if (verdict === "2.0") {
      this.#version = "2.0";
      if (greeting.length < GREETING_2_OCTETS) return;
      this.#told = { ...this.#told, socket: readSocketNumber(greeting[GREETING_2_OCTETS - 1]!) };
      this.stage = "over";
    } else if (greeting.length >= GREETING_3_OCTETS) {
      this.#version = `${greeting[SIGNATURE_OCTETS]!}.${greeting[SIGNATURE_OCTETS + 1]!}`;
      this.#serverMechanism = readMechanism(greeting);
      this.#answerGreeting(toSend);
    }
  }

  /** Goes on only with a server of the same mechanism: any other one would close. */
  #answerGreeting(toSend: Uint8Array[]): void {
    if (this.#serverMechanism !== this.#mechanism) {
      this.stage = "over";
      return;
    }
    this.stage = "handshake";
    toSend.push(encodeGreeting(this.#mechanism).subarray(FIRST_OCTETS));
    if (this.#authentication !== null) toSend.push(this.#authentication.begin());
  }

  #readCommand(body: Uint8Array, toSend: Uint8Array[]): void {
    const { name, dataAt } = readCommandName(body);
    if (this.#authentication !== null) {
      const next = this.#authentication.command(body);
      if (next !== null) toSend.push(next);
    } else if (name === "READY") {
      this.#told = { ...this.#told, socket: readMetadata(body, dataAt).socket };
    } else if (name === "ERROR") {
      this.#told = { ...this.#told, isAccepted: false, refusal: readErrorReason(body.subarray(dataAt)) };
    }
    if (name === "READY" || name === "ERROR") this.stage = "over";
  }
}

/** A TLS ClientHello (RFC 8446) that every server answers with a hello or an alert. `random`: 32 octets. */
export function encodeClientHello(random: Uint8Array): Uint8Array {
  const extensions = concat([
    // supported_groups: x25519, secp256r1
    Uint8Array.of(0, 10, 0, 6, 0, 4, 0, 29, 0, 23),
    // ec_point_formats: uncompressed
    Uint8Array.of(0, 11, 0, 2, 1, 0),
    // signature_algorithms: ecdsa and rsa with SHA-256
    Uint8Array.of(0, 13, 0, 8, 0, 6, 4, 3, 8, 4, 4, 1),
    // supported_versions: 1.3, 1.2
    Uint8Array.of(0, 43, 0, 5, 4, 3, 4, 3, 3),
    // key_share: none, so that the server asks for one
    Uint8Array.of(0, 51, 0, 2, 0, 0),
  ]);
  const ciphers = Uint8Array.of(0x13, 1, 0x13, 2, 0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x2c, 0xc0, 0x30, 0, 0x9c);
  const hello = concat([
    Uint8Array.of(3, 3),
    random,
    Uint8Array.of(0, 0, ciphers.length),
    ciphers,
    Uint8Array.of(1, 0, 0, extensions.length),
    extensions,
  ]);
  const handshake = concat([Uint8Array.of(1, 0, 0, hello.length), hello]);
  return concat([Uint8Array.of(0x16, 3, 1, 0, handshake.length), handshake]);
}

/** Asks an HTTP server for nothing but its head. */
export const HTTP_REQUEST = "HEAD / HTTP/1.0\r\n\r\n";

/** What answered something other than ZMTP with these first octets; `null` while they are too few. */
export function nameAnswer(
  octets: Uint8Array,
): { readonly kind: "tls" | "http" | "other"; readonly name: string } | null {
  if (octets.length < 5) return null;
  if ((octets[0] === 0x15 || octets[0] === 0x16) && octets[1] === 3) return { kind: "tls", name: "TLS" };
  if (toKey(octets, 0, 5) === "HTTP/") return { kind: "http", name: httpServer(octets) };
  return { kind: "other", name: nameAlien(octets) };
}

/** The first line, and what the server calls itself. */
function httpServer(octets: Uint8Array): string {
  const text = toKey(octets, 0, Math.min(octets.length, 2048));
  const server = /\r\nserver: *([\x20-\x7e]{1,80})/i.exec(text)?.[1];
  return server === undefined ? "an HTTP server" : `an HTTP server (${server.trim()})`;
}
