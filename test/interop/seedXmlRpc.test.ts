import assert from "node:assert/strict";
import { after, test } from "node:test";
import { xmlRpc } from "../../src/proxy/dialects/xmlRpc.ts";
import { ZeromqJsPeer } from "./peers/zeromqJs.ts";
import { startEngineTap } from "./support/engineTap.ts";
import { askWith } from "./support/seedCalls.ts";
import { SeedProgram } from "./support/seedProgram.ts";
import { untilMessages } from "./support/tapMessages.ts";

const javascript = new ZeromqJsPeer();
after(() => javascript.stop());

const plugin = (name: string): object => ({ name, id: `${name}-id`, order: 1.5 });
const INSTANCE = { name: "hero", id: "hero-id", data: {}, children: [] };

test("Calls, results and faults of two programs with Python's xmlrpc.client are read behind a tap", async (t) => {
  const server = new SeedProgram(t, "xmlRpc", ["server", "tcp://127.0.0.1:*"]);
  const tap = await startEngineTap(t, (await server.bound())[0]!);
  const client = new SeedProgram(t, "xmlRpc", ["client", tap.endpoint]);
  const calls = [
    ["ping"],
    ["echo", ["<&>\n", -5, 2.5, true, null, { ž: [[]] }, ""]],
    ["nothing"],
    ["process", plugin("CollectRig"), null, null],
    ["process", plugin("ValidateRig"), INSTANCE, null],
    ["reset", true],
    ["no_such_method"],
  ] as const;
  for (const call of calls) client.tell(call);
  const results = await client.saidLines("sent", calls.length);
  const messages = await untilMessages(tap, 2 * calls.length);
  assert.ok(messages.every(({ dialect }) => dialect === "xml-rpc"));
  assert.deepEqual(
    messages.filter(({ row }) => row.from === "client").map(({ said }) => [said!.method, ...said!.args!]),
    calls,
  );
  const answers = messages.filter(({ row }) => row.from === "server").map(({ said }) => said!);
  assert.deepEqual(
    answers.map(({ kind }) => kind),
    ["reply", "reply", "reply", "reply", "error", "error", "error"],
  );
  assert.deepEqual(
    answers.map(({ code, problem, value }) => (code === null ? value : [Number(code), problem])),
    results.map(({ value, fault }) => fault ?? value),
  );
  assert.equal(answers[4]!.problem, "ValidateRig on hero: no joints");
  assert.match(answers[5]!.problem!, /cannot reset$/);
});

test("Calls that the dialect writes are answered by a server with Python's xmlrpc.client", async (t) => {
  const server = new SeedProgram(t, "xmlRpc", ["server", "tcp://127.0.0.1:*"]);
  const [endpoint] = await server.bound();
  const values = [
    ["a\r\nb <&> ž \u{1f600}", -(2 ** 31), 2 ** 40, 2n ** 62n, 0.1, 1e300, false, null],
    { "": [], a: { b: [{ c: null }] } },
    Uint8Array.of(0, 255, 10),
    { $dateTime: "20260102T03:04:05" },
  ];
  const replies = await askWith(javascript, xmlRpc, endpoint!, [
    { method: "ping" },
    { method: "process", args: [plugin("ValidateRig"), INSTANCE, null] },
    { method: "reset", args: [true] },
    { method: "unknown" },
  ]);
  assert.deepEqual(
    replies.map(({ kind, code }) => [kind, code]),
    [
      ["reply", null],
      ["error", null],
      ["error", "1"],
      ["error", "1"],
    ],
  );
  assert.match(replies[3]!.problem!, /AttributeError/);
  // Python reads all of it, but writes no whole numbers above 32 bits: it says what it read.
  await askWith(javascript, xmlRpc, endpoint!, [{ method: "echo", args: values }]);
  const called = (await server.saidLines("called", 5)).at(-1)!;
  assert.equal(called["called"], "echo");
  const read = String(called["args"]);
  for (const part of [
    String.raw`'a\r\nb <&> ž 😀', -2147483648, 1099511627776, 4611686018427387904, 0.1, 1e+300, False, None`,
    "{'': [], 'a': {'b': [{'c': None}]}}",
    String.raw`<xmlrpc.client.Binary object`,
    "<DateTime '20260102T03:04:05'",
  ]) {
    assert.ok(read.includes(part), `${part} is not in ${read}`);
  }
});
