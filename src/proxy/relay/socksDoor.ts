import { isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type Endpoint, isProblem, parseEndpoint } from "../../shared/endpoint.ts";
import { formatAddress } from "./addresses.ts";
import { canOpen } from "./descriptors.ts";
import { Listener } from "./listener.ts";
import {
  NO_AUTHENTICATION,
  NO_METHOD_FITS,
  SOCKS_REPLY,
  type SocksEvent,
  SocksReader,
  type SocksReply,
  socksReply,
} from "./socksReader.ts";
import type { DoorAnswer } from "./tap.ts";

/** How long a client may take to say where it wants to go. */
const HANDSHAKE_MS = 10_000;
/** How long a client that was turned away may take to close. */
const LEAVING_MS = 1_000;

/** A client that wants to be connected: hand it to a tap as it is, or turn it away. It may be gone already. */
export type SocksClient = {
  /** Nothing of it is read any more. What it said behind its request comes first when it is read again. */
  readonly socket: Socket;
  /** Where it is, for whoever tells of it. */
  readonly address: string;
  readonly answer: Omit<DoorAnswer, "waits">;
  /** Tells it why after so many milliseconds, unless it has left by then. */
  turnAway(reply: SocksReply, afterMs: number): void;
};

export type SocksDoorWatcher = {
  /** A client asks for a destination. */
  asked(destination: Endpoint, client: SocksClient): void;
  /** A client was closed, since it spoke no SOCKS5, not in time, or asked for what cannot be; `problem` is a clause about it. */
  faulty(address: string, problem: string): void;
  /** A client was closed, since too many are connected. */
  surplus(): void;
  /** A client is there, and no file descriptor is left for its server. The next ones are closed unseen. */
  outOfDescriptors(): void;
  /** A client has come or gone. */
  changed(): void;
};

/**
 * A SOCKS5 server (RFC 1928) that knows CONNECT and wants no authentication. It reads who wants to go where; the connection
 * itself is made by whoever it hands the client to, whose answer it puts into the words of SOCKS. Holds at most `limit`
 * clients at once, connected ones included.
 */
export class SocksDoor {
  readonly #listener: Listener;
  readonly #limit: number;
  readonly #watcher: SocksDoorWatcher;
  readonly #clients = new Set<Socket>();
  /** Those that no tap has yet. */
  readonly #atTheDoor = new Set<Socket>();

  constructor(listen: Endpoint, limit: number, watcher: SocksDoorWatcher) {
    this.#limit = limit;
    this.#watcher = watcher;
    this.#listener = new Listener(
      listen,
      (socket) => this.#greet(socket),
      () => undefined,
    );
  }

  /** With the port that was really taken. */
  get endpoint(): Endpoint {
    return this.#listener.endpoint;
  }

  get clients(): number {
    return this.#clients.size;
  }

  /** Rejects with a UserError. */
  open(): Promise<void> {
    return this.#listener.open();
  }

  /** Lets nobody in any more, and lets go of those that no tap has. */
  async close(): Promise<void> {
    await this.#listener.dispose();
    for (const socket of this.#atTheDoor) socket.destroy();
  }

  #greet(socket: Socket): void {
    // Whoever has the socket next listens for this, too; between two of them nobody would.
    socket.on("error", () => undefined);
    if (this.#clients.size >= this.#limit) {
      socket.destroy();
      this.#watcher.surplus();
      return;
    }
    if (!canOpen(1)) this.#watcher.outOfDescriptors();
    this.#clients.add(socket);
    this.#atTheDoor.add(socket);
    const address = formatAddress(socket.remoteAddress, socket.remotePort);
    const reader = new SocksReader();
    const slow = setTimeout(() => {
      this.#watcher.faulty(address, `it did not say within ${HANDSHAKE_MS / 1000} s where it wants to go`);
      socket.destroy();
    }, HANDSHAKE_MS);
    // Whoever only looks whether somebody listens says nothing.
    const onEnd = (): void => {
      if (socket.bytesRead > 0) this.#watcher.faulty(address, "it closed before it said where it wants to go");
      socket.destroy();
    };
    const onData = (chunk: Uint8Array): void => {
      for (const event of reader.push(chunk)) {
        if (event.kind === "methods" && event.offersNone) {
          socket.write(NO_AUTHENTICATION);
          continue;
        }
        clearTimeout(slow);
        socket.pause();
        socket.off("data", onData);
        socket.off("end", onEnd);
        this.#take(socket, address, event);
        return;
      }
    };
    socket.once("close", () => {
      clearTimeout(slow);
      this.#clients.delete(socket);
      this.#atTheDoor.delete(socket);
      this.#watcher.changed();
    });
    socket.on("data", onData);
    socket.once("end", onEnd);
    socket.resume();
    this.#watcher.changed();
  }

  #take(socket: Socket, address: string, event: SocksEvent): void {
    switch (event.kind) {
      case "methods":
        this.#watcher.faulty(address, "it wants to prove who it is, and no method for that is known");
        leave(socket, NO_METHOD_FITS);
        return;
      case "fault":
        this.#watcher.faulty(address, event.problem);
        if (event.reply === null) socket.destroy();
        else leave(socket, socksReply(event.reply));
        return;
      case "connect": {
        const destination = destinationOf(event.host, event.port);
        if (destination === null) {
          this.#watcher.faulty(address, "it asked for a name that no host can have");
          leave(socket, socksReply(SOCKS_REPLY.hostUnreachable));
          return;
        }
        if (event.rest.length > 0) socket.unshift(event.rest);
        this.#watcher.asked(destination, this.#clientOf(socket, address));
      }
    }
  }

  #clientOf(socket: Socket, address: string): SocksClient {
    const turnAway = (reply: SocksReply, afterMs: number): void => {
      if (afterMs === 0) {
        leave(socket, socksReply(reply));
        return;
      }
      const later = setTimeout(() => leave(socket, socksReply(reply)), afterMs);
      socket.once("close", () => clearTimeout(later));
      socket.once("end", () => socket.destroy());
      socket.resume();
    };
    return {
      socket,
      address,
      turnAway,
      answer: {
        opened: (server) => {
          this.#atTheDoor.delete(socket);
          socket.write(openedReply(server));
        },
        refused: (error) => turnAway(replyTo(error), 0),
      },
    };
  }
}

/** Says the last word to a client and lets it close; meanwhile what it says is thrown away. */
function leave(socket: Socket, lastWord: Uint8Array): void {
  if (socket.destroyed) return;
  socket.end(lastWord);
  socket.resume();
  const gone = setTimeout(() => socket.destroy(), LEAVING_MS);
  socket.once("close", () => clearTimeout(gone));
}

/** The endpoint that a program has written, as far as SOCKS carries it. libzmq sends `source;host` as one name. */
function destinationOf(host: string, port: number): Endpoint | null {
  const endpoint = parseEndpoint(`tcp://${isIP(host) === 6 ? `[${host}]` : host}:${port}`, "server");
  return isProblem(endpoint) || endpoint.transport !== "tcp" || endpoint.host === "*" ? null : endpoint;
}

/** Where our connection to the server comes from, as the reply tells it. */
function openedReply(server: Duplex): Uint8Array {
  const { localAddress = "", localPort = 0 } = server as Partial<Socket>;
  // Of IPv6 nothing is told: clients have no use for it, and libzmq ignores it.
  if (isIP(localAddress) !== 4) return socksReply(SOCKS_REPLY.succeeded);
  return socksReply(SOCKS_REPLY.succeeded, Uint8Array.from(localAddress.split("."), Number), localPort);
}

/** The code that tells a client what the system told of its server. */
function replyTo(error: unknown): SocksReply {
  switch ((error as NodeJS.ErrnoException).code) {
    case "ECONNREFUSED":
      return SOCKS_REPLY.refused;
    case "ENETUNREACH":
    case "ENETDOWN":
    case "EADDRNOTAVAIL":
      return SOCKS_REPLY.networkUnreachable;
    case "EHOSTUNREACH":
    case "EHOSTDOWN":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "ETIMEDOUT":
      return SOCKS_REPLY.hostUnreachable;
    case "EACCES":
    case "EPERM":
      return SOCKS_REPLY.notAllowed;
    default:
      return SOCKS_REPLY.failure;
  }
}
