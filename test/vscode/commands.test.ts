import assert from "node:assert/strict";
import * as vscode from "vscode";
import { commands } from "../../src/host/commands.ts";
import type { ImportResult } from "../../src/host/keyImport.ts";
import type { KeySummary } from "../../src/shared/keys/storedKey.ts";
import type { ProbeResult, ReplayResult, Row, TapState } from "../../src/shared/model.ts";
import type { ReplaySummary } from "../../src/shared/replaySession.ts";
import type { SavedFilter, ViewCallOutcome } from "../../src/shared/viewProtocol.ts";
import {
  activated,
  ask,
  attachTo,
  eventually,
  eventualRow,
  extension,
  freeEndpoint,
  removeAllTaps,
  run,
  startEchoServer,
  testWithZeromq,
  zmq,
} from "./support.ts";

type Manifest = {
  readonly contributes: {
    readonly commands: readonly { readonly command: string; readonly title: string; readonly category?: string }[];
    readonly menus: Readonly<Record<string, readonly { readonly command?: string; readonly submenu?: string }[]>>;
    readonly keybindings: readonly { readonly command: string; readonly key: string; readonly when: string }[];
  };
};

const ids = Object.keys(commands).sort();

suite("commands", () => {
  const manifest = (): Manifest => extension().packageJSON as Manifest;

  test("package.json contributes exactly the commands of the table", () => {
    assert.deepEqual(
      manifest()
        .contributes.commands.map(({ command }) => command)
        .sort(),
      ids,
    );
  });

  test("every contributed command is registered", async () => {
    await activated();
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      ids.filter((id) => !registered.has(id)),
      [],
    );
  });

  test("menus and key bindings name only contributed commands", () => {
    const { menus, keybindings } = manifest().contributes;
    const named = [...Object.values(menus).flat(), ...keybindings].flatMap(({ command }) => command ?? []);
    assert.deepEqual(
      named.filter((command) => !ids.includes(command)),
      [],
    );
  });

  test("key bindings have a modifier and belong to the inspector", () => {
    for (const { key, when } of manifest().contributes.keybindings) {
      assert.match(key, /^(ctrl|alt)\+/);
      assert.match(when, /activeWebviewPanelId == 'zmqTap\.inspector'/);
    }
  });
});

/** An endpoint that nobody is asked at. */
const NOWHERE = { kind: "endpoint", endpoint: "tcp://127.0.0.1:9" };

suite("commands with arguments", () => {
  const ran = new Set<string>();
  let server: { readonly endpoint: string; close(): void };
  let tap: TapState;
  let request: Row;
  let reply: Row;

  const runCounted = async <T>(command: string, args?: Readonly<Record<string, unknown>>): Promise<T> => {
    ran.add(`zmqTap.${command}`);
    return run<T>(command, args);
  };

  suiteSetup(async () => {
    await removeAllTaps();
    const api = await activated();
    server = await startEchoServer();
    tap = await runCounted<TapState>("attach", { server: server.endpoint, name: "echo" });
    assert.equal(await ask(tap.listening, "hello"), "echo hello");
    reply = await eventualRow(api, (row) => row.kind === "message" && row.from === "server");
    request = await eventualRow(api, (row) => row.kind === "message" && row.from === "client");
  });

  suiteTeardown(async () => {
    await removeAllTaps();
    server.close();
  });

  test("attach puts a tap in front of a server, and its messages into the log", () => {
    assert.equal(tap.config.name, "echo");
    assert.equal(tap.status, "listening");
    assert.match(tap.listening, /^tcp:\/\/127\.0\.0\.1:\d+$/);
    assert.match(request.preview, /hello/);
    assert.deepEqual(request.sockets, { client: "REQ", server: "REP" });
    assert.equal(reply.exchange, "reply");
    assert.equal(reply.partner, request.n);
    assert.ok(reply.latencyMs !== null && reply.latencyMs >= 0);
  });

  test("probeEndpoint says what a server is, given as such or as that of a tap", async () => {
    const result = await runCounted<ProbeResult>("probeEndpoint", { server: server.endpoint });
    assert.deepEqual([result.kind, result.mechanism, result.socket], ["zmtp", "NULL", "REP"]);
    assert.deepEqual(await runCounted<ProbeResult>("probeEndpoint", { tap: "echo" }), result);
    const nobody = await runCounted<ProbeResult>("probeEndpoint", { server: await freeEndpoint() });
    assert.equal(nobody.kind, "nothing");
  });

  test("replayMessage sends a captured request again and says what came back", async () => {
    const api = await activated();
    const result = await runCounted<ReplayResult>("replayMessage", { n: request.n });
    assert.notEqual(result.summary, "");
    assert.ok(result.answer?.kind === "answer");
    assert.equal(Buffer.from(result.answer.frames.at(-1)!).toString(), "echo hello");
    await eventualRow(api, (row) => row.origin === "replay" && row.kind === "message" && row.from === "server");
  });

  test("replaySession, replayLog and replaySelection ask again what was recorded, and compare the replies", async () => {
    const through = await runCounted<ReplaySummary>("replaySession", { rows: [request.n], timing: { kind: "wait" } });
    assert.deepEqual([through.ended, through.sent, through.same, through.differed], ["done", 1, 1, 0]);
    const elsewhere = await startEchoServer();
    try {
      const target = { kind: "endpoint", endpoint: elsewhere.endpoint };
      const filter = 'origin == wire and body == "hello"';
      const timing = { kind: "fast" };
      const log = await runCounted<ReplaySummary>("replayLog", { filter, target, timing, loops: 2 });
      assert.equal(log.sent, log.same);
      const selection = await runCounted<ReplaySummary>("replaySelection", { rows: [request.n], target, timing });
      assert.deepEqual([selection.sent, selection.same], [1, 1]);
    } finally {
      elsewhere.close();
    }
  });

  test("replaySession refuses what cannot be", async () => {
    await assert.rejects(
      run("replaySession", { rows: [request.n], timing: { kind: "recorded", speed: 0 } }),
      /speed of 0/,
    );
    await assert.rejects(run("replaySession", { timing: { kind: "soon" } }), /"timing" must be/);
    const nowhere = { kind: "endpoint", endpoint: "x" };
    await assert.rejects(run("replaySession", { rows: [request.n], target: nowhere }), /"x" cannot be/);
  });

  test("editAndReplay opens the frames as text, and sendEdited replays what they were changed to", async () => {
    const uri = await runCounted<vscode.Uri>("editAndReplay", { n: request.n });
    const document = await vscode.workspace.openTextDocument(uri);
    assert.match(document.getText(), /^--- frame 1: text\nhello$/m);
    const changed = document.getText().replace(/^hello$/m, "changed");
    const edit = new vscode.WorkspaceEdit();
    edit.replace(uri, new vscode.Range(0, 0, document.lineCount, 0), changed);
    assert.ok(await vscode.workspace.applyEdit(edit));
    const result = await runCounted<ReplayResult>("sendEdited", { uri });
    assert.ok(result.answer?.kind === "answer");
    assert.equal(Buffer.from(result.answer.frames.at(-1)!).toString(), "echo changed");
  });

  test("sendEdited says which line cannot be sent, and selects it", async () => {
    const uri = await runCounted<vscode.Uri>("editAndReplay", { n: request.n });
    const edit = new vscode.WorkspaceEdit();
    const document = await vscode.workspace.openTextDocument(uri);
    edit.replace(uri, new vscode.Range(0, 0, document.lineCount, 0), "--- frame 0: hex\n00\nxy\n");
    await vscode.workspace.applyEdit(edit);
    await assert.rejects(run("sendEdited", { uri }), /Line 3 cannot be sent/);
    assert.equal(vscode.window.activeTextEditor?.selection.start.line, 2);
  });

  test("copyMessageAs gives the message in the format that was asked for", async () => {
    assert.match(await runCounted<string>("copyMessageAs", { n: request.n, format: "text" }), /hello/);
  });

  for (const format of ["text", "json", "hex", "base64", "python", "javascript", "command"]) {
    test(`copyAs.${format} gives some text`, async () => {
      assert.notEqual(await runCounted<string>(`copyAs.${format}`, { n: request.n }), "");
    });
  }

  test("goToReply and goToRequest find the other half of an exchange", async () => {
    assert.equal(await runCounted<number>("goToReply", { n: request.n, webview: "zmqTap.inspector" }), reply.n);
    assert.equal(await runCounted<number>("goToRequest", { n: reply.n, webview: "zmqTap.messages" }), request.n);
    await assert.rejects(run("goToReply", { n: reply.n }), /has no reply in the log/);
  });

  test("openInspector and openInInspector open one panel", async () => {
    await runCounted("openInspector");
    await runCounted("openInInspector", { n: request.n });
    const panels = vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith("zmqTap.inspector"));
    assert.equal(panels.length, 1);
  });

  test("newCall sends a call through a tap and gives the answer", async () => {
    const frames = [{ format: "text", text: "called" }];
    const outcome = await runCounted<ViewCallOutcome>("newCall", { tap: "echo", socket: "REQ", frames, send: true });
    assert.equal(outcome.result.kind, "ok");
    assert.equal(Buffer.from(outcome.result.reply!.frames.at(-1)!).toString(), "echo called");
    assert.equal(outcome.history[0]?.frames[0]?.text, "called");
  });

  test("newCall packs what was typed as MessagePack", async () => {
    const frames = [{ format: "msgpack", text: '{"a":1}' }];
    const { result } = await run<ViewCallOutcome>("newCall", { tap: "echo", socket: "REQ", frames, send: true });
    assert.equal(result.kind, "ok");
    const api = await activated();
    const row = await eventualRow(
      api,
      ({ origin, from, sizeBytes }) => origin === "call" && from === "client" && sizeBytes === 4,
    );
    const { frames: seen } = await api.message(row.n);
    assert.equal(seen.at(-1)?.decoder, "msgpack");
  });

  test("newCall sends a captured request again as a call, without its envelope", async () => {
    const { result } = await run<ViewCallOutcome>("newCall", { n: request.n, send: true });
    assert.equal(result.kind, "ok");
    assert.equal(Buffer.from(result.reply!.frames.at(-1)!).toString(), "echo hello");
  });

  test("callAgain makes a captured request's call again, and copyAs.command writes it for a shell", async () => {
    const { result } = await runCounted<ViewCallOutcome>("callAgain", { n: request.n, send: true });
    assert.equal(Buffer.from(result.reply!.frames.at(-1)!).toString(), "echo hello");
    assert.match(await run<string>("copyAs.command", { n: request.n }), /^zmq-tap call tcp:.* hello/);
    assert.match(await run<string>("copyAs.python", { n: request.n }), /socket[.]send_multipart/);
  });

  test("newCall makes a call in a dialect, and keeps it in the history", async () => {
    const call = { dialect: "raw", method: "called", args: [], retries: 1 };
    const { result, history } = await run<ViewCallOutcome>("newCall", { tap: "echo", ...call, send: true });
    assert.deepEqual([result.kind, result.reply?.said?.json], ["ok", '["echo called"]']);
    assert.deepEqual([history[0]?.typed?.method, history[0]?.retries, history[0]?.socket], ["called", 1, "REQ"]);
    await assert.rejects(run("newCall", { tap: "echo", dialect: "bitcoin", method: "x", send: true }), {
      message: /nobody can be called/,
    });
  });

  testWithZeromq(
    "newCall keeps no secret field in the history",
    async () => {
      const target = { kind: "endpoint", endpoint: await freeEndpoint() };
      const call = { dialect: "jupyter", method: "kernel_info_request", fields: { key: "a secret", session: "mine" } };
      const { result, history } = await run<ViewCallOutcome>("newCall", { target, ...call, timeoutMs: 50, send: true });
      assert.equal(result.kind, "timeout");
      assert.deepEqual(history[0]?.typed?.fields, { session: "mine" });
      assert.ok(!JSON.stringify(history).includes("a secret"));
    },
    () => run("newCall", { target: NOWHERE, dialect: "jupyter", method: "x", send: true }),
  );

  testWithZeromq(
    "newCall shows an endpoint the keys of the key store, by their names",
    async () => {
      const pair = zmq.curveKeyPair();
      const server = new zmq.Reply({ curveServer: true, curveSecretKey: pair.secretKey });
      await server.bind("tcp://127.0.0.1:*");
      await run("importKeys", { text: pair.publicKey, role: "public", name: "called server", quiet: true });
      try {
        const target = { kind: "endpoint", endpoint: server.lastEndpoint };
        const security = { serverKey: "called server" };
        const calling = run<ViewCallOutcome>("newCall", { target, dialect: "raw", method: "q", security, send: true });
        assert.equal(String((await server.receive())[0]), "q");
        await server.send("a");
        const { result, history } = await calling;
        assert.equal(result.kind, "ok");
        assert.deepEqual(history[0]?.keys, security);
        await assert.rejects(
          run("newCall", { target, dialect: "raw", method: "q", security: { serverKey: "none such" }, send: true }),
          { message: /There is no key "none such"/ },
        );
      } finally {
        server.close();
        // Later tests begin without keys.
        assert.equal(await run<boolean>("deleteKey", { key: "called server", confirmed: true }), true);
      }
    },
    () => run("newCall", { target: NOWHERE, dialect: "raw", method: "q", send: true }),
  );

  testWithZeromq(
    "newCall says that nobody answered in time",
    async () => {
      const silent = await freeEndpoint();
      const args = { target: { kind: "endpoint", endpoint: silent }, timeoutMs: 50, send: true };
      const { result } = await run<ViewCallOutcome>("newCall", args);
      assert.equal(result.kind, "timeout");
    },
    () => run("newCall", { target: NOWHERE, send: true }),
  );

  test("newCall refuses to send beyond this machine before anybody was asked", async () => {
    const args = { target: { kind: "endpoint", endpoint: "tcp://192.0.2.1:5556" }, timeoutMs: 50, send: true };
    // VS Code shows no modal dialog in tests and rejects; what matters is that nothing was sent without one.
    await assert.rejects(run("newCall", args));
  });

  test("pauseDisplay and resumeDisplay run", async () => {
    await runCounted("pauseDisplay");
    await runCounted("resumeDisplay");
  });

  test("copyEndpoint gives the endpoint that clients connect to", async () => {
    assert.equal(await runCounted<string>("copyEndpoint", { tap: "echo" }), tap.listening);
  });

  test("generateKeyPair makes a pair, and copyPublicKey copies its public half", async () => {
    const key = await runCounted<KeySummary>("generateKeyPair", { name: "of the tap" });
    assert.equal(key.kind, "pair");
    assert.equal(await runCounted<string>("copyPublicKey", { key: "of the tap" }), key.publicKey);
    assert.equal(await vscode.env.clipboard.readText(), key.publicKey);
    await assert.rejects(run("generateKeyPair", { name: "of the tap" }), /a key "of the tap" already/);
  });

  test("exportPublicKey and exportKeyPair write files that importKeys reads", async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    assert.ok(folder);
    const files = ["exported.key", "exported.key_secret"].map((name) => vscode.Uri.joinPath(folder, name));
    await runCounted("exportPublicKey", { key: "of the tap", uri: files[0] });
    await runCounted("exportKeyPair", { key: "of the tap", uri: files[1], confirmed: true });
    const { imported } = await runCounted<ImportResult>("importKeys", { uri: files[1] });
    assert.deepEqual(
      imported.map(({ name, kind }) => [name, kind]),
      [["exported", "pair"]],
    );
    for (const file of files) await vscode.workspace.fs.delete(file);
  });

  test("setTapKeys gives a running tap keys by name, and takes them away", async () => {
    const api = await activated();
    const security = { serverPair: "of the tap", allow: [] };
    const secured = await runCounted<TapState>("setTapKeys", { tap: "echo", security });
    assert.deepEqual(secured.config.security, security);
    await assert.rejects(run("setTapKeys", { tap: "echo", security: { serverPair: "gone" } }), /no key "gone"/);
    assert.deepEqual(api.taps()[0]?.config.security, security);
  });

  test("allowClient lets a waiting client in, and denyClient refuses it", async () => {
    const client = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";
    const allowed = await runCounted<TapState>("allowClient", { tap: "echo", client });
    assert.deepEqual(allowed.config.security?.allow, [client]);
    const denied = await runCounted<TapState>("denyClient", { tap: "echo", client });
    assert.deepEqual(denied.config.security?.allow, []);
    assert.deepEqual(
      denied.waiting.map((one) => [one.client, one.isDenied]),
      [[client, true]],
    );
  });

  test("renameKey renames it for the taps that use it too", async () => {
    const api = await activated();
    assert.equal(await runCounted<string>("renameKey", { key: "of the tap", name: "renamed" }), "renamed");
    assert.equal(api.taps()[0]?.config.security?.serverPair, "renamed");
    await run("setTapKeys", { tap: "echo", security: {} });
    assert.equal(api.taps()[0]?.config.security, undefined);
  });

  test("addPlainUser keeps a user, and deleteKey deletes one that is agreed to", async () => {
    const args = { name: "operator", user: "op", password: "swordfish" };
    const user = await runCounted<KeySummary>("addPlainUser", args);
    assert.deepEqual(user, { name: "operator", kind: "plain", publicKey: null, user: "op" });
    await assert.rejects(run("deleteKey", { key: "operator" }), /agreed to/);
    for (const key of ["operator", "renamed", "exported"])
      assert.equal(await runCounted<boolean>("deleteKey", { key, confirmed: true }), true);
    await assert.rejects(run("copyPublicKey", { key: "renamed" }), /no key "renamed"/);
  });

  test("pinMessage, editNote and unpinMessage mark a message", async () => {
    assert.equal((await runCounted<Row>("pinMessage", { n: request.n })).pinned, true);
    assert.equal((await runCounted<Row>("editNote", { n: request.n, text: "look here" })).note, "look here");
    const api = await activated();
    const { row } = await api.message(request.n);
    assert.deepEqual([row.pinned, row.note], [true, "look here"]);
    assert.equal((await runCounted<Row>("unpinMessage", { n: request.n })).pinned, false);
    assert.equal((await run<Row>("editNote", { n: request.n, text: "" })).note, "");
  });

  test("filterBy writes the value into the filter", async () => {
    const args = { n: request.n, field: "size", value: "5" };
    assert.equal(await runCounted<string>("filterBy.equals", args), "size == 5");
    assert.equal(await runCounted<string>("filterBy.notEquals", args), "size != 5");
    assert.notEqual(await runCounted<string>("filterBy.conversation", { n: request.n }), "");
    await assert.rejects(run("filterBy.equals", { n: request.n }), /no value to filter by/);
  });

  test("followConversation writes the filter of a message's link, or of what is asked for", async () => {
    const link = await runCounted<string>("followConversation", { n: request.n });
    assert.equal(await runCounted<string>("follow.link", { n: reply.n }), link);
    const exchange = await runCounted<string>("follow.exchange", { n: request.n });
    assert.notEqual(exchange, link);
    ran.add("zmqTap.follow.topic").add("zmqTap.follow.correlation");
    // A request has no topic, and this one no id of its own.
    await assert.rejects(run("follow.topic", { n: request.n }));
    await assert.rejects(run("follow.correlation", { n: request.n }));
  });

  test("saveFilter keeps a filter under a name, and forgets it with an empty text", async () => {
    const saved = await runCounted<readonly SavedFilter[]>("saveFilter", { name: "slow", filter: "latency > 50ms" });
    assert.deepEqual(saved, [{ name: "slow", text: "latency > 50ms" }]);
    await assert.rejects(run("saveFilter", { name: "bad", filter: "latency >" }), /cannot be saved/);
    assert.deepEqual(await run("saveFilter", { name: "slow", filter: "" }), []);
  });

  test("selectForCompare and compareWithSelected open two messages side by side", async () => {
    assert.equal(await runCounted<number>("selectForCompare", { n: request.n }), request.n);
    const uris = await runCounted<readonly vscode.Uri[]>("compareWithSelected", { n: reply.n });
    const texts = await Promise.all(uris.map((uri) => vscode.workspace.openTextDocument(uri)));
    assert.match(texts[0]!.getText(), /hello/);
    assert.match(texts[1]!.getText(), /echo hello/);
    const { input } = vscode.window.tabGroups.activeTabGroup.activeTab ?? {};
    assert.ok(input instanceof vscode.TabInputTextDiff);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  test("stopTap frees the endpoint and startTap takes the same one again", async () => {
    assert.equal((await runCounted<TapState>("stopTap", { tap: "echo" })).status, "stopped");
    const again = await runCounted<TapState>("startTap", { tap: "echo" });
    assert.equal(again.listening, tap.listening);
    assert.equal(await ask(again.listening, "again"), "echo again");
  });

  test("stopCapturing keeps relaying and captures nothing, and startCapturing captures again", async () => {
    const api = await activated();
    const stopped = await runCounted<TapState>("stopCapturing", { tap: "echo" });
    assert.equal(stopped.config.isCaptured, false);
    assert.equal(await ask(tap.listening, "unseen"), "echo unseen");
    await eventualRow(api, ({ event, preview }) => event === "capturing" && preview.includes("stopped"));
    const started = await runCounted<TapState>("startCapturing", { tap: "echo" });
    assert.equal(started.config.isCaptured, undefined);
    assert.equal(await ask(tap.listening, "seen"), "echo seen");
    await eventualRow(api, ({ from, preview }) => from === "server" && preview.includes("echo seen"));
    const { rows } = await api.rows(0, 500);
    assert.ok(!rows.some(({ preview }) => preview.includes("unseen")));
  });

  test("changeServer points new links at another server", async () => {
    const api = await activated();
    const other = await startEchoServer();
    try {
      const changed = await runCounted<TapState>("changeServer", { tap: "echo", server: other.endpoint });
      assert.equal(changed.config.server, other.endpoint);
      assert.equal(changed.listening, tap.listening);
      await ask(tap.listening, "other");
      const port = other.endpoint.split(":").at(-1)!;
      await eventually(api, () => api.taps()[0]?.config.server.endsWith(port) === true || undefined);
    } finally {
      other.close();
      await run("changeServer", { tap: "echo", server: server.endpoint });
    }
  });

  test("stopAllTaps stops every tap", async () => {
    await runCounted("stopAllTaps");
    const api = await activated();
    assert.deepEqual(
      api.taps().map(({ status }) => status),
      ["stopped"],
    );
  });

  test("clearLog empties the log", async () => {
    await runCounted("clearLog");
    const api = await activated();
    assert.equal((await api.rows(0, 10)).total, 0);
  });

  test("removeTap takes a tap out of the list", async () => {
    const extra = await attachTo(server.endpoint, { name: "extra" });
    await runCounted("removeTap", { tap: "extra" });
    const api = await activated();
    assert.ok(!api.taps().some(({ config }) => config.id === extra.config.id));
  });

  testWithZeromq(
    "startDemo taps every server of the demo, and stopDemo removes those taps",
    async () => {
      const api = await activated();
      const taps = await runCounted<readonly TapState[]>("startDemo");
      assert.ok(taps.length >= 3);
      for (const one of taps) await eventualRow(api, (row) => row.tap === one.config.id && row.kind === "message");
      await runCounted("stopDemo");
      const left = api.taps().map(({ config }) => config.id);
      assert.deepEqual(
        taps.filter(({ config }) => left.includes(config.id)),
        [],
      );
    },
    async () => {
      await runCounted("stopDemo");
      await runCounted("startDemo");
    },
  );

  test("recoverCapture and discardCapture say that there is nothing to recover", async () => {
    await assert.rejects(runCounted("recoverCapture"), /no capture to recover/);
    await assert.rejects(runCounted("discardCapture"), /no capture to recover/);
  });

  test("showOutput runs", async () => {
    await runCounted("showOutput");
  });

  test("every command of the table was run by the tests above, or by those of captures and other features", () => {
    const ofCallFiles = ["sendCall", "sendCallTo", "runCalls", "cancelCalls", "showCallResults", "openCall"];
    const ofCaptures = ["clearAllButPinned", "openCapture", "exportCapture", "exportLog", "saveFrames"];
    const elsewhere = [
      ...[
        "attachJupyter",
        "attachSocks",
        "setDialect",
        "answerCalls",
        "listenForSignals",
        "startBridge",
        "restartBridge",
        "stopBridge",
        "removeBridge",
        "showMessages",
        "newCallFile",
        "selectEnvironment",
        "saveAsCall",
        "watchAllTopics",
        "stopWatchingAllTopics",
      ],
      ...["start", "restart", "stop", "remove"].map((verb) => `${verb}WebBridge`),
      ...["copyWebBridgeUrl", "copyWebBridgeToken"],
      ...["jumpToRow", "filterByFinding", "explainFinding", "attachThere", "disableFinding"],
      "openDocs",
      ...["holdMessages", "injectFault", "stopInterventions"],
      ...["releaseHeld", "releaseAllHeld", "editHeld", "dropHeld"],
      ...ofCallFiles,
      ...ofCaptures,
    ];
    assert.deepEqual(
      ids.filter((id) => !ran.has(id) && !elsewhere.includes(id.slice("zmqTap.".length))),
      [],
    );
  });
});

suite("commands that cannot run", () => {
  const refusals: Record<string, { command: string; args: Readonly<Record<string, unknown>>; says: RegExp }> = {
    "a server that is no endpoint": {
      command: "attach",
      args: { server: "localhost:5556" },
      says: /transport is missing/,
    },
    "an inproc server": { command: "attach", args: { server: "inproc://a" }, says: /inproc/ },
    "no server": { command: "probeEndpoint", args: {}, says: /No server was given/ },
    "an ipc endpoint without a path": { command: "probeEndpoint", args: { server: "ipc://" }, says: /path is missing/ },
    "an argument of the wrong type": { command: "attach", args: { server: 5556 }, says: /"server" must be a text/ },
    "a tap that is not there": { command: "stopTap", args: { tap: "nobody" }, says: /There is no tap "nobody"/ },
    "no selected message": { command: "copyMessageAs", args: {}, says: /Select a message/ },
    "a call with hex that is none": {
      command: "newCall",
      args: {
        target: { kind: "endpoint", endpoint: "tcp://127.0.0.1:1" },
        frames: [{ format: "hex", text: "z" }],
        send: true,
      },
      says: /Frame 0 cannot be sent/,
    },
    "a secret key as a tap's key": {
      command: "setTapKeys",
      args: { security: { serverPair: "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs" } },
      says: /"security" must be an object with names(?!.*D:\)Q)/,
    },
    "a name that is a key": {
      command: "generateKeyPair",
      args: { name: "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs" },
      says: /a key itself(?!.*D:\)Q)/,
    },
    "no key to copy": { command: "copyPublicKey", args: {}, says: /no key for this/ },
    "a password that PLAIN cannot carry": {
      command: "addPlainUser",
      args: { name: "a", user: "a", password: "x".repeat(256) },
      says: /at most 255 octets/,
    },
    "nothing to compare": {
      command: "compareWithSelected",
      args: { n: 1, rows: [1] },
      says: /nothing to compare|gone|no longer kept/,
    },
    "a format that is none": { command: "copyMessageAs", args: { format: "doc" }, says: /"format" must be one of/ },
    "rows that are none": { command: "exportCapture", args: { rows: "some" }, says: /"rows" must be/ },
    "a view that is gone": { command: "pinMessage", args: { n: 1, view: 999_999 }, says: /is closed/ },
    "no capture file": { command: "openCapture", args: {}, says: /No file was given/ },
    "no edited message": { command: "sendEdited", args: {}, says: /No edited message is open/ },
  };
  for (const [name, { command, args, says }] of Object.entries(refusals)) {
    test(`${command} says what to do about ${name}`, async () => {
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
      await assert.rejects(run(command, args), (error: Error) => says.test(error.message));
    });
  }

  test("attach says that a port is taken, and leaves no tap behind", async () => {
    const api = await activated();
    const server = await startEchoServer();
    const taken = await startEchoServer();
    try {
      await assert.rejects(attachTo(server.endpoint, { listen: taken.endpoint }), /another program is using it/);
      assert.deepEqual(api.taps(), []);
    } finally {
      server.close();
      taken.close();
    }
  });

  test("attach refuses to listen on its server's own endpoint", async () => {
    const server = await freeEndpoint();
    await assert.rejects(attachTo(server, { listen: server }), /its server's own endpoint/);
  });
});
