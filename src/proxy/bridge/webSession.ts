import type { WebSocket } from "ws";
import type { Direction } from "../../shared/model.ts";
import type { WebAccess, WebSocketType } from "../../shared/webBridge.ts";
import { allowEndpoint, allowTopics, refuseCall } from "./webAccess.ts";
import { type ConnectWish, connectReply, dataText, errorText, readAnswer, readEnvelope } from "./webEnvelope.ts";
import type { WebRep, WebRouters } from "./webRep.ts";
import { WebReq } from "./webReq.ts";
import { type Frames, MAX_ALL_SOCKETS, reasonOf, type SocketMaker, textsOf } from "./webSocketKinds.ts";
import { WebSub } from "./webSub.ts";

/** Sockets of one page. */
const MAX_SOCKETS = 64;
/** Octets that a page has not read yet; then publications are dropped, and a page that wants replies is cut off. */
const MAX_UNREAD_BYTES = 8 * 1024 * 1024;
/** Characters of requests that wait for their turn; then no more is read from the page. */
const MAX_WAITING_CHARS = 8 * 1024 * 1024;
/** Back ends that call one socket of a page, with a link of the log each; the one that called longest ago is closed. */
const MAX_CALLERS = 16;

/** What a page's socket and its endpoint say to each other, as a link of the log. The client is the one that connects. */
export type WebLink = {
  /** The message is what stands from frame `from` on. */
  readonly message: (direction: Direction, frames: Frames, from: number) => void;
  readonly close: () => void;
};

export type WebLinkFacts = {
  readonly type: WebSocketType;
  readonly identity: string;
  readonly endpoint: string;
  /** Address of the page's connection. */
  readonly browser: string;
  /** Of a REP: the routing id of the back end in hexadecimal digits; else empty. */
  readonly caller: string;
};

/** What was refused, and why, for the log. */
export type WebRefusal = {
  readonly what: "connection" | "connect" | "call";
  readonly browser: string;
  readonly reason: string;
  readonly identity?: string;
  readonly endpoint?: string;
};

export type WebCounts = { sockets: number; messages: number; dropped: number; refused: number; timedOut: number };

/** What all pages of one bridge share. */
export type WebServices = {
  readonly access: WebAccess;
  readonly maker: SocketMaker;
  readonly routers: WebRouters;
  readonly counts: WebCounts;
  readonly openLink: (facts: WebLinkFacts) => WebLink;
  readonly onRefused: (refusal: WebRefusal) => void;
  readonly onChange: () => void;
};

type PageSocket = {
  readonly wish: ConnectWish;
  readonly endpoint: string;
  readonly req: WebReq | null;
  readonly sub: WebSub | null;
  /** `null` too while it is being bound. */
  rep: WebRep | null;
  /** Of a REP one for each caller, the newest last; else one under an empty name. */
  readonly links: Map<string, WebLink>;
  /** Messages for the page that are not written yet. */
  unwritten: number;
  toldUnreadable: boolean;
};

/** One page's connection and its sockets. What is wrong with one message is told to this page, and changes nothing else. */
export class WebSession {
  readonly #peer: WebSocket;
  readonly #browser: string;
  readonly #services: WebServices;
  readonly #sockets = new Map<string, PageSocket>();
  #waitingChars = 0;
  #isClosed = false;

  constructor(peer: WebSocket, browser: string, services: WebServices) {
    this.#peer = peer;
    this.#browser = browser;
    this.#services = services;
    peer.on("message", (data, isBinary) => {
      if (isBinary) this.#tell(errorText(null, "Binary messages are not understood: send JSON as text."));
      else this.#received((data as Buffer).toString("utf8"));
    });
    peer.on("error", () => undefined); // 'close' follows.
    peer.once("close", () => this.#close());
  }

  #received(text: string): void {
    const envelope = readEnvelope(text);
    switch (envelope.kind) {
      case "connect":
        void this.#connect(envelope);
        return;
      case "disconnect":
        this.#drop(envelope.identity);
        return;
      case "data":
        this.#sent(envelope.identity, envelope.content);
        return;
      case "bad": {
        const { identity, isConnect, problem } = envelope;
        if (isConnect) this.#refuse(identity, undefined, problem);
        else this.#tell(errorText(identity, problem));
      }
    }
  }

  async #connect(wish: ConnectWish): Promise<void> {
    const { access, counts } = this.#services;
    const { identity, type } = wish;
    const allowed = allowEndpoint(access, type, wish.endpoint);
    if ("problem" in allowed) {
      this.#refuse(identity, wish.endpoint, allowed.problem);
      return;
    }
    const { endpoint } = allowed;
    const topics = type === "SUB" ? allowTopics(access, wish.topics) : { topics: [] };
    if ("problem" in topics) {
      this.#refuse(identity, endpoint, topics.problem);
      return;
    }
    const problem = this.#sockets.has(identity)
      ? "This identity has a socket already."
      : this.#sockets.size >= MAX_SOCKETS
        ? `A page has at most ${MAX_SOCKETS} sockets.`
        : counts.sockets >= MAX_ALL_SOCKETS
          ? `The web bridge has ${MAX_ALL_SOCKETS} sockets already, and makes no more.`
          : null;
    if (problem !== null) {
      this.#refuse(identity, endpoint, problem);
      return;
    }
    try {
      await this.#open(wish, endpoint, topics.topics);
    } catch (error) {
      const cannot = type === "REP" ? "bound" : "connected to";
      this.#refuse(identity, endpoint, `${endpoint} cannot be ${cannot}: ${reasonOf(error)}.`);
    }
  }

  /** Rejects with an error of `zeromq`. */
  async #open(wish: ConnectWish, endpoint: string, topics: readonly string[]): Promise<void> {
    const { maker, routers, counts, onChange } = this.#services;
    const { identity, type } = wish;
    const socket: PageSocket = {
      wish,
      endpoint,
      req: type === "REQ" ? this.#openReq(identity, endpoint) : null,
      sub:
        type === "SUB"
          ? new WebSub(endpoint, topics, maker, {
              isFull: () => this.#isFull(socket),
              published: (frames) => this.#published(socket, frames),
              failed: (problem) => this.#failed(socket, problem),
            })
          : null,
      rep: null,
      links: new Map(),
      unwritten: 0,
      toldUnreadable: false,
    };
    this.#sockets.set(identity, socket);
    counts.sockets++;
    if (type === "REP") {
      try {
        const rep = await routers.open(identity, endpoint, {
          called: (content, caller, frames, from) => this.#called(socket, content, caller, frames, from),
          answered: (caller, frames, from) => {
            this.#services.counts.messages++;
            this.#linkOf(socket, caller).message(1, frames, from);
          },
          timedOut: (caller) => this.#timedOut(socket, caller),
          failed: (problem) => this.#failed(socket, problem),
        });
        // The page may have left while it was bound.
        if (this.#sockets.get(identity) !== socket) {
          rep.close();
          return;
        }
        socket.rep = rep;
      } catch (error) {
        if (this.#sockets.get(identity) === socket) this.#drop(identity);
        throw error;
      }
    } else this.#linkOf(socket, "");
    this.#tell(connectReply(identity, null));
    onChange();
  }

  #openReq(identity: string, endpoint: string): WebReq {
    const of = (): PageSocket | undefined => this.#sockets.get(identity);
    return new WebReq(identity, endpoint, this.#services.maker, {
      sent: (content) => {
        const socket = of();
        if (socket === undefined) return;
        this.#services.counts.messages++;
        this.#linkOf(socket, "").message(0, [content], 0);
      },
      replied: (frames, from) => {
        const socket = of();
        if (socket !== undefined) this.#replied(socket, frames, from);
      },
      failed: (problem, why) => {
        const socket = of();
        if (socket !== undefined && why === "timeout") this.#timedOut(socket, "");
        this.#tell(errorText(identity, problem));
      },
      drained: (content) => {
        this.#waitingChars -= content.length;
        this.#regulate();
      },
    });
  }

  /** The page sent something to one of its sockets. */
  #sent(identity: string, content: string): void {
    const socket = this.#sockets.get(identity);
    if (socket === undefined) {
      this.#tell(errorText(identity, "No socket of this identity is connected. Send a connect first."));
    } else if (socket.req !== null) {
      const problem = refuseCall(this.#services.access, content);
      if (problem !== null) this.#note({ what: "call", identity, endpoint: socket.endpoint, reason: problem });
      this.#waitingChars += content.length;
      socket.req.send(content, problem);
      this.#regulate();
    } else if (socket.rep !== null) {
      const answer = readAnswer(content);
      const problem =
        answer === undefined
          ? 'The answer of a REP is a JSON list in a text: [handle, "", reply].'
          : socket.rep.answer(answer.handle, answer.frames)
            ? null
            : "No call of this handle waits for an answer.";
      if (problem !== null) this.#tell(errorText(identity, problem));
    } else this.#tell(errorText(identity, "A SUB sends nothing."));
  }

  /** While a REQ has all it may hold, the page is not read. */
  #regulate(): void {
    const mustWait =
      this.#waitingChars > MAX_WAITING_CHARS || [...this.#sockets.values()].some(({ req }) => req?.isFull === true);
    if (mustWait && !this.#peer.isPaused) this.#peer.pause();
    else if (!mustWait && this.#peer.isPaused) this.#peer.resume();
  }

  #replied(socket: PageSocket, frames: Frames, from: number): void {
    this.#services.counts.messages++;
    this.#linkOf(socket, "").message(1, frames, from);
    const { identity, takesFrames } = socket.wish;
    const texts = textsOf(frames.slice(from));
    if (texts === undefined) this.#tell(errorText(identity, "The reply is no text in UTF-8, and cannot be passed on."));
    else this.#tell(dataText(identity, texts.at(-1)!, takesFrames ? texts : undefined));
  }

  #called(socket: PageSocket, content: string, caller: string, frames: Frames, from: number): void {
    this.#services.counts.messages++;
    this.#linkOf(socket, caller).message(0, frames, from);
    this.#tell(dataText(socket.wish.identity, content));
  }

  #isFull({ unwritten }: PageSocket): boolean {
    return unwritten >= this.#services.maker.highWaterMark || this.#peer.bufferedAmount > MAX_UNREAD_BYTES;
  }

  #published(socket: PageSocket, frames: Frames): void {
    const { counts, onChange } = this.#services;
    const { identity, filter, takesFrames } = socket.wish;
    const texts = textsOf(frames);
    if (texts === undefined) {
      // Once: a publisher of binary data has no end of it.
      if (!socket.toldUnreadable) {
        this.#tell(
          errorText(identity, "Publications that are no text in UTF-8 cannot be passed on. This is told once."),
        );
      }
      socket.toldUnreadable = true;
      return;
    }
    const fitting = texts.filter((text) => text.includes(filter));
    if (fitting.length === 0) return;
    if (this.#isFull(socket)) {
      counts.dropped++;
      onChange();
      return;
    }
    counts.messages++;
    this.#linkOf(socket, "").message(1, frames, 0);
    // Each frame is a message of its own to pages of ZmqWebBridge.
    const messages = takesFrames
      ? [dataText(identity, texts.at(-1)!, texts)]
      : fitting.map((text) => dataText(identity, text));
    for (const message of messages) {
      socket.unwritten++;
      this.#peer.send(message, () => socket.unwritten--);
    }
  }

  /** An exchange that has ended without its reply: what comes next is another link's. */
  #timedOut(socket: PageSocket, caller: string): void {
    this.#services.counts.timedOut++;
    this.#services.onChange();
    if (caller !== "") return;
    socket.links.get("")?.close();
    socket.links.delete("");
  }

  #failed(socket: PageSocket, problem: string): void {
    this.#drop(socket.wish.identity);
    this.#tell(errorText(socket.wish.identity, problem));
  }

  #linkOf(socket: PageSocket, caller: string): WebLink {
    const { wish, endpoint, links } = socket;
    const known = links.get(caller);
    if (known !== undefined) {
      // As the one that was used last.
      if (links.size > 1) {
        links.delete(caller);
        links.set(caller, known);
      }
      return known;
    }
    if (links.size >= MAX_CALLERS) {
      const [oldest, link] = [...links][0]!;
      link.close();
      links.delete(oldest);
    }
    const { identity, type } = wish;
    const made = this.#services.openLink({ type, identity, endpoint, browser: this.#browser, caller });
    links.set(caller, made);
    return made;
  }

  #refuse(identity: string | null, endpoint: string | undefined, reason: string): void {
    this.#note({
      what: "connect",
      reason,
      ...(identity === null ? {} : { identity }),
      ...(endpoint === undefined ? {} : { endpoint }),
    });
    this.#tell(identity === null ? errorText(null, reason) : connectReply(identity, reason));
  }

  #note(refusal: Omit<WebRefusal, "browser">): void {
    this.#services.counts.refused++;
    this.#services.onRefused({ ...refusal, browser: this.#browser });
  }

  #tell(text: string): void {
    if (this.#isClosed || this.#peer.readyState !== this.#peer.OPEN) return;
    // A page that sends requests and reads no replies.
    if (this.#peer.bufferedAmount > MAX_UNREAD_BYTES) this.#peer.terminate();
    else this.#peer.send(text);
  }

  #drop(identity: string): void {
    const socket = this.#sockets.get(identity);
    if (socket === undefined) return;
    const { req, sub, rep, links } = socket;
    // The last answers of a REP are in the log, too.
    rep?.close();
    this.#sockets.delete(identity);
    req?.close();
    sub?.close();
    for (const link of links.values()) link.close();
    links.clear();
    this.#services.counts.sockets--;
    this.#services.onChange();
    this.#regulate();
  }

  #close(): void {
    this.#isClosed = true;
    for (const identity of [...this.#sockets.keys()]) this.#drop(identity);
  }
}
