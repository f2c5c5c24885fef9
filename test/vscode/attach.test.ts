import assert from "node:assert/strict";
import * as vscode from "vscode";
import { endpointsInWorkspace } from "../../src/host/endpointsInWorkspace.ts";
import { suggestListen } from "../../src/host/freePort.ts";
import { pickStep, textStep } from "../../src/host/quickSteps.ts";
import type { TapState } from "../../src/shared/model.ts";
import { attachTo, removeAllTaps, run, startEchoServer } from "./support.ts";

const frame = { title: "Test", step: 1, totalSteps: 2, placeholder: "" };

suite("attach", () => {
  suiteTeardown(removeAllTaps);

  test("finds the endpoints that the workspace's files name", async () => {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    assert.ok(folder);
    const file = vscode.Uri.joinPath(folder, "peer.py");
    const text = 'socket.bind("tcp://*:5771")\nother.connect("tcp://10.0.0.7:5772")\n';
    await vscode.workspace.fs.writeFile(file, Buffer.from(text));
    try {
      const found = await endpointsInWorkspace(20_000);
      assert.deepEqual(found, [
        { server: "tcp://127.0.0.1:5771", where: "tcp://*:5771 in peer.py" },
        { server: "tcp://10.0.0.7:5772", where: "in peer.py" },
      ]);
    } finally {
      await vscode.workspace.fs.delete(file);
    }
  });

  test("suggests a loopback endpoint that can be listened on", async () => {
    const listen = await suggestListen();
    assert.match(listen, /^tcp:\/\/127\.0\.0\.1:[1-9]\d*$/);
    const server = await startEchoServer();
    const tap = await attachTo(server.endpoint, { listen });
    assert.equal(tap.listening, listen);
    server.close();
  });

  test("takes the next free name when none was given", async () => {
    await removeAllTaps();
    const server = await startEchoServer();
    const port = server.endpoint.split(":").at(-1)!;
    const names: string[] = [];
    for (let n = 0; n < 2; n++) names.push((await run<TapState>("attach", { server: server.endpoint })).config.name);
    assert.deepEqual(names, [`tap ${port}`, `tap ${port} (2)`]);
    server.close();
  });
});

suite("quick steps", () => {
  test("pickStep ends with the chosen value", async () => {
    const end = pickStep({ ...frame, choices: () => [{ label: "one", value: 1 }] });
    await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
    assert.deepEqual(await end, { kind: "next", value: 1 });
  });

  test("textStep ends with its suggestion when that is taken", async () => {
    const end = textStep({ ...frame, prompt: "", value: " tcp://127.0.0.1:* ", problem: () => undefined });
    await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
    assert.deepEqual(await end, { kind: "next", value: "tcp://127.0.0.1:*" });
  });

  test("textStep stays open while the text cannot be used", async () => {
    const end = textStep({ ...frame, prompt: "", value: "x", problem: () => "It is no endpoint." });
    await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
    await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
    assert.deepEqual(await end, { kind: "cancelled" });
  });

  test("pickStep goes a step back", async () => {
    const end = pickStep({ ...frame, step: 2, choices: () => [{ label: "one", value: 1 }] });
    await vscode.commands.executeCommand("workbench.action.quickInputBack");
    assert.deepEqual(await end, { kind: "back" });
  });
});
