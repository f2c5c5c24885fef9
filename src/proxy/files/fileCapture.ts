import { type FileHandle, open } from "node:fs/promises";
import type { SocketPair } from "../../shared/model.ts";
import { packetEnds, type PacketEnd } from "../capture/addresses.ts";
import type { Capture } from "../capture/capture.ts";
import { cannotReadFile } from "../faults.ts";
import { addressText } from "./addressText.ts";
import { BlockWindow } from "./blockWindow.ts";
import { ConversationGate } from "./conversationGate.ts";
import { type CopyFinder, FileLink, type FileLinkServices, type MarkHandler } from "./fileLink.ts";
import { type LinkRecord, readCustomBlock, readMark, type StoredEvent } from "./linkRecords.ts";
import { PacketClock } from "./packetClock.ts";
import type { FileProblem, PacketSink } from "./packetSink.ts";
import { TcpPacket } from "./tcpPacket.ts";
import { type PacketNote, type StreamSink, type TcpConversation, TcpStreams, distance } from "./tcpStreams.ts";

/** Octets that wait, over all conversations, until it is known what they are. */
const MAX_HELD_BYTES = 64 * 1024 * 1024;
/** Records of links that no packet has come for. */
const MAX_RECORDS = 16_384;
/** Events that wait for the octets that they tell of. */
const MAX_EVENTS = 1000;
/** Publishers among whose subscribers copies are found; each may take more than a megabyte. */
const MAX_COPY_FINDERS = 64;
/** What is read to find the time of the first packet. */
const FIRST_PACKET_BYTES = 8 * 1024 * 1024;
const REPLAY: PacketNote = { origin: 1, mark: null };
const CALL: PacketNote = { origin: 2, mark: null };
const BRIDGE: PacketNote = { origin: 3, mark: null };
const WATCH: PacketNote = { origin: 4, mark: null };

/** What a file turned out to hold; complete when it has been read. */
export type FileSummary = {
  readonly format: "pcap" | "pcapng" | null;
  /** Octets of the file read so far, and its size. */
  readonly bytesRead: number;
  readonly sizeBytes: number;
  readonly packets: number;
  /** TCP conversations with payload, and how many of them are ZeroMQ's. */
  readonly conversations: number;
  readonly zeromq: number;
  /** Packets that could not be used: parts of IP fragments, cut or damaged, longer than may be. */
  readonly fragments: number;
  readonly damaged: number;
  readonly oversized: number;
  /** Octets that were captured more than once, as retransmissions are. */
  readonly repeatedBytes: number;
  readonly isCancelled: boolean;
  /** Why the file was not read to its end. */
  readonly problem: FileProblem | null;
};

export type FileCaptureOptions = {
  /** Filled by read(). It must have been made with `clock`. */
  readonly capture: Capture;
  readonly clock: PacketClock;
  /** Told of what a file of ours says of a message, by its row in `capture`. */
  readonly onMark?: MarkHandler;
  /** Makes what finds copies of publications, for one tap; without it none are marked. */
  readonly newCopyFinder?: () => CopyFinder;
  /** Asked after each part of the file; reading goes on when it resolves. */
  readonly drained?: () => Promise<void>;
};

/**
 * A clock for the capture that is to be filled from this file, anchored at its first packet. Rejects with a UserError when
 * the file cannot be read; of a file that is no capture, read() tells.
 */
export async function clockOfFile(path: string): Promise<PacketClock> {
  let firstNs: number | undefined;
  const window = new BlockWindow(
    { packet: (_bytes, _from, _to, _original, _link, timeNs) => void (firstNs ??= timeNs), custom: () => undefined },
    0n,
  );
  await readParts(path, window, (read) => firstNs === undefined && read < FIRST_PACKET_BYTES);
  return new PacketClock(BigInt(Math.round(firstNs ?? 0)));
}

/**
 * Reads a capture file, ours or anybody's, into a capture: a link for each ZeroMQ conversation in it, and rows as of a live
 * tap with the packets' own times. What cannot be read is counted or told in a row; any octets give rows and at most one
 * problem.
 */
export class FileCapture implements PacketSink {
  readonly capture: Capture;
  readonly #clock: PacketClock;
  readonly #drained: (() => Promise<void>) | undefined;
  readonly #window: BlockWindow;
  readonly #packet = new TcpPacket();
  readonly #streams: TcpStreams;
  readonly #services: FileLinkServices;
  readonly #records = new Map<string, LinkRecord>();
  /** The record that was read last, until a packet comes. */
  #newRecord: LinkRecord | null = null;
  readonly #numbers = new Set<number>();
  readonly #copyFinders = new Map<string, CopyFinder>();
  /** Open links of our own, by their numbers in the file, which may differ from those they have here. */
  readonly #byRecord = new Map<number, FileLink>();
  #maxNumber = 0;
  /** Octets of a handshake of our own, which are read once the events behind them are known. */
  #waiting: { link: FileLink; read: () => void } | null = null;
  #events: StoredEvent[] = [];
  #timeNs = 0;
  #sizeBytes = 0;
  #bytesRead = 0;
  #packets = 0;
  #fragments = 0;
  #damaged = 0;
  #zeromq = 0;
  #isCancelled = false;
  #failure: FileProblem | null = null;

  constructor(options: FileCaptureOptions) {
    this.capture = options.capture;
    this.#clock = options.clock;
    this.#drained = options.drained;
    this.#window = new BlockWindow(this, options.clock.anchorNs);
    this.#streams = new TcpStreams({
      opened: (conversation, hasSyn, timeNs) => this.#opened(conversation, hasSyn, timeNs),
    });
    this.#services = {
      capture: options.capture,
      clock: options.clock,
      held: { bytes: 0, maxBytes: MAX_HELD_BYTES },
      onMark: options.onMark ?? (() => undefined),
      copyFinder: (tap, sockets) => this.#copyFinder(tap, sockets, options.newCopyFinder),
      onHandshake: (link) => this.#writeEventsUpTo(link),
      onEnded: (link) => this.#ended(link),
    };
  }

  get summary(): FileSummary {
    return {
      format: this.#window.format,
      bytesRead: this.#bytesRead,
      sizeBytes: this.#sizeBytes,
      packets: this.#packets,
      conversations: this.#streams.count,
      zeromq: this.#zeromq,
      fragments: this.#fragments,
      damaged: this.#damaged,
      oversized: this.#window.oversized,
      repeatedBytes: this.#streams.repeatedBytes,
      isCancelled: this.#isCancelled,
      problem: this.#failure ?? this.#window.problem,
    };
  }

  /**
   * Reads the file part by part, letting others run in between. Rows appear as it goes. Resolves when all is read, with
   * what was found; rejects with a UserError when the file cannot be opened. Only once.
   */
  async read(
    path: string,
    options: { signal?: AbortSignal; onProgress?: (bytesRead: number, sizeBytes: number) => void } = {},
  ): Promise<FileSummary> {
    const { signal, onProgress } = options;
    const goOn = async (bytesRead: number, sizeBytes: number): Promise<boolean> => {
      this.#bytesRead = bytesRead;
      this.#sizeBytes = sizeBytes;
      onProgress?.(bytesRead, sizeBytes);
      await this.#drained?.();
      return signal?.aborted !== true && this.#window.problem === null;
    };
    this.#failure = await readParts(path, this.#window, goOn);
    this.#isCancelled = signal?.aborted === true;
    this.finish();
    return this.summary;
  }

  /** For a capture that is in memory: takes its next octets in. Call finish() at the end. */
  push(bytes: Uint8Array): void {
    this.#window.push(bytes);
  }

  /** Closes what is open, since no more comes. */
  finish(): void {
    if (!this.#isCancelled) this.#window.end();
    this.#flush();
    this.#streams.end(this.#timeNs);
    this.#records.clear();
  }

  packet(
    bytes: Buffer,
    from: number,
    to: number,
    originalBytes: number,
    linkType: number,
    timeNs: number,
    comments: readonly string[],
  ): void {
    this.#packets++;
    if (this.#waiting !== null || this.#events.length > 0) this.#flush();
    this.#timeNs = timeNs;
    const kind = this.#packet.read(bytes, from, to, originalBytes, linkType);
    if (kind === "tcp") {
      this.#streams.segment(this.#packet, bytes, timeNs, comments.length === 0 ? null : noteOf(comments));
    } else if (kind === "fragment") this.#fragments++;
    else if (kind === "damaged") this.#damaged++;
    this.#newRecord = null;
  }

  custom(json: string): void {
    const read = readCustomBlock(json);
    if (read === null) return;
    if (read.kind === "link") this.#takeRecord(read.record);
    else if (this.#waiting !== null) {
      this.#events.push(read.event);
      if (this.#events.length === MAX_EVENTS) this.#flush();
    } else this.#writeEvent(read.event);
  }

  /** A record announces a link, or says again where one stands. */
  #takeRecord(record: LinkRecord): void {
    const ends = packetEnds(record.client, record.server, record.link);
    const conversation = this.#streams.find(ends);
    const link = this.#byRecord.get(record.link);
    const { middle } = record;
    if (link !== undefined && link.conversation === conversation && middle !== null) {
      const { streams } = link.conversation;
      const isBehind = ([0, 1] as const).some(
        (direction) => distance(streams[direction].next, middle.nextSequence[direction]) > 0,
      );
      if (!isBehind) return;
      this.#flush();
      for (const direction of [0, 1] as const) {
        this.#streams.expect(link.conversation, direction, middle.nextSequence[direction]);
      }
      link.resume(middle, this.#timeNs);
      return;
    }
    const key = keyOf(ends);
    this.#records.delete(key);
    this.#records.set(key, record);
    if (this.#records.size > MAX_RECORDS) this.#records.delete(this.#records.keys().next().value!);
    this.#newRecord = record;
  }

  #opened(conversation: TcpConversation, hasSyn: boolean, timeNs: number): StreamSink | null {
    const record = this.#recordOf(conversation, hasSyn);
    if (record !== null) {
      const link = this.#openLink(conversation, record, timeNs);
      if (!hasSyn && record.middle !== null) {
        for (const direction of [0, 1] as const) {
          this.#streams.expect(conversation, direction, record.middle.nextSequence[direction]);
        }
        link.resume(record.middle, timeNs);
      } else if (!hasSyn) {
        link.missStart(0);
        link.missStart(1);
      }
      return this.#whileShaking(conversation, link);
    }
    return new ConversationGate(conversation, {
      held: this.#services.held,
      openLink: (firstNs) => this.#openLink(conversation, null, firstNs),
    });
  }

  /** The record that announced a conversation; with its addresses, or right before its first packet. */
  #recordOf(conversation: TcpConversation, hasSyn: boolean): LinkRecord | null {
    const { ends } = conversation;
    for (const isReversed of [false, true]) {
      const key = keyOf(isReversed ? [ends[1], ends[0]] : ends);
      const record = this.#records.get(key);
      if (record === undefined) continue;
      if (isReversed) conversation.reverse();
      this.#records.delete(key);
      return record;
    }
    const next = hasSyn ? this.#newRecord : null;
    if (next !== null) this.#records.delete(keyOf(packetEnds(next.client, next.server, next.link)));
    return next;
  }

  #openLink(conversation: TcpConversation, record: LinkRecord | null, timeNs: number): FileLink {
    const [client, server] = [addressText(conversation.ends[0]), addressText(conversation.ends[1])];
    const own = `tcp://${server}`;
    const wanted = record?.link ?? 0;
    const number = wanted > 0 && !this.#numbers.has(wanted) ? wanted : this.#maxNumber + 1;
    this.#maxNumber = Math.max(this.#maxNumber, number);
    const link = new FileLink(
      {
        number,
        conversation,
        tap: record === null ? { id: own, name: own } : { id: record.tap, name: record.tapName },
        client: record?.client ?? client,
        server: record?.server ?? server,
        record,
      },
      this.#services,
      timeNs,
    );
    this.#zeromq++;
    this.#numbers.add(number);
    if (record !== null) this.#byRecord.set(record.link, link);
    return link;
  }

  #copyFinder(tap: string, sockets: SocketPair, make: (() => CopyFinder) | undefined): CopyFinder | null {
    const known = this.#copyFinders.get(tap);
    const finder = known ?? make?.();
    if (finder?.watches(sockets) !== true) return null;
    if (known === undefined && this.#copyFinders.size === MAX_COPY_FINDERS) return null;
    this.#copyFinders.set(tap, finder);
    return finder;
  }

  #ended(link: FileLink): void {
    const { recordNumber } = link;
    if (recordNumber !== null && this.#byRecord.get(recordNumber) === link) this.#byRecord.delete(recordNumber);
  }

  /** Octets of a handshake of ours wait until the next packet, since its event is in the file behind them. */
  #whileShaking(conversation: TcpConversation, link: FileLink): StreamSink {
    const settle = (): void => {
      if (this.#waiting !== null) this.#flush();
    };
    return {
      octets: (direction, bytes, from, to, timeNs, note) => {
        settle();
        if (!link.isShaking) {
          conversation.sink = link;
          link.octets(direction, bytes, from, to, timeNs, note);
          return;
        }
        const copy = Buffer.from(bytes.subarray(from, to));
        this.#waiting = { link, read: () => link.octets(direction, copy, 0, copy.length, timeNs, note) };
      },
      hole: (direction, octets, timeNs) => {
        settle();
        link.hole(direction, octets, timeNs);
      },
      ended: (end, timeNs) => {
        settle();
        link.ended(end, timeNs);
      },
    };
  }

  /** Reads the octets that wait, with the events that belong in front of them, among them and behind them. */
  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    if (waiting !== null) {
      // It was held back until the link was worth telling of, and is older than what the octets say.
      while (this.#events[0]?.event === "link-opened" && this.#linkOfEvent(this.#events[0]) === waiting.link) {
        this.#writeEvent(this.#events.shift()!);
      }
      waiting.read();
    }
    const events = this.#events;
    this.#events = [];
    for (const event of events) this.#writeEvent(event);
  }

  /** Events up to that of the handshake that has just been read. */
  #writeEventsUpTo(link: FileLink): void {
    const index = this.#events.findIndex(
      (event) =>
        event.event === "handshake" && this.#linkOfEvent(event) === link && event.detail["state"] !== "waiting",
    );
    for (const event of this.#events.splice(0, index + 1)) this.#writeEvent(event);
  }

  #linkOfEvent({ link }: StoredEvent): FileLink | undefined {
    return link === null ? undefined : this.#byRecord.get(link);
  }

  #writeEvent(stored: StoredEvent): void {
    const { event, tap, tapName, detail, timeNs } = stored;
    this.#clock.set(timeNs === null ? this.#timeNs : Number(timeNs - this.#clock.anchorNs));
    const link = this.#linkOfEvent(stored);
    if (link !== undefined) link.stored(event, detail, { id: tap, name: tapName });
    else this.capture.event(null, tap, tapName, event, detail);
  }
}

/** Reads a file into the window until it ends or `goOn` says no. Returns why it broke off. */
async function readParts(
  path: string,
  window: BlockWindow,
  goOn: (bytesRead: number, sizeBytes: number) => boolean | Promise<boolean>,
): Promise<FileProblem | null> {
  let position = 0;
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const { size } = await file.stat();
    while (await goOn(position, size)) {
      const room = window.borrowRoom();
      const { bytesRead } = await file.read(room, 0, room.length, position);
      if (bytesRead === 0) break;
      position += bytesRead;
      window.wrote(bytesRead);
      position += window.takeSkip(size - position);
    }
    return null;
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    if (position === 0) throw cannotReadFile(path, cause);
    return {
      message: `The file could not be read any further (${cause.code}); all before was read.`,
      offset: position,
    };
  } finally {
    await file?.close();
  }
}

function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && "syscall" in error && "code" in error && typeof error.code === "string";
}

/** What a packet's comments say of its octets. */
function noteOf(comments: readonly string[]): PacketNote | null {
  let note: PacketNote | null = null;
  let mark: PacketNote["mark"] = null;
  for (const comment of comments) {
    if (comment === "origin: replay") note = REPLAY;
    else if (comment === "origin: call") note = CALL;
    else if (comment === "origin: bridge") note = BRIDGE;
    else if (comment === "origin: watch") note = WATCH;
    else mark ??= readMark(comment);
  }
  return mark === null ? note : { origin: note?.origin ?? 0, mark };
}

function keyOf([client, server]: readonly [PacketEnd, PacketEnd]): string {
  return `${addressText(client)} ${addressText(server)}`;
}
