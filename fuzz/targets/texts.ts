import assert from "node:assert/strict";
import { parseArguments } from "../../src/cli/arguments.ts";
import { splitWords } from "../../src/cli/mcpArguments.ts";
import { checkBridges } from "../../src/shared/bridgeSettings.ts";
import { formatEndpoint, isProblem, parseEndpoint, withoutUser } from "../../src/shared/endpoint.ts";
import { findEndpoints } from "../../src/shared/endpointSearch.ts";
import { filterProblem } from "../../src/shared/filterText.ts";
import { encodeCallFrame, formatFrames, parseFrames, toCallFrame } from "../../src/shared/frameText.ts";
import { parseIntervention } from "../../src/shared/interventionSpec.ts";
import { readJupyterConnection } from "../../src/shared/jupyterConnection.ts";
import { readCurveKey } from "../../src/shared/keys/curveKey.ts";
import { recogniseKeys } from "../../src/shared/keys/keyText.ts";
import { readSecurityNames } from "../../src/shared/keys/securityNames.ts";
import { formatStoredKeys, parseStoredKeys } from "../../src/shared/keys/storedKey.ts";
import { readZcert, writeZcert } from "../../src/shared/keys/zcert.ts";
import { FRAME_FORMATS } from "../../src/shared/viewProtocol.ts";
import { parseSequence, readSequences } from "../../src/shared/sequences.ts";
import { checkSettings } from "../../src/shared/settingsCheck.ts";
import { fitsDestination, readDestinationPattern, readSocks } from "../../src/shared/socks.ts";
import { readStandIn } from "../../src/shared/standIn.ts";
import { callToSend, problemsOf, readCallFile } from "../../src/shared/zmqrpc/callFile.ts";
import { completionsAt, placeAt } from "../../src/shared/zmqrpc/complete.ts";
import { readDocument } from "../../src/shared/zmqrpc/document.ts";
import { readEnvironments } from "../../src/shared/zmqrpc/environments.ts";
import { explain } from "../../src/shared/zmqrpc/explain.ts";
import { printDocument } from "../../src/shared/zmqrpc/print.ts";
import { context, dialects, randomText } from "../../test/support/callFiles.ts";
import { KNOWN, math } from "../../test/support/keys.ts";
import { random } from "../../test/support/random.ts";
import { Draw, seedDraws } from "../draw.ts";
import { type Target, textOf, texts } from "../target.ts";

const CERTIFICATE = writeZcert(KNOWN, "backend");

export const keys: Target = {
  name: "keys",
  about:
    "texts of certificates, keys and variables to whatever reads keys, among them what the key store kept: no throw, sentences without any key, pairs that belong together, what is written is read again",
  seeds: () =>
    texts(
      CERTIFICATE,
      `ZMQ_SECRET_KEY=${KNOWN.secretKey}\nZMQ_PUBLIC_KEY="${KNOWN.publicKey}"`,
      `== CURVE PUBLIC KEY ==\n${KNOWN.publicKey}\n== CURVE SECRET KEY ==\n${KNOWN.secretKey}`,
      JSON.stringify([{ kind: "pair", name: "a", publicKey: KNOWN.publicKey, secretKey: KNOWN.secretKey }]),
      "b'" + "0f".repeat(32) + "'",
    ),
  words: [
    KNOWN.publicKey,
    KNOWN.secretKey,
    "curve\n",
    "metadata\n",
    "public-key = ",
    "secret-key=",
    "secret_key: ",
    '"',
    "export ",
    "server_key",
  ],
  run: (input) => {
    const text = textOf(input);
    const { candidates, problems } = recogniseKeys(
      [
        { name: "a file", text },
        { name: "b", text: CERTIFICATE },
      ],
      math,
    );
    for (const problem of problems) {
      assert.match(problem, /^\S.*\.$/s);
      assert.ok(!problem.includes(KNOWN.secretKey), "a problem repeats a key");
    }
    for (const candidate of candidates) {
      assert.equal(readCurveKey(candidate.name), null);
      if (candidate.kind === "pair")
        assert.equal(math.derivePublic(candidate.pair.secretKey), candidate.pair.publicKey);
    }
    const read = readZcert(text);
    if (read !== null && !("problem" in read) && read.publicKey !== null) {
      const written = writeZcert({ publicKey: read.publicKey, secretKey: read.secretKey }, text.slice(0, 40));
      const again = readZcert(written);
      assert.ok(again !== null && !("problem" in again));
      assert.deepEqual([again.publicKey, again.secretKey], [read.publicKey, read.secretKey]);
    }
    const stored = parseStoredKeys(text);
    if (stored !== null) assert.deepEqual(parseStoredKeys(formatStoredKeys(stored)), stored);
    const connection = readJupyterConnection(text);
    if ("problem" in connection) assert.ok(!connection.problem.includes(KNOWN.secretKey));
  },
};

const NAMES = [
  ...[
    "name",
    "server",
    "listen",
    "filter",
    "dialect",
    "security",
    "serverPair",
    "serverKey",
    "clientPair",
    "plain",
    "allow",
  ],
  ...[
    "kind",
    "in",
    "out",
    "endpoints",
    "endpoint",
    "attach",
    "socket",
    "module",
    "text",
    "frame",
    "type",
    "path",
    "topic",
    "keys",
  ],
  ...[
    "limits",
    "maxMessages",
    "maxBytes",
    "ttlMs",
    "remotes",
    "fanOut",
    "persist",
    "timeoutMs",
    "retries",
    "replies",
    "clientLeg",
  ],
  ...["__proto__", "constructor", "toString", "x"],
];
const WORDS = [
  ...[
    "a",
    "",
    "tcp://127.0.0.1:5556",
    "tcp://*:*",
    "tcp://0.0.0.0:1",
    "ipc:///tmp/a",
    "http://h/x",
    "tcp://u:p@h:1",
    "udp://h:1",
  ],
  ...[
    "rep-req",
    "sub-pub",
    "buffered-rep-req",
    "bind",
    "connect",
    "all",
    "round-robin",
    "json-rpc",
    "auto",
    "dialect",
    "decoder",
  ],
  ...[
    "u32le",
    "json",
    "a.b[0]",
    "topic",
    "pending",
    "(",
    "x.mjs",
    "../x.mjs",
    "/x.mjs",
    "NULL",
    "CURVE",
    "live",
    "capture",
  ],
  ...[KNOWN.publicKey, KNOWN.secretKey, "x".repeat(400)],
];

/** A value as a settings file may hold it: of the right names, more or less. */
function setting(draw: Draw, depth: number): unknown {
  switch (draw.below(depth > 0 ? 9 : 5)) {
    case 0:
      return draw.pick([null, true, false, undefined]);
    case 1:
      return draw.pick([0, 1, -1, 0.5, 1e9, 2 ** 40, Number.NaN, Infinity, 500, 65_535]);
    case 2:
    case 3:
    case 4:
      return draw.rarely(5) ? textOf(draw.some(30)) : draw.pick(WORDS);
    case 5:
      return draw.list(4, () => setting(draw, depth - 1));
    default:
      return Object.fromEntries(draw.list(6, () => [draw.pick(NAMES), setting(draw, depth - 1)] as const));
  }
}

export const settings: Target = {
  name: "settings",
  about:
    "values of every setting, and of what a window remembers, to whatever checks them: no throw, sentences, no secret key repeated, nothing used but what is allowed",
  seeds: () => seedDraws(64, 300),
  run: (input) => {
    const draw = new Draw(input);
    const value = (): unknown => setting(draw, 4);
    const { settings: used, problems } = checkSettings({
      taps: value(),
      maxBytes: value(),
      maxDiskBytes: value(),
      maxFrameBytes: value(),
      savedFilters: value(),
      ownModules: value(),
      filterProblem,
    });
    const bridges = checkBridges(value());
    const all = [...problems, ...bridges.problems];
    for (const problem of all) {
      assert.match(problem, /^\S.*[.?]$/s);
      assert.ok(!problem.includes(KNOWN.secretKey), `a key is repeated: ${problem}`);
    }
    for (const { server, listen } of used.taps) {
      if (!isProblem(parseEndpoint(listen, "listen"))) continue;
      assert.fail(`${server} ${listen} is no place to listen`);
    }
    for (const { module } of used.ownModules) assert.ok(!module.split(/[/\\]/).includes(".."), module);
    const { maxBytes, maxDiskBytes, maxFrameBytes } = used.limits;
    for (const limit of [maxBytes, maxDiskBytes, maxFrameBytes]) assert.ok(Number.isSafeInteger(limit) && limit >= 0);
    readSequences(value());
    readSecurityNames(value());
    readSocks(value());
    readStandIn(value());
    assert.equal(({} as Record<string, unknown>)["x"], undefined);
  },
};

export const endpoints: Target = {
  name: "endpoints",
  about:
    "texts to whatever reads endpoints, destinations, sequences and frames that were typed: no throw, what is written is read again as the same",
  seeds: () =>
    texts(
      "tcp://127.0.0.1:5556",
      "tcp://[::1]:5556",
      "tcp://eth0:0;10.0.0.1:5",
      "ipc://@abstract",
      "http://host:80/RPC2?a=b",
      "*.example.org:5000-5999",
      "topic=hash,frame=-1,type=u32le",
      "# a\n--- frame 1: text\nhello\n--- frame 2: hex\n00 ff\n--- frame 3: json\n{}\n",
    ),
  words: [
    "tcp://",
    "ipc://",
    "http://",
    "[::",
    "]:",
    ";",
    "*",
    "@",
    "--- frame 1: hex\n",
    "--- frame 2: base64\n",
    "frame=",
    "type=json,path=",
  ],
  maxBytes: 1000,
  run: (input) => {
    const text = textOf(input);
    for (const role of ["server", "listen"] as const) {
      const parsed = parseEndpoint(text, role);
      if (isProblem(parsed)) {
        assert.match(parsed.problem, /[.]$/);
        continue;
      }
      assert.deepEqual(parseEndpoint(formatEndpoint(parsed), role), parsed);
    }
    assert.doesNotMatch(withoutUser(`tcp://user:${text}hunter2@host:1`), /hunter2/);
    for (const { server } of findEndpoints(text)) assert.ok(!isProblem(parseEndpoint(server, "server")), server);
    const pattern = readDestinationPattern(text);
    if (!("problem" in pattern)) fitsDestination(pattern, text, 5556);
    parseSequence(text);
    const frames = parseFrames(text);
    if (frames.kind === "frames") {
      const again = parseFrames(formatFrames(["heading"], frames.frames));
      assert.deepEqual(again, { kind: "frames", frames: frames.frames });
    }
    for (const format of FRAME_FORMATS) encodeCallFrame({ format, text });
    const typed = encodeCallFrame(toCallFrame(input));
    assert.ok(typed.kind === "bytes" && Buffer.compare(typed.bytes, input) === 0);
  },
};

export const callFiles: Target = {
  name: "call-files",
  about:
    "texts of call files and of environments to their reader, checker, printer, completion and explanation: no throw, problems that lie in the text, what is printed stays as it is",
  seeds: () => [
    ...Array.from({ length: 24 }, (_, seed) => new Uint8Array(Buffer.from(randomText(random(seed))))),
    ...texts(
      'variables\n  host: 127.0.0.1\n\ncall a\n  target: tcp://{{host}}:1\n  dialect: json-rpc\n  method: m\n  args: [1, {"a": "{{$env.X}}"}]\n  save: t = value.token\n  expect: status == ok\n',
      '{"staging": {"host": "10.0.0.5"}}',
    ),
  ],
  words: [
    "call ",
    "variables\n",
    "environment ",
    "defaults\n",
    "  target: ",
    "  args: ",
    "  kwargs: ",
    "  expect: ",
    "  save: ",
    "{{",
    "}}",
    "{{$env.",
    "  fields: ",
    "value.",
    "matches ",
    "[[[[[[[[",
  ],
  run: (input) => {
    const text = textOf(input);
    const file = readCallFile(text);
    const { environments } = readEnvironments(text);
    const known = { taps: [{ name: "t", server: "tcp://h:1" }], methods: ["m"], keys: [], dialects };
    for (const dialectsKnown of [null, dialects]) {
      const withAll = { ...context, environments, dialects: dialectsKnown };
      for (const { range, message } of problemsOf(file, withAll)) {
        assert.ok(
          range.from >= 0 && range.from <= range.to && range.to <= text.length + 1,
          `${range.from} ${range.to}`,
        );
        assert.match(message, /\S/);
      }
      for (const call of file.calls.slice(0, 5)) {
        callToSend(file, call, withAll, { saved: new Map([["t", { a: [1] }]]), processVariable: () => undefined });
      }
      for (const offset of [0, text.length >> 1, text.length]) {
        const place = placeAt(file, text, offset);
        if (place !== null) assert.ok(completionsAt(place, file, withAll, known).length <= 500);
        explain(file, offset, withAll);
      }
    }
    const printed = printDocument(readDocument(text));
    if (!file.document.isCut) assert.equal(printDocument(readDocument(printed)), printed);
  },
};

export const interventions: Target = {
  name: "interventions",
  about: "texts to the reader of --fault and Inject Fault: no throw, a place within the text, bounded numbers",
  seeds: () =>
    texts(
      "hold 30s",
      'delay 200ms ±50ms s2c if topic == "a"',
      "drop 1/10 commands",
      "reorder 3 within 500ms",
      "throttle 10KiB/s",
      "throttle 5 messages/s c2s",
      "cut reset",
      "freeze client",
      "refuse",
      "duplicate 1/5",
    ),
  words: [
    "hold ",
    "delay ",
    "drop 1/",
    "reorder ",
    " within ",
    "throttle ",
    "KiB/s",
    " messages/s",
    " if ",
    " c2s",
    " commands",
    "ms",
    "±",
    "1e9",
    "0",
  ],
  maxBytes: 400,
  run: (input) => {
    const text = textOf(input);
    const read = parseIntervention(text);
    if (!read.ok) {
      assert.ok(read.at >= 0 && read.at <= text.length + 1, `${read.at} of ${text.length}`);
      assert.match(read.problem, /[.?]$/);
      return;
    }
    for (const [name, value] of Object.entries(read.intervention)) {
      if (typeof value === "number") assert.ok(Number.isFinite(value) && value >= 0, name);
    }
  },
};

const COMMANDS = [
  ...[
    "attach",
    "socks",
    "keygen",
    "probe",
    "read",
    "export",
    "check",
    "answer",
    "bridge",
    "web-bridge",
    "mcp",
    "run",
    "replay",
  ],
  ...["fields", "call", "dialects", "--help", "x", ""],
];
const OPTIONS =
  "allow allow-remote allow-send as bail client-leg count curve-allow curve-client curve-server curve-upstream delay dialect dir disable env fault field filter force from full hwm json junit listen max-disk name no-redact no-token options plain-user port quiet redact replies retries seed sequence server-leg socket sockets stats tap timeout to token watch-all write kwargs".split(
    " ",
  );
const VALUES = [
  ...[
    "tcp://127.0.0.1:1",
    "tcp://*:*",
    "1",
    "0",
    "-1",
    "10s",
    "NULL",
    "client=REQ,server=REP",
    "drop 1/2",
    "a=b",
    "x",
    "",
    "1e400",
  ],
  ...[
    "{}",
    "[1]",
    "rep-req",
    "topic == 1",
    "frame=-1,type=u8",
    "*:1",
    KNOWN.publicKey,
    KNOWN.secretKey,
    "/none/such.pcapng",
  ],
];

export const commandLine: Target = {
  name: "command-line",
  about:
    "words after zmq-tap, of every command and option, to the reader of the command line: no throw, options or one line, which repeats no key",
  seeds: () => seedDraws(64),
  run: (input) => {
    const draw = new Draw(input);
    const value = (): string => (draw.rarely(6) ? textOf(draw.some(20)).replaceAll("/", "_") : draw.pick(VALUES));
    const words = [draw.pick(COMMANDS)];
    for (let left = draw.below(10); left > 0; left--) {
      const option = `--${draw.pick(OPTIONS)}`;
      words.push(
        ...draw.pick([() => [value()], () => [option], () => [option, value()], () => [`${option}=${value()}`]])(),
      );
    }
    const parsed = parseArguments(words);
    if (parsed.kind !== "bad") return;
    assert.match(parsed.message, /\S/);
    assert.ok(!parsed.message.includes(KNOWN.secretKey), `a key is repeated: ${parsed.message}`);
    splitWords(textOf(input));
  },
};
