import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { existsSync } from "node:fs";
import { build } from "../../../scripts/tasks/build.ts";
import { currentTarget } from "../../../scripts/tasks/zeromqNative.ts";

/** The client that web bridges serve, built unless it was. */
export async function ensureClient(): Promise<void> {
  if (!existsSync("dist/web/zmq.js")) await build(currentTarget());
}

/** A web server of a page's own, which has nothing to do with the bridge: each path is an HTML page. */
export async function servePages(
  pages: Readonly<Record<string, string>>,
): Promise<{ readonly origin: string; readonly close: () => void }> {
  const server = createServer(({ url = "/" }, response) => {
    const page = pages[url.split("?")[0]!];
    response.writeHead(page === undefined ? 404 : 200, { "Content-Type": "text/html; charset=utf-8" });
    response.end(page);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** A page on the client of the bridge: `run` is the body of a module, which sets `window.said`. */
export function clientPage(bridge: string, run: string): string {
  return `<!doctype html><title>client</title><script type="module">
import { Context, PubRpcServer, RpcClient, RpcServer, ZmqError } from "${bridge}/zmq.js";
${run}
</script>`;
}

/**
 * A page that speaks the envelope of ZmqWebBridge by hand: sockets that send what waits once they are connected. The first
 * edition takes the first answer on an identity for that to its connect; the later one waits for `connection_reply`.
 */
export function envelopePage(address: string, edition: "first" | "later", run: string): string {
  return `<!doctype html><title>${edition} edition</title><script>
const digits = () => Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, "0").toUpperCase();
const connection = new WebSocket(${JSON.stringify(address)});
const sockets = {};
const opened = new Promise((resolve) => { connection.onopen = resolve; });
connection.onmessage = ({ data }) => {
  const { identity, msg_type, content } = JSON.parse(data);
  const socket = sockets[identity];
  if (socket.connected) socket.handle(content);
  else if (${edition === "first"} || msg_type === "connection_reply") {
    const answer = JSON.parse(content);
    socket.connected = answer.status === "success";
    socket.answered(answer);
  }
};
async function connect(number, endpoint, handle) {
  const socket = { identity: digits() + digits() + digits() + digits(), connected: false, handle };
  sockets[socket.identity] = socket;
  socket.send = (content, type) =>
    connection.send(JSON.stringify({ identity: socket.identity, content, msg_type: type ?? "userlevel" }));
  const answer = new Promise((resolve) => { socket.answered = resolve; });
  await opened;
  socket.send(JSON.stringify({ zmq_conn_string: endpoint, socket_type: number, username: "hugo" }), "connect");
  socket.answer = await answer;
  return socket;
}
(async () => {
${run}
})();
</script>`;
}
