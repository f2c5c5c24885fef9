import { createServer } from "node:net";

/** A listen endpoint on a loopback port that is free now. Somebody else may take it before it is used. */
export function suggestListen(): Promise<string> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      server.close(() => resolve(`tcp://127.0.0.1:${port}`));
    });
  });
}
