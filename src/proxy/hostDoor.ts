import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { readFileSync, unlinkSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import {
  ANSWER_OCTETS,
  ASK_OCTETS,
  DOOR_FILE,
  type EngineDoor,
  nextOctets,
  NONCE_OCTETS,
  readDoor,
  signedBy,
  WELCOMES,
  WISHES,
  writeDoor,
} from "../shared/engineDoor.ts";

/** Hosts that may be proving themselves at once, and how long that may take. */
const MAX_ASKING = 4;
const ASKING_MS = 2_000;
/** Longest path of a socket that every Unix has room for. */
const MAX_PATH_OCTETS = 100;
const SOCKET_FOLDER = "zmq-tap-";
const SOCKET_NAME = /^engine(-[0-9a-f]{8})?[.]sock$/;

export type HostDoorOptions = {
  /** The storage folder of the workspace; made where it is not there. */
  readonly folder: string;
  readonly protocol: number;
  readonly script: string;
  /** Whether the host that has proved itself may have the engine. When it is told so, it is heard from then on. */
  readonly mayEnter: () => boolean;
  readonly onHost: (socket: Socket) => void;
  /** A host wants the engine to end, and waits until its connection is closed. */
  readonly onEnd: (socket: Socket) => void;
};

/**
 * Where the next host of the same workspace finds the engine: a socket which only its user may open (mode 0600; a named pipe
 * on Windows), and a file in the storage folder that says where it is. Both sides prove that they know the token in that file;
 * until then nothing of any length is taken from a host.
 */
export class HostDoor {
  readonly #options: HostDoorOptions;
  readonly #server: Server;
  readonly #token = randomBytes(32).toString("hex");
  readonly #address: string;
  #asking = 0;
  #isClosed = false;

  private constructor(options: HostDoorOptions, address: string) {
    this.#options = options;
    this.#address = address;
    this.#server = createServer((socket) => void this.#asked(socket));
    this.#server.maxConnections = MAX_ASKING + 1;
  }

  /** `null` where another engine that runs has its door there. Rejects where none can be made. */
  static async open(options: HostDoorOptions): Promise<HostDoor | null> {
    const { folder } = options;
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const before = readDoor(await readFile(join(folder, DOOR_FILE), "utf8").catch(() => ""));
    if (before !== null) {
      if (await isThere(before.address)) return null;
      await removeSocket(before);
    }
    const door = new HostDoor(options, await newAddress(folder));
    await door.#listen();
    return door;
  }

  /** Whether a host that looks for an engine now would find this one: another engine may have taken its place. */
  get isFound(): boolean {
    try {
      return readDoor(readFileSync(this.#file, "utf8"))?.token === this.#token;
    } catch {
      return false; // The folder is gone, and its workspace with it.
    }
  }

  /** At once, so that whoever looks now starts an engine of its own. Connections that are open stay. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.isFound) tryTo(() => unlinkSync(this.#file));
    this.#server.close();
    if (process.platform === "win32") return;
    tryTo(() => unlinkSync(this.#address));
    if (basename(dirname(this.#address)).startsWith(SOCKET_FOLDER)) void rmdir(dirname(this.#address)).catch(ignore);
  }

  get #file(): string {
    return join(this.#options.folder, DOOR_FILE);
  }

  async #listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      // The socket is made within listen(), and nobody else may open it even for a moment.
      const mask = process.platform === "win32" ? null : process.umask(0o177);
      this.#server.listen(this.#address, () => {
        this.#server.off("error", reject);
        // A connection that cannot be accepted is its host's to try again.
        this.#server.on("error", ignore);
        resolve();
      });
      if (mask !== null) process.umask(mask);
    });
    const { protocol, script } = this.#options;
    const text = writeDoor({ protocol, script, pid: process.pid, address: this.#address, token: this.#token });
    const part = `${this.#file}.${process.pid}`;
    await rm(part, { force: true });
    await writeFile(part, text, { mode: 0o600, flag: "wx" });
    await rename(part, this.#file);
  }

  async #asked(socket: Socket): Promise<void> {
    socket.on("error", ignore); // 'close' follows.
    if (this.#isClosed || this.#asking >= MAX_ASKING) {
      socket.destroy();
      return;
    }
    this.#asking++;
    const timer = setTimeout(() => socket.destroy(), ASKING_MS);
    try {
      const engine = randomBytes(NONCE_OCTETS);
      socket.write(engine);
      const ask = Buffer.from(await nextOctets(socket, ASK_OCTETS));
      const wish = ask[0]!;
      const nonces = { engine, host: ask.subarray(1, 1 + NONCE_OCTETS) };
      const proof = this.#sign("host", wish, nonces);
      if (!timingSafeEqual(ask.subarray(1 + NONCE_OCTETS), proof)) throw new Error("It does not know the token.");
      this.#answer(socket, wish, nonces);
    } catch {
      socket.destroy(); // Who cannot prove itself learns nothing.
    } finally {
      clearTimeout(timer);
      this.#asking--;
    }
  }

  #answer(socket: Socket, wish: number, nonces: { readonly engine: Uint8Array; readonly host: Uint8Array }): void {
    const isEnd = wish === WISHES.end;
    const isWelcome = isEnd || (wish === WISHES.adopt && !this.#isClosed && this.#options.mayEnter());
    const word = isWelcome ? WELCOMES.welcome : WELCOMES.busy;
    const answer = Buffer.alloc(ANSWER_OCTETS);
    answer[0] = word;
    answer.set(this.#sign("engine", word, nonces), 1);
    if (!isWelcome) {
      socket.end(answer);
      return;
    }
    socket.write(answer);
    if (isEnd) this.#options.onEnd(socket);
    else this.#options.onHost(socket);
  }

  #sign(
    side: "host" | "engine",
    word: number,
    nonces: { readonly engine: Uint8Array; readonly host: Uint8Array },
  ): Buffer {
    return createHmac("sha256", this.#token)
      .update(signedBy(side, word, nonces))
      .digest();
  }
}

/** In the storage folder, unless its path is too long for a socket. */
async function newAddress(folder: string): Promise<string> {
  const name = randomBytes(4).toString("hex");
  if (process.platform === "win32") return `\\\\.\\pipe\\zmq-tap-${randomBytes(16).toString("hex")}`;
  const path = join(folder, `engine-${name}.sock`);
  if (Buffer.byteLength(path) <= MAX_PATH_OCTETS) return path;
  const runtime = process.env["XDG_RUNTIME_DIR"];
  const made = runtime === undefined ? null : await mkdtemp(join(runtime, SOCKET_FOLDER)).catch(() => null);
  return join(made ?? (await mkdtemp(join(tmpdir(), SOCKET_FOLDER))), "engine.sock");
}

/** Whether somebody listens there. */
function isThere(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address);
    const end = (isOpen: boolean) => (): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.setTimeout(ASKING_MS, end(true));
    socket.once("connect", end(true));
    socket.once("error", end(false));
  });
}

/** What an engine that was killed has left. Nothing else is touched, whatever the file says. */
async function removeSocket({ address }: EngineDoor): Promise<void> {
  if (process.platform === "win32" || !SOCKET_NAME.test(basename(address))) return;
  await rm(address, { force: true }).catch(ignore);
  if (basename(dirname(address)).startsWith(SOCKET_FOLDER)) await rmdir(dirname(address)).catch(ignore);
}

function tryTo(remove: () => void): void {
  try {
    remove();
  } catch {
    // It is gone already, and its folder perhaps too.
  }
}

function ignore(): void {
  // Whoever listens for it has nothing to do.
}
