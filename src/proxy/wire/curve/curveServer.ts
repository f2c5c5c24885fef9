import { concat } from "../octets.ts";
import { isSameOctets } from "./boxArena.ts";
import { type Boxes, counterOctets, longNonce, shortNonce } from "./boxes.ts";
import { KEY_BYTES, type KeyPair, MAC_BYTES } from "./boxMemory.ts";
import type { OpenWith, SealWith } from "./boxFlow.ts";
import { badLength, commandBody, type CurveProblem, outOfOrder } from "./curveCommands.ts";
import { NonceOrder } from "./nonceOrder.ts";

const HELLO_BYTES = 200;
const COOKIE_BYTES = 96;
const VOUCH_BYTES = 96;
/** Name, cookie, nonce, and a box of the client's key, the vouch and no metadata. */
const LEAST_INITIATE_BYTES = 9 + COOKIE_BYTES + 8 + MAC_BYTES + KEY_BYTES + VOUCH_BYTES;

export type Initiated = {
  /** The client's long-term public key, which it has proved to own. */
  readonly client: Uint8Array;
  readonly metadata: Uint8Array;
  /** The client vouched for another server key than ours. libzmq does not mind. */
  readonly isVouchedElsewhere: boolean;
};

/**
 * The server's side of a CurveZMQ handshake (RFC 26): HELLO in, WELCOME out, INITIATE in, READY out. Holds secrets until
 * dispose(). Commands are bodies of command frames; each comes once, in this order, or is a problem.
 */
export class CurveServer {
  readonly #boxes: Boxes;
  readonly #pair: KeyPair;
  readonly #nonces = new NonceOrder();
  #step: "hello" | "welcome" | "initiate" | "ready" | "done" = "hello";
  #clientShort: Uint8Array = new Uint8Array(0);
  #helloNonce: Uint8Array = new Uint8Array(0);
  #short: KeyPair | null = null;
  #cookie: Uint8Array = new Uint8Array(0);
  #shared: Uint8Array = new Uint8Array(0);

  /** `pair` is the long-term one whose public half clients know; it belongs to the caller. */
  constructor(boxes: Boxes, pair: KeyPair) {
    this.#boxes = boxes;
    this.#pair = pair;
  }

  /** Whether the client counts its nonces as libzmq 4.0 does; known from INITIATE on. */
  get isHostOrder(): boolean {
    return this.#nonces.isHostOrder;
  }

  /** `null` when all is well. */
  hello(body: Uint8Array): CurveProblem | null {
    if (this.#step !== "hello") return outOfOrder("HELLO");
    if (body.length !== HELLO_BYTES) return badLength("HELLO", body.length);
    if (body[6] !== 1 || body[7] !== 0) {
      return {
        check: "version",
        message: `HELLO names CurveZMQ ${body[6] ?? 0}.${body[7] ?? 0}, and there is only 1.0.`,
      };
    }
    const clientShort = body.slice(80, 80 + KEY_BYTES);
    const nonce = body.slice(112, 120);
    const key = this.#boxes.sharedKey(clientShort, this.#pair.secretKey);
    const signature =
      key === null ? null : this.#boxes.open(body.subarray(120), shortNonce("CurveZMQHELLO---", nonce), key);
    key?.fill(0);
    if (signature === null) {
      return {
        check: "hello-box",
        message: "HELLO cannot be opened: the client was given another server key than the one that the tap shows.",
      };
    }
    this.#clientShort = clientShort;
    this.#helloNonce = nonce;
    this.#step = "welcome";
    return null;
  }

  welcome(): Uint8Array {
    this.#short = this.#boxes.keyPair();
    // Kept here as libzmq does over TCP: a cookie that holds its own state would buy nothing.
    this.#cookie = this.#boxes.random(COOKIE_BYTES);
    const nonce = this.#boxes.random(16);
    const key = this.#boxes.sharedKey(this.#clientShort, this.#pair.secretKey)!;
    const box = this.#boxes.seal(concat([this.#short.publicKey, this.#cookie]), longNonce("WELCOME-", nonce), key);
    key.fill(0);
    this.#step = "initiate";
    return commandBody("WELCOME", nonce, box);
  }

  initiate(body: Uint8Array): Initiated | CurveProblem {
    if (this.#step !== "initiate") return outOfOrder("INITIATE");
    if (body.length < LEAST_INITIATE_BYTES) return badLength("INITIATE", body.length);
    const cookieEnd = 9 + COOKIE_BYTES;
    if (!isSameOctets(body.subarray(9, cookieEnd), this.#cookie)) {
      return { check: "cookie", message: "INITIATE does not bring back the cookie of its own connection." };
    }
    this.#cookie.fill(0);
    const nonce = body.subarray(cookieEnd, cookieEnd + 8);
    this.#nonces.decideClient(this.#helloNonce, nonce);
    if (!this.#nonces.accept(nonce, 0)) {
      return { check: "nonce", message: "The nonce of INITIATE is not greater than HELLO's." };
    }
    this.#shared = this.#boxes.sharedKey(this.#clientShort, this.#short!.secretKey)!;
    const text = this.#boxes.open(body.subarray(cookieEnd + 8), shortNonce("CurveZMQINITIATE", nonce), this.#shared);
    if (text === null) {
      return {
        check: "initiate-box",
        message: "INITIATE cannot be opened: it was changed, or sealed with another key.",
      };
    }
    const client = text.slice(0, KEY_BYTES);
    const vouch = this.#openVouch(text.subarray(KEY_BYTES, KEY_BYTES + VOUCH_BYTES), client);
    if (vouch === null || !isSameOctets(vouch.subarray(0, KEY_BYTES), this.#clientShort)) {
      return {
        check: "vouch",
        message:
          "The client does not prove that it owns its key: its public and secret key do not belong together, or the vouch was changed.",
      };
    }
    this.#step = "ready";
    return {
      client,
      metadata: text.slice(KEY_BYTES + VOUCH_BYTES),
      isVouchedElsewhere: !isSameOctets(vouch.subarray(KEY_BYTES), this.#pair.publicKey),
    };
  }

  ready(metadata: Uint8Array): Uint8Array {
    const nonce = counterOctets(1);
    this.#step = "done";
    return commandBody("READY", nonce, this.#boxes.seal(metadata, shortNonce("CurveZMQREADY---", nonce), this.#shared));
  }

  /** What the client's messages are opened with, once ready() was sent. */
  get opens(): OpenWith {
    return { sharedKey: this.#shared, sender: "client", nonces: this.#nonces };
  }

  /** What messages to the client are sealed with. */
  get seals(): SealWith {
    return { sharedKey: this.#shared, sender: "server", nonce: 1 };
  }

  dispose(): void {
    this.#short?.secretKey.fill(0);
    this.#shared.fill(0);
    this.#cookie.fill(0);
  }

  /** The vouch is sealed from the client's long-term key to our short-term one. */
  #openVouch(vouch: Uint8Array, client: Uint8Array): Uint8Array | null {
    const key = this.#boxes.sharedKey(client, this.#short!.secretKey);
    if (key === null) return null;
    const text = this.#boxes.open(vouch.subarray(16), longNonce("VOUCH---", vouch.subarray(0, 16)), key);
    key.fill(0);
    return text;
  }
}
