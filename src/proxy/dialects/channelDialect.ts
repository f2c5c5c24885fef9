import type { DialectName } from "../../shared/dialects.ts";
import type { Direction } from "../../shared/model.ts";
import type { Dialect, DialectMessage } from "./dialect.ts";
import { detect, dialectNamed } from "./registry.ts";

/** Messages that are looked at before a channel without a dialect counts as raw. */
const MAX_LOOKED = 16;
/** With this confidence one message is enough. */
const SURE = 0.9;
/** With this one, several. */
const LIKELY = 0.5;
const LIKELY_MESSAGES = 4;
/** Below this a message does not fit. */
const UNFIT = 0.1;
/** Messages in a row that do not fit before a channel is open again. */
const MAX_UNFIT = 8;

/** How a channel's messages are read. */
export type ChannelReading = {
  readonly dialect: DialectName;
  /** From 0 to 1; 1 when the user chose it. */
  readonly confidence: number;
  /** Whether the first messages have decided, or the user has. */
  readonly isSettled: boolean;
  readonly isChosen: boolean;
};

/** Of one direction: messages looked at, and for each dialect the sum of what it said of those that it fits best. */
type Votes = { looked: number; readonly sums: Map<DialectName, number> };

/**
 * Finds out which dialect the two directions of a channel speak: one tap's links between the same kinds of sockets. A dialect
 * is as likely as in the direction where it fits best, since answers are often too plain to tell (`OK`). What is settled
 * stays until several messages in a row do not fit. Holds a few numbers, however many messages are seen.
 */
export class ChannelDialect {
  readonly #detect: typeof detect;
  readonly #named: (name: string) => Dialect | undefined;
  #votes: readonly [Votes, Votes] = [noVotes(), noVotes()];
  #chosen: ChannelReading | null = null;
  #settled: ChannelReading | null = null;
  /** By direction: messages in a row that do not fit what is settled; `null` where it never said much. */
  #unfit: [number | null, number | null] = [null, null];

  /** Parameters are for tests. */
  constructor(find: typeof detect = detect, named: typeof dialectNamed = dialectNamed) {
    this.#detect = find;
    this.#named = named;
  }

  /** Asked for with every row, so what is settled is made once. */
  get reading(): ChannelReading {
    return this.#chosen ?? this.#settled ?? { ...this.#best(), isSettled: false, isChosen: false };
  }

  /** The user's choice, which nothing overrules; `null` takes it back, and what was found out counts again. */
  choose(dialect: DialectName | null): void {
    this.#chosen = dialect === null ? null : { dialect, confidence: 1, isSettled: true, isChosen: true };
  }

  /** Takes a message into account: every one, or any of them, in any order. */
  see(message: DialectMessage, direction: Direction): void {
    if (this.#chosen !== null) return;
    if (this.#settled === null) this.#vote(message, direction);
    else if (this.#settled.dialect === "raw") this.#doubtRaw(message, direction);
    else this.#doubt(message, direction, this.#settled.dialect);
  }

  #vote(message: DialectMessage, direction: Direction): void {
    const votes = this.#votes[direction];
    const { dialect, confidence } = this.#detect(message);
    votes.looked += 1;
    if (confidence > 0) votes.sums.set(dialect, (votes.sums.get(dialect) ?? 0) + confidence);
    const best = this.#best();
    const looked = this.#votes[0].looked + this.#votes[1].looked;
    if (best.confidence >= SURE || (best.confidence >= LIKELY && looked >= LIKELY_MESSAGES)) this.#settle(best);
    else if (looked >= MAX_LOOKED) this.#settle({ dialect: "raw", confidence: 0 });
  }

  #best(): { dialect: DialectName; confidence: number } {
    let best: { dialect: DialectName; confidence: number } = { dialect: "raw", confidence: 0 };
    for (const votes of this.#votes) {
      for (const [dialect, sum] of votes.sums) {
        const confidence = sum / votes.looked;
        if (confidence > best.confidence) best = { dialect, confidence };
      }
    }
    return best;
  }

  #settle(found: { dialect: DialectName; confidence: number }): void {
    this.#settled = { ...found, isSettled: true, isChosen: false };
    const fits = ({ looked, sums }: Votes): number | null =>
      (sums.get(found.dialect) ?? 0) / Math.max(1, looked) >= LIKELY ? 0 : null;
    this.#unfit = [fits(this.#votes[0]), fits(this.#votes[1])];
  }

  #doubt(message: DialectMessage, direction: Direction, dialect: DialectName): void {
    const unfit = this.#unfit[direction];
    if (unfit === null) return;
    const fits = (this.#named(dialect)?.confidence(message) ?? 0) >= UNFIT;
    this.#unfit[direction] = fits ? 0 : unfit + 1;
    if (this.#unfit[direction] === MAX_UNFIT) this.#open();
  }

  #doubtRaw(message: DialectMessage, direction: Direction): void {
    if (this.#detect(message).confidence < SURE) return;
    this.#open();
    this.#vote(message, direction);
  }

  #open(): void {
    this.#votes = [noVotes(), noVotes()];
    this.#settled = null;
  }
}

function noVotes(): Votes {
  return { looked: 0, sums: new Map() };
}
