import { describeSteps } from "../shared/handshakeSteps.ts";
import type { Direction, EventName, ExchangeState, Origin, SocketPair, Verdict } from "../shared/model.ts";
import { verdictFacts } from "../shared/verdictText.ts";
import type { Capture, CapturedLink } from "./capture/capture.ts";
import type { LinkEnd, LinkObserver } from "./relay/link.ts";
import type { LinkAddresses } from "./relay/tap.ts";
import type { LinkSecurity } from "./linkSecurity.ts";
import type { Repeats } from "./repeats.ts";
import { LinkReader } from "./wire/linkReader.ts";
import type { CommandCode, FaultDetail, HandshakeDetail, LinkSink } from "./wire/linkSink.ts";
import { judgeBeside, type LinkPlace } from "./wire/verdict.ts";

/** A handshake that has stood still for this long gets its own event. */
const HANDSHAKE_STALLED_MS = 2_000;
const ORIGIN_CODES = { wire: 0, replay: 1, call: 2 } as const;

/** Verdicts on a handshake that is done and needs no word. */
const FINE: ReadonlySet<string> = new Set(["connected", "older-zmtp"]);

/** What a tap counts over all its links. */
export type TapCounters = { messages: number; bytes: number };

/**
 * Joins one link's octets to the capture: keeps them, has them read, and writes down what the reader finds. Never throws:
 * a failure in here (a bug) ends the watching of this link with an event, and traffic flows on.
 */
export class LinkLog implements LinkObserver, LinkSink {
  readonly number: number;
  readonly origin: Origin;
  readonly addresses: LinkAddresses;
  readonly reader: LinkReader;
  /** Rows of the first message each way; of a call, its request and reply. */
  readonly firstRows: [number | null, number | null] = [null, null];
  /** Resolves when the link's connections are gone. */
  readonly gone: Promise<void>;
  #hasGone: () => void = () => undefined;
  readonly #capture: Capture;
  readonly #tap: { readonly id: string; readonly name: string };
  readonly #counters: TapCounters;
  readonly #captured: CapturedLink;
  readonly #onHello: (hello: Uint8Array) => void;
  readonly #onGrew: () => void;
  readonly #onBug: (error: unknown) => void;
  #stalled: NodeJS.Timeout | undefined;
  /** What the link is compared by with others of its tap, once its handshake is done. */
  place: LinkPlace | null = null;
  readonly #repeats: Repeats;
  readonly #security: LinkSecurity | null;
  /** Why the tap ends the link, once that was told. */
  #problem: LinkSecurity["problem"] = null;
  readonly #neighbours: () => Iterable<LinkPlace>;
  #isShaking = true;
  #beside: Verdict | null = null;
  /** Events that wait for what the handshake comes to, since the link may be one more of many failures. */
  #held: { name: EventName; detail: object }[] | null = null;
  /** The verdict that was told of, or counted. */
  #told = "";
  #hasToldEnd = false;
  /** Its failure is counted with others like it instead of being told; `isFolded`: and so is all else about it. */
  #isCounted = false;
  #isFolded = false;
  #originCode: 0 | 1 | 2;
  /** The chunk that is being read; undefined between chunks. */
  #chunk: number | undefined;
  #broken = false;

  constructor(
    link: {
      number: number;
      origin: Origin;
      addresses: LinkAddresses;
      sockets: SocketPair | undefined;
      security: LinkSecurity | null;
    },
    tap: { readonly id: string; readonly name: string },
    services: {
      capture: Capture;
      counters: TapCounters;
      repeats: Repeats;
      /** Places of the tap's links that are open. */
      neighbours: () => Iterable<LinkPlace>;
      /** Told what the CURVE client of a link that is only relayed said first. */
      onHello: (hello: Uint8Array) => void;
      onGrew: () => void;
      onBug: (error: unknown) => void;
    },
  ) {
    this.gone = new Promise((resolve) => (this.#hasGone = resolve));
    this.number = link.number;
    this.origin = link.origin;
    this.addresses = link.addresses;
    this.#tap = tap;
    this.#capture = services.capture;
    this.#counters = services.counters;
    this.#repeats = services.repeats;
    this.#neighbours = services.neighbours;
    this.#onHello = services.onHello;
    this.#onGrew = services.onGrew;
    this.#onBug = services.onBug;
    this.#originCode = ORIGIN_CODES[link.origin];
    this.reader = new LinkReader(this, link.sockets === undefined ? {} : { sockets: link.sockets });
    this.#captured = this.#capture.openLink({
      link: link.number,
      tap: tap.id,
      tapName: tap.name,
      origin: link.origin,
      client: link.addresses.client,
      server: link.addresses.server,
      record: () => this.#record(),
    });
    this.#security = link.security;
    if (link.security !== null) link.security.onChange = () => this.#securityChanged(link.security!);
    const { client, server } = link.addresses;
    if (link.origin === "wire" && this.#repeats.expects(client, server)) this.#held = [];
    this.#event("link-opened", { client, server, origin: link.origin });
    this.#watchStandstill();
  }

  /** What is wrong with the link; `null` when all is well, or its handshake is under way. */
  get verdict(): Verdict | null {
    const verdict = this.#beside ?? (this.isRekeyed ? this.#security!.verdict : this.reader.verdict);
    return verdict === null || FINE.has(verdict.id) ? null : verdict;
  }

  /** Whether the tap ends the security protocol of this link. */
  get isRekeyed(): boolean {
    return this.#security?.isRekeyed === true;
  }

  get handshakeState(): LinkReader["handshakeState"] {
    return this.isRekeyed ? this.#security!.state : this.reader.handshakeState;
  }

  /** As far as known, also before the handshake is done. */
  handshakeDetail(): HandshakeDetail {
    return this.isRekeyed ? this.#security!.handshakeDetail() : this.reader.handshakeDetail();
  }

  received(direction: Direction, bytes: Uint8Array): void {
    if (this.#broken) return;
    if (this.#isShaking) this.#watchStandstill();
    try {
      const kept = this.reader.borrowKept(direction, bytes);
      const chunk = kept.length === 0 ? 0 : this.#capture.append(this.#captured, direction, kept, this.#originCode);
      this.#counters.bytes += bytes.length;
      this.#chunk = kept.length === 0 ? undefined : chunk;
      const { preamble } = this.#captured;
      if (preamble.isOpen) preamble.add(direction, kept, this.#capture.clock.nowNs());
      this.reader.push(direction, bytes, chunk);
      if (preamble.isOpen) preamble.settle(this.reader);
      if (this.#isShaking && this.reader.hello !== null) this.#onHello(this.reader.hello);
      this.#chunk = undefined;
      this.#onGrew();
    } catch (error) {
      this.#breakOff(error);
    }
  }

  injected(direction: Direction, bytes: Uint8Array, origin: Origin): void {
    this.#originCode = ORIGIN_CODES[origin];
    this.received(direction, bytes);
    this.#originCode = ORIGIN_CODES[this.origin];
  }

  gapIn(direction: Direction, bytes: Uint8Array): number {
    return this.#broken ? -1 : this.reader.gapIn(direction, bytes);
  }

  /** The link's connections are gone. */
  closed(end: LinkEnd): void {
    clearTimeout(this.#stalled);
    if (this.#security !== null) {
      this.#security.closedBy = end.by;
      this.#security.closed();
    }
    try {
      this.reader.close(end.by);
      if (!this.#isFolded) {
        this.#release();
        this.#event("link-closed", {
          by: end.by,
          reset: end.reset,
          messages: this.reader.messages,
          ...(end.bytesLost > 0 ? { bytesLost: end.bytesLost } : {}),
        });
      }
      this.#captured.preamble.close();
      this.#capture.closeLink(this.#captured);
      this.#onGrew();
    } catch (error) {
      this.#breakOff(error);
    }
    this.#hasGone();
  }

  /** Identities of both peers as text; empty where there is none. */
  identity(detail: HandshakeDetail = this.handshakeDetail()): { client: string; server: string } {
    return { client: identityText(detail.client.identityHex), server: identityText(detail.server.identityHex) };
  }

  message(
    direction: Direction,
    startChunk: number,
    startOffset: number,
    endOffset: number,
    sizeBytes: number,
    frames: number,
  ): number {
    this.#counters.messages += 1;
    // Peers of old versions send before the handshake is told.
    if (this.#held !== null) this.#release();
    const n = this.#capture.message(
      this.#captured,
      direction,
      startChunk,
      startOffset,
      endOffset,
      sizeBytes,
      frames,
      this.#originCode,
    );
    this.firstRows[direction] ??= n;
    return n;
  }

  encrypted(direction: Direction, startChunk: number, startOffset: number, endOffset: number, sizeBytes: number): void {
    this.#counters.messages += 1;
    if (this.#held !== null) this.#release();
    this.#capture.encrypted(this.#captured, direction, startChunk, startOffset, endOffset, sizeBytes, this.#originCode);
  }

  command(
    direction: Direction,
    code: CommandCode,
    startChunk: number,
    startOffset: number,
    endOffset: number,
    sizeBytes: number,
    isBetween: boolean,
  ): void {
    if (this.#held !== null) this.#release();
    this.#capture.command(
      this.#captured,
      direction,
      code,
      startChunk,
      startOffset,
      endOffset,
      sizeBytes,
      this.#originCode,
      isBetween,
    );
  }

  paired(request: number, reply: number, guessed: boolean): void {
    this.#capture.paired(request, reply, guessed);
  }

  exchange(n: number, state: ExchangeState): void {
    this.#capture.exchange(n, state);
  }

  /** Of a re-keyed link the reader sees the plain stream only, and knows nothing of what went before. */
  handshake(read: HandshakeDetail): void {
    // Its connections close behind a failure that was told.
    if (this.isRekeyed && !this.#isShaking) return;
    const detail = this.isRekeyed ? this.#security!.handshakeDetail() : read;
    this.#isShaking = false;
    clearTimeout(this.#stalled);
    this.#captured.sockets = detail.sockets;
    this.#captured.isDecrypted = this.#security?.isDecrypted === true;
    this.#captured.identity = this.identity(detail);
    this.#captured.framing = detail.version === "1.0" ? "zmtp1" : detail.version === "2.0" ? "zmtp2" : "zmtp3";
    if (detail.state === "done") {
      const { server } = this.addresses;
      const { identityHex } = detail.client;
      const identity = this.#captured.identity.client;
      this.place = { link: this.number, server, sockets: detail.sockets, identityHex, identity };
      this.#beside = judgeBeside(this.place, this.#neighbours());
    }
    this.#tell(detail);
  }

  #watchStandstill(): void {
    clearTimeout(this.#stalled);
    this.#stalled = setTimeout(() => this.#stoodStill(), HANDSHAKE_STALLED_MS).unref();
  }

  #stoodStill(): void {
    if (this.handshakeState !== "waiting" || this.#broken) return;
    if (this.#security !== null) this.#security.hasStalled = true;
    this.reader.stalled();
    this.#tell(this.handshakeDetail());
  }

  /** The handshakes of a re-keyed link went on, or the tap ends it. */
  #securityChanged(security: LinkSecurity): void {
    if (this.#broken) return;
    try {
      if (this.#isShaking) this.#watchStandstill();
      const { problem } = security;
      if (problem === null || problem === this.#problem) return;
      this.#problem = problem;
      if (this.#isShaking) this.handshake(security.handshakeDetail());
      else
        this.#event("fault", {
          from: problem.leg,
          code: `curve-${problem.check}`,
          message: problem.message,
          bytesHex: "",
        });
    } catch (error) {
      this.#breakOff(error);
    }
  }

  /** Writes down what a handshake has come to, or counts it with others like it. */
  #tell(detail: HandshakeDetail): void {
    const verdict = this.#beside ?? detail.verdict;
    this.#captured.facts = handshakeFacts(detail, this.addresses, this.verdict);
    if (verdict !== null && detail.state !== "done") {
      const isKnown = this.#told === verdict.id;
      const hasEnded = detail.state === "failed" && !this.#hasToldEnd;
      this.#hasToldEnd ||= hasEnded;
      if (isKnown) {
        // It stood still before, and has ended now.
        if (hasEnded && !this.#isCounted) this.#event("handshake", handshakeRow(detail, verdict));
        return;
      }
      this.#told = verdict.id;
      if (this.origin === "wire" && verdict.id !== "ended-by-tap") {
        const { client, server } = this.addresses;
        this.#isCounted = this.#repeats.fold({ link: this.number, client, server, detail, verdict });
        this.#isFolded = this.#isCounted && this.#held !== null;
        if (this.#isCounted) return;
      }
    }
    this.#release(detail.state === "done");
    this.#event("handshake", handshakeRow(detail, verdict));
  }

  /** Writes what waited: the link is to be told in full. */
  #release(isThrough = false): void {
    const held = this.#held;
    this.#held = null;
    this.#isFolded = false;
    if (held === null && !isThrough) return;
    if (this.origin === "wire") this.#repeats.flush(this.addresses.client, isThrough);
    for (const { name, detail } of held ?? []) this.#event(name, detail);
  }

  fault(direction: Direction, detail: FaultDetail): void {
    this.#event("fault", { from: direction === 0 ? "client" : "server", ...detail });
  }

  #record(): object {
    const { topics, count } = this.reader.subscriptions(1000);
    return {
      link: this.number,
      tap: this.#tap.name,
      ...this.addresses,
      handshake: this.handshakeDetail(),
      subscriptions: topics.map((topic) => Buffer.from(topic).toString("hex")),
      subscriptionCount: count,
      pending: this.reader.pending,
      positions: [this.reader.position(0), this.reader.position(1)],
    };
  }

  #event(name: EventName, detail: object): void {
    if (this.#held !== null) {
      this.#held.push({ name, detail });
      return;
    }
    this.#capture.event(this.#captured, this.#tap.id, this.#tap.name, name, detail, this.#chunk);
    this.#onGrew();
  }

  #breakOff(error: unknown): void {
    this.#broken = true;
    this.#chunk = undefined;
    this.#onBug(error);
    try {
      this.#release();
      this.#event("fault", {
        code: "bug",
        message: "ZMQ Tap failed while it watched this link. Its traffic flows on, unseen.",
      });
    } catch (second) {
      this.#onBug(second);
    }
  }
}

/** An identity as text where it is printable UTF-8, else as hex behind `0x`; empty for none. */
export function identityText(hex: string): string {
  if (hex === "") return "";
  const bytes = Buffer.from(hex, "hex");
  const text = bytes.toString("utf8");
  const isText = Buffer.from(text, "utf8").equals(bytes) && !/\p{Cc}/u.test(text);
  return isText ? text : `0x${hex}`;
}

/** A handshake event's detail, as it is stored and printed. */
export function handshakeRow(detail: HandshakeDetail, verdict: Verdict | null): object {
  if (verdict === null) return detail;
  const { isCertain, offersProbe, ...said } = verdict;
  return { ...detail, verdict: { ...said, certain: isCertain, probe: offersProbe } };
}

function handshakeFacts(
  detail: HandshakeDetail,
  addresses: LinkAddresses,
  verdict: Verdict | null,
): { label: string; value: string }[] {
  const facts: { label: string; value: string }[] = [];
  for (const [label, peer, address] of [
    ["Client", detail.client, addresses.client],
    ["Server", detail.server, addresses.server],
  ] as const) {
    const identity = identityText(peer.identityHex);
    const said = [address, peer.socket ?? "", identity && `identity ${identity}`];
    facts.push({ label, value: said.filter((part) => part !== "").join(", ") });
    // Only where the two differ is it news which version each side speaks.
    if (peer.version !== null && detail.client.version !== detail.server.version) {
      facts.push({ label: `${label} speaks`, value: `ZMTP ${peer.version}` });
    }
    for (const [name, value] of Object.entries(peer.metadata)) facts.push({ label: `${label} ${name}`, value });
  }
  facts.push(
    { label: "Protocol", value: detail.version === null ? "not ZMTP" : `ZMTP ${detail.version}` },
    { label: "Security", value: securityWords(detail) },
  );
  if (detail.rekeyed?.clientKey != null) facts.push({ label: "Client's key", value: detail.rekeyed.clientKey });
  if (detail.rekeyed?.isHostOrder === true) {
    facts.push({ label: "Nonces", value: "counted as libzmq 4.0 does, in the order of its machine" });
  }
  if (detail.user !== undefined) facts.push({ label: "User", value: detail.user });
  facts.push(...describeSteps(detail.steps));
  if (verdict !== null) facts.push(...verdictFacts(verdict));
  return facts;
}

function securityWords({ mechanism, rekeyed }: HandshakeDetail): string {
  if (rekeyed === undefined) return mechanism ?? "unknown";
  const { client, server } = rekeyed;
  if (client === server) return `${client ?? "unknown"}, read with the tap's keys`;
  return `${client ?? "unknown"} towards the client, ${server ?? "unknown"} towards the server`;
}
