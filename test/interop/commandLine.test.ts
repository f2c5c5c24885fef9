import assert from "node:assert/strict";
import { once } from "node:events";
import net from "node:net";
import { after, test, type TestContext } from "node:test";
import { loadVector } from "../support/vectors.ts";
import { type PeerSocket, text } from "./peers/peer.ts";
import { PythonPeer, type PythonSocket } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { CliTap, runCli, type TapLine } from "./support/cliTap.ts";
import { playLink } from "./support/play.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
after(async () => {
  await python.stop();
  await javascript.stop();
});

async function pushThrough(
  t: TestContext,
  args: readonly string[],
): Promise<{ tap: CliTap; push: PythonSocket; pull: PeerSocket; server: string }> {
  const pull = await javascript.open("PULL");
  const server = await pull.bind("tcp://127.0.0.1:*");
  const tap = await CliTap.start(server, args);
  t.after(() => tap.stop("SIGKILL"));
  const push = await python.open("PUSH");
  await push.connect(tap.endpoint);
  return { tap, push, pull, server };
}

test("--json prints each message and event with exactly the fields of the contract", async (t) => {
  const rep = await javascript.open("REP");
  const tap = await CliTap.start(await rep.bind("tcp://127.0.0.1:*"), ["--json", "--name", "calculator"]);
  t.after(() => tap.stop("SIGKILL"));
  const req = await python.open("REQ", { identity: "client-1" });
  await req.connect(tap.endpoint);
  await req.send(text("2 + 3"));
  await rep.receive();
  await rep.send(text("5"));
  await req.receive();
  const [request, reply] = (await tap.untilMessages(2)).map(({ line }) => line) as [TapLine, TapLine];
  const timed = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/;
  assert.match(request.time, timed);
  assert.ok(Math.abs(Date.parse(request.time) - Date.now()) < 60_000);
  const { time: asked, ...question } = request;
  assert.deepEqual(question, {
    type: "message",
    n: request.n,
    tap: "calculator",
    link: 1,
    from: "client",
    origin: "wire",
    sockets: { client: "REQ", server: "REP" },
    frames: ["", Buffer.from("2 + 3").toString("base64")],
    latencyMs: null,
  });
  const { time: answered, latencyMs, ...answer } = reply;
  assert.deepEqual(answer, {
    type: "message",
    n: reply.n,
    tap: "calculator",
    link: 1,
    from: "server",
    origin: "wire",
    sockets: { client: "REQ", server: "REP" },
    frames: ["", Buffer.from("5").toString("base64")],
    request: request.n,
  });
  assert.ok(answered > asked && typeof latencyMs === "number" && latencyMs > 0);

  await req.close();
  const [closed] = await tap.untilEvents("link-closed");
  assert.deepEqual(
    tap.lines.filter(({ type }) => type === "event").map(({ event }) => event),
    ["link-opened", "handshake", "link-closed"],
  );
  const { time, ...event } = closed!;
  assert.match(time, timed);
  assert.deepEqual(event, {
    type: "event",
    n: 5,
    tap: "calculator",
    link: 1,
    event: "link-closed",
    detail: { by: "client", reset: event.detail?.["reset"], messages: 2 },
  });
  await rep.close();
});

test("--json cuts a frame above 1 MiB to its head, and says so", async (t) => {
  const { tap, push, pull } = await pushThrough(t, ["--json"]);
  const limit = Buffer.alloc(1_048_576, 1);
  const above = Buffer.alloc(1_048_577, 2);
  await push.send([limit, above]);
  await pull.receive();
  const [message] = (await tap.untilMessages(1)).map(({ line }) => line);
  assert.deepEqual(message?.frames, [
    limit.toString("base64"),
    { size: above.length, head: above.subarray(0, 65_536).toString("base64"), truncated: true },
  ]);
  await push.close();
  await pull.close();
});

for (const args of [["--json"], [], ["--quiet"]]) {
  test(`--count ends the tap with exit code 0 after as many messages (${args[0] ?? "text"})`, async (t) => {
    const { tap, push, pull } = await pushThrough(t, [...args, "--count", "3"]);
    await push.send(...["one", "two", "three"].map((word) => text(word)));
    const { code, stdout } = await tap.ended();
    assert.equal(code, 0);
    const isMessage = /^\{"type":"message"/gm;
    if (args[0] === "--json") assert.equal(stdout.match(isMessage)?.length, 3);
    if (args[0] === "--quiet") assert.equal(stdout, "");
    if (args[0] === undefined)
      for (const word of ["one", "two", "three"]) assert.match(stdout, new RegExp(`\\b${word}\\b`));
    await push.close();
    await pull.close();
  });
}

test("--quiet prints the endpoint first and the totals last, and nothing on stdout", async (t) => {
  const { tap, push, pull, server } = await pushThrough(t, ["--quiet"]);
  await push.number(100, 10);
  await pull.receive(100);
  const { code, stdout, stderr } = await tap.stop("SIGINT");
  assert.equal(code, 0);
  assert.equal(stdout, "");
  const lines = stderr.split("\n");
  assert.equal(lines.length, 3);
  assert.equal(lines[0], `listening on ${tap.endpoint} for ${server}`);
  assert.match(lines[1]!, /^100 messages, \d+ octets; /);
  await push.close();
  await pull.close();
});

test("--stats ends with what proves that the tap did no harm", async (t) => {
  const { tap, push, pull } = await pushThrough(t, ["--quiet", "--stats", "--name", "jobs"]);
  await push.number(100, 10);
  await pull.receive(100);
  const { code, stderr } = await tap.stop("SIGINT");
  assert.equal(code, 0);
  const text = stderr.slice(stderr.indexOf("fidelity of"));
  const [, received, sent] = /to the server +(\d+) octets in = (\d+) out\n/.exec(text) ?? [];
  assert.ok(received === sent && Number(received) > 100 * 10, text);
  assert.match(text, /^fidelity of jobs\n/);
  assert.match(text, /\n {2}messages +100 seen = 100 kept \+ 0 evicted\n/);
  assert.match(text, /\n {2}added latency +\d+\.\d{3} ms \(50 %\), \d+\.\d{3} ms \(99 %\) of \d+ chunks\n/);
  assert.match(text, /\n {2}all numbers agree\n$/);
  await push.close();
  await pull.close();
});

test("Without --json each message and event is one readable line", async (t) => {
  const { tap, push, pull } = await pushThrough(t, []);
  await push.send(text('{"job":1}', "line one\nline two"));
  await pull.receive();
  await push.close();
  const { stdout } = await tap.stop();
  const lines = stdout.split("\n").slice(0, -1);
  assert.equal(lines.length, 4, stdout);
  assert.equal(lines.filter((line) => line.includes('{"job":1}')).length, 1);
  await pull.close();
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  test(`${signal} prints what is left and ends with exit code 0`, async (t) => {
    const { tap, push, pull } = await pushThrough(t, ["--json"]);
    tap.child.stdout.pause();
    await push.number(20_000, 100);
    await pull.receive(20_000);
    const ended = tap.stop(signal);
    tap.child.stdout.resume();
    const { code, stderr } = await ended;
    assert.equal(code, 0, stderr);
    assert.deepEqual(
      tap.messages.map(({ frames }) => Number(frames[0]!.readBigUInt64BE())),
      Array.from({ length: 20_000 }, (_, number) => number),
    );
    assert.equal(tap.events("link-closed").length, 1);
    await push.close();
    await pull.close();
  });
}

test("A stdout that nobody reads never slows traffic, and what was evicted meanwhile is one gap event", async (t) => {
  const { tap, push, pull } = await pushThrough(t, ["--json"]);
  tap.child.stdout.pause();
  const count = 400;
  const receiving = pull.receive(count);
  await push.number(count, 1_100_000);
  assert.equal((await receiving).length, count);
  tap.child.stdout.resume();
  await tap.untilEvents("gap");
  await push.close();
  await tap.untilEvents("link-closed");
  const gaps = tap.events("gap");
  assert.equal(gaps.length, 1);
  const { count: missed, first, last } = gaps[0]!.detail as { count: number; first: number; last: number };
  assert.equal(last - first + 1, missed);
  const printed = tap.lines.filter(({ event }) => event !== "gap").map(({ n }) => n);
  const expected = Array.from({ length: printed.length + missed }, (_, index) => index + 1);
  assert.deepEqual(
    printed,
    expected.filter((n) => n < first || n > last),
  );
  for (const { frames } of tap.messages) assert.equal(frames.length, 1);
  assert.equal((await tap.stop()).code, 0);
  await pull.close();
});

test("A reader of stdout that goes away ends the tap with exit code 0", async (t) => {
  const { tap, push, pull } = await pushThrough(t, ["--json"]);
  tap.child.stdout.destroy();
  await push.send(text("job"));
  assert.equal((await tap.ended()).code, 0);
  await push.close();
  await pull.close();
});

test("--sockets gives the types that a ZMTP 1.0 wire does not say", async (t) => {
  const vector = loadVector("req-rep-2.2.1-4.3.4-null");
  const server = net.createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const endpoint = `tcp://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  for (const [args, sockets] of [
    [[], { client: null, server: null }],
    [["--sockets", "client=REQ,server=REP"], { client: "REQ", server: "REP" }],
  ] as const) {
    const tap = await CliTap.start(endpoint, ["--json", ...args]);
    t.after(() => tap.stop("SIGKILL"));
    await playLink(t, tap.port, server, vector);
    const [request, reply] = await tap.untilMessages(2);
    assert.deepEqual(request?.line.sockets, sockets);
    assert.equal(reply?.line.request, args.length === 0 ? undefined : request.line.n);
    await tap.stop();
  }
});

test("--help and --version answer on stdout with exit code 0", async () => {
  const help = await runCli(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.stdout, /^Usage: zmq-tap <command> \[options\]$/m);
  const attach = await runCli(["attach", "--help"]);
  assert.equal(attach.code, 0);
  assert.match(attach.stdout, /^Usage: zmq-tap attach <server endpoint> \[options\]$/m);
  const version = await runCli(["--version"]);
  assert.equal(version.code, 0);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
});
