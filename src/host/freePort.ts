import { createServer } from "node:net";

/** A listen endpoint on a loopback port that is free now. Somebody else may take it before it is used. */
export async function suggestListen(): Promise<string> {
  return `tcp://127.0.0.1:${await listenOnce(0)}`;
}

/** Whether nobody listens on this loopback port now. */
export async function isFreePort(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

function listenOnce(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(wanted, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
