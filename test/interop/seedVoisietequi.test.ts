import assert from "node:assert/strict";
import { after, test, type TestContext } from "node:test";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { voisietequi } from "../../src/proxy/dialects/voisietequi.ts";
import type { Said } from "../../src/shared/dialects.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
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

test("Hello is answered by World behind a tap, and by the next server on its port after that one is gone", async (t) => {
  const { peer, taps, endpoints } = await behindTaps(t, "greeter", 1);
  const [tap] = taps as [EngineTap];
  const asker = program(t, "asker", tap.endpoint);
  const world = `World from ${endpoints[0]!.split(":").at(-1)}`;
  for (let turn = 0; turn < 9; turn++) asker.tell("Hello");
  assert.deepEqual(
    await asker.said("answer", 9),
    Array.from({ length: 9 }, () => world),
  );
  await peer.kill("SIGKILL");
  await tap.until(() => tap.state().status === "server-down");
  // It waits in the client, which knows no timeout.
  asker.tell("Hello");
  program(t, "greeter", endpoints[0]!);
  assert.equal((await asker.said("answer", 10)).at(-1), world);
  const rows = (await untilMessages(tap, 20)).map(({ row }) => row);
  assert.deepEqual(
    rows.map(({ from, exchange, preview }) => [from, exchange, preview]),
    rows.map((_, n) => (n % 2 === 0 ? ["client", "answered", "Hello"] : ["server", "reply", world])),
  );
});

test("Topic and number of one frame are read behind a tap, and a topic that only begins like the one subscribed to", async (t) => {
  const { peer, taps } = await behindTaps(t, "weather", 1);
  const listener = program(t, "listener", taps[0]!.endpoint);
  await subscribed(taps[0]!);
  const readings = [
    [10001, -12],
    [10002, 5],
    [10001, 130],
    [100011, 7],
    [10000, -79],
    [10001, 0],
    [10001, 25],
  ];
  for (const reading of readings) peer.tell(reading);
  const heard = readings.filter(([zip]) => String(zip).startsWith("10001"));
  assert.deepEqual(
    await listener.said("received", heard.length),
    heard.map(([zip, number]) => [String(zip), number]),
  );
  // A zip has five digits.
  const messages = await untilMessages(taps[0]!, heard.length);
  assert.deepEqual(
    messages.map(({ dialect, said }) => (dialect === "raw" ? dialect : [said!.kind, said!.method, said!.args])),
    heard.map(([zip, number]) => (zip === 100011 ? "raw" : ["event", String(zip), [number]])),
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

test("Computers of the first edition that were there answer a command, and results wait for a saver that comes later", async (t) => {
  const commander = await behindTaps(t, "commander", 2);
  const [commands, answers] = commander.taps as [EngineTap, EngineTap];
  const [savedAt, resultsAt] = [await freePort(), await freePort()].map((port) => `tcp://127.0.0.1:${port}`) as [
    string,
    string,
  ];
  const results = tappedEngine(t);
  await results.engine.startTap({ id: "tap", name: "tap", server: savedAt, listen: resultsAt });
  const computers = [1, 2].map(() => program(t, "first_computer", commands.endpoint, answers.endpoint, resultsAt));
  await commands.until(() => commands.rows().filter(({ event }) => event === "subscribe").length === 2);
  const command = { cmd: "whatever", response_channel: "tcp://localhost:1" };
  commander.peer.tell(command);
  for (const computer of computers) assert.deepEqual(await computer.said("received"), [command]);
  const answered = await said(answers, 2);
  for (const { method, value } of answered) {
    assert.equal(method, "configured");
    assert.ok((value as { computer: number }).computer <= 9);
  }
  // One publication: both copies of it are counted, and it says how many computers were there to hear it.
  const published = (await untilMessages(commands, 2)).map(({ row }) => row);
  assert.deepEqual(
    published.map(({ copies, subscribers, copyOf }) => [copies, subscribers, copyOf]),
    [
      [2, 2, null],
      [0, 0, published[0]!.n],
    ],
  );

  const late = program(t, "first_computer", commands.endpoint, answers.endpoint, resultsAt);
  await commands.until(() => commands.rows().filter(({ event }) => event === "subscribe").length === 3);
  const second = { ...command, cmd: "again" };
  commander.peer.tell(second);
  for (const computer of computers) await computer.said("received", 2);
  assert.deepEqual(await late.said("received"), [second]);
  assert.equal(results.state().status, "server-down");
  const saver = program(t, "saver", savedAt);
  const point = { x: 0.31, y: -1.2 };
  assert.deepEqual(
    await saver.said("received", 5),
    Array.from({ length: 5 }, () => point),
  );
  assert.deepEqual(
    (await untilMessages(results, 5)).map(({ row, said }) => [row.sockets.client, said!.facts[0]!.value]),
    Array.from({ length: 5 }, () => ["PUSH", "result"]),
  );
});

test("Computers that wait behind taps hear a commander that publishes 200 ms after it began, again and again", async (t) => {
  const endpoint = async (): Promise<string> => `tcp://127.0.0.1:${await freePort()}`;
  const [pub, pull] = [await endpoint(), await endpoint()];
  const tapped = tappedEngine(t);
  const [commands, answers] = [await endpoint(), await endpoint()];
  await tapped.engine.startTap({ id: "commands", name: "commands", server: pub, listen: commands });
  await tapped.engine.startTap({ id: "answers", name: "answers", server: pull, listen: answers });
  const saver = program(t, "saver", ANYWHERE);
  const [results] = await saver.bound();
  const computers = [1, 2, 3].map(() => program(t, "computer", commands, answers, results!));
  const heard: number[] = [];
  for (let turn = 0; turn < 3; turn++) {
    const commander = program(t, "one_command", pub, pull);
    heard.push(...((await commander.said("answers")) as number[]));
    await commander.ended();
    await tapped.until(() => ["commands", "answers"].every((tap) => tapped.state(tap).status === "server-down"));
  }
  // It gives nobody more time than libzmq takes to connect again, so that one may miss it without any tap.
  const total = heard.reduce((sum, count) => sum + count, 0);
  assert.ok(total >= computers.length * heard.length - 2, heard.join());
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

test("In production each result comes over a link of its own, one that was saved before is dropped, and a newsletter form is told", async (t) => {
  const { peer, taps } = await behindTaps(t, "server", 2);
  const [commands, replies] = taps as [EngineTap, EngineTap];
  const unit = program(t, "fresh_unit", commands.endpoint, replies.endpoint);
  await subscribed(commands);
  // A computer takes whichever election it is told of.
  for (const election of ["roma2016", "milano2016"]) peer.tell(["configure", [election], { PD: { "1": 2 } }]);
  await unit.said("called", 2);
  assert.deepEqual(await peer.said("dropped"), ["00ff"]);
  const saved = (await untilMessages(replies, 4)).filter(({ said }) => said!.method === "save_results");
  assert.deepEqual(saved.map(({ said }) => said!.args).sort(), [["milano2016"], ["roma2016"]]);
  const results = saved[0]!.said!.kwargs!["results"];
  assert.deepEqual(results, [["PD", "0.10000000", "0.90000000"]]);
  await replies.until(() => replies.state().links.length === 3);
  assert.equal(new Set((await untilMessages(replies, 4)).map(({ row }) => row.link)).size, 3);
  assert.deepEqual(commands.state().links[0]!.subscriptions, [""]);

  const newsletter = await behindTaps(t, "saver", 1);
  const form = { email: "x@y.z", ip_address: "10.0.0.9", user_agent: "UA", service_uri: "xxx.voisietequi.it" };
  program(t, "mailer", newsletter.taps[0]!.endpoint).tell(form);
  assert.deepEqual(await newsletter.peer.said("received"), [form]);
  assert.deepEqual(
    (await said(newsletter.taps[0]!, 1)).map(({ value, facts }) => [facts[0]!.value, value]),
    [["mail form", form]],
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
