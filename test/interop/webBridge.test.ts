import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { Context, PubRpcServer, RpcClient, RpcServer, ZmqError } from "../../webClient/zmq.ts";
import { until } from "../support/until.ts";
import { Page, REQ, SUCCESS } from "../support/webBridge.ts";
import { runCli } from "./support/cliTap.ts";
import { CliWebBridge } from "./support/cliWebBridge.ts";
import { SeedProgram } from "./support/seedProgram.ts";

const ANYWHERE = "tcp://127.0.0.1:*";
const ALLOW = ["--allow", "REQ,SUB,REP=tcp://127.0.0.1:*"];
const A = "00112233445546778899AABBCCDDEEFF";

test("A page calls a pyzmq REP in the envelope of ZmqWebBridge, and the exchange is printed as one link", async (t) => {
  const server = new SeedProgram(t, "zmqWebBridge", ["server", ANYWHERE]);
  const [endpoint] = await server.bound();
  const bridge = await CliWebBridge.start(t, ALLOW);
  const { searchParams } = bridge.address;
  assert.match(searchParams.get("token")!, /^[\w-]{32}$/);
  const page = await Page.open(t, bridge.url, { path: `/data${bridge.address.search}` });
  assert.deepEqual(await page.connect(A, endpoint!, REQ), SUCCESS);
  const call = (funcname: string, ...args: unknown[]): Promise<string> =>
    page.ask(A, JSON.stringify({ funcname, args, kwargs: {} }));
  assert.deepEqual(JSON.parse(await call("add", 1, 2)), { returnval: 3 });
  assert.deepEqual(JSON.parse(await call("secret")), { status: "error", error_msg: "unauthorized access" });
  // What is no JSON breaks nobody's turn: the server says so, and answers the next call.
  assert.deepEqual(JSON.parse(await page.ask(A, "no JSON")), { status: "error", error_msg: "unknown error" });
  assert.deepEqual(JSON.parse(await call("echo", "ö")), { returnval: "ö" });
  await until(() => bridge.lines.filter(({ type }) => type === "message").length === 8);
  const { code, stderr } = await bridge.stop();
  assert.equal(code, 0);
  assert.match(stderr, /\n8 messages, 0 dropped, 0 refused, 0 timed out\n$/);
  const messages = bridge.lines.filter(({ type }) => type === "message");
  assert.deepEqual(new Set(messages.map(({ link, origin }) => `${link} ${origin}`)), new Set(["1 bridge"]));
  assert.deepEqual(
    messages.map(({ request }) => request !== undefined),
    [false, true, false, true, false, true, false, true],
  );
});

test("The client calls a pyzmq REP, hears a pyzmq PUB, and answers a pyzmq REQ", async (t) => {
  const server = new SeedProgram(t, "zmqWebBridge", ["server", ANYWHERE]);
  const publisher = new SeedProgram(t, "zmqWebBridge", ["publisher", ANYWHERE]);
  const [[rep], [pub]] = [await server.bound(), await publisher.bound()];
  const bridge = await CliWebBridge.start(t, ALLOW);
  const context = new Context(bridge.address.href);
  t.after(() => context.close());
  const [asking, listening, answering] = [context.socket("REQ"), context.socket("SUB"), context.socket("REP")];
  await asking.connect(rep!);
  const client = new RpcClient(asking);
  assert.equal(await client.call("add", [1], { b: 4 }), 5);
  await assert.rejects(client.call("fail"), /unknown error/);

  const heard: unknown[] = [];
  new PubRpcServer(listening, { tick: (...args: unknown[]) => heard.push(args) });
  await listening.connect(pub!);
  // A subscription takes a moment to arrive, of which nobody is told: the publisher goes on until it has.
  for (let at = 0; heard.length === 0; at++) {
    publisher.tell(["tick", at]);
    await publisher.said("sent", at + 1);
  }
  assert.equal(typeof (heard[0] as number[])[0], "number");

  const bound = `tcp://127.0.0.1:${await freePort()}`;
  new RpcServer(answering, { twice: (value: number) => 2 * value });
  await answering.connect(bound);
  const caller = new SeedProgram(t, "zmqWebBridge", ["client", bound, answering.identity]);
  caller.tell(["twice", 21]);
  assert.deepEqual(await caller.said("returned"), [42]);
});

test("A REP that is down costs a request its time; the next one is answered once it is there, and the first never sent", async (t) => {
  const port = await freePort();
  const endpoint = `tcp://127.0.0.1:${port}`;
  const bridge = await CliWebBridge.start(t, [...ALLOW, "--timeout", "400"]);
  const context = new Context(bridge.address.href);
  t.after(() => context.close());
  const socket = context.socket("REQ");
  await socket.connect(endpoint);
  const client = new RpcClient(socket);
  await assert.rejects(client.call("echo", ["nobody"]), (error: ZmqError) =>
    /no reply within 0.4 s/.test(error.message),
  );
  const server = new SeedProgram(t, "zmqWebBridge", ["server", endpoint]);
  await server.bound();
  assert.equal(await client.call("echo", ["hello"]), "hello");
  assert.deepEqual(await server.said("received"), ['{"funcname":"echo","args":["hello"],"kwargs":{}}']);
});

test("200 pages with a REQ and a SUB each call and listen at once, and each gets what is its own", async (t) => {
  const server = new SeedProgram(t, "zmqWebBridge", ["server", ANYWHERE]);
  const publisher = new SeedProgram(t, "zmqWebBridge", ["publisher", ANYWHERE]);
  const [[rep], [pub]] = [await server.bound(), await publisher.bound()];
  const bridge = await CliWebBridge.start(t, ALLOW);
  const pages = await Promise.all(
    Array.from({ length: 200 }, async (_, page) => {
      const context = new Context(bridge.address.href);
      t.after(() => context.close());
      const [asking, listening] = [context.socket("REQ"), context.socket("SUB")];
      await Promise.all([asking.connect(rep!), listening.connect(pub!)]);
      const heard: number[] = [];
      new PubRpcServer(listening, { tick: (at: number) => heard.push(at) });
      return { page, client: new RpcClient(asking), heard };
    }),
  );
  await Promise.all(
    pages.map(async ({ page, client }) => {
      for (let at = 0; at < 10; at++) assert.equal(await client.call("echo", [`${page}/${at}`]), `${page}/${at}`);
    }),
  );
  const everyoneHears = (): boolean => pages.every(({ heard }) => heard.length > 0);
  let ticks = 0;
  while (!everyoneHears()) {
    publisher.tell(["tick", ticks++]);
    await publisher.said("sent", ticks);
  }
  const from = ticks;
  for (; ticks < from + 20; ticks++) publisher.tell(["tick", ticks]);
  const last = ticks - 1;
  await until(() => pages.every(({ heard }) => heard.at(-1) === last));
  for (const { heard } of pages) {
    assert.deepEqual(
      heard.filter((at) => at >= from),
      Array.from({ length: 20 }, (_, at) => from + at),
    );
  }
  const { code, stderr } = await bridge.stop();
  assert.equal(code, 0);
  assert.match(stderr, / messages, 0 dropped, 0 refused, 0 timed out\n$/);
});

test("A token of a file or of the environment is wanted, and printed nowhere", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "web-token-"));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, "token.txt");
  await writeFile(file, "token-of-a-file\n");
  for (const [args, environment, token] of [
    [["--token-file", file], {}, "token-of-a-file"],
    [[], { ZMQ_TAP_WEB_TOKEN: "token-of-the-environment" }, "token-of-the-environment"],
    [["--token", "token-of-argv"], {}, "token-of-argv"],
  ] as const) {
    const bridge = await CliWebBridge.start(t, [...ALLOW, ...args], environment);
    assert.equal(bridge.address.search, "");
    const refused = await Page.open(t, bridge.url, { path: "/" });
    assert.deepEqual(await refused.closed, { code: 4401, reason: "the token is missing" });
    const wrong = await Page.open(t, bridge.url, { path: "/?token=token-of-somebody-else" });
    assert.equal((await wrong.closed).code, 4401);
    const foreign = await Page.open(t, bridge.url, { path: `/?token=${token}`, origin: "http://evil.example" });
    assert.equal((await foreign.closed).code, 4403);
    const page = await Page.open(t, bridge.url, { path: `/?token=${token}` });
    page.send(A, "{}", "connect");
    await page.next();
    await until(() => bridge.lines.filter(({ event }) => event === "refused").length === 4);
    const { stdout, stderr } = await bridge.stop();
    assert.match(stderr, /\n0 messages, 0 dropped, 4 refused, 0 timed out\n$/);
    assert.ok(![stdout, stderr].some((text) => text.includes(token)), "the token was printed");
  }
});

test("Without a token only the origin counts, and what cannot start says why", async (t) => {
  const bridge = await CliWebBridge.start(t, [...ALLOW, "--no-token", "--allow-origin", "http://localhost:5173"]);
  for (const [origin, code] of [
    ["http://localhost:5173", null],
    ["http://localhost:5174", 4403],
  ] as const) {
    const page = await Page.open(t, bridge.url, { path: "/", origin });
    if (code !== null) assert.equal((await page.closed).code, code);
    else assert.match(JSON.stringify(await page.connect(A, "tcp://10.0.0.1:5", REQ)), /does not allow REQ/);
  }
  const port = new URL(bridge.url).port;
  const taken = await runCli(["web-bridge", ...ALLOW, "--port", port]);
  assert.deepEqual([taken.code, taken.stdout], [1, ""]);
  assert.match(
    taken.stderr,
    /^The web bridge cannot listen on 127\.0\.0\.1:\d+: another program is using it\. [^\n]+\n$/,
  );
  const noFile = await runCli(["web-bridge", ...ALLOW, "--token-file", "/nowhere/token"]);
  assert.deepEqual([noFile.code, noFile.stderr.startsWith("The token file /nowhere/token cannot be read")], [1, true]);
});
