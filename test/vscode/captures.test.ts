import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import type { OpenedView } from "../../src/host/captureFiles.ts";
import { Display } from "../../src/host/display.ts";
import type { Engine } from "../../src/host/engine.ts";
import type { Exported } from "../../src/host/exportCommands.ts";
import { OpenedFile } from "../../src/host/openedFile.ts";
import { Taps } from "../../src/host/taps.ts";
import { LIVE_CAPTURE, type CaptureStats, type Row } from "../../src/shared/model.ts";
import { until } from "../support/until.ts";
import {
  activated,
  ask,
  attachTo,
  eventualRow,
  keyStore,
  memento,
  ownEngine,
  removeAllTaps,
  run,
  startEchoServer,
} from "./support.ts";

async function closeEditors(): Promise<void> {
  await vscode.commands.executeCommand("workbench.action.closeAllEditors");
}

/** The lines of a JSON Lines export. */
async function linesOf(uri: vscode.Uri): Promise<readonly unknown[]> {
  const text = await readFile(uri.fsPath, "utf8");
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

/** Fires once `stats` says that `isReached`. */
async function eventualStats(engine: Engine, isReached: (stats: CaptureStats) => boolean): Promise<CaptureStats> {
  return new Promise((resolve, reject) => {
    const check = (stats: CaptureStats): void => {
      if (stats.capture !== LIVE_CAPTURE || !isReached(stats)) return;
      own.dispose();
      resolve(stats);
    };
    const own = engine.onDidNotify((notice) => {
      if (notice.kind === "capture/grew") check(notice.stats);
    });
    engine.ask("capture/stats", { capture: LIVE_CAPTURE }).then(check, reject);
  });
}

/** A file system where every path is one file. */
class OneFileSystem implements vscode.FileSystemProvider {
  readonly #bytes: Uint8Array;
  readonly #changes = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changes.event;
  size: number;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.size = bytes.length;
  }

  stat(): vscode.FileStat {
    return { type: vscode.FileType.File, ctime: 0, mtime: 0, size: this.size };
  }

  readFile(): Uint8Array {
    return this.#bytes;
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => undefined);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  writeFile(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }
}

suite("captures", () => {
  let folder: string;
  let server: { readonly endpoint: string; close(): void };
  let listening: string;
  let request: Row;
  let reply: Row;

  const file = (name: string): vscode.Uri => vscode.Uri.file(join(folder, name));

  suiteSetup(async () => {
    await closeEditors();
    await removeAllTaps();
    folder = await mkdtemp(join(tmpdir(), "zmq-tap-test-"));
    const api = await activated();
    server = await startEchoServer();
    ({ listening } = await attachTo(server.endpoint, { name: "echo" }));
    await ask(listening, "first");
    reply = await eventualRow(api, (row) => row.kind === "message" && row.from === "server");
    request = await eventualRow(api, (row) => row.kind === "message" && row.from === "client");
    // The client has gone, and nothing comes after that.
    await eventualRow(api, (row) => row.event === "link-closed");
  });

  suiteTeardown(async () => {
    await closeEditors();
    await removeAllTaps();
    server.close();
    await rm(folder, { recursive: true });
  });

  // What is open is what commands without a view mean.
  teardown(closeEditors);

  test("exportCapture writes all rows, filtered ones, and those that are named", async () => {
    const api = await activated();
    const { total } = await api.rows(0, 1);
    const all = await run<Exported>("exportLog", { rows: "all", format: "jsonl", uri: file("all.jsonl") });
    assert.equal((await linesOf(all.uri)).length, all.rows);
    assert.equal(all.rows, total);
    const filtered = await run<Exported>("exportCapture", {
      rows: "filtered",
      filter: `n == ${request.n}`,
      format: "jsonl",
      uri: file("filtered.jsonl"),
    });
    assert.equal(filtered.rows, 1);
    const named = await run<Exported>("exportCapture", {
      rows: [request.n, reply.n],
      format: "csv",
      uri: file("named.csv"),
    });
    assert.equal(named.rows, 2);
    await assert.rejects(
      run("exportCapture", { rows: "filtered", filter: "n ==", format: "jsonl", uri: file("bad.jsonl") }),
    );
    await assert.rejects(run("exportCapture", { rows: "selected", format: "csv", uri: file("no.csv") }), /selected/);
    const nowhere = vscode.Uri.parse("untitled:/capture.csv");
    await assert.rejects(run("exportCapture", { rows: "all", format: "csv", uri: nowhere }), /on no disk/);
  });

  test("saveFrames writes each frame to a file of its own", async () => {
    const into = await mkdtemp(join(folder, "frames-"));
    const files = await run<readonly vscode.Uri[]>("saveFrames", { n: request.n, uri: vscode.Uri.file(into) });
    assert.equal(files.length, request.frames);
    assert.deepEqual([...(await readdir(into))].sort(), files.map(({ path }) => path.split("/").at(-1)).sort());
    assert.equal(await readFile(files.at(-1)!.fsPath, "utf8"), "first");
  });

  test("openCapture shows an exported file in an editor, read-only, beside the live log", async () => {
    const uri = file("exported.pcapng");
    await run("exportLog", { rows: "all", format: "pcapng", uri });
    const { view, stats } = await run<OpenedView>("openCapture", { uri });
    assert.notEqual(stats.capture, LIVE_CAPTURE);
    const { input } = vscode.window.tabGroups.activeTabGroup.activeTab ?? {};
    assert.ok(input instanceof vscode.TabInputCustom && input.viewType === "zmqTap.captureFile");

    const copy = await run<Exported>("exportCapture", { view, rows: "all", format: "jsonl", uri: file("copy.jsonl") });
    const messages = (await linesOf(copy.uri)).filter((row) => JSON.stringify(row).includes('"message"'));
    assert.ok(messages.length >= 2);
    await assert.rejects(run("replayMessage", { view, n: 1 }), /only read/);
    await assert.rejects(run("editAndReplay", { view, n: 1 }), /only read/);
    await assert.rejects(run("exportCapture", { view, rows: "all", format: "pcapng", uri }), /would be overwritten/);

    const again = await run<OpenedView>("openCapture", { uri });
    assert.equal(again.view, view);
    await closeEditors();
    await assert.rejects(run("pinMessage", { view, n: 1 }), /is closed/);
  });

  test("a .pcapng opens in its editor by itself, and a .pcap only when that is asked for", async () => {
    const uri = file("double.pcapng");
    await run("exportLog", { rows: "all", format: "pcapng", uri });
    await vscode.commands.executeCommand("vscode.open", uri);
    const { input } = vscode.window.tabGroups.activeTabGroup.activeTab ?? {};
    assert.ok(input instanceof vscode.TabInputCustom && input.viewType === "zmqTap.captureFile");
    await closeEditors();
  });

  test("openCapture says what is wrong with a file that is none, and with one that is not there", async () => {
    const uri = file("none.pcapng");
    await writeFile(uri.fsPath, "this is no capture");
    await assert.rejects(run("openCapture", { uri }), (error: Error) => error.message.length > 20);
    await assert.rejects(run("openCapture", { uri: file("missing.pcapng") }));
    await closeEditors();
  });

  test("openCapture reads a file of another file system through VS Code, up to a size", async () => {
    const uri = file("elsewhere.pcapng");
    await run("exportLog", { rows: "all", format: "pcapng", uri });
    const bytes = new Uint8Array(await readFile(uri.fsPath));
    const elsewhere = new OneFileSystem(bytes);
    const own = vscode.workspace.registerFileSystemProvider("zmqtest", elsewhere, { isReadonly: true });
    try {
      const there = vscode.Uri.parse("zmqtest:/folder/elsewhere.pcapng");
      const { stats } = await run<OpenedView>("openCapture", { uri: there });
      assert.ok(stats.kept >= 2);
      await closeEditors();
      elsewhere.size = 300 * 1024 * 1024;
      const huge = vscode.Uri.parse("zmqtest:/folder/huge.pcapng");
      await assert.rejects(run("openCapture", { uri: huge }), /huge\.pcapng has .* Copy it to a disk/);
    } finally {
      await closeEditors();
      own.dispose();
    }
  });

  test("exportCapture with its progress shown writes the same, and names what it exported", async () => {
    const args = { rows: [request.n], format: "jsonl", uri: file("shown.jsonl") };
    const exported = await vscode.commands.executeCommand<Exported>("zmqTap.exportCapture", args);
    assert.deepEqual([exported.rows, exported.uri.fsPath], [1, args.uri.fsPath]);
  });

  test("compareWithSelected compares a message of a file with a live one", async () => {
    const uri = file("compared.pcapng");
    await run("exportLog", { rows: [request.n, reply.n], format: "pcapng", uri });
    const { view, stats } = await run<OpenedView>("openCapture", { uri });
    await run("selectForCompare", { n: request.n, webview: "zmqTap.messages" });
    let n = stats.firstN;
    const isIt = async (): Promise<boolean> =>
      run<string>("copyMessageAs", { view, n, format: "text" }).then(
        (text) => text.includes("first"),
        () => false, // An event.
      );
    while (!(await isIt()) && n < stats.lastN) n++;
    const uris = await run<readonly vscode.Uri[]>("compareWithSelected", { view, n });
    assert.equal(uris.length, 2);
    for (const one of uris) assert.match((await vscode.workspace.openTextDocument(one)).getText(), /first/);
    await closeEditors();
  });

  test("clearAllButPinned keeps what is pinned, and clearLog nothing", async () => {
    const api = await activated();
    await run("pinMessage", { n: request.n });
    await run("clearAllButPinned");
    const kept = (await api.rows(0, 10)).rows;
    assert.deepEqual(
      kept.map(({ n, pinned }) => [n, pinned]),
      [[request.n, true]],
    );
    await run("clearLog");
    assert.equal((await api.rows(0, 10)).total, 0);
  });
});

suite("OpenedFile", () => {
  test("opens its file again after the engine died, and gives up when it dies again", async () => {
    const folder = await mkdtemp(join(tmpdir(), "zmq-tap-test-"));
    const engine = ownEngine();
    const server = await startEchoServer();
    const path = join(folder, "a.pcapng");
    const file = new OpenedFile(engine, { name: "a.pcapng", kind: "file", path: () => Promise.resolve(path) });
    const kill = async (): Promise<void> => {
      const reset = new Promise<void>((resolve) => {
        const own = file.onDidReset(() => {
          own.dispose();
          resolve();
        });
      });
      process.kill(engine.pid!, "SIGKILL");
      await reset;
    };
    try {
      const taps = new Taps(engine, memento(), keyStore());
      const config = { id: "t", name: "t", server: server.endpoint, listen: "tcp://127.0.0.1:*" };
      const { listening } = await taps.start(config, { owner: "user", keepFailed: false });
      await ask(listening, "kept");
      await eventualStats(engine, ({ kept }) => kept >= 2);
      const rows = { kind: "all" } as const;
      await engine.ask("capture/export", { job: "j", capture: LIVE_CAPTURE, rows, format: "pcapng", path });

      await file.open();
      assert.ok(file.stats !== null);
      await kill();
      assert.equal(file.current, null);
      await file.open();
      assert.notEqual(file.current, null);
      assert.equal(file.problem, null);
      await kill();
      await assert.rejects(file.open(), /stopped twice within a minute/);
      file.dispose();
      await assert.rejects(file.open(), /was closed/);
    } finally {
      file.dispose();
      server.close();
      engine.dispose();
      await rm(folder, { recursive: true });
    }
  });

  test("says why its file cannot be read", async () => {
    const engine = ownEngine();
    const path = (): Promise<string> => Promise.resolve(join(tmpdir(), "zmq-tap-no-such-file.pcapng"));
    const file = new OpenedFile(engine, { name: "gone.pcapng", kind: "file", path });
    const reasons: (string | null)[] = [];
    file.onDidReset((reason) => reasons.push(reason));
    await assert.rejects(file.open());
    assert.equal(reasons.length, 1);
    assert.equal(file.problem, reasons[0]);
    file.dispose();
    engine.dispose();
  });
});

suite("live capture on disk", () => {
  let storage: string;
  let server: { readonly endpoint: string; close(): void };

  setup(async () => {
    storage = await mkdtemp(join(tmpdir(), "zmq-tap-test-"));
    server = await startEchoServer();
  });

  teardown(async () => {
    server.close();
    await rm(storage, { recursive: true, force: true });
  });

  /** Sends a request through a tap of this engine, and waits until its rows are kept. */
  const fill = async (engine: Engine): Promise<CaptureStats> => {
    const taps = new Taps(engine, memento(), keyStore());
    const config = { id: "t", name: "t", server: server.endpoint, listen: "tcp://127.0.0.1:*" };
    const { listening } = await taps.start(config, { owner: "user", keepFailed: false });
    await ask(listening, "survives");
    return eventualStats(engine, ({ kept }) => kept >= 2);
  };

  /** Waits until something of the capture is on disk, of which no notice is due. */
  const written = async (engine: Engine): Promise<void> => {
    await until(async () => (await engine.ask("capture/stats", { capture: LIVE_CAPTURE })).diskBytes > 0);
  };

  /** Ends an engine as a reload does, and waits until its process is gone. */
  const end = async (engine: Engine): Promise<void> => {
    const { pid } = engine;
    engine.dispose();
    await until(() => !isAlive(pid!));
  };

  test("survives a reload of the window, which is told as no loss", async () => {
    const before = ownEngine(storage);
    const { kept } = await fill(before);
    await end(before);
    const after = ownEngine(storage);
    const display = new Display(after, memento());
    try {
      await display.ready();
      assert.equal(after.generation, 1);
      assert.ok((display.stats?.kept ?? 0) >= kept);
      assert.equal(display.lost, null);
      const { rows } = await after.ask("rows/read", { capture: LIVE_CAPTURE, filter: null, from: 0, count: 100 });
      assert.ok(rows.some(({ preview }) => preview.includes("survives")));
    } finally {
      display.dispose();
      await end(after);
    }
  });

  test("can be recovered after the engine was killed", async () => {
    const before = ownEngine(storage);
    await fill(before);
    await written(before);
    const { pid } = before;
    const died = new Promise((resolve) => before.onDidDie(resolve));
    process.kill(pid!, "SIGKILL");
    await died;
    before.dispose();
    const after = ownEngine(storage);
    const started = new Promise<string>((resolve, reject) => {
      after.onDidStart(({ recoverable }) => {
        if (recoverable === null) reject(new Error("nothing can be recovered"));
        else resolve(recoverable.path);
      });
    });
    try {
      await after.ask("capture/stats", { capture: LIVE_CAPTURE });
      const path = await started;
      const { capture } = await after.ask("capture/open", { path, kind: "segments" });
      const { rows } = await after.ask("rows/read", { capture, filter: null, from: 0, count: 100 });
      // What was not written yet when it was killed is lost, and how much that is depends on the moment.
      assert.ok(rows.length > 0);
      await after.ask("capture/close", { capture });
      await after.ask("capture/discard", { path });
    } finally {
      await end(after);
    }
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
