import { EXCHANGES } from "../../shared/model.ts";
import type { SeenRow } from "./rule.ts";
import { isHttp } from "./words.ts";

const REPLY = EXCHANGES.indexOf("reply");
const UNASKED = EXCHANGES.indexOf("unasked");
/** Links whose turns are known. */
const MAX_LINKS = 10_000;

/** Whose turn it is on a link between a REQ and whoever replies to it. */
export type Turn = {
  /** The request that the REQ sent last. */
  last: number;
  /** It has no reply yet. */
  isOpen: boolean;
  /** A request before it that had no reply when it was sent; 0 for none. */
  before: number;
};

/** Whether a message is a request of a REQ that the capture pairs with its reply. HTTP has no turns: its clients may pipeline. */
export function isRequestOfReq({ link, direction, exchange }: SeenRow): boolean {
  if (link === null || isHttp(link) || exchange === 0 || exchange === REPLY || exchange === UNASKED) return false;
  return (direction === 0 ? link.sockets.client : link.sockets.server) === "REQ";
}

/** Whether a message is a reply to a REQ. */
export function isReplyToReq({ link, direction, exchange }: SeenRow): boolean {
  if (link === null || isHttp(link) || exchange !== REPLY) return false;
  return (direction === 0 ? link.sockets.server : link.sockets.client) === "REQ";
}

/** The turns of links that are open, bounded: a rule shows it each row behind its own look at it. */
export class Turns {
  readonly #links = new Map<number, Turn>();

  of(link: number): Turn | undefined {
    return this.#links.get(link);
  }

  message(row: SeenRow): void {
    if (isRequestOfReq(row)) this.#asked(row);
    else if (isReplyToReq(row)) this.#replied(row);
  }

  event(row: SeenRow): void {
    if (row.event === "link-closed" && row.link !== null) this.#links.delete(row.link.link);
  }

  clear(): void {
    this.#links.clear();
  }

  #asked({ link, n }: SeenRow): void {
    const turn = this.#links.get(link!.link);
    if (turn !== undefined) {
      turn.before = turn.isOpen ? turn.last : 0;
      turn.last = n;
      turn.isOpen = true;
      return;
    }
    if (this.#links.size >= MAX_LINKS) this.#links.delete(this.#links.keys().next().value!);
    this.#links.set(link!.link, { last: n, isOpen: true, before: 0 });
  }

  #replied({ link, partner }: SeenRow): void {
    const turn = this.#links.get(link!.link);
    if (turn === undefined) return;
    if (partner >= turn.last) turn.isOpen = false;
    // What came before the latest request is over once it is answered.
    if (partner >= turn.before) turn.before = 0;
  }
}
