import { chmod, lstat, mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Endpoint, formatEndpoint } from "../../shared/endpoint.ts";
import { UserError } from "../../shared/userError.ts";
import { cannotListen, ipcNotASocket, ipcTaken, noSuchAddress, portInUse, portNotAllowed } from "../faults.ts";
import { ipcAddress, listenHost } from "./addresses.ts";
import { SteadySocket } from "./steadySocket.ts";

/** Connections the system holds while the engine is busy; 1,000 clients may come at once (the system may allow fewer). */
const BACKLOG = 4096;
/** How often the owner of an ipc path is looked at. */
const IPC_WATCH_MS = 2000;

/**
 * Listens on an endpoint, and can stop and start again on the same one while its connections live on. Connections are
 * handed over paused. A socket file is ours alone (mode 0600), and is noticed when another program takes its place.
 */
export class Listener {
  readonly #onConnection: (socket: Socket) => void;
  readonly #onTakenOver: () => void;
  readonly #onNotAccepted: (error: unknown) => void;
  readonly #asked: Endpoint;
  #wanted: Endpoint;
  #server: Server | undefined;
  #watch: NodeJS.Timeout | undefined;
  #temporaryFolder: string | undefined;

  /**
   * `onTakenOver` is called when another program has bound over our socket file; the listener is then closed.
   * `onNotAccepted` is told why clients that came could not be let in, such as for want of file descriptors; it stays open.
   */
  constructor(
    wanted: Endpoint,
    onConnection: (socket: Socket) => void,
    onTakenOver: () => void,
    onNotAccepted: (error: unknown) => void = () => undefined,
  ) {
    this.#asked = wanted;
    this.#wanted = wanted;
    this.#onConnection = onConnection;
    this.#onTakenOver = onTakenOver;
    this.#onNotAccepted = onNotAccepted;
  }

  /** The endpoint with the port or path that was really taken; what was asked for before the first open(). */
  get endpoint(): Endpoint {
    return this.#wanted;
  }

  get isOpen(): boolean {
    return this.#server !== undefined;
  }

  /** Listens; the next open() after a close() takes the same port or path again. Rejects with a UserError. */
  async open(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) =>
      this.#onConnection(SteadySocket.over(socket)),
    );
    const shown = formatEndpoint(this.#wanted);
    try {
      if (this.#wanted.transport === "tcp") {
        const host = await listenHost(this.#wanted.host, shown);
        await listening(server, { host, port: this.#wanted.port, backlog: BACKLOG });
        const address = server.address();
        if (typeof address === "object" && address !== null) this.#wanted = { ...this.#wanted, port: address.port };
      } else if (this.#wanted.transport === "ipc") {
        await this.#openIpc(server, this.#wanted);
      }
    } catch (error) {
      server.close();
      throw inWords(error, shown);
    }
    // An accept that fails costs that client its connection and no other.
    server.on("error", (error) => this.#onNotAccepted(error));
    this.#server = server;
  }

  /** Stops accepting, and removes the socket file. Connections that were handed over live on. */
  close(): void {
    clearInterval(this.#watch);
    this.#server?.close();
    this.#server = undefined;
  }

  /** close(), and removes the folder of an `ipc://*` endpoint. */
  async dispose(): Promise<void> {
    this.close();
    if (this.#temporaryFolder === undefined) return;
    await rm(this.#temporaryFolder, { recursive: true, force: true });
    this.#temporaryFolder = undefined;
    this.#wanted = this.#asked;
  }

  async #openIpc(server: Server, wanted: Endpoint & { transport: "ipc" }): Promise<void> {
    let endpoint = wanted;
    if (endpoint.path === "") {
      this.#temporaryFolder ??= await mkdtemp(join(tmpdir(), "zmq-tap-"));
      endpoint = { ...endpoint, path: join(this.#temporaryFolder, "tap.sock") };
      this.#wanted = endpoint;
    }
    const path = ipcAddress(endpoint);
    if (!endpoint.abstract) await removeLeftOver(path);
    await listening(server, { path, backlog: BACKLOG });
    if (endpoint.abstract) return;
    await chmod(path, 0o600);
    const { ino } = await lstat(path);
    this.#watch = setInterval(() => {
      lstat(path).then(
        (now) => {
          if (now.ino !== ino) this.#takenOver();
        },
        () => this.#takenOver(),
      );
    }, IPC_WATCH_MS);
    this.#watch.unref();
  }

  #takenOver(): void {
    if (this.#server === undefined) return;
    clearInterval(this.#watch);
    // Not closed: that would remove the file, which belongs to the other program now.
    this.#server.unref();
    this.#server = undefined;
    this.#onTakenOver();
  }
}

function listening(
  server: Server,
  options: { host?: string; port?: number; path?: string; backlog: number },
): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Removes a socket file whose owner is gone. libzmq would remove whatever is there; we leave what answers alone. */
async function removeLeftOver(path: string): Promise<void> {
  let found;
  try {
    found = await lstat(path);
  } catch {
    return; // Nothing is there, or nothing that may be looked at: listening will say.
  }
  if (!found.isSocket()) throw ipcNotASocket(path);
  const answers = await new Promise<boolean>((resolve) => {
    const probe = connect({ path }, () => {
      probe.destroy();
      resolve(true);
    });
    probe.once("error", (error: NodeJS.ErrnoException) =>
      resolve(error.code !== "ECONNREFUSED" && error.code !== "ENOENT"),
    );
  });
  if (answers) throw ipcTaken(path);
  await rm(path, { force: true });
}

function inWords(error: unknown, shown: string): UserError {
  if (error instanceof UserError) return error;
  switch ((error as NodeJS.ErrnoException).code) {
    case "EADDRINUSE":
      return portInUse(shown, error);
    case "EACCES":
    case "EPERM":
      return portNotAllowed(shown, error);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return noSuchAddress(shown, error);
    default:
      return cannotListen(shown, error);
  }
}
