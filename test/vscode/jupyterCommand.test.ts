import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import { findConnectionFiles } from "../../src/host/connectionFiles.ts";
import type { AttachedKernel } from "../../src/host/jupyterCommand.ts";
import { JUPYTER_CHANNELS } from "../../src/shared/jupyterConnection.ts";
import type { TapConfig } from "../../src/shared/model.ts";
import { activated, ask, removeAllTaps, run, startEchoServer } from "./support.ts";

suite("attachJupyter", () => {
  const KEY = "a key that is secret";
  let folder: string;

  setup(async () => {
    await removeAllTaps();
    folder = await mkdtemp(join(tmpdir(), "zmq-tap-jupyter-"));
  });
  teardown(async () => {
    await removeAllTaps();
    await rm(folder, { recursive: true });
  });

  const write = async (name: string, fields: object): Promise<vscode.Uri> => {
    const path = join(folder, name);
    await writeFile(path, JSON.stringify({ transport: "tcp", ip: "127.0.0.1", key: KEY, ...fields }));
    return vscode.Uri.file(path);
  };

  test("taps the five channels and writes a connection file that only the user can read", async () => {
    await activated();
    const servers = await Promise.all(JUPYTER_CHANNELS.map(startEchoServer));
    const ports = servers.map(({ endpoint }) => Number(endpoint.split(":").at(-1)));
    const fields = Object.fromEntries(JUPYTER_CHANNELS.map((channel, at) => [`${channel}_port`, ports[at]]));
    const uri = await write("kernel-7.json", { ...fields, signature_scheme: "hmac-sha256" });
    const { taps, file } = await run<AttachedKernel>("attachJupyter", { uri });
    const configs: readonly TapConfig[] = taps.map(({ config }) => config);
    assert.deepEqual(
      configs.map(({ name, dialect, connectionFile }) => ({ name, dialect, connectionFile })),
      JUPYTER_CHANNELS.map((channel) => ({
        name: `kernel-7 ${channel}`,
        dialect: "jupyter",
        connectionFile: uri.fsPath,
      })),
    );
    assert.ok(!JSON.stringify(taps).includes(KEY));
    assert.equal(file, join(folder, "kernel-7-tap.json"));
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    const written = JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
    assert.equal(written["key"], KEY);
    for (const channel of JUPYTER_CHANNELS) {
      assert.equal(await ask(`tcp://127.0.0.1:${String(written[`${channel}_port`])}`, channel), `echo ${channel}`);
    }
    // The same again has names and ports of its own.
    const again = await run<AttachedKernel>("attachJupyter", { uri });
    assert.equal(again.taps[0]?.config.name, "kernel-7 (2) shell");
    for (const server of servers) server.close();
  });

  test("says what a file lacks, and starts nothing", async () => {
    const api = await activated();
    const uri = await write("kernel-8.json", { shell_port: 1 });
    await assert.rejects(
      run("attachJupyter", { uri }),
      /kernel-8\.json is no connection file .*"iopub_port" is missing/,
    );
    await assert.rejects(run("attachJupyter", { uri: vscode.Uri.file(join(folder, "none.json")) }), /cannot be read/);
    await assert.rejects(run("attachJupyter"), /No file was given/);
    assert.deepEqual(api.taps(), []);
  });

  test("finds the kernels of the runtime folder, the newest first", async () => {
    const before = process.env["JUPYTER_RUNTIME_DIR"];
    const runtime = join(folder, "runtime");
    process.env["JUPYTER_RUNTIME_DIR"] = runtime;
    try {
      assert.deepEqual(await findConnectionFiles(), []);
      await mkdir(runtime);
      for (const [at, name] of ["kernel-1.json", "kernel-2.json", "kernel-2-tap.json", "jpserver-1.json"].entries()) {
        await writeFile(join(runtime, name), "{}");
        await utimes(join(runtime, name), 1000 + at, 1000 + at);
      }
      assert.deepEqual(
        (await findConnectionFiles()).map(({ name }) => name),
        ["kernel-2.json", "kernel-1.json"],
      );
    } finally {
      if (before === undefined) delete process.env["JUPYTER_RUNTIME_DIR"];
      else process.env["JUPYTER_RUNTIME_DIR"] = before;
    }
  });
});
