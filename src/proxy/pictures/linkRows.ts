import type { LinkRow } from "../../shared/pictures.ts";

/** Links that are shown at most. */
export const MAX_LINKS = 1000;
/** Closed ones that never came about are remembered apart, so that a client that tries on and on forgets no others. */
const MAX_FAILED = 200;

/** Rows of links that are closed; of those that came about the newest 1,000, of others 200. */
export class ClosedLinks {
  #rows: LinkRow[] = [];
  #failed: LinkRow[] = [];
  forgotten = 0;

  add(row: LinkRow, hasComeAbout: boolean): void {
    const rows = hasComeAbout ? this.#rows : this.#failed;
    rows.push(row);
    if (rows.length <= (hasComeAbout ? MAX_LINKS : MAX_FAILED)) return;
    rows.shift();
    this.forgotten++;
  }

  clear(): void {
    this.#rows = [];
    this.#failed = [];
    this.forgotten = 0;
  }

  /** The newest first. */
  get all(): readonly LinkRow[] {
    return [...this.#rows, ...this.#failed].sort((a, b) => b.link - a.link);
  }
}

/** Words for who closed a link. */
export function closedByWords(by: string, isReset: boolean): string {
  return isReset ? `${by}, reset` : by;
}

/** What a handshake came to, in a few words. `verdict` is the id of one that tells of a problem. */
export function handshakeWords(state: string, verdict: string | null): string {
  if (verdict !== null) return verdict.replaceAll("-", " ");
  switch (state) {
    case "done":
      return "connected";
    case "waiting":
      return "handshake under way";
    case "opaque":
      return "cannot be read";
    default:
      return "handshake failed";
  }
}
