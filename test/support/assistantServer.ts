import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import type { SocketType } from "../../src/shared/model.ts";
import { ZmtpPeer } from "./zmtpPeer.ts";

/** A server without a library that answers messages like this; frames as latin-1 text. Gives its endpoint; ends with the test. */
export async function zmtpServer(
  t: TestContext,
  socket: SocketType,
  answer: (frames: string[]) => string[] | null,
): Promise<string> {
  const sockets: Socket[] = [];
  const server = createServer((connection) => {
    sockets.push(connection);
    new ZmtpPeer(connection, socket).answer = answer;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    for (const connection of sockets) connection.destroy();
    server.close();
  });
  return `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
