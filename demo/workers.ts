import { setTimeout as wait } from "node:timers/promises";
import { Pull, Push } from "zeromq";
import { FREE_LOOPBACK_PORT, type Part, rethrowUnlessClosed, type ServerPart } from "./part.ts";

const JOB_MS = 2400;
const WORKERS = ["ada", "grace"] as const;

/** Collects the workers' results, which it reads and forgets. */
export async function startCollector(): Promise<ServerPart> {
  const socket = new Pull({ linger: 0 });
  await socket.bind(FREE_LOOPBACK_PORT);
  const endpoint = socket.lastEndpoint ?? "";
  const closed = new AbortController();
  readAll(socket).catch(rethrowUnlessClosed(closed.signal));
  return {
    endpoint,
    close: () => {
      closed.abort();
      socket.close();
    },
  };
}

async function readAll(socket: Pull): Promise<never> {
  for (;;) await socket.receive();
}

/** Two workers that push results such as `{"worker":"ada","job":7,"square":49}`, half a job apart. */
export function startWorkers(endpoint: string): Part {
  const closed = new AbortController();
  const sockets = WORKERS.map((worker, index) => {
    const socket = new Push({ linger: 0 });
    socket.connect(endpoint);
    work(socket, worker, index, closed.signal).catch(rethrowUnlessClosed(closed.signal));
    return socket;
  });
  return {
    close: () => {
      closed.abort();
      for (const socket of sockets) socket.close();
    },
  };
}

async function work(socket: Push, worker: string, index: number, closed: AbortSignal): Promise<void> {
  await wait((index * JOB_MS) / WORKERS.length, undefined, { signal: closed });
  for (let job = index + 1; ; job += WORKERS.length) {
    await socket.send(JSON.stringify({ worker, job, square: job * job }));
    await wait(JOB_MS, undefined, { signal: closed });
  }
}
