import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test, type TestContext } from "node:test";
import { freePort } from "../../scripts/tasks/freePort.ts";
import { findPython } from "./peers/python.ts";
import { type Ended, runCli } from "./support/cliTap.ts";

async function emptyFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "tap-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

/** A pyzmq service; answers with its endpoint. */
async function startServer(t: TestContext, ...args: readonly string[]): Promise<string> {
  const file = join(import.meta.dirname, "peers", "callServer.py");
  const child = spawn(findPython(), ["-B", file, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(async () => {
    const closed = once(child, "close");
    child.kill("SIGKILL");
    await closed;
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return line;
}

/** An endpoint that nobody listens on now. */
async function freeEndpoint(): Promise<string> {
  return `tcp://127.0.0.1:${await freePort()}`;
}

/** Runs a call file with this text, in a folder of its own. */
async function run(
  t: TestContext,
  text: string,
  args: readonly string[] = [],
  environment: NodeJS.ProcessEnv = {},
): Promise<Ended & { readonly folder: string }> {
  const folder = await emptyFolder(t);
  const file = join(folder, "calls.zmqrpc");
  await writeFile(file, text);
  const ended = await runCli(["run", file, ...args.map((arg) => arg.replace("FOLDER", folder))], environment);
  return { ...ended, folder };
}

/** Names and texts of the test cases of a JUnit file, read by a strict parser. */
function readJUnit(file: string): unknown {
  const script = `import json, sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
print(json.dumps([root.tag, root.attrib, [[suite.attrib["name"], [[case.attrib["name"], case.attrib["time"],
  [[part.tag, part.attrib["message"], part.attrib["type"], part.text] for part in case]] for case in suite]] for suite in root]]))`;
  return JSON.parse(execFileSync(findPython(), ["-c", script, file], { encoding: "utf8" }));
}

const PASSING = (endpoint: string): string => `# What the service can do
variables
  a: 2

defaults
  target: ${endpoint}
  timeout: 20s

call login
  frame: "login"
  save: token = value[0].token

call add
  frame: "add"
  frame: json {{a}}
  frame: json 3
  expect: value[0].sum == 5
  expect: value[0].of == [{{a}}, 3]

call use the token
  frame: "show"
  frame: json {"given": {{token}}, "text": "{{token}}"}
  expect: value[0].shown[0].given.id == 7
  expect: value[0].shown[0].text matches "t0k"
  expect: value[0].shown[0].lost missing

call bytes
  frame: hex 62 79
    74 65 73
  expect: value == ["0xff00", "plain text"]
`;

test("run sends the calls of a file in order to pyzmq, each with what the ones before it saved", async (t) => {
  const { code, stdout, stderr } = await run(t, PASSING(await startServer(t)));
  assert.equal(stderr, "");
  assert.match(
    stdout,
    /^✓ login {2}[\d.]+ ms\n✓ add {2}[\d.]+ ms\n✓ use the token {2}[\d.]+ ms\n✓ bytes {2}[\d.]+ ms\n4 of 4 calls as expected\.\n$/,
  );
  assert.equal(code, 0);
});

test("run ends with 3 when a value differs, says where, and writes it as JUnit's XML", async (t) => {
  const text = PASSING(await startServer(t))
    .replace("sum == 5", "sum == 6")
    .replace("call login", 'call log "in" <&> \u0001é');
  const { code, stdout, folder } = await run(t, text, ["--junit", "FOLDER/out.xml"]);
  assert.equal(code, 3);
  assert.match(
    stdout,
    /✗ add {2}[\d.]+ ms\n {4}expected value\[0\]\.sum == 6\n {6}value\[0\]\.sum is 5, expected 6\n✓ use/,
  );
  assert.match(stdout, /3 of 4 calls as expected, 1 different\.\n$/);
  const [tag, counts, [suite]] = readJUnit(join(folder, "out.xml")) as [
    string,
    Record<string, string>,
    [[string, unknown[][]]],
  ];
  assert.equal(tag, "testsuites");
  const { time, ...numbers } = counts;
  assert.deepEqual(numbers, { name: "zmq-tap run", tests: "4", failures: "1", errors: "0", skipped: "0" });
  assert.ok(Number(time) > 0);
  const [, cases] = suite;
  assert.deepEqual(
    cases.map(([name]) => name),
    ['log "in" <&> \ufffdé', "add", "use the token", "bytes"],
  );
  assert.deepEqual(cases[1]![2], [
    ["failure", "expected value[0].sum == 6", "failed", "expected value[0].sum == 6\n  value[0].sum is 5, expected 6"],
  ]);
  assert.ok(cases.every(([, seconds]) => Number(seconds) > 0));
});

test("run speaks dialects, and takes an error of the service for one", async (t) => {
  const text = `defaults
  target: ${await startServer(t)}
  dialect: json-rpc
  timeout: 20s

call divide
  method: divide
  args: [6, 4]
  expect: value.quotient == 1.5

call refuse
  method: divide
  args: [6, 0]
  expect: status error
  expect: code == "-32000"
  expect: problem matches ^DIVISION
`;
  assert.deepEqual(/^2 of 2/m.exec((await run(t, text)).stdout)?.length, 1);
  const { code, stdout } = await run(t, text.replace("status error", "status ok"));
  assert.equal(code, 3);
  assert.match(stdout, /✗ refuse.*\n {4}expected status ok\n {6}Error after .*-32000: division by zero\./);
});

test("run ends with 4 when all that is missing are replies, and with 0 when that was expected", async (t) => {
  const nobody = await freeEndpoint();
  const text = `call a\n  target: ${nobody}\n  frame: "x"\n  timeout: 100ms\n  retries: 1\n`;
  const { code, stdout } = await run(t, text);
  assert.match(stdout, /✗ a\n {4}expected status ok\n {6}No answer within 100 ms, 2 times/);
  assert.equal(code, 4);
  assert.equal((await run(t, `${text}  expect: status timeout\n`)).code, 0);
});

test("run --bail ends with the first call that is not as expected, and --only sends what it names", async (t) => {
  const endpoint = await startServer(t);
  const text = PASSING(endpoint).replace("sum == 5", "sum == 6");
  assert.match((await run(t, text, ["--bail"])).stdout, /1 of 2 calls as expected, 1 different/);
  const only = await run(t, text, ["--only", "bytes", "--only", "login"]);
  assert.equal(only.code, 0);
  assert.match(only.stdout, /^✓ login.*\n✓ bytes.*\n2 of 2/);
  const unsaved = await run(t, text, ["--only", "use the token"]);
  assert.equal(unsaved.code, 1);
  assert.match(unsaved.stdout, /"token" has no value yet: "login" saves it/);
});

test("run takes variables from environments, from the file beside it and from the command line", async (t) => {
  const endpoint = await startServer(t);
  const folder = await emptyFolder(t);
  const file = join(folder, "calls.zmqrpc");
  await writeFile(join(folder, "zmqrpc.env.json"), JSON.stringify({ beside: { b: 20 } }));
  const call = (name: string): string =>
    `call ${name}\n  target: ${endpoint}\n  timeout: 20s\n  frame: "show"\n  frame: json {{b}}\n`;
  const text = `variables\n  b: 1\n\nenvironment own\n  b: 10\n\n${call("a")}`;
  await writeFile(file, text);
  const shown = async (...args: string[]): Promise<unknown> => {
    const { stdout } = await runCli(["run", file, "--json", ...args]);
    return (JSON.parse(stdout) as { value: [{ shown: [unknown] }] }).value[0].shown[0];
  };
  assert.equal(await shown(), 1);
  assert.equal(await shown("--env", "own"), 10);
  assert.equal(await shown("--env", "beside"), 20);
  assert.equal(await shown("--env", "beside", "--var", "b=30"), 30);
});

test("run sends what is for a tap to the endpoint that stands for it", async (t) => {
  const text = 'call a\n  target: tap my tap\n  frame: "login"\n  timeout: 20s\n';
  assert.equal((await run(t, text, ["--tap", `my tap=${await startServer(t)}`])).code, 0);
  const missing = await run(t, text);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /goes through the tap "my tap"\. Say with --tap my tap=<endpoint>/);
});

test("run shows CURVE keys that calls name, from a folder of certificates", async (t) => {
  const keys = await emptyFolder(t);
  for (const name of ["backend", "me", "other"]) await runCli(["keygen", name, "--dir", keys]);
  const endpoint = await startServer(t, "curve", join(keys, "backend.key_secret"));
  await rename(join(keys, "backend.key_secret"), join(keys, "elsewhere"));
  const text = `call a\n  target: ${endpoint}\n  frame: "login"\n  timeout: 20s\n  serverKey: backend\n  clientPair: me\n`;
  const { code, stdout, stderr } = await run(t, text, ["--keys", keys]);
  assert.equal(code, 0, stdout + stderr);
  const wrong = text.replace("serverKey: backend", "serverKey: other").replace("20s", "1s");
  const refused = await run(t, wrong, ["--keys", keys]);
  assert.notEqual(refused.code, 0);
  const missing = await run(t, text.replace("clientPair: me", "clientPair: nobody"), ["--keys", keys]);
  assert.equal(missing.code, 1);
  assert.match(missing.stdout, /There is no nobody\.key_secret in the folder of --keys/);
  assert.match((await run(t, text)).stdout, /Say with --keys in which folder/);
  const given = ["--curve-upstream", join(keys, "backend.key"), "--curve-client", join(keys, "me.key_secret")];
  assert.equal((await run(t, wrong.replace("1s", "20s"), given)).code, 0);
  const secret = /secret-key = "(.*)"/.exec(await readFile(join(keys, "me.key_secret"), "utf8"))![1]!;
  for (const { stdout: out, stderr: errors } of [refused, missing]) assert.ok(!(out + errors).includes(secret));
});

test("run shows a PLAIN user that calls name, with the password of a file", async (t) => {
  const keys = await emptyFolder(t);
  await writeFile(join(keys, "reader.password"), "pa55word\n");
  const text = (endpoint: string): string =>
    `call a\n  target: ${endpoint}\n  frame: "login"\n  timeout: 20s\n  plain: reader\n`;
  const endpoint = await startServer(t, "plain", "reader", "pa55word");
  const { code, stdout, stderr } = await run(t, text(endpoint), ["--keys", keys]);
  assert.equal(code, 0, stdout + stderr);
  assert.equal((await run(t, text(endpoint), [], { ZMQ_TAP_PASSWORD: "pa55word" })).code, 0);
});

test("run prints nothing of what came from the environment", async (t) => {
  const endpoint = await startServer(t);
  const secret = 'very"secret';
  const text = `call a\n  target: ${endpoint}\n  timeout: 20s\n  frame: "show"\n  frame: json {"a": "{{$TAP_TOKEN}}"}\n  expect: value[0].shown[0].a == "{{$TAP_TOKEN}}x"\n`;
  for (const args of [[], ["--json"], ["--junit", "FOLDER/out.xml"]]) {
    const { code, stdout, stderr, folder } = await run(t, text, args, { TAP_TOKEN: secret });
    assert.equal(code, 3);
    const xml = args[0] === "--junit" ? await readFile(join(folder, "out.xml"), "utf8") : "";
    assert.match(stdout + xml, /\*\*\*x/);
    assert.doesNotMatch(stdout + stderr + xml, /very.{0,8}secret/);
  }
  const unset = await run(t, text);
  assert.equal(unset.code, 1);
  assert.match(unset.stdout, /The environment variable TAP_TOKEN is not set/);
});

test("run sends nothing when a file cannot be used, and says where it is wrong", async (t) => {
  const endpoint = await startServer(t);
  const { code, stdout, stderr, folder } = await run(t, `${PASSING(endpoint)}\ncall bad\n  mehtod: x\n`);
  assert.equal(code, 2);
  assert.equal(stdout, "");
  assert.ok(stderr.includes(`${folder}/calls.zmqrpc:33:3: There is no "mehtod" in a call.`), stderr);
  assert.match(stderr, /Did you mean method\?/);
  const asked: readonly (readonly [readonly string[], RegExp])[] = [
    [["run", join(folder, "none.zmqrpc")], /cannot be read \(ENOENT\)/],
    [["run"], /call file is missing/],
    [["run", "x", "--var", "a"], /--var takes name=value/],
    [["run", "x", "--tap", "a=b"], /--tap a: "b" cannot be used/],
  ];
  for (const [args, said] of asked) {
    const ended = await runCli(args);
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, said);
  }
  const good = await run(t, PASSING(endpoint), ["--env", "stagin"]);
  assert.deepEqual([good.code, good.stderr], [2, 'There is no environment "stagin".\n']);
  const named = await run(t, PASSING(endpoint), ["--only", "logn"]);
  assert.deepEqual([named.code, named.stderr], [2, 'There is no call "logn". Did you mean login?\n']);
  assert.equal((await run(t, "# nothing\n")).code, 2);
  await writeFile(join(folder, "zmqrpc.env.json"), "{");
  const beside = await runCli(["run", join(folder, "calls.zmqrpc")]);
  assert.match(beside.stderr, /zmqrpc\.env\.json is no JSON/);
});
