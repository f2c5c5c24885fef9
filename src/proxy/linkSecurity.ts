import { encodeZ85 } from "../shared/keys/z85.ts";
import type { Side, Verdict } from "../shared/model.ts";
import type { Admissions } from "./relay/admissions.ts";
import type { Rekeying } from "./relay/link.ts";
import type { TapKeys } from "./tapKeys.ts";
import type { HandshakeDetail, PeerDetail } from "./wire/linkSink.ts";
import { type Metadata, readMetadata } from "./wire/metadata.ts";
import { type Judgement, type LinkKeys, Rekeyer, type RekeyerSink, type RekeyProblem } from "./wire/rekeyer.ts";
import { judgeRekeyed, type RekeyedFacts } from "./wire/rekeyVerdict.ts";

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
  #wasDone = false;
  #wasPassed = false;
  /** The greetings are through, and the tap leads the handshakes. */
  #hasLed = false;
  /** Why the tap closes the link. */
  problem: RekeyProblem | null = null;
  /** Told when the handshake went on or failed. */
  onChange: () => void = () => undefined;

  /** `linkKeys` are of `keys`, which are told when the link has closed. */
  constructor(linkKeys: LinkKeys, keys: TapKeys, admissions: Admissions, clientAddress: string) {
    this.#linkKeys = linkKeys;
    this.#keys = keys;
    this.#admissions = admissions;
    this.#address = clientAddress;
  }

  /** Whether the tap ends the security protocol of this link, or may still do so. Nothing to re-key: it is read like any other. */
  get isRekeyed(): boolean {
    const isPassing = this.#wasPassed || this.#rekeyer?.state === "passing";
    return this.#rekeyer !== null && (this.#wasDone || !isPassing);
  }

  /** The handshake came to a standstill, or the link was closed by somebody. */
  hasStalled = false;
  closedBy: Side | "tap" | null = null;

  /** Whether its messages are encrypted on one leg at least. */
  get isDecrypted(): boolean {
    const { client, server } = this.#mechanisms;
    return this.#wasDone && (client === "CURVE" || server === "CURVE");
  }

  get state(): "waiting" | "done" | "failed" {
    if (this.#wasDone) return "done";
    return this.problem !== null || this.closedBy !== null ? "failed" : "waiting";
  }

  get verdict(): Verdict | null {
    return judgeRekeyed(this.#facts);
  }

  /** The handshake as a whole, of which each peer saw its own leg. */
  handshakeDetail(): HandshakeDetail {
    const { client, server } = this.#mechanisms;
    const versions = this.#versions;
    return {
      state: this.state,
      version: lowest(versions.client, versions.server),
      mechanism: client === server ? client : `${client ?? "unknown"} and ${server ?? "unknown"}`,
      sockets: { client: this.#said("client")?.socket ?? null, server: this.#said("server")?.socket ?? null },
      client: this.#peerDetail("client"),
      server: this.#peerDetail("server"),
      ...(this.#hasLed ? { rekeyed: this.#rekeyed } : {}),
      ...(this.problem === null ? {} : { check: this.problem.check }),
      steps: this.#rekeyer?.steps ?? [],
      verdict: this.verdict,
    };
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
    const { isOpen, state } = this.#rekeyer!;
    this.#wasDone ||= isOpen;
    this.#wasPassed ||= state === "passing" && !isOpen;
    this.#hasLed ||= state === "handshake" || isOpen;
    this.hasStalled = false;
    this.onChange();
  }

  failed(problem: RekeyProblem): void {
    this.problem = problem;
    this.onChange();
  }

  closed(): void {
    this.#keys.released();
  }

  get #rekeyed(): HandshakeDetail["rekeyed"] & {} {
    const { client, server } = this.#mechanisms;
    const freshPairTo = this.#rekeyer?.freshPairTo ?? null;
    const told = { client, server, clientKey: this.client, isHostOrder: this.isHostOrder };
    return freshPairTo === null ? told : { ...told, freshPairTo };
  }

  get #facts(): RekeyedFacts {
    const rekeyer = this.#rekeyer!;
    const [client, server] = [this.#said("client"), this.#said("server")];
    return {
      state: this.state,
      ends: rekeyer.ends,
      versions: this.#versions,
      sockets: { client: client?.socket ?? null, server: server?.socket ?? null },
      hasSaid: { client: client !== null, server: server !== null },
      problem: this.#wasDone ? null : this.problem,
      hasStalled: this.hasStalled,
      isRelayed: this.#isRelayed,
      closed: this.closedBy === null ? null : { by: this.closedBy },
    };
  }

  /** So far the peers have seen nothing of the tap, only of each other. */
  get #isRelayed(): boolean {
    const { legs } = this.#linkKeys;
    const { client, server } = this.#rekeyer!.ends;
    const hasSpoken = client.tap.commands.length > 0 || server.tap.commands.length > 0;
    return legs.client === null && legs.server === null && !hasSpoken;
  }

  get #mechanisms(): Readonly<Record<Side, string | null>> {
    return this.#rekeyer?.mechanisms ?? { client: null, server: null };
  }

  get #versions(): Readonly<Record<Side, string | null>> {
    return { client: this.#rekeyer?.version("client") ?? null, server: this.#rekeyer?.version("server") ?? null };
  }

  #said(side: Side): Metadata | null {
    const metadata = this.#rekeyer?.metadata(side) ?? null;
    return metadata === null ? null : readMetadata(metadata, 0);
  }

  #peerDetail(side: Side): PeerDetail {
    const said = this.#said(side);
    return {
      version: this.#versions[side],
      mechanism: this.#mechanisms[side],
      socket: said?.socket ?? null,
      identityHex: said?.identityHex ?? "",
      metadata: said?.others ?? {},
    };
  }
}

function lowest(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return null;
  return a < b ? a : b;
}
