import type { Finding } from "../shared/findings.ts";
import type { LatencyPicture, LinksPicture, Overview, TopicsPicture, TopologyPicture } from "../shared/pictures.ts";
import type { Capture } from "./capture/capture.ts";
import type { OpenLinks } from "./openLinks.ts";
import { FileLinks } from "./pictures/fileLinks.ts";
import { LatencyBook } from "./pictures/latencyBook.ts";
import { MAX_LINKS } from "./pictures/linkRows.ts";
import { LiveLinks } from "./pictures/liveLinks.ts";
import { OverviewBook } from "./pictures/overviewBook.ts";
import { PeerProcesses } from "./pictures/peerProcesses.ts";
import { PictureReader } from "./pictures/pictureReader.ts";
import { SubscriptionBook } from "./pictures/subscriptionBook.ts";
import { topicKey } from "./pictures/topicLevels.ts";
import { TopicTree } from "./pictures/topicTree.ts";
import { topologyOf, type TopologyTap } from "./pictures/topology.ts";
import type { RowReader } from "./rowReader.ts";

export { fidelityOf } from "./fidelity.ts";

const SECOND_MS = 1000;
/** Payloads that are put into words for one question, in time. */
const VALUES_MS = 4;
/** Topics of a link that are taken over when its subscriptions were left out. */
const MAX_TOPICS = 1000;

/** What the pictures of a live capture are drawn from besides its rows. */
export type LiveSource = {
  readonly openLinks: OpenLinks;
  readonly taps: () => readonly TopologyTap[];
  /** The ipc path of a tap's server; `null` where it has none. */
  readonly serverPath: (tap: string) => string | null;
};

type PicturesOptions = {
  /** `null` for a file. */
  readonly live: LiveSource | null;
  /** What is found in the capture now. */
  readonly findings: () => readonly Finding[];
  /** The payload of row `n`, which is in memory, in one line. */
  readonly preview: (n: number) => string;
};

/**
 * What the inspector's tabs of one capture are drawn from: aggregates that are kept while rows come, bounded and independent of
 * what is evicted, so that every answer takes milliseconds. `reader` has to be shown the capture's rows. A file of its own,
 * which the engine loads when it has begun.
 */
export class Pictures {
  readonly reader: RowReader;
  readonly #capture: Capture;
  readonly #options: PicturesOptions;
  readonly #overview = new OverviewBook();
  readonly #latency = new LatencyBook();
  readonly #topics = new TopicTree();
  readonly #subscriptions = new SubscriptionBook();
  readonly #file: FileLinks | null;
  readonly #live: LiveLinks | null;
  readonly #processes = new PeerProcesses();
  readonly #timer: NodeJS.Timeout | undefined;
  /** Payloads in words, of the rows that were asked for last. */
  #values = new Map<number, string>();
  #tickedNs = 0;

  constructor(capture: Capture, options: PicturesOptions) {
    this.#capture = capture;
    this.#options = options;
    const { live } = options;
    this.#file = live === null ? new FileLinks(this.#subscriptions) : null;
    this.#live = live === null ? null : this.#watch(live);
    const books = {
      overview: this.#overview,
      latency: this.#latency,
      topics: this.#topics,
      subscriptions: this.#subscriptions,
    };
    this.reader = new PictureReader(capture, books, {
      file: this.#file,
      onTick: (nowNs) => (this.#tickedNs = nowNs),
      onSkipped: () => this.#subscribeAnew(),
      onCleared: () => this.#live?.clear(),
    });
    if (live !== null) {
      this.#timer = setInterval(() => this.#live?.sample(), SECOND_MS).unref();
    }
  }

  dispose(): void {
    clearInterval(this.#timer);
    this.#processes.dispose();
  }

  overview(): Overview {
    this.#live?.update();
    const marks = this.#options.findings().map(({ id, severity, text, firstMs, evidence }) => ({
      timeMs: firstMs,
      severity,
      finding: id,
      text,
      n: evidence[0] ?? 0,
    }));
    return this.#overview.read(this.#toEpochMs, this.#live === null ? null : this.#nowNs, marks);
  }

  latency(): LatencyPicture {
    return this.#latency.read(this.#toEpochMs);
  }

  /** The level below `prefix`; see TopicTree. */
  topics(prefix: string): TopicsPicture {
    const before = this.#values;
    this.#values = new Map();
    const endMs = performance.now() + VALUES_MS;
    return this.#topics.read(prefix, this.#nowNs, {
      subscribers: (key) => this.#subscriptions.covering(key),
      value: (n) => this.#valueOf(n, before, endMs),
      toEpochMs: this.#toEpochMs,
    });
  }

  links(): LinksPicture {
    const findings = new Map<number, number>();
    for (const { link } of this.#options.findings()) {
      if (link !== null) findings.set(link, (findings.get(link) ?? 0) + 1);
    }
    const all = this.#links();
    const links = all.slice(0, MAX_LINKS).map((row) => ({ ...row, findings: findings.get(row.link) ?? 0 }));
    links.sort((a, b) => b.link - a.link);
    const forgotten = (this.#live ?? this.#file)?.forgotten ?? 0;
    return { links, forgotten: forgotten + all.length - links.length, nowMs: this.#toEpochMs(this.#nowNs) };
  }

  topology(): TopologyPicture {
    return topologyOf(this.#links(), {
      taps: this.#options.live?.taps() ?? [],
      findings: this.#options.findings(),
      perSecond: (link) => this.#live?.perSecond(link) ?? [0, 0],
    });
  }

  #watch({ openLinks, serverPath }: LiveSource): LiveLinks {
    return new LiveLinks({
      open: openLinks,
      overview: this.#overview,
      processes: this.#processes,
      nowNs: () => this.#capture.clock.nowNs(),
      toEpochMs: this.#toEpochMs,
      serverPath,
    });
  }

  /** Open ones first, so that closed ones are left out first. */
  #links(): readonly LinksPicture["links"][number][] {
    return this.#live?.read() ?? this.#file?.read(this.#toEpochMs) ?? [];
  }

  /** Of a file, when its last row came. */
  get #nowNs(): number {
    return this.#live === null ? this.#tickedNs : this.#capture.clock.nowNs();
  }

  readonly #toEpochMs = (timeNs: number): number => this.#capture.clock.toEpochMs(timeNs);

  #valueOf(n: number, before: ReadonlyMap<number, string>, endMs: number): string {
    let value = before.get(n);
    if (value === undefined) {
      // Later ones are told the next time.
      if (performance.now() > endMs || !this.#capture.isInMemory(n)) return "";
      value = this.#options.preview(n);
    }
    this.#values.set(n, value);
    return value;
  }

  /** Rows were left out that may have told of subscriptions: open links know theirs. */
  #subscribeAnew(): void {
    const { live } = this.#options;
    if (live === null) return;
    this.#subscriptions.clear();
    for (const [number, { log }] of live.openLinks.all) {
      for (const topic of log.reader.subscriptions(MAX_TOPICS).topics) this.#subscriptions.add(number, topicKey(topic));
    }
  }
}
