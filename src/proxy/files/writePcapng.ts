import { type Capture, type KnownLink, noPlace, type OriginCode } from "../capture/capture.ts";
import { KIND_EVENT, KIND_MESSAGE } from "../capture/rowRecord.ts";
import { Conversation, OPEN_BYTES, PACKET_OVERHEAD, packetComments, PacketTime } from "../capture/conversation.ts";
import { CUSTOM_OVERHEAD, interfaceDescription, padded, sectionHeader, writeCustomBlock } from "../capture/pcapng.ts";
import { CHUNK_SPAN, octetPlace, type RowOctets, WHOLE } from "../capture/rowOctets.ts";
import type { Direction, Mark, TapId } from "../../shared/model.ts";
import type { OutputFile } from "./writeOutput.ts";
import type { RowWriter } from "./writeRows.ts";

/** Conversations that are open at once; the oldest is ended for another one. */
const MAX_OPEN = 16_384;
const MAX_NOTE_CHARACTERS = 4096;
const MAX_COMMENT_BYTES = 32_768;
const MAX_RECORD_BYTES = 65_536;
const DIRECTIONS = [0, 1] as const;
const MAX_PORT = 65_535;
const MIN_FRESH_PORT = 1024;
const NO_SLAB: Uint8Array = new Uint8Array(0);

/** A link as the file tells it. */
type Told = {
  readonly link: KnownLink;
  /** `null` before the first one, and behind a gap. */
  conversation: Conversation | null;
  /** How many there were before. */
  earlier: number;
  /** Octets of its preamble written in this conversation. */
  readonly preamble: [number, number];
  isPreambleWhole: boolean;
  /** What its handshake told was not known yet when its record was written. */
  isRecordEarly: boolean;
  /** Rows between the frames of a message whose own row is still to come, per direction: their places. */
  readonly within: [Set<number> | null, Set<number> | null];
};

/**
 * Writes rows as a pcapng section that other programs read as TCP and we read as the same rows: each link a conversation of
 * SYN, what both sides said before their traffic, whole messages, and FIN. What was not kept, or only partly, ends it, and
 * a new one begins in the same way from another port; so no stream has a hole. Consecutive messages of one chunk share a
 * packet. Per message it makes no object.
 */
export class PcapngWriter implements RowWriter {
  rows = 0;
  leftOut = 0;
  readonly #capture: Capture;
  readonly #output: OutputFile;
  readonly #markOf: ((n: number) => Mark | null) | null;
  readonly #octets: RowOctets;
  readonly #time: PacketTime;
  readonly #place = noPlace();
  readonly #interfaces = new Map<TapId, number>();
  readonly #told = new Map<number, Told>();
  #openCount = 0;
  readonly #ports = new Set<number>();
  #nextPort = MAX_PORT;
  /** Time of the newest row. */
  #timeNs = 0;

  /** The row that is being written. */
  #row: Told | null = null;
  #direction: Direction = 0;
  #origin: OriginCode = 0;
  #isMarked = false;

  /** Octets that lie side by side in one chunk and wait to become a packet; `runTo` 0 when there are none. */
  #runSlab = NO_SLAB;
  #runChunk = -1;
  #runFrom = 0;
  #runTo = 0;
  #runTold: Told | null = null;
  #runDirection: Direction = 0;
  #runOrigin: OriginCode = 0;
  #runTimeNs = 0;
  /** Comments of the packet that is begun next, or of the run. */
  #comments: Uint32Array | undefined;

  constructor(capture: Capture, output: OutputFile, markOf: ((n: number) => Mark | null) | null) {
    this.#capture = capture;
    this.#output = output;
    this.#markOf = markOf;
    this.#octets = capture.newRowOctets();
    this.#time = new PacketTime(capture.clock.anchorNs);
    const header = sectionHeader();
    output.reserve(header.length);
    output.slab.bytes.set(header, output.used);
    output.used += header.length;
  }

  put(n: number): boolean {
    const place = this.#place;
    if (!this.#capture.place(n, place)) {
      this.#missed();
      return true;
    }
    const { kind } = place;
    if (kind === KIND_EVENT) {
      this.#putEvent(n);
      return true;
    }
    let told = this.#row;
    if (told?.link.info.link !== place.linkNumber) {
      const link = this.#capture.link(place.linkNumber);
      if (link === undefined) {
        this.#missed();
        return true;
      }
      told = this.#tell(link);
    }
    this.#row = told;
    const { direction, startChunk, startOffset } = place;
    const octets = this.#octets;
    const isMessage = kind === KIND_MESSAGE;
    if (place.isBetween) {
      (told.within[direction] ??= new Set()).add(octetPlace(startChunk, startOffset));
      this.#timeNs = this.#capture.chunkTimeNs(place.endChunk);
      this.rows += 1;
      return true;
    }
    const within = told.within[direction];
    if (within !== null) {
      told.within[direction] = null;
      this.#writeAhead(told, direction, within, isMessage ? octetPlace(startChunk, startOffset) : Infinity);
    }
    if (!octets.seek(startChunk, startOffset, told.link.framing, isMessage, within)) {
      this.#partlyKept(told);
      return true;
    }
    this.#timeNs = this.#capture.chunkTimeNs(place.endChunk);
    if (told.conversation === null) this.#begin(told);
    if (!told.isPreambleWhole) this.#catchUp(told);
    this.#direction = direction;
    this.#origin = place.origin;
    const mark = this.#markOf === null ? null : this.#markOf(n);
    this.#isMarked = mark !== null;
    if (mark !== null) this.#beginMarked(n, mark);
    return this.step();
  }

  step(): boolean {
    const octets = this.#octets;
    const output = this.#output;
    while (octets.nextSpan()) {
      if (octets.chunk === this.#runChunk && octets.from === this.#runTo) {
        this.#runTo = octets.to;
      } else {
        this.#beginRun();
        if (output.isFull) {
          this.settle();
          return false;
        }
      }
    }
    if (octets.state === WHOLE) {
      this.rows += 1;
      if (this.#isMarked) this.#flushRun();
    } else {
      this.#partlyKept(this.#row!);
    }
    return true;
  }

  settle(): void {
    this.#flushRun();
  }

  /** Ends all conversations; must be called last. */
  end(): void {
    this.#flushRun();
    for (const told of this.#told.values()) this.#close(told);
    this.#told.clear();
    this.#row = null;
  }

  /** Writes those rows that stand before `place` by themselves, since the message around them is not written. */
  #writeAhead(told: Told, direction: Direction, within: ReadonlySet<number>, place: number): void {
    for (const each of within) {
      if (each >= place) continue;
      const octets = this.#octets;
      const chunk = Math.floor(each / CHUNK_SPAN);
      if (!octets.seek(chunk, each % CHUNK_SPAN, told.link.framing, false)) {
        this.#partlyKept(told);
        this.rows -= 1;
        continue;
      }
      if (told.conversation === null) this.#begin(told);
      if (!told.isPreambleWhole) this.#catchUp(told);
      this.#row = told;
      this.#direction = direction;
      this.#origin = 0;
      while (octets.nextSpan()) this.#beginRun();
      this.#flushRun();
    }
  }

  /** A row is gone, and with it perhaps what any link said. */
  #missed(): void {
    this.leftOut += 1;
    if (this.#openCount === 0) return;
    this.#flushRun();
    for (const told of this.#told.values()) this.#close(told);
  }

  #partlyKept(told: Told): void {
    this.leftOut += 1;
    this.#flushRun();
    this.#comments = undefined;
    this.#close(told);
  }

  #putEvent(n: number): void {
    this.#flushRun();
    const raw = this.#capture.row(n)!;
    this.#timeNs = raw.timeNs;
    const { link } = raw;
    const told = link === null ? null : this.#tell(link);
    if (told !== null) {
      if (told.conversation === null) this.#begin(told);
      else if (told.isRecordEarly && link!.facts.length > 0) this.#writeRecord(told);
      this.#catchUp(told);
    }
    const mark = this.#markOf?.(n) ?? null;
    this.#writeJson({
      zmqTap: "event",
      event: raw.event,
      tap: raw.tap,
      tapName: raw.tapName,
      link: link?.info.link ?? null,
      n,
      time: this.#capture.clock.toIso(raw.timeNs),
      detail: raw.detail,
      ...(mark === null ? {} : markJson(mark)),
    });
    this.rows += 1;
    if (told === null || raw.event !== "link-closed") return;
    this.#close(told);
    this.#told.delete(told.link.info.link);
    this.#row = null;
  }

  #tell(link: KnownLink): Told {
    const number = link.info.link;
    let told = this.#told.get(number);
    if (told === undefined) {
      if (this.#told.size >= MAX_OPEN) this.#endOldest();
      told = {
        link,
        conversation: null,
        earlier: 0,
        preamble: [0, 0],
        isPreambleWhole: false,
        isRecordEarly: false,
        within: [null, null],
      };
      this.#told.set(number, told);
    }
    return told;
  }

  #endOldest(): void {
    for (const [number, told] of this.#told) {
      this.#flushRun();
      this.#close(told);
      this.#told.delete(number);
      this.#row = null;
      return;
    }
  }

  /** Interface, link record, SYN both ways, and what is known of the preamble. */
  #begin(told: Told): void {
    this.#flushRun();
    const { link, earlier } = told;
    const { info } = link;
    const port = earlier === 0 ? undefined : this.#freshPort();
    const conversation = new Conversation(info.client, info.server, info.link, port);
    this.#ports.add(conversation.clientPort);
    conversation.useInterface(this.#interfaceOf(info.tap, info.tapName));
    told.earlier = earlier + 1;
    told.conversation = conversation;
    this.#openCount += 1;
    this.#writeRecord(told);
    this.#time.set(earlier === 0 ? link.openedNs : this.#timeNs);
    const output = this.#output;
    output.reserve(OPEN_BYTES);
    output.used = conversation.writeOpen(output.slab, output.used, this.#time.high, this.#time.low);
    told.preamble.fill(0);
    told.isPreambleWhole = false;
    this.#catchUp(told);
  }

  /** Writes what has become known of the preamble. */
  #catchUp(told: Told): void {
    const { preamble } = told.link;
    const isWhole = !preamble.isOpen;
    for (const direction of DIRECTIONS) {
      const from = told.preamble[direction];
      if (preamble.length(direction) <= from) continue;
      this.#flushRun();
      const octets = preamble.borrow(direction);
      const timeNs = told.earlier === 1 ? preamble.timeNs : this.#timeNs;
      this.#writePacket(told.conversation!, direction, octets, from, octets.length, 0, timeNs, undefined);
      told.preamble[direction] = octets.length;
    }
    told.isPreambleWhole = isWhole;
  }

  /** FIN both ways, behind what is left of the preamble; the link itself may go on in another conversation. */
  #close(told: Told): void {
    for (const direction of DIRECTIONS) {
      const within = told.within[direction];
      told.within[direction] = null;
      if (within !== null) this.#writeAhead(told, direction, within, Infinity);
    }
    const { conversation } = told;
    if (conversation === null) return;
    if (!told.isPreambleWhole) this.#catchUp(told);
    const output = this.#output;
    output.reserve(OPEN_BYTES);
    this.#time.set(this.#timeNs);
    output.used = conversation.writeClose(output.slab, output.used, this.#time.high, this.#time.low);
    told.conversation = null;
    this.#openCount -= 1;
  }

  #beginMarked(n: number, mark: Mark): void {
    this.#flushRun();
    const text = `zmqTap: ${JSON.stringify({ ...markJson(mark), n })}`;
    this.#comments = packetComments(this.#origin, text, MAX_COMMENT_BYTES);
  }

  #beginRun(): void {
    const octets = this.#octets;
    const comments = this.#runTo === 0 ? this.#comments : undefined;
    this.#flushRun();
    this.#comments = comments;
    this.#runSlab = octets.slab;
    this.#runChunk = octets.chunk;
    this.#runFrom = octets.from;
    this.#runTo = octets.to;
    this.#runTold = this.#row;
    this.#runDirection = this.#direction;
    this.#runOrigin = this.#origin;
    this.#runTimeNs = octets.timeNs;
  }

  #flushRun(): void {
    if (this.#runTo === 0) return;
    this.#writePacket(
      this.#runTold!.conversation!,
      this.#runDirection,
      this.#runSlab,
      this.#runFrom,
      this.#runTo,
      this.#runOrigin,
      this.#runTimeNs,
      this.#comments,
    );
    this.#runTo = 0;
    this.#runChunk = -1;
    this.#runSlab = NO_SLAB;
    this.#comments = undefined;
  }

  #writePacket(
    conversation: Conversation,
    direction: Direction,
    bytes: Uint8Array,
    from: number,
    to: number,
    origin: OriginCode,
    timeNs: number,
    comments: Uint32Array | undefined,
  ): void {
    const output = this.#output;
    output.reserve(PACKET_OVERHEAD + to - from + (comments?.byteLength ?? 0));
    const time = this.#time;
    time.set(timeNs);
    output.used = conversation.writeData(
      output.slab,
      output.used,
      direction,
      time.high,
      time.low,
      bytes,
      from,
      to,
      origin,
      comments,
    );
  }

  #interfaceOf(tap: TapId, name: string): number {
    let id = this.#interfaces.get(tap);
    if (id === undefined) {
      id = this.#interfaces.size;
      this.#interfaces.set(tap, id);
      const block = interfaceDescription(name);
      const output = this.#output;
      output.reserve(block.length);
      output.slab.bytes.set(block, output.used);
      output.used += block.length;
    }
    return id;
  }

  /** What a reader of the file is to know of a link; written again once its handshake has told more. */
  #writeRecord(told: Told): void {
    const { link, earlier } = told;
    const conversation = told.conversation!;
    told.isRecordEarly = link.facts.length === 0;
    const record = {
      zmqTap: "link",
      ...link.info,
      conversation: earlier,
      clientPort: conversation.clientPort,
      nextSequence: DIRECTIONS.map((direction) => conversation.nextSequence(direction)),
      framing: link.framing,
      sockets: link.sockets,
      identity: link.identity,
      isDecrypted: link.isDecrypted,
    };
    const full = { ...record, facts: link.facts };
    this.#writeJson(Buffer.byteLength(JSON.stringify(full)) > MAX_RECORD_BYTES ? record : full);
  }

  #writeJson(value: object): void {
    const json = JSON.stringify(value);
    const length = Buffer.byteLength(json);
    const output = this.#output;
    output.reserve(CUSTOM_OVERHEAD + padded(length));
    output.used = writeCustomBlock(output.slab.bytes, output.used, json, length);
  }

  /** One that no conversation of this file has, as long as there are such. */
  #freshPort(): number {
    for (let tries = MIN_FRESH_PORT; tries <= MAX_PORT; tries++) {
      const port = this.#nextPort;
      this.#nextPort = port > MIN_FRESH_PORT ? port - 1 : MAX_PORT;
      if (!this.#ports.has(port)) return port;
    }
    return this.#nextPort;
  }
}

function markJson({ pinned, note }: Mark): object {
  const short = note.slice(0, MAX_NOTE_CHARACTERS);
  return { ...(pinned ? { pinned } : {}), ...(short === "" ? {} : { note: short }) };
}
