import { curveKeyPair, Reply, Request } from "zeromq";

type CurvePair = { readonly publicKey: string; readonly secretKey: string };

export type CurveClient = { readonly pair: CurvePair; readonly answer: Promise<string>; close(): void };

export const newPair = (): CurvePair => curveKeyPair();

/** A CURVE server of somebody else's, which answers every request with `re: ` in front of it. */
export async function startCurveServer(): Promise<{ endpoint: string; pair: CurvePair; close(): void }> {
  const pair = newPair();
  const socket = new Reply({ linger: 0, curveServer: true, curveSecretKey: pair.secretKey });
  await socket.bind("tcp://127.0.0.1:*");
  const serve = async (): Promise<void> => {
    for await (const [frame] of socket) await socket.send(`re: ${String(frame)}`);
  };
  // Closing ends the loop, perhaps in the middle of an answer.
  serve().catch(() => undefined);
  return { endpoint: socket.lastEndpoint!, pair, close: () => socket.close() };
}

/** A CURVE client that has asked, and waits for its answer for as long as that takes. */
export function askAsCurveClient(endpoint: string, serverKey: string, text: string): CurveClient {
  const pair = newPair();
  const socket = new Request({
    linger: 0,
    curveServerKey: serverKey,
    curvePublicKey: pair.publicKey,
    curveSecretKey: pair.secretKey,
  });
  socket.connect(endpoint);
  const answer = socket.send(text).then(async () => String((await socket.receive())[0]));
  // A client that is closed before its answer has come gets none.
  answer.catch(() => undefined);
  return { pair, answer, close: () => socket.close() };
}
