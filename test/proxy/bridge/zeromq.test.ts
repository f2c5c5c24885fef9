import assert from "node:assert/strict";
import { test } from "node:test";
import { bindSocket, shownAddress } from "../../../src/proxy/bridge/zeromq.ts";
import { loadZeroMq } from "../../../src/proxy/zeromq.ts";
import { LOOPBACK, peersOf } from "../../support/bridges.ts";

test("bindSocket says where a socket is or why it is nowhere", async (t) => {
  const { Reply } = await loadZeroMq("A bridge");
  const socket = new Reply({ linger: 0 });
  t.after(() => socket.close());
  const endpoint = await bindSocket(socket, LOOPBACK);
  assert.match(endpoint, /^tcp:\/\/127[.]0[.]0[.]1:\d+$/);
  const { lastEndpoint } = await peersOf(t).reply();
  await assert.rejects(bindSocket(socket, lastEndpoint), { code: "bridge-cannot-bind", message: /another program/ });
  await assert.rejects(bindSocket(socket, "tcp://192.0.2.1:5555"), { message: /this machine has no such address/ });
  await assert.rejects(bindSocket(socket, "ipc:///no/such/folder/x"), {
    message: /^Cannot bind ipc:\/\/\/no\/such\/folder\/x: .*[.] Give the bridge another endpoint[.]$/,
  });
});

test("bindSocket waits for a socket that is being closed to let go of its endpoint", async (t) => {
  const { Reply } = await loadZeroMq("A bridge");
  const first = new Reply({ linger: 0 });
  const endpoint = await bindSocket(first, LOOPBACK);
  const second = new Reply({ linger: 0 });
  t.after(() => second.close());
  const bound = bindSocket(second, endpoint);
  first.close();
  assert.equal(await bound, endpoint);
});

test("shownAddress writes tcp endpoints without their transport, and others whole", () => {
  assert.deepEqual(["tcp://127.0.0.1:5556", "tcp://[::1]:5556", "ipc:///tmp/x", "what"].map(shownAddress), [
    "127.0.0.1:5556",
    "[::1]:5556",
    "ipc:///tmp/x",
    "what",
  ]);
});
