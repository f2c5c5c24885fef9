import { after, test } from "node:test";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { keepOrder, passLargeFrames, passManyFrames } from "./support/scenarios.ts";
import { OPEN } from "./support/wires.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
const peers = { python, javascript };
after(async () => {
  await python.stop();
  await javascript.stop();
});

test("A tap passes messages of 1 to 64 frames and prints them whole", async (t) => {
  await passManyFrames(t, peers, OPEN);
});

test("A tap passes frames of 0 B to 20 MB both ways and prints them whole with --full", async (t) => {
  await passLargeFrames(t, peers, OPEN);
});

test("A tap keeps the order of each client's messages and numbers them without a hole", async (t) => {
  await keepOrder(t, peers, OPEN);
});
