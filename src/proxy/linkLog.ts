import type { Direction, EventName, ExchangeState, Origin, SocketPair, Verdict } from "../shared/model.ts";
import type { Capture, CapturedLink, OriginCode } from "./capture/capture.ts";
import { type Capturing, newCapturing } from "./capturing.ts";
import type { FanOut } from "./fanOut.ts";
import { adoptHandshake, handshakeFacts, handshakeRow, identitiesOf, problemOf } from "./capture/handshakeFacts.ts";
import type { SubjectLink } from "./filter/subject.ts";
import type { LinkEnd, LinkObserver } from "./relay/link.ts";
import type { LinkAddresses } from "./relay/tap.ts";
import type { LinkSecurity } from "./linkSecurity.ts";
import type { Repeats } from "./repeats.ts";
import { LinkReader, type StreamPosition } from "./wire/linkReader.ts";
import type { CommandCode, FaultDetail, HandshakeDetail, LinkSink } from "./wire/linkSink.ts";
import { judgeBeside, type LinkPlace } from "./wire/verdict.ts";

/** A handshake that has stood still for this long gets its own event. */
const HANDSHAKE_STALLED_MS = 2_000;
const ORIGIN_CODES = { wire: 0, replay: 1, call: 2, bridge: 3, watch: 4 } as const;

/** Stands for a chunk whose octets are not captured. */
const NOT_CAPTURED = -1;
/** Where a direction stands that is not captured, for whoever goes on behind what is: outside a message. */
const BETWEEN_MESSAGES: StreamPosition = {
  insideMessage: false,
  octetsToNextHeader: 0,
  headerHex: "",
  more: false,
};

/** What a tap counts over all its links. `passedBy`: messages that were not captured, which are among `messages`. */
export type TapCounters = { messages: number; bytes: number; passedBy: number };

/**
 * Joins one link's octets to the capture: keeps them, has them read, and writes down what the reader finds. Never throws:
 * a failure in here (a bug) ends the watching of this link with an event, and traffic flows on. While capturing is off it
 * only reads, so that it knows where messages begin: what is captured has whole messages left out, and nothing else.
 */
export class LinkLog implements LinkObserver, LinkSink {
  readonly number: number;
  readonly origin: Origin;
  readonly addresses: LinkAddresses;
  readonly reader: LinkReader;
  /** Rows of the first message each way; of a call, its request and reply. */
  readonly firstRows: [number | null, number | null] = [null, null];
  /** Octets that were shown to it, by direction; of HTTP those of the ZMTP twin. */
  readonly octets: [number, number] = [0, 0];
  /** Resolves when the link's connections are gone. */
  readonly gone: Promise<void>;
  #hasGone: () => void = () => undefined;
  readonly #capture: Capture;
  readonly #tap: { readonly id: string; readonly name: string };
  readonly #counters: TapCounters;
  readonly #capturing: Capturing;
  /** By direction: follows `capturing` between two messages. */
  readonly #isCaptured: [boolean, boolean];
  readonly #captured: CapturedLink;
  readonly #onHello: (hello: Uint8Array) => void;
  readonly #onGrew: () => void;
  readonly #onBug: (error: unknown) => void;
  #stalled: NodeJS.Timeout | undefined;
  /** Told that the connections are gone before it is written down; must not throw. */
  beforeClosed: ((end: LinkEnd) => void) | null = null;
  /** Told that its handshake has come to something; must not throw. */
  afterHandshake: (() => void) | null = null;
  /** What the link is compared by with others of its tap, once its handshake is done. */
  place: LinkPlace | null = null;
  readonly #repeats: Repeats;
  readonly #security: LinkSecurity | null;
  /** Why the tap ends the link, once that was told. */
  #problem: LinkSecurity["problem"] = null;
  readonly #fanOut: FanOut;
  /** Whether what the server sends are publications that other links get too. */
  #isFannedOut = false;
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
  #originCode: OriginCode;
  /** Kept octets that the reader has seen, by which its position in a record is placed. */
  readonly #octetsRead: [number, number] = [0, 0];
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
      /** For ever by default. */
      capturing?: Capturing;
      repeats: Repeats;
      /** Of the tap. */
      fanOut: FanOut;
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
    this.#capturing = services.capturing ?? newCapturing(true);
    this.#isCaptured = [this.#capturing.isOn, this.#capturing.isOn];
    this.#repeats = services.repeats;
    this.#fanOut = services.fanOut;
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
      ...(link.sockets === undefined ? {} : { sockets: link.sockets }),
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
    return problemOf(this.#beside ?? (this.isRekeyed ? this.#security!.verdict : this.reader.verdict));
  }

  /** Whether the tap ends the security protocol of this link. */
  get isRekeyed(): boolean {
    return this.#security?.isRekeyed === true;
  }

  /** When it was opened, since the clock's anchor. */
  get openedNs(): number {
    return this.#captured.openedNs;
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
      if (this.#isCaptured[direction] === this.#capturing.isOn) this.#read(direction, bytes);
      else this.#turn(direction, bytes);
      this.#onGrew();
    } catch (error) {
      this.#breakOff(error);
    }
  }

  #read(direction: Direction, bytes: Uint8Array): void {
    const kept = this.reader.borrowKept(direction, bytes);
    const isCaptured = this.#isCaptured[direction];
    const isKept = isCaptured && kept.length > 0;
    let chunk = isCaptured ? 0 : NOT_CAPTURED;
    if (isKept) chunk = this.#capture.append(this.#captured, direction, kept, this.#originCode);
    this.#counters.bytes += bytes.length;
    if (!isCaptured) this.#capturing.bytes += bytes.length;
    this.octets[direction] += bytes.length;
    this.#chunk = isKept ? chunk : undefined;
    const { preamble } = this.#captured;
    if (preamble.isOpen) preamble.add(direction, kept, this.#capture.clock.nowNs());
    // What the reader tells of lies in what is kept, so it reads that where anything is.
    this.reader.push(direction, kept.length === 0 ? bytes : kept, chunk);
    if (isCaptured) this.#octetsRead[direction] += kept.length;
    if (preamble.isOpen) preamble.settle(this.reader);
    if (this.#isShaking && this.reader.hello !== null) this.#onHello(this.reader.hello);
    this.#chunk = undefined;
  }

  /** Reads octets of a direction that is to be captured from now on, or not any more: from its next point outside a message on. */
  #turn(direction: Direction, bytes: Uint8Array): void {
    const { reader } = this;
    // Where there are no messages to be seen there is nothing to wait for.
    const isUnreadable = reader.encrypted || reader.handshakeState === "opaque" || reader.handshakeState === "failed";
    const at = isUnreadable ? 0 : reader.gapIn(direction, bytes);
    if (at !== 0) this.#read(direction, at < 0 ? bytes : bytes.subarray(0, at));
    if (at < 0) return;
    this.#isCaptured[direction] = this.#capturing.isOn;
    if (at < bytes.length) this.#read(direction, bytes.subarray(at));
  }

  /** Whether a message that ended just now is captured; else it is counted as passed by. */
  #isMessageCaptured(direction: Direction, startChunk: number): boolean {
    this.#counters.messages += 1;
    if (this.#isCaptured[direction] && startChunk !== NOT_CAPTURED) return true;
    this.#counters.passedBy += 1;
    this.#capturing.messages += 1;
    return false;
  }

  injected(direction: Direction, bytes: Uint8Array, origin: Origin): void {
    this.#originCode = ORIGIN_CODES[origin];
    this.received(direction, bytes);
    this.#originCode = ORIGIN_CODES[this.origin];
  }

  gapIn(direction: Direction, bytes: Uint8Array): number {
    return this.#broken ? -1 : this.reader.gapIn(direction, bytes);
  }

  stepIn(direction: Direction, bytes: Uint8Array): number {
    return this.#broken ? bytes.length : this.reader.stepIn(direction, bytes);
  }

  /** What is received is made of another protocol, which cannot be followed any further: the link is opaque from here on. */
  giveUp(direction: Direction, code: string, message: string): void {
    if (this.#broken) return;
    try {
      this.reader.giveUp(direction, code, message);
    } catch (error) {
      this.#breakOff(error);
    }
  }

  /** The link as filters know it. */
  get subject(): SubjectLink {
    const { info, sockets, identity, mechanism, isDecrypted } = this.#captured;
    const { link, tapName, client, server } = info;
    return { link, tapName, client, server, sockets, identity, mechanism, isDecrypted };
  }

  /** Writes down what an intervention has done here. */
  intervened(detail: object): void {
    if (this.#broken) return;
    try {
      this.#event("intervention", detail);
    } catch (error) {
      this.#breakOff(error);
    }
  }

  /** The link's connections are gone. */
  closed(end: LinkEnd): void {
    this.beforeClosed?.(end);
    clearTimeout(this.#stalled);
    this.#fanOut.leave(this.number);
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
    return identitiesOf(detail);
  }

  message(
    direction: Direction,
    startChunk: number,
    startOffset: number,
    endOffset: number,
    sizeBytes: number,
    frames: number,
  ): number {
    if (!this.#isMessageCaptured(direction, startChunk)) return 0;
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
    if (direction === 1 && this.#isFannedOut) this.#fanOut.published(this.number, n, sizeBytes);
    return n;
  }

  encrypted(direction: Direction, startChunk: number, startOffset: number, endOffset: number, sizeBytes: number): void {
    if (!this.#isMessageCaptured(direction, startChunk)) return;
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
    if (!this.#isCaptured[direction] || startChunk === NOT_CAPTURED) return;
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

  /** Row 0 stands for a message that was not captured: its partner is left as one of which nobody can tell. */
  paired(request: number, reply: number, guessed: boolean, isLate: boolean): void {
    if (request > 0 && reply > 0) this.#capture.paired(request, reply, guessed, isLate);
    else if (request > 0) this.#capture.exchange(request, "none");
  }

  exchange(n: number, state: ExchangeState): void {
    if (n > 0) this.#capture.exchange(n, state);
  }

  /** Of a re-keyed link the reader sees the plain stream only, and knows nothing of what went before. */
  handshake(read: HandshakeDetail): void {
    // Its connections close behind a failure that was told.
    if (this.isRekeyed && !this.#isShaking) return;
    const detail = this.isRekeyed ? this.#security!.handshakeDetail() : read;
    this.#isShaking = false;
    clearTimeout(this.#stalled);
    adoptHandshake(this.#captured, detail, this.#security?.isDecrypted === true);
    if (detail.state === "done") {
      const { server } = this.addresses;
      const { identityHex } = detail.client;
      const identity = this.#captured.identity.client;
      this.place = { link: this.number, server, sockets: detail.sockets, identityHex, identity };
      this.#beside = judgeBeside(this.place, this.#neighbours());
      // The tap's own subscriber is none of the publisher's.
      this.#isFannedOut = this.origin !== "watch" && this.#fanOut.watches(detail.sockets);
      if (this.#isFannedOut) this.#fanOut.join(this.number);
    }
    this.#tell(detail);
    this.afterHandshake?.();
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
      handshake: this.handshakeDetail(),
      subscriptions: topics.map((topic) => Buffer.from(topic).toString("hex")),
      subscriptionCount: count,
      pending: this.reader.pending,
      positions: [this.#position(0), this.#position(1)],
      octetsRead: [...this.#octetsRead],
      decrypted: this.#captured.isDecrypted,
    };
  }

  /** Where what is captured of a direction ends. */
  #position(direction: Direction): StreamPosition {
    return this.#isCaptured[direction] ? this.reader.position(direction) : BETWEEN_MESSAGES;
  }

  #event(name: EventName, detail: object): void {
    if (!this.#capturing.isOn) return;
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
