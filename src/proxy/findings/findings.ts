import type { FindingCounts, FindingId, FindingsState, PendingRequest } from "../../shared/findings.ts";
import type { Sequence } from "../../shared/sequences.ts";
import type { RowReader } from "../rowReader.ts";
import { FindingsBook } from "./findingsBook.ts";
import { RequestBook } from "./requestBook.ts";
import type { MakeRule, OpenRequest, Rule, RuleContext, SeenRow, TapListener } from "./rule.ts";

const KIND_MESSAGE = 0;
const KIND_ENCRYPTED = 1;
/** Rows before this one may be left out without a word, since no capture begins earlier. */
const FIRST_ROW = 1;
const NO_SEQUENCES: readonly Sequence[] = [];

export type FindingsOptions = {
  readonly rules: readonly MakeRule[];
  /** See RuleContext. */
  readonly exchangeOf: (n: number) => number;
  readonly toEpochMs: (timeNs: number) => number;
  readonly tappedEndpoints: () => readonly string[];
  readonly listeners?: () => readonly TapListener[];
  readonly heldUpMs?: (link: number) => number;
  readonly sequences?: () => readonly Sequence[];
  readonly isLive: () => boolean;
  /** The first kept row: earlier ones prove nothing to anybody. */
  readonly firstN: () => number;
  readonly disabled?: readonly FindingId[];
  /** Told of a rule that failed, once; it is off then. */
  readonly onBug: (error: unknown) => void;
};

/** What listing needs of a capture. */
export type FindingsNames = {
  readonly tapOf: (tapName: string, link: number | null) => string;
  /** `null` for a row that is gone. */
  readonly describe: (request: OpenRequest) => Pick<PendingRequest, "tap" | "method" | "sinceMs"> | null;
};

/** Shows the rows of a capture to the rules, and keeps what they find. */
export class Findings implements RowReader {
  readonly book = new FindingsBook();
  readonly #options: FindingsOptions;
  readonly #requests: RequestBook;
  readonly #context: RuleContext;
  #rules: readonly Rule[];
  #messageRules: readonly Rule[] = [];
  #eventRules: readonly Rule[] = [];
  #disabled: ReadonlySet<FindingId>;
  #nowNs = 0;

  constructor(options: FindingsOptions) {
    this.#options = options;
    const { book } = this;
    this.#requests = new RequestBook(options.exchangeOf);
    this.#context = {
      found: (found) => {
        if (this.#disabled.has(found.id)) return;
        const firstN = options.firstN();
        const evidence = found.evidence.filter((n) => n >= firstN);
        book.found(evidence.length === found.evidence.length ? found : { ...found, evidence });
      },
      ended: (id, about) => book.ended(id, about),
      withdrawn: (id, about) => book.withdrawn(id, about),
      exchangeOf: options.exchangeOf,
      requests: this.#requests,
      toEpochMs: options.toEpochMs,
      tappedEndpoints: options.tappedEndpoints,
      listeners: options.listeners ?? ((): readonly TapListener[] => []),
      heldUpMs: options.heldUpMs ?? ((): number => 0),
      get sequences() {
        return options.sequences?.() ?? NO_SEQUENCES;
      },
      get isLive() {
        return options.isLive();
      },
    };
    this.#disabled = new Set(options.disabled ?? []);
    this.#rules = options.rules.map((make) => make(this.#context));
    this.#sort();
  }

  get counts(): FindingCounts {
    return this.book.counts;
  }

  get pendingCount(): number {
    return this.#requests.count(this.#nowNs);
  }

  /** Findings that are switched off from now on, in place of those of before. What was found of them is forgotten. */
  disable(disabled: readonly FindingId[]): void {
    this.#disabled = new Set(disabled);
    this.book.forget(this.#disabled);
    this.#sort();
  }

  row(row: SeenRow): void {
    const { kind } = row;
    if (kind === KIND_ENCRYPTED) return;
    if (kind === KIND_MESSAGE) {
      for (const rule of this.#messageRules) {
        try {
          rule.message!(row);
        } catch (error) {
          this.#failed(rule, error);
        }
      }
      this.#requests.message(row);
      return;
    }
    for (const rule of this.#eventRules) {
      try {
        rule.event!(row);
      } catch (error) {
        this.#failed(rule, error);
      }
    }
    this.#requests.event(row);
  }

  tick(nowNs: number): void {
    this.#nowNs = nowNs;
    for (const rule of this.#rules) {
      if (rule.tick === undefined || !this.#isOn(rule)) continue;
      try {
        rule.tick(nowNs);
      } catch (error) {
        this.#failed(rule, error);
      }
    }
  }

  skipped(n: number): void {
    if (n <= FIRST_ROW) return;
    // Their replies may be among the rows that were left out.
    this.#requests.clear();
    for (const rule of this.#rules) {
      if (rule.skipped === undefined || !this.#isOn(rule)) continue;
      try {
        rule.skipped(n);
      } catch (error) {
        this.#failed(rule, error);
      }
    }
  }

  /** What was found is forgotten; rules know on what is so of links that are open. */
  cleared(): void {
    this.book.clear();
    this.#requests.clear();
  }

  state({ tapOf, describe }: FindingsNames, skipped: number): Omit<FindingsState, "nowMs"> {
    return {
      findings: this.book.list(tapOf, this.#options.toEpochMs),
      pending: this.#requests.list(this.#nowNs, describe),
      pendingCount: this.pendingCount,
      dropped: this.book.dropped,
      skipped,
    };
  }

  #isOn(rule: Rule): boolean {
    return rule.finds.some((id) => !this.#disabled.has(id));
  }

  #sort(): void {
    this.#messageRules = this.#rules.filter((rule) => rule.message !== undefined && this.#isOn(rule));
    this.#eventRules = this.#rules.filter((rule) => rule.event !== undefined && this.#isOn(rule));
  }

  #failed(rule: Rule, error: unknown): void {
    this.#rules = this.#rules.filter((each) => each !== rule);
    this.#sort();
    this.#options.onBug(error);
  }
}
