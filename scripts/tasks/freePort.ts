import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Below the ports that Linux, macOS and Windows give to whoever asks for any. One of those may be the near end of a
 * connection by the time that it is listened on, even of a client that waits for just that listener.
 */
const [FIRST_PORT, END_PORT] = [15_000, 32_000];
const TRIES = 100;

const given = new Set<number>();

/** A loopback TCP port that nobody listens on at the moment, and that was not given before. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES; tries++) {
    const port = randomInt(FIRST_PORT, END_PORT);
    if (given.has(port)) continue;
    given.add(port);
    if (await canListen(port)) return port;
  }
  throw new Error(`None of ${TRIES} ports between ${FIRST_PORT} and ${END_PORT} is free.`);
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
