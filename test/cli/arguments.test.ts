import assert from "node:assert/strict";
import { test } from "node:test";
import { KNOWN } from "../support/keys.ts";
import { parseArguments } from "../../src/cli/arguments.ts";

test("parseArguments reads attach with its defaults", () => {
  assert.deepEqual(parseArguments(["attach", "tcp://127.0.0.1:5556"]), {
    kind: "attach",
    options: {
      server: "tcp://127.0.0.1:5556",
      jupyter: null,
      socks: null,
      listen: "tcp://127.0.0.1:*",
      name: "tcp://127.0.0.1:5556",
      output: "text",
      count: Infinity,
      full: false,
      sockets: null,
      dialect: null,
      write: null,
      force: false,
      dir: null,
      maxDiskBytes: 4 * 1024 * 1024 * 1024,
      keys: null,
      watchesAll: false,
      sequences: [],
      stats: false,
      faults: [],
      seed: null,
    },
  });
});

test("parseArguments reads a connection file in place of a server", () => {
  const parsed = parseArguments(["attach", "--jupyter", "/run/kernel-1.json", "--json"]);
  assert.ok(parsed.kind === "attach");
  const { server, jupyter, name, output } = parsed.options;
  assert.deepEqual([server, jupyter, name, output], ["", "/run/kernel-1.json", "kernel-1", "json"]);
});

test("parseArguments reads every option", () => {
  const args = ["attach", "ipc:///tmp/s", "--listen", "tcp://*:1", "--name", "x", "--json", "--count", "3", "--full"];
  const more = [
    "--sockets",
    "client=req, server=REP",
    "--write",
    "a.pcapng",
    "--force",
    "--dialect",
    "zerorpc",
    "--stats",
  ];
  const watched = ["--watch-all", "--sequence", "frame=-1,type=u32le", "--sequence=frame=0,type=text"];
  assert.deepEqual(parseArguments([...args, ...more, ...watched]), {
    kind: "attach",
    options: {
      server: "ipc:///tmp/s",
      jupyter: null,
      socks: null,
      listen: "tcp://*:1",
      name: "x",
      output: "json",
      count: 3,
      full: true,
      sockets: { client: "REQ", server: "REP" },
      dialect: "zerorpc",
      write: "a.pcapng",
      force: true,
      dir: null,
      maxDiskBytes: 4 * 1024 * 1024 * 1024,
      keys: null,
      watchesAll: true,
      sequences: [
        { frame: -1, type: "u32le" },
        { frame: 0, type: "text" },
      ],
      stats: true,
      faults: [],
      seed: null,
    },
  });
  assert.deepEqual(parseArguments(["keygen", "backend", "--dir", "/tmp"]), {
    kind: "keygen",
    options: { name: "backend", folder: "/tmp" },
  });
  assert.deepEqual(parseArguments(["--version"]), { kind: "version" });
});

test("parseArguments reads probe", () => {
  const endpoint = "tcp://127.0.0.1:5556";
  assert.deepEqual(parseArguments(["probe", endpoint]), {
    kind: "probe",
    options: { endpoint, json: false, keys: null },
  });
  assert.deepEqual(parseArguments(["probe", "--json", endpoint]), {
    kind: "probe",
    options: { endpoint, json: true, keys: null },
  });
});

test("parseArguments reads read, export and fields", () => {
  assert.deepEqual(parseArguments(["read", "a.pcap"]), {
    kind: "read",
    options: { file: "a.pcap", filter: null, json: false, full: false, stats: false, dialect: null },
  });
  assert.deepEqual(
    parseArguments(["read", "a.pcap", "--filter", "size > 3", "--json", "--full", "--stats", "--dialect", "json-rpc"]),
    {
      kind: "read",
      options: { file: "a.pcap", filter: "size > 3", json: true, full: true, stats: true, dialect: "json-rpc" },
    },
  );
  for (const [to, format] of [
    ["b.pcapng", "pcapng"],
    ["b.JSONL", "jsonl"],
    ["b.ndjson", "jsonl"],
    ["b.csv", "csv"],
  ] as const) {
    assert.deepEqual(parseArguments(["export", "a.pcapng", "--to", to, "--filter", "x", "--force"]), {
      kind: "export",
      options: { file: "a.pcapng", to, format, filter: "x", force: true, dialect: null },
    });
  }
  assert.deepEqual(parseArguments(["check", "a.pcap"]), {
    kind: "check",
    options: { file: "a.pcap", json: false, disabled: [], sequences: [], dialect: null },
  });
  const given = ["--json", "--disable", "slow-joiner", "--disable", "bound-to-all", "--dialect", "json-rpc"];
  assert.deepEqual(parseArguments(["check", "a.pcap", ...given]), {
    kind: "check",
    options: {
      file: "a.pcap",
      json: true,
      disabled: ["slow-joiner", "bound-to-all"],
      sequences: [],
      dialect: "json-rpc",
    },
  });
  assert.deepEqual(parseArguments(["fields"]), { kind: "fields" });
});

const bad: [string, string[], RegExp][] = [
  ["no command", [], /No command/],
  ["another command", ["detach"], /no command of zmq-tap/],
  ["an option before the command", ["--json", "attach", "tcp://a:1"], /command comes first/],
  ["a name of a pair that is missing", ["keygen"], /name of the key pair is missing/],
  ["two names of a pair", ["keygen", "a", "b"], /one too many/],
  ["a name of a pair with a folder", ["keygen", "../a"], /--dir/],
  ["an option of another command", ["keygen", "a", "--json"], /Unknown option/],
  ["probe without an endpoint", ["probe"], /endpoint is missing/],
  ["probe with two endpoints", ["probe", "tcp://a:1", "tcp://b:1"], /one too many/],
  ["probe with an option of attach", ["probe", "tcp://a:1", "--quiet"], /Unknown option/],
  [
    "a key that begins with a dash",
    ["attach", "tcp://a:1", "--curve-upstream", "-Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID"],
    /in one word with its option, as --option=value/,
  ],
  ["probe with a pair and no server key", ["probe", "tcp://a:1", "--curve-client", "a"], /needs --curve-upstream/],
  ["probe with a bad endpoint", ["probe", "inproc://a"], /cannot be probed/],
  ["no endpoint", ["attach"], /server endpoint is missing/],
  ["no connection file", ["attach", "--jupyter="], /takes a kernel's connection file/],
  ["a connection file and a server", ["attach", "tcp://a:1", "--jupyter", "k.json"], /Leave the others out/],
  [
    "a connection file and --listen",
    ["attach", "--jupyter", "k.json", "--listen", "tcp://*:1"],
    /Leave the others out/,
  ],
  ["two endpoints", ["attach", "tcp://a:1", "tcp://b:1"], /one too many/],
  ["probe of an HTTP server", ["probe", "http://127.0.0.1:1"], /only ZeroMQ servers/],
  ["a password in an endpoint", ["attach", "http://me:secret@h"], /^"http:\/\/\*\*\*@h" cannot be used/],
  ["keys for an HTTP server", ["attach", "http://h", "--plain-user", "u", "--plain-password-file", "p"], /speaks HTTP/],
  ["a bad endpoint", ["attach", "a:1"], /Write tcp:\/\/a:1/],
  ["a bad listen endpoint", ["attach", "tcp://a:1", "--listen", "udp://a:1"], /listen endpoint/],
  ["an unknown option", ["attach", "tcp://a:1", "--nope"], /Unknown option/],
  ["an option without a value", ["attach", "tcp://a:1", "--name"], /argument missing/],
  ["both outputs", ["attach", "tcp://a:1", "--json", "--quiet"], /exclude/],
  ["a count of 0", ["attach", "tcp://a:1", "--count", "0"], /--count/],
  ["a count that is none", ["attach", "tcp://a:1", "--count="], /--count/],
  ["a sequence that is none", ["attach", "tcp://a:1", "--sequence", "u32le"], /--sequence cannot be used/],
  ["watching an HTTP server", ["attach", "http://h", "--watch-all"], /tap of one publisher/],
  ["bad sockets", ["attach", "tcp://a:1", "--sockets", "REQ"], /--sockets/],
  ["a file to write of another kind", ["attach", "tcp://a:1", "--write", "a.pcap"], /must end in \.pcapng/],
  ["a file to write without a name", ["attach", "tcp://a:1", "--write="], /name of a file/],
  ["force without a file", ["attach", "tcp://a:1", "--force"], /--write, which is missing/],
  ["read without a file", ["read"], /capture file is missing/],
  ["read with two files", ["read", "a", "b"], /one too many/],
  ["read with an option of export", ["read", "a", "--to", "b.csv"], /Unknown option/],
  ["export without a file", ["export", "--to", "b.csv"], /capture file is missing/],
  ["export to nowhere", ["export", "a.pcapng"], /Where to export to is missing/],
  ["export to an unknown kind", ["export", "a.pcapng", "--to", "b.xml"], /\.pcapng, \.jsonl or \.csv/],
  ["check without a file", ["check"], /capture file is missing/],
  ["check without what there is not", ["check", "a", "--disable", "slow-joinder"], /no finding .*slow-joiner\?$/],
  ["check without anything like it", ["check", "a", "--disable", "xyz"], /no finding .*findings\.md lists them\.$/],
  ["check in an unknown dialect", ["check", "a", "--dialect", "latin"], /latin/],
  ["export to itself", ["export", "a.pcapng", "--to", "./a.pcapng"], /exported to itself/],
  ["something behind fields", ["fields", "x"], /takes nothing/],
  ["an unknown format of help", ["help", "--format", "pdf"], /--format takes text, man, markdown/],
  ["help about two commands", ["help", "attach", "read"], /one too many/],
  ["help about no command", ["help", "detach"], /no command of zmq-tap/],
  ["a page about one command", ["help", "attach", "--format", "man"], /about all commands/],
  ["completion without a shell", ["completion"], /bash, zsh, fish/],
  ["completion for another shell", ["completion", "tcsh"], /bash, zsh, fish/],
  ["an option of a command that it does not know", ["probe", "tcp://a:1", "--x"], /See zmq-tap probe --help\.$/],
  ["an unknown socket", ["attach", "tcp://a:1", "--sockets", "client=FOO"], /--sockets/],
];

const key = KNOWN.secretKey;
const misplaced: readonly string[][] = [
  [key],
  ["attach", key],
  ["attach", "tcp://a:1", key],
  ["attach", "tcp://a:1", "--listen", key],
  ["attach", "tcp://a:1", "--count", key],
  ["attach", "tcp://a:1", "--sockets", key],
  ["attach", "tcp://a:1", "--client-leg", key],
  ["attach", "tcp://a:1", "--curve-server", key],
  ["attach", "tcp://a:1", "--curve-client", key],
  ["attach", "tcp://a:1", "--curve-client", `${KNOWN.publicKey}=${key}`],
  ["attach", "tcp://a:1", `--${key}`],
  ["keygen", key],
  ["socks", key],
  ["socks", "--allow", key],
  ["socks", "--for", key],
  ["socks", "--for", "x", "--curve-server", key],
  ["socks", "--for", "x", key],
];

for (const args of misplaced) {
  test(`parseArguments does not repeat a secret key in ${args.join(" ").replaceAll(key, "…")}`, () => {
    const parsed = parseArguments(args);
    assert.ok(parsed.kind === "bad");
    assert.ok(!parsed.message.includes(key.slice(0, 10)), parsed.message);
    assert.doesNotMatch(parsed.message, /\n/);
  });
}

for (const [what, args, message] of bad) {
  test(`parseArguments says in one sentence what is wrong with ${what}`, () => {
    const parsed = parseArguments(args);
    assert.ok(parsed.kind === "bad");
    assert.match(parsed.message, message);
    assert.doesNotMatch(parsed.message, /\n/);
  });
}

test("parseArguments knows where help is asked for, and in which form", () => {
  const all = { kind: "help", command: null, format: "text" };
  for (const args of [["--help"], ["-h"], ["help"], ["no-such", "--help"]]) assert.deepEqual(parseArguments(args), all);
  const attach = { kind: "help", command: "attach", format: "text" };
  for (const args of [
    ["attach", "--help"],
    ["attach", "tcp://a:1", "-h"],
    ["help", "attach"],
  ])
    assert.deepEqual(parseArguments(args), attach);
  assert.deepEqual(parseArguments(["help", "--format", "man"]), { ...all, format: "man" });
  assert.deepEqual(parseArguments(["completion", "fish"]), { kind: "completion", shell: "fish" });
});

test("parseArguments reads --fault as often as it stands, and --seed", () => {
  const parsed = parseArguments([
    "attach",
    "tcp://127.0.0.1:5556",
    "--fault",
    "drop 1/2",
    "--fault=refuse",
    "--seed=7",
  ]);
  assert.ok(parsed.kind === "attach");
  assert.deepEqual([parsed.options.faults, parsed.options.seed], [["drop 1/2", "refuse"], 7]);
  const bad = (...args: string[]): string => {
    const told = parseArguments(["attach", ...args]);
    assert.ok(told.kind === "bad");
    return told.message;
  };
  assert.match(bad("tcp://127.0.0.1:5556", "--fault", "lose"), /^--fault "lose" cannot be used, at character 1: /);
  assert.match(bad("tcp://127.0.0.1:5556", "--fault", "drop", "--seed", "x"), /^--seed takes a whole number/);
  assert.match(bad("tcp://127.0.0.1:5556", "--fault", "drop", "--seed", "4294967296"), /^--seed takes a whole number/);
  assert.match(bad("tcp://127.0.0.1:5556", "--seed", "1"), /^--seed is for --fault/);
  assert.match(bad("--jupyter", "kernel.json", "--fault", "drop"), /^--fault is about one tap/);
});

test("parseArguments repeats no key, wherever one was given by mistake", () => {
  const key = KNOWN.secretKey;
  for (const args of [
    ["attach", key],
    ["attach", "tcp://127.0.0.1:1", key],
    ["attach", "tcp://127.0.0.1:1", "--listen", key],
    ["attach", "tcp://127.0.0.1:1", "--fault", key],
    ["probe", key],
    ["probe", "tcp://127.0.0.1:1", key],
    ["answer", key, "--from", "x"],
    ["call", key, "m"],
    ["replay", "x", "--to", key],
    ["socks", "--listen", key],
    ["socks", "--allow", key],
  ]) {
    const parsed = parseArguments(args);
    if (parsed.kind === "bad") assert.ok(!parsed.message.toLowerCase().includes(key.toLowerCase()), parsed.message);
  }
});
