import assert from "node:assert/strict";
import * as vscode from "vscode";
import { ViewBridge, type ViewServices } from "../../src/host/viewBridge.ts";
import type { FilterState, RowWindow } from "../../src/shared/engineProtocol.ts";
import type { Engine } from "../../src/host/engine.ts";
import type { Row } from "../../src/shared/model.ts";
import type { ViewStart } from "../../src/shared/viewProtocol.ts";
import { Page } from "./page.ts";
import { activated, ask, freeEndpoint, memento, ownEngine, ownServices, startEchoServer } from "./support.ts";

suite("ViewBridge", () => {
  let engine: Engine;
  let services: ViewServices;
  let page: Page;
  let bridge: ViewBridge;

  setup(() => {
    engine = ownEngine();
    services = ownServices(engine, memento({ "zmqTap.seen": 1234 }));
    page = new Page();
    bridge = new ViewBridge(
      page.webview,
      { surface: "inspector", source: services.live, reveal: () => undefined },
      services,
    );
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
    assert.deepEqual([start.file, start.startFilter, start.savedFilters], [null, "", []]);
    assert.deepEqual((await page.ask("rows/read", { filter: null, from: 0, count: 50 })).body, {
      from: 0,
      rows: [],
      total: 0,
      firstN: 1,
      nowMs: 0,
    });
    assert.deepEqual((await page.ask("rows/find", { filter: null, n: 9 })).body, { position: 0 });
    const started = (await page.ask("filter/start", { text: "a", fold: true })).body as FilterState;
    assert.equal(started.done, true);
    assert.equal((await page.ask("filter/stop", { filter: started.filter })).body, null);
    assert.deepEqual((await page.ask("filter/values", { field: "topic", prefix: "" })).body, []);
    assert.equal((await page.ask("row/mark", { n: 1, pinned: true })).error?.code, "nothing-captured");
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

  test("hands no consent and no arguments of a page's own to commands", async () => {
    const server = await startEchoServer();
    try {
      const listen = await freeEndpoint();
      const api = await activated();
      const before = api.taps().length;
      const given = { server: server.endpoint, listen, name: "of a page", quiet: true, confirmed: true };
      const asked = page.ask("command/run", { command: "zmqTap.attach", ...given });
      // The command knows of no server, so it asks the user, who leaves.
      const leave = setInterval(() => void vscode.commands.executeCommand("workbench.action.closeQuickOpen"), 50);
      assert.equal((await asked.finally(() => clearInterval(leave))).kind, "answer");
      assert.equal(api.taps().length, before);
    } finally {
      server.close();
    }
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
      const tap = await services.taps.start(config, { owner: "user", keepFailed: false });
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

  test("is the view that commands mean once a row was activated in it, with what is selected and applied", async () => {
    const { views } = services;
    const other = new ViewBridge(
      new Page().webview,
      { surface: "messages", source: services.live, reveal: () => undefined },
      services,
    );
    await page.ask("row/activate", { n: 7, selected: [7, 9] });
    await page.ask("filter/applied", { text: "pending" });
    const found = views.find({});
    assert.equal(found, bridge);
    assert.deepEqual([found.activeRow, found.selected, found.filter], [7, [7, 9], "pending"]);
    assert.equal(views.find({ webview: "zmqTap.messages" }), other);
    assert.equal(views.find({ view: other.id }), other);
    other.dispose();
    assert.throws(() => views.find({ view: other.id }), /is closed/);
    bridge.dispose();
    assert.equal(views.find({}), undefined);
  });

  test("ends the filters of a page, and what is selected, when the capture is new", async () => {
    const server = await startEchoServer();
    try {
      const config = { id: "t", name: "t", server: server.endpoint, listen: "tcp://127.0.0.1:*" };
      await services.taps.start(config, { owner: "user", keepFailed: false });
      await page.ask("row/activate", { n: 7, selected: [7, 9] });
      // More than an engine keeps at once.
      for (let i = 0; i < 40; i++) {
        const { error, body } = await page.ask("filter/start", { text: "a", fold: true });
        assert.equal(error, undefined);
        assert.ok((body as FilterState).filter > 0);
        bridge.notify({ kind: "capture/reset", lost: null });
      }
      assert.deepEqual([bridge.activeRow, bridge.selected, bridge.hits], [null, [], null]);
    } finally {
      server.close();
    }
  });

  test("tells every view of filters that were saved and applied", async () => {
    const own = services.views.follow(services);
    await page.ask("view/start", null);
    await page.ask("filter/save", { name: "slow", text: "latency > 50ms" });
    await page.ask("filter/applied", { text: "latency > 50ms" });
    assert.deepEqual(page.posted.filter(({ kind }) => kind === "notice").at(-1), {
      kind: "notice",
      notice: {
        kind: "filters/changed",
        saved: [{ name: "slow", text: "latency > 50ms" }],
        history: ["latency > 50ms"],
      },
    });
    own.dispose();
  });

  test("pins a message and tells the views of its capture", async () => {
    const server = await startEchoServer();
    try {
      const config = { id: "t", name: "t", server: server.endpoint, listen: "tcp://127.0.0.1:*", filter: "~q" };
      const tap = await services.taps.start(config, { owner: "user", keepFailed: false });
      await ask(tap.listening, "pin me");
      const start = (await page.ask("view/start", null)).body as ViewStart;
      assert.equal(start.startFilter, "~q");
      const { rows } = (await page.ask("rows/read", { filter: null, from: 0, count: 100 })).body as RowWindow;
      const { n } = rows.find(({ kind }) => kind === "message")!;
      const marked = (await page.ask("row/mark", { n, pinned: true, note: "look" })).body as Row;
      assert.deepEqual([marked.n, marked.pinned, marked.note], [n, true, "look"]);
      const notices = page.posted.flatMap(({ notice }) => notice ?? []);
      assert.deepEqual(
        notices.filter(({ kind }) => kind === "row/changed"),
        [{ kind: "row/changed", n }],
      );
    } finally {
      server.close();
    }
  });
});
