import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { Publisher, Pull, Reply, Request, Subscriber } from "zeromq";

const MAIN = fileURLToPath(new URL("../../demo/main.ts", import.meta.url));

type Demo = {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Endpoint of each server by name. */
  readonly servers: Record<string, string>;
};

async function startDemo(t: TestContext, args: readonly string[] = []): Promise<Demo> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ["pipe", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const ready = JSON.parse(line) as { demo: string; servers: { name: string; server: string }[] };
  assert.equal(ready.demo, "ready");
  return { child, servers: Object.fromEntries(ready.servers.map(({ name, server }) => [name, server])) };
}

/** Exit code and standard error of a demo that is about to end. */
async function ending({ child }: Demo): Promise<{ code: number | null; errors: string }> {
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, errors };
}

test("The demo binds a publisher, a calculator and a collector on free loopback ports", async (t) => {
  const { servers } = await startDemo(t);
  assert.deepEqual(Object.keys(servers), ["weather", "calculator", "results"]);
  for (const endpoint of Object.values(servers)) assert.match(endpoint, /^tcp:\/\/127\.0\.0\.1:\d+$/);
  assert.equal(new Set(Object.values(servers)).size, 3);
});

test("The demo's publisher sends a zip code and a temperature", async (t) => {
  const { servers } = await startDemo(t);
  using subscriber = closing(new Subscriber({ linger: 0 }));
  subscriber.socket.connect(servers["weather"]!);
  subscriber.socket.subscribe("10001");
  const [frame] = await subscriber.socket.receive();
  assert.match(String(frame), /^10001 -?\d+$/);
});

test("The demo's calculator adds, echoes, takes its time, and names unknown methods", async (t) => {
  const { servers } = await startDemo(t);
  using client = closing(new Request({ linger: 0 }));
  client.socket.connect(servers["calculator"]!);
  const send = async (request: string): Promise<unknown> => {
    await client.socket.send(request);
    const [answer] = await client.socket.receive();
    return JSON.parse(String(answer));
  };
  const ask = async (method: string, ...params: unknown[]): Promise<unknown> => {
    const { id, jsonrpc, ...outcome } = (await send(JSON.stringify({ jsonrpc: "2.0", id: 7, method, params }))) as {
      id: unknown;
      jsonrpc: unknown;
    };
    assert.deepEqual([id, jsonrpc], [7, "2.0"]);
    return outcome;
  };
  assert.deepEqual(await ask("add", 2, 3), { result: 5 });
  assert.deepEqual(await ask("echo", "é"), { result: "é" });
  const asked = performance.now();
  assert.deepEqual(await ask("slow_add", 1, 1), { result: 2 });
  assert.ok(performance.now() - asked > 1000);
  assert.deepEqual(await ask("divide", 1, 0), { error: { code: -32601, message: "There is no method divide" } });
  assert.deepEqual(await ask("add"), { error: { code: -32602, message: "add takes two numbers" } });
  const noCall = { jsonrpc: "2.0", id: null, error: { code: -32600, message: "Not a call of JSON-RPC 2.0" } };
  assert.deepEqual(await send("[]"), noCall);
  assert.deepEqual(await send("?"), noCall);
});

test("The demo's clients talk to the endpoints that they are given", async (t) => {
  using weather = closing(new Publisher({ linger: 0 }));
  using calculator = closing(new Reply({ linger: 0 }));
  using results = closing(new Pull({ linger: 0 }));
  for (const { socket } of [weather, calculator, results]) await socket.bind("tcp://127.0.0.1:*");
  const handshakes = countHandshakes(weather.socket, 2);

  const { child } = await startDemo(t);
  const clients = Object.entries({ weather, calculator, results }).map(([name, { socket }]) => ({
    name,
    endpoint: socket.lastEndpoint,
  }));
  child.stdin.write(`${JSON.stringify({ clients })}\n`);

  await handshakes;
  const [request] = await calculator.socket.receive();
  assert.deepEqual(JSON.parse(String(request)), { jsonrpc: "2.0", id: 1, method: "add", params: [2, 3] });
  await calculator.socket.send("{}");
  const [next] = await calculator.socket.receive();
  assert.equal((JSON.parse(String(next)) as { method: string }).method, "echo");
  const [result] = await results.socket.receive();
  assert.deepEqual(JSON.parse(String(result)), { worker: "ada", job: 1, square: 1 });
});

test("The demo serves with --direct and ends with SIGTERM", async (t) => {
  const demo = await startDemo(t, ["--direct"]);
  using worker = closing(new Request({ linger: 0 }));
  worker.socket.connect(demo.servers["calculator"]!);
  await worker.socket.send("{}");
  await worker.socket.receive();
  demo.child.kill("SIGTERM");
  assert.deepEqual(await ending(demo), { code: 0, errors: "" });
});

test("The demo ends when its standard input does", async (t) => {
  const demo = await startDemo(t);
  demo.child.stdin.end();
  assert.deepEqual(await ending(demo), { code: 0, errors: "" });
});

test("The demo refuses a bad line with one sentence and exit code 2", async (t) => {
  const demo = await startDemo(t);
  demo.child.stdin.write("hello\n");
  const { code, errors } = await ending(demo);
  assert.equal(code, 2);
  assert.match(errors, /^The line on standard input is not JSON: write [^\n]+\n$/);
});

test("The demo refuses an endpoint that libzmq does not take with exit code 2", async (t) => {
  const demo = await startDemo(t);
  demo.child.stdin.write('{"clients":[{"name":"weather","endpoint":"tcp://nowhere"}]}\n');
  const { code, errors } = await ending(demo);
  assert.equal(code, 2);
  assert.match(errors, /^The clients cannot connect: [^\n]+\n$/);
});

test("The demo refuses an unknown argument with exit code 2", async () => {
  const child = spawn(process.execPath, [MAIN, "--what"], { stdio: ["pipe", "pipe", "pipe"] });
  const { code, errors } = await ending({ child, servers: {} });
  assert.equal(code, 2);
  assert.match(errors, /^Usage: /);
});

function closing<S extends { close(): void }>(socket: S): { socket: S } & Disposable {
  return { socket, [Symbol.dispose]: () => socket.close() };
}

function countHandshakes(socket: Publisher, wanted: number): Promise<void> {
  return new Promise((resolve) => {
    let count = 0;
    socket.events.on("handshake", () => {
      if (++count === wanted) resolve();
    });
  });
}
