import assert from "node:assert/strict";
import { after, test } from "node:test";
import { zmqWebBridge } from "../../src/proxy/dialects/zmqWebBridge.ts";
import type { Said } from "../../src/shared/dialects.ts";
import { messageOf, saidBy } from "../support/dialects.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { startEngineTap } from "./support/engineTap.ts";
import { askWith, bufferedCall } from "./support/seedCalls.ts";
import { SeedProgram } from "./support/seedProgram.ts";
import { tapMessages, untilMessages } from "./support/tapMessages.ts";

const javascript = new ZeromqJsPeer();
after(() => javascript.stop());

const IDENTITY = "00112233445566778899AABBCCDDEEFF";
const OTHER = "FFEEDDCCBBAA99887766554433221100";
const ANYWHERE = "tcp://127.0.0.1:*";
const told = ({ kind, value, problem }: Said): unknown[] => [kind, value, problem];
const ANSWERS = [
  ["reply", "hi", null],
  ["reply", 5, null],
  ["error", undefined, "unauthorized access"],
  ["error", undefined, "unknown error"],
  ["error", undefined, "unknown error"],
];

test("Calls of a plain client and the errors that it hides are read behind a tap", async (t) => {
  const server = new SeedProgram(t, "zmqWebBridge", ["server", ANYWHERE]);
  const tap = await startEngineTap(t, (await server.bound())[0]!);
  const client = new SeedProgram(t, "zmqWebBridge", ["client", tap.endpoint]);
  const calls = [["echo", "hi"], ["add", 2, 3], ["secret"], ["fail"], ["missing"]] as const;
  for (const call of calls) client.tell(call);
  assert.deepEqual(await client.said("returned", calls.length), ["hi", 5, null, null, null]);
  const messages = await untilMessages(tap, 2 * calls.length);
  assert.ok(messages.every(({ dialect }) => dialect === "zmq-web-bridge"));
  const of = (side: string): Said[] => messages.filter(({ row }) => row.from === side).map(({ said }) => said!);
  assert.deepEqual(
    of("client").map(({ kind, method, args, kwargs }) => [kind, method, args, kwargs]),
    calls.map(([name, ...args]) => ["call", name, args, {}]),
  );
  assert.deepEqual(of("server").map(told), ANSWERS);
});

test("What a bridge passes on for browsers is read with their identities", async (t) => {
  const server = new SeedProgram(t, "zmqWebBridge", ["server", ANYWHERE]);
  const tap = await startEngineTap(t, (await server.bound())[0]!);
  const bridge = new SeedProgram(t, "zmqWebBridge", ["bridge", tap.endpoint]);
  bridge.tell([IDENTITY, '{"funcname":"echo","args":["hi"],"kwargs":{}}']);
  bridge.tell([OTHER, '{"funcname":"echo","args":"hi","kwargs":{}}']);
  bridge.tell([IDENTITY, "no JSON"]);
  assert.deepEqual(await bridge.said("identity", 3), [IDENTITY, OTHER, IDENTITY]);
  const messages = await untilMessages(tap, 6);
  assert.deepEqual(
    messages.map(({ dialect, said }) => [dialect, said!.kind, said!.id]),
    [
      ["zmq-web-bridge", "call", IDENTITY],
      ["zmq-web-bridge", "reply", IDENTITY],
      ["zmq-web-bridge", "call", OTHER],
      ["zmq-web-bridge", "error", OTHER],
      ["raw", "event", null],
      ["zmq-web-bridge", "error", IDENTITY],
    ],
  );
  assert.deepEqual(
    messages[2]!.said!.facts.map(({ label }) => label),
    ["Arguments"],
  );
});

test("Calls to a browser and Pub/Sub RPC are read behind taps", async (t) => {
  const browser = new SeedProgram(t, "zmqWebBridge", ["browser", ANYWHERE]);
  const tap = await startEngineTap(t, (await browser.bound())[0]!);
  const client = new SeedProgram(t, "zmqWebBridge", ["client", tap.endpoint, IDENTITY]);
  client.tell(["ask", 1]);
  assert.deepEqual(await client.said("returned"), [[1]]);
  const [call, reply] = await untilMessages(tap, 2);
  assert.deepEqual([call!.said!.method, call!.said!.args], ["ask", [1]]);
  assert.deepEqual(call!.said!.facts, [{ label: "Target identity", value: IDENTITY }]);
  assert.deepEqual(told(reply!.said!), ["reply", [1], null]);

  const publisher = new SeedProgram(t, "zmqWebBridge", ["publisher", ANYWHERE]);
  const [pub] = await publisher.bound();
  const published = await startEngineTap(t, pub!);
  const subscriber = await javascript.open("SUB");
  await subscriber.subscribe("");
  await subscriber.connect(published.endpoint);
  await published.untilRow(({ event }) => event === "subscribe");
  publisher.tell(["show", "ž", 2]);
  const [frames] = await subscriber.receive();
  assert.equal(saidBy(zmqWebBridge, messageOf(frames!, "PUB", "SUB")).method, "show");
  const [message] = await untilMessages(published, 1);
  assert.deepEqual(
    [message!.dialect, message!.said!.kind, message!.said!.method, message!.said!.args],
    ["zmq-web-bridge", "signal", "show", ["ž", 2]],
  );
});

test("Browsers share a DEALER to a back end that answers in several frames, and are left waiting when it breaks", async (t) => {
  const server = new SeedProgram(t, "zmqWebBridge", ["brittle", ANYWHERE]);
  const tap = await startEngineTap(t, (await server.bound())[0]!);
  const bridge = new SeedProgram(t, "zmqWebBridge", ["bridge", tap.endpoint]);
  bridge.tell([IDENTITY, '{"funcname":"echo","args":[1],"kwargs":{}}']);
  bridge.tell([OTHER, '{"funcname":"echo","args":[2],"kwargs":{}}']);
  // What was in the middle is lost behind the bridge; the log has it.
  assert.deepEqual(await bridge.said("content", 2), ['{"returnval": [1]}', '{"returnval": [2]}']);
  const messages = await untilMessages(tap, 4);
  assert.deepEqual(
    messages.map(({ row, message, said }) => [row.link, said!.kind, said!.id, message.frames.length]),
    [IDENTITY, OTHER].flatMap((id) => [
      [1, "call", id, 3],
      [1, "reply", id, 5],
    ]),
  );
  assert.deepEqual(messages[1]!.said!.value, [1]);
  assert.deepEqual(messages[1]!.said!.facts, [{ label: "Frames before it", value: "2, which the bridge leaves out" }]);
  assert.match(messages[1]!.row.preview, /^progress \| 50 % \| /);
  bridge.tell([IDENTITY, "no JSON"]);
  assert.deepEqual(await server.said("broken"), ["no JSON"]);
  await tap.untilRow(({ event }) => event === "link-closed");
  await (await tap.engine.dialogue).settled();
  assert.equal(tapMessages(tap).at(-1)!.row.status, "lost");
  assert.equal(bridge.lines.length, 2);
});

test("A call that no browser answers is one without an answer, and leaves a hasty client stuck", async (t) => {
  const browser = new SeedProgram(t, "zmqWebBridge", ["browser", ANYWHERE]);
  const tap = await startEngineTap(t, (await browser.bound())[0]!);
  const dealer = new SeedProgram(t, "zmqWebBridge", ["dealer", tap.endpoint, IDENTITY]);
  const nobody = new SeedProgram(t, "zmqWebBridge", ["dealer", tap.endpoint, "0".repeat(32)]);
  dealer.tell(["ask", "ž"]);
  assert.deepEqual(await dealer.said("returned"), [["ž"]]);
  nobody.tell(["ask", 2]);
  await browser.said("browser", 2);
  const messages = await untilMessages(tap, 3);
  await (await tap.engine.dialogue).settled();
  assert.deepEqual(
    messages.map(({ said, row }) => [said!.kind, said!.method, said!.args ?? said!.value, row.sockets.client]),
    [
      ["call", "ask", ["ž"], "DEALER"],
      ["reply", "", ["ž"], "DEALER"],
      ["call", "ask", [2], "DEALER"],
    ],
  );
  assert.deepEqual(messages[2]!.said!.facts, [{ label: "Target identity", value: "0".repeat(32) }]);

  const silent = await javascript.open("ROUTER");
  const before = await startEngineTap(t, await silent.bind(ANYWHERE));
  const hasty = new SeedProgram(t, "zmqWebBridge", ["hasty", before.endpoint, "100"]);
  hasty.tell(["echo", 1]);
  hasty.tell(["echo", 2]);
  assert.deepEqual(await hasty.said("returned"), [null]);
  await hasty.said("stuck");
  await untilMessages(before, 1);
  await (await before.engine.dialogue).settled();
  assert.deepEqual(
    tapMessages(before).map(({ row }) => [row.method, row.status]),
    [["echo", "pending"]],
  );
  await silent.close();
});

test("A publication of several frames is one row, though browsers behind the bridge get one message for each", async (t) => {
  const publisher = new SeedProgram(t, "zmqWebBridge", ["publisher", ANYWHERE]);
  const tap = await startEngineTap(t, (await publisher.bound())[0]!);
  const forwarder = new SeedProgram(t, "zmqWebBridge", ["forwarder", tap.endpoint]);
  await tap.untilRow(({ event }) => event === "subscribe");
  publisher.tell(["frames", "prices", '{"a": 1}']);
  publisher.tell(["show", 1]);
  assert.deepEqual(await forwarder.said("content", 3), ["prices", '{"a": 1}', '{"funcname": "show", "args": [1]}']);
  assert.deepEqual(
    (await untilMessages(tap, 2)).map(({ row, said }) => [row.frames, row.topic, said?.method]),
    [
      [2, "prices", ""],
      [1, '{"funcname": "show", "args": [1]}', "show"],
    ],
  );
});

test("Calls that the dialect writes are answered by a server and by a browser", async (t) => {
  const server = new SeedProgram(t, "zmqWebBridge", ["server", ANYWHERE]);
  const [endpoint] = await server.bound();
  const replies = await askWith(javascript, zmqWebBridge, endpoint!, [
    { method: "echo", args: ["hi"] },
    { method: "add", args: [2], kwargs: { b: 3 } },
    { method: "secret" },
    { method: "fail" },
    { method: "missing" },
  ]);
  assert.deepEqual(replies.map(told), ANSWERS);

  const browser = new SeedProgram(t, "zmqWebBridge", ["browser", ANYWHERE]);
  const socket = await javascript.open("REQ");
  await socket.connect((await browser.bound())[0]!);
  await socket.send(bufferedCall(zmqWebBridge, { method: "ask", args: [1], fields: { target: IDENTITY } }));
  const [frames] = await socket.receive();
  assert.deepEqual(saidBy(zmqWebBridge, messageOf(frames!, "ROUTER", "REQ")).value, [1]);
  assert.deepEqual(await browser.said("browser"), [IDENTITY]);
});
