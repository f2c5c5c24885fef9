import { after, test } from "node:test";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { passSubscriptions, passSubscriptionsBackwards } from "./support/scenarios.ts";
import { OPEN } from "./support/wires.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
const peers = { python, javascript };
after(async () => {
  await python.stop();
  await javascript.stop();
});

test("A publisher behind a tap gets exactly its subscribers' own subscriptions, and they what they asked for", async (t) => {
  await passSubscriptions(t, peers, OPEN);
});

test("A tap before a publisher that connects passes the subscriptions the other way", async (t) => {
  await passSubscriptionsBackwards(t, peers, OPEN);
});
