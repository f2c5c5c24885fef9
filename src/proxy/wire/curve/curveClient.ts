import { concat } from "../octets.ts";
import type { OpenWith, SealWith } from "./boxFlow.ts";
import { type Boxes, counterOctets, longNonce, shortNonce } from "./boxes.ts";
import { KEY_BYTES, type KeyPair, MAC_BYTES } from "./boxMemory.ts";
import { badLength, commandBody, type CurveProblem, outOfOrder } from "./curveCommands.ts";
import { NonceOrder } from "./nonceOrder.ts";

const COOKIE_BYTES = 96;
const WELCOME_BYTES = 8 + 16 + MAC_BYTES + KEY_BYTES + COOKIE_BYTES;
const LEAST_READY_BYTES = 6 + 8 + MAC_BYTES;
const HELLO_PADDING = 72;
const SIGNATURE_BYTES = 64;

/**
 * The client's side of a CurveZMQ handshake (RFC 26): HELLO out, WELCOME in, INITIATE out, READY in. Holds secrets until
 * dispose(). Commands are bodies of command frames.
 */
export class CurveClient {
  readonly #boxes: Boxes;
  readonly #serverKey: Uint8Array;
  readonly #short: KeyPair;
  readonly #nonces = new NonceOrder();
  #step: "hello" | "welcome" | "initiate" | "ready" | "done" = "hello";
  #cookie: Uint8Array = new Uint8Array(0);
  #serverShort: Uint8Array = new Uint8Array(0);
  #shared: Uint8Array = new Uint8Array(0);

  /** `serverKey` is the server's long-term public key. */
  constructor(boxes: Boxes, serverKey: Uint8Array) {
    this.#boxes = boxes;
    this.#serverKey = serverKey;
    this.#short = boxes.keyPair();
  }

  /** Whether the server counts its nonces as libzmq 4.0 does; known from READY on. */
  get isHostOrder(): boolean {
    return this.#nonces.isHostOrder;
  }

  hello(): Uint8Array | CurveProblem {
    const key = this.#boxes.sharedKey(this.#serverKey, this.#short.secretKey);
    if (key === null) return { check: "server-key", message: "The public key given for the server is none." };
    const nonce = counterOctets(1);
    const box = this.#boxes.seal(new Uint8Array(SIGNATURE_BYTES), shortNonce("CurveZMQHELLO---", nonce), key);
    key.fill(0);
    this.#step = "welcome";
    return commandBody(
      "HELLO",
      new Uint8Array([1, 0]),
      new Uint8Array(HELLO_PADDING),
      this.#short.publicKey,
      nonce,
      box,
    );
  }

  welcome(body: Uint8Array): CurveProblem | null {
    if (this.#step !== "welcome") return outOfOrder("WELCOME");
    if (body.length !== WELCOME_BYTES) return badLength("WELCOME", body.length);
    const key = this.#boxes.sharedKey(this.#serverKey, this.#short.secretKey)!;
    const text = this.#boxes.open(body.subarray(24), longNonce("WELCOME-", body.subarray(8, 24)), key);
    key.fill(0);
    if (text === null) {
      return { check: "welcome-box", message: "WELCOME cannot be opened: it was changed, or is another server's." };
    }
    this.#serverShort = text.slice(0, KEY_BYTES);
    this.#cookie = text.slice(KEY_BYTES);
    const shared = this.#boxes.sharedKey(this.#serverShort, this.#short.secretKey);
    if (shared === null) return { check: "welcome-box", message: "WELCOME holds a key that is none." };
    this.#shared = shared;
    this.#step = "initiate";
    return null;
  }

  /** `pair` is the long-term one that the server may ask its authenticator about; it belongs to the caller. */
  initiate(pair: KeyPair, metadata: Uint8Array): Uint8Array {
    const vouchNonce = this.#boxes.random(16);
    const vouchKey = this.#boxes.sharedKey(this.#serverShort, pair.secretKey)!;
    const vouch = this.#boxes.seal(
      concat([this.#short.publicKey, this.#serverKey]),
      longNonce("VOUCH---", vouchNonce),
      vouchKey,
    );
    vouchKey.fill(0);
    const nonce = counterOctets(2);
    const text = concat([pair.publicKey, vouchNonce, vouch, metadata]);
    const box = this.#boxes.seal(text, shortNonce("CurveZMQINITIATE", nonce), this.#shared);
    this.#step = "ready";
    return commandBody("INITIATE", this.#cookie, nonce, box);
  }

  ready(body: Uint8Array): { readonly metadata: Uint8Array } | CurveProblem {
    if (this.#step !== "ready") return outOfOrder("READY");
    if (body.length < LEAST_READY_BYTES) return badLength("READY", body.length);
    const nonce = body.subarray(6, 14);
    this.#nonces.decideServer(nonce);
    this.#nonces.accept(nonce, 0);
    const metadata = this.#boxes.open(body.subarray(14), shortNonce("CurveZMQREADY---", nonce), this.#shared);
    if (metadata === null) {
      return { check: "ready-box", message: "READY cannot be opened: it was changed, or sealed with another key." };
    }
    this.#step = "done";
    return { metadata };
  }

  /** What the server's messages are opened with, once READY has come. */
  get opens(): OpenWith {
    return { sharedKey: this.#shared, sender: "server", nonces: this.#nonces };
  }

  /** What messages to the server are sealed with. */
  get seals(): SealWith {
    return { sharedKey: this.#shared, sender: "client", nonce: 2 };
  }

  dispose(): void {
    this.#short.secretKey.fill(0);
    this.#shared.fill(0);
    this.#cookie.fill(0);
  }
}
