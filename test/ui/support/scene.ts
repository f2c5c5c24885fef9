import { connect } from "node:net";
import * as zmq from "zeromq";
import { freePort } from "../../../scripts/tasks/freePort.ts";
import { type JsonRpcPair, startJsonRpc } from "./dialectPeers.ts";
import { type Publisher, startPublisher, startSubscribers } from "./market.ts";
import { startEchoServer } from "./peers.ts";
import { openSession, type Session } from "./session.ts";

const SOCKET = { linger: 0, receiveTimeout: 20_000, sendTimeout: 20_000 };

/** More than a view may be given at once. */
const HUGE_BYTES = 300_000;

/** Longer than any view is wide. */
const LONG_TOPIC = `sensors.${"building-7.floor-12.".repeat(20)}temperature`;

/** What programs write in other scripts, and what a terminal would trip over. */
const WRITINGS = [
  "سعر الذهب ارتفع اليوم بنسبة كبيرة مقارنة بالأسبوع الماضي",
  'مرحبا "world" 123 שלום',
  "🚀🚀 launch 👩‍👩‍👧‍👦 family 🇩🇪 flag",
  "reversed \u202etxt.exe",
  "tab\there\nand a line\u0007 and a bell",
];

/** A window with three taps, waiting for the programs that talk through them: an echo server, a JSON-RPC server, a publisher. */
export type Scene = {
  readonly session: Session;
  /** Where each tap listens. */
  readonly listen: Readonly<Record<"echo" | "rpc" | "market", string>>;
  /** Lets the programs talk: pairs, an error, one that waits, publications, what is no ZeroMQ, and text of every kind. */
  talk(): Promise<void>;
  close(): Promise<void>;
};

export async function openScene(): Promise<Scene> {
  const [echo, rpc, market] = await Promise.all([startEchoServer(), startJsonRpc(), startPublisher()]);
  const listen = { echo: "", rpc: "", market: "" };
  for (const name of ["echo", "rpc", "market"] as const) listen[name] = `tcp://127.0.0.1:${await freePort()}`;
  const servers = { echo, rpc, market };
  const session = await openSession({
    workspaceSettings: {
      "zmqTap.taps": (["echo", "rpc", "market"] as const).map((name) => ({
        name,
        server: servers[name].endpoint,
        listen: listen[name],
      })),
    },
  });
  const opened: { close(): void }[] = [echo, rpc, market];
  return {
    session,
    listen,
    talk: async () => {
      opened.push(await talkToEcho(listen.echo));
      await talkRpc(rpc, listen.rpc);
      opened.push(await publishAll(market, listen.market));
      await sayNonsense(listen.echo);
    },
    close: async () => {
      await session.close();
      for (const each of opened) each.close();
    },
  };
}

async function talkToEcho(listen: string): Promise<{ close(): void }> {
  const client = new zmq.Request({ ...SOCKET, routingId: "gui-7" });
  client.connect(listen);
  const order = { method: "order", user: "alice", lots: 7, limit: { price: 1.08, currency: "EUR" }, tags: ["a", "b"] };
  const huge = Buffer.alloc(HUGE_BYTES, 0x5a);
  for (const text of [JSON.stringify(order), "apples", "pears", ...WRITINGS, huge, "x".repeat(5000)]) {
    await client.send(text);
    await client.receive();
  }
  return client;
}

async function talkRpc(rpc: JsonRpcPair, listen: string): Promise<void> {
  rpc.connect(listen);
  for (let i = 0; i < 5; i++) {
    await rpc.call({ id: i, method: "orders.list", params: [i] });
    await rpc.answer({ id: i, result: [{ id: i }] });
  }
  await rpc.call({ id: "b2", method: "orders.cancel", params: [7] });
  await rpc.answer({ id: "b2", error: { code: -32000, message: "Order 7 is filled already" } });
  await rpc.call({ id: "c3", method: "orders.wait", params: [] });
}

async function publishAll(market: Publisher, listen: string): Promise<{ close(): void }> {
  const subscribers = startSubscribers(listen, 2);
  await market.subscribed(2);
  for (let i = 0; i < 3; i++) {
    await market.publish("md.xetra.SAP", { bid: 100 + i });
    await market.publish("md.nyse.IBM", { bid: 200 + i });
    await market.publish("news", { headline: `Number ${i}` });
  }
  await market.publish(LONG_TOPIC, { celsius: 21.5 });
  await market.publish("أسعار.الذهب", { bid: 2400 });
  await market.publish("🚀.🇩🇪", { bid: 1 });
  return subscribers;
}

/** A program that takes the tap for something else. */
function sayNonsense(listen: string): Promise<void> {
  const { port, hostname } = new URL(listen.replace("tcp:", "http:"));
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => socket.end("GET / HTTP/1.1\r\nHost: nobody\r\n\r\n"));
    socket.resume();
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
  });
}
