import type { RowWindow } from "../shared/engineProtocol.ts";
import { MAX_ROWS_PER_READ } from "../shared/engineProtocol.ts";
import type { Row, Side, SocketPair, SocketType } from "../shared/model.ts";
import type { Capture, RawRow } from "./capture/capture.ts";
import type { FilterRun } from "./filterRun.ts";
import { eventDetail } from "./eventDetail.ts";
import { isProblem } from "./eventWords.ts";
import { rowWords } from "./rowWords.ts";
import { visibleText } from "./visibleText.ts";

const PEER_CHARS = 200;
const METHOD_CHARS = 80;
const PROBLEM_CHARS = 200;
const NO_SOCKETS: SocketPair = { client: null, server: null };
const REPLAYABLE: ReadonlySet<SocketType> = new Set<SocketType>([
  "REQ",
  "DEALER",
  "PUSH",
  "PUB",
  "XPUB",
  "ROUTER",
  "PAIR",
  "REP",
]);

/** Row `n` as users see it; undefined when it is not kept. */
export function toRow(capture: Capture, n: number): Row | undefined {
  const raw = capture.row(n);
  return raw === undefined ? undefined : rowOf(capture, raw);
}

/** A row that was looked up already, as the log shows it. */
export function rowOf(capture: Capture, raw: RawRow): Row {
  const { n } = raw;
  const sockets = raw.link?.sockets ?? NO_SOCKETS;
  const from: Side | null = raw.direction === null ? null : raw.direction === 0 ? "client" : "server";
  const { topic, preview } = rowWords(capture, raw);
  const { pinned, note } = capture.markOf(n);
  const said = capture.talk.said(n);
  const { status, problem } = capture.talk.statusOf(n);
  return {
    n,
    kind: raw.kind,
    timeMs: capture.clock.toEpochMs(raw.timeNs),
    tap: raw.tap,
    tapName: raw.tapName,
    link: raw.link?.info.link ?? 0,
    from,
    origin: raw.origin,
    sockets,
    decrypted: raw.kind === "message" && raw.link?.isDecrypted === true,
    peer: peerOf(raw, from),
    event: raw.event,
    isProblem: raw.event !== null && isProblem(raw.event, eventDetail(capture, raw)),
    topic,
    frames: raw.frames,
    sizeBytes: raw.sizeBytes,
    exchange: raw.exchange,
    guessed: raw.guessed,
    partner: raw.partner,
    latencyMs: raw.latencyNs === null ? null : raw.latencyNs / 1e6,
    replayable: raw.kind === "message" && isReplayable(sockets, from),
    copies: raw.copies,
    subscribers: raw.subscribers,
    copyOf: raw.copyOf,
    pinned,
    note,
    preview,
    dialect: said?.dialect ?? null,
    saidKind: said?.kind ?? null,
    method: visibleText(said?.method ?? "", METHOD_CHARS),
    status,
    problem: visibleText(problem, PROBLEM_CHARS),
    isHeartbeat: raw.isHeartbeat,
    isLate: raw.isLate,
    isDuplicate: raw.isDuplicate,
    outcome: capture.talk.outcomeOf(n),
    finding: capture.findings.of(n),
  };
}

/**
 * A window by position: over all kept rows, or over those that a filter lets through. At most MAX_ROWS_PER_READ rows. What
 * is on disk only is read off the main thread; rows that go meanwhile, which are the oldest, are left out, and so are those
 * that went since position 0 was `ask.firstN`.
 */
export async function readWindow(
  capture: Capture,
  filter: FilterRun | null,
  ask: { readonly from: number; readonly count: number; readonly firstN?: number },
): Promise<RowWindow> {
  const total = filter?.total ?? capture.lastN - capture.firstN + 1;
  const firstN = filter?.firstHit ?? capture.firstN;
  const from = Math.max(0, Math.floor(ask.from) || 0) - Math.max(0, firstN - (ask.firstN ?? firstN));
  const count = Math.max(0, Math.min(Math.floor(ask.count) || 0, MAX_ROWS_PER_READ));
  let start = Math.max(0, Math.min(from, total));
  const end = Math.min(total, Math.max(start, from + count));
  const wanted = Array.from({ length: end - start }, (_, index) =>
    filter === null ? firstN + start + index : filter.at(start + index)!,
  );
  const rows: Row[] = [];
  for (const n of wanted) {
    if (!capture.isInMemory(n)) await capture.prepare(n);
    const row = toRow(capture, n);
    if (row !== undefined) rows.push(row);
    else if (rows.length === 0) start++;
  }
  const { clock } = capture;
  return { from: start, rows, total, firstN, nowMs: clock.toEpochMs(clock.nowNs()) };
}

/** Position of row `n`, or of the next one after it. */
export function findPosition(capture: Capture, filter: FilterRun | null, n: number): number {
  if (filter !== null) return filter.find(n);
  return Math.max(0, Math.min(n, capture.lastN + 1) - capture.firstN);
}

function peerOf(raw: RawRow, from: Side | null): string {
  if (raw.link === null) return "";
  const side = from ?? "client";
  const identity = raw.link.identity[side];
  return visibleText(identity === "" ? raw.link.info[side] : `${raw.link.info[side]} (${identity})`, PEER_CHARS);
}

function isReplayable(sockets: SocketPair, from: Side | null): boolean {
  if (sockets.client === null || sockets.server === null || from === null) return false;
  return REPLAYABLE.has(sockets[from]!);
}
