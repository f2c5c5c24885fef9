import type { Capture, RawRow } from "./capture/capture.ts";
import type { RowSaid } from "./capture/talk.ts";

/** Ids that are remembered over all links; the one that was used longest ago is forgotten. */
const MAX_IDS = 65_536;
/** Open calls of one id; more are not paired. */
const MAX_SAME_ID = 64;
/** Longer ids are not told apart. */
const MAX_ID_CHARS = 256;

/** What is known of an id on a link. */
type Entry = {
  readonly link: number;
  /** Who asks: the same id the other way is another one. */
  readonly direction: number;
  /** Calls without a reply, oldest first. */
  readonly open: number[];
};

/**
 * Pairs calls and replies by the ids that their dialect gives them, link by link, where the sockets alone prove nothing. A
 * call that repeats an id is a duplicate, and its requester has given up on the one before; so is a second reply to one call.
 */
export class CallTracker {
  readonly #capture: Capture;
  /** By link, direction of the call and id; the newest last. */
  readonly #ids = new Map<string, Entry>();
  readonly #keysOf = new Map<number, Set<string>>();
  /** Ids that were forgotten because of the bound. */
  overflow = 0;

  constructor(capture: Capture) {
    this.#capture = capture;
  }

  clear(): void {
    this.#ids.clear();
    this.#keysOf.clear();
  }

  /** A message that was read, in the order of rows. */
  said(raw: RawRow, { kind, id }: RowSaid): void {
    if (id === null || id === "" || raw.link === null || raw.direction === null) return;
    if (kind === "call") this.#called(raw, id);
    else if (kind === "reply" || kind === "error") this.#replied(raw, id);
  }

  /** The connections of a link are gone: what is open will never be answered. */
  closed(link: number): void {
    const keys = this.#keysOf.get(link);
    if (keys === undefined) return;
    for (const key of keys) {
      for (const n of this.#ids.get(key)?.open ?? []) {
        if (this.#capture.row(n)?.exchange === "pending") this.#capture.exchange(n, "lost");
      }
      this.#ids.delete(key);
    }
    this.#keysOf.delete(link);
  }

  #called(raw: RawRow, id: string): void {
    const { capture, entry } = { capture: this.#capture, entry: this.#entry(raw, raw.direction!, id, true)! };
    if (!entry.isNew) {
      capture.duplicate(raw.n);
      for (const open of entry.open) {
        if (capture.row(open)?.exchange === "pending") capture.exchange(open, "abandoned");
      }
    }
    if (raw.exchange === "none") capture.exchange(raw.n, "pending");
    if (entry.open.length < MAX_SAME_ID) entry.open.push(raw.n);
  }

  #replied(raw: RawRow, id: string): void {
    const capture = this.#capture;
    const entry = this.#entry(raw, 1 - raw.direction!, id, false);
    const request = entry?.open.shift();
    if (request === undefined) {
      if (entry !== undefined) capture.duplicate(raw.n);
      if (raw.exchange === "none") capture.exchange(raw.n, "unasked");
      return;
    }
    // What the order of REQ and REP proves stands above what an id says.
    if (raw.exchange === "reply" && !raw.guessed) return;
    if (raw.partner === request) return;
    const asked = capture.row(request);
    // An id of the protocol itself may have paired them long ago.
    if (asked?.exchange === "answered" && !asked.guessed) return;
    if (raw.partner !== null) capture.unpaired(raw.partner, "pending");
    if (asked?.partner != null) capture.unpaired(asked.partner, "unasked");
    const wasAbandoned = asked?.exchange === "abandoned";
    capture.paired(request, raw.n, entry!.open.length > 0, wasAbandoned);
  }

  #entry(raw: RawRow, direction: number, id: string, isMade: boolean): (Entry & { isNew: boolean }) | undefined {
    const link = raw.link!.info.link;
    const key = `${link} ${direction} ${id.slice(0, MAX_ID_CHARS)}`;
    const known = this.#ids.get(key);
    if (known !== undefined) {
      this.#ids.delete(key);
      this.#ids.set(key, known);
      return { ...known, isNew: false };
    }
    if (!isMade) return undefined;
    if (this.#ids.size >= MAX_IDS) this.#forgetOldest();
    const entry: Entry = { link, direction, open: [] };
    this.#ids.set(key, entry);
    const keys = this.#keysOf.get(link) ?? new Set();
    keys.add(key);
    this.#keysOf.set(link, keys);
    return { ...entry, isNew: true };
  }

  #forgetOldest(): void {
    for (const [key, { link }] of this.#ids) {
      this.#ids.delete(key);
      this.#keysOf.get(link)?.delete(key);
      this.overflow++;
      return;
    }
  }
}
