import { once } from "node:events";
import { createServer, connect, type Server, type Socket } from "node:net";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

/** A TCP server on a free loopback port that hands out its connections; closed after the test. */
export async function loopbackServer(
  t: TestContext,
  port = 0,
): Promise<{ port: number; server: Server; next(): Promise<Socket> }> {
  const waiting: Socket[] = [];
  const asked: ((socket: Socket) => void)[] = [];
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on("error", () => undefined);
    socket.once("close", () => open.delete(socket));
    const take = asked.shift();
    if (take === undefined) waiting.push(socket);
    else take(socket);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const next = (): Promise<Socket> => {
    const socket = waiting.shift();
    return socket === undefined ? new Promise((resolve) => asked.push(resolve)) : Promise.resolve(socket);
  };
  return { port: (server.address() as AddressInfo).port, server, next };
}

/** A connected socket; destroyed after the test. */
export async function loopbackClient(t: TestContext, port: number): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("error", () => undefined);
  t.after(() => socket.destroy());
  await once(socket, "connect");
  return socket;
}

/** Reads until `count` octets have come. */
export async function readBytes(socket: Socket, count: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  while (bytes < count) {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) {
      await once(socket, "readable");
      continue;
    }
    chunks.push(chunk);
    bytes += chunk.length;
  }
  return Buffer.concat(chunks);
}

/** Reads to the end of what the other side sends. */
export async function readAll(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
