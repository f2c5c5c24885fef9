import type { Side } from "../../shared/model.ts";
import type { LegMechanism } from "../../shared/security.ts";
import { GREETING_3_OCTETS, readMechanism } from "./greeting.ts";
import { fromText } from "./octets.ts";
import { otherSide } from "./side.ts";

/** Where the mechanism's name and the as-server octet stand in a greeting (RFC 23). */
const MECHANISM_AT = 12;
const AS_SERVER_AT = 32;

class HalfGreeting {
  readonly octets = new Uint8Array(GREETING_3_OCTETS);
  filled = 0;
  /** Octets that were passed on. */
  passed = 0;
}

/**
 * Passes the greetings of both peers on in the pieces in which they come, so that the peers find out each other's version by
 * themselves. Where the legs speak different mechanisms, only the mechanism's name and as-server are written anew.
 */
export class GreetingRelay {
  readonly #halves: Readonly<Record<Side, HalfGreeting>> = { client: new HalfGreeting(), server: new HalfGreeting() };
  readonly #spoken: Readonly<Record<Side, LegMechanism | null>>;
  readonly #send: (to: Side, bytes: Uint8Array) => void;

  /** `spoken`: the mechanism of each leg, `null` for whatever its peer greets with. */
  constructor(spoken: Readonly<Record<Side, LegMechanism | null>>, send: (to: Side, bytes: Uint8Array) => void) {
    this.#spoken = spoken;
    this.#send = send;
  }

  /** Returns what stands behind the greeting, as a view of `chunk`. */
  push(from: Side, chunk: Uint8Array): Uint8Array {
    const half = this.#halves[from];
    const taken = Math.min(chunk.length, GREETING_3_OCTETS - half.filled);
    half.octets.set(chunk.subarray(0, taken), half.filled);
    half.filled += taken;
    this.#pass("client");
    this.#pass("server");
    return chunk.subarray(taken);
  }

  /** The greeting of one side so far. */
  borrow(side: Side): Uint8Array {
    return this.#halves[side].octets.subarray(0, this.#halves[side].filled);
  }

  get isComplete(): boolean {
    return this.#halves.client.filled === GREETING_3_OCTETS && this.#halves.server.filled === GREETING_3_OCTETS;
  }

  /** The mechanism that a side greeted with; `null` until that much has come. */
  mechanism(side: Side): string | null {
    const half = this.#halves[side];
    return half.filled < AS_SERVER_AT ? null : readMechanism(half.octets);
  }

  #pass(from: Side): void {
    const half = this.#halves[from];
    const to = otherSide(from);
    let until = half.filled;
    let octets: Uint8Array = half.octets;
    if (this.#spoken.client !== null || this.#spoken.server !== null) {
      // A peer tells its mechanism without having been told ours. A server that is told another than its own closes at once,
      // mostly before it has told it. The client is told first, since it may be a tap that waits in the same way.
      const mechanism = this.mechanism(to) ?? (to === "client" ? this.#spoken.client : null);
      if (mechanism === null) until = Math.min(until, MECHANISM_AT);
      else octets = withMechanism(octets, mechanism);
    }
    if (until <= half.passed) return;
    const piece = octets.slice(half.passed, until);
    half.passed = until;
    this.#send(to, piece);
  }
}

/** A greeting that names another mechanism. */
export function withMechanism(greeting: Uint8Array, mechanism: string): Uint8Array {
  const other = greeting.slice();
  other.fill(0, MECHANISM_AT, AS_SERVER_AT + 1);
  other.set(fromText(mechanism), MECHANISM_AT);
  return other;
}
