import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { isProblem, parseEndpoint, type Endpoint } from "../../../src/shared/endpoint.ts";
import type { Direction } from "../../../src/shared/model.ts";
import type { LinkEnd, LinkObserver } from "../../../src/proxy/relay/link.ts";
import { type ServerDown, type SharedDoor, Tap } from "../../../src/proxy/relay/tap.ts";
import { freePort } from "../../../scripts/tasks/freePort.ts";
import { seeded } from "../../support/captures.ts";
import { loopbackClient, loopbackServer, readAll, readBytes } from "../../support/loopback.ts";

const endpoint = (text: string, role: "server" | "listen" = "listen"): Endpoint => {
  const parsed = parseEndpoint(text, role);
  assert.ok(!isProblem(parsed));
  return parsed;
};

/** A tap with everything it told, and promises for what it will tell. */
function watchedTap(t: TestContext, server: string, listen: string | SharedDoor = "tcp://127.0.0.1:*") {
  const seen: [Direction, string][] = [];
  const ends: LinkEnd[] = [];
  const downs: ServerDown[] = [];
  const addresses: { client: string; server: string }[] = [];
  let changed = (): void => undefined;
  let links = 0;
  /** Where the first gap is; -1 as long as messages are under way. */
  const gap = { at: 0 };
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise<void>((resolve) => (changed = resolve));
  };
  const where = typeof listen === "string" ? endpoint(listen) : listen;
  const tap = new Tap("test", endpoint(server, "server"), where, () => ++links, {
    linkOpened: (_number, _origin, of) => {
      addresses.push(of);
      const observer: LinkObserver = {
        received: (direction, bytes) => {
          seen.push([direction, Buffer.from(bytes).toString()]);
          changed();
        },
        injected: (direction, bytes) => {
          seen.push([direction, `injected ${Buffer.from(bytes).toString()}`]);
          changed();
        },
        gapIn: (_direction, bytes) => (gap.at > bytes.length ? -1 : gap.at),
        stepIn: (_direction, bytes) => bytes.length,
      };
      return { observer, rekeying: null };
    },
    linkClosed: (_number, end) => {
      ends.push(end);
      changed();
    },
    serverDown: (down) => {
      downs.push(down);
      changed();
    },
    changed: () => changed(),
  });
  t.after(() => tap.stop());
  const port = (): number => {
    assert.ok(tap.listening.transport === "tcp");
    return tap.listening.port;
  };
  return { tap, seen, ends, downs, addresses, gap, until, port };
}

test("Tap hands on both directions and shows each octet to the observer", async (t) => {
  const server = await loopbackServer(t);
  const { tap, seen, ends, addresses, until, port } = watchedTap(t, `tcp://127.0.0.1:${server.port}`);
  await tap.start();
  const client = await loopbackClient(t, port());
  client.write("ask");
  const socket = await server.next();
  assert.equal((await readBytes(socket, 3)).toString(), "ask");
  socket.write("answer");
  assert.equal((await readBytes(client, 6)).toString(), "answer");
  assert.deepEqual(seen, [
    [0, "ask"],
    [1, "answer"],
  ]);
  assert.deepEqual(addresses, [{ client: `127.0.0.1:${client.localPort ?? 0}`, server: `127.0.0.1:${server.port}` }]);
  client.end();
  socket.end();
  await until(() => ends.length > 0);
  assert.deepEqual(ends, [{ by: "client", reset: false, bytesLost: 0 }]);
});

test("Tap keeps one side open when only the other has ended", async (t) => {
  const server = await loopbackServer(t);
  const { tap, port } = watchedTap(t, `tcp://127.0.0.1:${server.port}`);
  await tap.start();
  const client = await loopbackClient(t, port());
  client.end("last words");
  const socket = await server.next();
  assert.equal((await readAll(socket)).toString(), "last words");
  socket.end("still heard");
  assert.equal((await readAll(client)).toString(), "still heard");
});

test("Tap delivers everything received from a client that resets, however slowly the server reads", async (t) => {
  const server = await loopbackServer(t);
  const { tap, seen, ends, until, port } = watchedTap(t, `tcp://127.0.0.1:${server.port}`);
  await tap.start();
  const client = await loopbackClient(t, port());
  const socket = await server.next();
  socket.pause();
  socket.write("unread");
  const sent = Buffer.alloc(4_000_000, "x");
  client.pause();
  client.write(sent);
  await until(() => seen.some(([direction]) => direction === 0));
  client.resetAndDestroy();
  await until(() => seen.length > 1);
  const received = await readAll(socket);
  const taken = seen.filter(([direction]) => direction === 0).reduce((sum, [, text]) => sum + text.length, 0);
  assert.equal(received.length, taken);
  socket.end();
  await until(() => ends.length > 0);
  assert.deepEqual(ends, [{ by: "client", reset: true, bytesLost: 0 }]);
});

test("Tap delivers what the server had sent before it went", async (t) => {
  const server = await loopbackServer(t);
  const { tap, port } = watchedTap(t, `tcp://127.0.0.1:${server.port}`);
  await tap.start();
  const client = await loopbackClient(t, port());
  const socket = await server.next();
  const farewell = Buffer.alloc(3_000_000, "y");
  socket.end(farewell);
  assert.equal((await readAll(client)).length, farewell.length);
});

test("Tap holds a fast sender back while the receiver does not read, and goes on when it does", async (t) => {
  const server = await loopbackServer(t);
  const { tap, seen, port } = watchedTap(t, `tcp://127.0.0.1:${server.port}`);
  await tap.start();
  const client = await loopbackClient(t, port());
  const socket = await server.next();
  const total = 40_000_000;
  const block = Buffer.alloc(1_000_000, "z");
  for (let sent = 0; sent < total; sent += block.length) client.write(block);
  // Nothing moves any more once the system's buffers are full. Another link's round trips tell that the tap is awake.
  const other = await loopbackClient(t, port());
  const echo = await server.next();
  echo.on("data", (chunk) => echo.write(chunk));
  let before = -1;
  while (before !== client.writableLength) {
    before = client.writableLength;
    for (let round = 0; round < 200; round++) {
      other.write("?");
      await readBytes(other, 1);
    }
  }
  const relayed = seen.reduce((sum, [, text]) => sum + text.length, 0);
  assert.ok(relayed < 12_000_000, `${relayed} octets are under way`);
  client.end();
  assert.equal((await readAll(socket)).length, total);
});

test("Tap hands on every octet as it came while both sides send in bursts and read with breaks", async (t) => {
  const server = await loopbackServer(t);
  const { tap, port } = watchedTap(t, `tcp://127.0.0.1:${server.port}`);
  await tap.start();
  const client = await loopbackClient(t, port());
  const socket = await server.next();
  const below = seeded(20);
  const said = [client, socket].map((from) => {
    const all = randomBytes(12_000_000);
    for (let at = 0; at < all.length;) {
      const end = at + 1 + below(below(4) === 0 ? 300_000 : 3_000);
      from.write(all.subarray(at, end));
      at = end;
    }
    from.end();
    return all;
  });
  const heard = [socket, client].map(async (to) => {
    const chunks: Buffer[] = [];
    for await (const chunk of to as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      // The relay's own writes to this side have to wait meanwhile.
      for (let breaks = below(4); breaks > 0; breaks--) await new Promise((done) => setImmediate(done));
    }
    return Buffer.concat(chunks);
  });
  const [atServer, atClient] = await Promise.all(heard);
  assert.ok(atServer!.equals(said[0]!));
  assert.ok(atClient!.equals(said[1]!));
});

test("Tap stops listening while the server refuses, and gives the connection it found to the next client", async (t) => {
  const place = await loopbackServer(t);
  place.server.close();
  await once(place.server, "close");
  const { tap, downs, until, port } = watchedTap(t, `tcp://127.0.0.1:${place.port}`);
  await tap.start();
  const first = connect({ port: port(), host: "127.0.0.1" });
  const [error] = (await once(first, "error").catch((reason: unknown) => [reason])) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNRESET");
  await until(() => tap.status === "server-down");
  assert.match(tap.problem ?? "", /connection refused/);
  const second = connect({ port: port(), host: "127.0.0.1" });
  const [refused] = (await once(second, "error")) as [NodeJS.ErrnoException];
  assert.equal(refused.code, "ECONNREFUSED");

  const server = await loopbackServer(t, place.port);
  const kept = await server.next();
  kept.write("greeting");
  await until(() => tap.status === "listening");
  const client = await loopbackClient(t, port());
  assert.equal((await readBytes(client, 8)).toString(), "greeting");
  client.write("x");
  assert.equal((await readBytes(kept, 1)).toString(), "x");
  assert.deepEqual(
    downs.map(({ state, count }) => ({ state, count })),
    [
      { state: "down", count: 1 },
      { state: "back", count: 1 },
    ],
  );
});

test("Tap puts an injection at the first gap of the direction", async (t) => {
  const server = await loopbackServer(t);
  const { tap, seen, gap, until, port } = watchedTap(t, `tcp://127.0.0.1:${server.port}`);
  await tap.start();
  const client = await loopbackClient(t, port());
  const socket = await server.next();
  await until(() => tap.link(1) !== undefined);
  gap.at = 3;
  const done = tap.link(1)?.inject(0, Buffer.from("IN"), "replay");
  client.write("ab");
  await until(() => seen.length === 1);
  client.write("cdefg");
  assert.equal((await readBytes(socket, 9)).toString(), "abcdeINfg");
  await done;
  assert.deepEqual(seen, [
    [0, "ab"],
    [0, "cde"],
    [0, "injected IN"],
    [0, "fg"],
  ]);
});

test("Tap refuses an injection into a link that closes first", async (t) => {
  const server = await loopbackServer(t);
  const { tap, gap, until, port } = watchedTap(t, `tcp://127.0.0.1:${server.port}`);
  await tap.start();
  const client = await loopbackClient(t, port());
  await until(() => tap.link(1) !== undefined);
  gap.at = 1000;
  const waiting = assert.rejects(
    tap.link(1)?.inject(1, Buffer.from("IN"), "replay") ?? Promise.resolve(),
    /link closed/,
  );
  client.resetAndDestroy();
  await waiting;
});

test("Tap serves a link of our own without a port", async (t) => {
  const server = await loopbackServer(t);
  const { tap, seen, until } = watchedTap(t, `tcp://127.0.0.1:${server.port}`);
  await tap.start();
  const { stream, link } = tap.openInProcess("call");
  stream.write("hello");
  assert.equal(await link, 1);
  const socket = await server.next();
  assert.equal((await readBytes(socket, 5)).toString(), "hello");
  socket.end("back");
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  assert.equal(Buffer.concat(chunks).toString(), "back");
  stream.end();
  await until(() => tap.link(1) === undefined);
  assert.deepEqual(seen, [
    [0, "hello"],
    [1, "back"],
  ]);
});

test("Tap ends its links and frees its port when it stops", async (t) => {
  const server = await loopbackServer(t);
  const { tap, ends, until, port } = watchedTap(t, `tcp://127.0.0.1:${server.port}`);
  await tap.start();
  const taken = port();
  const client = await loopbackClient(t, taken);
  client.resume();
  const socket = await server.next();
  socket.resume();
  await until(() => tap.link(1) !== undefined);
  const closed = Promise.all([once(client, "end"), once(socket, "end")]);
  socket.once("end", () => socket.end());
  client.once("end", () => client.end());
  await tap.stop();
  await closed;
  assert.deepEqual(ends, [{ by: "tap", reset: false, bytesLost: 0 }]);
  const again = createServer().listen(taken, "127.0.0.1");
  await once(again, "listening");
  again.close();
});

test("Tap starts again on the same port after a stop", async (t) => {
  const server = await loopbackServer(t);
  const { tap, port } = watchedTap(t, `tcp://127.0.0.1:${server.port}`);
  await tap.start();
  const first = port();
  await tap.stop();
  await tap.start();
  assert.equal(port(), first);
});

test("Tap leads new links to another server after retarget, and leaves open ones", async (t) => {
  const [one, two] = [await loopbackServer(t), await loopbackServer(t)];
  const { tap, port } = watchedTap(t, `tcp://127.0.0.1:${one.port}`);
  await tap.start();
  const early = await loopbackClient(t, port());
  const old = await one.next();
  tap.retarget(endpoint(`tcp://127.0.0.1:${two.port}`, "server"));
  const late = await loopbackClient(t, port());
  late.write("late");
  early.write("early");
  assert.equal((await readBytes(await two.next(), 4)).toString(), "late");
  assert.equal((await readBytes(old, 5)).toString(), "early");
});

test("Tap relays between ipc and tcp, with a socket file of mode 0600 that it removes", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tap-"));
  t.after(() => rm(folder, { recursive: true }));
  const server = await loopbackServer(t);
  const path = join(folder, "s");
  const { tap, addresses } = watchedTap(t, `tcp://127.0.0.1:${server.port}`, `ipc://${path}`);
  await tap.start();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const client = connect({ path });
  client.write("x");
  assert.equal((await readBytes(await server.next(), 1)).toString(), "x");
  assert.equal(addresses[0]?.client, "ipc #1");
  client.destroy();
  await tap.stop();
  assert.equal(existsSync(path), false);
});

test("Tap closes an ipc client whose server refuses", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "zmq-tap-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "tap");
  const { tap, until } = watchedTap(t, `ipc://${join(folder, "nobody")}`, `ipc://${path}`);
  await tap.start();
  const client = connect(path);
  const closed = once(client, "close");
  await until(() => tap.status === "server-down");
  await closed;
});

test("Tap removes a socket file whose owner is gone, and leaves one that answers or is none", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "tap-"));
  t.after(() => rm(folder, { recursive: true }));
  const alive = createServer().listen(join(folder, "alive"));
  t.after(() => alive.close());
  await once(alive, "listening");
  await writeFile(join(folder, "file"), "precious");
  const taken = watchedTap(t, "tcp://127.0.0.1:1", `ipc://${folder}/alive`);
  await assert.rejects(taken.tap.start(), /listening there already/);
  assert.equal(taken.tap.status, "failed");
  await assert.rejects(watchedTap(t, "tcp://127.0.0.1:1", `ipc://${folder}/file`).tap.start(), /no socket/);
  assert.equal(statSync(join(folder, "file")).size, 8);
});

test("Tap says what is wrong with where it should listen", async (t) => {
  const server = await loopbackServer(t);
  const start = (server_: string, listen: string): Promise<void> => watchedTap(t, server_, listen).tap.start();
  const there = `tcp://127.0.0.1:${server.port}`;
  await assert.rejects(start("tcp://127.0.0.1:1", there), { code: "port-in-use" });
  await assert.rejects(start(there, there), { code: "listens-on-its-server" });
  await assert.rejects(start(`tcp://localhost:${server.port}`, `tcp://*:${server.port}`), {
    code: "listens-on-its-server",
  });
  await assert.rejects(start(there, "tcp://192.0.2.1:*"), { code: "no-such-address" });
  await assert.rejects(start(there, "tcp://no-such-host.invalid:*"), { code: "no-such-address" });
  await assert.rejects(start(there, `ipc:///tmp/${"x".repeat(120)}`), { code: "ipc-path-too-long" });
  await assert.rejects(start(`ipc:///tmp/${"x".repeat(120)}`, "tcp://127.0.0.1:*"), { code: "ipc-path-too-long" });
});

test("Tap takes a connection to itself for a server that refuses", async (t) => {
  const place = await loopbackServer(t);
  place.server.close();
  await once(place.server, "close");
  // With its own port as the source, the connect to a port that nobody listens on succeeds: it meets itself.
  const itself = `tcp://127.0.0.1:${place.port};127.0.0.1:${place.port}`;
  const { tap, until, port } = watchedTap(t, itself);
  await tap.start();
  const client = connect({ port: port(), host: "127.0.0.1" });
  client.on("error", () => undefined);
  await until(() => tap.status === "server-down");
  assert.match(tap.problem ?? "", /connection refused/);
});

test("Tap lets go of the server that it looks for when it is stopped or pointed elsewhere", async (t) => {
  for (const end of ["stop", "retarget"] as const) {
    const place = await loopbackServer(t);
    place.server.close();
    await once(place.server, "close");
    const { tap, until, port } = watchedTap(t, `tcp://127.0.0.1:${place.port}`);
    await tap.start();
    connect({ port: port(), host: "127.0.0.1" }).on("error", () => undefined);
    await until(() => tap.status === "server-down");
    const server = await loopbackServer(t, place.port);
    const found = await server.next();
    found.resume();
    const released = once(found, "close");
    found.once("end", () => found.end());
    if (end === "stop") {
      await tap.stop();
      await released;
      assert.equal(tap.status, "stopped");
      const refused = connect({ port: port(), host: "127.0.0.1" });
      const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
      assert.equal(error.code, "ECONNREFUSED");
    } else {
      const other = await loopbackServer(t);
      tap.retarget(endpoint(`tcp://127.0.0.1:${other.port}`, "server"));
      await released;
      await until(() => tap.status === "listening");
      const client = await loopbackClient(t, port());
      client.write("x");
      assert.equal((await readBytes(await other.next(), 1)).toString(), "x");
    }
  }
});

/** What a client through a shared door was told, in order, and its two ends. */
async function throughDoor(t: TestContext, tap: Tap, waits: () => boolean = () => false) {
  const told: string[] = [];
  const door = await loopbackServer(t);
  const client = await loopbackClient(t, door.port);
  const far = await door.next();
  far.pause();
  const admitted = tap.admit(far, {
    waits,
    opened: () => {
      told.push("opened");
      far.write("welcome ");
    },
    refused: (error) => {
      told.push((error as NodeJS.ErrnoException).code ?? String(error));
      far.end("sorry");
    },
  });
  return { client, far, told, admitted };
}

test("Tap behind a shared door tells a client that its server is there before the server's first octet", async (t) => {
  const server = await loopbackServer(t);
  const door = { endpoint: endpoint("tcp://127.0.0.1:1080") };
  const { tap, seen } = watchedTap(t, `tcp://127.0.0.1:${server.port}`, door);
  await tap.start();
  assert.equal(tap.listening, door.endpoint);
  assert.ok(tap.isIdle);
  const { client, told, admitted } = await throughDoor(t, tap);
  client.write("early");
  const socket = await server.next();
  socket.write("at once");
  await admitted;
  assert.deepEqual(told, ["opened"]);
  assert.equal((await readBytes(client, 15)).toString(), "welcome at once");
  assert.equal((await readBytes(socket, 5)).toString(), "early");
  assert.deepEqual(seen.map(([, text]) => text).sort(), ["at once", "early"]);
  assert.ok(!tap.isIdle);
});

test("Tap behind a shared door tells each client that its server is down, looks for it only when asked, and says when it is back", async (t) => {
  const port = await freePort();
  const { tap, downs } = watchedTap(t, `tcp://127.0.0.1:${port}`, { endpoint: endpoint("tcp://127.0.0.1:1080") });
  await tap.start();
  for (let round = 0; round < 3; round++) {
    const { client, told, admitted } = await throughDoor(t, tap);
    await admitted;
    assert.deepEqual(told, ["ECONNREFUSED"]);
    assert.equal((await readAll(client)).toString(), "sorry");
    client.destroy();
    assert.equal(tap.status, "server-down");
  }
  assert.match(tap.problem ?? "", /Start the server; clients try again by themselves[.]$/);
  let connections = 0;
  const server = createServer(() => connections++).listen(port, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const { client, admitted } = await throughDoor(t, tap);
  await admitted;
  assert.equal((await readBytes(client, 8)).toString(), "welcome ");
  assert.equal(connections, 1);
  assert.equal(tap.status, "listening");
  assert.deepEqual(
    downs.map(({ state, count }) => [state, count]),
    [
      ["down", 1],
      ["back", 3],
    ],
  );
});

test("Tap behind a shared door keeps no connection for a client that is gone, and resets those that wait when it stops", async (t) => {
  const server = await loopbackServer(t);
  const { tap } = watchedTap(t, `tcp://127.0.0.1:${server.port}`, { endpoint: endpoint("tcp://127.0.0.1:1080") });
  await tap.start();
  const gone = await throughDoor(t, tap);
  gone.far.destroy();
  await gone.admitted;
  assert.deepEqual(gone.told, []);
  assert.equal((await readAll(await server.next())).length, 0);
  const waiting = await throughDoor(t, tap);
  const closed = new Promise((resolve) => waiting.client.once("close", resolve).resume());
  await tap.stop();
  await closed;
  await waiting.admitted;
  assert.deepEqual(waiting.told, []);
  assert.ok(tap.isIdle);
});

test("Tap behind a shared door tries again for a client that waits, until its server is there or it has left", async (t) => {
  const port = await freePort();
  const { tap, downs } = watchedTap(t, `tcp://127.0.0.1:${port}`, { endpoint: endpoint("tcp://127.0.0.1:1080") });
  await tap.start();
  let attempts = 0;
  let tried = (): void => undefined;
  const waits = (): boolean => {
    attempts += 1;
    tried();
    return true;
  };
  const leaving = await throughDoor(t, tap, waits);
  leaving.client.end();
  await leaving.admitted;
  assert.deepEqual(leaving.told, ["ECONNREFUSED"]);
  attempts = 0;
  const staying = await throughDoor(t, tap, waits);
  staying.client.write("early");
  while (attempts < 2) await new Promise<void>((resolve) => (tried = resolve));
  assert.deepEqual([staying.told, tap.isIdle, tap.status], [[], false, "server-down"]);
  const server = await loopbackServer(t, port);
  await staying.admitted;
  assert.deepEqual(staying.told, ["opened"]);
  assert.equal((await readBytes(await server.next(), 5)).toString(), "early");
  assert.deepEqual(
    downs.map(({ state }) => state),
    ["down", "back"],
  );
});

test("Tap refuses new clients while it is told to, keeps those it has, and listens on the same port again", async (t) => {
  const server = await loopbackServer(t);
  const { tap, port } = watchedTap(t, `tcp://127.0.0.1:${server.port}`);
  await tap.start();
  const client = await loopbackClient(t, port());
  const socket = await server.next();
  await tap.refuse(true);
  await tap.refuse(true);
  const refused = connect({ port: port(), host: "127.0.0.1" });
  const [error] = (await once(refused, "error")) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNREFUSED");
  client.write("still here");
  assert.equal((await readBytes(socket, 10)).toString(), "still here");
  assert.equal([...tap.links].length, 1);
  await tap.refuse(false);
  await loopbackClient(t, port());
  await server.next();
});

test("Tap that refuses says so when its port was taken meanwhile, and begins without it when it is started again", async (t) => {
  const server = await loopbackServer(t);
  const { tap, port } = watchedTap(t, `tcp://127.0.0.1:${server.port}`);
  await tap.start();
  await tap.refuse(true);
  const other = await loopbackServer(t, port());
  await tap.refuse(false);
  assert.equal(tap.status, "failed");
  assert.match(tap.problem!, /another program is using it/);
  other.server.close();
  await once(other.server, "close");
  await tap.refuse(true);
  await tap.start();
  await loopbackClient(t, port());
  await server.next();
});

test("Tap refuses clients of a shared door, in its words", async (t) => {
  const server = await loopbackServer(t);
  const door = { endpoint: endpoint("tcp://127.0.0.1:1080") };
  const { tap } = watchedTap(t, `tcp://127.0.0.1:${server.port}`, door);
  await tap.start();
  await tap.refuse(true);
  const entry = await loopbackServer(t);
  await loopbackClient(t, entry.port);
  const refusals: unknown[] = [];
  const answer = { waits: () => false, opened: () => undefined, refused: (error: unknown) => refusals.push(error) };
  await tap.admit(await entry.next(), { ...answer, refused: (error) => void answer.refused(error) });
  assert.deepEqual(
    refusals.map((error) => (error as NodeJS.ErrnoException).code),
    ["ECONNREFUSED"],
  );
});
