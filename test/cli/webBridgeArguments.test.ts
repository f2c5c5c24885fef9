import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArguments } from "../../src/cli/arguments.ts";
import { parseWebBridge } from "../../src/cli/webBridgeArguments.ts";

const ALLOW = ["--allow", "tcp://127.0.0.1:10001"];

test("web-bridge takes endpoints, and has defaults for the rest", () => {
  const options = parseWebBridge(ALLOW);
  assert.ok(typeof options !== "string");
  const { port, access, token, highWaterMark, timeoutMs, name, output } = options;
  assert.deepEqual(
    { port, access, token, highWaterMark, timeoutMs, name, output },
    {
      port: 0,
      access: {
        origins: [],
        endpoints: [{ types: ["REQ", "SUB"], pattern: "tcp://127.0.0.1:10001" }],
        functions: null,
        topics: null,
      },
      token: { kind: "random" },
      highWaterMark: 100,
      timeoutMs: 30_000,
      name: "web bridge",
      output: "text",
    },
  );
});

test("web-bridge takes every rule as often as it is given", () => {
  const parsed = parseArguments([
    "web-bridge",
    ...["--allow", "tcp://127.0.0.1:*", "--allow", "REP=tcp://127.0.0.1:10003"],
    ...["--allow-function", "add", "--allow-function", "echo", "--allow-topic", "news", "--allow-topic", ""],
    ...["--allow-origin", "http://localhost:*", "--allow-origin", "null"],
    ...["--port", "8000", "--hwm", "5", "--timeout", "250", "--token", "12345678", "--json", "--name", "pages"],
  ]);
  assert.ok(parsed.kind === "web-bridge");
  const { access, port, highWaterMark, timeoutMs, token, output, name } = parsed.options;
  assert.deepEqual(access, {
    origins: ["http://localhost:*", "null"],
    endpoints: [
      { types: ["REQ", "SUB"], pattern: "tcp://127.0.0.1:*" },
      { types: ["REP"], pattern: "REP=tcp://127.0.0.1:10003".slice(4) },
    ],
    functions: ["add", "echo"],
    topics: ["news", ""],
  });
  assert.deepEqual([port, highWaterMark, timeoutMs, output, name], [8000, 5, 250, "json", "pages"]);
  assert.deepEqual(token, { kind: "given", token: "12345678" });
});

test("web-bridge takes its token from one place", () => {
  const tokenOf = (...args: string[]): unknown => {
    const options = parseWebBridge([...ALLOW, ...args]);
    return typeof options === "string" ? options : options.token;
  };
  assert.deepEqual(tokenOf("--no-token"), { kind: "none" });
  assert.deepEqual(tokenOf("--token-file", "token.txt"), { kind: "file", file: "token.txt" });
  assert.match(String(tokenOf("--no-token", "--token", "12345678")), /exclude each other/);
  assert.match(String(tokenOf("--token-file", "")), /takes the name of a file/);
  const problem = String(tokenOf("--token", "secret word"));
  assert.match(problem, /^--token cannot be used: A token has 8 to 128/);
  assert.ok(!problem.includes("secret"), "no message repeats a token");
});

test("web-bridge says what is wrong with its arguments", () => {
  for (const [args, problem] of [
    [[], /endpoints that pages may use are missing/],
    [["tcp://127.0.0.1:1"], /takes only options, and "tcp:\/\/127.0.0.1:1" is none/],
    [["--allow", "nonsense"], /--allow cannot be used: "nonsense" is no pattern/],
    [[...ALLOW, "--port", "70000"], /--port takes a number up to 65535/],
    [[...ALLOW, "--port", ""], /--port takes a number/],
    [[...ALLOW, "--hwm", "0"], /--hwm takes a number from 1 to 10000/],
    [[...ALLOW, "--timeout", "1.5"], /--timeout takes milliseconds/],
    [[...ALLOW, "--allow-origin", "localhost"], /--allow-origin cannot be used: "localhost" is no origin/],
    [[...ALLOW, "--allow-function", ""], /--allow-function takes the name/],
    [[...ALLOW, "--write", "x.txt"], /must end in .pcapng/],
    [Array<string[]>(101).fill(ALLOW).flat(), /at most 100 of each rule/],
  ] as const) {
    const parsed = parseArguments(["web-bridge", ...args]);
    assert.ok(parsed.kind === "bad", args.join(" "));
    assert.match(parsed.message, problem);
  }
});
