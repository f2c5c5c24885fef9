import assert from "node:assert/strict";
import * as vscode from "vscode";
import { Display } from "../../src/host/display.ts";
import type { Engine } from "../../src/host/engine.ts";
import { Sending } from "../../src/host/sending.ts";
import { Taps } from "../../src/host/taps.ts";
import { ViewBridge } from "../../src/host/viewBridge.ts";
import type { RowWindow } from "../../src/shared/engineProtocol.ts";
import type { ViewStart } from "../../src/shared/viewProtocol.ts";
import { ask, keyStore, memento, ownEngine, startEchoServer } from "./support.ts";

type Posted = {
  readonly kind: string;
  readonly id?: number;
  readonly body?: unknown;
  readonly error?: { code: string };
};

/** A page that asks and remembers what it was told. */
class Page {
  readonly #received = new vscode.EventEmitter<unknown>();
  readonly posted: Posted[] = [];
  readonly #posts = new vscode.EventEmitter<Posted>();
  #nextId = 1;
  readonly webview = {
    onDidReceiveMessage: this.#received.event,
    postMessage: (value: Posted) => {
      this.posted.push(value);
      this.#posts.fire(value);
      return Promise.resolve(true);
    },
  } as unknown as vscode.Webview;

  send(value: unknown): void {
    this.#received.fire(value);
  }

  async ask(name: string, body: unknown): Promise<Posted> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const listener = this.#posts.event((value) => {
        if (value.id !== id) return;
        listener.dispose();
        resolve(value);
      });
      this.send({ kind: "ask", id, name, body });
    });
  }
}

suite("ViewBridge", () => {
  let engine: Engine;
  let taps: Taps;
  let page: Page;
  let bridge: ViewBridge;

  setup(() => {
    engine = ownEngine();
    taps = new Taps(engine, memento(), keyStore());
    const display = new Display(engine, memento({ "zmqTap.seen": 1234 }));
    const log = vscode.window.createOutputChannel("ZMQ Tap bridge test", { log: true });
    page = new Page();
    bridge = new ViewBridge(page.webview, "inspector", {
      engine,
      taps,
      display,
      sending: new Sending(engine, display),
      log,
    });
  });

  teardown(() => {
    bridge.dispose();
    engine.dispose();
  });

  test("answers from nothing without starting an engine", async () => {
    const start = (await page.ask("view/start", null)).body as ViewStart;
    assert.equal(start.surface, "inspector");
    assert.deepEqual(start.taps, []);
    assert.match(start.lost ?? "", /1,234 rows/);
    assert.deepEqual((await page.ask("rows/read", { filter: null, from: 0, count: 50 })).body, {
      from: 0,
      rows: [],
      total: 0,
      firstN: 1,
    });
    assert.deepEqual((await page.ask("rows/find", { filter: null, n: 9 })).body, { position: 0 });
    const search = (await page.ask("filter/start", { text: "a" })).body as { filter: number; done: boolean };
    assert.equal(search.done, true);
    assert.equal((await page.ask("filter/stop", { filter: search.search })).body, null);
    assert.equal((await page.ask("message/read", { n: 1 })).error?.code, "nothing-captured");
    assert.equal(engine.generation, 0);
  });

  test("drops what is no question of a view, and goes on", async () => {
    for (const value of [
      null,
      "x",
      {},
      { kind: "ask", id: 1, name: "engine/hello", body: {} },
      { kind: "answer", id: 1 },
    ])
      page.send(value);
    assert.deepEqual(page.posted, []);
    assert.equal((await page.ask("rows/find", { filter: null, n: 1 })).kind, "answer");
  });

  test("tells a view only after it has started, and no longer once its page ended", async () => {
    bridge.notify({ kind: "display/paused", paused: true });
    bridge.notifyWhenStarted({ kind: "row/reveal", n: 7 });
    assert.equal(page.posted.length, 0);
    await page.ask("view/start", null);
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    assert.deepEqual(page.posted.at(-1), { kind: "notice", notice: { kind: "row/reveal", n: 7 } });
    bridge.pageEnded();
    const count = page.posted.length;
    bridge.notify({ kind: "display/paused", paused: false });
    assert.equal(page.posted.length, count);
  });

  test("hands questions to the engine, and bytes on in a buffer of their own", async () => {
    const server = await startEchoServer();
    try {
      const config = { id: "t", name: "t", server: server.endpoint, listen: "tcp://127.0.0.1:*" };
      const tap = await taps.start(config, { owner: "user", keepFailed: false });
      await ask(tap.listening, "bridge");
      const { rows } = (await page.ask("rows/read", { filter: null, from: 0, count: 100 })).body as RowWindow;
      const request = rows.find(({ kind, from }) => kind === "message" && from === "client");
      assert.ok(request);
      const bytes = (await page.ask("bytes/read", { n: request.n, frame: 1, from: 0, count: 100 })).body;
      assert.ok(bytes instanceof Uint8Array && !Buffer.isBuffer(bytes));
      assert.equal(bytes.buffer.byteLength, bytes.byteLength);
      assert.equal(Buffer.from(bytes).toString(), "bridge");
    } finally {
      server.close();
    }
  });
});
