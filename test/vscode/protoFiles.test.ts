import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { Engine } from "../../src/host/engine.ts";
import { ProtoFiles } from "../../src/host/protoFiles.ts";
import { ownEngine } from "./support.ts";

suite("ProtoFiles", () => {
  const log = vscode.window.createOutputChannel("ZMQ Tap .proto test", { log: true });
  let engine: Engine;
  let protoFiles: ProtoFiles;
  let file: vscode.Uri;

  const write = (text: string): Thenable<void> => vscode.workspace.fs.writeFile(file, Buffer.from(text));
  const own = async (): Promise<readonly string[]> =>
    (await protoFiles.types()).filter((type) => !type.startsWith("google."));

  setup(() => {
    engine = ownEngine();
    protoFiles = new ProtoFiles(engine, log);
    file = vscode.Uri.joinPath(vscode.workspace.workspaceFolders![0]!.uri, "own.proto");
  });

  teardown(async () => {
    protoFiles.dispose();
    engine.dispose();
    await vscode.workspace.fs.delete(file);
  });

  suiteTeardown(() => log.dispose());

  test("reads the messages of the workspace's files, and again when one has changed", async () => {
    await write('syntax = "proto3"; package own; message First { int32 a = 1; }');
    assert.deepEqual(await own(), ["own.First"]);
    const changed = new Promise((resolve) => {
      const watcher = vscode.workspace.createFileSystemWatcher("**/*.proto");
      watcher.onDidChange(resolve);
    });
    await write('syntax = "proto3"; package own; message Second { int32 a = 1; }');
    await changed;
    assert.deepEqual(await own(), ["own.Second"]);
  });

  test("leaves out a file with an error, and one that is too large", async () => {
    await write("message {");
    assert.deepEqual(await own(), []);
    await write(`syntax = "proto3"; message Large {} // ${"x".repeat(1024 * 1024)}`);
    engine.dispose();
    protoFiles.dispose();
    engine = ownEngine();
    protoFiles = new ProtoFiles(engine, log);
    assert.deepEqual(await own(), []);
  });
});
