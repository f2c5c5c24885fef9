import type { Duplex } from "node:stream";
import type { SocketType } from "../../shared/model.ts";
import { readFrameHeader } from "../wire/frames.ts";
import type { ZmtpClient } from "../wire/zmtpClient.ts";
import { ReplayLink } from "./replayLink.ts";

/** How long a subscriber that listens may take to say what it wants, behind its handshake. */
const SUBSCRIBING_MS = 1_000;

/** A connection that was opened, or is about to be: `whyNot` rejects with why it never opens. */
export type OpenedStream = {
  readonly stream: Duplex;
  readonly client: ZmtpClient;
  readonly whyNot: Promise<unknown> | null;
};

/** What a request is to be answered with. */
export type Expected = {
  /** The id that its reply repeats, where the dialect has one. */
  readonly id: string | null;
};

export type ConversationEvents<Request extends Expected> = {
  /** A message went out. */
  sent(): void;
  answered(request: Request, frames: readonly Uint8Array[]): void;
  /** No reply came: in time, or before the connection closed. */
  unanswered(request: Request, why: "timeout" | "closed"): void;
  /** Nobody on the other side has subscribed to this publication. */
  unsubscribed(): void;
  /** The id in a reply; `null` when it has none. */
  idOf(frames: readonly Uint8Array[], request: Request): string | null;
  /** It cannot be spoken to: the session is at its end. */
  failed(error: unknown): void;
  /** There may be room, or nothing left to wait for. */
  changed(): void;
};

/** What several conversations have to do, kept up by these, so that nobody has to ask each of them. */
export type ReplayLoad = {
  /** Messages that wait, and their octets. */
  waiting: number;
  waitingBytes: number;
  /** Requests under way. */
  pending: number;
  /** Conversations in which something waits or is under way. */
  busy: number;
};

export function noLoad(): ReplayLoad {
  return { waiting: 0, waitingBytes: 0, pending: 0, busy: 0 };
}

type Waiting<Request> = { readonly octets: Buffer; readonly request: Request | null };
type Pending<Request> = { readonly request: Request; readonly dueMs: number };

/**
 * What one recorded socket said, said again on a connection of our own that stays open: in order, and of a REQ each request
 * when the one before was answered. A REQ whose answer stays out begins anew, as an answer that comes late would be taken
 * for the next one's. What cannot go out yet waits here; the caller bounds it.
 */
export class ReplayConversation<Request extends Expected> {
  readonly socket: SocketType;
  /** Octets that wait. */
  #waitingBytes = 0;
  readonly #open: () => Promise<OpenedStream>;
  readonly #timeoutMs: number;
  readonly #events: ConversationEvents<Request>;
  readonly #load: ReplayLoad;
  /** Our part of that. */
  readonly #counted = noLoad();
  readonly #waiting: Waiting<Request>[] = [];
  #pending: Pending<Request>[] = [];
  #link: ReplayLink | null = null;
  #isOpening = false;
  #isClosed = false;
  /** Of a publisher: it has heard what is wanted. */
  #isHeard = false;
  #timer: NodeJS.Timeout | undefined;

  /** `open` is called whenever a connection is needed, and none is there. `load` is shared with others. */
  constructor(
    socket: SocketType,
    open: () => Promise<OpenedStream>,
    timeoutMs: number,
    events: ConversationEvents<Request>,
    load: ReplayLoad = noLoad(),
  ) {
    this.socket = socket;
    this.#open = open;
    this.#timeoutMs = timeoutMs;
    this.#events = events;
    this.#load = load;
  }

  get isIdle(): boolean {
    return this.#waiting.length === 0 && this.#pending.length === 0;
  }

  /** Whether the other side takes nothing more just now. */
  get isFull(): boolean {
    return this.#link?.isFull === true;
  }

  /** Sends the first `size` octets, a whole message, now or when its turn comes. `request` when it is to be answered. */
  send(octets: Buffer, size: number, request: Request | null): void {
    if (this.#isClosed) return;
    if (this.#waiting.length === 0 && this.#isFree()) {
      this.#put(octets, size, request);
      if (request !== null) this.#count();
      return;
    }
    this.#waiting.push({ octets: Buffer.from(octets.subarray(0, size)), request });
    this.#waitingBytes += size;
    this.#count();
    if (this.#link === null) void this.#connect();
  }

  flush(): void {
    if (this.#link?.isReady === true) this.#link.flush();
  }

  /** Ends behind what was sent; what waits is dropped. */
  async close(): Promise<void> {
    this.#end();
    await this.#link?.close();
  }

  destroy(): void {
    this.#end();
    this.#link?.destroy();
  }

  #end(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#pending = [];
    this.#count();
  }

  #count(): void {
    const [load, counted] = [this.#load, this.#counted];
    const busy = this.isIdle ? 0 : 1;
    load.waiting += this.#waiting.length - counted.waiting;
    load.waitingBytes += this.#waitingBytes - counted.waitingBytes;
    load.pending += this.#pending.length - counted.pending;
    load.busy += busy - counted.busy;
    counted.waiting = this.#waiting.length;
    counted.waitingBytes = this.#waitingBytes;
    counted.pending = this.#pending.length;
    counted.busy = busy;
  }

  get #publishes(): boolean {
    return this.socket === "PUB" || this.socket === "XPUB";
  }

  /** Whether the next message may go out. */
  #isFree(): boolean {
    const link = this.#link;
    if (link?.isReady !== true || link.isOver || link.isFull) return false;
    if (this.#publishes) return this.#isHeard;
    return this.socket !== "REQ" || this.#pending.length === 0;
  }

  #put(octets: Buffer, size: number, request: Request | null): void {
    const link = this.#link!;
    if (this.#publishes && !link.wants(topicOf(octets, size))) {
      this.#events.unsubscribed();
      return;
    }
    link.put(octets, size);
    this.#events.sent();
    if (request === null) return;
    this.#pending.push({ request, dueMs: performance.now() + this.#timeoutMs });
    // A request is waited for, so it waits for no batch.
    link.flush();
    this.#watch();
  }

  #advance(): void {
    let isPut = false;
    while (this.#waiting.length > 0 && this.#isFree()) {
      const { octets, request } = this.#waiting.shift()!;
      this.#waitingBytes -= octets.length;
      this.#put(octets, octets.length, request);
      isPut = true;
    }
    if (isPut) this.flush();
    this.#count();
    if (this.#waiting.length > 0 && this.#link === null) void this.#connect();
    this.#events.changed();
  }

  async #connect(): Promise<void> {
    if (this.#isOpening || this.#isClosed) return;
    this.#isOpening = true;
    try {
      const { stream, client, whyNot } = await this.#open();
      const link: ReplayLink = new ReplayLink(
        stream,
        client,
        {
          message: (frames) => this.#received(frames),
          subscribed: () => this.#heard(),
          drained: () => this.#advance(),
          lost: () => this.#lost(link),
        },
        whyNot,
      );
      // close() and destroy() found nothing to end.
      if (this.#hasClosed()) link.destroy();
      this.#link = link;
      await link.ready;
      this.#isHeard = link.subscriptions > 0;
      if (this.#publishes && !this.#isHeard) {
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.#heard(), SUBSCRIBING_MS);
      }
    } catch (error) {
      this.#link = null;
      if (!this.#hasClosed()) this.#events.failed(error);
      return;
    } finally {
      this.#isOpening = false;
    }
    this.#advance();
  }

  /** It changes while something is awaited, which the compiler does not see. */
  #hasClosed(): boolean {
    return this.#isClosed;
  }

  #heard(): void {
    this.#isHeard = true;
    if (!this.#isOpening) this.#advance();
  }

  #received(frames: readonly Uint8Array[]): void {
    const [first] = this.#pending;
    if (first === undefined) return;
    const id = this.#events.idOf(frames, first.request);
    const at = id === null ? 0 : this.#pending.findIndex(({ request }) => request.id === id);
    if (at < 0) return;
    const [answered] = this.#pending.splice(at, 1);
    this.#events.answered(answered!.request, frames);
    this.#watch();
    this.#advance();
  }

  #lost(link: ReplayLink): void {
    if (this.#link === link) this.#link = null;
    this.#giveUp(this.#pending.splice(0), "closed");
  }

  /** Looks after the oldest request. */
  #watch(): void {
    clearTimeout(this.#timer);
    const [oldest] = this.#pending;
    if (oldest === undefined) return;
    this.#timer = setTimeout(() => this.#expire(), Math.max(0, oldest.dueMs - performance.now()));
  }

  #expire(): void {
    const nowMs = performance.now();
    const late = this.#pending.filter(({ dueMs }) => dueMs <= nowMs);
    this.#pending = this.#pending.filter(({ dueMs }) => dueMs > nowMs);
    if (late.length > 0 && this.socket === "REQ") {
      this.#link?.destroy();
      this.#link = null;
    }
    this.#watch();
    this.#giveUp(late, "timeout");
  }

  #giveUp(late: readonly Pending<Request>[], why: "timeout" | "closed"): void {
    for (const { request } of late) this.#events.unanswered(request, why);
    this.#advance();
  }
}

/** The first frame of a publication. */
export function topicOf(octets: Buffer, size: number): Uint8Array {
  const header = readFrameHeader(octets.subarray(0, size), 0);
  if (header === null) return octets.subarray(0, 0);
  return octets.subarray(header.headerBytes, header.headerBytes + header.sizeBytes);
}
