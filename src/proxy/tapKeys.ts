import { decodeZ85 } from "../shared/keys/z85.ts";
import type { Origin } from "../shared/model.ts";
import type { CurvePair, TapSecurity } from "../shared/security.ts";
import { badKey } from "./faults.ts";
import type { Boxes } from "./wire/curve/boxes.ts";
import { isSameOctets } from "./wire/curve/boxArena.ts";
import { KEY_BYTES, type KeyPair } from "./wire/curve/boxMemory.ts";
import { curveAuthenticate } from "./wire/curve/curveProbe.ts";
import { CurveServer } from "./wire/curve/curveServer.ts";
import { curveClientLeg } from "./wire/legs/curveLegs.ts";
import { plainClientLeg } from "./wire/legs/plainLegs.ts";
import { type Authenticate, plainAuthenticate } from "./wire/probe.ts";
import type { LinkKeys, RoleMemory } from "./wire/rekeyer.ts";
import type { ClientSecurity } from "./wire/zmtpClient.ts";

/** A tap's keys as octets, and what its links have shown about who is the security client. Secret until retired. */
export class TapKeys {
  readonly boxes: Boxes;
  /** Until a link shows otherwise, the security client is whoever connects. */
  readonly roles: RoleMemory = { securityClient: "client" };
  readonly #security: TapSecurity;
  readonly #serverPair: KeyPair | null;
  readonly #serverKey: Uint8Array | null;
  readonly #clientPair: KeyPair | null;
  readonly #clientPairs: readonly { readonly client: Uint8Array; readonly pair: KeyPair }[];

  #links = 0;
  #isRetired = false;

  /** Throws a UserError for a key that is none, or a pair that does not belong together. */
  constructor(boxes: Boxes, security: TapSecurity) {
    this.boxes = boxes;
    this.#security = security;
    this.#serverPair = security.serverPair === null ? null : this.#readPair(security.serverPair, "shown to clients");
    this.#serverKey =
      security.serverKey === null
        ? (this.#serverPair?.publicKey ?? null)
        : readKey(security.serverKey, "public key of the server");
    this.#clientPair = security.clientPair === null ? null : this.#readPair(security.clientPair, "shown to the server");
    this.#clientPairs = security.clientPairs.map(({ client, pair }) => ({
      client: readKey(client, "public key of a client"),
      pair: this.#readPair(pair, "shown to the server for one client"),
    }));
  }

  /** Keys for one more link, until it is released. Links of our own come in plain, whatever clients have to speak. */
  forLink(origin: Origin, maxFrameBytes: number): LinkKeys {
    this.#links += 1;
    const { clientLeg, serverLeg, plain } = this.#security;
    return {
      legs: { client: origin === "wire" ? clientLeg : "NULL", server: serverLeg },
      serverPair: this.#serverPair,
      serverKey: this.#serverKey,
      pairFor: (client) =>
        this.#clientPairs.find((known) => client !== null && isSameOctets(known.client, client))?.pair ??
        this.#clientPair,
      plain,
      maxFrameBytes,
    };
  }

  /** What a probe of the server shows; `null` when there is nothing to show. */
  get credentials(): Authenticate | null {
    const { serverLeg, plain } = this.#security;
    if (this.#serverKey !== null && serverLeg !== "PLAIN") {
      return curveAuthenticate(this.boxes, this.#serverKey, this.#clientPair ?? this.boxes.keyPair());
    }
    return plain === null ? null : plainAuthenticate(plain);
  }

  /** User and password, as HTTP servers take them too; `null` for none. */
  get plain(): TapSecurity["plain"] {
    return this.#security.plain;
  }

  /** Our end of connections of our own to the server; `null` when there is nothing to show it. */
  clientSecurity(): ClientSecurity | null {
    const { serverLeg, plain } = this.#security;
    const serverKey = this.#serverKey;
    if (serverKey !== null && serverLeg !== "PLAIN") {
      const pair = this.#clientPair ?? this.boxes.keyPair();
      return {
        openLeg: (send) => curveClientLeg(send, this.boxes, serverKey, () => pair),
        arena: this.boxes.arena,
      };
    }
    return plain === null ? null : { openLeg: (send) => plainClientLeg(send, plain), arena: null };
  }

  /** A link with these keys has closed. */
  released(): void {
    this.#links -= 1;
    if (this.#isRetired) this.retire();
  }

  /** No more links will come: wipes the keys as soon as none is left. */
  retire(): void {
    this.#isRetired = true;
    if (this.#links > 0) return;
    for (const pair of [this.#serverPair, this.#clientPair, ...this.#clientPairs.map((known) => known.pair)]) {
      pair?.secretKey.fill(0);
    }
  }

  #readPair({ publicKey, secretKey }: CurvePair, use: string): KeyPair {
    const pair = {
      publicKey: readKey(publicKey, `public key of the pair ${use}`),
      secretKey: readKey(secretKey, `secret key of the pair ${use}`),
    };
    if (!isSameOctets(this.boxes.publicKeyOf(pair.secretKey), pair.publicKey)) {
      throw badKey(`The public and the secret key of the pair ${use} do not belong together.`);
    }
    return pair;
  }
}

/** Public keys of those pairs whose secret half opens a HELLO: the client was told that this is its server. */
export function pairsThatOpen(hello: Uint8Array, pairs: readonly CurvePair[], boxes: Boxes): readonly string[] {
  const fitting: string[] = [];
  for (const pair of pairs) {
    const [publicKey, secretKey] = [decodeZ85(pair.publicKey), decodeZ85(pair.secretKey)];
    if (publicKey?.length !== KEY_BYTES || secretKey?.length !== KEY_BYTES) continue;
    if (new CurveServer(boxes, { publicKey, secretKey }).hello(hello) === null) fitting.push(pair.publicKey);
    secretKey.fill(0);
  }
  return fitting;
}

function readKey(text: string, what: string): Uint8Array {
  const octets = decodeZ85(text);
  // The text itself may be secret, so it is not repeated.
  if (octets?.length !== KEY_BYTES) throw badKey(`The ${what} is no CURVE key of 40 Z85 characters.`);
  return octets;
}
