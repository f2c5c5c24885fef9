import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { TestContext } from "node:test";

/** What a SOCKS server answered: its code, and the connection to go on with. */
type Answered = { readonly code: number; readonly socket: Socket };

/** Asks a SOCKS5 server on loopback for a destination by name, as libzmq does; the connection is destroyed after the test. */
export async function askSocks(t: TestContext, door: number, host: string, port: number): Promise<Answered> {
  const socket = connect({ port: door, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => undefined);
  t.after(() => socket.destroy());
  await once(socket, "connect");
  socket.write(Uint8Array.of(5, 1, 0));
  await readExactly(socket, 2);
  const name = Buffer.from(host);
  socket.write(Buffer.concat([Uint8Array.of(5, 1, 0, 3, name.length), name, Uint8Array.of(port >> 8, port & 0xff)]));
  return { code: (await readExactly(socket, 10))[1]!, socket };
}

/** Leaves what the server behind the door says for whoever reads next. */
async function readExactly(socket: Socket, count: number): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read(count) as Buffer | null;
    if (bytes !== null) return bytes;
    await once(socket, "readable");
  }
}

/** The port at the end of an endpoint. */
export function portOf(endpoint: string): number {
  return Number(endpoint.slice(endpoint.lastIndexOf(":") + 1));
}
