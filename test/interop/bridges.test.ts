import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test, type TestContext } from "node:test";
import { until } from "../support/until.ts";
import { PythonPeer } from "./peers/python.ts";
import { CliBridge } from "./support/cliBridge.ts";
import { runCli } from "./support/cliTap.ts";
import { SeedProgram } from "./support/seedProgram.ts";

const ANY = "tcp://127.0.0.1:*";
const OK = { status_code: 200, status_message: "OK" };
const MOVE = { axis: "x", mm: 12 };
const MOVED = { ...OK, response_message: "x:12" };
const python = new PythonPeer();
after(() => python.stop());

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "bridges-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

async function serverOf(t: TestContext, environment: NodeJS.ProcessEnv = {}, at = ANY) {
  const server = new SeedProgram(t, "pyzmqrpc3", ["server", at], environment);
  const [endpoint] = await server.bound();
  return { server, endpoint: endpoint! };
}

const clientOf = (t: TestContext, endpoint: string, environment: NodeJS.ProcessEnv = {}): SeedProgram =>
  new SeedProgram(t, "pyzmqrpc3", ["client", endpoint], environment);

/** An endpoint where nothing listens, for a server that comes later. */
async function freeEndpoint(): Promise<string> {
  const socket = await python.open("REP");
  const endpoint = await socket.bind(ANY);
  await socket.close();
  return endpoint;
}

test("pyzmqrpc3 client and server through REP→REQ: results, errors, heartbeats, either side gone and back", async (t) => {
  const { server, endpoint } = await serverOf(t);
  const bridge = await CliBridge.start(t, ["rep-req", "--in", ANY, "--out", endpoint, "--timeout", "2000", "--json"]);
  assert.match(bridge.stderr, /^bridging REP tcp:\/\/127[.]0[.]0[.]1:\d+ → REQ tcp:\/\/127[.]0[.]0[.]1:\d+\n/);
  const client = clientOf(t, bridge.in[0]!);
  client.tell(["call", "MoveArm", MOVE, 5000]);
  client.tell(["call", "MoveArm", { axis: "x", mm: -1 }, 5000]);
  client.tell(["text", "zmq_sub_heartbeat", 5000]);
  client.tell(["call", "MoveArm", MOVE, 5000]);
  const replies = await client.said("reply", 4);
  assert.deepEqual([replies[0], replies[2], replies[3]], [MOVED, OK, MOVED]);
  assert.equal((replies[1] as { status_code: number }).status_code, 463);
  // The caller goes in the middle of it all; the next one is served.
  await client.kill();
  const second = clientOf(t, bridge.in[0]!);
  second.tell(["call", "MoveArm", MOVE, 5000]);
  await second.said("reply", 1);
  // So does the server; its place is empty for a while.
  await server.kill();
  second.tell(["call", "MoveArm", MOVE, 10_000]);
  const [, failed] = (await second.said("reply", 2)) as { status_code: number; status_message: string }[];
  assert.equal(failed!.status_code, 482);
  assert.match(failed!.status_message, /did not take the message within 2 s|closed the connection/);
  await serverOf(t, {}, endpoint);
  second.tell(["call", "MoveArm", MOVE, 10_000]);
  assert.deepEqual((await second.said("reply", 3))[2], MOVED);
  const messages = await bridge.untilMessages(4);
  assert.ok(messages.every(({ origin, tap }) => origin === "bridge" && tap === "rep-req"));
  assert.deepEqual(
    messages.slice(0, 4).map(({ from, sockets, frames }) => [from, sockets, frames?.[0], frames?.length]),
    ["client", "client", "server", "server"].map((from) => [from, { client: "REQ", server: "REP" }, "", 2]),
  );
  const { code, stderr } = await bridge.stop();
  assert.equal(code, 0);
  assert.match(stderr, /7 received, \d+ sent, 7 answered, .*1 heartbeats/);
});

test("The bridge stops while a call is under way, and its caller gets an answer", async (t) => {
  const rep = await python.open("REP");
  const bridge = await CliBridge.start(t, ["rep-req", "--in", ANY, "--out", await rep.bind(ANY), "--quiet"]);
  const client = clientOf(t, bridge.in[0]!);
  client.tell(["call", "MoveArm", MOVE, 10_000]);
  await rep.receive();
  await bridge.stop();
  const [reply] = await client.said("reply");
  assert.deepEqual(reply, { status_code: 482, status_message: "The bridge was stopped." });
});

test("pyzmqrpc3 publisher and subscriber through SUB→PUB, from two publishers, one of which comes back", async (t) => {
  const publishers = [1, 2].map(() => new SeedProgram(t, "pyzmqrpc3", ["publisher", ANY]));
  const endpoints = await Promise.all(publishers.map(async (publisher) => (await publisher.bound())[0]!));
  const bridge = await CliBridge.start(t, [
    "sub-pub",
    ...endpoints.flatMap((endpoint) => ["--in", endpoint]),
    "--out",
    ANY,
    "--recreate-timeout",
    `${endpoints[0]!}=500`,
    "--quiet",
  ]);
  const subscriber = new SeedProgram(t, "pyzmqrpc3", ["subscriber", bridge.out[0]!]);
  const heard = async (publisher: SeedProgram): Promise<void> => {
    const before = subscriber.lines.length;
    await until(() => {
      publisher.tell(["text", "zmq_sub_heartbeat"]);
      return subscriber.lines.length > before;
    });
  };
  for (const publisher of publishers) await heard(publisher);
  publishers[0]!.tell(["call", "MoveArm", MOVE]);
  publishers[1]!.tell(["call", "MoveArm", { axis: "ž", mm: 1 }]);
  await until(() => subscriber.lines.filter(({ result }) => result !== null && result !== undefined).length === 2);
  const results = subscriber.lines.map(({ result }) => result as { response_message: string } | null | undefined);
  assert.deepEqual(new Set(results.flatMap((result) => result?.response_message ?? [])), new Set(["x:12", "ž:1"]));
  await publishers[0]!.kill();
  const again = new SeedProgram(t, "pyzmqrpc3", ["publisher", endpoints[0]!]);
  await again.bound();
  await heard(again);
  assert.equal((await bridge.stop()).code, 0);
});

test("pyzmqrpc3 publications through SUB→REQ are run by a server that answers, and survive its absence", async (t) => {
  const publisher = new SeedProgram(t, "pyzmqrpc3", ["publisher", ANY]);
  const [from] = await publisher.bound();
  const { server, endpoint } = await serverOf(t);
  const bridge = await CliBridge.start(t, [
    ...["sub-req", "--in", from!, "--out", endpoint],
    ...["--timeout", "1000", "--retries", "20", "--quiet"],
  ]);
  await until(() => {
    publisher.tell(["call", "MoveArm", MOVE]);
    return server.lines.some((line) => "done" in line);
  });
  // A heartbeat would leave its REP stuck.
  publisher.tell(["text", "zmq_sub_heartbeat"]);
  const count = server.lines.filter((line) => "done" in line).length;
  publisher.tell(["call", "MoveArm", MOVE]);
  await server.said("done", count + 1);
  await server.kill();
  publisher.tell(["call", "MoveArm", { axis: "later", mm: 1 }]);
  publisher.tell(["call", "MoveArm", { axis: "last", mm: 2 }]);
  const { server: next } = await serverOf(t, {}, endpoint);
  // Some of the first ones may still have been on their way.
  const values = (): string[] =>
    next.lines.flatMap(({ replied }) => (replied as { response_message?: string } | undefined)?.response_message ?? []);
  await until(() => values().includes("last:2"));
  assert.deepEqual(values().slice(-2), ["later:1", "last:2"]);
  assert.match((await bridge.stop()).stderr, /delivered/);
});

test("pyzmqrpc3 client through REP→PUB is told OK at once, and subscribers run the command", async (t) => {
  const bridge = await CliBridge.start(t, ["rep-pub", "--in", ANY, "--out", ANY, "--quiet"]);
  const subscriber = new SeedProgram(t, "pyzmqrpc3", ["subscriber", bridge.out[0]!]);
  const client = clientOf(t, bridge.in[0]!);
  let calls = 0;
  await until(async () => {
    client.tell(["call", "MoveArm", MOVE, 5000]);
    assert.deepEqual((await client.said("reply", ++calls)).at(-1), OK);
    return subscriber.lines.some((line) => "done" in line);
  });
  await subscriber.kill();
  client.tell(["call", "MoveArm", MOVE, 5000]);
  assert.deepEqual((await client.said("reply", calls + 1)).at(-1), OK);
  assert.equal((await bridge.stop()).code, 0);
});

test("pyzmqrpc3 client through buffered REP→REQ is told OK at once, and nothing is lost behind a kill of the bridge", async (t) => {
  const endpoint = await freeEndpoint();
  const folder = folderOf(t);
  const args = ["buffered-rep-req", "--in", ANY, "--out", endpoint, "--persist", join(folder, "queue"), "--quiet"];
  const bridge = await CliBridge.start(t, args);
  const client = clientOf(t, bridge.in[0]!);
  for (let mm = 1; mm <= 5; mm++) client.tell(["call", "MoveArm", { axis: "x", mm }, 5000]);
  assert.deepEqual(await client.said("reply", 5), Array<typeof OK>(5).fill(OK));
  await bridge.stop("SIGKILL");
  const again = await CliBridge.start(t, args);
  const { server } = await serverOf(t, {}, endpoint);
  const lines = await server.saidLines("replied", 5);
  assert.deepEqual(
    lines.map(({ replied }) => (replied as { response_message: string }).response_message),
    ["x:1", "x:2", "x:3", "x:4", "x:5"],
  );
  assert.match((await again.stop()).stderr, /5 sent, 5 delivered/);
});

test("100,000 messages through a queue on disk, the remote killed 20 times: all come, in order, twice only where it was killed", async (t) => {
  const [count, kills] = [100_000, 20];
  const endpoint = await freeEndpoint();
  const folder = folderOf(t);
  const log = join(folder, "log");
  writeFileSync(log, "");
  const read = (): string[] => readFileSync(log, "utf8").split("\n").slice(0, -1);
  const bridge = await CliBridge.start(t, [
    ...["buffered-rep-req", "--in", ANY, "--out", endpoint, "--persist", join(folder, "queue")],
    ...["--timeout", "5000", "--quiet"],
  ]);
  const sender = new SeedProgram(t, "numbered", ["send", bridge.in[0]!, "0", String(count), "1000"]);
  let server = new SeedProgram(t, "numbered", ["serve", endpoint, log]);
  for (let kill = 1; kill <= kills; kill++) {
    await until(() => Number(server.lines.at(-1)?.["taken"]) >= (kill * count) / (kills + 1));
    await server.kill();
    server = new SeedProgram(t, "numbered", ["serve", endpoint, log]);
  }
  await sender.said("all");
  await until(() => server.lines.at(-1)?.["taken"] === count - 1);
  const lines = read();
  let next = 0;
  let twice = 0;
  lines.forEach((line, at) => {
    if (line === "start") return;
    if (Number(line) === next) next++;
    else {
      // Received by the process that was killed before its reply was there, and by the next one.
      assert.deepEqual([Number(line), lines[at - 1]], [next - 1, "start"], `line ${at}`);
      twice++;
    }
  });
  assert.equal(next, count);
  assert.ok(twice <= kills);
  assert.equal(lines.filter((line) => line === "start").length, kills + 1);
  const { stderr } = await bridge.stop();
  assert.match(
    stderr,
    new RegExp(`${count} received, ${count} sent, ${count} answered, ${count} queued, ${count} delivered`),
  );
});

test("A bridge that is killed in the middle of traffic has lost nothing that it said OK to", async (t) => {
  const folder = folderOf(t);
  const log = join(folder, "log");
  writeFileSync(log, "");
  const server = new SeedProgram(t, "numbered", ["serve", ANY, log]);
  const [endpoint] = await server.bound();
  const args = ["buffered-rep-req", "--in", ANY, "--out", endpoint!, "--persist", join(folder, "queue"), "--quiet"];
  const bridge = await CliBridge.start(t, args);
  const sender = new SeedProgram(t, "numbered", ["send", bridge.in[0]!, "0", "1000000", "500"]);
  await server.said("taken", 20);
  await bridge.stop("SIGKILL");
  await sender.kill();
  const answered = Number(sender.lines.at(-1)?.["answered"]);
  assert.ok(answered > 0);
  const again = await CliBridge.start(t, args);
  // One more behind all that waited.
  const rest = new SeedProgram(t, "numbered", ["send", again.in[0]!, "1000099", "1", "1"]);
  await rest.said("all");
  await until(() => server.lines.at(-1)?.["taken"] === 1_000_099);
  const numbers = readFileSync(log, "utf8").split("\n").slice(1, -2).map(Number);
  // What was done in the last moments before the kill may come again, as it was.
  const stepsBack = numbers.flatMap((number, at) => (at > 0 && number !== numbers[at - 1]! + 1 ? [at] : []));
  assert.ok(stepsBack.length <= 1, `not in order at ${stepsBack.join()}`);
  for (const at of stepsBack)
    assert.ok(numbers[at]! <= numbers[at - 1]!, `${numbers[at - 1]!} is followed by ${numbers[at]!}`);
  assert.equal(numbers[0], 0);
  assert.ok(numbers.at(-1)! >= answered - 1, `${answered} were answered, and ${numbers.at(-1)!} came last`);
  await again.stop();
});

test("A bridge has PLAIN credentials of its own for each side, and refuses strangers", async (t) => {
  const remote = { ZMQ_USER: "remote", ZMQ_PASSWORD: "the remote's" };
  const { endpoint } = await serverOf(t, remote);
  const args = ["rep-req", "--in", ANY, "--out", endpoint, "--timeout", "3000", "--quiet"];
  const users = ["--in-plain-user", "caller", "--out-plain-user", "remote"];
  const passwords = { ZMQ_TAP_IN_PASSWORD: "the caller's", ZMQ_TAP_OUT_PASSWORD: remote.ZMQ_PASSWORD };
  const bridge = await CliBridge.start(t, [...args, ...users], passwords);
  const client = clientOf(t, bridge.in[0]!, { ZMQ_USER: "caller", ZMQ_PASSWORD: "the caller's" });
  client.tell(["call", "MoveArm", MOVE, 5000]);
  assert.deepEqual(await client.said("reply"), [MOVED]);
  for (const stranger of [remote, { ZMQ_USER: "caller", ZMQ_PASSWORD: "wrong" }, {}]) {
    const other = clientOf(t, bridge.in[0]!, stranger);
    other.tell(["call", "MoveArm", MOVE, 700]);
    await other.said("timed_out");
  }
  const wrong = await CliBridge.start(t, [...args, ...users], { ...passwords, ZMQ_TAP_OUT_PASSWORD: "wrong" });
  const caller = clientOf(t, wrong.in[0]!, { ZMQ_USER: "caller", ZMQ_PASSWORD: "the caller's" });
  caller.tell(["call", "MoveArm", MOVE, 10_000]);
  const [refused] = (await caller.said("reply")) as [{ status_code: number; status_message: string }];
  assert.equal(refused.status_code, 482);
  assert.match(refused.status_message, /refuses the credentials/);
  const said = [await bridge.stop(), await wrong.stop()].map(({ stdout, stderr }) => stdout + stderr).join("");
  for (const secret of ["the caller's", "the remote's"]) assert.ok(!said.includes(secret));
});

test("A bridge takes its CURVE keys from files, for either side", async (t) => {
  const folder = folderOf(t);
  for (const name of ["front", "back", "friend"])
    assert.equal((await runCli(["keygen", name, "--dir", folder])).code, 0);
  const keyOf = (name: string, which: "public" | "secret"): string =>
    new RegExp(`${which}-key = "(.{40})"`).exec(readFileSync(join(folder, `${name}.key_secret`), "utf8"))![1]!;
  const rep = await python.open("REP", { curveServer: true, curveSecretKey: keyOf("back", "secret") });
  const bridge = await CliBridge.start(t, [
    ...["rep-req", "--in", ANY, "--out", await rep.bind(ANY), "--quiet"],
    ...["--in-curve-server", join(folder, "front.key_secret"), `--in-curve-allow=${keyOf("friend", "public")}`],
    `--out-curve-upstream=${keyOf("back", "public")}`,
  ]);
  const req = await python.open("REQ", {
    curveServerKey: keyOf("front", "public"),
    curvePublicKey: keyOf("friend", "public"),
    curveSecretKey: keyOf("friend", "secret"),
  });
  await req.connect(bridge.in[0]!);
  await req.send([Buffer.from("question")]);
  await rep.receive();
  await rep.send([Buffer.from("answer")]);
  assert.deepEqual((await req.receive()).map(String), ["answer"]);
});

test("Several endpoints are asked in turn, or all of them", async (t) => {
  const servers = [await serverOf(t), await serverOf(t)];
  const out = servers.flatMap(({ endpoint }) => ["--out", endpoint]);
  for (const how of ["round-robin", "all"]) {
    const bridge = await CliBridge.start(t, ["rep-req", "--in", ANY, ...out, "--fan-out", how, "--quiet"]);
    const client = clientOf(t, bridge.in[0]!);
    for (let call = 0; call < 4; call++) client.tell(["call", "MoveArm", MOVE, 5000]);
    assert.deepEqual(await client.said("reply", 4), Array<typeof MOVED>(4).fill(MOVED));
    await bridge.stop();
  }
  for (const { server } of servers) assert.equal(server.lines.filter((line) => "done" in line).length, 2 + 4);
});

test("A bridge that cannot start says why in one line", async () => {
  const taken = await python.open("REP");
  const endpoint = await taken.bind(ANY);
  const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
    [["rep-req", "--in", endpoint, "--out", endpoint], 1, /^Cannot bind tcp:.*another program is using it/],
    [["rep-req", "--in", "inproc://a", "--out", endpoint], 2, /which cannot be used: inproc stays/],
    [["rep-req", "--in", ANY, "--out", endpoint, "--persist", "x"], 2, /only a bridge of kind buffered-rep-req/],
  ];
  for (const [args, exit, message] of cases) {
    const { code, stdout, stderr } = await runCli(["bridge", ...args]);
    assert.deepEqual([code, stdout], [exit, ""]);
    assert.match(stderr, message);
  }
});
