import { MAX_BYTES_PER_READ, type FilterId, type FilterState, type RowWindow } from "../shared/engineProtocol.ts";
import { channelKey } from "../shared/channelKey.ts";
import { readChoice } from "../shared/decoderChoice.ts";
import {
  type ConversationKind,
  type CopyFormat,
  type DecoderChoice,
  type FrameValue,
  type MessageDetail,
  type Row,
  SURE_GUESS,
} from "../shared/model.ts";
import type { Capture } from "./capture/capture.ts";
import type { ProtobufSchema } from "./decode/protobufSchema.ts";
import type { DialectKeys } from "./dialectKeys.ts";
import { toDetail } from "./details.ts";
import { filterGone, noSuchFrame, rowGone, tooManyFilters, tooManyMarks } from "./faults.ts";
import type { FilterRun } from "./filterRun.ts";
import type { OwnDialects } from "./ownDialects.ts";
import { findPosition, readWindow, toRow } from "./rows.ts";
import { type Usual, UsualDecoders } from "./usualDecoders.ts";

/** Filters that may run at once: a few views, and some that are being replaced. */
const MAX_FILTERS = 8;
/** A frame larger than this is decoded from its beginning only. */
const MAX_DECODE_BYTES = 4 * 1024 * 1024;

/** Answers what views ask about a capture. Everything it returns is a copy. */
export class Inspector {
  readonly capture: Capture;
  readonly #onFilterAdvanced: (state: FilterState) => void;
  readonly #nextFilter: () => number;
  readonly #filters = new Map<number, FilterRun>();
  readonly #own: () => OwnDialects | null;
  readonly #usual = new UsualDecoders();

  /** `nextFilter` numbers the filters of all captures; `own` are dialects and decoders of the user's. */
  constructor(
    capture: Capture,
    nextFilter: () => number,
    onFilterAdvanced: (state: FilterState) => void,
    own: () => OwnDialects | null = () => null,
  ) {
    this.capture = capture;
    this.#own = own;
    this.#nextFilter = nextFilter;
    this.#onFilterAdvanced = onFilterAdvanced;
  }

  dispose(): void {
    for (const filter of this.#filters.values()) filter.dispose();
    this.#filters.clear();
  }

  async readRows(ask: { filter: FilterId; from: number; count: number; firstN?: number }): Promise<RowWindow> {
    const window = await readWindow(this.capture, this.#find(ask.filter), ask);
    const own = this.#own();
    return own === null ? window : { ...window, rows: await own.withSaid(this.capture, window.rows) };
  }

  findRow({ filter, n }: { filter: FilterId; n: number }): { position: number } {
    return { position: findPosition(this.capture, this.#find(filter), n) };
  }

  /** Rejects with a UserError for an expression with an error, and when too many filters run already. */
  async startFilter(ask: { text: string; fold: boolean; foldHeartbeats?: boolean }): Promise<FilterState> {
    const { text, fold, foldHeartbeats = false } = ask;
    // The language is a file of its own, which a window that filters nothing never loads.
    const compiled = text.trim() === "" ? null : (await import("./readFilter.ts")).readFilter(text);
    const { FilterRun: Run } = await import("./filterRun.ts");
    if (this.#filters.size >= MAX_FILTERS) throw tooManyFilters(MAX_FILTERS);
    const filter = this.#nextFilter();
    const onAdvance = this.#onFilterAdvanced;
    const run = new Run(this.capture, { filter, text, compiled, fold, foldHeartbeats, onAdvance });
    this.#filters.set(filter, run);
    return run.state;
  }

  /** False when it is none of this capture's. */
  stopFilter(filter: number): boolean {
    this.#filters.get(filter)?.dispose();
    return this.#filters.delete(filter);
  }

  async seenValues({ field, prefix }: { field: string; prefix: string }): Promise<readonly string[]> {
    const { seenValues } = await import("./seenValues.ts");
    return seenValues(this.capture, field, prefix);
  }

  async mark({ n, pinned, note }: { n: number; pinned?: boolean; note?: string }): Promise<Row> {
    if (!this.capture.isKept(n)) throw rowGone(n);
    const change = { ...(pinned === undefined ? {} : { pinned }), ...(note === undefined ? {} : { note }) };
    if (!this.capture.mark(n, change)) throw tooManyMarks();
    await this.capture.prepare(n);
    const row = toRow(this.capture, n);
    if (row === undefined) throw rowGone(n);
    return row;
  }

  async readMessage(n: number): Promise<MessageDetail> {
    await this.capture.prepare(n);
    const detail = toDetail(this.capture, n);
    if (detail === undefined) throw rowGone(n);
    return this.#own()?.withDetail(this.capture, detail) ?? detail;
  }

  /** `schema` holds the message types that a choice may name. */
  async decodeFrame(
    { n, frame, decoder }: { n: number; frame: number; decoder: DecoderChoice | null },
    schema: ProtobufSchema | null = null,
  ): Promise<FrameValue> {
    await this.capture.prepare(n);
    const size = this.#frameSize(n, frame);
    const bytes = this.capture.readFrame(n, frame, 0, Math.min(size, MAX_DECODE_BYTES));
    // What was remembered by another version may be no choice any more: then it is guessed.
    const choice = decoder === null ? null : (readChoice(decoder) ?? null);
    if (bytes.length === 0 && size > 0) {
      const decoded = { kind: "none", reason: "Its octets are no longer kept." } as const;
      return { decoder: choice?.decoder ?? "hex", confidence: 1, layers: [], sizeBytes: 0, decoded };
    }
    const isPrefix = bytes.length < size;
    const isOwn = choice === null || choice.decoder === "own";
    const own = isOwn && !isPrefix ? await this.#own()?.decode(bytes, choice?.option ?? null) : null;
    if (own !== null && own !== undefined) return { ...own, confidence: 1, layers: [], sizeBytes: size };
    const { frameValue } = await import("./openedMessage.ts");
    const guessed = frameValue(bytes, isPrefix, choice, schema);
    const usual = choice === null ? this.#usualOf(n, frame, guessed) : null;
    const value = usual === null ? guessed : frameValue(bytes, isPrefix, null, schema, usual);
    if (!isPrefix) return value;
    const { decoded } = value;
    if (decoded.kind === "none") {
      const reason = `Only ${bytes.length} of its ${size} octets can be decoded, and they make no whole ${value.decoder} value. ${decoded.reason}`;
      return { ...value, decoded: { kind: "none", reason } };
    }
    return decoded.kind === "image" ? value : { ...value, decoded: { ...decoded, truncated: true } };
  }

  async readBytes(ask: { n: number; frame: number; from: number; count: number }): Promise<Uint8Array> {
    const { n, frame, from, count } = ask;
    await this.capture.prepare(n);
    this.#frameSize(n, frame);
    return this.capture.readFrame(n, frame, from, Math.max(0, Math.min(count, MAX_BYTES_PER_READ)));
  }

  /** Requests as code that makes them again, signed with one of `keys` where their dialect signs. */
  async copyMessage(n: number, format: CopyFormat, keys: DialectKeys): Promise<string> {
    await this.capture.prepare(n);
    if (format === "python" || format === "javascript" || format === "command") {
      const { copyCode } = await import("./calls.ts");
      const code = await copyCode(this.capture, n, format, keys);
      if (code !== null) return code;
    }
    const { copyAs } = await import("./openedMessage.ts");
    return copyAs(this.capture, n, format);
  }

  async follow(n: number, what: ConversationKind): Promise<string> {
    await this.capture.prepare(n);
    const { conversationFilter } = await import("./conversationFilter.ts");
    return conversationFilter(this.capture, n, what);
  }

  async normalised(n: number): Promise<string> {
    await this.capture.prepare(n);
    const { normalisedMessage } = await import("./openedMessage.ts");
    return normalisedMessage(this.capture, n);
  }

  /** What is usual in a frame's channel, for a guess that is not sure; one that is sure is remembered. */
  #usualOf(n: number, frame: number, { decoder, confidence, decoded, sizeBytes }: FrameValue): Usual | null {
    const row = toRow(this.capture, n);
    if (row === undefined || sizeBytes === 0) return null;
    const channel = channelKey(row, frame);
    if (confidence < SURE_GUESS) return this.#usual.of(channel);
    if (decoded.kind !== "none") this.#usual.learn(channel, n, decoder);
    return null;
  }

  #frameSize(n: number, frame: number): number {
    const { frames } = this.capture.frames(n, frame + 1);
    const found = frames[frame];
    if (found !== undefined) return found.sizeBytes;
    // Of a row whose beginning is gone there is no frame to be found, though it has some.
    throw frame < (this.capture.row(n)?.frames ?? Infinity) ? rowGone(n) : noSuchFrame(n, frame);
  }

  #find(filter: FilterId): FilterRun | null {
    if (filter === null) return null;
    const found = this.#filters.get(filter);
    if (found === undefined) throw filterGone();
    return found;
  }
}
