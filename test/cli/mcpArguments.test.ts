import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArguments } from "../../src/cli/arguments.ts";
import { splitWords } from "../../src/cli/mcpArguments.ts";

function mcp(...args: readonly string[]): unknown {
  const parsed = parseArguments(["mcp", ...args]);
  return parsed.kind === "bad" ? parsed.message : parsed.kind === "mcp" ? parsed.options : parsed.kind;
}

test("mcp takes files, taps and what may be done", () => {
  const options = mcp(
    "a.pcapng",
    "--tap",
    'tcp://127.0.0.1:1 --name "two words" --listen tcp://127.0.0.1:2 --dialect json-rpc',
    "--tap",
    "ipc:///tmp/s",
    "--allow-send",
    "--allow-remote",
    "--redact",
    "pin",
  ) as { taps: readonly Record<string, unknown>[] };
  const { taps, ...others } = options;
  assert.deepEqual(others, {
    files: ["a.pcapng"],
    allowSend: true,
    allowRemote: true,
    redact: true,
    redactNames: ["pin"],
  });
  assert.deepEqual(
    taps.map(({ server, name, listen, dialect }) => ({ server, name, listen, dialect })),
    [
      { server: "tcp://127.0.0.1:1", name: "two words", listen: "tcp://127.0.0.1:2", dialect: "json-rpc" },
      { server: "ipc:///tmp/s", name: "ipc:///tmp/s", listen: "tcp://127.0.0.1:*", dialect: null },
    ],
  );
});

test("mcp only reads, and hides secrets, unless told otherwise", () => {
  assert.deepEqual(mcp("a.pcapng"), {
    files: ["a.pcapng"],
    taps: [],
    allowSend: false,
    allowRemote: false,
    redact: true,
    redactNames: [],
  });
  assert.match(JSON.stringify(mcp("a.pcapng", "--no-redact")), /"redact":false/);
});

for (const [args, said] of [
  [[], /nothing to serve/],
  [[""], /capture file needs a name/],
  [Array<string>(17).fill("a"), /at most 16 capture files/],
  [["--tap", "x:1"], /^--tap: "x:1" cannot be used as the server endpoint/],
  [["--tap", ""], /^--tap: The server endpoint is missing/],
  [["--tap", "tcp://127.0.0.1:1 --json"], /^--tap: it takes an endpoint with .*, and nothing about output/],
  [["--tap", "tcp://127.0.0.1:1 --write a.pcapng"], /nothing about output/],
  [["--tap", "tcp://127.0.0.1:1 --frobnicate"], /^--tap: it takes an endpoint with --listen/],
  [["--tap", 'tcp://127.0.0.1:1 --name "a'], /^--tap: a quote is not closed behind character 24/],
  [["--tap", "tcp://127.0.0.1:1", "--tap", "tcp://127.0.0.1:1"], /two taps are called "tcp:\/\/127.0.0.1:1"/],
  [["--tap=--jupyter a.json", "--tap=--jupyter b.json"], /one Jupyter kernel/],
  [Array<string[]>(51).fill(["--tap", "tcp://127.0.0.1:1"]).flat(), /at most 50 taps/],
  [["a", "--allow-send"], /calls through taps/],
  [["a", "--allow-remote"], /--allow-send allows/],
  [["a", "--redact", "x", "--no-redact"], /exclude each other/],
  [["a", "--redact", ""], /--redact needs a name/],
  [["a", "--frobnicate"], /Unknown option/],
] as const) {
  test(`mcp says what is wrong with ${args.slice(0, 4).join(" ")}`, () => assert.match(String(mcp(...args)), said));
}

test("splitWords keeps together what quotes hold", () => {
  assert.deepEqual(splitWords(` a  'b c' d"e f"'g' `), ["a", "b c", "de fg"]);
  assert.deepEqual(splitWords("  "), []);
});
