import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Listener } from "../../../src/proxy/relay/listener.ts";
import { type Endpoint, formatEndpoint, isProblem, parseEndpoint } from "../../../src/shared/endpoint.ts";

function listenerOn(t: TestContext, text: string) {
  const endpoint = parseEndpoint(text, "listen") as Endpoint;
  assert.ok(!isProblem(endpoint));
  const accepted: Socket[] = [];
  let wake = (): void => undefined;
  let takenOver = false;
  const told = new Promise<void>((resolve) => (wake = resolve));
  const listener = new Listener(
    endpoint,
    (socket) => accepted.push(socket),
    () => {
      takenOver = true;
      wake();
    },
  );
  t.after(() => listener.dispose());
  t.after(() => {
    for (const socket of accepted) socket.destroy();
  });
  return { listener, accepted, told, isTakenOver: () => takenOver };
}

test("Listener takes the same port again after it was closed", async (t) => {
  const { listener } = listenerOn(t, "tcp://127.0.0.1:*");
  await listener.open();
  const first = formatEndpoint(listener.endpoint);
  listener.close();
  await listener.open();
  assert.equal(formatEndpoint(listener.endpoint), first);
  assert.equal(listener.isOpen, true);
});

test("Listener makes a path for ipc://* and removes it in the end", async (t) => {
  const { listener } = listenerOn(t, "ipc://*");
  await listener.open();
  const endpoint = listener.endpoint;
  assert.ok(endpoint.transport === "ipc" && existsSync(endpoint.path));
  await listener.dispose();
  assert.equal(existsSync(endpoint.path), false);
  await listener.open();
  assert.equal(listener.isOpen, true);
});

test("Listener listens on abstract names", async (t) => {
  const { listener, accepted } = listenerOn(t, `ipc://@zmq-tap-test-${process.pid}`);
  await listener.open();
  const client = connect({ path: `\0zmq-tap-test-${process.pid}` });
  await once(client, "connect");
  client.destroy();
  await once(client, "close");
  assert.equal(accepted.length, 1);
});

test("Listener notices when another program has bound over its path, and leaves that one's file", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tap-"));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, "s");
  const { listener, told, isTakenOver } = listenerOn(t, `ipc://${path}`);
  t.mock.timers.enable({ apis: ["setInterval"] });
  await listener.open();
  rmSync(path);
  const thief = createServer().listen(path);
  t.after(() => thief.close());
  await once(thief, "listening");
  t.mock.timers.tick(2_000);
  await told;
  assert.equal(isTakenOver(), true);
  assert.equal(listener.isOpen, false);
  listener.close();
  assert.equal(existsSync(path), true);
});
