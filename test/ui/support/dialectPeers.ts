import { Dealer, Reply, Request, Router } from "zeromq";

const SOCKET = { linger: 0, receiveTimeout: 20_000, sendTimeout: 20_000 };

/** A frontend and its backend, which speak over a link each way, each through a tap. */
export type FrontendBackend = {
  /** What each tap stands in front of. */
  readonly calls: string;
  readonly signals: string;
  /** Calls the backend through a tap and waits until it is acknowledged. */
  call(listen: string, body: string): Promise<void>;
  /** Has the backend send a signal through a tap. */
  signal(listen: string, body: string): Promise<void>;
  close(): void;
};

export async function startFrontendBackend(): Promise<FrontendBackend> {
  const [backend, frontend] = await Promise.all([acknowledging(), acknowledging()]);
  const requesters = new Map<string, Request>();
  const send = async (listen: string, body: string): Promise<void> => {
    let socket = requesters.get(listen);
    if (socket === undefined) {
      socket = new Request(SOCKET);
      socket.connect(listen);
      requesters.set(listen, socket);
    }
    await socket.send(body);
    await socket.receive();
  };
  return {
    calls: backend.lastEndpoint!,
    signals: frontend.lastEndpoint!,
    call: send,
    signal: send,
    close: () => [backend, frontend, ...requesters.values()].forEach((socket) => socket.close()),
  };
}

/** Says OK to whatever comes. */
async function acknowledging(): Promise<Reply> {
  const socket = new Reply({ linger: 0 });
  await socket.bind("tcp://127.0.0.1:*");
  const serve = async (): Promise<void> => {
    for (;;) {
      await socket.receive();
      await socket.send("OK");
    }
  };
  // Closing ends the loop, perhaps in the middle of an answer.
  serve().catch(() => undefined);
  return socket;
}

/** A JSON-RPC server that answers when it is told to, and its client. */
export type JsonRpcPair = {
  readonly endpoint: string;
  connect(listen: string): void;
  /** Sends calls and waits until the server has them. */
  call(...bodies: object[]): Promise<void>;
  /** Sends answers and waits until the client has them. */
  answer(...bodies: object[]): Promise<void>;
  close(): void;
};

export async function startJsonRpc(): Promise<JsonRpcPair> {
  const router = new Router(SOCKET);
  await router.bind("tcp://127.0.0.1:*");
  const dealer = new Dealer(SOCKET);
  let identity: Buffer | undefined;
  const text = (body: object): string => JSON.stringify({ jsonrpc: "2.0", ...body });
  return {
    endpoint: router.lastEndpoint!,
    connect: (listen) => dealer.connect(listen),
    call: async (...bodies) => {
      for (const body of bodies) {
        await dealer.send(text(body));
        [identity] = await router.receive();
      }
    },
    answer: async (...bodies) => {
      for (const body of bodies) {
        await router.send([identity!, text(body)]);
        await dealer.receive();
      }
    },
    close: () => [router, dealer].forEach((socket) => socket.close()),
  };
}
