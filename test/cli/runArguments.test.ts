import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArguments } from "../../src/cli/arguments.ts";

function run(...args: readonly string[]): unknown {
  const parsed = parseArguments(["run", ...args]);
  return parsed.kind === "bad" ? parsed.message : parsed.kind === "run" ? parsed.options : parsed.kind;
}

test("run takes files and options", () => {
  assert.deepEqual(
    run(
      "a.zmqrpc",
      "b.zmqrpc",
      "--env",
      "local",
      "--var",
      "a=b=c",
      "--only",
      "x",
      "--bail",
      "--tap",
      "t=ipc:///tmp/s",
      "--keys",
      "k",
    ),
    {
      files: ["a.zmqrpc", "b.zmqrpc"],
      environment: "local",
      variables: new Map([["a", "b=c"]]),
      only: ["x"],
      bail: true,
      junit: null,
      json: false,
      keyFolder: "k",
      keys: null,
      taps: new Map([["t", "ipc:///tmp/s"]]),
    },
  );
});

test("run takes keys that all servers are shown", () => {
  assert.match(JSON.stringify(run("a", "--plain-user", "u")), /"serverLeg":"PLAIN","user":"u"/);
  assert.match(JSON.stringify(run("a", "--curve-upstream", "f")), /"serverLeg":"CURVE"/);
});

for (const [args, said] of [
  [[], /call file is missing/],
  [["a", "--var", "1=2"], /--var takes name=value/],
  [["a", "--tap", "=tcp://127.0.0.1:1"], /--tap takes name=endpoint/],
  [["a", "--env", ""], /--env needs a value/],
  [["a", "--curve-client", "f"], /needs --curve-upstream/],
  [["a", "--plain-password-file", "f"], /needs --plain-user/],
  [["a", "--frobnicate"], /Unknown option/],
] as const) {
  test(`run says what is wrong with ${args.join(" ")}`, () => assert.match(String(run(...args)), said));
}
