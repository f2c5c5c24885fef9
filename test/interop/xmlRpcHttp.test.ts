import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { Caller } from "../../src/proxy/caller.ts";
import { Captures } from "../../src/proxy/captures.ts";
import { copyCode } from "../../src/proxy/copyCode.ts";
import type { CodeFormat } from "../../src/proxy/httpCode.ts";
import { Replays } from "../../src/proxy/replays.ts";
import { Sender } from "../../src/proxy/sender.ts";
import { clientEndpoint } from "../../src/shared/endpoint.ts";
import type { CallBody, CallOutcome } from "../../src/shared/calls.ts";
import type { Row } from "../../src/shared/model.ts";
import type { ReplaySummary } from "../../src/shared/replaySession.ts";
import { httpServer } from "../support/httpServers.ts";
import { type TappedEngine, tappedEngine } from "../support/tappedEngine.ts";
import { findPython } from "./peers/python.ts";
import { CliTap, runCli } from "./support/cliTap.ts";
import { SeedProgram } from "./support/seedProgram.ts";

const folder = mkdtempSync(join(tmpdir(), "zmq-tap-http-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Python's xmlrpc.server on a free port, with keep-alive; it makes the calls that it is told, too. */
async function python(t: TestContext): Promise<{ url: string; program: SeedProgram }> {
  const program = new SeedProgram(t, "pyblish", ["plain"]);
  return { url: (await program.bound())[0]!, program };
}

async function call(...args: readonly string[]): Promise<[number | null, unknown, string]> {
  const { code, stdout, stderr } = await runCli(["call", ...args, "--dialect", "xml-rpc"]);
  return [code, stdout === "" ? undefined : JSON.parse(stdout), stderr.trim()];
}

const messages = ({ rows }: TappedEngine): Row[] => rows().filter(({ kind }) => kind === "message");
const exchanges = async (tap: TappedEngine, count: number): Promise<Row[]> => {
  const rows = await tap.until(() => messages(tap).length >= count && messages(tap));
  await tap.engine.capture.talk.settled();
  return rows.map(({ n }) => messages(tap).find((row) => row.n === n)!);
};

test("zmq-tap call speaks to a stock xmlrpc.server", async (t) => {
  const { url } = await python(t);
  assert.deepEqual(await call(url, "function", "5", "10"), [0, 15, ""]);
  assert.deepEqual(await call(url, "text", "3000"), [0, "x".repeat(3000), ""]);
  assert.deepEqual(await call(url, "types"), [
    0,
    {
      nil: null,
      base64: { $binary: "00ff0a", size: 3 },
      date: { $dateTime: "20260102T03:04:05" },
      int: -5,
      double: 2.5,
      boolean: true,
      string: "a<&>ž",
      array: [1, [2, []]],
    },
    "",
  ]);
  const values = JSON.stringify([
    null,
    1.5,
    true,
    "<&>\n",
    { a: [{}] },
    { $dateTime: "20260102T03:04:05" },
    2 ** 31 - 1,
  ]);
  assert.deepEqual(await call(url, "echo", values), [0, JSON.parse(values), ""]);
  const [code, value, words] = await call(url, "nothing");
  assert.deepEqual([code, (value as { code: string }).code], [3, "1"]);
  assert.match(words, /Error after/);
  assert.deepEqual((await call(`${url}/elsewhere`, "function", "5", "10")).slice(0, 2), [
    3,
    { code: "404", problem: "The HTTP server answered 404 Not Found.", value: null },
  ]);
  const [late, , told] = await call(url, "slow", "2", "--timeout", "200");
  assert.equal(late, 4);
  assert.match(told, /No answer within 200 ms|no answer|timed out/i);
  const [nobody, , why] = await call("http://127.0.0.1:1", "ping");
  assert.equal(nobody, 1);
  assert.match(why, /nothing listens there/);
  for (const [endpoint, problem] of [
    ["https://127.0.0.1:1", /TLS/],
    ["http://me:secret@127.0.0.1:1", /user and password/],
  ] as const) {
    const refused = await call(endpoint, "ping");
    assert.equal(refused[0], 2);
    assert.match(refused[2], problem);
    assert.doesNotMatch(refused[2], /secret/);
  }
});

test("A session over HTTP is recorded by the command line, and replayed to a fresh server and through a tap", async (t) => {
  const { url, program } = await python(t);
  const file = join(folder, "session.pcapng");
  const tap = await CliTap.start(`${url}/RPC2`, ["--json", "--write", file]);
  t.after(() => tap.stop("SIGKILL"));
  assert.match(tap.stderr, /^listening on tcp:\/\/127\.0\.0\.1:\d+ for http:\/\/127\.0\.0\.1:\d+\/RPC2\n/);
  const asks = [["function", 5, 10], ["echo", { a: [1.5, "ž"] }], ["text", 5000], ["nothing"], ["function", "a", "b"]];
  for (const ask of asks) program.tell([`http://me:pass@127.0.0.1:${tap.port}`, ...ask]);
  const said = await program.saidLines("called", asks.length);
  assert.deepEqual(said.map(({ value }) => value ?? null).slice(0, 2), [15, { a: [1.5, "ž"] }]);
  await tap.untilMessages(2 * asks.length);
  assert.equal((await tap.stop()).code, 0);
  // Keep-alive: all calls went over one connection.
  assert.equal(new Set(tap.messages.map(({ line }) => line.link)).size, 1);
  assert.ok(tap.messages.every(({ frames }) => !frames.some((frame) => frame.includes("bWU6cGFzcw"))));
  const [request, reply] = tap.messages;
  assert.match(String(request!.frames[1]), /^POST \/RPC2 HTTP\/1\.1\r\n[\s\S]*Authorization: Basic \*+/);
  assert.match(String(reply!.frames[1]), /^HTTP\/1\.1 200 OK\r\n/);
  assert.ok(reply!.line.latencyMs! > 0);

  const fresh = await python(t);
  const count = asks.length;
  for (const options of [["--wait"], ["--fast"]]) {
    const again = await runCli(["replay", file, "--to", fresh.url, "--json", ...options]);
    const summary = JSON.parse(again.stdout) as ReplaySummary;
    assert.deepEqual([again.code, summary.sent, summary.same], [0, count, count], again.stderr);
  }
  const broken = await httpServer(t, (_request, response) => response.writeHead(500).end());
  const elsewhere = await runCli(["replay", file, "--to", `${broken.url}/x`, "--json", "--wait"]);
  assert.ok(broken.requests.every(({ url: path, headers }) => path === "/x" && headers.authorization === undefined));
  assert.equal((JSON.parse(elsewhere.stdout) as ReplaySummary).differed, count);
  assert.equal(elsewhere.code, 3);

  const through = tappedEngine(t);
  await through.attach(fresh.url);
  const captures = new Captures(through.engine, { onGrew: () => undefined, onFilterAdvanced: () => undefined });
  t.after(() => captures.stop());
  const { capture } = await captures.open(file, "file");
  // What was spoken stands in the file.
  const opened = captures.inspector(capture).capture;
  const asked = Array.from({ length: opened.lastN }, (_, at) => opened.row(at + 1)!).filter(
    (row) => row.kind === "message",
  );
  assert.ok(asked.length === 2 * count && asked.every(({ link }) => link?.mechanism === "HTTP"));
  assert.match(
    (await copyCode(opened, asked[0]!.n, "command", through.engine.dialectKeys))!,
    /^# The recorded.*\ncurl .*RPC2\n$/s,
  );
  const summary = await new Replays(through.engine, captures, () => undefined).run({
    job: "job",
    capture,
    rows: { kind: "all" },
    options: {
      target: { kind: "tap", tap: "tap" },
      timing: { kind: "wait" },
      loops: 1,
      from: null,
      as: null,
      timeoutMs: 5_000,
    },
    security: null,
  });
  assert.deepEqual([summary.sent, summary.same], [count, count], JSON.stringify(summary));
  assert.ok((await exchanges(through, 2 * count)).every(({ origin }) => origin === "replay"));
});

test("A call through a tap goes over a link of its own, and one message is sent again", async (t) => {
  const { url } = await python(t);
  const tap = tappedEngine(t);
  await tap.attach(url);
  const caller = new Caller(tap.engine, () => undefined);
  t.after(() => caller.cancelAll());
  const body: CallBody = {
    kind: "dialect",
    dialect: "xml-rpc",
    call: { method: "function", args: [5, 10], kwargs: {}, fields: {} },
  };
  const ask = (target: { kind: "tap"; tap: string } | { kind: "endpoint"; endpoint: string }): Promise<CallOutcome> =>
    caller.call({ call: "1", target, body, timeoutMs: 5000, retries: 0, security: null });
  const outcome = await ask({ kind: "tap", tap: "tap" });
  assert.deepEqual([outcome.kind, outcome.reply?.said?.json], ["ok", "15"]);
  const [request, reply] = await exchanges(tap, 2);
  assert.deepEqual([request!.n, reply!.n], [outcome.request, outcome.reply!.row]);
  assert.deepEqual([request!.origin, request!.method, reply!.status], ["call", "function", "ok"]);
  const direct = await ask({ kind: "endpoint", endpoint: url });
  assert.equal(direct.reply?.said?.json, "15");
  assert.equal(messages(tap).length, 2);
  const again = await new Sender(tap.engine).replay({ n: request!.n });
  assert.match(again.summary, /answer came after/);
  assert.deepEqual(
    (await exchanges(tap, 4)).slice(2).map(({ origin, status }) => [origin, status]),
    [
      ["replay", "ok"],
      ["replay", "ok"],
    ],
  );
  await assert.rejects(new Sender(tap.engine).replay({ n: reply!.n }), { code: "cannot-replay" });
});

test("Call files have HTTP targets", async (t) => {
  const { url } = await python(t);
  const file = join(folder, "calls.zmqrpc");
  writeFileSync(
    file,
    [
      "call add",
      `  target: ${url}`,
      "  dialect: xml-rpc",
      "  method: function",
      "  args: [5, 10]",
      "  expect: value == 15",
      "call through a tap",
      "  target: tap host",
      "  dialect: xml-rpc",
      "  method: nothing",
      "  expect: status error",
      "  expect: problem matches not supported",
      "",
    ].join("\n"),
  );
  const { code, stdout, stderr } = await runCli(["run", file, "--tap", `host=${url}/RPC2`]);
  assert.equal(code, 0, `${stdout}\n${stderr}`);
});

/** Runs copied code as a person would, and gives what it says. */
async function run(format: CodeFormat, code: string): Promise<string> {
  const files = { python: "call.py", javascript: "call.mjs", command: "call.sh" };
  const programs = { python: findPython(), javascript: process.execPath, command: "sh" };
  const file = join(folder, files[format]);
  writeFileSync(file, code);
  const child = spawn(programs[format], [file], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (said += part));
  const [exit] = (await once(child, "close")) as [number | null];
  assert.equal(exit, 0, code);
  return said;
}

test("Copied code of a call makes the same call again", async (t) => {
  const { url, program } = await python(t);
  const tap = tappedEngine(t);
  const through = clientEndpoint(url, await tap.attach(url));
  const value = { "it's": ['"$HOME`x`\\ ž\n', -1.5, 2, true, null, {}] };
  program.tell([through, "echo", value]);
  const [said] = await program.saidLines("called");
  const [request, reply] = await exchanges(tap, 2);
  const { capture, dialectKeys } = tap.engine;
  assert.deepEqual(said!["value"], value);
  const python3 = (await copyCode(capture, request!.n, "python", dialectKeys))!;
  assert.ok(python3.includes(`ServerProxy("${url}/RPC2"`), python3);
  assert.equal((await run("python", python3)).trim(), `{"it's": ['"$HOME\`x\`\\\\ ž\\n', -1.5, 2, True, None, {}]}`);
  for (const format of ["javascript", "command"] as const) {
    const answer = await run(format, (await copyCode(capture, request!.n, format, dialectKeys))!);
    assert.match(answer, /<double>-1\.5<\/double>/, format);
  }
  assert.equal(await copyCode(capture, reply!.n, "python", dialectKeys), null);
});

test("Pipelining, chunks with trailers, Expect and closing connections of real HTTP programs are read", async (t) => {
  const server = createServer((incoming, response) => {
    incoming.resume();
    incoming.on("end", () => {
      if (incoming.url === "/chunked") {
        response.writeHead(200, { Trailer: "X-End" });
        response.write("one ");
        response.addTrailers({ "X-End": "1" });
        response.end("two");
      } else if (incoming.url === "/close") response.writeHead(200, { Connection: "close" }).end("closed");
      else if (incoming.url === "/empty") response.writeHead(304).end();
      else response.end(`answer to ${incoming.url}`);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const tap = tappedEngine(t);
  const port = Number(
    (await tap.attach(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).split(":").at(-1),
  );
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  const get = (path: string, method = "GET"): string => `${method} ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
  socket.write(get("/1") + get("/chunked") + get("/2", "HEAD") + get("/empty") + get("/close"));
  socket.resume();
  await once(socket, "end");
  const rows = await exchanges(tap, 10);
  const watch = await tap.engine.watch;
  await watch.settled();
  assert.deepEqual(watch.state().findings, []);
  const asked = rows.filter(({ from }) => from === "client");
  assert.deepEqual(
    asked.map(({ partner, preview }) => [preview, rows.find(({ n }) => n === partner)!.preview]),
    [
      ["GET /1", "200 OK | answer to /1"],
      ["GET /chunked", "200 OK | one two"],
      ["HEAD /2", "200 OK"],
      ["GET /empty", "304 Not Modified"],
      ["GET /close", "200 OK | closed"],
    ],
  );
  const post = httpRequest({
    port,
    host: "127.0.0.1",
    method: "POST",
    path: "/expect",
    headers: { Expect: "100-continue", "Content-Length": 4 },
  });
  post.on("continue", () => post.end("body"));
  post.flushHeaders();
  const [response] = (await once(post, "response")) as [NodeJS.ReadableStream];
  response.resume();
  const all = await exchanges(tap, 12);
  assert.deepEqual(
    all.slice(10).map(({ preview }) => preview),
    ["POST /expect | body", "200 OK | answer to /expect"],
  );
  assert.deepEqual(tap.bugs, []);
});

test("A server that sends 100 MB, one that never ends, and one that is no HTTP harm nobody", async (t) => {
  const megabyte = Buffer.alloc(1024 * 1024, "x");
  const server = await httpServer(t, ({ url }, response) => {
    if (url === "/length") response.setHeader("Content-Length", 100 * megabyte.length);
    let left = 100;
    const more = (): void => {
      while (left-- > 0) if (!response.write(megabyte)) return void response.once("drain", more);
      response.end();
    };
    more();
  });
  const tap = tappedEngine(t, 16 * 1024 * 1024);
  const origin = clientEndpoint(server.url, await tap.attach(server.url));
  for (const path of ["/length", "/chunked"]) {
    let received = 0;
    const [response] = (await once(httpRequest(`${origin}${path}`).end(), "response")) as [NodeJS.ReadableStream];
    for await (const part of response) received += (part as unknown as Buffer).length;
    assert.equal(received, 100 * megabyte.length, path);
  }
  await tap.until(() => tap.state().messages === 4);
  const { usedBytes } = tap.engine.stats();
  assert.ok(usedBytes <= 16 * 1024 * 1024, `${usedBytes}`);
  // What is read by a call is bounded, too.
  const [code, , words] = await call(server.url, "ping");
  assert.equal(code, 1);
  assert.match(words, /larger than/);

  const alien = createTcpServer((socket) => socket.end("SSH-2.0-OpenSSH\r\n"));
  alien.listen(0, "127.0.0.1");
  await once(alien, "listening");
  t.after(() => alien.close());
  const { port } = alien.address() as AddressInfo;
  const strange = await tap.attach(`http://127.0.0.1:${port}`, "strange");
  const client = connect(Number(strange.split(":").at(-1)), "127.0.0.1");
  client.write("GET / HTTP/1.1\r\n\r\n");
  const [octets] = (await once(client, "data")) as [Buffer];
  assert.equal(String(octets), "SSH-2.0-OpenSSH\r\n");
  client.destroy();
  await tap.until(() =>
    tap.rows().some(({ event, preview }) => event === "fault" && preview.includes("does not speak HTTP")),
  );
  assert.deepEqual(tap.bugs, []);
});
