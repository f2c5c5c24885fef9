import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { pyzmqrpc } from "../../src/proxy/dialects/pyzmqrpc.ts";
import { pyzmqrpc3 } from "../../src/proxy/dialects/pyzmqrpc3.ts";
import type { Said } from "../../src/shared/dialects.ts";
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
