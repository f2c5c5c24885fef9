import assert from "node:assert/strict";
import * as vscode from "vscode";
import { captureFolder, checkedSettings, readSettings } from "../../src/host/settings.ts";
import { DEFAULT_MAX_BYTES, DEFAULT_MAX_DISK_BYTES, DEFAULT_MAX_FRAME_BYTES } from "../../src/shared/settingsCheck.ts";
import { activated, ask, eventually, freeEndpoint, removeAllTaps, startEchoServer } from "./support.ts";

async function set(name: string, value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration("zmqTap").update(name, value, vscode.ConfigurationTarget.Workspace);
}

suite("settings", () => {
  suiteSetup(removeAllTaps);

  teardown(async () => {
    await set("taps", undefined);
    await set("capture.maxBytes", undefined);
    const api = await activated();
    await eventually(api, () => api.taps().length === 0 || undefined);
  });

  test("values of the wrong type give one sentence each, and the defaults are used", async () => {
    await set("taps", "tcp://127.0.0.1:5556");
    await set("capture.maxBytes", "a lot");
    const { settings, problems } = readSettings();
    assert.deepEqual(settings, {
      taps: [],
      limits: {
        maxBytes: DEFAULT_MAX_BYTES,
        maxDiskBytes: DEFAULT_MAX_DISK_BYTES,
        maxFrameBytes: DEFAULT_MAX_FRAME_BYTES,
      },
      savedFilters: [],
      ownModules: [],
      lingerMs: 60_000,
    });
    assert.equal(problems.length, 2);
    assert.match(problems[0]!, /"zmqTap\.taps"/);
    assert.match(problems[1]!, /"zmqTap\.capture\.maxBytes"/);
  });

  test("filters of the settings are checked with the filter language", async () => {
    const configuration = vscode.workspace.getConfiguration("zmqTap");
    await configuration.update(
      "filters.saved",
      [
        { name: "slow", filter: "latency > 50ms" },
        { name: "wrong", filter: "latency >" },
      ],
      vscode.ConfigurationTarget.Workspace,
    );
    const { settings, problems } = await checkedSettings();
    assert.deepEqual(settings.savedFilters, [{ name: "slow", text: "latency > 50ms" }]);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, /"zmqTap\.filters\.saved", entry 2, .* cannot be used/);
    await configuration.update("filters.saved", undefined, vscode.ConfigurationTarget.Workspace);
  });

  test("the live capture is kept in the workspace's storage, and in memory only without one", () => {
    assert.equal(captureFolder(vscode.Uri.file("/storage/a")), vscode.Uri.file("/storage/a/capture").fsPath);
    assert.equal(captureFolder(vscode.Uri.parse("vscode-userdata:/a")), null);
    assert.equal(captureFolder(undefined), null);
  });

  test("a tap that the settings get starts at once, beside one that cannot be used, and ends when it is taken out", async () => {
    const api = await activated();
    const server = await startEchoServer();
    const listen = await freeEndpoint();
    try {
      await set("taps", [
        { name: "wrong", server: 7 },
        { name: "echo", server: server.endpoint, listen },
      ]);
      const tap = await eventually(api, () => api.taps().find(({ status }) => status === "listening"));
      assert.equal(tap.config.name, "echo");
      assert.equal(tap.listening, listen);
      assert.equal(await ask(listen, "set"), "echo set");
      await set("taps", []);
      await eventually(api, () => api.taps().length === 0 || undefined);
    } finally {
      server.close();
    }
  });

  test("a tap's start filter follows the settings while the tap runs on", async () => {
    const api = await activated();
    const server = await startEchoServer();
    const tap = { name: "echo", server: server.endpoint, listen: await freeEndpoint() };
    try {
      await set("taps", [{ ...tap, filter: "latency > 50ms" }]);
      const first = await eventually(api, () => api.taps().find(({ status }) => status === "listening"));
      assert.equal(first.config.filter, "latency > 50ms");
      await set("taps", [{ ...tap, filter: "pending" }]);
      const changed = await eventually(api, () => api.taps().find(({ config }) => config.filter === "pending"));
      assert.equal(changed.status, "listening");
      await set("taps", [tap]);
      await eventually(api, () => api.taps().find(({ config }) => config.filter === undefined));
    } finally {
      server.close();
    }
  });

  test("a tap of the settings whose port is taken stays in the list and says so", async () => {
    const api = await activated();
    const taken = await startEchoServer();
    try {
      await set("taps", [{ name: "late", server: "tcp://127.0.0.1:5556", listen: taken.endpoint }]);
      const tap = await eventually(api, () => api.taps().find(({ status }) => status === "failed"));
      assert.match(tap.problem ?? "", /another VS Code window/);
    } finally {
      taken.close();
    }
  });
});
