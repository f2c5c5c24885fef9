import { Reply, Request } from "zeromq";

/** A program of somebody else's: answers every request with `re: ` in front of it. */
export type EchoServer = { readonly endpoint: string; readonly requests: readonly string[]; close(): void };

/** Listens on a free loopback port; behind CURVE when it gets the secret key of a pair. */
export async function startEchoServer(curveSecretKey?: string): Promise<EchoServer> {
  const curve = curveSecretKey === undefined ? {} : { curveServer: true, curveSecretKey };
  const socket = new Reply({ linger: 0, ...curve });
  await socket.bind("tcp://127.0.0.1:*");
  const requests: string[] = [];
  const serve = async (): Promise<void> => {
    for await (const [frame] of socket) {
      const text = String(frame);
      requests.push(text);
      await socket.send(`re: ${text}`);
    }
  };
  const served = serve();
  return {
    endpoint: socket.lastEndpoint!,
    requests,
    close: () => {
      socket.close();
      // Closing ends the loop, perhaps in the middle of an answer.
      served.catch(() => undefined);
    },
  };
}

/** Sends the requests one after another through `endpoint` and returns the answers. */
export async function ask(endpoint: string, ...requests: (string | Uint8Array)[]): Promise<string[]> {
  const socket = new Request({ linger: 0, receiveTimeout: 10_000, sendTimeout: 10_000 });
  socket.connect(endpoint);
  try {
    const answers: string[] = [];
    for (const request of requests) {
      await socket.send(typeof request === "string" ? request : Buffer.from(request));
      answers.push(String((await socket.receive())[0]));
    }
    return answers;
  } finally {
    socket.close();
  }
}
