import { type FindingId, FINDINGS } from "../../src/shared/findingKinds.ts";
import type { Severity } from "../../src/shared/findings.ts";
import { EXCHANGES } from "../../src/shared/model.ts";
import { RequestBook } from "../../src/proxy/findings/requestBook.ts";
import type { Found, MakeRule, RuleContext, SeenRow } from "../../src/proxy/findings/rule.ts";
import { LINK, type PlainLink, type PlainRow, row as plainRow, toSubject } from "./filterRows.ts";

export type SeenParts = Partial<Omit<PlainRow, "frames" | "timeNs">> & {
  readonly frames?: readonly (string | Uint8Array)[];
  readonly timeMs?: number;
  readonly isCopy?: boolean;
  /** Of an event. */
  readonly detail?: Readonly<Record<string, unknown>>;
  /** Of a command: what stands behind its name. */
  readonly body?: Uint8Array;
};

/** A row as rules see it: a message, unless it has a detail or a body. */
export function seenRow({ timeMs = 0, detail, body, isCopy = false, ...parts }: SeenParts): SeenRow {
  const kind = parts.kind ?? (detail !== undefined ? "event" : body !== undefined ? "command" : "message");
  const plain = plainRow({ ...(kind === "event" ? { dir: null } : {}), ...parts, kind });
  return {
    ...toSubject({ ...plain, tap: parts.tap ?? plain.link?.tapName ?? plain.tap, timeNs: timeMs * 1e6 }),
    partner: -1,
    isCopy,
    detail: () => detail ?? null,
    commandBody: () => body ?? null,
  };
}

/** A link of this number, with what is given. */
export function link(number: number, parts: Partial<PlainLink> = {}): PlainLink {
  const server = "127.0.0.1:5555";
  return { ...LINK, link: number, client: `127.0.0.1:${40_000 + number}`, server, identity: NO_IDENTITY, ...parts };
}

const NO_IDENTITY = { client: "", server: "" };

/** What a finding came to. */
type Told = Omit<Found, "severity" | "times" | "timeNs"> & {
  readonly severity: Severity;
  readonly count: number;
  readonly isOpen: boolean;
};

/** A rule under test, and what it has told and not taken back. */
export type WatchedRule = {
  readonly finds: readonly FindingId[];
  /** Requests that have no reply. */
  readonly requests: RequestBook;
  /** Shows it a row, with the next number. */
  readonly see: (parts: SeenParts) => SeenRow;
  /** Lets time go on to `ms` without rows. */
  readonly tick: (ms: number) => void;
  /** Rows up to the next one were left out. */
  readonly skip: () => void;
  readonly told: () => Told[];
  /** `id: text` of each, with `(over)` behind what was open and has ended. */
  readonly said: () => string[];
};

/** Runs a rule over rows that a test writes down. It is ticked once between any two seconds. */
export function watchRule(
  make: MakeRule,
  given: Partial<Pick<RuleContext, "tappedEndpoints" | "listeners" | "isLive">> = {},
): WatchedRule {
  const told = new Map<string, Told>();
  const ended = new Set<string>();
  const key = (id: FindingId, about: string): string => `${id}: ${about}`;
  const requests = new RequestBook(() => EXCHANGES.indexOf("none"));
  const context: RuleContext = {
    found: ({ severity, times = 1, timeNs: _timeNs, isOpen = false, ...found }: Found) => {
      const at = key(found.id, found.about);
      const known = told.get(at);
      if (isOpen) ended.delete(at);
      told.set(at, {
        ...found,
        evidence: [...(known?.evidence ?? []), ...found.evidence],
        severity: severity ?? FINDINGS[found.id].severity,
        count: (known?.count ?? 0) + times,
        isOpen,
      });
    },
    ended: (id: FindingId, about: string) => {
      const at = key(id, about);
      const known = told.get(at);
      if (known?.isOpen !== true) return;
      told.set(at, { ...known, isOpen: false });
      ended.add(at);
    },
    withdrawn: (id: FindingId, about: string) => void told.delete(key(id, about)),
    exchangeOf: () => EXCHANGES.indexOf("none"),
    toEpochMs: (timeNs: number) => timeNs / 1e6,
    requests,
    tappedEndpoints: () => [],
    heldUpMs: () => 0,
    sequences: [],
    listeners: () => [],
    isLive: true,
    ...given,
  };
  const rule = make(context);
  let n = 0;
  let second = 0;
  return {
    finds: rule.finds,
    requests,
    see: (parts) => {
      const row = seenRow({ n: ++n, ...parts });
      const now = Math.floor(row.timeNs / 1e9);
      if (now > second) rule.tick?.(row.timeNs);
      second = Math.max(second, now);
      if (row.kind === 0) {
        rule.message?.(row);
        requests.message(row);
      } else {
        rule.event?.(row);
        requests.event(row);
      }
      return row;
    },
    tick: (ms) => rule.tick?.(ms * 1e6),
    skip: () => rule.skipped?.(n + 1),
    told: () => [...told.values()],
    said: () => [...told].map(([at, { id, text }]) => `${id}: ${text}${ended.has(at) ? " (over)" : ""}`),
  };
}

/** A verdict as a handshake event has it. */
export function toldVerdict(
  id: string,
  parts: {
    sentence?: string;
    advice?: string;
    certain?: boolean;
    candidates?: readonly string[];
    leg?: string | null;
  } = {},
): Readonly<Record<string, unknown>> {
  return { id, sentence: `It is ${id}.`, advice: "Do it.", certain: true, candidates: [], leg: null, ...parts };
}

/** A handshake event of a link that says what its handshake has told. */
export function handshake(
  on: PlainLink,
  parts: SeenParts & { state?: string; verdict?: Readonly<Record<string, unknown>> | null; more?: object } = {},
): SeenParts {
  const { state = "done", verdict = null, more = {}, ...rest } = parts;
  const { sockets, mechanism } = on;
  return { link: on, event: "handshake", detail: { state, sockets, mechanism, verdict, ...more }, ...rest };
}

export function linkOpened(on: PlainLink, parts: SeenParts = {}): SeenParts {
  const { client, server } = on;
  return { link: on, event: "link-opened", detail: { client, server, origin: "wire" }, ...parts };
}

export function linkClosed(on: PlainLink, detail: object = {}, parts: SeenParts = {}): SeenParts {
  const closed = { by: "client", reset: false, messages: 0, ...detail };
  return { link: on, event: "link-closed", detail: closed, ...parts };
}

/** A PING that asks for so many tenths of a second, or its answer. */
export function ping(on: PlainLink, tenths: number, parts: SeenParts = {}): SeenParts {
  return { link: on, kind: "command", event: "ping", body: Uint8Array.of(tenths >> 8, tenths & 255), ...parts };
}

export function pong(on: PlainLink, parts: SeenParts = {}): SeenParts {
  return { link: on, kind: "command", event: "pong", body: new Uint8Array(0), dir: "s2c", ...parts };
}
