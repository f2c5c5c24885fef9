/**
 * ZeroMQ sockets for pages, through a web bridge of ZMQ Tap, which serves this file at /zmq.js.
 *
 *     import { Context, RpcClient } from "http://127.0.0.1:8000/zmq.js";
 *     const context = new Context("http://127.0.0.1:8000/?token=…");
 *     const socket = context.socket("REQ");
 *     await socket.connect("tcp://127.0.0.1:10001");
 *     const sum = await new RpcClient(socket).call("add", [1, 2]);
 */

export type SocketType = "REQ" | "SUB" | "REP";

/**
 * Why something failed. `refused`: the bridge does not allow it. `timeout`: no answer in time. `disconnected`: the bridge was
 * lost while a request was under way, so that nobody knows what became of it. `closed`: by you. `full`: too many requests
 * wait. `remote`: the server of an RPC answers with an error. `failed`: anything else, which the message tells.
 */
export type ZmqErrorCode = "refused" | "timeout" | "disconnected" | "closed" | "full" | "remote" | "failed";

export class ZmqError extends Error {
  override readonly name: string = "ZmqError";
  readonly code: ZmqErrorCode;

  constructor(code: ZmqErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

export type ContextOptions = {
  /** The bridge's token, unless it stands in the address as `?token=`. */
  readonly token?: string;
  /** What connects and requests wait for their answers; 30 s if not given. */
  readonly timeoutMs?: number;
  /** Waits before the bridge is connected to again, growing from the first to the second; `false`: never. 250 ms and 5 s. */
  readonly reconnect?: { readonly minMs: number; readonly maxMs: number } | false;
};

export type ContextState = "connecting" | "open" | "closed";

export type ConnectOptions = {
  /** Of a SUB: what topics, which are the first frames, must begin with. Everything if not given. */
  readonly topics?: readonly string[];
  /** Of a SUB: only messages that hold this text somewhere. */
  readonly filter?: string;
  /** Further fields of the connect, which the bridge hands on to nobody. */
  readonly fields?: Readonly<Record<string, unknown>>;
};

/** What came: all frames as texts, and the last one, which holds the payload. */
export type Message = { readonly content: string; readonly frames: readonly string[] };

export type RequestOptions = { readonly timeoutMs?: number };

/** Called with an error, or with `null` and the result. */
export type Callback<T> = (error: ZmqError | null, result?: T) => void;

/** Answers a request of a back end with a text. */
export type RequestHandler = (content: string) => string | Promise<string>;

const SOCKET_NUMBERS: Readonly<Record<SocketType, number>> = { SUB: 2, REQ: 3, REP: 4 };
const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_RECONNECT = { minMs: 250, maxMs: 5_000 };
/** Requests of one socket that may wait. */
const MAX_WAITING = 1_000;
const PROTOCOL = "zmq-tap";
/** Close codes of the bridge for who may not come in; trying again would change nothing. */
const REFUSALS: readonly number[] = [4401, 4403];

type Envelope = { readonly content: string; readonly type: string; readonly frames: readonly string[] | undefined };

/** What a socket has of its context. */
type Wire = {
  readonly timeoutMs: number;
  readonly isOpen: () => boolean;
  readonly send: (envelope: Readonly<Record<string, string>>) => void;
  readonly join: (identity: string, line: Line) => void;
  readonly leave: (identity: string) => void;
};

/** What a context tells a socket. */
type Line = {
  readonly opened: () => void;
  /** The bridge is gone; `isOver`: for good. */
  readonly lost: (error: ZmqError, isOver: boolean) => void;
  readonly received: (envelope: Envelope) => void;
};

/** A connection to a web bridge, and the sockets on it. It is made at once, and made again when it is lost. */
export class Context {
  /** Told of each change of `state`. */
  onstate: ((state: ContextState) => void) | null = null;
  /** Told what went wrong with no socket in particular, such as a token that is wrong. */
  onerror: ((error: ZmqError) => void) | null = null;
  #state: ContextState = "connecting";
  readonly #address: string;
  readonly #token: string;
  readonly #timeoutMs: number;
  readonly #reconnect: { readonly minMs: number; readonly maxMs: number } | false;
  readonly #lines = new Map<string, Line>();
  #socket: WebSocket | undefined;
  #waitMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `url` is the bridge's, as `http://` or `ws://`; where this file came from if not given. */
  constructor(url: string = import.meta.url, options: ContextOptions = {}) {
    const address = new URL(url);
    this.#token = options.token ?? address.searchParams.get("token") ?? "";
    if (address.href === import.meta.url) address.pathname = "/";
    address.searchParams.delete("token");
    address.hash = "";
    address.protocol = address.protocol.replace(/^http/, "ws");
    if (!/^wss?:$/.test(address.protocol)) {
      throw new ZmqError("failed", `${url} is no address of a web bridge. Give one such as http://127.0.0.1:8000.`);
    }
    this.#address = address.href;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#reconnect = options.reconnect ?? DEFAULT_RECONNECT;
    this.#waitMs = this.#reconnect === false ? 0 : this.#reconnect.minMs;
    this.#open();
  }

  get state(): ContextState {
    return this.#state;
  }

  /** A socket, which is good for nothing until it is connected. */
  socket(type: SocketType): Socket {
    return new Socket(type, {
      timeoutMs: this.#timeoutMs,
      isOpen: () => this.#state === "open",
      send: (envelope) => this.#socket?.send(JSON.stringify(envelope)),
      join: (identity, line) => {
        this.#lines.set(identity, line);
        if (this.#state === "open") line.opened();
        else if (this.#state === "closed") line.lost(new ZmqError("closed", "The context is closed."), true);
      },
      leave: (identity) => this.#lines.delete(identity),
    });
  }

  /** Ends the connection and all sockets for good. */
  close(): void {
    this.#end(new ZmqError("closed", "The context was closed."));
  }

  #open(): void {
    const protocols = this.#token === "" ? [PROTOCOL] : [PROTOCOL, `token.${this.#token}`];
    const socket = new WebSocket(this.#address, protocols);
    this.#socket = socket;
    socket.onopen = () => {
      // A bridge that refuses closes right behind the handshake; only what it says shows that it does not.
      this.#become("open");
      for (const line of [...this.#lines.values()]) line.opened();
    };
    socket.onmessage = ({ data }: { readonly data: unknown }) => {
      if (this.#reconnect !== false) this.#waitMs = this.#reconnect.minMs;
      this.#received(String(data));
    };
    socket.onclose = ({ code, reason }) => {
      if (socket !== this.#socket) return;
      if (REFUSALS.includes(code)) {
        this.#end(new ZmqError("refused", `The web bridge refuses this page: ${reason}.`));
        return;
      }
      const error = new ZmqError("disconnected", `The connection to the web bridge is lost${reason && `: ${reason}`}.`);
      if (this.#reconnect === false) this.#end(error);
      else {
        for (const line of [...this.#lines.values()]) line.lost(error, false);
        this.#again(this.#reconnect.maxMs);
      }
    };
  }

  #again(maxMs: number): void {
    this.#become("connecting");
    this.#timer = setTimeout(() => this.#open(), this.#waitMs);
    this.#waitMs = Math.min(2 * this.#waitMs, maxMs);
  }

  #end(error: ZmqError): void {
    if (this.#state === "closed") return;
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    this.#become("closed");
    for (const line of [...this.#lines.values()]) line.lost(error, true);
    this.#lines.clear();
    if (error.code !== "closed") this.onerror?.(error);
  }

  #become(state: ContextState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.onstate?.(state);
  }

  #received(text: string): void {
    const { identity, content, msg_type: type, frames } = readObject(text);
    if (typeof content !== "string") return;
    const line = typeof identity === "string" ? this.#lines.get(identity) : undefined;
    if (line !== undefined) {
      line.received({
        content,
        type: typeof type === "string" ? type : "",
        frames: Array.isArray(frames) ? (frames as string[]) : undefined,
      });
    } else if (identity === null) this.onerror?.(new ZmqError("failed", problemOf(content)));
  }
}

type Request = {
  readonly content: string;
  readonly resolve: (message: Message) => void;
  readonly reject: (error: ZmqError) => void;
  timer: ReturnType<typeof setTimeout> | undefined;
};

type Connecting = {
  readonly resolve: () => void;
  readonly reject: (error: ZmqError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
};

/** A ZeroMQ socket on the other side of the bridge. Made by `Context.socket`. */
export class Socket {
  readonly type: SocketType;
  /** Of a SUB: told of each message. */
  onmessage: ((message: Message) => void) | null = null;
  /** Of a REP: answers each request. What it throws goes to the back end as an error. */
  onrequest: RequestHandler | null = null;
  /** Told what went wrong with no request in particular: a SUB or REP that cannot be connected again, a handler that threw. */
  onerror: ((error: ZmqError) => void) | null = null;
  readonly #wire: Wire;
  #identity = "";
  #content = "";
  #connecting: Connecting | null = null;
  #isConnected = false;
  /** The first one is under way while `#isAsking`. */
  readonly #requests: Request[] = [];
  #isAsking = false;

  constructor(type: SocketType, wire: Wire) {
    this.type = type;
    this.#wire = wire;
  }

  /** What the bridge and the log know it by; empty until it is connected, and another one behind a timeout. */
  get identity(): string {
    return this.#identity;
  }

  /** Whether the bridge has granted the connect. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Connects, of a REP binds. Resolves once the bridge grants it; it is connected again whenever the bridge was lost. */
  connect(endpoint: string, options: ConnectOptions = {}): Promise<void> {
    if (this.#identity !== "") return Promise.reject(new ZmqError("failed", "This socket was connected before."));
    const { topics, filter, fields } = options;
    this.#content = JSON.stringify({
      ...fields,
      zmq_conn_string: endpoint,
      socket_type: SOCKET_NUMBERS[this.type],
      ...(topics === undefined ? {} : { topics }),
      ...(filter === undefined ? {} : { msgfilter: filter }),
      frames: true,
    });
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#settleConnect(new ZmqError("timeout", `The web bridge did not connect to ${endpoint} in time.`));
        this.close();
      }, this.#wire.timeoutMs);
      this.#connecting = { resolve, reject, timer };
      this.#begin();
    });
  }

  /** Sends a request on a REQ, in its turn; resolves with the reply. Rejects with a ZmqError. */
  request(content: string, { timeoutMs = this.#wire.timeoutMs }: RequestOptions = {}): Promise<Message> {
    if (this.type !== "REQ") return Promise.reject(new ZmqError("failed", `A ${this.type} sends no requests.`));
    if (this.#identity === "") return Promise.reject(new ZmqError("failed", "Connect the socket first."));
    if (this.#requests.length >= MAX_WAITING) {
      return Promise.reject(new ZmqError("full", `${MAX_WAITING} requests wait already.`));
    }
    return new Promise((resolve, reject) => {
      const request: Request = { content, resolve, reject, timer: undefined };
      request.timer = setTimeout(() => this.#expire(request, timeoutMs), timeoutMs);
      this.#requests.push(request);
      this.#ask();
    });
  }

  /** The same for those who like callbacks. */
  send(content: string, callback: Callback<Message>, options?: RequestOptions): void {
    tell(this.request(content, options), callback);
  }

  /** Ends the socket; requests that wait are rejected. */
  close(): void {
    this.#finish(new ZmqError("closed", "The socket was closed."));
  }

  #begin(): void {
    this.#identity = newIdentity();
    this.#wire.join(this.#identity, {
      opened: () => this.#wire.send({ identity: this.#identity, msg_type: "connect", content: this.#content }),
      lost: (error, isOver) => this.#lost(error, isOver),
      received: (envelope) => this.#received(envelope),
    });
  }

  #finish(error: ZmqError): void {
    if (this.#identity === "") return;
    this.#leave();
    this.#isConnected = false;
    this.#isAsking = false;
    this.#settleConnect(error);
    for (const request of this.#requests.splice(0)) settle(request).reject(error);
  }

  #leave(): void {
    if (this.#wire.isOpen()) this.#wire.send({ identity: this.#identity, msg_type: "disconnect", content: "" });
    this.#wire.leave(this.#identity);
  }

  #settleConnect(error: ZmqError | null): void {
    const connecting = this.#connecting;
    this.#connecting = null;
    if (connecting === null) return;
    clearTimeout(connecting.timer);
    if (error === null) connecting.resolve();
    else connecting.reject(error);
  }

  #lost(error: ZmqError, isOver: boolean): void {
    if (isOver) {
      this.#finish(error);
      return;
    }
    this.#isConnected = false;
    // What waits goes out when the bridge is back; what was under way may have been done, or not.
    if (this.#isAsking) this.#answered()?.reject(error);
  }

  #received({ content, type, frames }: Envelope): void {
    if (type === "connection_reply") this.#connected(content);
    else if (type === "error") this.#failed(new ZmqError("failed", problemOf(content)));
    else if (this.type === "REP") this.#called(content);
    else if (this.type === "REQ") {
      this.#answered()?.resolve({ content, frames: frames ?? [content] });
      this.#ask();
    } else guarded(this, () => this.onmessage?.({ content, frames: frames ?? [content] }));
  }

  #connected(content: string): void {
    if (readObject(content)["status"] === "success") {
      this.#isConnected = true;
      this.#settleConnect(null);
      this.#ask();
      return;
    }
    const error = new ZmqError("refused", problemOf(content));
    const isFirst = this.#connecting !== null;
    this.#finish(error);
    if (!isFirst) this.onerror?.(error);
  }

  /** Of a REQ the request under way; else it is about none. */
  #failed(error: ZmqError): void {
    const request = this.#isAsking ? this.#answered() : undefined;
    if (request === undefined) this.onerror?.(error);
    else request.reject(error);
    this.#ask();
  }

  #ask(): void {
    const [request] = this.#requests;
    if (request === undefined || this.#isAsking || !this.#isConnected) return;
    this.#isAsking = true;
    this.#wire.send({ identity: this.#identity, msg_type: "user", content: request.content });
  }

  /** The request under way, which is so no more. */
  #answered(): Request | undefined {
    if (!this.#isAsking) return undefined;
    this.#isAsking = false;
    const request = this.#requests.shift();
    return request && settle(request);
  }

  #expire(request: Request, timeoutMs: number): void {
    const isUnderWay = this.#isAsking && this.#requests[0] === request;
    this.#requests.splice(this.#requests.indexOf(request), 1);
    request.reject(new ZmqError("timeout", `There was no reply within ${timeoutMs} ms.`));
    if (!isUnderWay) return;
    // A late reply would be taken for the next one's: a socket of another identity cannot get it.
    this.#leave();
    this.#isAsking = false;
    this.#isConnected = false;
    this.#begin();
  }

  #called(content: string): void {
    const [handle, , ...payload] = readArray(content);
    if (typeof handle !== "string") return;
    const answer = (reply: string): void => {
      if (!this.#isConnected) return;
      this.#wire.send({ identity: this.#identity, msg_type: "user", content: JSON.stringify([handle, "", reply]) });
    };
    const { onrequest } = this;
    const answering =
      onrequest === null
        ? failing("nothing answers here")
        : Promise.resolve(payload.at(-1)).then((text) => onrequest(String(text)));
    answering.then(answer).catch((error: unknown) => {
      answer(JSON.stringify({ status: "error", error_msg: messageOf(error) }));
      this.onerror?.(new ZmqError("failed", messageOf(error)));
    });
  }
}

/** An error that the server of an RPC answers with. */
export class RpcError extends ZmqError {
  override readonly name: string = "RpcError";

  constructor(message: string) {
    super("remote", message);
  }
}

/** Calls functions of a back end: `{"funcname","args","kwargs"}` is answered with `{"returnval"}`, or an error. */
export class RpcClient {
  readonly #socket: Socket;
  readonly #options: RequestOptions;

  /** `socket` is a REQ. */
  constructor(socket: Socket, options: RequestOptions = {}) {
    this.#socket = socket;
    this.#options = options;
  }

  /** Resolves with what the function returns; rejects with an RpcError when the server answers with an error. */
  async call(
    name: string,
    args: readonly unknown[] = [],
    kwargs: Readonly<Record<string, unknown>> = {},
    options: RequestOptions = this.#options,
  ): Promise<unknown> {
    const { content } = await this.#socket.request(JSON.stringify({ funcname: name, args, kwargs }), options);
    const reply = readObject(content);
    if ("returnval" in reply) return reply["returnval"];
    throw new RpcError(problemOf(content));
  }

  /** The same for those who like callbacks. */
  rpc(
    name: string,
    args: readonly unknown[],
    kwargs: Readonly<Record<string, unknown>>,
    callback: Callback<unknown>,
  ): void {
    tell(this.call(name, args, kwargs), callback);
  }
}

/** Functions that may be called from outside, by their names. */
export type Methods = Readonly<Record<string, (...args: never[]) => unknown>>;

/** Calls a function for each publication `{"funcname","args"}`. What cannot be called goes to `socket.onerror`. */
export class PubRpcServer {
  readonly socket: Socket;

  /** `socket` is a SUB; its `onmessage` is taken. */
  constructor(socket: Socket, methods: Methods) {
    this.socket = socket;
    socket.onmessage = ({ content }) => {
      void callMethod(methods, content).catch((error: unknown) => {
        socket.onerror?.(new ZmqError("failed", messageOf(error)));
      });
    };
  }

  /** Ends the socket. */
  close(): void {
    this.socket.close();
  }
}

/** Answers calls of back ends. Keyword arguments come as an object behind the others. */
export class RpcServer {
  readonly socket: Socket;

  /** `socket` is a REP; its `onrequest` is taken. */
  constructor(socket: Socket, methods: Methods) {
    this.socket = socket;
    socket.onrequest = async (content) => {
      const returnval = await callMethod(methods, content);
      return JSON.stringify({ returnval: returnval ?? null });
    };
  }

  /** Ends the socket. */
  close(): void {
    this.socket.close();
  }
}

async function callMethod(methods: Methods, content: string): Promise<unknown> {
  const { funcname: name, args = [], kwargs = {} } = readObject(content);
  if (typeof name !== "string") throw new Error("This is no call with funcname.");
  // Only what was given is callable, and nothing that every object has.
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (typeof method !== "function") throw new Error(`There is no function "${name}".`);
  if (!Array.isArray(args)) throw new Error("The arguments are no list.");
  const hasNamed = typeof kwargs === "object" && kwargs !== null && Object.keys(kwargs).length > 0;
  return await method(...([...(args as unknown[]), ...(hasNamed ? [kwargs] : [])] as never[]));
}

function settle(request: Request): Request {
  clearTimeout(request.timer);
  return request;
}

function tell<T>(promise: Promise<T>, callback: Callback<T>): void {
  promise.then(
    (result) => callback(null, result),
    (error: unknown) => callback(error instanceof ZmqError ? error : new ZmqError("failed", messageOf(error))),
  );
}

/** A handler of the page's must not end what called it. */
function guarded(socket: Socket, run: () => void): void {
  try {
    run();
  } catch (error) {
    socket.onerror?.(new ZmqError("failed", messageOf(error)));
  }
}

function failing(problem: string): Promise<string> {
  return Promise.reject(new Error(problem));
}

function problemOf(content: string): string {
  const { error_msg: problem } = readObject(content);
  return typeof problem === "string" ? problem : "It failed, and no more is said.";
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function readObject(text: string): Readonly<Record<string, unknown>> {
  const value = readJson(text);
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function readArray(text: string): readonly unknown[] {
  const value = readJson(text);
  return Array.isArray(value) ? value : [];
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** 32 upper-case hexadecimal digits in the shape of a random UUID. */
function newIdentity(): string {
  const octets = crypto.getRandomValues(new Uint8Array(16));
  octets[6] = (octets[6]! & 0x0f) | 0x40;
  octets[8] = (octets[8]! & 0x3f) | 0x80;
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase();
}
