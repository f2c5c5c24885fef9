import type { RowWindow } from "../shared/engineProtocol.ts";
import { MAX_ROWS_PER_READ } from "../shared/engineProtocol.ts";
import type { Row, Side, SocketPair, SocketType } from "../shared/model.ts";
import type { Capture, FramePrefix, RawRow } from "./capture/capture.ts";
import type { Search } from "./capture/search.ts";
import { toHex } from "./decode/jsonText.ts";
import { decode, guess } from "./decode/registry.ts";
import { utf8Text } from "./decode/text.ts";
import { frameRoles, sendsTopics } from "./envelope.ts";
import { eventDetail } from "./eventDetail.ts";
import { eventWords, type EventWords, isProblem } from "./eventWords.ts";
import { visibleText } from "./visibleText.ts";

const TOPIC_CHARS = 80;
const PREVIEW_CHARS = 200;
/** Frames and octets that are enough for any preview. */
const FRAMES_LOOKED_AT = 24;
const PREFIX_BYTES = 640;
const HEX_BYTES = 32;
/** MessagePack up to this size is decoded for its preview. */
const MSGPACK_BYTES = 16_384;
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
  if (raw === undefined) return undefined;
  const sockets = raw.link?.sockets ?? NO_SOCKETS;
  const from: Side | null = raw.direction === null ? null : raw.direction === 0 ? "client" : "server";
  const words = raw.kind === "event" ? rowEventWords(capture, raw) : messageWords(capture, raw, sockets);
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
    topic: visibleText(words.topic, TOPIC_CHARS),
    frames: raw.frames,
    sizeBytes: raw.sizeBytes,
    exchange: raw.exchange,
    guessed: raw.guessed,
    partner: raw.partner,
    latencyMs: raw.latencyNs === null ? null : raw.latencyNs / 1e6,
    replayable: raw.kind === "message" && isReplayable(sockets, from),
    preview: visibleText(words.preview, PREVIEW_CHARS),
  };
}

/** A window by position: over all kept rows, or over the hits of a search. At most MAX_ROWS_PER_READ rows. */
export function readWindow(capture: Capture, search: Search | null, from: number, count: number): RowWindow {
  const { firstN, lastN } = capture;
  const total = search === null ? lastN - firstN + 1 : search.total;
  const start = Math.max(0, Math.min(Math.floor(from) || 0, total));
  const end = Math.min(total, start + Math.max(0, Math.min(Math.floor(count) || 0, MAX_ROWS_PER_READ)));
  const rows: Row[] = [];
  for (let position = start; position < end; position++) {
    const row = toRow(capture, search === null ? firstN + position : search.at(position)!);
    if (row !== undefined) rows.push(row);
  }
  return { from: start, rows, total, firstN };
}

/** Position of row `n`, or of the next one after it. */
export function findPosition(capture: Capture, search: Search | null, n: number): number {
  if (search !== null) return search.find(n);
  return Math.max(0, Math.min(n, capture.lastN + 1) - capture.firstN);
}

/** What a search looks at in an event: its name and its words. */
export function eventText(capture: Capture, n: number): string {
  const raw = capture.row(n);
  if (raw?.event == null) return "";
  const { topic, preview } = rowEventWords(capture, raw);
  return `${raw.event}\n${preview}\n${topic}`;
}

/** An event row in whole words. */
export function rowEventWords(capture: Capture, raw: RawRow): EventWords {
  if (raw.event === null) return { topic: "", preview: "" };
  return eventWords(raw.event, eventDetail(capture, raw), raw.link?.sockets ?? NO_SOCKETS);
}

function messageWords(capture: Capture, raw: RawRow, sockets: SocketPair): EventWords {
  if (raw.kind === "encrypted") return { topic: "", preview: `encrypted frame, ${raw.sizeBytes} B` };
  const { frames, more } = capture.framePrefixes(raw.n, FRAMES_LOOKED_AT, PREFIX_BYTES);
  if (frames.length === 0) return { topic: "", preview: "its beginning is no longer kept" };
  const [sender, receiver] =
    raw.direction === 0 ? ([sockets.client, sockets.server] as const) : ([sockets.server, sockets.client] as const);
  const roles = frameRoles(
    frames.map((frame) => frame.sizeBytes),
    sender,
    receiver,
  );
  const topicFrame = sendsTopics(sender) ? 0 : roles.indexOf("payload");
  let topic: string | undefined;
  const preview: string[] = [];
  let chars = 0;
  for (const [index, frame] of frames.entries()) {
    const isShown = roles[index] === "payload" && chars <= PREVIEW_CHARS;
    if (!isShown && index !== topicFrame) continue;
    const words = frameWords(capture, raw.n, index, frame);
    if (index === topicFrame) topic = words;
    if (!isShown) continue;
    preview.push(words);
    chars += words.length + 3;
  }
  if (more > 0 && chars <= PREVIEW_CHARS) preview.push(`${more} more frames`);
  return { topic: topic ?? "", preview: preview.join(" | ") };
}

/** A frame in one line, from its first octets. */
function frameWords(capture: Capture, n: number, frame: number, { sizeBytes, keptBytes, prefix }: FramePrefix): string {
  if (sizeBytes === 0) return "(empty)";
  if (prefix.length === 0) return `(${sizeBytes} B, not kept)`;
  const isPrefix = prefix.length < sizeBytes;
  switch (guess(prefix, isPrefix)) {
    case "json":
      return (utf8Text(prefix, isPrefix) ?? "").replace(/\s+/g, " ").trim();
    case "text":
      return utf8Text(prefix, isPrefix) ?? "";
    case "msgpack":
      return msgpackWords(
        sizeBytes <= MSGPACK_BYTES && keptBytes === sizeBytes ? capture.readFrame(n, frame, 0, sizeBytes) : prefix,
        sizeBytes,
      );
    case "hex":
      return hexWords(prefix, sizeBytes);
  }
}

function msgpackWords(bytes: Uint8Array, sizeBytes: number): string {
  if (bytes.length < sizeBytes) return `MessagePack, ${sizeBytes} B`;
  const decoded = decode("msgpack", bytes, { maxChars: 2 * PREVIEW_CHARS });
  return decoded.kind === "tree" ? decoded.json : hexWords(bytes, sizeBytes);
}

function hexWords(bytes: Uint8Array, sizeBytes: number): string {
  const shown = Math.min(bytes.length, HEX_BYTES);
  return `0x${toHex(bytes, shown)}${shown < sizeBytes ? `… (${sizeBytes} B)` : ""}`;
}

function peerOf(raw: RawRow, from: Side | null): string {
  if (raw.link === null) return "";
  const side = from ?? "client";
  const identity = raw.link.identity[side];
  return visibleText(identity === "" ? raw.link.info[side] : `${raw.link.info[side]} (${identity})`, PREVIEW_CHARS);
}

function isReplayable(sockets: SocketPair, from: Side | null): boolean {
  if (sockets.client === null || sockets.server === null || from === null) return false;
  return REPLAYABLE.has(sockets[from]!);
}
