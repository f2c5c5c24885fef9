import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArguments } from "../../src/cli/arguments.ts";
import { parseReplay } from "../../src/cli/replayArguments.ts";

const TO = ["traffic.pcapng", "--to", "tcp://127.0.0.1:5556"];

test("parseReplay fills in what is usual", () => {
  assert.deepEqual(parseReplay(TO), {
    file: "traffic.pcapng",
    filter: null,
    json: false,
    options: {
      target: { kind: "endpoint", endpoint: "tcp://127.0.0.1:5556", bind: false },
      timing: { kind: "recorded", speed: 1 },
      loops: 1,
      from: null,
      as: null,
      timeoutMs: 5_000,
    },
    jupyter: null,
    keys: null,
  });
});

test("parseReplay takes what is given", () => {
  const args = [
    "--from",
    "server",
    "--as",
    "pub",
    "--gap",
    "20",
    "--loop",
    "3",
    "--timeout",
    "100",
    "--filter",
    "n > 1",
  ];
  const parsed = parseReplay(["f", "--to", "tcp://*:*", "--bind", "--json", "--jupyter", "kernel.json", ...args]);
  assert.ok(typeof parsed !== "string");
  assert.deepEqual([parsed.filter, parsed.json, parsed.jupyter], ["n > 1", true, "kernel.json"]);
  assert.deepEqual(parsed.options, {
    target: { kind: "endpoint", endpoint: "tcp://*:*", bind: true },
    timing: { kind: "gap", ms: 20 },
    loops: 3,
    from: "server",
    as: "PUB",
    timeoutMs: 100,
  });
  const timings = [["--wait"], ["--fast"], ["--speed", "0.5"], ["--speed", "x10"], ["--speed", "2x"]].map((timing) => {
    const read = parseReplay([...TO, ...timing]);
    return typeof read === "string" ? read : read.options.timing;
  });
  assert.deepEqual(timings, [
    { kind: "wait" },
    { kind: "fast" },
    { kind: "recorded", speed: 0.5 },
    { kind: "recorded", speed: 10 },
    { kind: "recorded", speed: 2 },
  ]);
});

test("parseReplay reads the keys for a server", () => {
  const plain = parseReplay([...TO, "--plain-user", "admin"]);
  assert.ok(typeof plain !== "string");
  assert.deepEqual([plain.keys?.user, plain.keys?.clientLeg, plain.keys?.serverLeg], ["admin", "NULL", "PLAIN"]);
  const curve = parseReplay([...TO, "--curve-upstream", "server.key"]);
  assert.ok(typeof curve !== "string");
  assert.deepEqual([curve.keys?.upstream, curve.keys?.serverLeg], ["server.key", "CURVE"]);
});

const KEY = "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs";
const bad: readonly [string, readonly string[], RegExp][] = [
  ["no file", [], /file is missing/],
  ["two files", ["a", "b", ...TO.slice(1)], /"b" is one too many/],
  ["no endpoint", ["a"], /Where to replay to is missing/],
  ["a key as the endpoint", ["a", "--to", KEY], /A key was given(?!.*D:\))/],
  ["an endpoint that is none", ["a", "--to", "localhost:5"], /cannot be used with --to/],
  ["a free port of a server", ["a", "--to", "tcp://127.0.0.1:*"], /cannot be used with --to/],
  ["a side that is none", [...TO, "--from", "me"], /--from takes client or server/],
  ["a socket that is none", [...TO, "--as", "SUB"], /--as takes one of REQ, DEALER/],
  ["two timings", [...TO, "--wait", "--fast"], /exclude each other/],
  ["a speed that is none", [...TO, "--speed", "fast"], /--speed takes a factor/],
  ["a speed that is too high", [...TO, "--speed", "5000"], /speed of 5000/],
  ["a gap that is none", [...TO, "--gap", "1s"], /--gap takes a number/],
  ["half a loop", [...TO, "--loop", "0.5"], /--loop takes a whole number/],
  ["a timeout that is none", [...TO, "--timeout", "soon"], /--timeout takes a whole number/],
  ["a REQ that listens", ["a", "--to", "tcp://*:5", "--bind", "--as", "REQ"], /Only PUB, XPUB, PUSH may listen/],
  ["keys without a server", ["a", "--to", "tcp://*:5", "--bind", "--plain-user", "a"], /with --bind there is none/],
  ["a pair without the server's key", [...TO, "--curve-client", "file"], /needs --curve-upstream/],
  ["a key in place of its file", [...TO, "--curve-client", KEY], /takes the name of a secret certificate/],
];
for (const [what, args, says] of bad) {
  test(`parseReplay says what is wrong with ${what}`, () => {
    const parsed = parseArguments(["replay", ...args]);
    assert.equal(parsed.kind, "bad");
    assert.match(parsed.message, says);
  });
}

test("parseArguments knows replay", () => {
  assert.equal(parseArguments(["replay", ...TO]).kind, "replay");
  assert.equal(parseArguments(["replay", ...TO, "--unknown"]).kind, "bad");
});
