import type { Duplex } from "node:stream";
import { ZmtpClient } from "../../src/proxy/wire/zmtpClient.ts";
import { encodeSubscription } from "../../src/proxy/wire/writer.ts";
import type { SocketType } from "../../src/shared/model.ts";
import { octets } from "./octets.ts";
import { until } from "./until.ts";

/** The other end of a link with the NULL mechanism, as a program of somebody else's would be. */
export class ZmtpPeer {
  /** Messages that came, frames as latin-1 text. */
  readonly messages: string[][] = [];
  isReady = false;
  hasEnded = false;
  /** Frames to answer a message with; `null` for none. */
  answer: (frames: string[]) => string[] | null = () => null;
  readonly stream: Duplex;
  readonly #client: ZmtpClient;

  constructor(stream: Duplex, socket: SocketType) {
    this.stream = stream;
    this.#client = new ZmtpClient({ socket });
    stream.on("error", () => undefined);
    stream.once("close", () => (this.hasEnded = true));
    stream.once("end", () => stream.end());
    stream.on("data", (chunk: Uint8Array) => {
      for (const event of this.#client.push(chunk)) {
        if (event.kind === "send") stream.write(event.bytes);
        if (event.kind === "ready") this.isReady = true;
        if (event.kind === "message") this.#took(event.frames.map((frame) => Buffer.from(frame).toString("latin1")));
      }
    });
    stream.write(this.#client.start());
  }

  send(...frames: string[]): void {
    this.stream.write(this.#client.encode(frames.map((frame) => octets(frame))));
  }

  subscribe(topic: string, isOn = true): void {
    this.stream.write(encodeSubscription(octets(topic), isOn, "3.1"));
  }

  async ready(): Promise<this> {
    await until(() => this.isReady);
    return this;
  }

  /** Resolves with the messages once there are so many. */
  async until(count: number): Promise<string[][]> {
    await until(() => this.messages.length >= count);
    return this.messages;
  }

  #took(frames: string[]): void {
    this.messages.push(frames);
    const answer = this.answer(frames);
    if (answer !== null) this.send(...answer);
  }
}
