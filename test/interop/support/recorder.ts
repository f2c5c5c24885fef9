import { once } from "node:events";
import net from "node:net";

/** One connection that ran through a recorder, and what it carried. */
export type Recording = { readonly fromClient: Buffer[]; readonly fromServer: Buffer[]; isOpen: boolean };

/**
 * A relay without any knowledge of ZMTP that keeps what it carries, to stand on one side of a tap. It carries any
 * stream address of Node: a loopback port or the path of an ipc socket.
 */
export class Recorder {
  readonly recordings: Recording[] = [];
  readonly #server: net.Server;
  readonly #changed = new Set<() => void>();
  readonly #sockets = new Set<net.Socket>();

  private constructor(server: net.Server) {
    this.#server = server;
  }

  /** Listens on a free loopback port, or on `listen`. */
  static async start(target: net.NetConnectOpts, listen?: string): Promise<Recorder> {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true });
    const recorder = new Recorder(server);
    server.on("connection", (client) => recorder.#relay(client, net.connect({ ...target, allowHalfOpen: true })));
    if (listen === undefined) server.listen(0, "127.0.0.1");
    else server.listen(listen);
    await once(server, "listening");
    return recorder;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  get endpoint(): string {
    return `tcp://127.0.0.1:${this.port}`;
  }

  /** Octets of all connections and both directions. */
  get total(): number {
    return this.recordings.reduce(
      (sum, { fromClient, fromServer }) => sum + length(fromClient) + length(fromServer),
      0,
    );
  }

  /** Resolves once `isTrue` holds, looked at whenever bytes arrive or a connection closes. */
  async until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) {
      await new Promise<void>((resolve) => {
        const changed = (): void => {
          this.#changed.delete(changed);
          resolve();
        };
        this.#changed.add(changed);
      });
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, "close");
  }

  #relay(client: net.Socket, server: net.Socket): void {
    const recording: Recording = { fromClient: [], fromServer: [], isOpen: true };
    this.recordings.push(recording);
    const oneWay = (from: net.Socket, to: net.Socket, kept: Buffer[]): void => {
      this.#sockets.add(from);
      from.on("data", (chunk: Buffer) => {
        kept.push(chunk);
        if (!to.write(chunk)) from.pause();
        this.#tell();
      });
      to.on("drain", () => from.resume());
      from.on("end", () => to.end());
      from.on("error", () => to.destroy());
      from.on("close", () => {
        to.destroySoon();
        recording.isOpen = false;
        this.#tell();
      });
    };
    server.setNoDelay();
    oneWay(client, server, recording.fromClient);
    oneWay(server, client, recording.fromServer);
  }

  #tell(): void {
    for (const changed of this.#changed) changed();
  }
}

const length = (chunks: readonly Buffer[]): number => chunks.reduce((sum, chunk) => sum + chunk.length, 0);
