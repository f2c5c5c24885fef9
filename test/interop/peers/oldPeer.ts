import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { FrameCutter } from "../../../src/proxy/wire/frames.ts";
import { encodeGreeting, encodeMessage, encodeReady } from "../../../src/proxy/wire/writer.ts";
import type { SocketType } from "../../../src/shared/model.ts";
import type { Message } from "./peer.ts";

const GREETING_OCTETS = 64;
const MINOR_AT = 11;

/** A peer of ZMTP 3.0 without security, as libzmq 4.0 to 4.3.2 is one, which nobody can install any more. */
export class OldPeer {
  /** The minor version of whom it talks with. */
  minor = -1;
  readonly #socket: Socket;
  readonly #cutter = new FrameCutter(1024 * 1024);
  readonly #commands: string[] = [];
  readonly #messages: Buffer[][] = [];
  #greeting = Buffer.alloc(0);
  #frames: Buffer[] = [];
  #wake = (): void => undefined;

  private constructor(socket: Socket, kind: SocketType) {
    this.#socket = socket;
    const greeting = encodeGreeting("NULL");
    greeting[MINOR_AT] = 0;
    socket.write(greeting);
    socket.write(encodeReady(kind));
    socket.on("data", (chunk: Buffer) => this.#take(chunk));
  }

  static connect(t: TestContext, port: number, kind: SocketType): OldPeer {
    const socket = connect({ host: "127.0.0.1", port });
    t.after(() => socket.destroy());
    return new OldPeer(socket, kind);
  }

  /** Listens for one peer. */
  static async listen(t: TestContext, kind: SocketType): Promise<{ endpoint: string; peer: Promise<OldPeer> }> {
    const server = createServer().listen(0, "127.0.0.1");
    t.after(() => server.close());
    await once(server, "listening");
    const peer = once(server, "connection").then(([socket]) => {
      t.after(() => (socket as Socket).destroy());
      return new OldPeer(socket as Socket, kind);
    });
    return { endpoint: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`, peer };
  }

  send(...messages: readonly Message[]): void {
    for (const frames of messages) this.#socket.write(encodeMessage(frames));
  }

  async receive(): Promise<Message> {
    while (this.#messages.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    return this.#messages.shift()!;
  }

  /** Names of the commands that came. */
  get commands(): readonly string[] {
    return this.#commands;
  }

  #take(chunk: Buffer): void {
    this.#greeting = Buffer.concat([this.#greeting, chunk]);
    if (this.#greeting.length < GREETING_OCTETS) return;
    this.minor = this.#greeting[MINOR_AT]!;
    const rest = this.#greeting.subarray(GREETING_OCTETS);
    this.#greeting = this.#greeting.subarray(0, GREETING_OCTETS);
    for (const { body, command, more } of this.#cutter.push(rest)) {
      if (command) {
        this.#commands.push(Buffer.from(body).toString("latin1", 1, 1 + body[0]!));
        continue;
      }
      this.#frames.push(Buffer.from(body));
      if (more) continue;
      this.#messages.push(this.#frames);
      this.#frames = [];
    }
    this.#wake();
  }
}
