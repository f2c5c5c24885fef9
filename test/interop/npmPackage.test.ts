import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { copyFile, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text as textOf } from "node:stream/consumers";
import { after, before, test, type TestContext } from "node:test";
import type { npmManifest } from "../../scripts/tasks/npmPackage.ts";
import { npmFile } from "../../scripts/tasks/packageFiles.ts";
import { KNOWN } from "../support/keys.ts";
import { text } from "./peers/peer.ts";
import { PythonPeer } from "./peers/python.ts";
import { giveKeys, type TapKeys } from "./support/tapKeys.ts";

const MINUTE_MS = 60_000;
const extension = JSON.parse(readFileSync("package.json", "utf8")) as Parameters<typeof npmManifest>[0];

const python = new PythonPeer();
let folder: string;
let tarball: string;
/** Folders in which the package is installed: as npm does it, and where zeromq could not be installed. */
let whole: string;
let without: string;

type Ended = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs a program in a folder until it ends. npm fetches into a cache of the test's own, from the registry that it is set up for. */
function runIn(cwd: string, command: string, ...args: readonly string[]): Promise<Ended> {
  const env = { ...process.env, npm_config_cache: join(folder, "cache"), npm_config_audit: "false" };
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd, env, timeout: MINUTE_MS }, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === "number") resolve({ code: error.code, stdout, stderr });
      else reject(new Error(error.message));
    });
  });
}

async function install(name: string, ...options: readonly string[]): Promise<string> {
  const place = join(folder, name);
  await mkdir(place);
  const { code, stderr } = await runIn(place, "npm", "install", "--no-fund", "--prefer-offline", ...options, tarball);
  assert.equal(code, 0, stderr);
  return place;
}

const zmqTap = (place: string): string => join(place, "node_modules", ".bin", "zmq-tap");

before(async () => {
  const packed = npmFile(extension.version);
  assert.ok(existsSync(packed), `${packed} is missing: npm run package -- --target npm`);
  folder = await mkdtemp(join(tmpdir(), "zt-"));
  tarball = join(folder, "zmq-tap.tgz");
  await copyFile(packed, tarball);
  whole = await install("whole");
  without = await install("without", "--omit=optional");
});
after(async () => {
  await python.stop();
  await rm(folder, { recursive: true, force: true });
});

/** One request and its reply through a tap of the installed command; what it printed of them. */
async function tapOnce(t: TestContext, place: string, keys: TapKeys = {}): Promise<readonly Record<string, unknown>[]> {
  const isCurve = keys.serverPair !== undefined;
  const rep = await python.open("REP", isCurve ? { curveServer: true, curveSecretKey: KNOWN.secretKey } : {});
  const server = await rep.bind("tcp://127.0.0.1:*");
  const given = giveKeys(keys);
  t.after(() => given.remove());
  const tap = spawn(zmqTap(place), ["attach", server, "--json", "--count", "2", ...given.args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  t.after(() => tap.kill("SIGKILL"));
  const listening = new Promise<string>((resolve, reject) => {
    let said = "";
    tap.stderr.setEncoding("utf8").on("data", (part: string) => {
      said += part;
      const endpoint = /^listening on (\S+) /.exec(said)?.[1];
      if (endpoint !== undefined) resolve(endpoint);
    });
    tap.once("close", () => reject(new Error(said)));
  });
  const printed = textOf(tap.stdout);
  const { publicKey, secretKey } = KNOWN;
  const req = await python.open(
    "REQ",
    isCurve ? { curveServerKey: publicKey, curvePublicKey: publicKey, curveSecretKey: secretKey } : {},
  );
  await req.connect(await listening);
  await req.send(text("2 + 3"));
  await rep.receive();
  await rep.send(text("5"));
  await req.receive();
  const lines = (await printed).trim().split("\n");
  await req.close();
  await rep.close();
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ type }) => type === "message");
}

const frames = (messages: readonly Record<string, unknown>[]): unknown =>
  messages.map((message) => Buffer.from((message["frames"] as string[]).at(-1)!, "base64").toString());

test("npx runs the package from its file in an empty folder", async () => {
  const place = join(folder, "empty");
  await mkdir(place);
  const help = await runIn(place, "npx", "--yes", "--prefer-offline", "--package", tarball, "zmq-tap", "--help");
  assert.equal(help.code, 0, help.stderr);
  assert.match(help.stdout, /^Usage: zmq-tap <command> \[options\]$/m);
  assert.deepEqual(await readdir(place), []);
});

test("The installed package says its version, has its manual page, and brings zeromq alone", async () => {
  assert.equal((await runIn(whole, zmqTap(whole), "--version")).stdout, `${extension.version}\n`);
  const home = join(whole, "node_modules", "zmq-tap");
  const manifest = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as {
    man: string[];
    dependencies?: object;
  };
  assert.deepEqual(manifest.dependencies, undefined);
  assert.match(readFileSync(join(home, manifest.man[0]!), "utf8"), /^\.TH ZMQ/);
  assert.deepEqual((await readdir(join(whole, "node_modules"))).filter((name) => !name.startsWith(".")).sort(), [
    "cmake-ts",
    "node-addon-api",
    "zeromq",
    "zmq-tap",
  ]);
  assert.deepEqual(
    (await readdir(join(without, "node_modules"))).filter((name) => !name.startsWith(".")),
    ["zmq-tap"],
  );
});

test("The installed package taps, and calls an endpoint with zeromq", async (t) => {
  assert.deepEqual(frames(await tapOnce(t, whole)), ["2 + 3", "5"]);
  const rep = await python.open("REP");
  const calling = runIn(whole, zmqTap(whole), "call", await rep.bind("tcp://127.0.0.1:*"), "hello");
  await rep.receive();
  await rep.send(text('"well"'));
  const { code, stdout } = await calling;
  assert.equal(code, 0);
  assert.match(stdout, /well/);
  await rep.close();
});

const NEEDS_ZEROMQ: readonly (readonly string[])[] = [
  ["call", "tcp://127.0.0.1:9", "hello"],
  ["answer", "tcp://127.0.0.1:*", "--replies", "replies.json"],
  ["bridge", "rep-req", "--in", "tcp://127.0.0.1:*", "--out", "tcp://127.0.0.1:9"],
  ["web-bridge", "--allow", "tcp://127.0.0.1:9"],
];

test("Where zeromq could not be installed taps work, with CURVE too, and what needs it says what is missing", async (t) => {
  assert.deepEqual(frames(await tapOnce(t, without)), ["2 + 3", "5"]);
  assert.deepEqual(frames(await tapOnce(t, without, { serverPair: KNOWN })), ["2 + 3", "5"]);
  await writeFile(join(without, "replies.json"), '{"*": {"value": 1}}');
  for (const args of NEEDS_ZEROMQ) {
    const { code, stdout, stderr } = await runIn(without, zmqTap(without), ...args);
    assert.equal(code, 1, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /needs the zeromq library, which is not installed\. .*--include=optional\. Taps, .*\.\n$/);
    assert.match(stderr, /^[^\n]+\n$/);
  }
});

test("Where zeromq has no native file taps work, and what needs it says what is wrong", async (t) => {
  await rm(join(whole, "node_modules", "zeromq", "build"), { recursive: true });
  assert.deepEqual(frames(await tapOnce(t, whole)), ["2 + 3", "5"]);
  const { code, stderr } = await runIn(whole, zmqTap(whole), "call", "tcp://127.0.0.1:9", "hello");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^A call to an endpoint needs the zeromq library, which cannot be loaded.* npm rebuild zeromq\./m,
  );
});
