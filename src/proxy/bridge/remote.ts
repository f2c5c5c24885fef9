import type { SocketLink } from "../socketLink.ts";
import type { Context, ZeroMq } from "../zeromq.ts";
import type { Counters } from "./counters.ts";
import type { LegOptions } from "./legSecurity.ts";
import { bindSocket } from "./zeromq.ts";

type Request = InstanceType<ZeroMq["Request"]>;

/** How long the endpoint of a socket that was closed may take to become free. */
const REBIND_MS = 2_000;
const REBIND_PAUSE_MS = 20;
/** How long a reply may still be on its way inside libzmq when it is told that its sender has gone. */
const LAST_REPLY_MS = 100;

/** A message for a remote, by which its outcome is known. */
export type Asked = { readonly frames: readonly Uint8Array[] };

/** Where messages can be sent to be replied to, one at a time. */
export type Asking = {
  /** Must be free. Ends in one call of replied() or failed(), unless it is closed. */
  ask(asked: Asked, timeoutMs: number): void;
  close(): void;
};

export type AskingEvents = {
  /** It is free again. */
  replied(from: Asking, asked: Asked, reply: Buffer[]): void;
  /** `why` is a sentence. It is free again. */
  failed(from: Asking, asked: Asked, why: string): void;
};

export type RemoteOptions = {
  readonly zmq: ZeroMq;
  readonly context: Context;
  readonly attach: "bind" | "connect";
  readonly security: LegOptions;
  /** Of a frame of a reply; a remote that sends more is disconnected. */
  readonly maxMessageBytes: number;
  readonly counters: Counters;
  readonly openLink: (endpoint: string) => SocketLink;
  /** It refuses the connection, whether something is asked or not; a sentence. */
  readonly onRefused: (why: string) => void;
};

const NOT_THERE = "nothing accepts a connection there";
const NOT_SHAKEN = "the handshake is not done: it may want other credentials, or be no REP";
const IS_LISTENED_FOR = "nobody has connected";

/**
 * A REQ of a bridge. When an attempt fails, by silence, a lost connection or refused credentials, its socket is closed
 * with all that it holds and made anew: a server that comes late does not get a request that was given up. What has not
 * left is not counted as sent, nor shown in the log.
 */
export class Remote implements Asking {
  /** As it really is. */
  endpoint: string;
  readonly #options: RemoteOptions;
  readonly #events: AskingEvents;
  #socket: Request | null = null;
  #link: SocketLink | null = null;
  #asked: Asked | null = null;
  /** Somebody is there, where the bridge connects; messages of sockets that bind wait for somebody by themselves. */
  #isShaken = false;
  /** `asked` was handed to the socket, which may still wait for somebody to take it. */
  #isSent = false;
  /** Somebody has taken it. */
  #hasLeft = false;
  #timeoutMs = 0;
  #deadlineMs = 0;
  /** Goes on when a reply has come, since it is dear to make one for every message. */
  #timer: NodeJS.Timeout | undefined;
  #timerMs = 0;
  /** How far the connection has come, for a message that says why nothing was replied. */
  #reached: string;
  /** The connection is refused for good, and libzmq does not try again. */
  #isSpoiled = false;
  #isClosed = false;

  constructor(endpoint: string, options: RemoteOptions, events: AskingEvents) {
    this.endpoint = endpoint;
    this.#options = options;
    this.#events = events;
    this.#reached = options.attach === "bind" ? IS_LISTENED_FOR : NOT_THERE;
  }

  /** Rejects with a UserError when it cannot be bound. */
  async open(): Promise<void> {
    const socket = this.#make();
    if (this.#options.attach === "bind") this.endpoint = await bindSocket(socket, this.endpoint);
    else socket.connect(this.endpoint);
  }

  ask(asked: Asked, timeoutMs: number): void {
    this.#asked = asked;
    this.#isSent = false;
    this.#hasLeft = false;
    this.#timeoutMs = timeoutMs;
    this.#deadlineMs = performance.now() + timeoutMs;
    if (this.#timer === undefined || this.#timerMs > this.#deadlineMs) this.#setTimer(timeoutMs);
    if (this.#isSpoiled) void this.#renew();
    this.#begin();
  }

  close(): void {
    this.#isClosed = true;
    this.#asked = null;
    clearTimeout(this.#timer);
    this.#socket?.close();
    this.#link?.closed();
  }

  /** Sends what is asked once somebody is there to take it. */
  #begin(): void {
    const [asked, socket] = [this.#asked, this.#socket];
    if (asked === null || socket === null || this.#isSent) return;
    if (this.#options.attach === "connect" && !this.#isShaken) return;
    this.#isSent = true;
    void this.#exchange(asked, socket);
  }

  async #exchange(asked: Asked, socket: Request): Promise<void> {
    try {
      await socket.send(asked.frames as Uint8Array[]);
      if (this.#asked !== asked) return;
      this.#hasLeft = true;
      this.#link ??= this.#options.openLink(this.endpoint);
      this.#link.message(0, asked.frames);
      const reply = await socket.receive();
      if (this.#asked !== asked) return;
      this.#asked = null;
      this.#link.message(1, reply);
      this.#events.replied(this, asked, reply);
    } catch (error) {
      if (this.#asked === asked && this.#socket === socket)
        this.#fail(`${this.endpoint} failed: ${error instanceof Error ? error.message : String(error)}.`);
    }
  }

  #fail(why: string): void {
    const asked = this.#asked;
    if (asked === null) return;
    this.#asked = null;
    this.#options.counters.recreated++;
    const renewed = this.#renew();
    if (renewed === null) this.#events.failed(this, asked, why);
    else void renewed.then(() => this.#events.failed(this, asked, why));
  }

  #failUnlessReplied(): void {
    const asked = this.#asked;
    setTimeout(() => {
      if (asked !== null && this.#asked === asked)
        this.#fail(`${this.endpoint} closed the connection before it replied.`);
    }, LAST_REPLY_MS).unref();
  }

  #setTimer(ms: number): void {
    clearTimeout(this.#timer);
    this.#timerMs = performance.now() + ms;
    this.#timer = setTimeout(() => this.#look(), ms);
  }

  #look(): void {
    this.#timer = undefined;
    if (this.#asked === null) return;
    const leftMs = this.#deadlineMs - performance.now();
    if (leftMs > 0) this.#setTimer(leftMs);
    else this.#fail(this.#silence());
  }

  #silence(): string {
    const timeoutMs = this.#timeoutMs;
    const time = timeoutMs < 1_000 ? `${Math.round(timeoutMs)} ms` : `${Math.round(timeoutMs / 100) / 10} s`;
    return this.#hasLeft
      ? `${this.endpoint} got the message and did not reply within ${time}.`
      : `${this.endpoint} did not take the message within ${time}: ${this.#reached}.`;
  }

  #make(): Request {
    const { zmq, context, security, attach, maxMessageBytes: maxMessageSize } = this.#options;
    // Not ZMQ_IMMEDIATE, with which libzmq throws away a reply whose sender leaves at once.
    const socket = new zmq.Request({ ...security, context, linger: 0, maxMessageSize });
    this.#socket = socket;
    this.#isShaken = false;
    this.#isSpoiled = false;
    this.#reached = attach === "bind" ? IS_LISTENED_FOR : NOT_THERE;
    const { events } = socket;
    const isCurrent = (): boolean => this.#socket === socket && !this.#isClosed;
    const refused = (why: string): void => {
      if (!isCurrent() || attach === "bind") return;
      this.#isSpoiled = true;
      this.#reached = why;
      this.#options.onRefused(`${this.endpoint} cannot be asked: ${why}.`);
      this.#fail(`${this.endpoint} cannot be asked: ${why}.`);
    };
    events.on("connect", () => {
      if (isCurrent()) this.#reached = NOT_SHAKEN;
    });
    events.on("handshake", () => {
      if (!isCurrent()) return;
      this.#reached = "it is busy";
      this.#isShaken = true;
      this.#begin();
    });
    events.on("handshake:error:auth", () => refused("it refuses the credentials"));
    events.on("handshake:error:protocol", () =>
      refused("it speaks another security mechanism, or the keys do not fit"),
    );
    events.on("disconnect", () => {
      if (!isCurrent()) return;
      this.#isShaken = false;
      if (!this.#isSpoiled) this.#reached = attach === "bind" ? IS_LISTENED_FOR : NOT_THERE;
      // Of several that have connected it may be another one that went.
      if (this.#hasLeft && attach === "connect") this.#failUnlessReplied();
    });
    return socket;
  }

  /** A fresh socket in place of the one that is there; a promise where that takes time. */
  #renew(): Promise<void> | null {
    const old = this.#socket;
    this.#link?.closed("client");
    this.#link = null;
    if (this.#options.attach === "connect") {
      old?.close();
      this.#make().connect(this.endpoint);
      return null;
    }
    this.#socket = null;
    old?.close();
    return this.#rebind();
  }

  /** The endpoint of a socket that was just closed is free a moment later. */
  async #rebind(): Promise<void> {
    const untilMs = performance.now() + REBIND_MS;
    while (!this.#isClosed) {
      const socket = this.#make();
      try {
        await bindSocket(socket, this.endpoint);
        return;
      } catch (error) {
        socket.close();
        this.#reached = error instanceof Error ? error.message.replace(/[.]$/, "") : String(error);
        if (performance.now() > untilMs) return;
        await new Promise((resolve) => setTimeout(resolve, REBIND_PAUSE_MS));
      }
    }
  }
}
