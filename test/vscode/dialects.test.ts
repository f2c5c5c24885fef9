import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DialectChoice, Row } from "../../src/shared/model.ts";
import { DialectChoices } from "../../src/host/dialectChoices.ts";
import { Taps } from "../../src/host/taps.ts";
import * as vscode from "vscode";
import {
  activated,
  ask,
  attachTo,
  eventualRow,
  keyStore,
  memento,
  ownEngine,
  ownServices,
  removeAllTaps,
  run,
  startEchoServer,
} from "./support.ts";

const CALL = '{"jsonrpc":"2.0","id":"x1","method":"orders.list"}';

suite("Dialects", () => {
  let server: { readonly endpoint: string; close(): void };

  setup(async () => {
    server = await startEchoServer();
  });

  teardown(async () => {
    await removeAllTaps();
    server.close();
  });

  test("Set Dialect on a row and on a tap reads its messages as another one, until they are found out again", async () => {
    const api = await activated();
    const tap = await attachTo(server.endpoint, { name: "dialects" });
    await ask(tap.listening, CALL);
    const row = await eventualRow(api, ({ method }) => method === "orders.list");
    assert.equal(row.dialect, "json-rpc");
    const ofRow = await run<readonly DialectChoice[]>("setDialect", { n: row.n, dialect: "raw", quiet: true });
    assert.deepEqual(ofRow, [{ tapName: "dialects", sockets: "REQ-REP", dialect: "raw" }]);
    const isRaw = ({ n, dialect }: Row): boolean => n === row.n && dialect === "raw";
    assert.equal((await eventualRow(api, isRaw)).method, "");
    await run("setDialect", { n: row.n, dialect: "auto", quiet: true });
    await eventualRow(api, ({ n, method }) => n === row.n && method === "orders.list");
    const ofTap = await run<readonly DialectChoice[]>("setDialect", { tap: "dialects", dialect: "raw", quiet: true });
    assert.deepEqual(ofTap, [{ tapName: "dialects", sockets: null, dialect: "raw" }]);
    await eventualRow(api, isRaw);
    assert.deepEqual(await run("setDialect", { tap: "dialects", dialect: "auto", quiet: true }), []);
  });

  test("Set Dialect says what is missing and what has none", async () => {
    const api = await activated();
    const tap = await attachTo(server.endpoint, { name: "dialects" });
    await assert.rejects(run("setDialect", { tap: "dialects", quiet: true }), /No dialect was given/);
    await assert.rejects(
      run("setDialect", { tap: "dialects", dialect: "soap", quiet: true }),
      /"dialect" must be one of/,
    );
    await ask(tap.listening, "x");
    const event = await eventualRow(api, ({ kind }) => kind === "event");
    await assert.rejects(run("setDialect", { n: event.n, dialect: "raw", quiet: true }), /is no message/);
  });

  test("Choices are remembered, handed to each engine, and count more than the setting of a tap", async () => {
    const memory = memento({
      "zmqTap.dialects": [{ tapName: "a", sockets: null, dialect: "zerorpc" }, { tapName: 7 }],
    });
    const engine = ownEngine();
    const log = vscode.window.createOutputChannel("ZMQ Tap dialects test", { log: true });
    const taps = new Taps(engine, memory, keyStore());
    const choices = new DialectChoices(engine, taps, memory, log);
    try {
      assert.deepEqual(choices.chosen, [{ tapName: "a", sockets: null, dialect: "zerorpc" }]);
      const isTold = new Promise<undefined>((resolve) => choices.onDidChange(() => resolve(undefined)));
      const config = {
        id: "t",
        name: "a",
        server: server.endpoint,
        listen: "tcp://127.0.0.1:*",
        dialect: "locust",
      } as const;
      const { listening } = await taps.start(config, { owner: "user", keepFailed: false });
      await isTold;
      await ask(listening, CALL);
      const dialectOf = async (): Promise<string | null | undefined> => {
        const { rows } = await engine.ask("rows/read", { capture: 0, filter: null, from: 0, count: 100 });
        return rows.find(({ kind }) => kind === "message")?.dialect;
      };
      assert.equal(await dialectOf(), "zerorpc");
      const isRetold = new Promise<undefined>((resolve) => choices.onDidChange(() => resolve(undefined)));
      await choices.choose("a", null, null);
      await isRetold;
      assert.equal(await dialectOf(), "locust");
    } finally {
      choices.dispose();
      taps.dispose();
      engine.dispose();
    }
  });

  test("A call in a dialect of the user's own is previewed, and saved as its frames, which call files can hold", async () => {
    const folder = await mkdtemp(join(tmpdir(), "zmq-tap-test-"));
    const engine = ownEngine();
    const { sending } = ownServices(engine);
    try {
      const module = join(folder, "mine.mjs");
      await writeFile(
        module,
        "export default { decode: () => null, encode: ({ method, args }) => [method, ...args].join(' ') };",
      );
      await engine.ask("dialects/own", { modules: [{ name: "mine", kind: "dialect", module }] });
      const typed = { dialect: "own:mine", method: "GET", args: ['"a"'], kwargs: "", fields: {} } as const;
      const body = { socket: "REQ", frames: [], typed } as const;
      assert.equal(Buffer.from((await sending.preview(body)).frames[0]!).toString(), "GET a");
      const target = { kind: "endpoint", endpoint: server.endpoint } as const;
      const { dialect, frames, method } = await sending.asArguments({ ...body, call: "1", target, timeoutMs: 5000 });
      assert.deepEqual([dialect, method, frames], [undefined, undefined, [{ format: "text", text: "GET a" }]]);
    } finally {
      engine.dispose();
      await rm(folder, { recursive: true });
    }
  });
});
