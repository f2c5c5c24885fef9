import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import type { Row } from "../../src/shared/model.ts";
import { text } from "./peers/peer.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { type EngineTap, startEngineTap } from "./support/engineTap.ts";
import { SeedProgram } from "./support/seedProgram.ts";

const javascript = new ZeromqJsPeer();
after(() => javascript.stop());

const ANYWHERE = "tcp://127.0.0.1:*";
const CREDENTIALS = { ZMQ_USER: "arm", ZMQ_PASSWORD: "a password of pyzmqrpc3" };

async function tapped(t: TestContext, ofServer: NodeJS.ProcessEnv = {}, ofClient: NodeJS.ProcessEnv = {}) {
  const server = new SeedProgram(t, "pyzmqrpc3", ["server", ANYWHERE], ofServer);
  const tap = await startEngineTap(t, (await server.bound())[0]!);
  const client = new SeedProgram(t, "pyzmqrpc3", ["client", tap.endpoint], ofClient);
  return { server, tap, client };
}

/** Requests that the tap has seen, judged, once there are so many. */
async function asked(tap: EngineTap, count: number): Promise<Row[]> {
  const requests = (): Row[] => tap.rows().filter(({ kind, from }) => kind === "message" && from === "client");
  await tap.until(() => requests().length >= count);
  await (await tap.engine.dialogue).settled();
  return requests();
}

test("What a pyzmqrpc3 server cannot take is an error in the log, and a result that it cannot write leaves the caller waiting", async (t) => {
  const { server, tap, client } = await tapped(t);
  client.tell(["call", "Picky", {}, 20_000]);
  client.tell(["json", { no: "command" }, 20_000]);
  client.tell(["json", ["no command"], 20_000]);
  // Of two frames the first one is carried out too, and nobody hears of it.
  client.tell([
    "octets",
    [Buffer.from("zmq_sub_heartbeats").toString("hex"), Buffer.from("test").toString("hex")],
    20_000,
  ]);
  const replies = (await client.said("reply", 4)) as { status_code: number; status_message: string }[];
  assert.deepEqual(
    replies.map(({ status_code: code }) => code),
    [400, 451, 451, 400],
  );
  assert.match(replies[0]!.status_message, /^Incorrectly marshalled command/);
  assert.equal((await server.said("unsent")).length, 1);
  client.tell(["call", "Unwritable", {}, 100]);
  await client.said("timed_out");
  const requests = await asked(tap, 5);
  assert.deepEqual(
    requests.map(({ status, frames }) => [status, frames]),
    [
      ["error", 2],
      ["error", 2],
      ["error", 2],
      ["error", 3],
      ["pending", 2],
    ],
  );
  assert.match(requests[2]!.problem, /No service is registered for list/);
  assert.deepEqual(await server.said("stuck"), [true]);
});

test("Octets that are no UTF-8 end a pyzmqrpc3 server, and their request is lost in the log", async (t) => {
  const { server, tap, client } = await tapped(t);
  client.tell(["octets", ["ff00fe"], 200]);
  assert.equal(await server.ended(), 0);
  await client.said("timed_out");
  await tap.untilRow(({ event }) => event === "link-closed");
  const [request] = await asked(tap, 1);
  assert.deepEqual([request!.status, request!.preview], ["lost", "0xff00fe"]);
});

test("A pyzmqrpc3 client without the server's password times out, and the tap says why", async (t) => {
  const wrong = { ...CREDENTIALS, ZMQ_PASSWORD: "another" };
  for (const [ofClient, id] of [
    [wrong, /^plain-refused$/],
    [{}, /^(mechanisms-differ|closed-after-greetings)$/],
  ] as const) {
    const { tap, client } = await tapped(t, CREDENTIALS, ofClient);
    client.tell(["call", "MoveArm", { axis: "x", mm: 1 }, 300]);
    await client.said("timed_out");
    const [handshake] = await tap.untilEvents("handshake");
    assert.match(handshake!.verdict!.id, id);
    assert.deepEqual(
      tap.rows().filter(({ kind }) => kind === "message"),
      [],
    );
  }
});

test("A publisher with a password never meets a receiver without one, and the tap says why", async (t) => {
  const publisher = new SeedProgram(t, "pyzmqrpc3", ["publisher", ANYWHERE], CREDENTIALS);
  const tap = await startEngineTap(t, (await publisher.bound())[0]!);
  const subscriber = new SeedProgram(t, "pyzmqrpc3", ["subscriber", tap.endpoint]);
  const [handshake] = await tap.untilEvents("handshake");
  assert.match(handshake!.verdict!.id, /^(mechanisms-differ|closed-after-greetings)$/);
  publisher.tell(["call", "MoveArm", { axis: "x", mm: 1 }]);
  await publisher.said("published");
  // Whether libzmq tries again is chance; the link that it tried is gone, and none of its messages was ever on it.
  await tap.untilEvents("link-closed");
  assert.ok(tap.rows().every(({ kind }) => kind === "event"));
  assert.deepEqual(subscriber.lines, []);
});

test("Replies that are none of pyzmqrpc3's are shown as they are, and those without a value as such", async (t) => {
  const rep = await javascript.open("REP");
  const tap = await startEngineTap(t, await rep.bind(ANYWHERE));
  const client = new SeedProgram(t, "pyzmqrpc3", ["client", tap.endpoint]);
  const replies = ['{"status_code": 200, "status_message": "OK"}', "[1]", "no JSON", '{"no": "code"}'];
  for (const reply of replies) {
    client.tell(["call", "MoveArm", { axis: "x", mm: 1 }, 20_000]);
    await rep.receive();
    await rep.send(text(reply));
  }
  await client.said("reply", replies.length);
  const requests = await asked(tap, replies.length);
  const answers = tap.rows().filter(({ kind, from }) => kind === "message" && from === "server");
  assert.deepEqual(
    requests.map(({ method, status }) => [method, status]),
    replies.map(() => ["MoveArm", "ok"]),
  );
  assert.deepEqual(
    answers.map(({ saidKind, preview }) => [saidKind, preview]),
    replies.map((reply, at) => [at === 0 ? "reply" : null, reply]),
  );
  await rep.close();
});
