import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type PeerSocket, text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { CliTap, runCli } from "./support/cliTap.ts";
import { McpClient } from "./support/mcpClient.ts";

const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const python = new PythonPeer();
const folder = mkdtempSync(join(tmpdir(), "zmq-tap-mcp-"));
after(async () => {
  await python.stop();
  rmSync(folder, { recursive: true });
});

type Row = { readonly n: number; readonly [name: string]: unknown };
const rowsOf = (told: Readonly<Record<string, unknown>>): readonly Row[] => (told["rows"] ?? []) as readonly Row[];

type Served = { readonly rep: PeerSocket; readonly req: PeerSocket; readonly client: McpClient };

/** A REQ and a REP of pyzmq with a tap of `zmq-tap mcp` between them. */
async function served(t: TestContext, ...args: readonly string[]): Promise<Served> {
  const rep = await python.open("REP");
  const server = await rep.bind("tcp://127.0.0.1:*");
  const client = await McpClient.start(t, "--tap", `${server} --name backend`, ...args);
  const req = await python.open("REQ");
  await req.connect(await client.endpoint());
  t.after(async () => {
    await req.close();
    await rep.close();
  });
  return { rep, req, client };
}

async function exchange({ req, rep }: Pick<Served, "req" | "rep">, request: string, reply: string): Promise<void> {
  await req.send(text(request));
  await rep.receive();
  await rep.send(text(reply));
  await req.receive();
}

const jsonRpc = (parts: object): string => JSON.stringify({ jsonrpc: "2.0", ...parts });

test("zmq-tap mcp offers tools that only read, and says who it is", async (t) => {
  const { client } = await served(t);
  assert.equal(client.server.name, "zmq-tap");
  const tools = await client.tools();
  assert.deepEqual(
    tools.map(({ name }) => name),
    ["list_zmq_taps", "search_zmq_messages", "get_zmq_message", "list_zmq_findings", "explain_zmq_link"],
  );
  assert.ok(tools.every(({ annotations, description }) => annotations?.readOnlyHint === true && description !== ""));
});

test("An assistant lists taps, searches, reads messages, and explains a link, and sees no secret", async (t) => {
  const peers = await served(t);
  const { client } = peers;
  const login = jsonRpc({ id: 1, method: "login", params: { user: "bob", password: "hunter2" } });
  await exchange(peers, login, jsonRpc({ id: 1, result: { token: "t-4711" } }));
  await exchange(peers, jsonRpc({ id: 2, method: "fail" }), jsonRpc({ id: 2, error: { code: 5, message: "no such" } }));

  const { taps, captures } = (await client.use("list_zmq_taps")) as {
    taps: readonly { name: string; status: string; openLinks: readonly { link: number }[] }[];
    captures: readonly { name: string; rowsKept: number }[];
  };
  assert.deepEqual([taps[0]!.name, taps[0]!.status, captures[0]!.name], ["backend", "listening", "live"]);
  const { link } = taps[0]!.openLinks[0]!;

  const failed = rowsOf(await client.use("search_zmq_messages", { filter: "status == error and dir == s2c" }));
  assert.equal(failed.length, 1);
  assert.match(String(failed[0]!["problem"]), /no such/);
  const called = rowsOf(await client.use("search_zmq_messages", { filter: 'method == "login" and dir == c2s' }));
  const request = await client.use("get_zmq_message", { row: called[0]!.n });
  assert.match(JSON.stringify(request), /"user":"bob","password":"\[redacted\]"/);
  const all = [
    request,
    await client.use("search_zmq_messages"),
    await client.use("get_zmq_message", { row: called[0]!["partner"] as number }),
  ];
  assert.ok(!/hunter2|t-4711/.test(JSON.stringify(all)));

  const explained = await client.use("explain_zmq_link", { link });
  assert.match(JSON.stringify(explained["handshake"]), /greeting 3\.\d NULL.*READY/);
  assert.ok(JSON.stringify(explained["latestEvents"]).includes('"handshake"'));
});

test("Nothing is hidden from an assistant with --no-redact", async (t) => {
  const peers = await served(t, "--no-redact");
  await exchange(peers, '{"password":"hunter2"}', "ok");
  assert.match((await peers.client.text("search_zmq_messages", { filter: "dir == c2s" })).text, /hunter2/);
});

test("An assistant is told where its filter has an error, and what is wrong with its input", async (t) => {
  const { client } = await served(t);
  assert.match(await client.refusal("search_zmq_messages", { filter: "latency > fast" }), /\n *\^/);
  assert.match(await client.refusal("search_zmq_messages", { limit: 500 }), /"limit" is a whole number from 1 to 50/);
  assert.match(await client.refusal("get_zmq_message", { row: 99_999 }), /99999/);
  assert.match(await client.refusal("explain_zmq_link", { link: 99 }), /Nothing is known of link 99/);
  assert.match(
    await client.refusal("send_zmq_message"),
    /There is no tool "send_zmq_message"\. There are list_zmq_taps/,
  );
});

test("An assistant is told what is wrong, with rows that prove it", async (t) => {
  const { rep, req, client } = await served(t);
  const dealer = await python.open("DEALER");
  await dealer.connect(await client.endpoint());
  t.after(() => dealer.close());
  await exchange({ req, rep }, "question", "answer");
  // A REP drops what has no empty delimiter, and never says so.
  await dealer.send(text("work"), text("work"), text("work"));
  const row = await untilFound(client, "rep-missing-delimiter");
  const message = (await client.use("get_zmq_message", { row })) as { row: { findings: string[]; link: number } };
  assert.deepEqual(message.row.findings, ["rep-missing-delimiter"]);
  const found = rowsOf(await client.use("search_zmq_messages", { filter: "finding == rep-missing-delimiter" }));
  assert.ok(found.some(({ n }) => n === row));
  const explained = await client.use("explain_zmq_link", { link: message.row.link });
  assert.match(JSON.stringify(explained["findings"]), /rep-missing-delimiter/);
  assert.equal(explained["tap"], "backend");
});

/** The first row of evidence of a finding, which comes a moment behind the messages. */
async function untilFound(client: McpClient, id: string): Promise<number> {
  for (;;) {
    const { findings = [] } = (await client.use("list_zmq_findings")) as {
      findings?: readonly { readonly id: string; readonly evidence: readonly number[] }[];
    };
    const found = findings.find((finding) => finding.id === id);
    if (found !== undefined) return found.evidence[0]!;
  }
}

test("Huge messages are bounded, and it is said where they are cut", async (t) => {
  const peers = await served(t);
  const { client } = peers;
  await exchange(peers, JSON.stringify({ list: Array(300_000).fill("abcdefgh") }), "x".repeat(20_000_000));
  const rows = rowsOf(await client.use("search_zmq_messages", { filter: "kind == message" }));
  assert.equal(rows.length, 2);
  for (const { n } of rows) {
    const { text: told } = await client.text("get_zmq_message", { row: n, maxCharacters: 5_000 });
    assert.ok(told.length < 8_000, `${told.length} characters`);
    assert.match(told, /"truncated": true/);
  }
  assert.ok((await client.text("search_zmq_messages")).text.length < 10_000);
});

test("Calls are refused without --allow-send, and made with it, through the tap", async (t) => {
  const closed = await served(t);
  const input = { tap: "backend", method: "add", args: [2, 3], dialect: "json-rpc" };
  assert.match(await closed.client.refusal("call_zmq_service", input), /--allow-send/);
  const open = await served(t, "--allow-send");
  const { annotations } = (await open.client.tools()).find(({ name }) => name === "call_zmq_service")!;
  assert.equal(annotations?.readOnlyHint, false);
  const calling = open.client.use("call_zmq_service", input);
  const [frames] = await open.rep.receive();
  const { id, method, params } = JSON.parse(String(frames![0])) as { id: unknown; method: string; params: unknown };
  assert.deepEqual([method, params], ["add", [2, 3]]);
  await open.rep.send(text(jsonRpc({ id, result: 5 })));
  const told = await calling;
  assert.deepEqual([told["outcome"], told["value"]], ["ok", 5]);
  const rows = rowsOf(await open.client.use("search_zmq_messages", { filter: "kind == message" }));
  assert.deepEqual(
    rows.map(({ n, origin }) => [n, origin]),
    [
      [told["requestRow"], "call"],
      [told["replyRow"], "call"],
    ],
  );
});

test("Capture files are served, alone and beside taps", async (t) => {
  const rep = await python.open("REP");
  const path = join(folder, "traffic.pcapng");
  const tap = await CliTap.start(await rep.bind("tcp://127.0.0.1:*"), ["--json", "--write", path]);
  const req = await python.open("REQ");
  await req.connect(tap.endpoint);
  await exchange({ req, rep }, "question", "answer");
  await tap.untilMessages(2);
  await req.close();
  await rep.close();
  assert.equal((await tap.stop()).code, 0);

  const alone = await McpClient.start(t, path);
  const rows = rowsOf(await alone.use("search_zmq_messages", { filter: "kind == message" }));
  assert.deepEqual(
    rows.map(({ preview }) => preview),
    ["question", "answer"],
  );
  const explained = await alone.use("explain_zmq_link", { link: rows[0]!["link"] as number });
  assert.match(JSON.stringify(explained["handshake"]), /REQ|greeting/);
  const beside = await served(t, path);
  assert.equal(rowsOf(await beside.client.use("search_zmq_messages", { capture: path, filter: "answer" })).length, 1);
  assert.match(await beside.client.refusal("search_zmq_messages", { capture: "x" }), /Give capture as one of "live", /);
});

test("zmq-tap mcp ends when its client goes, and says what cannot be served", async (t) => {
  const child = spawn(process.execPath, [MAIN, "mcp", "--tap", "tcp://127.0.0.1:1"], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (part: string) => (stdout += part));
  await once(child.stderr, "data");
  child.stdin.end();
  const [code] = (await once(child, "close")) as [number];
  assert.deepEqual([code, stdout], [0, ""]);
  const missing = await runCli(["mcp", join(folder, "none.pcapng")]);
  assert.deepEqual([missing.code, missing.stdout], [1, ""]);
  assert.match(missing.stderr, /none\.pcapng/);
  const nothing = await runCli(["mcp"]);
  assert.equal(nothing.code, 2);
});
