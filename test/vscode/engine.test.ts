import assert from "node:assert/strict";
import type { BridgeState } from "../../src/shared/bridges.ts";
import type { TapState } from "../../src/shared/model.ts";
import { engineEnvironment, packValue } from "../../src/host/engine.ts";
import {
  activated,
  ask,
  attachTo,
  eventually,
  eventualRow,
  isUniversal,
  removeAllTaps,
  run,
  startEchoServer,
} from "./support.ts";

suite("engine", () => {
  suiteTeardown(removeAllTaps);

  test("engineEnvironment hands on nothing that would change the engine", () => {
    const env = engineEnvironment({ HOME: "/h", NODE_OPTIONS: "--inspect", VSCODE_PID: "1", VSCODE_IPC_HOOK: "x" });
    assert.deepEqual(env, { HOME: "/h", ELECTRON_RUN_AS_NODE: "1" });
  });

  test("packValue packs objects as plain maps", async () => {
    assert.equal(Buffer.from(await packValue({ a: [1, "b", null] })).toString("hex"), "81a16193" + "01a162c0");
  });

  test("an engine killed with SIGKILL comes back with its taps and bridges on the same endpoints", async () => {
    const api = await activated();
    await removeAllTaps();
    const server = await startEchoServer();
    try {
      const first = await attachTo(server.endpoint, { name: "first" });
      const second = await attachTo(server.endpoint, { name: "second" });
      const config = { name: "bridge", kind: "rep-req", in: "tcp://127.0.0.1:*", out: server.endpoint };
      const bridge = isUniversal ? null : await run<BridgeState>("startBridge", { config });
      assert.equal(await ask(first.listening, "before"), "echo before");
      await eventualRow(api, (row) => row.kind === "message");
      const pid = api.enginePid();
      assert.ok(pid !== undefined);
      process.kill(pid, "SIGKILL");
      await eventually(api, () => {
        const isNew = api.enginePid() !== undefined && api.enginePid() !== pid;
        const isBack = api.taps().every(({ status }) => status === "listening");
        const isBridged = api.bridges().every(({ status }) => status === "running");
        return (isNew && isBack && isBridged) || undefined;
      });
      const listening = api.taps().map((tap) => tap.listening);
      assert.deepEqual(listening, [first.listening, second.listening]);
      if (bridge !== null) {
        assert.deepEqual(api.bridges()[0]?.in, bridge.in);
        assert.equal(await ask(bridge.in[0]!, "bridged"), "echo bridged");
        await run("removeBridge", { bridge: "bridge" });
      }
      assert.equal(await ask(second.listening, "after"), "echo after");
      await eventualRow(
        api,
        ({ kind, from, preview }) => kind === "message" && from === "client" && preview.includes("after"),
      );
    } finally {
      server.close();
    }
  });

  test("an engine that dies again within a minute stays down until a tap is started by hand", async () => {
    const api = await activated();
    const pid = api.enginePid();
    assert.ok(pid !== undefined);
    process.kill(pid, "SIGKILL");
    const failed = await eventually(api, () => api.taps().find(({ status }) => status === "failed"));
    assert.match(failed.problem ?? "", /stopped again within a minute/);
    assert.equal(api.enginePid(), undefined);
    const back = await run<TapState>("startTap", { tap: failed.config.id });
    assert.equal(back.status, "server-down" === back.status ? "server-down" : "listening");
    assert.equal(back.config.listen, failed.config.listen);
  });
});
