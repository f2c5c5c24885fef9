import assert from "node:assert/strict";
import { test } from "node:test";
import { Publisher } from "zeromq";
import { PublishingLeg } from "../../../src/proxy/bridge/publisher.ts";
import { SocketLink } from "../../../src/proxy/socketLink.ts";
import { noCounts } from "../../../src/shared/bridges.ts";
import { joined, LOOPBACK, peersOf } from "../../support/bridges.ts";

test("PublishingLeg publishes, counts, and shows what it sent in the direction of the subscribers", async (t) => {
  const socket = new Publisher({ linger: 0, sendTimeout: 0 });
  await socket.bind(LOOPBACK);
  const shown: number[] = [];
  const link = new SocketLink(
    {
      tap: { id: "b", name: "b" },
      origin: "bridge",
      sockets: { client: "SUB", server: "PUB" },
      addresses: { client: "", server: "" },
    },
    () => ({ received: (direction) => void shown.push(direction), closed: () => undefined }),
  );
  const greeted = shown.length;
  const counters = noCounts();
  const leg = new PublishingLeg(socket, link, 1, counters);
  const subscriber = peersOf(t).subscriber(socket.lastEndpoint!);
  await joined((text) => leg.publish([Buffer.from(text)]), subscriber);
  const before = counters.sent;
  await leg.publish([Buffer.from("a"), Buffer.from("")]);
  assert.deepEqual((await subscriber.receive()).map(String), ["a", ""]);
  assert.equal(counters.sent, before + 1);
  link.show();
  assert.ok(shown.length > greeted && shown.slice(greeted).every((direction) => direction === 1));
  socket.close();
  link.closed();
  assert.throws(() => leg.publish([Buffer.from("a")]), { code: "EBADF" });
});
