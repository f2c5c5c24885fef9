import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { resultsUri } from "../../src/host/callFiles.ts";
import { Calls } from "../../src/host/calls.ts";
import { CallTree } from "../../src/host/callTree.ts";
import type { SavedAs } from "../../src/host/saveAsCall.ts";
import type { TapState } from "../../src/shared/model.ts";
import type { RunResult } from "../../src/shared/zmqrpc/runCall.ts";
import {
  activated,
  ask,
  attachTo,
  eventualRow,
  freeEndpoint,
  memento,
  ownEngine,
  ownServices,
  removeAllTaps,
  run,
  startEchoServer,
  testWithZeromq,
} from "./support.ts";

suite("call files", () => {
  let folder: string;
  let server: { readonly endpoint: string; close(): void };
  let tap: TapState;
  let files = 0;

  suiteSetup(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await removeAllTaps();
    folder = await mkdtemp(join(tmpdir(), "zmq-tap-test-"));
    server = await startEchoServer();
    tap = await attachTo(server.endpoint, { name: "echo" });
  });

  suiteTeardown(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await removeAllTaps();
    server.close();
    await rm(folder, { recursive: true });
  });

  /** A call file of its own, opened; `text` may hold a `|` where the cursor is. */
  async function open(text: string): Promise<{ document: vscode.TextDocument; cursor: vscode.Position }> {
    const path = join(folder, `calls${++files}.zmqrpc`);
    await writeFile(path, text.replace("|", ""));
    const document = await vscode.workspace.openTextDocument(vscode.Uri.file(path));
    return { document, cursor: document.positionAt(Math.max(0, text.indexOf("|"))) };
  }

  /** Sends the calls of a file the first of which cannot be sent, and rejects with why. */
  async function broken(text: string): Promise<never> {
    const { document } = await open(text);
    const [result] = await run<readonly RunResult[]>("runCalls", { uri: document.uri });
    throw new Error(result?.problem ?? "");
  }

  async function offered(text: string): Promise<readonly string[]> {
    const { document, cursor } = await open(text);
    const list = await vscode.commands.executeCommand<vscode.CompletionList>(
      "vscode.executeCompletionItemProvider",
      document.uri,
      cursor,
    );
    return list.items.map(({ label }) => (typeof label === "string" ? label : label.label));
  }

  /** The first diagnostics of a document that are not none. */
  async function problems(uri: vscode.Uri): Promise<readonly vscode.Diagnostic[]> {
    return new Promise((resolve) => {
      const check = (): void => {
        const found = vscode.languages.getDiagnostics(uri);
        if (found.length === 0) return;
        changes.dispose();
        resolve(found);
      };
      const changes = vscode.languages.onDidChangeDiagnostics(check);
      check();
    });
  }

  async function lenses(uri: vscode.Uri): Promise<readonly string[]> {
    const found = await vscode.commands.executeCommand<vscode.CodeLens[]>("vscode.executeCodeLensProvider", uri);
    return found.map(({ range, command }) => `${range.start.line}: ${command?.title ?? ""}`);
  }

  test("have the language zmqrpc, and completion of keys, dialects, taps, methods, keys and variables", async () => {
    const { document } = await open("call a\n");
    assert.equal(document.languageId, "zmqrpc");
    const head = "variables\n  port: 5556\n\ncall a\n  method: list\n\ncall b\n";
    assert.ok((await offered(`${head}  t|`)).includes("timeout"));
    assert.ok((await offered(`${head}  dialect: |`)).includes("json-rpc"));
    assert.ok((await offered(`${head}  target: |`)).includes("tap echo"));
    assert.ok((await offered(`${head}  method: |`)).includes("list"));
    assert.ok((await offered(`${head}  args: [{{|`)).includes("port"));
    assert.ok((await offered(`${head}  expect: |`)).includes("value"));
  });

  test("tell what is wrong while they are typed, with a quick fix, and nothing once it is right", async () => {
    const { document } = await open(`call a\n  target: ${server.endpoint}\n  dialect: json-rcp\n  method: x\n`);
    const [problem] = await problems(document.uri);
    assert.match(problem!.message, /"json-rcp" is no dialect.*Did you mean json-rpc\?/);
    assert.equal(document.getText(problem!.range), "json-rcp");
    const [fix] = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      document.uri,
      problem!.range,
    );
    const cleared = new Promise<void>((resolve) => {
      const changes = vscode.languages.onDidChangeDiagnostics(() => {
        if (vscode.languages.getDiagnostics(document.uri).length > 0) return;
        changes.dispose();
        resolve();
      });
    });
    assert.ok(await vscode.workspace.applyEdit(fix!.edit!));
    await cleared;
    assert.match(document.getText(), /dialect: json-rpc\n/);
  });

  test("have an outline, foldings, hovers and a format", async () => {
    const { document } = await open(
      "# c\nvariables\n  host:   h\ncall a\n    target: tcp://{{host}}:1\n    method: m\n",
    );
    const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[]>(
      "vscode.executeDocumentSymbolProvider",
      document.uri,
    );
    assert.deepEqual(
      symbols.map(({ name, range }) => [name, range.start.line, range.end.line]),
      [
        ["variables", 1, 2],
        ["a", 3, 5],
      ],
    );
    const foldings = await vscode.commands.executeCommand<vscode.FoldingRange[]>(
      "vscode.executeFoldingRangeProvider",
      document.uri,
    );
    assert.deepEqual(foldings.map(({ start, end }) => [start, end]), [[1, 2], [3, 5]]); // prettier-ignore
    const [hover] = await vscode.commands.executeCommand<vscode.Hover[]>(
      "vscode.executeHoverProvider",
      document.uri,
      new vscode.Position(4, 22),
    );
    const [content] = hover!.contents as vscode.MarkdownString[];
    assert.match(content!.value, /host[^]*`h`/);
    const edits = await vscode.commands.executeCommand<vscode.TextEdit[]>(
      "vscode.executeFormatDocumentProvider",
      document.uri,
      { tabSize: 2, insertSpaces: true },
    );
    const edit = new vscode.WorkspaceEdit();
    edit.set(document.uri, edits);
    assert.ok(await vscode.workspace.applyEdit(edit));
    assert.equal(document.getText(), "# c\nvariables\n  host: h\n\ncall a\n  target: tcp://{{host}}:1\n  method: m\n");
  });

  testWithZeromq(
    "have Send and Send to… above each call, and what came of it after",
    async () => {
      const { document } = await open(
        `# c\ncall a\n  target: ${server.endpoint}\n  frame: "hi"\n  expect: value == ["echo hi"]\n\ncall b\n  frame: "x"\n`,
      );
      const { uri } = document;
      assert.deepEqual(await lenses(uri), [
        "0: Run All",
        "0: Environment: none",
        "1: Send",
        "1: Send to…",
        "6: Send",
        "6: Send to…",
      ]);
      const result = await run<RunResult>("sendCall", { uri, name: "a" });
      assert.deepEqual([result.status, result.checks.map(({ isMet }) => isMet)], ["passed", [true, true]]);
      assert.ok((await lenses(uri)).some((lens) => /^1: ✓ passed · [\d.]+ ms$/.test(lens)));
      const elsewhere = await run<RunResult>("sendCallTo", { uri, name: "b", target: { kind: "tap", tap: "echo" } });
      assert.equal(elsewhere.status, "passed");
      assert.ok(elsewhere.outcome?.reply?.row != null);
    },
    async () => broken(`call a\n  target: ${server.endpoint}\n  frame: "x"\n`),
  );

  test("show what came of their calls beside them, with a way to the row of the log", async () => {
    const { document } = await open(`call a\n  target: tap echo\n  frame: "hi"\n  expect: value[0] == "no"\n`);
    const result = await run<RunResult>("sendCall", { uri: document.uri, name: "a" });
    assert.equal(result.status, "failed");
    await run("showCallResults", { uri: document.uri });
    const shown = vscode.window.activeTextEditor!.document;
    assert.equal(shown.uri.toString(), resultsUri(document.uri).toString());
    assert.match(
      shown.getText(),
      /^✗ a · answered after [\d.]+ ms\n {2}tap echo · frames from a REQ\n[^]*value\[0\] is "echo hi", expected "no"\n/,
    );
    const row = result.outcome!.reply!.row!;
    assert.deepEqual(await lenses(shown.uri), [`0: Row ${row} of the Log`, "0: Send Again", "0: Open Call"]);
    const api = await activated();
    const { row: logged } = await api.message(row);
    assert.deepEqual([logged.origin, logged.from], ["call", "server"]);
    await run("openCall", { uri: document.uri, name: "a" });
    assert.equal(vscode.window.activeTextEditor?.document.uri.toString(), document.uri.toString());
  });

  testWithZeromq(
    "run all their calls in order, with variables of the environment and of replies before",
    async () => {
      const { document } = await open(
        `variables\n  word: one\n\nenvironment two\n  word: two\n\ndefaults\n  target: ${server.endpoint}\n\ncall a\n  frame: "{{word}}"\n  save: heard = value[0]\n\ncall b\n  frame: "{{heard}}"\n  expect: value == ["echo echo two"]\n`,
      );
      const { uri } = document;
      assert.equal(await run("selectEnvironment", { name: "two" }), "two");
      const results = await run<readonly RunResult[]>("runCalls", { uri });
      assert.deepEqual(
        results.map(({ status }) => status),
        ["passed", "passed"],
      );
      assert.equal(await run("selectEnvironment", { name: "" }), null);
      const again = await run<readonly RunResult[]>("runCalls", { uri });
      assert.deepEqual(
        again.map(({ status }) => status),
        ["passed", "failed"],
      );
    },
    async () => broken(`call a\n  target: ${server.endpoint}\n  frame: "x"\n`),
  );

  testWithZeromq(
    "end a call that is cancelled",
    async () => {
      const { document } = await open(
        `call a\n  target: ${await freeEndpoint()}\n  frame: "x"\n  timeout: 60min\n\ncall b\n  frame: "x"\n  target: ${server.endpoint}\n`,
      );
      const { uri } = document;
      const running = run<readonly RunResult[]>("runCalls", { uri });
      while (!(await lenses(uri)).some((lens) => lens === "0: Cancel")) await Promise.resolve();
      await run("cancelCalls", { uri });
      assert.deepEqual(
        (await running).map(({ status }) => status),
        ["cancelled"],
      );
    },
    async () => broken(`call a\n  target: ${server.endpoint}\n  frame: "x"\n`),
  );

  test("say why a call cannot be sent", async () => {
    const { document } = await open(
      `call a\n  target: ${server.endpoint}\n  frame: "x"\n  serverKey: nobody\n\ncall b\n  target: tap nowhere\n  frame: "x"\n`,
    );
    const results = await run<readonly RunResult[]>("runCalls", { uri: document.uri });
    assert.match(results[0]!.problem ?? "", /There is no key "nobody"/);
    assert.match(results[1]!.problem ?? "", /There is no tap "nowhere"/);
    await assert.rejects(run("sendCall", { uri: document.uri, name: "c" }), /There is no call "c"/);
    const empty = await open("# nothing\n");
    await assert.rejects(run("runCalls", { uri: empty.document.uri }), /no call in this file/);
  });

  test("save a captured request as a call that is answered as it was, and a reply as its request", async () => {
    const api = await activated();
    const uri = vscode.Uri.file(join(folder, "saved.zmqrpc"));
    await ask(tap.listening, "what now");
    const reply = await eventualRow(
      api,
      (row) => row.origin === "wire" && row.from === "server" && row.preview.includes("what now"),
    );
    const first = await run<SavedAs>("saveAsCall", { n: reply.partner!, uri, name: "now" });
    assert.deepEqual([first.name, first.uri.toString()], ["now", uri.toString()]);
    const second = await run<SavedAs>("saveAsCall", { n: reply.n, uri, name: "now" });
    assert.equal(second.name, "now 2");
    const text = await readFile(uri.fsPath, "utf8");
    assert.equal(
      text,
      `call now\n  target: tap echo\n  frame: "what now"\n\ncall now 2\n  target: tap echo\n  frame: "what now"\n`,
    );
    const result = await run<RunResult>("sendCall", { uri, name: "now 2" });
    assert.equal(Buffer.from(result.outcome!.reply!.frames[0]!).toString(), "echo what now");
  });

  test("save a call as the Call tab has it", async () => {
    const uri = vscode.Uri.file(join(folder, "saved.zmqrpc"));
    const target = { kind: "endpoint", endpoint: server.endpoint };
    const call = {
      target,
      dialect: "json-rpc",
      method: "add",
      args: [1, 2],
      socket: "REQ",
      timeoutMs: 700,
      retries: 1,
    };
    const { name } = await run<SavedAs>("saveAsCall", { ...call, uri, name: "add" });
    const text = await readFile(uri.fsPath, "utf8");
    assert.ok(
      text.endsWith(
        `\n\ncall ${name}\n  target: ${server.endpoint}\n  dialect: json-rpc\n  method: add\n  args: [1,2]\n  timeout: 700ms\n  retries: 1\n`,
      ),
      text,
    );
    await run<SavedAs>("saveAsCall", { target, frames: [{ format: "hex", text: "ff 00" }], uri, name: "octets" });
    assert.match(await readFile(uri.fsPath, "utf8"), /call octets\n {2}target: .*\n {2}frame: hex ff 00\n$/);
  });

  test("are written from the Call tab's form, without what is secret in it", async () => {
    const engine = ownEngine();
    try {
      const { sending } = ownServices(engine);
      const target = { kind: "endpoint", endpoint: server.endpoint } as const;
      const call = { call: "1", target, socket: "DEALER", frames: [], timeoutMs: 5000 } as const;
      const fields = { key: "s3cret", session: "s" };
      const typed = {
        dialect: "jupyter",
        method: "execute_request",
        args: [],
        kwargs: '{"code": "1"}',
        fields,
      } as const;
      const given = await sending.asArguments({ ...call, typed });
      assert.deepEqual([given.dialect, given.method, given.kwargs], ["jupyter", "execute_request", { code: "1" }]);
      const uri = vscode.Uri.file(join(folder, "typed.zmqrpc"));
      await run("saveAsCall", { ...given, uri, name: "typed" });
      const text = await readFile(uri.fsPath, "utf8");
      assert.match(text, /^call typed\n {2}target: .*\n {2}dialect: jupyter\n {2}method: execute_request\n/);
      assert.doesNotMatch(text, /s3cret/);
    } finally {
      engine.dispose();
    }
  });

  testWithZeromq(
    "begin with an example that has nothing wrong",
    async () => {
      const uri = await run<vscode.Uri>("newCallFile");
      const document = await vscode.workspace.openTextDocument(uri);
      assert.deepEqual([document.languageId, document.isUntitled], ["zmqrpc", true]);
      const results = await run<readonly RunResult[]>("runCalls", { uri });
      assert.equal(results[0]?.status, "timeout");
    },
    async () => {
      const uri = await run<vscode.Uri>("newCallFile");
      const [result] = await run<readonly RunResult[]>("runCalls", { uri });
      throw new Error(result?.problem ?? "");
    },
  );

  testWithZeromq(
    "are listed in the view Calls, each call with what came of it",
    async () => {
      const { document } = await open(`call a\n  target: ${server.endpoint}\n  frame: "x"\n`);
      const { uri } = document;
      const calls = new Calls(memento());
      const tree = new CallTree(calls);
      try {
        const [call] = await tree.getChildren({ uri });
        assert.deepEqual(call, { uri, name: "a" });
        const icon = (): string => (tree.getTreeItem(call).iconPath as vscode.ThemeIcon).id;
        assert.equal(icon(), "call-outgoing");
        const result = await run<RunResult>("sendCall", { uri, name: "a" });
        calls.sent(uri, "1", { name: "a", place: "somewhere", result: null });
        assert.deepEqual([icon(), tree.getTreeItem(call).contextValue], ["loading~spin", "call.underWay"]);
        assert.equal(tree.getTreeItem({ uri }).contextValue, "callFile.underWay");
        calls.ended(uri, "1", { name: "a", place: "somewhere", result });
        assert.deepEqual([icon(), tree.getTreeItem(call).contextValue], ["pass-filled", "call"]);
        assert.match(String(tree.getTreeItem(call).description), /^"x" · [\d.]+ ms$/);
        assert.equal(tree.getTreeItem({ uri }).contextValue, "callFile");
      } finally {
        tree.dispose();
        calls.dispose();
      }
    },
    async () => broken(`call a\n  target: ${server.endpoint}\n  frame: "x"\n`),
  );
});
