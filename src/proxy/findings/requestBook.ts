import type { PendingRequest } from "../../shared/findings.ts";
import { EXCHANGES } from "../../shared/model.ts";
import { isRequestOfReq } from "./turns.ts";
import { type OpenRequest, type OpenRequests, NO_REPLY_YET, type SeenRow } from "./rule.ts";

/** Requests that are kept, over all links; of more nothing is known. */
const MAX_OPEN = 16_384;
const MAX_LISTED = 200;
/** Requests that no socket counts, of one link. */
const MAX_ADDED = 8;
/** Requests whose connection is gone stay listed for so long, since their clients may wait on. */
const LOST_LISTED_NS = 60e9;
const MAX_LOST = 100;

const PENDING = EXCHANGES.indexOf("pending");
const REPLY = EXCHANGES.indexOf("reply");
const ABANDONED = EXCHANGES.indexOf("abandoned");
const LOST = EXCHANGES.indexOf("lost");

/** The requests of a capture that have no reply, bounded: follows the rows, told of each behind the rules. */
export class RequestBook implements OpenRequests {
  readonly #links = new Map<number, Map<number, OpenRequest>>();
  readonly #exchangeOf: (n: number) => number;
  #size = 0;
  /** Those that their link has left open, with when; the latest. */
  #lost: { readonly request: OpenRequest; readonly sinceNs: number }[] = [];

  constructor(exchangeOf: (n: number) => number) {
    this.#exchangeOf = exchangeOf;
  }

  ofLink(link: number): Iterable<OpenRequest> {
    return this.#links.get(link)?.values() ?? [];
  }

  links(): Iterable<number> {
    return this.#links.keys();
  }

  add(row: SeenRow, cause: string): void {
    if (row.link === null) return;
    let added = 0;
    for (const request of this.ofLink(row.link.link)) if (request.cause === cause) added++;
    if (added < MAX_ADDED) this.#add(row, cause);
  }

  clear(): void {
    this.#links.clear();
    this.#lost = [];
    this.#size = 0;
  }

  message(row: SeenRow): void {
    const { exchange, link } = row;
    if (exchange === 0 || link === null) return;
    if (exchange === REPLY) {
      this.#delete(link.link, row.partner);
      return;
    }
    // Those of rows that were looked at late may be lost or given up meanwhile, and were not so when they came.
    if (exchange === PENDING || exchange === LOST || exchange === ABANDONED) {
      // Of others there may be very many on a link.
      if (isRequestOfReq(row)) this.#dropAbandoned(link.link);
      this.#add(row, NO_REPLY_YET);
    }
  }

  event(row: SeenRow): void {
    if (row.event !== "link-closed" || row.link === null) return;
    const requests = this.#links.get(row.link.link);
    if (requests === undefined) return;
    this.#links.delete(row.link.link);
    this.#size -= requests.size;
    for (const request of requests.values()) {
      // Who has left by itself waits for nothing.
      if (request.cause === NO_REPLY_YET) continue;
      this.#lost.push({ request, sinceNs: row.timeNs });
      if (this.#lost.length > MAX_LOST) this.#lost.shift();
    }
  }

  /** How many wait now. */
  count(nowNs: number): number {
    return this.#waiting(nowNs).length;
  }

  /** The oldest first. `describe` adds what is read from the capture; `null` for a row that is gone. */
  list(
    nowNs: number,
    describe: (request: OpenRequest) => Pick<PendingRequest, "tap" | "method" | "sinceMs"> | null,
  ): PendingRequest[] {
    const listed: PendingRequest[] = [];
    for (const request of this.#waiting(nowNs).sort((a, b) => a.n - b.n)) {
      if (listed.length >= MAX_LISTED) break;
      const described = describe(request);
      if (described === null) continue;
      const { n, link, direction, cause } = request;
      const peer = direction === 0 ? link.client : link.server;
      listed.push({ n, tapName: link.tapName, link: link.link, peer, cause, ...described });
    }
    return listed;
  }

  #waiting(nowNs: number): OpenRequest[] {
    const waiting: OpenRequest[] = [];
    for (const requests of this.#links.values()) {
      for (const request of requests.values()) {
        const exchange = this.#exchangeOf(request.n);
        // What a REP drops is no request to the capture.
        if (exchange <= PENDING) waiting.push(request);
      }
    }
    for (const { request, sinceNs } of this.#lost) if (nowNs - sinceNs <= LOST_LISTED_NS) waiting.push(request);
    return waiting;
  }

  #add(row: SeenRow, cause: string): void {
    if (this.#size >= MAX_OPEN) return;
    const link = row.link!;
    const { n, direction, timeNs } = row;
    const requests = this.#links.get(link.link) ?? new Map<number, OpenRequest>();
    this.#links.set(link.link, requests);
    requests.set(n, { n, link, direction, timeNs, id: idOf(row), cause });
    this.#size++;
  }

  #delete(link: number, n: number): void {
    const requests = this.#links.get(link);
    if (requests?.delete(n) !== true) return;
    this.#size--;
    if (requests.size === 0) this.#links.delete(link);
  }

  /** A REQ that asks again has given up on the request before. */
  #dropAbandoned(link: number): void {
    for (const { n } of this.ofLink(link)) if (this.#exchangeOf(n) === ABANDONED) this.#delete(link, n);
  }
}

/** What a reply repeats of it: the id of its dialect, else the id that a REQ with ZMQ_REQ_CORRELATE puts in front. */
export function idOf(row: SeenRow): string | null {
  const said = row.said()?.id ?? null;
  if (said !== null && said !== "") return said;
  const first = row.frames > 2 ? row.frame(0) : null;
  if (first?.length !== 4) return null;
  const id = Buffer.from(first).toString("hex");
  return row.frame(1)?.length === 0 ? `0x${id}` : null;
}
