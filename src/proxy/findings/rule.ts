import type { FindingId, Severity } from "../../shared/findings.ts";
import type { Sequence } from "../../shared/sequences.ts";
import type { Subject, SubjectLink } from "../filter/subject.ts";

/** The row that rules look at: one object that is moved from row to row, so nothing of it is kept between rows. */
export type SeenRow = Subject & {
  /** Of a reply: its request, and of an answered request its reply; -1 when there is none. */
  readonly partner: number;
  /** It is a further copy of a publication. */
  readonly isCopy: boolean;
  /** Of an event: what it was reported with. `null` for messages and commands. */
  detail(): Readonly<Record<string, unknown>> | null;
  /** Of a command: its whole body behind the name, at most 64 KiB; `null` for others. Valid as long as that of frame(). */
  commandBody(): Uint8Array | null;
};

/** What a rule says of something it found. The same `about` again adds to what was found before. */
export type Found = {
  readonly id: FindingId;
  /** What it is about within the rule, such as `link 4` or a topic; at most 200 characters. */
  readonly about: string;
  readonly text: string;
  readonly advice: string;
  /** Where the rule knows better than the table of findings. */
  readonly severity?: Severity;
  readonly tapName: string;
  readonly link: number | null;
  /** Rows that prove it. */
  readonly evidence: readonly number[];
  readonly timeNs: number;
  /** It goes on until ended() says otherwise. */
  readonly isOpen?: boolean;
  /** How often it happened since it was told last; 1 by default. */
  readonly times?: number;
  readonly endpoint?: string;
};

/** A request that has no reply, as far as the rows go that were looked at. Kept beyond its row. */
export type OpenRequest = {
  readonly n: number;
  readonly link: SubjectLink;
  /** 0: its requester is the client. */
  readonly direction: number;
  readonly timeNs: number;
  /** What its reply repeats: an id of its dialect or of its envelope; `null` where there is none. */
  readonly id: string | null;
  /** Why it waits; NO_REPLY_YET until a rule knows more, in words such as `its peer left`. */
  cause: string;
};

export const NO_REPLY_YET = "no reply yet";

/** Those of all links. While a row is shown to rules it stands for what was before that row. */
export type OpenRequests = {
  /** Of a link, oldest first; empty where there are none. */
  ofLink(link: number): Iterable<OpenRequest>;
  /** Links that have any. */
  links(): Iterable<number>;
  /** A request that no socket counts as one, such as what a REP drops. */
  add(row: SeenRow, cause: string): void;
};

/** A tap that listens, and its endpoint as libzmq writes it. */
export type TapListener = { readonly tapName: string; readonly endpoint: string };

/** Where rules tell what they find, and what they may ask. */
export type RuleContext = {
  found(found: Found): void;
  /** What was open is over; it stays listed as what happened. */
  ended(id: FindingId, about: string): void;
  /** It was never so: a later row explains it. */
  withdrawn(id: FindingId, about: string): void;
  /** How an exchange stands now, as a place in EXCHANGES; -1 when the row is not in memory. */
  exchangeOf(n: number): number;
  readonly requests: OpenRequests;
  /** Milliseconds of a time of a row, for texts. */
  toEpochMs(timeNs: number): number;
  /** Endpoints that taps listen on or lead to, for `untapped-endpoint`; as libzmq writes them. */
  tappedEndpoints(): readonly string[];
  /**
   * Milliseconds for which the client of a link has taken nothing more of what its server sends, so that the server was not
   * read; of all its time so far. 0 for links that are not relayed now.
   */
  heldUpMs(link: number): number;
  /** Sequences that the user has named; another list once they change. */
  readonly sequences: readonly Sequence[];
  /** Where taps listen now, for `bound-to-all`; none for a file. */
  listeners(): readonly TapListener[];
  /** Whether links may still come and go: false for a file that was read to its end. */
  readonly isLive: boolean;
};

/**
 * One rule: looks at each row once, in order, and keeps a bounded memory of what it saw. It never throws for what it sees,
 * does no I/O, and makes no object for rows that say nothing to it. Time is that of rows, so a file gives what the live
 * capture gave.
 */
export type Rule = {
  /** What it may find. A rule all of whose findings are switched off is not run. */
  readonly finds: readonly FindingId[];
  /** A message row; encrypted frames are never told. Left out by rules that look at events only. */
  message?(row: SeenRow): void;
  /** An event or command row. */
  event?(row: SeenRow): void;
  /** Now and then, at least once a second of rows' time while there is traffic, and when all rows were seen. */
  tick?(nowNs: number): void;
  /** Rows before `n` were not looked at: what was counted in a row is no longer sure. */
  skipped?(n: number): void;
};

export type MakeRule = (context: RuleContext) => Rule;
