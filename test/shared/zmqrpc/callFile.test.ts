import assert from "node:assert/strict";
import { test } from "node:test";
import {
  callToSend,
  checkCall,
  environmentNames,
  MAX_CALLS,
  problemsOf,
  readCallFile,
  variableNames,
  variableNow,
} from "../../../src/shared/zmqrpc/callFile.ts";
import { context, dialects, randomText } from "../../support/callFiles.ts";
import { random } from "../../support/random.ts";

const FILE = `# All of it
variables
  host: 127.0.0.1
  port: 5556

environment staging
  host: 10.0.0.5

defaults
  target: tcp://{{host}}:{{port}}
  dialect: json-rpc

call login
  method: login
  save: token = value.token

call list
  method: list
  args: [{{token}}]
`;

const nothing = { saved: new Map<string, unknown>(), processVariable: () => undefined };

test("readCallFile finds calls, variables and environments", () => {
  const { calls, variables, environments, problems } = readCallFile(FILE);
  assert.deepEqual(calls.map(({ name, saves }) => [name, saves]), [["login", ["token"]], ["list", []]]); // prettier-ignore
  assert.deepEqual(
    variables.map(({ name, text, environment }) => [name, text, environment]),
    [
      ["host", "127.0.0.1", null],
      ["port", "5556", null],
      ["host", "10.0.0.5", "staging"],
    ],
  );
  assert.deepEqual([environments, problems], [["staging"], []]);
});

test("callToSend takes given variables first, then saved ones, the environment's, and the file's", () => {
  const file = readCallFile(FILE);
  const target = (more: Partial<typeof context>, saved: Readonly<Record<string, unknown>> = {}): unknown =>
    callToSend(file, file.calls[0]!, { ...context, ...more }, { ...nothing, saved: new Map(Object.entries(saved)) })
      .call?.target;
  const at = (address: string): unknown => ({ kind: "endpoint", endpoint: `tcp://${address}` });
  const environments = new Map([["staging", new Map([["port", "1"]])]]);
  assert.deepEqual(target({}), at("127.0.0.1:5556"));
  assert.deepEqual(target({ environment: "staging" }), at("10.0.0.5:5556"));
  assert.deepEqual(target({ environment: "staging", environments }), at("10.0.0.5:1"));
  assert.deepEqual(target({ environment: "staging", environments }, { port: 2 }), at("10.0.0.5:2"));
  assert.deepEqual(target({ environment: "staging", given: new Map([["port", "3"]]) }, { port: 2 }), at("10.0.0.5:3"));
});

test("callToSend wants the call sent first that saves what another one needs", () => {
  const file = readCallFile(FILE);
  const { problems } = callToSend(file, file.calls[1]!, context, nothing);
  assert.match(problems[0]!.message, /"token" has no value yet: "login" saves it. Send that call first/);
  const saved = new Map<string, unknown>([["token", { a: 1 }]]);
  const { call } = callToSend(file, file.calls[1]!, context, { ...nothing, saved });
  assert.ok(call?.body.kind === "dialect");
  assert.deepEqual(call.body.call.args, [{ a: 1 }]);
});

test("callToSend sends a call elsewhere that has a target, or none", () => {
  const to = { kind: "tap", name: "t" } as const;
  for (const target of ["", "  target: {{lost}}\n"]) {
    const file = readCallFile(`call a\n${target}  frame: "x"\n`);
    assert.deepEqual(callToSend(file, file.calls[0]!, context, { ...nothing, to }).call?.target, to);
  }
});

test("checkCall wants what saves a value to stand above", () => {
  const file = readCallFile("call list\n  method: {{token}}\n\ncall login\n  save: token = value\n");
  assert.match(JSON.stringify(checkCall(file, file.calls[0]!, context).problems), /stands below. Move that call up/);
});

const bad: readonly (readonly [string, string, RegExp, string?])[] = [
  ["  x: 1", "x: 1", /in no section/],
  ["call", "call", /needs a name.*call add/],
  ["environment", "environment", /needs a name.*staging/],
  ["variables all", "all", /Nothing stands behind/],
  ["call a\ncall a", "call a", /already/],
  ["defaults\ndefaults", "defaults", /stands twice/],
  ["cal add", "cal", /begins no section/, "call"],
  ["call a\nmethod: x", "method: x", /Indent it/],
  ["call a\n  what", "what", /no line of a call file/],
  ["variables\n  a: {{b}}", "{{b}}", /no variable "b"/],
  ["variables\n  a: {{a}}", "{{a}}", /leads back to itself/],
  ["#".repeat(1_100_000), "#", /too long/],
];
for (const [text, marked, said, suggestion = null] of bad) {
  test(`problemsOf says what is wrong with ${JSON.stringify(text.slice(0, 40))}`, () => {
    const problem = problemsOf(readCallFile(text), context).find(({ message }) => said.test(message));
    assert.ok(problem !== undefined);
    assert.equal(text.slice(problem.range.from, problem.range.to), marked);
    assert.equal(problem.suggestion, suggestion);
  });
}

test("problemsOf tells each fault of the defaults once, in the order of the file, and no more than it may", () => {
  const calls = Array.from({ length: 300 }, (_, n) => `call c${n}\n  method: x\n`).join("");
  const told = problemsOf(
    readCallFile(`defaults\n  target: x\n  dialect: json-rpc\n${calls}call z\n  y: 1\n`),
    context,
  );
  assert.deepEqual(
    told.map(({ message }) => message.slice(0, 20)),
    ['"x" is no target: th', 'There is no "y" in a'],
  );
  assert.equal(problemsOf(readCallFile("x\n".repeat(1_000)), context).length, 200);
});

test("readCallFile reads no more calls than it may", () => {
  const text = Array.from({ length: MAX_CALLS + 1 }, (_, n) => `call ${n}\n`).join("");
  const { calls, problems } = readCallFile(text);
  assert.equal(calls.length, MAX_CALLS);
  assert.match(problems[0]!.message, /at most 1000 calls/);
});

test("environmentNames, variableNames and variableNow know of both files", () => {
  const file = readCallFile(FILE);
  const known = { ...context, environment: "staging", environments: new Map([["prod", new Map([["x", "1"]])]]) };
  assert.deepEqual(environmentNames(file, known.environments), ["prod", "staging"]);
  assert.deepEqual(variableNames(file, known), ["host", "port", "token"]);
  assert.equal(variableNow(file, known, "host"), "10.0.0.5");
  assert.equal(variableNow(file, known, "token"), null);
});

test("problemsOf takes any text, and marks places within it", () => {
  for (let seed = 0; seed < 5_000; seed++) {
    const text = randomText(random(seed));
    const file = readCallFile(text);
    for (const { range, message } of problemsOf(file, { ...context, dialects })) {
      assert.ok(
        range.from >= 0 && range.from <= range.to && range.to <= Math.max(1, text.length),
        `${message} in ${text}`,
      );
    }
  }
});
