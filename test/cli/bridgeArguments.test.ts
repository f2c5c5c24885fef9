import assert from "node:assert/strict";
import { test } from "node:test";
import { type BridgeOptions, parseBridge, withLeg } from "../../src/cli/bridgeArguments.ts";
import { DEFAULT_BRIDGE_LIMITS } from "../../src/shared/bridges.ts";

const IN = "tcp://127.0.0.1:5555";
const OUT = "tcp://127.0.0.1:5556";
const ENDS = ["--in", IN, "--out", OUT];
const KEY = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

function parsed(...args: string[]): BridgeOptions {
  const options = parseBridge(args);
  if (typeof options === "string") throw new Error(options);
  return options;
}

test("bridge takes a kind and both sides; the rest has defaults", () => {
  const { config, keys, folder, output, name } = parsed("rep-req", ...ENDS);
  assert.deepEqual(config, {
    id: "cli",
    name: "rep-req",
    kind: "rep-req",
    in: { endpoints: [{ endpoint: IN }], attach: "bind" },
    out: { endpoints: [{ endpoint: OUT }], attach: "connect" },
    fanOut: "round-robin",
    limits: DEFAULT_BRIDGE_LIMITS,
    timeoutMs: 60_000,
    retries: 0,
    recreateTimeoutMs: 600_000,
    persist: false,
  });
  assert.deepEqual([keys, folder, output, name], [{ in: null, out: null }, null, "text", "rep-req"]);
});

test("bridge takes several endpoints, ways to attach, times and limits", () => {
  const { config, folder, output } = parsed(
    ...["sub-req", "--in", IN, "--in", "ipc:///tmp/a=b", "--out", OUT, "--out", "tcp://a:1", "--name", "n", "--json"],
    ...["--timeout", "500", "--retries", "2", "--recreate-timeout", "1000", "--recreate-timeout", "ipc:///tmp/a=b=0"],
    ...["--max-messages", "10", "--max-bytes", "1MB", "--max-age", "60", "--fan-out", "all"],
  );
  assert.deepEqual(config.in, {
    endpoints: [{ endpoint: IN }, { endpoint: "ipc:///tmp/a=b", recreateTimeoutMs: 0 }],
    attach: "connect",
  });
  assert.deepEqual(config.out.endpoints.length, 2);
  const { timeoutMs, retries, recreateTimeoutMs, limits, fanOut, name } = config;
  assert.deepEqual([timeoutMs, retries, recreateTimeoutMs, fanOut, name, output], [500, 2, 1000, "all", "n", "json"]);
  assert.deepEqual(limits, { maxMessages: 10, maxBytes: 1_000_000, maxAgeMs: 60_000 });
  assert.equal(folder, null);
  const turned = parsed("sub-req", ...ENDS, "--bind", "in", "--bind", "out").config;
  assert.deepEqual([turned.in.attach, turned.out.attach], ["bind", "bind"]);
  const buffered = parsed("buffered-rep-req", ...ENDS, "--persist", "queue", "--connect", "in");
  assert.deepEqual(
    [buffered.folder, buffered.config.persist, buffered.config.retries, buffered.config.in.attach],
    ["queue", true, null, "connect"],
  );
});

test("bridge takes keys of each side, as what the side is", () => {
  const { keys } = parsed(
    "rep-req",
    ...ENDS,
    "--in-curve-server",
    "a.key_secret",
    `--in-curve-allow=${KEY}`,
    `--out-curve-upstream=${KEY}`,
  );
  const { serverFile, allow, clientLeg } = keys.in!;
  assert.deepEqual([serverFile, allow, clientLeg], ["a.key_secret", [KEY], "CURVE"]);
  const { upstream, clientLeg: none, serverLeg } = keys.out!;
  assert.deepEqual([upstream, none, serverLeg], [KEY, "NULL", "CURVE"]);
  const plain = parsed(
    "rep-req",
    ...ENDS,
    "--in-plain-user",
    "a",
    "--out-plain-user",
    "b",
    "--out-plain-password-file",
    "p",
  ).keys;
  assert.deepEqual(
    [plain.in!.user, plain.in!.clientLeg, plain.out!.user, plain.out!.passwordFile, plain.out!.serverLeg],
    ["a", "PLAIN", "b", "p", "PLAIN"],
  );
});

test("withLeg names options and variables as the side has them", () => {
  assert.equal(
    withLeg("--plain-user needs a password. Set ZMQ_TAP_PASSWORD, or give --plain-password-file.", "out"),
    "--out-plain-user needs a password. Set ZMQ_TAP_OUT_PASSWORD, or give --out-plain-password-file.",
  );
});

for (const [args, problem] of [
  [[], /^The kind of the bridge is missing: sub-pub, /],
  [["push-pull"], /^"push-pull" is no kind of bridge[.] The kinds are sub-pub, /],
  [[KEY], /^a key is no kind/],
  [["rep-req", IN], /^bridge takes one kind, and "tcp:.*" is one too many[.] Give endpoints with --in and --out/],
  [["rep-req", "--out", OUT], /^The endpoint of the REP is missing[.] Give it with --in/],
  [["rep-req", "--in", IN], /^The endpoint of the REQ is missing[.] Give it with --out/],
  [["rep-req", "--in", KEY, "--out", OUT], /^A key was given where an endpoint of --in belongs/],
  [["rep-req", ...ENDS, "--bind", "both"], /^--bind takes in or out, not "both"/],
  [["rep-req", ...ENDS, "--bind", "in", "--connect", "in"], /^--bind in and --connect in exclude each other/],
  [["sub-pub", ...ENDS, "--recreate-timeout", "1s"], /^--recreate-timeout takes milliseconds, not "1s"/],
  [
    ["sub-pub", ...ENDS, "--recreate-timeout", "tcp://a:1=5"],
    /^--recreate-timeout names "tcp:\/\/a:1", which is no endpoint/,
  ],
  [["rep-req", ...ENDS, "--timeout", "x"], /^--timeout takes a whole number, not "x"/],
  [["rep-req", ...ENDS, "--timeout", "0"], /^The bridge has a "timeoutMs" that is no whole number/],
  [["rep-req", ...ENDS, "--max-bytes", "x"], /^--max-bytes takes a size/],
  [["rep-req", ...ENDS, "--fan-out", "some"], /^--fan-out takes all or round-robin, not "some"/],
  [["rep-req", ...ENDS, "--persist", ""], /^--persist takes the name of a folder/],
  [["rep-req", ...ENDS, "--persist", "x"], /^The bridge has "persist", but only/],
  [["rep-req", ...ENDS, "--json", "--quiet"], /^--json and --quiet exclude each other/],
  [
    ["rep-req", ...ENDS, "--in-curve-upstream", "x"],
    /^--in-curve-upstream is for a side that connects, and this one binds[.] It takes --in-curve-server, /,
  ],
  [
    ["rep-req", ...ENDS, "--out-curve-allow", "x"],
    /^--out-curve-allow is for a side that binds, and this one connects/,
  ],
  [["rep-req", ...ENDS, "--in-curve-allow", "x"], /^--in-curve-allow needs --in-curve-server/],
  [["rep-req", ...ENDS, "--out-curve-client", "x"], /^--out-curve-client needs --out-curve-upstream/],
  [
    ["rep-req", ...ENDS, `--in-curve-server=${KEY}`],
    /^--in-curve-server takes the name of a secret certificate file, and a key was given/,
  ],
  [["rep-req", ...ENDS, "--in-plain-password-file", "x"], /^--in-plain-password-file needs --in-plain-user/],
  [
    ["rep-req", ...ENDS, "--out-plain-user", "a", "--out-curve-upstream", "x"],
    /^The "out" side speaks CURVE or PLAIN, not both/,
  ],
] as const satisfies readonly (readonly [readonly string[], RegExp])[]) {
  test(`bridge refuses ${JSON.stringify(args).replace(KEY, "a key")}`, () => {
    const message = parseBridge(args);
    assert.equal(typeof message, "string");
    assert.match(message as string, problem);
    assert.ok(!(message as string).includes(KEY));
  });
}
