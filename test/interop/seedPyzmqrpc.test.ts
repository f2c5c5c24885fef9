import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { pyzmqrpc } from "../../src/proxy/dialects/pyzmqrpc.ts";
import { pyzmqrpc3 } from "../../src/proxy/dialects/pyzmqrpc3.ts";
import type { Said } from "../../src/shared/dialects.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import type { PeerOptions } from "./peers/peer.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { startEngineTap } from "./support/engineTap.ts";
import { askWith } from "./support/seedCalls.ts";
import { SeedProgram } from "./support/seedProgram.ts";
import { tapMessages, untilMessages } from "./support/tapMessages.ts";

const javascript = new ZeromqJsPeer();
after(() => javascript.stop());

const USER = "arm";
const PASSWORD = "a password of pyzmqrpc3";
const CREDENTIALS = { ZMQ_USER: USER, ZMQ_PASSWORD: PASSWORD };
const PLAIN: PeerOptions = { plainUser: USER, plainPassword: PASSWORD };

/** A server and its client with a tap between them. */
async function tapped(t: TestContext, name: string, environment: NodeJS.ProcessEnv = {}) {
  const server = new SeedProgram(t, name, ["server", "tcp://127.0.0.1:*"], environment);
  const [endpoint] = await server.bound();
  const tap = await startEngineTap(t, endpoint!);
  const client = new SeedProgram(t, name, ["client", tap.endpoint], environment);
  return { server, tap, client, endpoint: endpoint! };
}

const COMMANDS: readonly (readonly [string, object])[] = [
  ["MoveArm", { axis: "x", mm: 12 }],
  [
    "Sequence",
    { steps: [{ _icmd_: ["MoveArm", { axis: "ž", mm: 1 }] }, { _icmd_: ["MoveArm", { axis: "y", mm: 2 }] }] },
  ],
  ["MoveArm", { axis: "x", mm: -1 }],
  ["Unknown", {}],
  ["Unserved", {}],
];
const REPLIES = [
  ["reply", null, "x:12"],
  ["reply", null, ["ž:1", "y:2"]],
  ["error", "463", undefined],
  ["error", "400", undefined],
  ["error", "451", undefined],
];
const told = ({ kind, code, value }: Said): unknown[] => [kind, code, value];

test("Commands of two pyzmqrpc3 programs with a password, and every status reply, are read behind a tap", async (t) => {
  const { client, tap } = await tapped(t, "pyzmqrpc3", CREDENTIALS);
  for (const command of COMMANDS) client.tell(["call", ...command, 5000]);
  client.tell(["text", "test", 5000]);
  const replies = await client.said("reply", COMMANDS.length + 1);
  const messages = await untilMessages(tap, 2 * (COMMANDS.length + 1));
  const calls = messages.filter(({ row }) => row.from === "client");
  assert.deepEqual(
    calls.slice(0, -1).map(({ said }) => [said?.kind, said?.method, said?.kwargs]),
    COMMANDS.map(([name, state]) => ["call", name, state]),
  );
  // Any other text is not of the dialect, but its reply is.
  assert.equal(calls.at(-1)!.dialect, "raw");
  const answers = messages.filter(({ row }) => row.from === "server");
  assert.ok(answers.every(({ dialect }) => dialect === "pyzmqrpc3"));
  assert.deepEqual(
    answers.slice(0, -1).map(({ said }) => told(said!)),
    REPLIES,
  );
  assert.deepEqual(
    answers.map(({ said }) => said!.problem),
    replies.map((reply) => {
      const { status_code: code, status_message: message } = reply as { status_code: number; status_message: string };
      return code === 200 ? null : message.trim();
    }),
  );
});

test("A heartbeat over REQ is read as one, and leaves the REP of a pyzmqrpc3 server stuck", async (t) => {
  const { server, client, tap } = await tapped(t, "pyzmqrpc3");
  client.tell(["text", "zmq_sub_heartbeat", 300]);
  client.tell(["call", "MoveArm", { axis: "x", mm: 1 }, 500]);
  const [first, second] = await client.saidLines("timed_out", 2);
  assert.deepEqual([first!["sent"], second!["timed_out"]], ["zmq_sub_heartbeat", true]);
  assert.deepEqual(await server.said("stuck"), [true]);
  await untilMessages(tap, 2);
  assert.deepEqual(
    tapMessages(tap).map(({ said }) => said?.kind),
    ["heartbeat", "call"],
  );
});

test("Commands that the dialect writes are carried out by a pyzmqrpc3 server with a password", async (t) => {
  const { server, endpoint } = await tapped(t, "pyzmqrpc3", CREDENTIALS);
  const calls = COMMANDS.map(([method, kwargs]) => ({ method, kwargs: { ...kwargs } }));
  const replies = await askWith(javascript, pyzmqrpc3, endpoint, [...calls, { method: "ShutdownServer" }], PLAIN);
  assert.deepEqual(replies.map(told), [...REPLIES, ["reply", null, undefined]]);
  assert.match(replies[2]!.problem!, /boom$/);
  assert.deepEqual(await server.said("done", 3), ["MoveArm", "Sequence", "ShutdownServer"]);
});

test("Commands that are published reach a server with two subscriptions through taps, and a silent one is made anew", async (t) => {
  const publishers = [0, 1].map(() => new SeedProgram(t, "pyzmqrpc3", ["publisher", "tcp://127.0.0.1:*"]));
  const tapped = tappedEngine(t);
  const endpoints: string[] = [];
  for (const [n, publisher] of publishers.entries()) {
    endpoints.push(await tapped.attach((await publisher.bound())[0]!, `publisher ${n}`));
  }
  const subscriber = new SeedProgram(t, "pyzmqrpc3", ["subscriber", ...endpoints], { SILENCE_MS: "600" });
  const subscriptions = (tap: string): number =>
    tapped.rows().filter((row) => row.event === "subscribe" && row.tap === tap).length;
  await tapped.until(() => subscriptions("publisher 0") > 0 && subscriptions("publisher 1") > 0);
  const [first, second] = publishers as [SeedProgram, SeedProgram];
  first.tell(["call", "MoveArm", { axis: "ž", mm: 3 }]);
  first.tell(["call", "Unserved", {}]);
  first.tell(["text", "zmq_sub_heartbeat"]);
  const results = (await subscriber.said("result", 3)) as ({ status_code: number } | null)[];
  assert.deepEqual(
    results.map((result) => result?.status_code),
    [200, 451, undefined],
  );
  // Nothing has come from the other one, so its SUB is made anew, over a link of its own.
  await subscriber.saidLines("recreated");
  await tapped.until(() => subscriptions("publisher 1") > 1);
  second.tell(["call", "Sequence", { steps: [] }]);
  second.tell(["call", "ShutdownServer", {}]);
  await subscriber.said("result", 5);
  assert.equal(await subscriber.ended(), 0);
  const published = await untilMessages(tapped, 5);
  assert.deepEqual(
    published.map(({ row, said }) => [row.tap, said!.kind, said!.method]),
    [
      ["publisher 0", "signal", "MoveArm"],
      ["publisher 0", "signal", "Unserved"],
      ["publisher 0", "heartbeat", ""],
      ["publisher 1", "signal", "Sequence"],
      ["publisher 1", "signal", "ShutdownServer"],
    ],
  );
  await (await tapped.engine.dialogue).settled();
  assert.equal(tapped.engine.stats().heartbeats, 1);
});

test("A client of two servers asks both through taps, fails where one is silent, and takes a fresh link to that one", async (t) => {
  const server = new SeedProgram(t, "pyzmqrpc3", ["server", "tcp://127.0.0.1:*"]);
  const late = `tcp://127.0.0.1:${await freePort()}`;
  const tapped = tappedEngine(t);
  const endpoints = [await tapped.attach((await server.bound())[0]!, "up"), `tcp://127.0.0.1:${await freePort()}`];
  await tapped.engine.startTap({ id: "late", name: "late", server: late, listen: endpoints[1]! });
  const client = new SeedProgram(t, "pyzmqrpc3", ["client", ...endpoints]);
  client.tell(["call", "MoveArm", { axis: "x", mm: 1 }, 300]);
  await client.said("timed_out");
  assert.deepEqual(await server.said("done"), ["MoveArm"]);
  // What the client has given up on is still queued, and is carried out when the server comes.
  const second = new SeedProgram(t, "pyzmqrpc3", ["server", late]);
  assert.deepEqual(await second.said("done"), ["MoveArm"]);
  client.tell(["call", "MoveArm", { axis: "x", mm: 2 }, 20_000]);
  const [both] = (await client.said("reply")) as [{ response_message: string }[]];
  assert.deepEqual(
    both.map(({ response_message: value }) => value),
    ["x:2", "x:2"],
  );
  client.tell(["call", "MoveArm", { axis: "x", mm: -1 }, 20_000]);
  client.tell(["call", "ShutdownServer", {}, 20_000]);
  await client.said("reply", 3);
  assert.deepEqual([await server.ended(), await second.ended()], [0, 0]);
  await tapped.until(() => tapped.state("up").links.length === 0 && tapped.state("late").links.length === 0);
  const links = (tap: string): number =>
    tapped.rows().filter((row) => row.event === "link-opened" && row.tap === tap).length;
  // An error makes a client take a fresh socket as a timeout does.
  assert.deepEqual([links("up"), links("late")], [2, 3]);
  assert.deepEqual(
    (await untilMessages(tapped, 8, "late")).filter(({ row }) => row.from === "server").map(({ said }) => told(said!)),
    [
      ["reply", null, "x:1"],
      ["reply", null, "x:2"],
      ["error", "463", undefined],
      ["reply", null, undefined],
    ],
  );
});

test("Functions of two pyzmqrpc programs, and every status reply, are read behind a tap", async (t) => {
  const { client, tap } = await tapped(t, "pyzmqrpc");
  const requests = [
    { function: "join", parameters: { first: "a", second: "ž" } },
    { function: "nothing" },
    { function: "fail", parameters: {} },
    { function: "unknown", parameters: {} },
    { parameters: {} },
  ];
  for (const request of requests) client.tell(request);
  await client.said("reply", requests.length);
  const messages = await untilMessages(tap, 2 * requests.length);
  const of = (side: string) => messages.filter(({ row }) => row.from === side);
  assert.deepEqual(
    of("client").map(({ dialect, said }) => [dialect, said?.method, said?.kwargs]),
    [
      ["pyzmqrpc", "join", { first: "a", second: "ž" }],
      ["pyzmqrpc", "nothing", {}],
      ["pyzmqrpc", "fail", {}],
      ["pyzmqrpc", "unknown", {}],
      ["raw", "", null],
    ],
  );
  assert.deepEqual(
    of("server").map(({ said }) => [said!.kind, said!.code, said!.value]),
    [
      ["reply", null, "a:ž"],
      ["reply", null, undefined],
      ["error", "463", undefined],
      ["error", "451", undefined],
      ["error", "450", undefined],
    ],
  );
  assert.equal(of("server").at(-1)!.dialect, "pyzmqrpc");
});

test("A pyzmqrpc client takes turns between the servers behind two taps", async (t) => {
  const tapped = tappedEngine(t);
  const endpoints: string[] = [];
  for (const name of ["one", "two"]) {
    const server = new SeedProgram(t, "pyzmqrpc", ["server", "tcp://127.0.0.1:*"]);
    endpoints.push(await tapped.attach((await server.bound())[0]!, name));
  }
  const client = new SeedProgram(t, "pyzmqrpc", ["client", ...endpoints]);
  await tapped.until(() => tapped.rows().filter(({ event }) => event === "handshake").length === 2);
  for (const first of ["a", "b", "c", "d"]) client.tell({ function: "join", parameters: { first } });
  await client.said("reply", 4);
  const asked = (await untilMessages(tapped, 8)).filter(({ row }) => row.from === "client");
  const [one, two] = ["one", "two"].map((name) =>
    asked.filter(({ row }) => row.tap === name).map(({ said }) => said!.kwargs!["first"]),
  );
  assert.deepEqual([one, two].sort(), [
    ["a", "c"],
    ["b", "d"],
  ]);
});

test("Calls that the dialect writes are answered by a pyzmqrpc server", async (t) => {
  const { endpoint } = await tapped(t, "pyzmqrpc");
  const replies = await askWith(javascript, pyzmqrpc, endpoint, [
    { method: "join", kwargs: { first: "a" } },
    { method: "fail" },
    { method: "join", kwargs: { third: 1 } },
  ]);
  assert.deepEqual(replies.map(told), [
    ["reply", null, "a:-"],
    ["error", "463", undefined],
    ["error", "463", undefined],
  ]);
});
