import type { Direction } from "../../shared/model.ts";
import type { LinkRow } from "../../shared/pictures.ts";
import { identityText, mechanismOf } from "../capture/handshakeFacts.ts";
import type { OpenLink, OpenLinks } from "../openLinks.ts";
import type { Link, LinkEnd } from "../relay/link.ts";
import { ClosedLinks, closedByWords, handshakeWords, MAX_LINKS } from "./linkRows.ts";
import type { OverviewBook } from "./overviewBook.ts";
import type { FarEnd, PeerProcesses } from "./peerProcesses.ts";

const SUBSCRIPTIONS_SHOWN = 20;
/** Tap names that are counted; sockets of later ones are seen, but not over time. */
const MAX_TAPS = 10_000;

type Pair = [number, number];

/** What is remembered of a link beyond its log. */
type Watched = {
  readonly process: { client: string; server: string };
  /** Messages when it was looked at last, and how many a second there were before. */
  readonly seen: Pair;
  readonly perSecond: Pair;
};

/** What a tap's links have carried that are closed, and what was told of all of them. */
type TapCount = { tap: string; readonly ended: Counts; readonly told: Counts; now: Counts };
type Counts = { readonly messages: Pair; readonly bytes: Pair };

type LiveLinksOptions = {
  readonly open: OpenLinks;
  readonly overview: OverviewBook;
  readonly processes: PeerProcesses;
  readonly nowNs: () => number;
  readonly toEpochMs: (timeNs: number) => number;
  /** The ipc path of a tap's server; `null` where it has none. */
  readonly serverPath: (tap: string) => string | null;
};

/** The links of an engine: what its own counters tell of them, without a look at any message. */
export class LiveLinks {
  readonly #options: LiveLinksOptions;
  readonly #watched = new Map<number, Watched>();
  readonly #closed = new ClosedLinks();
  readonly #taps = new Map<string, TapCount>();
  #sampledNs: number;

  constructor(options: LiveLinksOptions) {
    this.#options = options;
    this.#sampledNs = options.nowNs();
    options.open.onClosed = (link, end, relay) => this.#ended(link, end, relay);
  }

  get forgotten(): number {
    return this.#closed.forgotten + Math.max(0, this.#options.open.all.size - MAX_LINKS);
  }

  /** Counts what came since it was called last, about once a second. */
  sample(): void {
    const nowNs = this.#options.nowNs();
    const seconds = (nowNs - this.#sampledNs) / 1e9;
    this.#sampledNs = nowNs;
    for (const count of this.#taps.values()) count.now = noCounts();
    for (const link of this.#options.open.all.values()) this.#sampleLink(link, seconds);
    this.#tell(nowNs);
  }

  /** Messages over time up to now, without the rates of links. */
  update(): void {
    for (const count of this.#taps.values()) count.now = noCounts();
    for (const link of this.#options.open.all.values()) addTo(this.#countOf(link)?.now, link, link.relay());
    this.#tell(this.#options.nowNs());
  }

  /** Forgets closed links. */
  clear(): void {
    this.#closed.clear();
  }

  perSecond(link: number): readonly [number, number] {
    return this.#watched.get(link)?.perSecond ?? [0, 0];
  }

  /** The newest first, closed ones behind. */
  read(): LinkRow[] {
    const open = [...this.#options.open.all.values()].reverse().slice(0, MAX_LINKS);
    return open.map((link) => this.#row(link, link.relay())).concat(this.#closed.all);
  }

  #sampleLink(link: OpenLink, seconds: number): void {
    const watched = this.#watch(link);
    for (const direction of [0, 1] as const) {
      const seen = link.log.reader.seen(direction);
      if (seconds > 0) watched.perSecond[direction] = (seen - watched.seen[direction]) / seconds;
      watched.seen[direction] = seen;
    }
    addTo(this.#countOf(link)?.now, link, link.relay());
  }

  #tell(nowNs: number): void {
    for (const [tapName, { tap, ended, told, now }] of this.#taps) {
      for (const direction of [0, 1] as const) {
        const messages = ended.messages[direction] + now.messages[direction];
        const bytes = ended.bytes[direction] + now.bytes[direction];
        const [newMessages, newBytes] = [messages - told.messages[direction], bytes - told.bytes[direction]];
        told.messages[direction] = messages;
        told.bytes[direction] = bytes;
        if (newMessages === 0 && newBytes === 0) continue;
        this.#options.overview.traffic(tap, tapName, nowNs, direction, newMessages, newBytes);
      }
    }
  }

  #ended(link: OpenLink, end: LinkEnd, relay: Link | null): void {
    addTo(this.#countOf(link)?.ended, link, relay);
    const row = this.#row(link, relay);
    const closed = {
      ...row,
      pending: 0,
      queued: [0, 0] as const,
      closedMs: this.#options.toEpochMs(this.#options.nowNs()),
      closedBy: closedByWords(end.by, end.reset),
    };
    const hasComeAbout = link.log.handshakeState === "done" || row.messages[0] + row.messages[1] > 0;
    this.#closed.add(closed, hasComeAbout);
    this.#watched.delete(row.link);
  }

  #row(link: OpenLink, relay: Link | null): LinkRow {
    const { log, tap } = link;
    const { reader } = log;
    const detail = log.handshakeDetail();
    const { verdict } = log;
    const { topics, count } = reader.subscriptions(SUBSCRIPTIONS_SHOWN);
    return {
      link: log.number,
      tap: tap.id,
      tapName: tap.name,
      origin: log.origin,
      client: log.addresses.client,
      server: log.addresses.server,
      sockets: reader.sockets,
      identity: log.identity(detail),
      version: detail.version,
      mechanism: mechanismOf(detail),
      verdict: handshakeWords(log.handshakeState, verdict?.id ?? null),
      isProblem: verdict !== null,
      process: { ...(this.#watched.get(log.number)?.process ?? NO_PROCESS) },
      subscriptions: topics.map((topic) => identityText(Buffer.from(topic).toString("hex"))),
      subscriptionCount: count,
      messages: [reader.seen(0), reader.seen(1)],
      bytes: [octetsOf(link, relay, 0), octetsOf(link, relay, 1)],
      pending: reader.pending,
      queued: [relay?.queued(0) ?? 0, relay?.queued(1) ?? 0],
      heldUpMs: [relay?.heldUpMs(0) ?? 0, relay?.heldUpMs(1) ?? 0],
      openedMs: this.#options.toEpochMs(log.openedNs),
      closedMs: null,
      closedBy: "",
      findings: 0,
    };
  }

  #watch(link: OpenLink): Watched {
    const { number } = link.log;
    let watched = this.#watched.get(number);
    if (watched === undefined) {
      watched = { process: { client: "", server: "" }, seen: [0, 0], perSecond: [0, 0] };
      this.#watched.set(number, watched);
      this.#findProcesses(link, watched);
    }
    return watched;
  }

  #findProcesses({ relay, tap }: OpenLink, { process }: Watched): void {
    const link = relay();
    if (link === null) return;
    for (const side of ["client", "server"] as const) {
      const ends = link.ends(side);
      const path = ends === null && side === "server" ? this.#options.serverPath(tap.id) : null;
      const end: FarEnd | null =
        ends !== null ? { kind: "tcp", ...ends } : path !== null ? { kind: "ipc", path } : null;
      if (end !== null) void this.#options.processes.find(end).then((words) => (process[side] = words));
    }
  }

  #countOf({ tap }: OpenLink): TapCount | null {
    let count = this.#taps.get(tap.name);
    if (count === undefined) {
      if (this.#taps.size >= MAX_TAPS) return null;
      count = { tap: tap.id, ended: noCounts(), told: noCounts(), now: noCounts() };
      this.#taps.set(tap.name, count);
    }
    count.tap = tap.id;
    return count;
  }
}

const NO_PROCESS = { client: "", server: "" };

function noCounts(): Counts {
  return { messages: [0, 0], bytes: [0, 0] };
}

function addTo(counts: Counts | undefined, link: OpenLink, relay: Link | null): void {
  if (counts === undefined) return;
  for (const direction of [0, 1] as const) {
    counts.messages[direction] += link.log.reader.seen(direction);
    counts.bytes[direction] += octetsOf(link, relay, direction);
  }
}

/** On the wire where it is a relay's, else as the log was shown them. */
function octetsOf(link: OpenLink, relay: Link | null, direction: Direction): number {
  return relay?.carried(direction).received ?? link.log.octets[direction];
}
