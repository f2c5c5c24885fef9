import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test, type TestContext } from "node:test";
import { curveKeyPair } from "zeromq";
import { Captures } from "../../src/proxy/captures.ts";
import type { Engine } from "../../src/proxy/engine.ts";
import { exportCapture } from "../../src/proxy/exportCapture.ts";
import { everyRow } from "../../src/proxy/files/writeRows.ts";
import { Replays } from "../../src/proxy/replays.ts";
import { encodeGreeting, encodeReady } from "../../src/proxy/wire/writer.ts";
import type { ExportedRows } from "../../src/shared/engineProtocol.ts";
import type { Row } from "../../src/shared/model.ts";
import type { ReplayOptions, ReplayProgress, ReplaySummary } from "../../src/shared/replaySession.ts";
import { NO_SECURITY } from "../support/security.ts";
import { ZmtpPeer } from "../support/zmtpPeer.ts";
import { type Message, type PeerSocket, text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { CliTap, type Ended, runCli } from "./support/cliTap.ts";
import { type EngineTap, startEngineTap } from "./support/engineTap.ts";
import { listeningReplay } from "./support/listeningReplay.ts";
import { giveKeys, type TapKeys } from "./support/tapKeys.ts";
import { curveClient, curveServer, PLAIN_USER } from "./support/wires.ts";

const python = new PythonPeer();
const javascript = new ZeromqJsPeer();
const serverPair = curveKeyPair();
const ownPair = curveKeyPair();
const folder = mkdtempSync(join(tmpdir(), "zmq-tap-replay-"));
before(async () => {
  await python.authenticate({ keys: [ownPair.publicKey], passwords: { [PLAIN_USER.user]: PLAIN_USER.password } });
});
after(async () => {
  await python.stop();
  await javascript.stop();
  rmSync(folder, { recursive: true, force: true });
});

const FAST: ReplayOptions = {
  target: { kind: "tap", tap: null },
  timing: { kind: "fast" },
  loops: 1,
  from: null,
  as: null,
  timeoutMs: 5_000,
};
const WAIT: ReplayOptions = { ...FAST, timing: { kind: "wait" } };
const to = (endpoint: string, bind = false): ReplayOptions["target"] => ({ kind: "endpoint", endpoint, bind });

type Player = {
  readonly replays: Replays;
  readonly progress: ReplayProgress[];
  readonly run: (options: ReplayOptions, rows?: ExportedRows, keys?: TapKeys) => Promise<ReplaySummary>;
};

function playerOf({ engine }: EngineTap, captures = capturesOf(engine)): Player {
  const progress: ReplayProgress[] = [];
  const replays = new Replays(engine, captures, (one) => progress.push(one));
  return {
    replays,
    progress,
    run: (options, rows = { kind: "all" }, keys) =>
      replays.run({
        job: "job",
        capture: 0,
        rows,
        options,
        security: keys === undefined ? null : { ...NO_SECURITY, ...keys },
      }),
  };
}

function capturesOf(engine: Engine): Captures {
  return new Captures(engine, { onGrew: () => undefined, onFilterAdvanced: () => undefined });
}

/** Answers until the socket closes; `null` is no answer. */
async function serve(socket: PeerSocket, answer: (message: Message) => Message | null): Promise<void> {
  for (;;) {
    const [message] = await socket.receive();
    const reply = answer(message!);
    if (reply !== null) await socket.send(reply);
  }
}

function served(socket: PeerSocket, answer: (message: Message) => Message | null): void {
  serve(socket, answer).catch(() => undefined);
}

const upper = (message: Message): Message => message.map((frame) => Buffer.from(String(frame).toUpperCase()));
const counts = ({ sent, answered, same, differed, timedOut, unanswered, skipped }: ReplaySummary): number[] => [
  sent,
  answered,
  same,
  differed,
  timedOut,
  unanswered,
  skipped,
];
const replayed = (tap: EngineTap): Row[] =>
  tap.rows().filter(({ kind, origin }) => kind === "message" && origin === "replay");

/** Some questions of two clients, each answered in upper case, through a tap. */
async function recorded(
  t: TestContext,
  questions: readonly Message[] = [text("one"), text("two", "parts"), text("three"), text("four")],
): Promise<{ tap: EngineTap; server: PeerSocket }> {
  const server = await python.open("REP");
  const tap = await startEngineTap(t, await server.bind("tcp://127.0.0.1:*"));
  const clients = [await javascript.open("REQ"), await python.open("REQ")];
  for (const client of clients) await client.connect(tap.endpoint);
  for (const [index, question] of questions.entries()) {
    const client = clients[index % 2]!;
    await client.send(question);
    const [asked] = await server.receive();
    await server.send(upper(asked!));
    await client.receive();
  }
  for (const client of clients) await client.close();
  await tap.until(() => tap.rows().filter(({ exchange }) => exchange === "reply").length === questions.length);
  return { tap, server };
}

async function exported(tap: EngineTap, name: string): Promise<string> {
  const path = join(folder, name);
  const { capture } = tap.engine;
  await exportCapture({ capture, rows: everyRow(capture.firstN, capture.lastN), format: "pcapng", path });
  return path;
}

const summaryOf = ({ stdout }: Ended): ReplaySummary => JSON.parse(stdout) as ReplaySummary;

test("A session is asked again through its tap, one link per recorded one, and its replies are compared", async (t) => {
  const { tap, server } = await recorded(t);
  const { run, replays, progress } = playerOf(tap);
  served(server, (message) => (String(message[0]) === "three" ? text("other") : upper(message)));
  const summary = await run(WAIT);
  assert.deepEqual(counts(summary), [4, 4, 3, 1, 0, 0, 0]);
  assert.deepEqual([summary.ended, summary.problem], ["done", null]);
  const [difference] = summary.differences;
  assert.equal(difference!.what, "Frame 1 of its payload differs.");
  assert.equal(
    tap
      .rows()
      .find(({ n }) => n === difference!.request)!
      .preview.includes("three"),
    true,
  );
  assert.deepEqual(await replays.difference("job", 0), {
    recorded: "--- frame 0 ---\n(empty)\n--- frame 1 ---\nTHREE\n",
    replayed: "--- frame 0 ---\n(empty)\n--- frame 1 ---\nother\n",
  });
  assert.equal(progress.at(-1)!.sent, 4);
  await tap.until(() => replayed(tap).length === 8);
  assert.equal(new Set(replayed(tap).map(({ link }) => link)).size, 2);
  // What a replay has made is not replayed again.
  const again = await run({ ...WAIT, timing: { kind: "recorded", speed: 1000 }, loops: 2 });
  assert.deepEqual(counts(again), [8, 8, 6, 2, 0, 0, 8]);
  assert.equal(again.reasons[0]!.reason, "own");
});

test("A session through a tap tells of replies that do not come, and goes on with a fresh link", async (t) => {
  const { tap, server } = await recorded(t);
  const { run } = playerOf(tap);
  await server.close();
  const silent = await javascript.open("ROUTER");
  await silent.bind(tap.state().config.server);
  served(silent, ([id, delimiter, ...message]) =>
    String(message[0]) === "one" ? null : [id!, delimiter!, ...upper(message)],
  );
  const summary = await run({ ...FAST, timeoutMs: 300 });
  assert.deepEqual(counts(summary), [4, 3, 3, 0, 1, 0, 0]);
  assert.match(summary.differences[0]!.what, /No reply came within 0.3 s/);
  await silent.close();
});

test("A session from a pcapng file is compared with what a fresh server answers", async (t) => {
  const { tap } = await recorded(t);
  const file = await exported(tap, "session.pcapng");
  const fresh = await javascript.open("REP");
  const endpoint = await fresh.bind("tcp://127.0.0.1:*");
  served(fresh, upper);
  const ended = await runCli(["replay", file, "--to", endpoint, "--speed", "100", "--json"]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stderr, /^Replayed 4 messages in [\d.,]+ m?s: 4 answered \(4 as recorded\)\.\n$/);
  assert.deepEqual(counts(summaryOf(ended)), [4, 4, 4, 0, 0, 0, 0]);
  const filtered = await runCli(["replay", file, "--to", endpoint, "--fast", "--filter", "body == two", "--loop", "3"]);
  assert.match(filtered.stderr, /^Replayed 3 messages .* 3 answered \(3 as recorded\)/);
  const bad = await runCli(["replay", file, "--to", endpoint, "--filter", "size >"]);
  assert.equal(bad.code, 2);
  await fresh.close();
});

test("A server that answers differently, and one that does not answer, end a replay with exit code 3", async (t) => {
  const { tap } = await recorded(t);
  const file = await exported(tap, "different.pcapng");
  const other = await python.open("REP");
  const silent = await python.open("REP");
  t.after(async () => {
    await other.close();
    await silent.close();
  });
  const otherEndpoint = await other.bind("tcp://127.0.0.1:*");
  served(other, (message) => message);
  const differing = await runCli(["replay", file, "--to", otherEndpoint, "--wait"]);
  assert.equal(differing.code, 3);
  assert.match(differing.stderr, /4 answered \(4 different\)/);
  assert.match(differing.stderr, /request \d+, recorded reply \d+: Frame 1 of its payload differs\./);
  const silentEndpoint = await silent.bind("tcp://127.0.0.1:*");
  const waiting = await runCli(["replay", file, "--to", silentEndpoint, "--fast", "--timeout", "200", "--json"]);
  assert.equal(waiting.code, 3);
  assert.deepEqual(counts(summaryOf(waiting)), [4, 0, 0, 0, 4, 0, 0]);
});

test("A replay to where nothing listens, or another socket does, fails with a sentence", async (t) => {
  const { tap } = await recorded(t);
  const file = await exported(tap, "nowhere.pcapng");
  const nobody = createServer();
  nobody.listen(0, "127.0.0.1");
  await once(nobody, "listening");
  const { port } = nobody.address() as { port: number };
  nobody.close();
  const refused = await runCli(["replay", file, "--to", `tcp://127.0.0.1:${port}`]);
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /cannot be reached: nothing listens there/);
  const pull = await python.open("PULL");
  const wrong = await runCli(["replay", file, "--to", await pull.bind("tcp://127.0.0.1:*")]);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /cannot talk to the server's socket|socket type or security may not fit/);
  await pull.close();
});

test("DEALER requests go to a REP in order, and to a ROUTER as they are", async (t) => {
  const server = await python.open("REP");
  const tap = await startEngineTap(t, await server.bind("tcp://127.0.0.1:*"));
  const client = await javascript.open("DEALER");
  await client.connect(tap.endpoint);
  await client.send(text("", "a"), text("", "b"), text("", "c"));
  for (let index = 0; index < 3; index++) await server.send(upper((await server.receive())[0]!));
  await client.receive(3);
  await tap.until(() => tap.rows().filter(({ exchange }) => exchange === "reply").length === 3);
  const { run } = playerOf(tap);
  served(server, upper);
  assert.deepEqual(counts(await run({ ...FAST })), [3, 3, 3, 0, 0, 0, 0]);
  const router = await python.open("ROUTER");
  const endpoint = await router.bind("tcp://127.0.0.1:*");
  const running = run({ ...FAST, target: to(endpoint) });
  for (const expected of ["a", "b", "c"]) {
    const [message] = await router.receive();
    assert.deepEqual(message!.slice(1), text("", expected));
    await router.send([message![0]!, ...upper(message!.slice(1))]);
  }
  // What the first replay has made is left out.
  assert.deepEqual(counts(await running), [3, 3, 3, 0, 0, 0, 3]);
  const asReq = await javascript.open("REP");
  const reqEndpoint = await asReq.bind("tcp://127.0.0.1:*");
  served(asReq, upper);
  assert.deepEqual(counts(await run({ ...WAIT, target: to(reqEndpoint), as: "REQ" })), [3, 3, 3, 0, 0, 0, 3]);
  for (const socket of [client, server, router, asReq]) await socket.close();
});

test("Jobs of a PUSH go to the PULL behind the tap, to another one, and to those that connect to ours", async (t) => {
  const pull = await python.open("PULL");
  const tap = await startEngineTap(t, await pull.bind("tcp://127.0.0.1:*"));
  const push = await javascript.open("PUSH");
  await push.connect(tap.endpoint);
  const jobs = Array.from({ length: 50 }, (_, index) => text("job", String(index), "x".repeat(index * 40)));
  await push.send(...jobs);
  assert.deepEqual(await pull.receive(50), jobs);
  await tap.until(() => tap.rows().filter(({ kind }) => kind === "message").length === 50);
  const { run } = playerOf(tap);
  assert.deepEqual(counts(await run(FAST)), [50, 0, 0, 0, 0, 0, 0]);
  assert.deepEqual(await pull.receive(50), jobs);
  const another = await javascript.open("PULL");
  const endpoint = await another.bind("tcp://127.0.0.1:*");
  assert.deepEqual(counts(await run({ ...FAST, target: to(endpoint), loops: 2 })).slice(0, 1), [100]);
  assert.deepEqual(await another.receive(100), [...jobs, ...jobs]);
  const file = await exported(tap, "jobs.pcapng");
  const { endpoint: ours, ended } = await listeningReplay(file, "--to", "tcp://127.0.0.1:*", "--bind", "--fast");
  const connecting = await python.open("PULL");
  await connecting.connect(ours);
  assert.deepEqual(await connecting.receive(50), jobs);
  assert.equal((await ended).code, 0);
  for (const socket of [push, pull, another, connecting]) await socket.close();
});

/** Publications that two subscribers got through a tap. */
async function published(t: TestContext): Promise<{ tap: EngineTap; sockets: PeerSocket[] }> {
  const pub = await python.open("XPUB");
  const tap = await startEngineTap(t, await pub.bind("tcp://127.0.0.1:*"));
  const subs = [await javascript.open("SUB"), await python.open("SUB")];
  for (const [index, topic] of ["news", ""].entries()) {
    await subs[index]!.subscribe(topic);
    await subs[index]!.connect(tap.endpoint);
    await pub.receive();
  }
  await pub.send(text("news.sport", "1:0"), text("weather", "rain"), text("news.end", "2:0"));
  assert.equal((await subs[0]!.receive(2)).length + (await subs[1]!.receive(3)).length, 5);
  await tap.until(() => tap.rows().filter(({ kind }) => kind === "message").length === 5);
  const sockets = [pub, ...subs];
  t.after(async () => {
    for (const socket of sockets) await socket.close();
  });
  return { tap, sockets };
}

test("Publications go into the links of those that have subscribed, each once", async (t) => {
  const { tap, sockets } = await published(t);
  const { run } = playerOf(tap);
  const summary = await run(FAST);
  assert.deepEqual(counts(summary), [3, 0, 0, 0, 0, 0, 2]);
  assert.deepEqual(summary.reasons, [{ reason: "copy", count: 2, example: "" }]);
  assert.deepEqual(await sockets[1]!.receive(2), [text("news.sport", "1:0"), text("news.end", "2:0")]);
  assert.equal((await sockets[2]!.receive(3)).length, 3);
});

test("A PUB of our own publishes to those that connect and have subscribed, or connects to them", async (t) => {
  const { tap } = await published(t);
  const file = await exported(tap, "news.pcapng");
  const bind = ["--to", "tcp://127.0.0.1:*", "--bind", "--json"];
  const { endpoint: ours, ended: publishing } = await listeningReplay(file, ...bind);
  const sub = await python.open("SUB");
  await sub.subscribe("news");
  await sub.connect(ours);
  assert.deepEqual(await sub.receive(2), [text("news.sport", "1:0"), text("news.end", "2:0")]);
  const { reasons } = summaryOf(await publishing);
  assert.deepEqual(Object.fromEntries(reasons.map(({ reason, count }) => [reason, count])), {
    copy: 2,
    unsubscribed: 1,
  });
  const listening = await javascript.open("SUB");
  await listening.subscribe("weather");
  const endpoint = await listening.bind("tcp://127.0.0.1:*");
  // A socket says what it wants only while its program looks at it.
  const receiving = listening.receive();
  const ended = await runCli(["replay", file, "--to", endpoint, "--as", "PUB", "--fast"]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(await receiving, [text("weather", "rain")]);
  await sub.close();
  await listening.close();
});

for (const [mechanism, options, keys] of [
  ["CURVE", curveServer(serverPair), { serverKey: serverPair.publicKey, clientPair: ownPair }],
  ["PLAIN", { plainServer: true, zapDomain: "test" }, { plain: PLAIN_USER }],
] as const) {
  test(`A ${mechanism} server is shown the keys that are given, and refuses others`, async (t) => {
    const { tap } = await recorded(t, [text("one"), text("x".repeat(200_000)), text("three", "")]);
    const file = await exported(tap, `${mechanism}.pcapng`);
    const server = await python.open("REP", options);
    t.after(() => server.close());
    const endpoint = await server.bind("tcp://127.0.0.1:*");
    served(server, upper);
    const given = giveKeys(mechanism === "CURVE" ? keys : {});
    const password = join(folder, "password");
    writeFileSync(password, "correct horse\n");
    const args =
      mechanism === "CURVE" ? given.args : ["--plain-user", PLAIN_USER.user, "--plain-password-file", password];
    const ended = await runCli(["replay", file, "--to", endpoint, "--wait", ...args]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /3 answered \(3 as recorded\)/);
    given.remove();
    const { run } = playerOf(tap);
    assert.deepEqual(
      counts(await run({ ...FAST, target: to(endpoint) }, { kind: "all" }, keys)),
      [3, 3, 3, 0, 0, 0, 0],
    );
    const without = await runCli(["replay", file, "--to", endpoint]);
    assert.equal(without.code, 1);
    assert.match(without.stderr, mechanism === "CURVE" ? /asks for CURVE/ : /asks for a user name and password/);
  });
}

test("A selection is replayed as chosen, and a session can be cancelled in the middle", async (t) => {
  const { tap, server } = await recorded(t);
  const { run, replays } = playerOf(tap);
  served(server, upper);
  const chosen = tap.rows().filter(({ preview, exchange }) => exchange === "answered" && /two|four/.test(preview));
  const selected = await run(FAST, { kind: "selected", rows: chosen.map(({ n }) => n) });
  assert.deepEqual(counts(selected), [2, 2, 2, 0, 0, 0, 0]);
  const running = run({ ...FAST, timing: { kind: "gap", ms: 3_600_000 } });
  await tap.until(() => replayed(tap).length === 6);
  replays.cancel("job");
  const summary = await running;
  assert.deepEqual([summary.ended, summary.sent], ["cancelled", 1]);
});

test(
  "A receiver that stops reading holds a session up, and little of it is in memory",
  { timeout: 60_000 },
  async (t) => {
    const pull = await python.open("PULL");
    const tap = await startEngineTap(t, await pull.bind("tcp://127.0.0.1:*"));
    const push = await javascript.open("PUSH");
    await push.connect(tap.endpoint);
    const jobs = Array.from({ length: 200 }, (_, index) => text("job", String(index), "x".repeat(100_000)));
    await push.send(...jobs);
    await pull.receive(200);
    await tap.until(() => tap.rows().filter(({ kind }) => kind === "message").length === 200);
    let isRead = (): void => undefined;
    const deaf = createServer((socket) => {
      socket.write(Buffer.concat([encodeGreeting("NULL"), encodeReady("PULL")]));
      socket.once("data", () => socket.pause());
      isRead = () => void socket.resume();
      socket.on("error", () => undefined);
    });
    deaf.listen(0, "127.0.0.1");
    await once(deaf, "listening");
    t.after(() => deaf.close());
    const { port } = deaf.address() as { port: number };
    const { run, replays, progress } = playerOf(tap);
    const loops = 100;
    const before = process.memoryUsage().arrayBuffers;
    const running = run({ ...FAST, target: to(`tcp://127.0.0.1:${port}`), loops });
    await tap.until(() => progress.length > 0);
    // Several looks at the same number: nothing more goes out.
    let [sent, same] = [-1, 0];
    while (same < 5) {
      const seen = progress.length;
      while (progress.length === seen) await new Promise((resolve) => setImmediate(resolve));
      same = progress.at(-1)!.sent === sent ? same + 1 : 0;
      sent = progress.at(-1)!.sent;
    }
    assert.ok(sent > 0 && sent < 200 * loops, `${sent} were sent`);
    const held = process.memoryUsage().arrayBuffers - before;
    assert.ok(held < 24 * 1024 * 1024, `${held} octets are held`);
    isRead();
    while (progress.at(-1)!.sent === sent) await new Promise((resolve) => setImmediate(resolve));
    replays.cancel("job");
    assert.equal((await running).ended, "cancelled");
    await push.close();
    await pull.close();
  },
);

test("A session from an opened file goes through the tap that is chosen, and to none that is not", async (t) => {
  const { tap, server } = await recorded(t);
  const file = await exported(tap, "opened.pcapng");
  const captures = capturesOf(tap.engine);
  t.after(() => captures.stop());
  const { capture } = await captures.open(file, "file");
  const { replays } = playerOf(tap, captures);
  served(server, upper);
  const ask = { job: "job", capture, rows: { kind: "all" }, security: null } as const;
  await assert.rejects(replays.run({ ...ask, options: FAST }), { code: "no-tap" });
  const summary = await replays.run({ ...ask, options: { ...FAST, target: { kind: "tap", tap: "tap" } } });
  assert.deepEqual(counts(summary), [4, 4, 4, 0, 0, 0, 0]);
});

test("A session goes through a CURVE tap with the tap's own keys", async (t) => {
  const server = await python.open("REP", curveServer(serverPair));
  const keys: TapKeys = { serverPair, clientPair: ownPair };
  const tap = await startEngineTap(t, await server.bind("tcp://127.0.0.1:*"), keys);
  const client = await javascript.open("REQ", curveClient(serverPair.publicKey, curveKeyPair()));
  await client.connect(tap.endpoint);
  await client.send(text("question"));
  await server.send(upper((await server.receive())[0]!));
  await client.receive();
  await tap.until(() => tap.rows().some(({ exchange }) => exchange === "reply"));
  served(server, upper);
  assert.deepEqual(counts(await playerOf(tap).run({ ...WAIT, loops: 3 })), [3, 3, 3, 0, 0, 0, 0]);
  await client.close();
});

test("A folder of --dir is replayed like a file", async (t) => {
  const server = await javascript.open("REP");
  const endpoint = await server.bind("tcp://127.0.0.1:*");
  served(server, upper);
  const tap = await CliTap.start(endpoint, ["--quiet", "--dir", join(folder, "captures")]);
  t.after(() => tap.stop("SIGKILL"));
  const client = await python.open("REQ");
  await client.connect(tap.endpoint);
  await client.send(text("question"));
  await client.receive();
  await client.close();
  const { stderr } = await tap.stop();
  const [, kept] = /^keeping the capture in (.+)$/m.exec(stderr) ?? [];
  const ended = await runCli(["replay", kept!, "--to", endpoint, "--wait"]);
  assert.equal(ended.code, 0, ended.stderr);
  assert.match(ended.stderr, /1 answered \(1 as recorded\)/);
  await server.close();
});

test("A subscriber that stops reading holds up what is put into its link", { timeout: 60_000 }, async (t) => {
  const pub = await python.open("XPUB");
  const tap = await startEngineTap(t, await pub.bind("tcp://127.0.0.1:*"));
  const socket = connect(Number(tap.endpoint.split(":").at(-1)), "127.0.0.1");
  t.after(() => socket.destroy());
  const subscriber = await new ZmtpPeer(socket, "SUB").ready();
  subscriber.subscribe("");
  await pub.receive();
  await pub.send(text("news", "x".repeat(100_000)));
  await subscriber.until(1);
  await tap.until(() => tap.rows().some(({ kind }) => kind === "message"));
  socket.pause();
  const { run, replays, progress } = playerOf(tap);
  const loops = 10_000;
  const running = run({ ...FAST, loops });
  await tap.until(() => progress.length > 0);
  let [sent, same] = [-1, 0];
  while (same < 5) {
    const seen = progress.length;
    while (progress.length === seen) await new Promise((resolve) => setImmediate(resolve));
    same = progress.at(-1)!.sent === sent ? same + 1 : 0;
    sent = progress.at(-1)!.sent;
  }
  assert.ok(sent > 0 && sent < 500, `${sent} were sent`);
  socket.resume();
  while (progress.at(-1)!.sent === sent) await new Promise((resolve) => setImmediate(resolve));
  replays.cancel("job");
  assert.equal((await running).ended, "cancelled");
  await pub.close();
});
