import assert from "node:assert/strict";
import { once } from "node:events";
import type { Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { type SocksClient, SocksDoor } from "../../../src/proxy/relay/socksDoor.ts";
import { SOCKS_REPLY } from "../../../src/proxy/relay/socksReader.ts";
import { formatEndpoint } from "../../../src/shared/endpoint.ts";
import { loopbackClient, loopbackServer, readAll, readBytes } from "../../support/loopback.ts";
import { hex } from "../../support/octets.ts";

const GREETING = hex("05 01 00");
const TO_LOOPBACK = hex("05 01 00 01 7f000001 15b4");

type Asked = { readonly destination: string; readonly client: SocksClient };

/** An open door with everything it told, and a wait for what it will tell. */
async function openDoor(t: TestContext, limit = 100) {
  const asked: Asked[] = [];
  const faults: string[] = [];
  let surplus = 0;
  let wake = (): void => undefined;
  const door = new SocksDoor({ transport: "tcp", host: "127.0.0.1", port: 0, source: null }, limit, {
    asked: (destination, client) => {
      asked.push({ destination: formatEndpoint(destination), client });
      wake();
    },
    faulty: (_address, problem) => {
      faults.push(problem);
      wake();
    },
    surplus: () => {
      surplus += 1;
      wake();
    },
    outOfDescriptors: () => assert.fail("there are descriptors"),
    changed: () => wake(),
  });
  await door.open();
  t.after(() => door.close());
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise<void>((resolve) => (wake = resolve));
  };
  assert.ok(door.endpoint.transport === "tcp");
  const { port } = door.endpoint;
  return { door, port, asked, faults, until, surplus: () => surplus };
}

/** A client that has asked, and the answer to its methods was read. */
async function ask(t: TestContext, port: number, request: Uint8Array): Promise<Socket> {
  const client = await loopbackClient(t, port);
  client.write(GREETING);
  assert.deepEqual(await readBytes(client, 2), Buffer.from([5, 0]));
  client.write(request);
  return client;
}

test("SocksDoor says which destination a client asks for, and hands it over unread", async (t) => {
  const { port, asked, until } = await openDoor(t);
  await ask(t, port, hex("05 01 00 03 09 6c6f63616c686f7374 15b4"));
  await ask(t, port, hex(`05 01 00 04 ${"00".repeat(15)}01 15b4`));
  await ask(t, port, TO_LOOPBACK);
  await until(() => asked.length === 3);
  assert.deepEqual(
    asked.map(({ destination }) => destination),
    ["tcp://localhost:5556", "tcp://[::1]:5556", "tcp://127.0.0.1:5556"],
  );
  assert.ok(asked.every(({ client }) => client.socket.isPaused()));
});

test("SocksDoor takes the source address that libzmq writes in front of a host", async (t) => {
  const { port, asked, until } = await openDoor(t);
  const name = Buffer.from("127.0.0.1:0;127.0.0.1");
  await ask(t, port, Buffer.concat([hex("05 01 00 03"), Buffer.of(name.length), name, hex("15b4")]));
  await until(() => asked.length === 1);
  assert.equal(asked[0]?.destination, "tcp://127.0.0.1:*;127.0.0.1:5556");
});

test("SocksDoor reads a handshake octet by octet, and keeps what an eager client says behind it", async (t) => {
  const { port, asked, until } = await openDoor(t);
  const client = await loopbackClient(t, port);
  client.setNoDelay(true);
  for (const octet of [...GREETING, ...TO_LOOPBACK]) client.write(Buffer.of(octet));
  client.write("hello");
  await until(() => asked.length === 1);
  const { socket } = asked[0]!.client;
  assert.equal((await readBytes(socket, 5)).toString(), "hello");
});

for (const [what, sent, problem, answer] of [
  ["speaks ZeroMQ at once", "ff00000000000000017f", /^it speaks ZeroMQ at once/, ""],
  ["speaks HTTP", "474554202f", /HTTP/, ""],
  ["offers no method that is known", "050102", /^it wants to prove who it is/, "05ff"],
  ["asks for BIND", "05010005020001", /command 2/, "050005070001000000000000"],
  ["asks for an address of another kind", "05010005010005", /kind 5/, "050005080001000000000000"],
  ["asks for a name with a blank", "0501000501000303612062 15b4", /no host can have/, "050005040001000000000000"],
  ["asks for any address", "0501000501000301 2a 15b4", /no host can have/, "050005040001000000000000"],
] as const) {
  test(`SocksDoor closes a client that ${what}, and says so`, async (t) => {
    const { door, port, asked, faults, until } = await openDoor(t);
    const client = await loopbackClient(t, port);
    client.write(hex(sent));
    assert.equal((await readAll(client)).toString("hex"), answer);
    client.end();
    await until(() => door.clients === 0);
    assert.equal(faults.length, 1);
    assert.match(faults[0]!, problem);
    assert.deepEqual(asked, []);
  });
}

test("SocksDoor lets go of a client that closes half way, and says nothing of one that only looks", async (t) => {
  const { door, port, faults, until } = await openDoor(t);
  const client = await loopbackClient(t, port);
  client.end(GREETING);
  await until(() => faults.length === 1);
  assert.match(faults[0]!, /closed before/);
  const looking = await loopbackClient(t, port);
  await until(() => door.clients > 0);
  looking.end();
  await until(() => door.clients === 0);
  assert.equal(faults.length, 1);
});

test("SocksDoor closes a client that does not say in time where it wants to go", async (t) => {
  const { door, port, faults, until } = await openDoor(t);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const client = await loopbackClient(t, port);
  client.write(GREETING);
  await readBytes(client, 2);
  t.mock.timers.tick(10_000);
  await until(() => door.clients === 0);
  assert.deepEqual(faults, ["it did not say within 10 s where it wants to go"]);
});

test("SocksDoor tells a client what became of its wish", async (t) => {
  const { door, port, asked, until } = await openDoor(t);
  const failing = (code: string): Error => Object.assign(new Error(code), { code });
  const codes = [
    ["ECONNREFUSED", SOCKS_REPLY.refused],
    ["ENETUNREACH", SOCKS_REPLY.networkUnreachable],
    ["EHOSTUNREACH", SOCKS_REPLY.hostUnreachable],
    ["ENOTFOUND", SOCKS_REPLY.hostUnreachable],
    ["ETIMEDOUT", SOCKS_REPLY.hostUnreachable],
    ["EACCES", SOCKS_REPLY.notAllowed],
    ["EMFILE", SOCKS_REPLY.failure],
  ] as const;
  for (const [code, reply] of codes) {
    const client = await ask(t, port, TO_LOOPBACK);
    await until(() => asked.length > 0);
    asked.shift()!.client.answer.refused(failing(code));
    assert.deepEqual(await readAll(client), Buffer.from([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]), code);
    client.end();
    await until(() => door.clients === 0);
  }
});

test("SocksDoor tells a client from where its server is reached, and closes behind what was said", async (t) => {
  const { door, port, asked, until } = await openDoor(t);
  const client = await ask(t, port, TO_LOOPBACK);
  await until(() => asked.length === 1);
  const server = await loopbackClient(t, (await loopbackServer(t)).port);
  asked[0]!.client.answer.opened(server);
  const { localPort = 0 } = server;
  const told = Buffer.from([5, 0, 0, 1, 127, 0, 0, 1, localPort >> 8, localPort & 0xff]);
  assert.deepEqual(await readBytes(client, 10), told);
  await door.close();
  assert.ok(!asked[0]!.client.socket.destroyed, "a client that a tap has is not the door's any more");
  asked[0]!.client.socket.destroy();
});

test("SocksDoor turns a client away later where it is told to, unless it has left", async (t) => {
  const { door, port, asked, until } = await openDoor(t);
  const [staying, leaving] = [await ask(t, port, TO_LOOPBACK), await ask(t, port, TO_LOOPBACK)];
  await until(() => asked.length === 2);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  for (const { client } of asked) client.turnAway(SOCKS_REPLY.notAllowed, 60_000);
  leaving.end();
  await until(() => door.clients === 1);
  t.mock.timers.tick(60_000);
  assert.deepEqual([...(await readAll(staying))], [5, 2, 0, 1, 0, 0, 0, 0, 0, 0]);
});

test("SocksDoor closes a client that was turned away and stays", async (t) => {
  const { door, port, asked, until } = await openDoor(t);
  await ask(t, port, TO_LOOPBACK);
  await until(() => asked.length === 1);
  t.mock.timers.enable({ apis: ["setTimeout"] });
  asked[0]!.client.turnAway(SOCKS_REPLY.notAllowed, 0);
  t.mock.timers.tick(1_000);
  await until(() => door.clients === 0);
});

test("SocksDoor holds no more clients than its limit, and takes new ones once others are gone", async (t) => {
  const { door, port, until, surplus } = await openDoor(t, 2);
  const first = await loopbackClient(t, port);
  await loopbackClient(t, port);
  await until(() => door.clients === 2);
  const third = await loopbackClient(t, port);
  third.resume();
  await once(third, "end");
  assert.equal(surplus(), 1);
  first.destroy();
  await until(() => door.clients === 1);
  const fourth = await loopbackClient(t, port);
  fourth.write(GREETING);
  assert.deepEqual(await readBytes(fourth, 2), Buffer.from([5, 0]));
});

test("SocksDoor ends with the clients that nobody has taken", async (t) => {
  const { door, port, asked, until } = await openDoor(t);
  const waiting = await ask(t, port, TO_LOOPBACK);
  const talking = await loopbackClient(t, port);
  await until(() => asked.length === 1 && door.clients === 2);
  const closed = [waiting, talking].map((socket) => once(socket.resume(), "close"));
  await door.close();
  for (const socket of [waiting, talking]) socket.end();
  await Promise.all(closed);
});

test("SocksDoor survives a client that resets at every point", async (t) => {
  const { door, port, until } = await openDoor(t);
  const all = Buffer.concat([GREETING, TO_LOOPBACK]);
  for (let size = 0; size <= all.length; size++) {
    const client = await loopbackClient(t, port);
    client.write(all.subarray(0, size), () => client.resetAndDestroy());
    await once(client, "close");
  }
  await until(() => door.clients === 0);
});
