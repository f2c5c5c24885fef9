import type { Duplex } from "node:stream";
import { Channel, type Handlers } from "../shared/channel.ts";
import type { EngineNotice, EngineRequests } from "../shared/engineProtocol.ts";
import { RecordReader } from "../shared/recordReader.ts";
import { HostPipe } from "./hostPipe.ts";

type HostChannel = Channel<Record<string, never>, never, EngineRequests, EngineNotice>;

export type HostSeatOptions = {
  readonly handlers: Handlers<EngineRequests>;
  /** How values become records, for one stream. */
  readonly newCodec: () => { pack(value: unknown): Uint8Array; unpack(body: Uint8Array): unknown };
  /** The host is gone, and what it asked is refused. */
  readonly onLost: () => void;
};

/** The one host that an engine serves at a time, over a pipe or a socket. When it has gone there may be another. */
export class HostSeat {
  readonly #options: HostSeatOptions;
  #channel: HostChannel | null = null;
  /** Nothing is told to a host before it has asked something: until then it is still proving itself. */
  #hasAsked = false;

  constructor(options: HostSeatOptions) {
    this.#options = options;
  }

  get isTaken(): boolean {
    return this.#channel !== null;
  }

  /** Serves the host at the other end of a stream, until that ends. There must be none. */
  take(stream: Duplex): void {
    const { handlers, newCodec, onLost } = this.#options;
    const codec = newCodec();
    const pipe = new HostPipe(stream, (value) => codec.pack(value));
    const channel: HostChannel = new Channel(pipe, handlers, () => undefined);
    this.#channel = channel;
    this.#hasAsked = false;
    const reader = new RecordReader((body) => {
      this.#hasAsked = true;
      channel.receive(codec.unpack(body));
    });
    stream.on("data", (chunk: Uint8Array) => {
      try {
        reader.push(chunk);
      } catch {
        stream.destroy(); // Whoever writes such records speaks another protocol.
      }
    });
    const lost = (): void => {
      if (this.#channel !== channel) return;
      channel.close({ code: "host-gone", message: "The window is gone." });
      this.#channel = null;
      stream.destroy();
      onLost();
    };
    stream.once("end", lost);
    stream.once("close", lost);
    stream.on("error", () => undefined); // 'close' follows.
    stream.resume();
  }

  /** Tells the host, if there is one. */
  notify(notice: EngineNotice): void {
    if (this.#hasAsked) this.#channel?.notify(notice);
  }
}
