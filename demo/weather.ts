import { setTimeout as wait } from "node:timers/promises";
import { Publisher, Subscriber } from "zeromq";
import { FREE_LOOPBACK_PORT, type Part, rethrowUnlessClosed, type ServerPart } from "./part.ts";

const PUBLISH_EVERY_MS = 500;

/** Where it is how cold on average, by zip code. */
const STATIONS = [
  { zipCode: "10001", mean: -8 },
  { zipCode: "10115", mean: 2 },
  { zipCode: "90210", mean: 21 },
] as const;

/** Each subscriber's topic; a topic is a prefix, so the second gets both 10001 and 10115. */
const TOPICS = ["10001", "10"] as const;

/** Publishes one station's temperature in turn, such as `10001 -12`. */
export async function startWeatherPublisher(): Promise<ServerPart> {
  const socket = new Publisher({ linger: 0 });
  await socket.bind(FREE_LOOPBACK_PORT);
  const endpoint = socket.lastEndpoint ?? "";
  const closed = new AbortController();
  publish(socket, closed.signal).catch(rethrowUnlessClosed(closed.signal));
  return {
    endpoint,
    close: () => {
      closed.abort();
      socket.close();
    },
  };
}

async function publish(socket: Publisher, closed: AbortSignal): Promise<void> {
  for (let step = 0; ; step++) {
    await wait(PUBLISH_EVERY_MS, undefined, { signal: closed });
    const station = STATIONS[step % STATIONS.length]!;
    const temperature = Math.round(station.mean + 5 * Math.sin(step / 15));
    await socket.send(`${station.zipCode} ${temperature}`);
  }
}

/** Two subscribers of different topics that read and forget. */
export function startWeatherSubscribers(endpoint: string): Part {
  const closed = new AbortController();
  const sockets = TOPICS.map((topic) => {
    const socket = new Subscriber({ linger: 0 });
    socket.connect(endpoint);
    socket.subscribe(topic);
    readAll(socket).catch(rethrowUnlessClosed(closed.signal));
    return socket;
  });
  return {
    close: () => {
      closed.abort();
      for (const socket of sockets) socket.close();
    },
  };
}

async function readAll(socket: Subscriber): Promise<never> {
  for (;;) await socket.receive();
}
