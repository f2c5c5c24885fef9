import { Subscriber, XPublisher } from "zeromq";

/** Publishes what it is told to; the subscribers are programs of their own. */
export type Publisher = {
  readonly endpoint: string;
  /** Resolves when this many subscriptions have come. */
  subscribed(count: number): Promise<void>;
  publish(topic: string, value: unknown): Promise<void>;
  close(): void;
};

export async function startPublisher(): Promise<Publisher> {
  const socket = new XPublisher({ linger: 0, receiveTimeout: 20_000 });
  socket.verbosity = "allSubs";
  await socket.bind("tcp://127.0.0.1:*");
  return {
    endpoint: socket.lastEndpoint!,
    subscribed: async (count) => {
      for (let i = 0; i < count; i++) await socket.receive();
    },
    publish: (topic, value) => socket.send([topic, JSON.stringify(value)]),
    close: () => socket.close(),
  };
}

/** Reads until the socket is closed. */
async function drain(socket: Subscriber): Promise<void> {
  for (;;) await socket.receive();
}

/** Subscribes to everything, `count` times, and reads until it is closed. */
export function startSubscribers(endpoint: string, count: number): { close(): void } {
  const sockets = Array.from({ length: count }, () => {
    const socket = new Subscriber({ linger: 0 });
    socket.connect(endpoint);
    socket.subscribe();
    void drain(socket).catch(() => undefined);
    return socket;
  });
  return { close: () => sockets.forEach((socket) => socket.close()) };
}
