import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, Socket } from "node:net";
import { test, type TestContext } from "node:test";
import { SteadySocket } from "../../../src/proxy/relay/steadySocket.ts";
import { seeded } from "../../support/captures.ts";

/** A program's socket, and the accepted one that a tap goes on with. */
async function accepted(t: TestContext): Promise<{ readonly far: Socket; readonly near: Socket }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  const far = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
  const [[socket]] = (await Promise.all([once(server, "connection"), once(far, "connect")])) as [[Socket], unknown];
  const near = SteadySocket.over(socket);
  t.after(() => {
    near.destroy();
    far.destroy();
    server.close();
  });
  return { far, near };
}

const steady = (socket: Socket): SteadySocket => {
  assert.ok(socket instanceof SteadySocket, "this Node does not let a connection's handle be taken over");
  return socket;
};

/** Gathers what is read until there is so much. */
function gather(socket: SteadySocket, keeps: (bytes: Uint8Array) => boolean = () => false) {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let wake = (): void => undefined;
  socket.takeWith((chunk) => {
    chunks.push(Buffer.from(chunk));
    bytes += chunk.length;
    wake();
    return keeps(chunk);
  });
  socket.resume();
  const until = async (count: number): Promise<Buffer> => {
    while (bytes < count) await new Promise<void>((resolve) => (wake = resolve));
    return Buffer.concat(chunks);
  };
  return { until };
}

test("An accepted connection goes on as a steady one, with its addresses and both ends of it", async (t) => {
  const { far, near } = await accepted(t);
  steady(near);
  assert.deepEqual([near.remotePort, near.localPort], [far.localPort, far.remotePort]);
  assert.equal(near.isPaused(), true);
  near.setEncoding("utf8");
  far.write("hello");
  near.resume();
  assert.deepEqual(await once(near, "data"), ["hello"]);
  assert.equal(near.bytesRead, 5);
  near.write("there");
  assert.equal(String((await once(far, "data"))[0]), "there");
  far.end();
  await once(near, "end");
  near.end("last");
  assert.equal(String((await once(far, "data"))[0]), "last");
  await once(far, "end");
});

test("A connection of which something was read, or that has no handle, stays as it is", async (t) => {
  const { far, near } = await accepted(t);
  far.write("x");
  near.resume();
  await once(near, "data");
  assert.equal(SteadySocket.over(near), near);
  const unconnected = new Socket();
  assert.equal(SteadySocket.over(unconnected), unconnected);
});

test("A steady connection reads into the same memory, which grows with what comes", async (t) => {
  const { far, near } = await accepted(t);
  const memories: ArrayBufferLike[] = [];
  const { until } = gather(steady(near), (bytes) => {
    memories.push(bytes.buffer);
    return false;
  });
  for (let at = 1; at <= 3; at++) {
    far.write("x");
    await until(at);
  }
  assert.deepEqual([new Set(memories).size, memories[0]?.byteLength], [1, 1_024]);
  const much = Buffer.alloc(10_000_000, "y");
  far.write(much);
  const all = await until(3 + much.length);
  assert.ok(all.subarray(3).equals(much));
  assert.deepEqual([...new Set(memories.map(({ byteLength }) => byteLength))], [1_024, 8_192, 65_495]);
  assert.equal(new Set(memories).size, 3);
});

test("Memory that is lent stays untouched until the next time", async (t) => {
  const { far, near } = await accepted(t);
  let lent: { readonly bytes: Uint8Array; readonly copy: Buffer } | null = null;
  const memories = new Set<ArrayBufferLike>();
  const { until } = gather(steady(near), (bytes) => {
    if (lent !== null) assert.ok(lent.copy.equals(lent.bytes));
    lent = { bytes, copy: Buffer.from(bytes) };
    memories.add(bytes.buffer);
    return true;
  });
  for (let at = 1; at <= 5; at++) {
    far.write(String(at));
    await until(at);
  }
  assert.equal(memories.size, 2);
});

test("What was read before comes first, and reading can be stopped in both ways", async (t) => {
  const { far, near } = await accepted(t);
  const seen: string[] = [];
  near.unshift(Buffer.from("before "));
  near.on("data", (chunk: Buffer) => seen.push(`data ${chunk.toString()}`));
  far.write("behind");
  const socket = steady(near);
  await new Promise<void>((resolve) => {
    socket.takeWith((bytes) => {
      seen.push(`taken ${Buffer.from(bytes).toString()}`);
      near.pause();
      resolve();
      return false;
    });
    near.resume();
  });
  assert.deepEqual(seen, ["data before ", "taken behind"]);
  far.write("more");
  await new Promise((done) => setImmediate(done));
  await new Promise((done) => setImmediate(done));
  assert.equal(seen.length, 2);
  await new Promise<void>((resolve) => {
    socket.takeWith((bytes) => {
      seen.push(`then ${Buffer.from(bytes).toString()}`);
      resolve();
      return false;
    });
    near.resume();
  });
  assert.equal(seen[2], "then more");
});

test("A steady connection that nobody takes from waits like any other", async (t) => {
  const { far, near } = await accepted(t);
  const random = seeded(7);
  const much = Buffer.from(Array.from({ length: 3_000_000 }, () => random(256)));
  far.end(much);
  const hash = createHash("sha256");
  // Read by hand, a little at a time, so that the socket has to stop reading in between.
  for await (const chunk of near as AsyncIterable<Buffer>) {
    hash.update(chunk);
    assert.ok(near.readableLength <= near.readableHighWaterMark + 65_495);
  }
  assert.equal(hash.digest("hex"), createHash("sha256").update(much).digest("hex"));
});
