import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArguments } from "../../src/cli/arguments.ts";
import { parseSocks } from "../../src/cli/socksArguments.ts";
import { KNOWN } from "../support/keys.ts";

const NO_KEYS = {
  serverFile: null,
  upstream: null,
  clientFile: null,
  clientFiles: [],
  allow: null,
  clientLeg: null,
  serverLeg: null,
  user: null,
  passwordFile: null,
};

test("parseSocks reads its defaults, and the options of attach", () => {
  const output = {
    output: "text",
    count: Infinity,
    full: false,
    sockets: null,
    stats: false,
    dialect: null,
    write: null,
    force: false,
    dir: null,
    maxDiskBytes: 4 * 1024 * 1024 * 1024,
  };
  const ends = {
    server: "every destination",
    jupyter: null,
    keys: null,
    watchesAll: false,
    sequences: [],
    faults: [],
    seed: null,
  };
  assert.deepEqual(parseSocks([]), {
    ...ends,
    ...output,
    socks: { allow: [], destinations: [] },
    listen: "tcp://127.0.0.1:1080",
    name: "socks",
  });
  const args = [
    "--listen",
    "tcp://127.0.0.1:*",
    "--name",
    "x",
    "--allow",
    "127.0.0.1",
    "--allow=*:5556",
    "--json",
    "--count=3",
  ];
  assert.deepEqual(parseSocks(args), {
    ...ends,
    ...output,
    output: "json",
    count: 3,
    socks: { allow: ["127.0.0.1", "*:5556"], destinations: [] },
    listen: "tcp://127.0.0.1:*",
    name: "x",
  });
});

test("parseSocks gives keys behind --for to what their pattern stands for, and those in front to all others", () => {
  const parsed = parseSocks([
    ...["--curve-server", "all.key_secret", "--for", "127.0.0.1:5556", "--curve-server=one.key_secret"],
    ...["--for=*.example.org", "--curve-upstream", "two.key", "--client-leg", "null"],
  ]);
  assert.ok(typeof parsed !== "string");
  assert.deepEqual(parsed.keys, { ...NO_KEYS, serverFile: "all.key_secret" });
  assert.deepEqual(parsed.socks?.destinations, [
    { pattern: "127.0.0.1:5556", keys: { ...NO_KEYS, serverFile: "one.key_secret" } },
    { pattern: "*.example.org", keys: { ...NO_KEYS, upstream: "two.key", clientLeg: "NULL" } },
  ]);
});

const refusals: Record<string, { args: readonly string[]; says: RegExp }> = {
  "a server": {
    args: ["tcp://127.0.0.1:5556"],
    says: /^socks takes no server, .* "tcp:\/\/127.0.0.1:5556" is one too many[.]$/,
  },
  "a listen endpoint that is none": {
    args: ["--listen", "1080"],
    says: /^"1080" cannot be used as the listen endpoint/,
  },
  "a key as the listen endpoint": { args: ["--listen", KNOWN.publicKey], says: /^A key was given/ },
  "a pattern that is none": { args: ["--allow", "a b"], says: /^"a b" cannot be used with --allow: it is no host/ },
  "a key as a pattern": {
    args: ["--allow", KNOWN.secretKey],
    says: /^A key was given where the pattern of --allow belongs[.]$/,
  },
  "too many patterns": { args: Array(101).fill("--allow=x"), says: /^--allow was given more than 100 times/ },
  "too many --for": { args: Array(101).fill("--for=x"), says: /^--for was given more than 100 times/ },
  "--for without a pattern": { args: ["--for"], says: /^--for takes a pattern/ },
  "--for with a pattern that is none": { args: ["--for", "x:y"], says: /^"x:y" cannot be used with --for/ },
  "--for without keys": { args: ["--for", "x"], says: /^--for x has no keys behind it/ },
  "--for with another option": {
    args: ["--for", "x", "--json"],
    says: /^Behind --for only options for keys can stand, and "--json"/,
  },
  "--for with keys that cannot be": { args: ["--for", "x", "--client-leg", "ssl"], says: /^--client-leg takes null/ },
  "output options that exclude each other": { args: ["--json", "--quiet"], says: /exclude each other/ },
  "keys that cannot be": { args: ["--plain-password-file", "x"], says: /needs --plain-user/ },
};
for (const [what, { args, says }] of Object.entries(refusals)) {
  test(`parseSocks refuses ${what}`, () => {
    const parsed = parseSocks(args);
    assert.ok(typeof parsed === "string");
    assert.match(parsed, says);
    assert.ok(!parsed.includes(KNOWN.secretKey));
  });
}

test("zmq-tap socks is a command of its own", () => {
  const parsed = parseArguments(["socks", "--quiet"]);
  assert.ok(parsed.kind === "attach" && parsed.options.socks !== null);
  assert.deepEqual(parseArguments(["socks", "--bogus"]).kind, "bad");
});
