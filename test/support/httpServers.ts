import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export type HttpRequest = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
};

/** An HTTP server of Node's on loopback that ends with the test. */
export async function httpServer(
  t: TestContext,
  answer: (request: HttpRequest, response: ServerResponse) => void,
): Promise<{
  readonly url: string;
  readonly port: number;
  readonly requests: HttpRequest[];
  readonly connections: () => number;
}> {
  const requests: HttpRequest[] = [];
  let connections = 0;
  const listen: RequestListener = (incoming, response) => {
    const parts: Buffer[] = [];
    incoming.on("data", (part: Buffer) => parts.push(part));
    incoming.on("end", () => {
      const { method = "", url = "", headers } = incoming;
      const request = { method, url, headers, body: Buffer.concat(parts).toString() };
      requests.push(request);
      answer(request, response);
    });
  };
  const server = createServer(listen);
  server.on("connection", () => connections++);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, requests, connections: () => connections };
}
