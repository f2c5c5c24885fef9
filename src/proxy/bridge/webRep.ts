import { randomBytes } from "node:crypto";
import type * as zeromq from "zeromq";
import { callContent, failure } from "./webEnvelope.ts";
import { type Frames, MAX_MESSAGE_BYTES, reasonOf, type SocketMaker, textsOf } from "./webSocketKinds.ts";
import { bindPatiently } from "./zeromq.ts";

/** As long as the handles that pages know: 40 digits. */
const HANDLE_BYTES = 20;
/** How long last answers may take to a caller that reads slowly once its endpoint is freed. */
const LAST_ANSWERS_MS = 250;

/** What a page's REP is told. */
export type RepNotices = {
  /** A back end calls: the content for the page, its routing id in digits, and the frames, the payload at `from`. */
  readonly called: (content: string, caller: string, frames: Frames, from: number) => void;
  /** The page's answer, or one in its place, is on its way. */
  readonly answered: (caller: string, frames: Frames, from: number) => void;
  /** The page has not answered a call in time. */
  readonly timedOut: (caller: string) => void;
  /** The socket is at its end: a sentence. */
  readonly failed: (problem: string) => void;
};

/** A call that a page has not answered yet. */
type OpenCall = { readonly caller: string; readonly envelope: Frames; readonly timer: NodeJS.Timeout };

/**
 * A ROUTER that is bound for the REPs of pages, which back ends call: `[payload…][identity of the page's socket]`, or the
 * payload alone while there is one such socket. A caller always gets an answer, since a REQ without one is stuck.
 */
class WebRouter {
  readonly endpoint: string;
  readonly reps = new Map<string, WebRep>();
  readonly #router: zeromq.Router;
  #sending: Promise<void> = Promise.resolve();
  /** Answers that are not sent yet. */
  #unsent = 0;
  readonly #maxUnsent: number;

  constructor(endpoint: string, { zmq, context, highWaterMark }: SocketMaker) {
    this.endpoint = endpoint;
    this.#maxUnsent = 10 * highWaterMark;
    this.#router = new zmq.Router({ context, linger: 0, maxMessageSize: MAX_MESSAGE_BYTES, mandatory: false });
    this.#router.sendHighWaterMark = highWaterMark;
    this.#router.receiveHighWaterMark = highWaterMark;
  }

  async bind(): Promise<void> {
    await bindPatiently(this.#router, this.endpoint);
    void this.#receive();
  }

  send(frames: Frames): void {
    // More than this only waits where a caller does not read; it gets none.
    if (this.#unsent >= this.#maxUnsent) return;
    this.#unsent++;
    this.#sending = this.#sending
      .then(() => this.#router.send(frames as Uint8Array[]))
      // The caller has gone, or the socket was closed: nobody waits for it.
      .catch(() => undefined)
      .finally(() => this.#unsent--);
  }

  /**
   * Frees the endpoint once what was answered is sent. Not by unbind(): the library does that in another thread while this
   * one looks for calls in the same socket, on which libzmq aborts the process.
   */
  async close(): Promise<void> {
    await this.#sending;
    this.#router.linger = LAST_ANSWERS_MS;
    this.#router.close();
  }

  async #receive(): Promise<void> {
    try {
      for await (const frames of this.#router) this.#received(frames);
    } catch (error) {
      if (this.#router.closed) return;
      for (const rep of this.reps.values()) rep.notices.failed(`The socket ended: ${reasonOf(error)}.`);
    }
  }

  #received(frames: readonly Buffer[]): void {
    const delimiter = frames.findIndex((frame, index) => index > 0 && frame.length === 0);
    // A peer that does not speak REQ's envelope could not take an answer.
    if (delimiter < 0) return;
    const envelope = frames.slice(0, delimiter + 1);
    const body = frames.slice(delimiter + 1);
    const target = body.length > 1 ? this.reps.get(body.at(-1)!.toString("utf8")) : undefined;
    const only = target === undefined && this.reps.size === 1 ? [...this.reps.values()][0] : undefined;
    const rep = target ?? (body.length === 1 ? only : undefined);
    const payload = target === undefined ? body : body.slice(0, -1);
    if (rep !== undefined) rep.called(envelope, payload, frames);
    else this.send([...envelope, Buffer.from(failure("no browser has a socket of this identity"))]);
  }
}

/** The bound sockets of one web bridge, by endpoint. */
export class WebRouters {
  readonly #maker: SocketMaker;
  readonly #routers = new Map<string, { readonly router: WebRouter; readonly bound: Promise<void> }>();
  /** Endpoints that are being freed: a page that is reloaded wants its own back. */
  readonly #closing = new Map<string, Promise<void>>();

  constructor(maker: SocketMaker) {
    this.#maker = maker;
  }

  /** A REP for a page. Rejects with an error of `zeromq` where it cannot bind, and when the identity is taken. */
  async open(identity: string, endpoint: string, notices: RepNotices): Promise<WebRep> {
    const known = this.#routers.get(endpoint) ?? this.#bind(endpoint);
    const { router, bound } = known;
    if (router.reps.has(identity)) throw new Error("this identity is in use there already");
    const rep = new WebRep(identity, router, this.#maker, notices, () => this.#left(known.router));
    router.reps.set(identity, rep);
    try {
      await bound;
    } catch (error) {
      rep.close();
      throw error;
    }
    return rep;
  }

  #bind(endpoint: string): { readonly router: WebRouter; readonly bound: Promise<void> } {
    const router = new WebRouter(endpoint, this.#maker);
    const freed = this.#closing.get(endpoint) ?? Promise.resolve();
    const entry = { router, bound: freed.then(() => router.bind()) };
    this.#routers.set(endpoint, entry);
    return entry;
  }

  #left(router: WebRouter): void {
    if (router.reps.size > 0) return;
    const { endpoint } = router;
    this.#routers.delete(endpoint);
    const closing = router.close().finally(() => {
      if (this.#closing.get(endpoint) === closing) this.#closing.delete(endpoint);
    });
    this.#closing.set(endpoint, closing);
  }
}

/** A page's REP. */
export class WebRep {
  readonly notices: RepNotices;
  readonly #identity: string;
  readonly #router: WebRouter;
  readonly #maker: SocketMaker;
  readonly #left: () => void;
  readonly #open = new Map<string, OpenCall>();
  #isClosed = false;

  constructor(identity: string, router: WebRouter, maker: SocketMaker, notices: RepNotices, left: () => void) {
    this.#identity = identity;
    this.#router = router;
    this.#maker = maker;
    this.notices = notices;
    this.#left = left;
  }

  called(envelope: Frames, payload: Frames, frames: Frames): void {
    const caller = Buffer.from(envelope[0]!).toString("hex");
    const texts = textsOf(payload);
    const { highWaterMark, timeoutMs } = this.#maker;
    if (texts === undefined) {
      this.#refuse(envelope, "the payload is no text in UTF-8");
      return;
    }
    if (this.#open.size >= highWaterMark) {
      this.#refuse(envelope, "the browser has too many calls to answer");
      return;
    }
    const handle = randomBytes(HANDLE_BYTES).toString("hex");
    const timer = setTimeout(() => {
      this.notices.timedOut(caller);
      this.answer(handle, [failure(`the browser did not answer within ${timeoutMs / 1000} s`)]);
    }, timeoutMs);
    this.#open.set(handle, { caller, envelope, timer });
    this.notices.called(callContent(handle, texts), caller, frames, envelope.length);
  }

  /** False for a handle that waits for nothing. */
  answer(handle: string, frames: readonly string[]): boolean {
    const call = this.#open.get(handle);
    if (call === undefined) return false;
    this.#open.delete(handle);
    clearTimeout(call.timer);
    const answer = [...call.envelope, ...frames.map((frame) => Buffer.from(frame))];
    this.#router.send(answer);
    this.notices.answered(call.caller, answer, call.envelope.length);
    return true;
  }

  /** Whoever still waits is told that the page has gone. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const handle of [...this.#open.keys()]) this.answer(handle, [failure("the browser has gone")]);
    this.#router.reps.delete(this.#identity);
    this.#left();
  }

  #refuse(envelope: Frames, problem: string): void {
    this.#router.send([...envelope, Buffer.from(failure(problem))]);
  }
}
