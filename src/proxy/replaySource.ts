import type { ExportedRows } from "../shared/engineProtocol.ts";
import { ORIGINS, type Side, type SocketType } from "../shared/model.ts";
import { REPLAY_SOCKETS, type ReplaySocket, type SkipReason } from "../shared/replaySession.ts";
import { type Capture, type KnownLink, noPlace } from "./capture/capture.ts";
import { KIND_ENCRYPTED, KIND_MESSAGE } from "./capture/rowRecord.ts";
import type { Segment } from "./capture/segment.ts";
import { WHOLE } from "./capture/rowOctets.ts";
import { captureRows } from "./captureRows.ts";
import type { RowSource } from "./files/writeRows.ts";
import { RowCursor } from "./rowCursor.ts";
import { walkFrames } from "./wire/frames.ts";
import { otherSide } from "./wire/side.ts";
import { encodeMessage } from "./wire/writer.ts";

/** A message is held whole while it is sent. */
const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
const MAX_FRAMES = 10_000;
/** Longest header of a frame. */
const HEADER_BYTES = 10;
const FIRST_SCRATCH_BYTES = 64 * 1024;

/** Who begins exchanges, or sends without being asked. */
const BEGINNERS: ReadonlySet<SocketType> = new Set<SocketType>(["REQ", "DEALER", "PUSH", "PUB", "XPUB"]);

type SourceOptions = {
  /** Only what this side sent. */
  readonly from: Side | null;
  /** The socket that everything is sent as. */
  readonly as: ReplaySocket | null;
  /** Whether the sockets that can be sent as are the limit; through a tap the rules of live links are. */
  readonly isToEndpoint: boolean;
};

/**
 * The messages of a capture that a session sends, one at a time: load() brings the octets of a row, as ZMTP 3.x frames, into
 * one piece of memory that the next one overwrites. What there was when it was made is what it gives, in each loop. Nothing
 * is allocated per message where none is looked at closer.
 */
export class ReplaySource {
  /** Of the row that was loaded. */
  n = 0;
  octets = Buffer.allocUnsafeSlow(FIRST_SCRATCH_BYTES);
  size = 0;
  /** Nanoseconds since the capture's anchor. */
  timeNs = 0;
  link: KnownLink | null = null;
  from: Side = "client";
  sender: SocketType | null = null;
  receiver: SocketType | null = null;
  readonly #capture: Capture;
  readonly #wanted: ExportedRows;
  readonly #options: SourceOptions;
  readonly #lastN: number;
  readonly #cursor: RowCursor;
  readonly #walk;
  #segment: Segment | undefined;
  readonly #place = noPlace();

  constructor(capture: Capture, wanted: ExportedRows, options: SourceOptions) {
    this.#capture = capture;
    this.#wanted = wanted;
    this.#options = options;
    this.#lastN = capture.lastN;
    this.#cursor = new RowCursor(capture);
    this.#walk = capture.newRowOctets();
  }

  /** The rows of one loop, without those that the session itself has made. Rejects with a UserError for a bad filter. */
  async rows(): Promise<RowSource> {
    const rows = await captureRows(this.#capture, this.#wanted);
    const within = (n: number): number => (n > this.#lastN ? 0 : n);
    return {
      total: rows.total,
      next: () => {
        const n = rows.next();
        return typeof n === "number" ? within(n) : n.then(within);
      },
    };
  }

  /** Loads row `n`: `null` when it is to be sent, `none` when it is nothing to send, else why it cannot be sent. */
  load(n: number): SkipReason | "none" | null {
    const capture = this.#capture;
    const segment = capture.store.segmentOfRow(n);
    const index = segment?.indexOfRow(n) ?? -1;
    if (segment === undefined || index < 0 || !capture.place(n, this.#place)) return "none";
    if (segment !== this.#segment) this.#prepareNext(segment);
    const { kind, direction, origin, linkNumber, endChunk } = this.#place;
    const isEncrypted = kind === KIND_ENCRYPTED;
    if (kind !== KIND_MESSAGE && !isEncrypted) return "none";
    const link = capture.link(linkNumber) ?? null;
    this.n = n;
    this.link = link;
    this.from = direction === 0 ? "client" : "server";
    this.sender = link?.sockets[this.from] ?? null;
    this.receiver = link?.sockets[otherSide(this.from)] ?? null;
    if (isEncrypted) return this.#options.from === null || this.#options.from === this.from ? "encrypted" : "none";
    const verdict = this.#judgeSender();
    if (verdict !== null) return verdict;
    if (ORIGINS[origin] !== "wire" && this.#wanted.kind !== "selected") return "own";
    const cursor = this.#cursor;
    cursor.moveTo(segment, index);
    if (cursor.isCopy) return "copy";
    this.timeNs = capture.chunkTimeNs(endChunk);
    return this.#read(cursor.sizeBytes, cursor.frames);
  }

  /** The frames of the loaded message, as views that the next load() overwrites. */
  frames(): Uint8Array[] {
    const octets = this.octets.subarray(0, this.size);
    return walkFrames(octets).map(({ offset, sizeBytes }) => octets.subarray(offset, offset + sizeBytes));
  }

  #judgeSender(): SkipReason | "none" | null {
    const { from, as, isToEndpoint } = this.#options;
    const { sender, receiver } = this;
    if (from !== null && from !== this.from) return "none";
    if (sender === null || receiver === null) {
      if (from === null && this.from === "server") return "none";
      return as === null || !isToEndpoint ? "unknown" : null;
    }
    if (from === null) {
      // Of two alike the client is taken for the one that begins.
      if (sender === receiver) return this.from === "client" && isSendable(sender) ? null : "none";
      return BEGINNERS.has(sender) ? null : "none";
    }
    return as !== null || !isToEndpoint || isSendable(sender) ? null : "sender";
  }

  #read(sizeBytes: number, frames: number): SkipReason | null {
    const capacity = sizeBytes + frames * HEADER_BYTES;
    if (capacity > MAX_MESSAGE_BYTES || frames > MAX_FRAMES) return "large";
    if (this.octets.length < capacity) this.octets = Buffer.allocUnsafeSlow(2 * capacity);
    const { startChunk, startOffset } = this.#place;
    if (this.link?.framing === "zmtp1") return this.#readOldFrames(frames);
    const walk = this.#walk;
    if (!walk.seek(startChunk, startOffset, this.link?.framing ?? "zmtp3", true)) return "partial";
    this.size = 0;
    while (walk.nextSpan()) {
      const { from, to } = walk;
      if (this.size + to - from > this.octets.length) return "partial";
      walk.slab.copy(this.octets, this.size, from, to);
      this.size += to - from;
    }
    return walk.state === WHOLE ? null : "partial";
  }

  /** Frames of ZMTP 1.0 are written anew. */
  #readOldFrames(frames: number): SkipReason | null {
    const { frames: sizes } = this.#capture.frames(this.n, frames);
    if (sizes.some(({ sizeBytes, keptBytes }) => keptBytes < sizeBytes)) return "partial";
    const bodies = sizes.map(({ sizeBytes }, index) => this.#capture.readFrame(this.n, index, 0, sizeBytes));
    const octets = encodeMessage(bodies);
    this.octets.set(octets);
    this.size = octets.length;
    return null;
  }

  /** Has the segment behind this one read from disk meanwhile, off the main thread. */
  #prepareNext(segment: Segment): void {
    this.#segment = segment;
    const { store } = this.#capture;
    const next = store.findRow(segment.endRow);
    if (next !== undefined && !next.isGone && next.slab === null) void store.prepareSegment(next, true);
  }
}

function isSendable(socket: SocketType): boolean {
  return REPLAY_SOCKETS.some((known) => known === socket);
}
