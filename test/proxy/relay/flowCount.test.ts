import assert from "node:assert/strict";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { FlowCount } from "../../../src/proxy/relay/flowCount.ts";
import { loopbackClient, loopbackServer } from "../../support/loopback.ts";
import { until } from "../../support/until.ts";

/** A direction between two real connections, with the programs' ends of them. */
async function flow(t: TestContext) {
  const listener = await loopbackServer(t);
  const sender = await loopbackClient(t, listener.port);
  const from = await listener.next();
  const receiver = await loopbackClient(t, listener.port);
  const to = await listener.next();
  const count = new FlowCount(from, to);
  from.pause();
  return { sender, from, to, receiver, count };
}

test("FlowCount counts what was read, what was sent and what waits in between", async (t) => {
  const { sender, from, to, receiver, count } = await flow(t);
  count.begin([]);
  from.on("data", (chunk: Buffer) => {
    count.took(chunk.length);
    to.write(chunk);
    count.wrote(chunk.length);
  });
  from.resume();
  sender.write(Buffer.alloc(1000));
  receiver.resume();
  await until(() => count.carried().sent === 1000);
  assert.deepEqual(count.carried(), {
    received: 1000,
    sent: 1000,
    queued: 0,
    undelivered: 0,
    added: 0,
    removed: 0,
  });
  from.pause();
  sender.write(Buffer.alloc(500));
  await until(() => count.queued === 500);
  const { received, queued } = count.carried();
  assert.deepEqual([received, queued], [1500, 500]);
});

test("FlowCount leaves out what the connections carried before, but for what was read too early", async (t) => {
  const { sender, from, to, receiver, count } = await flow(t);
  receiver.resume();
  to.write("hello");
  sender.write("before");
  const [before] = (await once(from.resume(), "data")) as [Buffer];
  from.pause();
  assert.equal(before.toString(), "before");
  sender.write("early");
  const [early] = (await once(from.resume(), "data")) as [Buffer];
  from.pause();
  count.begin([early]);
  assert.equal(count.carried().received, 5);
  count.took(5);
  to.write(early);
  count.wrote(5);
  await until(() => count.carried().sent === 5);
  assert.equal(count.carried().queued, 0);
});

test("FlowCount says what may not have reached a receiver that was killed", async (t) => {
  const { sender, from, to, receiver, count } = await flow(t);
  count.begin([]);
  to.on("error", () => undefined);
  const full = new Promise<void>((resolve) => {
    from.on("data", (chunk: Buffer) => {
      count.took(chunk.length);
      const flows = to.write(chunk);
      count.wrote(chunk.length);
      if (flows) return;
      from.pause();
      count.held();
      if (to.writableLength > 0) resolve();
    });
  });
  to.on("drain", () => from.resume());
  from.resume();
  sender.write(Buffer.alloc(32 * 1024 * 1024));
  await full;
  assert.ok(count.queued > 0);
  receiver.resetAndDestroy();
  await new Promise((resolve) => to.once("close", resolve));
  const { received, sent, queued, undelivered } = count.carried();
  assert.equal(received, sent + queued + undelivered);
  assert.ok(undelivered > 0);
});

test("FlowCount adds up for how long a sender was held", async (t) => {
  const { count } = await flow(t);
  assert.equal(count.heldUpMs, 0);
  count.held();
  await until(() => count.heldUpMs > 1);
  count.released();
  const once = count.heldUpMs;
  count.released();
  assert.equal(count.heldUpMs, once);
  count.held();
  count.held();
  await until(() => count.heldUpMs > once);
});

test("FlowCount tells what a detour holds, has taken out or put in, and what is lost with it", async (t) => {
  const { count } = await flow(t);
  const told = () => {
    const { queued, added, removed, undelivered } = count.carried();
    return { queued, added, removed, undelivered };
  };
  count.tookAside(100);
  assert.deepEqual(told(), { queued: 100, added: 0, removed: 0, undelivered: 0 });
  count.handedBack(70);
  assert.deepEqual(told(), { queued: 30, added: 0, removed: 0, undelivered: 0 });
  count.nothingAside();
  assert.deepEqual(told(), { queued: 0, added: 0, removed: 30, undelivered: 0 });
  count.tookAside(10);
  count.handedBack(20);
  assert.deepEqual(told(), { queued: 0, added: 10, removed: 30, undelivered: 0 });
  count.nothingAside();
  count.tookAside(5);
  count.lostAside();
  assert.deepEqual(told(), { queued: 0, added: 10, removed: 30, undelivered: 5 });
  count.handedBack(5);
  count.lostAside();
  assert.deepEqual(told(), { queued: 0, added: 15, removed: 30, undelivered: 5 });
});
