import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { voisietequi } from "../../src/proxy/dialects/voisietequi.ts";
import type { Said } from "../../src/shared/dialects.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { type EngineTap, startEngineTap } from "./support/engineTap.ts";
import { bufferedCall } from "./support/seedCalls.ts";
import { SeedProgram } from "./support/seedProgram.ts";
import { untilMessages } from "./support/tapMessages.ts";

const javascript = new ZeromqJsPeer();
after(() => javascript.stop());

const ANYWHERE = "tcp://127.0.0.1:*";
const COMMAND = { cmd: "configure", response_channel: "tcp://localhost:5557" };
const program = (t: TestContext, ...args: string[]): SeedProgram => new SeedProgram(t, "voisietequi", args);

/** A program that binds, with a tap in front of each of its endpoints. */
async function behindTaps(t: TestContext, mode: string, count: number) {
  const peer = program(t, mode, ...Array.from({ length: count }, () => ANYWHERE));
  const endpoints = await peer.bound(count);
  const taps: EngineTap[] = [];
  for (const endpoint of endpoints) taps.push(await startEngineTap(t, endpoint));
  return { peer, taps, endpoints };
}

/** Resolves when a subscription has gone to the publisher behind the tap. */
const subscribed = (tap: EngineTap) => tap.untilRow(({ event }) => event === "subscribe");

async function said(tap: EngineTap, count: number): Promise<Said[]> {
  const messages = await untilMessages(tap, count);
  assert.deepEqual([...new Set(messages.map(({ dialect }) => dialect))], ["voisietequi"]);
  return messages.map((message) => message.said!);
}

test("Topic and number of one frame are read behind a tap", async (t) => {
  const { peer, taps } = await behindTaps(t, "weather", 1);
  const listener = program(t, "listener", taps[0]!.endpoint);
  await subscribed(taps[0]!);
  for (const reading of [
    [10001, -12],
    [10002, 5],
    [10001, 130],
  ])
    peer.tell(reading);
  assert.deepEqual(await listener.said("received", 2), [
    ["10001", -12],
    ["10001", 130],
  ]);
  assert.deepEqual(
    (await said(taps[0]!, 2)).map(({ kind, method, args }) => [kind, method, args]),
    [
      ["event", "10001", [-12]],
      ["event", "10001", [130]],
    ],
  );
});

test("Commander, computer and saver of the prototype, and a mail form, are read behind taps", async (t) => {
  const commander = await behindTaps(t, "commander", 2);
  const saver = await behindTaps(t, "saver", 1);
  const [commands, answers] = commander.taps;
  const computer = program(t, "computer", commands!.endpoint, answers!.endpoint, saver.taps[0]!.endpoint);
  await subscribed(commands!);
  commander.peer.tell(COMMAND);
  assert.deepEqual(await commander.peer.said("answer"), [{ unit: 4711, status: "configured" }]);
  assert.deepEqual(await computer.said("received"), [COMMAND]);
  const result = { unit: 4711, counter: 1, x: 0.31, y: -1.2 };
  assert.deepEqual(await saver.peer.said("received"), [result]);

  const [command] = await said(commands!, 1);
  assert.deepEqual(
    [command!.kind, command!.method, command!.kwargs],
    ["signal", "configure", { response_channel: COMMAND.response_channel }],
  );
  assert.deepEqual(command!.facts, [{ label: "Topic", value: "politiche2013" }]);
  assert.equal((await said(answers!, 1))[0]!.method, "configured");
  const mailer = program(t, "mailer", saver.taps[0]!.endpoint);
  const form = { email: "a@b.tld", ip: "10.0.0.9", user_agent: "Mozilla/5.0 (test)", service_uri: "http://a.tld/" };
  mailer.tell(form);
  await saver.peer.said("received", 2);
  assert.deepEqual(
    (await said(saver.taps[0]!, 2)).map(({ value, facts }) => [facts[0]!.value, value]),
    [
      ["result", result],
      ["mail form", form],
    ],
  );
});

test("Calls by name of the system in production are read behind taps, a computer that failed as an error", async (t) => {
  const { peer, taps } = await behindTaps(t, "server", 2);
  const [commands, replies] = taps;
  const unit = program(t, "unit", commands!.endpoint, replies!.endpoint);
  await subscribed(commands!);
  const sound = ["configure", ["roma2016"], { PD: { "1": 2, "2": -1 }, PDL: { "1": -1, "2": -2 } }];
  const unsound = ["configure", ["roma2016"], { PD: { "1": 2 }, PDL: { "2": -2 } }];
  peer.tell(sound);
  peer.tell(unsound);
  const called = await peer.saidLines("called", 3);
  await unit.said("called", 2);
  assert.deepEqual(
    (await said(commands!, 2)).map(({ method, args, kwargs }) => [method, args, kwargs]),
    [sound, unsound],
  );
  const answers = await said(replies!, 3);
  assert.deepEqual(
    answers.map(({ method, args, kwargs }) => ({ called: method, args, kwargs })),
    called,
  );
  assert.deepEqual(
    answers.map(({ kind, problem }) => [kind, problem]),
    [
      ["signal", null],
      ["signal", null],
      ["error", "The computer is not configured."],
    ],
  );
});

test("Messages that the dialect writes are carried out by a computer, a unit and a server", async (t) => {
  const server = program(t, "server", ANYWHERE, ANYWHERE);
  const [, replies] = await server.bound(2);
  const push = await javascript.open("PUSH");
  await push.connect(replies!);
  const saved = { method: "save_results", args: ["roma2016"], kwargs: { code: "ff", results: [["PD", "0.1", "0.2"]] } };
  await push.send(bufferedCall(voisietequi, saved), bufferedCall(voisietequi, { method: "_secret" }));
  const [line] = await server.saidLines("called");
  assert.deepEqual(line, { called: saved.method, args: saved.args, kwargs: saved.kwargs });
  assert.deepEqual(await server.said("refused"), ["_secret"]);

  const publisher = await javascript.open("XPUB");
  const commands = await publisher.bind(ANYWHERE);
  const saver = program(t, "saver", ANYWHERE);
  const [results] = await saver.bound();
  const computer = program(t, "computer", commands, results!, results!);
  const listener = program(t, "listener", commands);
  assert.equal((await publisher.receive(2)).length, 2);
  await publisher.send(
    bufferedCall(voisietequi, {
      method: "configure",
      kwargs: { response_channel: COMMAND.response_channel },
      fields: { form: "command", topic: "politiche2013" },
    }),
    bufferedCall(voisietequi, { method: "10001", args: [-7], fields: { form: "number" } }),
  );
  assert.deepEqual(await computer.said("received"), [COMMAND]);
  assert.deepEqual(await listener.said("received"), [["10001", -7]]);
  assert.equal((await saver.said("received", 2)).length, 2);
});
