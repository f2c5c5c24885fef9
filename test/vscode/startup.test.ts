import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { Bridges } from "../../src/host/bridges.ts";
import { Display } from "../../src/host/display.ts";
import type { Engine } from "../../src/host/engine.ts";
import { startWithWorkspace } from "../../src/host/startup.ts";
import type { TakeOverParts } from "../../src/host/takeOver.ts";
import { Taps } from "../../src/host/taps.ts";
import { WebBridgeList } from "../../src/host/webBridgeList.ts";
import type { WebBridges } from "../../src/host/webBridges.ts";
import type { TapState } from "../../src/shared/model.ts";
import { ask, freeEndpoint, keyStore, memento, ownEngine, startEchoServer } from "./support.ts";

async function firstTapThat(taps: Taps, isWanted: (tap: TapState) => boolean): Promise<TapState> {
  return new Promise((resolve) => {
    const check = (): void => {
      const found = taps.list().find(isWanted);
      if (found === undefined) return;
      changes.dispose();
      resolve(found);
    };
    const changes = taps.onDidChange(check);
    check();
  });
}

/** What else may be taken over with an engine. */
function ownParts(engine: Engine): Pick<TakeOverParts, "engine" | "bridges" | "webBridges"> {
  const log = vscode.window.createOutputChannel("ZMQ Tap startup test", { log: true });
  const bridges = new Bridges({ engine, memory: memento(), keys: keyStore(), storage: null, log });
  return { engine, bridges, webBridges: new WebBridgeList<WebBridges>() };
}

suite("startWithWorkspace", () => {
  test("starts no engine when there is no tap to start", () => {
    const engine = ownEngine();
    const log = vscode.window.createOutputChannel("ZMQ Tap startup test", { log: true });
    startWithWorkspace({ ...ownParts(engine), taps: new Taps(engine, memento(), keyStore()), log }).dispose();
    assert.equal(engine.generation, 0);
    engine.dispose();
  });

  test("starts the taps that ran before the reload, on the same endpoints", async () => {
    const engine = ownEngine();
    const log = vscode.window.createOutputChannel("ZMQ Tap startup test", { log: true });
    const server = await startEchoServer();
    const listen = await freeEndpoint();
    const config = { id: "a", name: "a", server: server.endpoint, listen };
    const taps = new Taps(engine, memento({ "zmqTap.running": [config, { id: "broken" }, 7] }), keyStore());
    const started = startWithWorkspace({ ...ownParts(engine), taps, log });
    try {
      const tap = await firstTapThat(taps, ({ status }) => status === "listening");
      assert.equal(tap.listening, listen);
      assert.equal(taps.list().length, 1);
      assert.equal(await ask(listen, "back"), "echo back");
    } finally {
      started.dispose();
      server.close();
      engine.dispose();
    }
  });

  test("what a window remembers is the endpoint really listened on, until the tap is stopped", async () => {
    const engine = ownEngine();
    const memory = memento();
    const taps = new Taps(engine, memory, keyStore());
    const server = await startEchoServer();
    try {
      const config = { id: "a", name: "a", server: server.endpoint, listen: "tcp://127.0.0.1:*" };
      const tap = await taps.start(config, { owner: "user", keepFailed: false });
      assert.deepEqual(taps.remembered(), [{ ...config, listen: tap.listening }]);
      await taps.start({ ...config, id: "d" }, { owner: "demo", keepFailed: false });
      assert.equal(taps.remembered().length, 1);
      await taps.stop("a");
      assert.deepEqual(taps.remembered(), []);
    } finally {
      server.close();
      engine.dispose();
    }
  });
});

suite("Display", () => {
  test("says how many rows a reload has discarded where nothing is kept on disk", () => {
    const engine = ownEngine();
    const memory = memento({ "zmqTap.seen": 98310 });
    const display = new Display(engine, memory);
    assert.match(display.lost ?? "", /98,310 rows of the log were discarded/);
    assert.equal(new Display(engine, memory).lost, null);
    display.reset(null);
    assert.equal(display.lost, null);
    engine.dispose();
  });

  test("starts an engine for what a reload has left, and calls rows discarded only when that has none", async () => {
    const storage = await mkdtemp(join(tmpdir(), "zmq-tap-test-"));
    const engine = ownEngine(storage);
    const display = new Display(engine, memento({ "zmqTap.seen": 98310 }));
    try {
      assert.equal(display.lost, null);
      await display.ready();
      assert.equal(engine.generation, 1);
      assert.match(String(display.lost), /98,310 rows of the log were discarded/);
      assert.equal(display.stats?.kept, 0);
    } finally {
      display.dispose();
      engine.dispose();
      await rm(storage, { recursive: true, force: true });
    }
  });

  test("starts no engine where a window before has left nothing", async () => {
    const storage = await mkdtemp(join(tmpdir(), "zmq-tap-test-"));
    const engine = ownEngine(storage);
    const display = new Display(engine, memento());
    await display.ready();
    assert.equal(engine.generation, 0);
    display.dispose();
    engine.dispose();
    await rm(storage, { recursive: true });
  });

  test("remembers decoders per channel and forgets them", async () => {
    const engine = ownEngine();
    const display = new Display(engine, memento());
    await display.rememberDecoder("orders > REQ", "msgpack");
    await display.rememberDecoder("weather < PUB 10001", "text");
    await display.rememberDecoder("orders > REQ", null);
    assert.deepEqual(display.decoders, { "weather < PUB 10001": "text" });
    engine.dispose();
  });

  test("leaves out remembered decoders that this version does not know", () => {
    const engine = ownEngine();
    const display = new Display(engine, memento({ "zmqTap.decoders": { a: "numbers:int16-le", b: "klingon", c: 7 } }));
    assert.deepEqual(display.decoders, { a: "numbers:int16-le" });
    engine.dispose();
  });

  test("keeps the newest 50 calls, newest first, and none that is too long", async () => {
    const engine = ownEngine();
    const display = new Display(engine, memento());
    const call = {
      target: { kind: "endpoint", endpoint: "tcp://127.0.0.1:1" },
      socket: "REQ",
      timeoutMs: 1,
      outcome: "sent",
    } as const;
    for (let n = 1; n <= 60; n++)
      await display.rememberCall({ ...call, frames: [{ format: "text", text: String(n) }], timeMs: n });
    await display.rememberCall({ ...call, frames: [{ format: "text", text: "x".repeat(70_000) }], timeMs: 61 });
    assert.equal(display.history.length, 50);
    assert.equal(display.history[0]?.timeMs, 60);
    engine.dispose();
  });
});
