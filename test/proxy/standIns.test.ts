import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Dealer, Publisher, Push, Reply, Request } from "zeromq";
import type { StandIn } from "../../src/shared/standIn.ts";
import { OWN_SERVER } from "../../src/shared/standIn.ts";
import { tappedEngine } from "../support/tappedEngine.ts";

const answers = (from: (StandIn & { kind: "answers" })["from"], change: object = {}): StandIn => ({
  kind: "answers",
  socket: "REP",
  from,
  dialect: null,
  delayMs: 0,
  ...change,
});
const listener = (change: object): StandIn => ({
  kind: "signals",
  socket: "PULL",
  topics: [],
  connects: false,
  ...change,
});

const config = (standIn: StandIn, change: object = {}) => ({
  id: "own",
  name: "own",
  server: OWN_SERVER,
  listen: "tcp://127.0.0.1:*",
  standIn,
  ...change,
});

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "zmq-tap-stand-in-"));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

async function repliesFile(t: TestContext, replies: object): Promise<string> {
  const path = join(await folder(t), "replies.json");
  await writeFile(path, JSON.stringify(replies));
  return path;
}

function requester(t: TestContext, endpoint: string): (...frames: string[]) => Promise<string[]> {
  const socket = new Request({ linger: 0, receiveTimeout: 10_000 });
  t.after(() => socket.close());
  socket.connect(endpoint);
  return async (...frames) => {
    await socket.send(frames);
    return (await socket.receive()).map(String);
  };
}

test("A stand-in answers as the recorded server did, the same call in turn, and logs it through its tap", async (t) => {
  const { engine, attach, rows, until, state } = tappedEngine(t);
  const server = new Reply();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  const ask = requester(t, await attach(server.lastEndpoint!));
  const record = async (question: string, answer: string): Promise<void> => {
    const answered = ask(question);
    await server.receive();
    await server.send(answer);
    await answered;
  };
  await record("a", "1");
  await record("b", "2");
  await record("a", "3");
  await until(() => rows().filter(({ exchange }) => exchange === "reply").length === 3);

  const { listening } = await engine.startTap(config(answers({ kind: "live", tap: "tap" })));
  const again = requester(t, listening);
  const got: string[][] = [];
  for (const question of ["a", "a", "b", "a", "c"]) got.push(await again(question));
  assert.deepEqual(got, [["1"], ["3"], ["2"], ["1"], ["No reply is known for c."]]);
  const { standIn } = state("own");
  assert.deepEqual(standIn, {
    answered: 4,
    byDefault: 0,
    unanswered: 1,
    signals: 0,
    last: "c",
    problem: null,
    known: 3,
    leftOut: 0,
  });
  await until(() => rows().filter(({ tap, exchange }) => tap === "own" && exchange === "reply").length === 5);
});

test("A stand-in answers from fixed replies by the first frame, lists in turn, and any other method by default", async (t) => {
  const { engine, state } = tappedEngine(t);
  const path = await repliesFile(t, { add: { value: 4 }, next: { values: ["one", "two"] }, "*": { error: "no such" } });
  const { listening } = await engine.startTap(config(answers({ kind: "replies", path })));
  const ask = requester(t, listening);
  const got: string[][] = [];
  for (const question of ["add", "next", "next", "next", "else"]) got.push(await ask(question, "x"));
  assert.deepEqual(got, [["4"], ["one"], ["two"], ["one"], ["no such"]]);
  assert.equal(state("own").standIn?.byDefault, 1);
});

test("A ROUTER stand-in answers DEALERs with and without a delimiter, after its delay, in order", async (t) => {
  const { engine } = tappedEngine(t);
  const path = await repliesFile(t, { a: { value: "A" }, b: { value: "B" } });
  const standIn = answers({ kind: "replies", path }, { socket: "ROUTER", delayMs: 30 });
  const { listening } = await engine.startTap(config(standIn));
  const dealer = new Dealer({ linger: 0, receiveTimeout: 10_000 });
  t.after(() => dealer.close());
  dealer.connect(listening);
  const sentMs = performance.now();
  await dealer.send(["", "a"]);
  await dealer.send(["b"]);
  assert.deepEqual((await dealer.receive()).map(String), ["", "A"]);
  assert.ok(performance.now() - sentMs >= 29);
  assert.deepEqual((await dealer.receive()).map(String), ["B"]);
});

test("A stand-in ends with its tap, and the tap starts it anew", async (t) => {
  const { engine } = tappedEngine(t);
  const path = await repliesFile(t, { a: { value: "A" } });
  const wanted = config(answers({ kind: "replies", path }));
  const first = await engine.startTap(wanted);
  assert.notEqual(first.config.server, OWN_SERVER);
  assert.throws(() => engine.retargetTap("own", "tcp://127.0.0.1:5"), { code: "stand-in-has-no-server" });
  await engine.stopTap("own");
  const second = await engine.startTap({ ...wanted, listen: first.listening });
  assert.equal(second.listening, first.listening);
  assert.deepEqual(await requester(t, second.listening)("a"), ["A"]);
});

for (const socket of ["PULL", "REP", "SUB"] as const) {
  test(`A ${socket} that listens for signals counts them and tells the last`, async (t) => {
    const { engine, until, state } = tappedEngine(t);
    const { listening } = await engine.startTap(config(listener({ socket })));
    if (socket === "REP") assert.deepEqual(await requester(t, listening)("ready"), ["OK"]);
    else {
      const sender = socket === "SUB" ? new Publisher({ linger: 0 }) : new Push({ linger: 0 });
      t.after(() => sender.close());
      sender.connect(listening);
      if (socket === "SUB") await until(() => (state("own").links[0]?.subscriptionCount ?? 0) > 0);
      await sender.send("ready");
    }
    const { standIn } = await until(() => (state("own").standIn?.signals === 1 ? state("own") : undefined));
    assert.equal(standIn?.last, "ready");
  });
}

test("A SUB that connects listens to a publisher that binds, to what it subscribes to only", async (t) => {
  const { engine, until, state } = tappedEngine(t);
  const publisher = new Publisher({ linger: 0 });
  t.after(() => publisher.close());
  await publisher.bind("tcp://127.0.0.1:*");
  const standIn = listener({ socket: "SUB", connects: true, topics: ["b"] });
  await engine.startTap(config(standIn, { server: publisher.lastEndpoint }));
  await until(() => (state("own").links[0]?.subscriptionCount ?? 0) > 0);
  await publisher.send("a");
  await publisher.send("b");
  await until(() => state("own").standIn?.signals === 1);
  assert.equal(state("own").standIn?.last, "b");
});

test("A stand-in says why there is nothing to answer from", async (t) => {
  const { engine } = tappedEngine(t);
  const path = join(await folder(t), "broken.json");
  const start = (from: (StandIn & { kind: "answers" })["from"]) => engine.startTap(config(answers(from)));
  await assert.rejects(start({ kind: "replies", path }), { code: "cannot-read-replies", message: /broken[.]json/ });
  await writeFile(path, "[1]");
  await assert.rejects(start({ kind: "replies", path }), { code: "bad-replies", message: /no JSON object/ });
  await assert.rejects(start({ kind: "live", tap: null }), { code: "nothing-to-answer" });
  await assert.rejects(start({ kind: "capture", path }), { code: "no-capture" });
});
