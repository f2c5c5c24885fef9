import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Server, type Socket } from "node:net";
import type { TestContext } from "node:test";
import type { Vector } from "../../support/vectors.ts";

/**
 * Plays both parts of a recorded link through a tap, in the recorded order, and checks that every octet arrives.
 * `connecting` is the part that connects to the tap, from `localAddress`; `server` is what the tap connects to. Resolves
 * when both have closed.
 */
export async function playLink(
  t: TestContext,
  tapPort: number,
  server: Server,
  vector: Vector,
  connecting: "client" | "server" = "client",
  localAddress = "127.0.0.1",
): Promise<void> {
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const near = connect({ port: tapPort, host: "127.0.0.1", localAddress, allowHalfOpen: true });
  const [far] = await accepted;
  t.after(() => {
    near.destroy();
    far.destroy();
  });
  const nearArrivals = new Arrivals(near);
  const farArrivals = new Arrivals(far);
  for (const [who, digits] of vector.chunks) {
    const bytes = Buffer.from(digits, "hex");
    (who === connecting ? near : far).write(bytes);
    await (who === connecting ? farArrivals : nearArrivals).take(bytes);
  }
  near.end();
  await farArrivals.ended;
  far.end();
  await nearArrivals.ended;
}

/** What a socket receives, held against what should come. */
class Arrivals {
  readonly ended: Promise<unknown>;
  readonly #socket: Socket;
  #kept = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => (this.#kept = Buffer.concat([this.#kept, chunk])));
    this.ended = once(socket, "end");
  }

  /** Resolves when exactly these octets have come next. */
  async take(expected: Buffer): Promise<void> {
    while (this.#kept.length < expected.length) await once(this.#socket, "data");
    assert.deepEqual(this.#kept, expected);
    this.#kept = Buffer.alloc(0);
  }
}
