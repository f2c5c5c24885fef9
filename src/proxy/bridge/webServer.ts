import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { UserError } from "../../shared/userError.ts";
import { isOwnHost, refuseKnock } from "./webAccess.ts";
import { type WebServices, WebSession } from "./webSession.ts";
import { MAX_MESSAGE_BYTES } from "./webSocketKinds.ts";

const HOST = "127.0.0.1";
const MAX_BROWSERS = 256;
/** A connection whose end answers no ping for this long has gone. */
const PING_MS = 30_000;
/** The subprotocol that our own client names beside its token. */
const PROTOCOL = "zmq-tap";
const TOKEN_PROTOCOL = "token.";
const MAX_CHAR_OF_REASON = 100;

/** What is served besides WebSockets: a path, what it is, and its text. */
export type WebFile = { readonly type: string; readonly text: string };

/** The HTTP server of a web bridge, on loopback only: the client for pages, and WebSockets on any path. */
export class WebServer {
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  readonly #services: WebServices;
  readonly #files: ReadonlyMap<string, WebFile>;
  /** Those that were let in, each with whether it has answered the last ping. */
  readonly #pages = new Map<WebSocket, boolean>();
  #pinging: NodeJS.Timeout | undefined;

  private constructor(services: WebServices, files: ReadonlyMap<string, WebFile>) {
    this.#services = services;
    this.#files = files;
    this.#http = createServer((request, response) => this.#answer(request, response));
    this.#http.headersTimeout = 10_000;
    this.#http.requestTimeout = 10_000;
    // Refused connections are closed at once, so that these are the pages' own.
    this.#http.maxConnections = 2 * MAX_BROWSERS;
    this.#sockets = new WebSocketServer({
      server: this.#http,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(PROTOCOL) ? PROTOCOL : false),
    });
    // Both have their own listeners for errors of the other; what fails is told by listen().
    this.#sockets.on("error", () => undefined);
    this.#sockets.on("connection", (peer, request) => this.#connected(peer, request));
  }

  /** Rejects with a UserError when the port cannot be had. */
  static async listen(
    port: number,
    services: WebServices,
    files: ReadonlyMap<string, WebFile>,
    pingMs = PING_MS,
  ): Promise<WebServer> {
    const server = new WebServer(services, files);
    await new Promise<void>((resolve, reject) => {
      server.#http.once("error", (error: NodeJS.ErrnoException) => reject(cannotServe(port, error)));
      server.#http.listen({ host: HOST, port, exclusive: true }, resolve);
    });
    server.#pinging = setInterval(() => server.#ping(), pingMs).unref();
    return server;
  }

  /** Where pages find it, without a token. */
  get url(): string {
    return `http://${HOST}:${(this.#http.address() as AddressInfo).port}`;
  }

  get browsers(): number {
    return this.#pages.size;
  }

  /** Ends all connections, and with them their sockets. */
  async close(): Promise<void> {
    clearInterval(this.#pinging);
    const closed = new Promise((resolve) => this.#http.close(resolve));
    const ended = [...this.#sockets.clients].map(
      (peer) =>
        new Promise((resolve) => (peer.readyState === peer.CLOSED ? resolve(null) : peer.once("close", resolve))),
    );
    for (const peer of this.#sockets.clients) peer.terminate();
    this.#sockets.close();
    this.#http.closeAllConnections();
    await Promise.all([closed, ...ended]);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "").split("?")[0]!;
    const file = this.#files.get(path);
    const status =
      request.method !== "GET" && request.method !== "HEAD"
        ? 405
        : !isOwnHost(request.headers.host)
          ? 403
          : file === undefined
            ? 404
            : 200;
    const { type, text } = status === 200 ? file! : { type: "text/plain", text: `${STATUS_TEXTS[status]}\n` };
    response.writeHead(status, {
      "Content-Type": `${type}; charset=utf-8`,
      // Modules are fetched with CORS; the files are the same for everybody and hold nothing secret.
      "Access-Control-Allow-Origin": "*",
      "Cache-Control": "no-cache",
      "X-Content-Type-Options": "nosniff",
    });
    response.end(request.method === "HEAD" ? undefined : text);
  }

  #connected(peer: WebSocket, request: IncomingMessage): void {
    const services = this.#services;
    const { remoteAddress, remotePort } = request.socket;
    const browser = `${remoteAddress ?? "?"}:${remotePort ?? 0}`;
    const refusal =
      this.#pages.size >= MAX_BROWSERS
        ? { code: 1013, reason: `the web bridge has ${MAX_BROWSERS} connections already` }
        : refuseKnock(services.access, {
            host: request.headers.host,
            origin: request.headers.origin,
            tokens: tokensOf(request),
            url: this.url,
          });
    if (refusal !== null) {
      services.counts.refused++;
      services.onRefused({ what: "connection", browser, reason: refusal.reason });
      peer.on("error", () => undefined);
      // A page hears the code and the reason of a close, but no status of HTTP.
      peer.close(refusal.code, refusal.reason.slice(0, MAX_CHAR_OF_REASON));
      // One that does not close from its side is not waited for.
      setTimeout(() => peer.terminate(), 1_000).unref();
      return;
    }
    this.#pages.set(peer, true);
    peer.on("pong", () => this.#pages.set(peer, true));
    peer.once("close", () => {
      this.#pages.delete(peer);
      services.onChange();
    });
    new WebSession(peer, browser, services);
    services.onChange();
  }

  #ping(): void {
    for (const [peer, isAlive] of this.#pages) {
      // Of one that is held back no pong would be read.
      if (peer.isPaused) continue;
      if (!isAlive) peer.terminate();
      else {
        this.#pages.set(peer, false);
        peer.ping();
      }
    }
  }
}

const STATUS_TEXTS: Readonly<Record<number, string>> = {
  403: "This host name is not the web bridge's own.",
  404: "There is only /zmq.js here, its types in /zmq.d.ts, and WebSockets.",
  405: "Only GET is answered.",
};

/** Of the address as `token=`, and of the subprotocols as `token.…`, since pages cannot set headers. */
function tokensOf(request: IncomingMessage): readonly string[] {
  const query = new URLSearchParams((request.url ?? "").split("?")[1] ?? "").getAll("token");
  const protocols = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((name) => name.trim());
  const offered = protocols
    .filter((name) => name.startsWith(TOKEN_PROTOCOL))
    .map((name) => name.slice(TOKEN_PROTOCOL.length));
  return [...query, ...offered];
}

function cannotServe(port: number, error: NodeJS.ErrnoException): UserError {
  const isTaken = error.code === "EADDRINUSE";
  const why = isTaken ? "another program is using it" : error.message;
  return new UserError(
    isTaken ? "port-in-use" : "cannot-listen",
    `The web bridge cannot listen on ${HOST}:${port}: ${why}. Give it another port, or 0 for a free one.`,
    { cause: error },
  );
}
