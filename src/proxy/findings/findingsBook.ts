import { FINDINGS, type FindingId } from "../../shared/findingKinds.ts";
import {
  type Finding,
  type FindingCounts,
  MAX_EVIDENCE,
  type RowFinding,
  SEVERITIES,
  type Severity,
} from "../../shared/findings.ts";
import { visibleText } from "../visibleText.ts";
import type { Found } from "./rule.ts";

/** Findings of a capture; with more of them the mildest leave first, of these the oldest. */
const MAX_FINDINGS = 500;
/** Changes of rows that are remembered. */
const MAX_CHANGES = 4096;
/** Of the evidence, the rows that proved it first; the rest are the latest. */
const FIRST_ROWS = MAX_EVIDENCE / 2;
const MAX_TEXT = 300;
const MAX_ABOUT = 200;

/** A finding as it is kept. */
type Entry = {
  readonly key: string;
  readonly id: FindingId;
  readonly tapName: string;
  readonly link: number | null;
  severity: Severity;
  text: string;
  advice: string;
  /** At most MAX_EVIDENCE rows, ascending but for what rules tell in another order. */
  evidence: number[];
  count: number;
  readonly firstNs: number;
  lastNs: number;
  isOpen: boolean;
  endpoint: string | undefined;
};

/** What was found in a capture, bounded: the same about the same is one finding, and rows know which ones they prove. */
export class FindingsBook {
  /** Findings that were forgotten because there were too many. */
  dropped = 0;
  readonly #entries = new Map<string, Entry>();
  /** Findings by the rows that prove them. */
  readonly #marks = new Map<number, Entry[]>();
  /** Rows whose findings changed, the latest; the first of them is change number `changes - length`. */
  #changed: number[] = [];
  #changes = 0;
  #version = 0;

  /** Grows with each row whose findings change. */
  get changes(): number {
    return this.#changes;
  }

  /** Grows with each change of a finding. */
  get version(): number {
    return this.#version;
  }

  get counts(): FindingCounts {
    const counts = { note: 0, warning: 0, error: 0 };
    for (const { severity } of this.#entries.values()) counts[severity]++;
    return counts;
  }

  found(found: Found): void {
    const key = keyOf(found.id, found.about);
    const known = this.#entries.get(key);
    const severity = found.severity ?? FINDINGS[found.id].severity;
    const { timeNs, endpoint, times = 1 } = found;
    this.#version++;
    if (known === undefined) {
      if (this.#entries.size >= MAX_FINDINGS && !this.#makeRoom(severity)) return;
      const { id, tapName, link, isOpen = false } = found;
      const entry: Entry = {
        key,
        id,
        tapName,
        link,
        severity,
        text: visibleText(found.text, MAX_TEXT),
        advice: found.advice,
        evidence: [],
        count: times,
        firstNs: timeNs,
        lastNs: timeNs,
        isOpen,
        endpoint,
      };
      this.#entries.set(key, entry);
      this.#prove(entry, found.evidence);
      return;
    }
    if (known.severity !== severity) for (const n of known.evidence) this.#noteChange(n);
    known.severity = severity;
    known.text = visibleText(found.text, MAX_TEXT);
    known.advice = found.advice;
    known.count += times;
    known.lastNs = Math.max(known.lastNs, timeNs);
    known.isOpen = found.isOpen ?? known.isOpen;
    known.endpoint = endpoint ?? known.endpoint;
    this.#prove(known, found.evidence);
  }

  /** What was open is over; it stays listed as what happened. */
  ended(id: FindingId, about: string): void {
    const entry = this.#entries.get(keyOf(id, about));
    if (entry?.isOpen !== true) return;
    entry.isOpen = false;
    this.#version++;
  }

  /** It was never so. */
  withdrawn(id: FindingId, about: string): void {
    const entry = this.#entries.get(keyOf(id, about));
    if (entry !== undefined) this.#remove(entry);
  }

  /** Forgets all findings of these kinds. */
  forget(ids: ReadonlySet<FindingId>): void {
    for (const entry of [...this.#entries.values()]) if (ids.has(entry.id)) this.#remove(entry);
  }

  clear(): void {
    for (const entry of [...this.#entries.values()]) this.#remove(entry);
    this.dropped = 0;
  }

  /** What row `n` proves; `null` for nothing. */
  of(n: number): RowFinding | null {
    const entries = this.#marks.get(n);
    if (entries === undefined) return null;
    const ids = [...new Set(entries.map(({ id }) => id))];
    const worst = Math.max(...entries.map(({ severity }) => SEVERITIES.indexOf(severity)));
    return { ids, severity: SEVERITIES[worst]! };
  }

  /** Rows whose findings have changed since `changes` was so much; `null` when that was too long ago to tell. */
  changedSince(changes: number): readonly number[] | null {
    const since = this.#changes - changes;
    if (since > this.#changed.length) return null;
    return since <= 0 ? [] : [...new Set(this.#changed.slice(-since))];
  }

  /** The worst first, then the latest. */
  list(tapOf: (tapName: string, link: number | null) => string, toEpochMs: (timeNs: number) => number): Finding[] {
    return [...this.#entries.values()]
      .sort(
        (a, b) => SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || b.lastNs - a.lastNs || byKey(a, b),
      )
      .map(({ firstNs, lastNs, endpoint, evidence, ...rest }) => ({
        ...rest,
        tap: tapOf(rest.tapName, rest.link),
        evidence: [...evidence],
        firstMs: toEpochMs(firstNs),
        lastMs: toEpochMs(lastNs),
        ...(endpoint === undefined ? {} : { endpoint }),
      }));
  }

  /** Adds rows to what proves a finding: the first ones stay, then the latest. */
  #prove(entry: Entry, rows: readonly number[]): void {
    for (const n of rows) {
      if (entry.evidence.includes(n)) continue;
      if (entry.evidence.length >= MAX_EVIDENCE) this.#unmark(entry.evidence.splice(FIRST_ROWS, 1)[0]!, entry);
      entry.evidence.push(n);
      const marked = this.#marks.get(n);
      if (marked === undefined) this.#marks.set(n, [entry]);
      else marked.push(entry);
      this.#noteChange(n);
    }
  }

  #unmark(n: number, entry: Entry): void {
    const left = (this.#marks.get(n) ?? []).filter((each) => each !== entry);
    if (left.length === 0) this.#marks.delete(n);
    else this.#marks.set(n, left);
    this.#noteChange(n);
  }

  #noteChange(n: number): void {
    this.#changes++;
    this.#changed.push(n);
    if (this.#changed.length >= 2 * MAX_CHANGES) this.#changed = this.#changed.slice(-MAX_CHANGES);
  }

  #remove(entry: Entry): void {
    this.#entries.delete(entry.key);
    for (const n of entry.evidence) this.#unmark(n, entry);
    this.#version++;
  }

  /** Whether there is room for one of `severity` now: something as mild or milder has left for it. */
  #makeRoom(severity: Severity): boolean {
    let mildest: Entry | undefined;
    for (const entry of this.#entries.values())
      if (mildest === undefined || leavesBefore(entry, mildest)) mildest = entry;
    this.dropped++;
    if (mildest === undefined || SEVERITIES.indexOf(mildest.severity) > SEVERITIES.indexOf(severity)) return false;
    this.#remove(mildest);
    return true;
  }
}

function leavesBefore(one: Entry, other: Entry): boolean {
  const milder = SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity);
  return milder < 0 || (milder === 0 && one.lastNs < other.lastNs);
}

function keyOf(id: FindingId, about: string): string {
  return `${id}: ${about.slice(0, MAX_ABOUT)}`;
}

function byKey(one: Entry, other: Entry): number {
  return one.key < other.key ? -1 : 1;
}
