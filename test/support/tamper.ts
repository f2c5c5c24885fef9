import { once } from "node:events";
import net from "node:net";
import type { TestContext } from "node:test";

const GREETING = 64;

export type TamperWay = "fromClient" | "fromServer";

/** One frame of ZMTP 3 on its way. */
export type TamperFrame = {
  /** Number of the connection, from 0. */
  readonly link: number;
  readonly way: TamperWay;
  /** Name of the command that the body begins with, or "". */
  readonly name: string;
  /** How many of this name came before on this connection and way. */
  readonly index: number;
  /** Header and body. */
  readonly octets: Buffer;
};

/** What goes on in place of a frame: as many pieces as it likes. */
export type Mutate = (frame: TamperFrame) => readonly Buffer[];

/**
 * A man in the middle before the loopback port `target`, who may change each ZMTP 3 frame. Greetings pass as they are, and
 * so does each close. Resolves with the port where it listens; it ends with the test.
 */
export async function tamper(t: TestContext, target: number, mutate: Mutate): Promise<number> {
  const sockets = new Set<net.Socket>();
  let links = 0;
  const server = net.createServer({ noDelay: true }, (client) => {
    const link = links++;
    const upstream = net.connect({ host: "127.0.0.1", port: target, noDelay: true });
    pass(client, upstream, new Frames(link, "fromClient"));
    pass(upstream, client, new Frames(link, "fromServer"));
  });
  const pass = (from: net.Socket, to: net.Socket, frames: Frames): void => {
    sockets.add(from);
    from.on("data", (chunk: Buffer) => {
      for (const piece of frames.push(chunk)) {
        for (const octets of typeof piece === "string" || Buffer.isBuffer(piece) ? [piece] : mutate(piece))
          to.write(octets);
      }
    });
    from.on("error", () => to.destroy());
    from.on("close", () => {
      sockets.delete(from);
      to.destroySoon();
    });
  };
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as net.AddressInfo).port;
}

/** Cuts one direction into its greeting and its frames. */
class Frames {
  readonly #link: number;
  readonly #way: TamperWay;
  readonly #counts = new Map<string, number>();
  #kept = Buffer.alloc(0);
  #greetingLeft = GREETING;

  constructor(link: number, way: TamperWay) {
    this.#link = link;
    this.#way = way;
  }

  /** What `chunk` completes; octets of the greeting as they come. */
  push(chunk: Buffer): (Buffer | TamperFrame)[] {
    const greeting = chunk.subarray(0, this.#greetingLeft);
    this.#greetingLeft -= greeting.length;
    this.#kept = Buffer.concat([this.#kept, chunk.subarray(greeting.length)]);
    const pieces: (Buffer | TamperFrame)[] = greeting.length > 0 ? [greeting] : [];
    for (let size = frameSize(this.#kept); size <= this.#kept.length; size = frameSize(this.#kept)) {
      pieces.push(this.#frame(Buffer.from(this.#kept.subarray(0, size))));
      this.#kept = this.#kept.subarray(size);
    }
    return pieces;
  }

  #frame(octets: Buffer): TamperFrame {
    const body = octets.subarray(headerSize(octets));
    const name = /^[A-Z]{4,8}$/.exec(body.toString("latin1", 1, 1 + (body[0] ?? 0)))?.[0] ?? "";
    const index = this.#counts.get(name) ?? 0;
    this.#counts.set(name, index + 1);
    return { link: this.#link, way: this.#way, name, index, octets };
  }
}

const isLong = (octets: Buffer): boolean => (octets[0]! & 2) !== 0;

const headerSize = (octets: Buffer): number => (isLong(octets) ? 9 : 2);

/** Octets of the frame that begins here; Infinity while its header is not there. */
function frameSize(octets: Buffer): number {
  if (octets.length === 0 || octets.length < headerSize(octets)) return Infinity;
  return isLong(octets) ? 9 + Number(octets.readBigUInt64BE(1)) : 2 + octets[1]!;
}

/** A frame with the same flags around another body, and a length that is off by `lengthOff`. */
function rebuilt(octets: Buffer, body: Buffer, lengthOff = 0): Buffer {
  const header = Buffer.from(octets.subarray(0, headerSize(octets)));
  if (isLong(octets)) header.writeBigUInt64BE(BigInt(body.length + lengthOff), 1);
  else header[1] = body.length + lengthOff;
  return Buffer.concat([header, body]);
}

const bodyOf = (octets: Buffer): Buffer => octets.subarray(headerSize(octets));

/** Bits of a frame's body. */
export const bitsOf = (octets: Buffer): number => bodyOf(octets).length * 8;

/** The frame with one bit of its body changed, counted from the first octet's highest. */
export function flipBit(octets: Buffer, bit: number): Buffer {
  const body = Buffer.from(bodyOf(octets));
  body[bit >> 3]! ^= 128 >> (bit & 7);
  return rebuilt(octets, body);
}

/** The frame without the last octets of its body; the length in its header fits. */
export const truncate = (octets: Buffer, count: number): Buffer =>
  rebuilt(octets, bodyOf(octets).subarray(0, bodyOf(octets).length - count));

/** The frame with a length in its header that does not fit. */
export const mislabel = (octets: Buffer, lengthOff: number): Buffer => rebuilt(octets, bodyOf(octets), lengthOff);

/** Changes the frames that `isMeant` picks and lets the others pass. */
export const tamperWith =
  (isMeant: (frame: TamperFrame) => boolean, change: (octets: Buffer) => readonly Buffer[]): Mutate =>
  (frame) =>
    isMeant(frame) ? change(frame.octets) : [frame.octets];

/** Puts each frame that `isMeant` picks behind the frame that follows it. */
export function swapWithNext(isMeant: (frame: TamperFrame) => boolean): Mutate {
  const held = new Map<string, Buffer>();
  return (frame) => {
    const place = `${frame.link} ${frame.way}`;
    const before = held.get(place);
    held.delete(place);
    if (before !== undefined) return [frame.octets, before];
    if (!isMeant(frame)) return [frame.octets];
    held.set(place, frame.octets);
    return [];
  };
}
