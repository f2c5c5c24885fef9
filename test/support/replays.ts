import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";
import type { ReplayOptions } from "../../src/shared/replaySession.ts";
import type { SocketType } from "../../src/shared/model.ts";
import { ZmtpPeer } from "./zmtpPeer.ts";

/** As fast as possible, once, through the taps that recorded it. */
export const FAST: ReplayOptions = {
  target: { kind: "tap", tap: null },
  timing: { kind: "fast" },
  loops: 1,
  from: null,
  as: null,
  timeoutMs: 5_000,
};

/** Where a program of somebody else's listens, and the peers that it has met. */
export type Listening = { readonly endpoint: string; readonly peers: readonly ZmtpPeer[] };

/** Listens as a socket of this type until the test ends. */
export async function listenAs(
  t: TestContext,
  socket: SocketType,
  answer: ZmtpPeer["answer"] = () => null,
): Promise<Listening> {
  const peers: ZmtpPeer[] = [];
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (stream) => {
    sockets.push(stream);
    const peer = new ZmtpPeer(stream, socket);
    peer.answer = answer;
    peers.push(peer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.close();
    for (const one of sockets) one.destroy();
  });
  const address = server.address() as { port: number };
  return { endpoint: `tcp://127.0.0.1:${address.port}`, peers };
}
