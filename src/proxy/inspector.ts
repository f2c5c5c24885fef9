import { MAX_BYTES_PER_READ, type RowWindow, type FilterId, type FilterState } from "../shared/engineProtocol.ts";
import type { CopyFormat, Decoded, DecoderName, MessageDetail } from "../shared/model.ts";
import type { Capture } from "./capture/capture.ts";
import { Search } from "./capture/search.ts";
import { copyAs } from "./copyAs.ts";
import { decode, guess } from "./decode/registry.ts";
import { toDetail } from "./details.ts";
import { noSuchFrame, rowGone, searchGone, tooManySearches } from "./faults.ts";
import { eventText, findPosition, readWindow } from "./rows.ts";

/** Searches that may run at once: a few views, and some that are being replaced. */
const MAX_SEARCHES = 8;
/** A frame larger than this is decoded from its beginning only. */
const MAX_DECODE_BYTES = 4 * 1024 * 1024;

/** Answers what views ask about a capture. Everything it returns is a copy. */
export class Inspector {
  readonly #capture: Capture;
  readonly #onSearchAdvanced: (state: FilterState) => void;
  readonly #searches = new Map<number, Search>();
  #nextSearch = 1;

  constructor(capture: Capture, onSearchAdvanced: (state: FilterState) => void) {
    this.#capture = capture;
    this.#onSearchAdvanced = onSearchAdvanced;
  }

  readRows({ search, from, count }: { filter: FilterId; from: number; count: number }): RowWindow {
    return readWindow(this.#capture, this.#find(search), from, count);
  }

  findRow({ search, n }: { filter: FilterId; n: number }): { position: number } {
    return { position: findPosition(this.#capture, this.#find(search), n) };
  }

  /** Throws a UserError when too many searches run already. */
  startSearch(text: string): FilterState {
    if (this.#searches.size >= MAX_SEARCHES) throw tooManySearches(MAX_SEARCHES);
    const search = new Search(this.#capture, {
      search: this.#nextSearch++,
      text,
      eventText: (n) => eventText(this.#capture, n),
      onAdvance: this.#onSearchAdvanced,
    });
    this.#searches.set(search.search, search);
    return search.state;
  }

  stopSearch(filter: number): void {
    this.#searches.get(search)?.dispose();
    this.#searches.delete(search);
  }

  readMessage(n: number): MessageDetail {
    const detail = toDetail(this.#capture, n);
    if (detail === undefined) throw rowGone(n);
    return detail;
  }

  decodeFrame({ n, frame, decoder }: { n: number; frame: number; decoder: DecoderName | null }): {
    decoder: DecoderName;
    decoded: Decoded;
  } {
    const size = this.#frameSize(n, frame);
    const bytes = this.#capture.readFrame(n, frame, 0, Math.min(size, MAX_DECODE_BYTES));
    if (bytes.length === 0 && size > 0) {
      return { decoder: decoder ?? "hex", decoded: { kind: "none", reason: "Its octets are no longer kept." } };
    }
    const isPrefix = bytes.length < size;
    const chosen = decoder ?? guess(bytes, isPrefix);
    const decoded = decode(chosen, bytes);
    if (!isPrefix) return { decoder: chosen, decoded };
    if (decoded.kind === "none") {
      const reason = `Only ${bytes.length} of its ${size} octets can be decoded, and they make no whole ${chosen} value. ${decoded.reason}`;
      return { decoder: chosen, decoded: { kind: "none", reason } };
    }
    return { decoder: chosen, decoded: { ...decoded, truncated: true } };
  }

  readBytes({ n, frame, from, count }: { n: number; frame: number; from: number; count: number }): Uint8Array {
    this.#frameSize(n, frame);
    return this.#capture.readFrame(n, frame, from, Math.max(0, Math.min(count, MAX_BYTES_PER_READ)));
  }

  copyMessage(n: number, format: CopyFormat): string {
    return copyAs(this.#capture, n, format);
  }

  #frameSize(n: number, frame: number): number {
    const { frames } = this.#capture.frames(n, frame + 1);
    const found = frames[frame];
    if (found === undefined) throw this.#capture.row(n) === undefined ? rowGone(n) : noSuchFrame(n, frame);
    return found.sizeBytes;
  }

  #find(filter: FilterId): Search | null {
    if (search === null) return null;
    const found = this.#searches.get(search);
    if (found === undefined) throw searchGone();
    return found;
  }
}
