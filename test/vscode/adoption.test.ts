import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { adoptEngine } from "../../src/host/adoption.ts";
import { Bridges } from "../../src/host/bridges.ts";
import { Engine } from "../../src/host/engine.ts";
import { startWithWorkspace } from "../../src/host/startup.ts";
import { Taps } from "../../src/host/taps.ts";
import { WebBridgeList } from "../../src/host/webBridgeList.ts";
import { WebBridges } from "../../src/host/webBridges.ts";
import type { TapConfig } from "../../src/shared/model.ts";
import { bridgeConfig } from "../support/bridgeStates.ts";
import {
  enginePath,
  freeEndpoint,
  keyStore,
  memento,
  OWN_LIMITS,
  run,
  startEchoServer,
  testWithZeromq,
  zmq,
} from "./support.ts";

const LONG_MS = 60_000;

/** A window of one workspace, as `activate()` builds it. */
class Window {
  readonly engine: Engine;
  readonly taps: Taps;
  readonly bridges: Bridges;
  readonly webBridges = new WebBridgeList<WebBridges>();
  readonly #own: vscode.Disposable;

  constructor(storage: string, memory: vscode.Memento) {
    const log = vscode.window.createOutputChannel("ZMQ Tap adoption test", { log: true });
    const path = enginePath();
    this.engine = new Engine({
      path,
      log,
      limits: () => OWN_LIMITS,
      lingerMs: () => LONG_MS,
      adopt: (door) => adoptEngine({ door, script: path, mayAdopt: true, log }),
      storage: join(storage, "capture"),
    });
    const { engine, webBridges } = this;
    this.taps = new Taps(engine, memory, keyStore());
    this.bridges = new Bridges({ engine, memory, keys: keyStore(), storage: null, log });
    const { taps, bridges } = this;
    const started = startWithWorkspace({ engine, taps, bridges, webBridges, log });
    this.#own = vscode.Disposable.from(started, webBridges, bridges, taps, engine, log);
  }

  dispose(): void {
    this.#own.dispose();
  }
}

/** Waits until `look` gives something, now and after each change of the taps. */
function eventual<T>({ taps, bridges, webBridges }: Window, look: () => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const check = (): void => {
      const found = look();
      if (found === undefined) return;
      changes.dispose();
      resolve(found);
    };
    const changes = vscode.Disposable.from(
      taps.onDidChange(check),
      bridges.onDidChange(check),
      webBridges.onDidChange(check),
    );
    check();
  });
}

suite("an engine of the window before", () => {
  const goesOn = async (): Promise<void> => {
    const storage = await mkdtemp(join(tmpdir(), "zt-adopt-"));
    const memory = memento();
    const server = await startEchoServer();
    const client = new zmq.Request({ linger: 0 });
    const converse = async (words: string): Promise<string> => {
      await client.send(words);
      return String((await client.receive())[0]);
    };
    let cuts = 0;
    client.events.on("disconnect", () => cuts++);
    const windows = [new Window(storage, memory)];
    try {
      const [first] = windows as [Window];
      const config: TapConfig = { id: "a", name: "a", server: server.endpoint, listen: "tcp://127.0.0.1:*" };
      const tap = await first.taps.start(config, { owner: "user", keepFailed: false });
      const stopped = { ...config, id: "s", name: "s" };
      await first.taps.start(stopped, { owner: "user", keepFailed: false });
      await first.taps.stop("s");
      await first.taps.start({ ...config, id: "d", name: "d" }, { owner: "demo", keepFailed: false });
      await first.taps.capture("a", false);
      await first.taps.capture("a", true);
      const bridges = await first.bridges.load();
      const bridge = { name: "b", kind: "rep-req", in: await freeEndpoint(), out: server.endpoint };
      await bridges.start(bridgeConfig(bridge), { owner: "user", keepFailed: false });
      const web = first.webBridges.bridges(() => new WebBridges(first.engine, first.webBridges));
      const access = { token: "t".repeat(32), origins: [], endpoints: [], functions: null, topics: null };
      const page = { id: "w", name: "w", port: 0, highWaterMark: 10, timeoutMs: 1000, access };
      await web.start(page);
      client.connect(tap.listening);
      assert.equal(await converse("before"), "echo before");
      const { pid } = first.engine;
      await first.engine.ask("engine/linger", { ms: LONG_MS });
      const seen = (await first.engine.ask("capture/stats", { capture: 0 })).lastN;
      first.dispose();

      const second = new Window(storage, memory);
      windows.push(second);
      await eventual(second, () => second.webBridges.ids[0]);
      await eventual(second, () => second.bridges.list().find(({ status }) => status === "running"));
      assert.equal(second.engine.pid, pid);
      assert.deepEqual(
        second.taps.list().map(({ config: { id }, status, listening, links }) => [id, status, listening, links.length]),
        [
          ["a", "listening", tap.listening, 1],
          ["s", "stopped", "", 0],
        ],
      );
      assert.equal(second.taps.ownerOf("a"), "user");
      assert.equal(await converse("after"), "echo after");
      assert.equal(cuts, 0);
      assert.ok((await second.engine.ask("capture/stats", { capture: 0 })).lastN >= seen + 2);
      const adopted = second.webBridges.bridges(() => assert.fail("there are some"));
      assert.throws(() => adopted.token("w"), /its token is not kept/);
      assert.throws(() => adopted.restart("w"), /Start a new one/);
      await adopted.remove("w");
      assert.deepEqual(second.webBridges.ids, []);
    } finally {
      const last = windows.at(-1)!;
      if (last.engine.isRunning) await last.engine.ask("engine/linger", { ms: 0 });
      for (const window of windows) window.dispose();
      client.close();
      server.close();
      await rm(storage, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    }
  };
  testWithZeromq("goes on with its taps, bridges and web bridges in the next window, and nobody is cut", goesOn, () =>
    run("startBridge", { config: { kind: "rep-req", in: "tcp://127.0.0.1:*", out: "tcp://127.0.0.1:9" } }),
  );
});
