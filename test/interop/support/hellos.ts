import { once } from "node:events";
import net from "node:net";
import type { TestContext } from "node:test";

const GREETING_OCTETS = 64;
/** Header and body of a CURVE HELLO. */
const HELLO_OCTETS = 202;
const WELCOME_OCTETS = 170;

/** The greeting and HELLO with which a recorded CURVE client began: a server can open it again and again. */
export function openingOf(fromClient: readonly Buffer[]): { greeting: Buffer; hello: Buffer } {
  const octets = Buffer.concat(fromClient);
  return {
    greeting: octets.subarray(0, GREETING_OCTETS),
    hello: octets.subarray(GREETING_OCTETS, GREETING_OCTETS + HELLO_OCTETS),
  };
}

/** A connection that says something and then waits for what comes. */
export type Caller = {
  /** All that has come, once it ended or a WELCOME could be in it. */
  readonly heard: Promise<Buffer>;
  /** The other side has closed. */
  readonly closed: Promise<void>;
  readonly hangUp: () => void;
};

/** Opens `count` connections to this loopback port that all say the same; they end with the test. */
export async function call(t: TestContext, port: number, octets: Buffer, count = 1): Promise<Caller[]> {
  const callers: Caller[] = [];
  for (let number = 0; number < count; number++) {
    const socket = net.connect({ host: "127.0.0.1", port });
    socket.on("error", () => undefined);
    t.after(() => socket.destroy());
    await once(socket, "connect");
    socket.write(octets);
    const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
    callers.push({ heard: hear(socket), closed, hangUp: () => socket.destroy() });
  }
  return callers;
}

function hear(socket: net.Socket): Promise<Buffer> {
  return new Promise((resolve) => {
    let heard = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      heard = Buffer.concat([heard, chunk]);
      if (heard.length >= GREETING_OCTETS + WELCOME_OCTETS) resolve(heard);
    });
    socket.once("close", () => resolve(heard));
  });
}
