import type { Severity } from "../../shared/findings.ts";
import { EXCHANGES, type Direction, type EventName, ORIGINS } from "../../shared/model.ts";
import type { Capture, KnownLink } from "../capture/capture.ts";
import { KIND_COMMAND, KIND_ENCRYPTED, KIND_EVENT, KIND_MESSAGE } from "../capture/rowRecord.ts";
import { sendsTopics } from "../envelope.ts";
import { isProblem } from "../eventWords.ts";
import type { SeenRow } from "../findings/rule.ts";
import type { RowReader } from "../rowReader.ts";
import type { FileLinks } from "./fileLinks.ts";
import type { LatencyBook } from "./latencyBook.ts";
import type { OverviewBook } from "./overviewBook.ts";
import type { SubscriptionBook } from "./subscriptionBook.ts";
import { topicKey, wordLength } from "./topicLevels.ts";
import type { TopicTree } from "./topicTree.ts";

const REPLY = EXCHANGES.indexOf("reply");
/** What the tap's own subscriber gets; what a program gets too is counted there. */
const WATCH = ORIGINS.indexOf("watch");
/** A publication's only frame is not looked at for its topic when it is longer. */
const MAX_FRAME_BYTES = 65_536;
const NO_DETAIL = {};
const NO_TOPIC = new Uint8Array(0);

/** What rows are counted in. */
export type Books = {
  readonly overview: OverviewBook;
  readonly latency: LatencyBook;
  readonly topics: TopicTree;
  readonly subscriptions: SubscriptionBook;
};

type PictureReaderOptions = {
  readonly file: FileLinks | null;
  /** Told how late it is, by the rows. */
  readonly onTick: (nowNs: number) => void;
  /** Rows were left out, and with them subscriptions that they told of. */
  readonly onSkipped: () => void;
  readonly onCleared: () => void;
};

/**
 * Counts the rows of a capture for its pictures. Of a file all is told by its rows; of a live capture traffic and links come
 * from their own counters, and `file` is `null`.
 */
export class PictureReader implements RowReader {
  readonly #capture: Capture;
  readonly #books: Books;
  readonly #file: FileLinks | null;
  readonly #told: PictureReaderOptions;
  /** The last row that was seen. */
  #lastN: number;
  /** The link that was looked up last. */
  #known: KnownLink | null = null;

  constructor(capture: Capture, books: Books, options: PictureReaderOptions) {
    this.#capture = capture;
    this.#books = books;
    this.#file = options.file;
    this.#told = options;
    this.#lastN = capture.lastN;
  }

  row(row: SeenRow): void {
    this.#lastN = row.n;
    switch (row.kind) {
      case KIND_MESSAGE:
        this.#message(row);
        return;
      case KIND_ENCRYPTED:
        if (this.#file !== null) this.#count(row, this.#file);
        return;
      case KIND_COMMAND:
        this.#command(row);
        return;
      case KIND_EVENT:
        this.#event(row);
    }
  }

  tick(nowNs: number): void {
    this.#told.onTick(nowNs);
  }

  skipped(n: number): void {
    this.#books.topics.missed(n - 1 - this.#lastN);
    this.#lastN = n - 1;
    this.#told.onSkipped();
  }

  cleared(): void {
    const { overview, latency, topics } = this.#books;
    overview.clear();
    latency.clear();
    topics.clear();
    this.#told.onCleared();
  }

  #message(row: SeenRow): void {
    if (this.#file !== null) this.#count(row, this.#file);
    if (row.exchange === REPLY) this.#reply(row);
    if (!row.isCopy) this.#topic(row);
  }

  #count(row: SeenRow, links: FileLinks): void {
    const known = this.#linkOf(row);
    if (known === null) return;
    const { tap, tapName } = known.info;
    const direction = row.direction as Direction;
    const { sizeBytes } = row;
    this.#books.overview.traffic(tap, tapName, row.timeNs, direction, 1, sizeBytes);
    links.message(known, direction, sizeBytes);
  }

  #reply(row: SeenRow): void {
    const { latencyNs, tapName, timeNs, partner } = row;
    if (latencyNs < 0 || partner < 0 || row.isHeartbeat) return;
    const { overview, latency } = this.#books;
    const said = this.#capture.talk.said(row.n);
    const isError = said?.kind === "error";
    this.#name(row);
    overview.latency(tapName, timeNs, latencyNs / 1e6);
    latency.add(tapName, said?.method ?? "", latencyNs / 1e6, isError, partner, row.n, timeNs);
    if (isError) overview.error(tapName, timeNs);
  }

  #topic(row: SeenRow): void {
    const { link, n, sizeBytes, timeNs } = row;
    if (link === null || !sendsTopics(row.direction === 0 ? link.sockets.client : link.sockets.server)) return;
    const isOnly = row.frames === 1;
    const frame = isOnly && sizeBytes > MAX_FRAME_BYTES ? NO_TOPIC : row.frame(0);
    if (frame === null) return;
    const topic = isOnly ? frame.subarray(0, wordLength(frame)) : frame;
    if (row.origin === WATCH && this.#books.subscriptions.covering(topicKey(topic)) > 0) return;
    this.#books.topics.add(topic, sizeBytes, n, timeNs);
  }

  #command(row: SeenRow): void {
    const { event, link } = row;
    if (link === null) return;
    if (event === "subscribe" || event === "unsubscribe") {
      if (row.origin === WATCH) return;
      const topic = row.topic();
      if (topic === null) return;
      const { subscriptions } = this.#books;
      if (event === "subscribe") subscriptions.add(link.link, topicKey(topic));
      else subscriptions.remove(link.link, topicKey(topic));
    } else if (event === "error-command") {
      this.#problem(row, "error");
    }
  }

  #event(row: SeenRow): void {
    const name = row.event as EventName;
    const detail = row.detail() ?? NO_DETAIL;
    const { link } = row;
    if (link !== null) {
      const known = this.#file === null ? null : this.#linkOf(row);
      if (known !== null) this.#file?.event(known, name, detail, row.timeNs);
      if (name === "link-closed") this.#books.subscriptions.closed(link.link);
    }
    if (!isProblem(name, detail) || isGood(name, detail)) return;
    this.#problem(row, name === "gap" || name === "refused" ? "warning" : "error");
  }

  #problem(row: SeenRow, severity: Severity): void {
    const { tapName, timeNs, n } = row;
    const { overview } = this.#books;
    if (tapName !== "") {
      this.#name(row);
      overview.error(tapName, timeNs);
    }
    overview.mark({ timeNs, severity, text: row.preview(), n });
  }

  /** Which tap that is, once. */
  #name({ tapName, n }: SeenRow): void {
    if (this.#books.overview.isNew(tapName)) this.#books.overview.name(tapName, this.#capture.row(n)?.tap ?? "");
  }

  /** What the capture knows of a row's link. */
  #linkOf(row: SeenRow): KnownLink | null {
    const number = row.link?.link;
    if (number === undefined) return null;
    if (this.#known?.info.link === number && row.kind !== KIND_EVENT) return this.#known;
    this.#known = this.#capture.row(row.n)?.link ?? null;
    return this.#known;
  }
}

/** A server that is back is told of like one that is down. */
function isGood(name: EventName, detail: Readonly<Record<string, unknown>>): boolean {
  return name === "server-down" && detail["state"] === "back";
}
