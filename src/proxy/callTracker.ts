import type { Capture, RawRow } from "./capture/capture.ts";
import type { RowSaid } from "./capture/talk.ts";
import type { ExchangeState } from "../shared/model.ts";

/** Ids that are remembered over all links; the one that was used longest ago is forgotten. */
const MAX_IDS = 65_536;
/** Open calls of one id; more are not paired. */
const MAX_SAME_ID = 64;
/** Longer ids are not told apart. */
const MAX_ID_CHARS = 256;

/** What is known of an id on a link. */
type Entry = {
  readonly link: number;
  /** Calls without a reply, oldest first. */
  readonly open: number[];
  isAnswered: boolean;
};

/**
 * Pairs calls and replies by the ids that their dialect gives them, link by link, where the sockets alone prove nothing. A
 * call that repeats an id is a duplicate, and its requester has given up on the one before: the first reply is taken for the
 * repeated call's, as its requester takes it, and a second one, a duplicate too, comes late for the first.
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

  /** Messages of a link are missing: nobody can tell whether what is open was answered. */
  forget(link: number): void {
    this.#end(link, "none");
  }

  /** Links of which ids are remembered. */
  links(): number[] {
    return [...this.#keysOf.keys()];
  }

  /** A message that was read, in the order of rows. */
  said(raw: RawRow, { kind, id }: RowSaid): void {
    if (id === null || id === "" || raw.link === null || raw.direction === null) return;
    if (kind === "call") this.#called(raw, id);
    else if (kind === "reply" || kind === "error") this.#replied(raw, id);
  }

  /** The connections of a link are gone: what is open will never be answered. */
  closed(link: number): void {
    this.#end(link, "lost");
  }

  #end(link: number, state: ExchangeState): void {
    const keys = this.#keysOf.get(link);
    if (keys === undefined) return;
    for (const key of keys) {
      for (const n of this.#ids.get(key)?.open ?? []) {
        if (this.#capture.row(n)?.exchange === "pending") this.#capture.exchange(n, state);
      }
      this.#ids.delete(key);
    }
    this.#keysOf.delete(link);
  }

  #called(raw: RawRow, id: string): void {
    const capture = this.#capture;
    const key = keyOf(raw, raw.direction!, id);
    const known = this.#ids.get(key);
    if (known !== undefined) {
      capture.duplicate(raw.n);
      for (const open of known.open) {
        if (capture.row(open)?.exchange === "pending") capture.exchange(open, "abandoned");
      }
    }
    const entry = known ?? { link: raw.link!.info.link, open: [], isAnswered: false };
    entry.isAnswered = false;
    this.#remember(key, entry);
    if (raw.exchange === "none") capture.exchange(raw.n, "pending");
    if (entry.open.length < MAX_SAME_ID) entry.open.push(raw.n);
  }

  #replied(raw: RawRow, id: string): void {
    const capture = this.#capture;
    const key = keyOf(raw, 1 - raw.direction!, id);
    const entry = this.#ids.get(key);
    if (entry?.isAnswered === true) capture.duplicate(raw.n);
    const request = entry?.open.pop();
    if (entry === undefined || request === undefined) {
      if (raw.exchange === "none") capture.exchange(raw.n, "unasked");
      return;
    }
    const isRepeated = entry.isAnswered || entry.open.length > 0;
    entry.isAnswered = true;
    this.#remember(key, entry);
    // What the order of REQ and REP, or an id of the protocol itself, proves stands above what this id says.
    if ((raw.exchange === "reply" && !raw.guessed) || raw.partner === request) return;
    const asked = capture.row(request);
    if (asked?.exchange === "answered" && !asked.guessed) return;
    if (raw.partner !== null) capture.unpaired(raw.partner, "pending");
    if (asked?.partner != null) capture.unpaired(asked.partner, "unasked");
    capture.paired(request, raw.n, isRepeated, asked?.exchange === "abandoned");
  }

  /** As the one that was used last. */
  #remember(key: string, entry: Entry): void {
    if (!this.#ids.delete(key) && this.#ids.size >= MAX_IDS) this.#forgetOldest();
    this.#ids.set(key, entry);
    const keys = this.#keysOf.get(entry.link) ?? new Set();
    keys.add(key);
    this.#keysOf.set(entry.link, keys);
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

/** The same id the other way is another one. */
function keyOf({ link }: RawRow, direction: number, id: string): string {
  return `${link!.info.link} ${direction} ${id.slice(0, MAX_ID_CHARS)}`;
}
