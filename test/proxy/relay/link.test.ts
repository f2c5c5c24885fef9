import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { test, type TestContext } from "node:test";
import { Link, type LinkEnd } from "../../../src/proxy/relay/link.ts";
import { WaitingSocket } from "../../../src/proxy/relay/waitingSocket.ts";

/** A link between two in-memory streams, with the programs' ends of them. */
function linked(t: TestContext, gapIn: (bytes: Uint8Array) => number = () => 0) {
  const [clientLeg, client] = duplexPair({ allowHalfOpen: true });
  const [serverLeg, server] = duplexPair({ allowHalfOpen: true });
  const seen: string[] = [];
  const ends: LinkEnd[] = [];
  let wake = (): void => undefined;
  const observer = {
    received: (_direction: number, bytes: Uint8Array) => void seen.push(Buffer.from(bytes).toString()),
    injected: (_direction: number, bytes: Uint8Array) => void seen.push(`+${Buffer.from(bytes).toString()}`),
    gapIn: (_direction: number, bytes: Uint8Array) => gapIn(bytes),
    stepIn: (_direction: number, bytes: Uint8Array) => bytes.length,
  };
  const link = new Link(1, "wire", { client: clientLeg, server: serverLeg }, observer, null, (end) => {
    ends.push(end);
    wake();
  });
  const start = (): void =>
    link.start({
      client: new WaitingSocket(clientLeg, () => undefined),
      server: new WaitingSocket(serverLeg, () => undefined),
    });
  const ended = async (): Promise<LinkEnd> => {
    while (ends.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    return ends[0]!;
  };
  t.after(() => link.dispose());
  return { link, client, server, clientLeg, serverLeg, seen, start, ended };
}

test("Link gives up on a side that takes nothing for 10 s after its partner has gone, and counts what was lost", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const { client, clientLeg, serverLeg, start, ended, seen } = linked(t);
  start();
  client.write(Buffer.alloc(100_000));
  await new Promise((resolve) => setImmediate(resolve));
  const taken = seen.reduce((sum, text) => sum + text.length, 0);
  clientLeg.destroy(new Error("reset"));
  await new Promise((resolve) => setImmediate(resolve));
  const owed = serverLeg.writableLength;
  assert.ok(owed > 0 && owed <= taken);
  t.mock.timers.tick(10_000);
  assert.deepEqual(await ended(), { by: "client", reset: true, bytesLost: owed });
});

test("Link refuses an injection when the message under way does not end within 5 s", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const { link, start } = linked(t, () => -1);
  start();
  const refused = assert.rejects(link.inject(0, Buffer.from("x"), "replay"), { code: "injection-refused" });
  t.mock.timers.tick(5_000);
  await refused;
});

test("Link injects at once between messages, and not into a side that has ended", async (t) => {
  const { link, client, server, seen, start } = linked(t);
  start();
  server.resume();
  await link.inject(0, Buffer.from("x"), "call");
  assert.deepEqual(seen, ["+x"]);
  client.end();
  client.resume();
  await new Promise((resolve) => server.once("end", resolve));
  await assert.rejects(link.inject(0, Buffer.from("y"), "call"), /closing/);
});

test("Link tells whether a receiver takes more, and when it does again or is gone", async (t) => {
  const { link, client, server, clientLeg, start } = linked(t);
  start();
  assert.equal(link.isFull(0), false);
  await link.drained(0);
  await link.inject(0, Buffer.alloc(100_000), "replay");
  await link.inject(1, Buffer.alloc(100_000), "replay");
  assert.deepEqual([link.isFull(0), link.isFull(1)], [true, true]);
  server.resume();
  await link.drained(0);
  assert.equal(link.isFull(0), false);
  const gone = link.drained(1);
  clientLeg.destroy();
  await gone;
  assert.equal(link.isFull(1), false);
  client.destroy();
});

test("Link hands on an end that came before it was started", async (t) => {
  const { client, server, start, ended, seen } = linked(t);
  start();
  client.end("bye");
  server.resume();
  server.once("end", () => server.end());
  client.resume();
  assert.deepEqual(await ended(), { by: "client", reset: false, bytesLost: 0 });
  assert.deepEqual(seen, ["bye"]);
});
