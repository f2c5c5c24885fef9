import type { LinkLog } from "./linkLog.ts";
import type { Link, LinkEnd } from "./relay/link.ts";

/** A link that is open. */
export type OpenLink = {
  readonly log: LinkLog;
  readonly tap: { readonly id: string; readonly name: string };
  /** What relays it; `null` before it begins, and between sockets of the engine's own. */
  readonly relay: () => Link | null;
};

/** The links of an engine that are open, of taps and of sockets of its own, for whoever looks at them all. */
export class OpenLinks {
  /** By number, the oldest first. */
  readonly all: ReadonlyMap<number, OpenLink>;
  /** Told of each link that has ended, with what relayed it. */
  onClosed: ((link: OpenLink, end: LinkEnd, relay: Link | null) => void) | null = null;
  readonly #all = new Map<number, OpenLink>();

  constructor() {
    this.all = this.#all;
  }

  add(link: OpenLink): void {
    this.#all.set(link.log.number, link);
  }

  closed(number: number, end: LinkEnd, relay: Link | null): void {
    const link = this.#all.get(number);
    if (!this.#all.delete(number) || link === undefined) return;
    this.onClosed?.(link, end, relay);
  }
}
