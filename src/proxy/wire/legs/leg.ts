import type { LegMechanism } from "../../../shared/security.ts";
import { nameInWords } from "../commands.ts";
import type { OpenWith, SealWith } from "../curve/boxFlow.ts";

/** What a handshake command of a leg's peer leads to. */
export type LegSignal =
  /** A security client asks: it waits for welcome(). */
  | { readonly kind: "asked" }
  /** The security server lets us go on. */
  | { readonly kind: "welcomed" }
  /** What the peer says of itself (properties as in READY). `client` is the long-term key of a CURVE client, `note` what is odd. */
  | {
      readonly kind: "metadata";
      readonly metadata: Uint8Array;
      readonly client: Uint8Array | null;
      readonly note?: string;
    }
  /** The peer may not go on; `check` names what failed. */
  | { readonly kind: "problem"; readonly check: string; readonly message: string }
  | { readonly kind: "nothing" };

/**
 * Our end of the handshake with one peer, when the tap ends the security protocol on both sides. What a leg says goes out
 * by the `send` that it was made with, as bodies of command frames. Whoever holds two legs hands each what the other
 * learned, and so keeps the peers in step.
 */
export type Leg = {
  readonly mechanism: LegMechanism;
  /** Begins as a security client; the others wait for their peer, or have nothing to begin. */
  begin(): LegSignal;
  /** Lets a security client that asked go on. */
  welcome(): void;
  receive(name: string, body: Uint8Array): LegSignal;
  /** What the peer of the other leg says of itself; it is said on as soon as this handshake allows. */
  give(metadata: Uint8Array, client: Uint8Array | null): void;
  /** A client that has said who it is may go on. */
  admit(): void;
  /** Refuses the peer with what stands behind the name of an ERROR command. */
  refuse(reason: Uint8Array): void;
  /** Both peers have said what they are, on this leg. */
  readonly isOpen: boolean;
  /** What traffic is opened and sealed with; `null` on legs that are not encrypted. */
  readonly opens: OpenWith | null;
  readonly seals: SealWith | null;
  /** Whether the peer counts nonces as libzmq 4.0 does. */
  readonly isHostOrder: boolean;
  /** Wipes what is secret. */
  dispose(): void;
};

export type SendCommand = (body: Uint8Array) => void;

export const NOTHING: LegSignal = { kind: "nothing" };

/** Our end of a leg without encryption has nothing to wipe and no keys. */
export const PLAIN_TRAFFIC = {
  opens: null,
  seals: null,
  isHostOrder: false,
  admit: () => undefined,
  dispose: () => undefined,
} as const;

export function unexpected(name: string): LegSignal {
  return {
    kind: "problem",
    check: "order",
    message: `${nameInWords(name)} came at a point of the handshake where it may not stand.`,
  };
}
