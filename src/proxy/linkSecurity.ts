import { encodeZ85 } from "../shared/keys/z85.ts";
import type { Origin, Side } from "../shared/model.ts";
import type { Admissions } from "./relay/admissions.ts";
import type { Rekeying } from "./relay/link.ts";
import type { TapKeys } from "./tapKeys.ts";
import { type Judgement, type LinkKeys, Rekeyer, type RekeyerSink, type RekeyProblem } from "./wire/rekeyer.ts";

/**
 * How one link is re-keyed: with which keys, who may connect, and what has come of it so far. Made for each link of a tap
 * with keys; a link that turns out to need none is passed on as it is.
 */
export class LinkSecurity implements Rekeying {
  readonly #keys: TapKeys;
  readonly #linkKeys: LinkKeys;
  readonly #admissions: Admissions;
  readonly #address: string;
  #rekeyer: Rekeyer | null = null;
  /** Why the tap closes the link. */
  problem: RekeyProblem | null = null;
  /** Told when the handshake went on or failed. */
  onChange: () => void = () => undefined;

  constructor(keys: TapKeys, admissions: Admissions, origin: Origin, clientAddress: string) {
    this.#keys = keys;
    this.#linkKeys = keys.forLink(origin);
    this.#admissions = admissions;
    this.#address = clientAddress;
  }

  /** Whether the tap ends the security protocol of this link. Nothing to re-key: it is read like any other. */
  get isRekeyed(): boolean {
    const state = this.#rekeyer?.state;
    return this.problem !== null || state === "handshake" || state === "traffic";
  }

  get isDone(): boolean {
    return this.#rekeyer?.state === "traffic";
  }

  /** Mechanisms of both legs, as far as known. */
  get mechanisms(): Readonly<Record<Side, string | null>> {
    return this.#rekeyer?.mechanisms ?? { client: null, server: null };
  }

  /** What both ends of both legs have said; `null` before there is a link. */
  get ends(): Rekeyer["ends"] | null {
    return this.#rekeyer?.ends ?? null;
  }

  /** Public key of the client in Z85, once it has proved to own it. */
  get client(): string | null {
    const client = this.#rekeyer?.client ?? null;
    return client === null ? null : encodeZ85(client);
  }

  /** Whether a peer counts its nonces as libzmq 4.0 does. */
  get isHostOrder(): boolean {
    return this.#rekeyer?.isHostOrder ?? false;
  }

  open(sink: RekeyerSink): Rekeyer {
    const rekeyer = new Rekeyer(this.#keys.boxes, this.#linkKeys, this.#keys.roles, sink);
    this.#rekeyer = rekeyer;
    return rekeyer;
  }

  judge(client: Uint8Array): Judgement {
    return this.#admissions.judge(encodeZ85(client), this.#address);
  }

  progressed(): void {
    this.onChange();
  }

  failed(problem: RekeyProblem): void {
    this.problem = problem;
    this.onChange();
  }

  closed(): void {
    this.#keys.released();
  }
}
