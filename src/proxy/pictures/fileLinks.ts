import type { Direction } from "../../shared/model.ts";
import type { LinkRow } from "../../shared/pictures.ts";
import type { KnownLink } from "../capture/capture.ts";
import { closedByWords, handshakeWords, MAX_LINKS } from "./linkRows.ts";
import type { SubscriptionBook } from "./subscriptionBook.ts";
import { topicText } from "./topicLevels.ts";

const SUBSCRIPTIONS_SHOWN = 20;

type FileLink = {
  known: KnownLink;
  version: string | null;
  verdict: string;
  isProblem: boolean;
  readonly messages: [number, number];
  readonly bytes: [number, number];
  /** What it was subscribed to at its end. */
  subscriptions: LinkRow["subscriptions"];
  subscriptionCount: number;
  closedNs: number | null;
  closedBy: string;
};

type Detail = Readonly<Record<string, unknown>>;

/** The links of a file, as its rows tell of them. Octets are those of their messages. */
export class FileLinks {
  readonly #links = new Map<number, FileLink>();
  readonly #subscriptions: SubscriptionBook;
  /** The link that was asked for last. */
  #latest: FileLink | null = null;
  #latestNumber = 0;
  forgotten = 0;

  constructor(subscriptions: SubscriptionBook) {
    this.#subscriptions = subscriptions;
  }

  message(known: KnownLink, direction: Direction, sizeBytes: number): void {
    const link = this.#of(known);
    link.messages[direction]++;
    link.bytes[direction] += sizeBytes;
  }

  /** An event of a link, with what it was reported with. */
  event(known: KnownLink, name: string, detail: Detail, timeNs: number): void {
    const link = this.#of(known);
    link.known = known;
    if (name === "handshake") this.#shakenHands(link, detail);
    if (name === "fault" && link.verdict === "connected") {
      link.verdict = "cannot be read";
      link.isProblem = true;
    }
    if (name !== "link-closed") return;
    const { topics, count } = this.#subscriptions.of(known.info.link, SUBSCRIPTIONS_SHOWN);
    link.subscriptions = topics.map(topicText);
    link.subscriptionCount = count;
    link.closedNs = timeNs;
    link.closedBy = closedByWords(textOf(detail["by"]), detail["reset"] === true);
  }

  clear(): void {
    this.#links.clear();
    this.#latest = null;
    this.#latestNumber = 0;
    this.forgotten = 0;
  }

  /** The newest first. Files have no more of them than are shown. */
  read(toEpochMs: (timeNs: number) => number): readonly LinkRow[] {
    return [...this.#links.values()].map((link) => this.#row(link, toEpochMs)).sort((a, b) => b.link - a.link);
  }

  #row(link: FileLink, toEpochMs: (timeNs: number) => number): LinkRow {
    const { known, closedNs } = link;
    const { info, sockets, identity, mechanism, openedNs } = known;
    const now = this.#subscriptions.of(info.link, SUBSCRIPTIONS_SHOWN);
    const isOpen = closedNs === null;
    return {
      link: info.link,
      tap: info.tap,
      tapName: info.tapName,
      origin: info.origin,
      client: info.client,
      server: info.server,
      sockets,
      identity,
      version: link.version,
      mechanism,
      verdict: link.verdict,
      isProblem: link.isProblem,
      process: { client: "", server: "" },
      subscriptions: isOpen ? now.topics.map(topicText) : link.subscriptions,
      subscriptionCount: isOpen ? now.count : link.subscriptionCount,
      messages: [link.messages[0], link.messages[1]],
      bytes: [link.bytes[0], link.bytes[1]],
      pending: 0,
      queued: [0, 0],
      heldUpMs: [0, 0],
      openedMs: toEpochMs(openedNs),
      closedMs: isOpen ? null : toEpochMs(closedNs),
      closedBy: link.closedBy,
      findings: 0,
    };
  }

  #shakenHands(link: FileLink, detail: Detail): void {
    const verdict = recordOf(detail["verdict"]);
    const id = textOf(verdict["id"]);
    const isFine = id === "" || id === "connected" || id === "older-zmtp";
    const state = textOf(detail["state"]);
    link.version = textOf(detail["version"]) || null;
    link.verdict = handshakeWords(state, isFine ? null : id);
    link.isProblem = !isFine || state === "failed" || state === "opaque";
  }

  #of(known: KnownLink): FileLink {
    const number = known.info.link;
    if (this.#latest !== null && this.#latestNumber === number) return this.#latest;
    let link = this.#links.get(number);
    if (link === undefined) {
      if (this.#links.size >= MAX_LINKS) this.#forget();
      link = {
        known,
        version: null,
        verdict: handshakeWords("waiting", null),
        isProblem: false,
        messages: [0, 0],
        bytes: [0, 0],
        subscriptions: [],
        subscriptionCount: 0,
        closedNs: null,
        closedBy: "",
      };
      this.#links.set(number, link);
    }
    this.#latest = link;
    this.#latestNumber = number;
    return link;
  }

  /** The oldest that is closed, else the oldest. */
  #forget(): void {
    let oldest: number | undefined;
    for (const [number, { closedNs }] of this.#links) {
      oldest ??= number;
      if (closedNs === null) continue;
      oldest = number;
      break;
    }
    if (oldest !== undefined) this.#links.delete(oldest);
    this.forgotten++;
  }
}

function recordOf(value: unknown): Detail {
  return typeof value === "object" && value !== null ? (value as Detail) : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
