import assert from "node:assert/strict";
import { test } from "node:test";
import { type CallContext, callToSend, problemsOf, readCallFile } from "../../../src/shared/zmqrpc/callFile.ts";
import type { ReadyCall } from "../../../src/shared/zmqrpc/readCall.ts";
import { context, dialects } from "../../support/callFiles.ts";

const known: CallContext = { ...context, dialects };
const scope = {
  saved: new Map<string, unknown>(),
  processVariable: (name: string) => (name === "SET" ? "s3cret" : undefined),
};

function ready(lines: readonly string[], more = ""): ReadyCall {
  const file = readCallFile(`${more}call a\n${lines.map((line) => `  ${line}\n`).join("")}`);
  const { call, problems } = callToSend(file, file.calls[0]!, known, scope);
  assert.deepEqual(problems, []);
  assert.ok(call !== null);
  return call;
}

const TARGET = "target: tcp://127.0.0.1:5556";

test("readCall reads a call in a dialect", () => {
  const call = ready([
    TARGET,
    "dialect: json-rpc",
    "socket: DEALER",
    "method: add",
    "args: [1, {",
    '    "b": 2 }]',
    'kwargs: {"c": 3}',
    'fields: {"notify": true, "state": "end", "service": "s", "extra": [], "key": "{{$SET}}"}',
    "timeout: 1.5 s",
    "retries: 2",
    "serverKey: backend",
    "clientPair: me",
    "expect: status ok",
    "save: token = value.token",
  ]);
  const { saves, ...rest } = call;
  assert.deepEqual(
    saves.map(({ name, path }) => [name, path]),
    [["token", { root: "value", steps: ["token"] }]],
  );
  assert.deepEqual(rest, {
    target: { kind: "endpoint", endpoint: "tcp://127.0.0.1:5556" },
    body: {
      kind: "dialect",
      dialect: "json-rpc",
      socket: "DEALER",
      call: {
        method: "add",
        args: [1, { b: 2 }],
        kwargs: { c: 3 },
        fields: { notify: true, state: "end", service: "s", extra: [], key: "s3cret" },
      },
    },
    timeoutMs: 1500,
    retries: 2,
    keys: { serverKey: "backend", clientPair: "me" },
    expectations: [{ kind: "status", status: "ok", text: "status ok" }],
  });
});

test("readCall reads a call of frames, whatever dialect the other calls have", () => {
  const call = ready(
    ['frame: "a\\n"', 'frame: ""', "frame: hex", "    00 ff", "    01", 'frame: json {"a": [1]}', "plain: reader"],
    `defaults\n  target: tap my tap\n  dialect: json-rpc\n  fields: {"notify": true}\n  timeout: 2min\n`,
  );
  assert.deepEqual(call.target, { kind: "tap", name: "my tap" });
  assert.ok(call.body.kind === "frames");
  assert.deepEqual(
    call.body.frames.map((frame) => Buffer.from(frame).toString("hex")),
    ["610a", "", "00ff01", "7b2261223a5b315d7d"],
  );
  assert.deepEqual(
    [call.body.socket, call.timeoutMs, call.retries, call.keys],
    ["REQ", 120_000, 0, { plain: "reader" }],
  );
});

test("readCall reads the method of a raw call, in quotes too", () => {
  const call = ready([TARGET, "dialect: raw", 'method: " {{$SET}}"', "args: [1]"]);
  assert.deepEqual(call.body, {
    kind: "dialect",
    dialect: "raw",
    call: { method: " s3cret", args: [1], kwargs: {}, fields: {} },
  });
  assert.deepEqual([call.timeoutMs, call.retries], [5000, 0]);
});

const SECRET = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
const HALF = ["method: x", TARGET];
const many = (count: number, line: string): string[] => Array<string>(count).fill(line);

/** Lines of a call, what of them is marked, what is said, and what is suggested. */
const bad: readonly (readonly [readonly string[], string, RegExp, string?])[] = [
  [["method: x", "dialect: json-rpc"], "call a", /no target/],
  [[TARGET], "call a", /neither a dialect nor frames/],
  [[TARGET, "dialect: raw"], "call a", /no frames/],
  [[TARGET, "dialect: json-rpc"], "call a", /no method/],
  [["target: tcp:/x", "dialect: json-rpc", "method: x"], "tcp:/x", /no target.*Or write tap/],
  [["target: tap", "dialect: json-rpc", "method: x"], "tap", /name of the tap is missing/],
  [["target:", "dialect: json-rpc", "method: x"], "target", /is empty/],
  [["target: {{none}}", "dialect: json-rpc", "method: x"], "{{none}}", /no variable "none"/],
  [["target: {{$NOT}}", "dialect: json-rpc", "method: x"], "{{$NOT}}", /NOT is not set/],
  [[...HALF, "dialect: json-rcp"], "json-rcp", /no dialect/, "json-rpc"],
  [[...HALF, "dialect: json-rpc", "socket: REP"], "REP", /no socket/, "REQ"],
  [[...HALF, "dialect:"], "dialect", /is empty/],
  [[...HALF, "dialect: json-rpc", "socket:"], "socket", /is empty/],
  [[...HALF, "dialect: bitcoin"], "bitcoin", /cannot be called/],
  [[...HALF, "dialect: bitcoin", "args: []"], "args", /has no args/],
  [[...HALF, "dialect: bitcoin", "kwargs: {}"], "kwargs", /has no kwargs/],
  [[...HALF, "dialect: bitcoin", 'fields: {"a": 1}'], '"a"', /It has none/],
  [[...HALF, "dialect: json-rpc", 'fields: {"servic": 1}'], '"servic"', /It has notify, state, service/, '"service"'],
  [[...HALF, "dialect: json-rpc", 'fields: {"state": "now"}'], '"state"', /one of start, end/],
  [[...HALF, "dialect: json-rpc", 'fields: {"notify": 1}'], '"notify"', /true or false/],
  [[...HALF, "dialect: json-rpc", 'fields: {"service": 1}'], '"service"', /a text/],
  [[...HALF, "dialect: json-rpc", 'fields: {"key": "abc"}'], '"key"', /is secret/],
  [[...HALF, "dialect: json-rpc", 'fields: {"k\\u0065y": "{{$SET}}"}'], '{"k\\u0065y": "{{$SET}}"}', /is secret/],
  [[...HALF, "dialect: json-rpc", "args: {}"], "{}", /a list/],
  [[...HALF, "dialect: json-rpc", "kwargs: []"], "[]", /an object/],
  [[...HALF, "dialect: json-rpc", "args:"], "args", /is empty/],
  [[...HALF, "dialect: json-rpc", "args: [1,"], ",", /missing at the end/],
  [['method: "\\x"', TARGET, "dialect: json-rpc"], "\\x", /escape/],
  [['method: ""x', TARGET, "dialect: json-rpc"], "x", /behind the end/],
  [[TARGET, "dialect: json-rpc", 'frame: "a"'], "frame", /frames or a dialect/],
  [[TARGET, "method: x", 'frame: "a"'], "method", /frames has no "method"/],
  [[TARGET, "frame: hello"], "hello", /A frame is/],
  [[TARGET, "frame:"], "frame", /A frame is/],
  [[TARGET, 'frame: "'], '"', /closing quote/],
  [[TARGET, "frame: hex 0x"], "hex 0x", /hex digit/],
  [[TARGET, "frame: hex {{none}}"], "hex {{none}}", /no variable/],
  [[TARGET, "frame: json"], "frame", /is empty/],
  [[TARGET, ...many(1_001, 'frame: "a"')], "frame", /at most 1000 frames/],
  [[...HALF, "dialect: json-rpc", "timeout: 5"], "5", /with its unit/],
  [[...HALF, "dialect: json-rpc", "timeout: 2000min"], "2000min", /from 1ms to 60min/],
  [[...HALF, "dialect: json-rpc", "retries: 11"], "11", /from 0 to 10/],
  [[...HALF, "dialect: json-rpc", "retries: x"], "x", /whole number/],
  [[...HALF, "dialect: json-rpc", `serverKey: ${SECRET}`], SECRET, /a key itself/],
  [[...HALF, "dialect: json-rpc", "clientPair: me"], "clientPair", /needs serverKey/],
  [[...HALF, "dialect: json-rpc", "serverKey: a", "plain: b"], "plain", /PLAIN or CURVE/],
  [[...HALF, "dialect: json-rpc", `plain: ${"x".repeat(81)}`], "x".repeat(81), /at most 80/],
  [[...HALF, "dialect: json-rpc", "expect: stats ok"], "stats", /no "stats"/, "status"],
  [[...HALF, "dialect: json-rpc", "expect:"], "expect", /no expectation/],
  [[...HALF, "dialect: json-rpc", ...many(201, "expect: status ok")], "expect", /at most 200/],
  [[...HALF, "dialect: json-rpc", "save: token"], "token", /saved as name/],
  [[...HALF, "dialect: json-rpc", "save:"], "save", /saved as name/],
  [[...HALF, "dialect: json-rpc", "save: 1a = value"], "1a = value", /name of a variable/],
  [[...HALF, "dialect: json-rpc", "methd: y"], "methd", /no "methd" in a call/, "method"],
  [[...HALF, "dialect: json-rpc", "retries: 1", "retries: 2"], "retries", /stands twice/],
  [[`target: ${SECRET}`, "method: x", "dialect: json-rpc"], SECRET, /^A key is no target/],
  [[...HALF, `dialect: ${SECRET}`], SECRET, /^A key is no dialect/],
];
for (const [lines, marked, said, suggestion = null] of bad) {
  test(`readCall says what is wrong with ${lines.slice(-2).join(", ").slice(0, 100)}`, () => {
    const text = `call a\n${lines.map((line) => `  ${line}\n`).join("")}`;
    const file = readCallFile(text);
    const { call, problems } = callToSend(file, file.calls[0]!, known, scope);
    assert.equal(call, null);
    const problem = problems.find(({ message }) => said.test(message));
    assert.ok(problem !== undefined, JSON.stringify(problems));
    assert.equal(text.slice(problem.range.from, problem.range.to), marked);
    assert.equal(problem.suggestion, suggestion);
    assert.ok(!JSON.stringify(problems.map(({ message }) => message)).includes(SECRET));
  });
}

test("readCall waits for what only a reply will bring", () => {
  const text = [
    "call login",
    "  target: tcp://127.0.0.1:1",
    '  frame: "x"',
    "  save: token = value[0]",
    "call other",
    "  target: tcp://{{token}}:1",
    "  frame: hex {{token}}",
    "  frame: json {{token}}",
    '  frame: "{{token}}"',
    "  expect: value == {{token}}",
  ].join("\n");
  assert.deepEqual(problemsOf(readCallFile(text), known), []);
});

test("readDefaults says what is wrong in defaults, calls or not", () => {
  const text = "defaults\n  timeout: 1\n  method: x\n  mehtod: y\n  fields: 1\n  retries: x\n  socket: x\n  plain: \n";
  const told = problemsOf(readCallFile(text), known).map(({ message }) => message.slice(0, 30));
  assert.deepEqual(told, [
    "A timeout is a number with its",
    '"method" belongs in a call, no',
    'There is no "mehtod" in defaul',
    '"fields" is an object, such as',
    "retries is a whole number from",
    '"x" is no socket. There are RE',
    '"plain" is empty. Write for ex',
  ]);
});
