import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as vscode from "vscode";
import type * as Zeromq from "zeromq";
import { freePort } from "../../scripts/tasks/freePort.ts";
import type { ZmqTapApi } from "../../src/host/api.ts";
import { Bridges } from "../../src/host/bridges.ts";
import { LiveSource } from "../../src/host/captureSource.ts";
import { DialectChoices } from "../../src/host/dialectChoices.ts";
import { Display } from "../../src/host/display.ts";
import { Engine } from "../../src/host/engine.ts";
import { Filters } from "../../src/host/filters.ts";
import { FirstSteps } from "../../src/host/firstSteps.ts";
import { KeyStore } from "../../src/host/keyStore.ts";
import { ProtoFiles } from "../../src/host/protoFiles.ts";
import { Sending } from "../../src/host/sending.ts";
import { Taps } from "../../src/host/taps.ts";
import type { ViewServices } from "../../src/host/viewBridge.ts";
import { Views } from "../../src/host/views.ts";
import { DEFAULT_MAX_BYTES, DEFAULT_MAX_DISK_BYTES, DEFAULT_MAX_FRAME_BYTES } from "../../src/shared/settingsCheck.ts";
import type { Row, TapState } from "../../src/shared/model.ts";

/** The library of the repository, not of the bundle: its native part is found by its place. */
export const zmq = createRequire(join(process.env["ZMQ_TAP_TEST_ROOT"] ?? "", "package.json"))(
  "zeromq",
) as typeof Zeromq;

/** What a test of what needs zeromq finds in the universal package, which carries none. */
const NOT_CARRIED =
  /needs the zeromq library, which the universal package of ZMQ Tap does not carry\. Install the package/;

/** Whether the package under test is the universal one. */
export const isUniversal = process.env["ZMQ_TAP_PACKAGE"] === "universal";

/**
 * A test of what works with zeromq only. In the universal package it proves instead that `attempt`, which is the first thing
 * that needs it, is refused with what is missing and what to do.
 */
export function testWithZeromq(title: string, body: () => Promise<void>, attempt: () => Promise<unknown>): void {
  if (!isUniversal) test(title, body);
  else test(`${title} (universal package: says what is missing)`, () => assert.rejects(attempt, NOT_CARRIED));
}

export function extension(): vscode.Extension<ZmqTapApi> {
  const found = vscode.extensions.getExtension<ZmqTapApi>("zmq-tap.zmq-tap");
  assert.ok(found, "ZMQ Tap is not installed");
  return found;
}

export async function activated(): Promise<ZmqTapApi> {
  return extension().activate();
}

/** Runs a command of ours without its asking or showing anything: failures reject. */
export async function run<T>(command: string, args: Readonly<Record<string, unknown>> = {}): Promise<T> {
  return vscode.commands.executeCommand<T>(`zmqTap.${command}`, { quiet: true, ...args });
}

/** The first value that `look` finds, looked for now and after every change that the extension tells of. */
export async function eventually<T>(api: ZmqTapApi, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  return new Promise((resolve, reject) => {
    const check = (): void => {
      Promise.resolve(look()).then((found) => {
        if (found === undefined) return;
        changes.dispose();
        resolve(found);
      }, reject);
    };
    const changes = api.onDidChange(check);
    check();
  });
}

/** The first row of the log that `isWanted` takes. */
export async function eventualRow(api: ZmqTapApi, isWanted: (row: Row) => boolean): Promise<Row> {
  return eventually(api, async () => (await api.rows(0, 500)).rows.find(isWanted));
}

/** A REP that answers each request with `echo <request>`, on a free port. */
export async function startEchoServer(): Promise<{ readonly endpoint: string; close(): void }> {
  return echoServer({});
}

async function echoServer(options: Zeromq.SocketOptions<Zeromq.Reply>): Promise<{
  readonly endpoint: string;
  close(): void;
}> {
  const server = new zmq.Reply(options);
  await server.bind("tcp://127.0.0.1:*");
  const serve = async (): Promise<void> => {
    for await (const [request] of server) await server.send(`echo ${String(request)}`);
  };
  void serve();
  const endpoint = server.lastEndpoint;
  assert.ok(endpoint);
  return { endpoint, close: () => server.close() };
}

/** The same behind CURVE. */
export async function startCurveServer(): Promise<{
  readonly endpoint: string;
  readonly publicKey: string;
  readonly secretKey: string;
  close(): void;
}> {
  const { publicKey, secretKey } = zmq.curveKeyPair();
  const server = await echoServer({ curveServer: true, curveSecretKey: secretKey });
  return { ...server, publicKey, secretKey };
}

/** A CURVE client with a key pair of its own. */
export function connectCurveClient(endpoint: string, serverKey: string): Zeromq.Request {
  const { publicKey, secretKey } = zmq.curveKeyPair();
  const options = { curveServerKey: serverKey, curvePublicKey: publicKey, curveSecretKey: secretKey, linger: 0 };
  const client = new zmq.Request(options);
  client.connect(endpoint);
  return client;
}

/** Asks the server behind `endpoint` and gives its answer. */
export async function ask(endpoint: string, text: string): Promise<string> {
  const client = new zmq.Request({ linger: 0 });
  try {
    client.connect(endpoint);
    await client.send(text);
    const [answer] = await client.receive();
    return String(answer);
  } finally {
    client.close();
  }
}

/** A loopback endpoint that nobody listens on now. */
export async function freeEndpoint(): Promise<string> {
  return `tcp://127.0.0.1:${await freePort()}`;
}

/** A tap in front of `server`, as the command attaches it. */
export async function attachTo(server: string, more: Readonly<Record<string, unknown>> = {}): Promise<TapState> {
  return run<TapState>("attach", { server, ...more });
}

/** What stands between the extension's engine and a view, as `activate()` builds it, over an engine of the test's own. */
export function ownServices(engine: Engine, memory = memento()): ViewServices {
  const display = new Display(engine, memory);
  const log = vscode.window.createOutputChannel("ZMQ Tap view test", { log: true });
  const keys = keyStore();
  const taps = new Taps(engine, memory, keys);
  const bridges = new Bridges({ engine, memory, keys, storage: null, log });
  return {
    engine,
    taps,
    bridges,
    display,
    dialects: new DialectChoices(engine, taps, memory, log),
    sending: new Sending(engine, display, keys),
    filters: new Filters(memory, () => []),
    views: new Views(),
    live: new LiveSource(engine, display),
    protoFiles: new ProtoFiles(engine, log),
    firstSteps: new FirstSteps(),
    interventions: { current: undefined },
    log,
  };
}

/** Removes every tap and empties the log, so that the next test starts from nothing. */
export async function removeAllTaps(): Promise<void> {
  const api = await activated();
  // Those of a SOCKS server's destinations go with it.
  const own = api.taps().filter(({ config }) => config.door === undefined);
  for (const tap of own) await run("removeTap", { tap: tap.config.id });
  await run("clearLog");
}

/** A memory of its own, as a window's `workspaceState`. */
export function memento(stored: Record<string, unknown> = {}): vscode.Memento {
  const values = new Map(Object.entries(stored));
  return {
    keys: () => [...values.keys()],
    get: <T>(key: string, otherwise?: T) => (values.has(key) ? (values.get(key) as T) : otherwise) as T,
    update: (key: string, value: unknown) => {
      if (value === undefined) values.delete(key);
      else values.set(key, value);
      return Promise.resolve();
    },
  };
}

/** A secret storage of its own, as a window's `secrets`; `keep` may lose or refuse what is stored. */
export function secretStorage(keep: (value: string) => string | undefined = (value) => value): vscode.SecretStorage {
  const values = new Map<string, string>();
  const changes = new vscode.EventEmitter<vscode.SecretStorageChangeEvent>();
  return {
    onDidChange: changes.event,
    get: (key) => Promise.resolve(values.get(key)),
    store: async (key, value) => {
      await Promise.resolve();
      const kept = keep(value);
      if (kept === undefined) values.delete(key);
      else values.set(key, kept);
      changes.fire({ key });
    },
    delete: (key) => {
      values.delete(key);
      changes.fire({ key });
      return Promise.resolve();
    },
  };
}

/** A key store of its own. */
export function keyStore(secrets = secretStorage()): KeyStore {
  return new KeyStore(secrets, (message) => assert.fail(message));
}

/** An engine beside the extension's own, for tests of what is built on one, in memory only without `storage`. The test disposes of it. */
export function ownEngine(storage: string | null = null): Engine {
  const log = vscode.window.createOutputChannel("ZMQ Tap test", { log: true });
  return new Engine({ path: enginePath(), log, limits: () => OWN_LIMITS, storage });
}

/** The engine's bundle in the extension. */
export function enginePath(): string {
  return vscode.Uri.joinPath(extension().extensionUri, "dist", "engine.cjs").fsPath;
}

export const OWN_LIMITS = {
  maxBytes: DEFAULT_MAX_BYTES,
  maxDiskBytes: DEFAULT_MAX_DISK_BYTES,
  maxFrameBytes: DEFAULT_MAX_FRAME_BYTES,
};
