import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as vscode from "vscode";
import type { ZmqTapApi } from "../../src/host/api.ts";
import { bridgeItem, bridgePartItem, shapeOfBridges } from "../../src/host/bridgeRows.ts";
import { REMEMBERED_KEY } from "../../src/host/bridgeElement.ts";
import { startBridgesWithWorkspace } from "../../src/host/bridgeStartup.ts";
import type { Engine } from "../../src/host/engine.ts";
import { RunningBridges } from "../../src/host/runningBridges.ts";
import type { ViewCallOutcome } from "../../src/shared/viewProtocol.ts";
import type { KeySummary } from "../../src/shared/keys/storedKey.ts";
import { type BridgeState, type BridgeStatus, noCounts } from "../../src/shared/bridges.ts";
import { bridgeConfig, bridgeState } from "../support/bridgeStates.ts";
import {
  activated,
  ask,
  connectCurveClient,
  eventually,
  eventualRow,
  freeEndpoint,
  keyStore,
  memento,
  ownEngine,
  removeAllTaps,
  run,
  startCurveServer,
  startEchoServer,
  testWithZeromq,
} from "./support.ts";

async function set(value: unknown): Promise<void> {
  await vscode.workspace.getConfiguration("zmqTap").update("bridges", value, vscode.ConfigurationTarget.Workspace);
}

async function removeAllBridges(): Promise<void> {
  const api = await activated();
  for (const { config } of api.bridges()) await run("removeBridge", { bridge: config.id, confirmed: true });
}

/** The first state of bridges that `find` takes, looked for now and after every change. */
async function eventualState<T>(bridges: RunningBridges, find: (bridge: BridgeState) => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const check = (): void => {
      const found = bridges
        .list()
        .map(find)
        .find((one) => one !== undefined);
      if (found === undefined) return;
      changes.dispose();
      resolve(found);
    };
    const changes = bridges.onDidChange(check);
    check();
  });
}

suite("bridges", () => {
  let api: ZmqTapApi;
  suiteSetup(async () => {
    api = await activated();
    await removeAllTaps();
  });
  teardown(removeAllBridges);

  const refused = (): Promise<unknown> =>
    run("startBridge", { config: { kind: "rep-req", in: "tcp://127.0.0.1:*", out: "tcp://127.0.0.1:9" } });
  const bridgeThat = (isWanted: (bridge: BridgeState) => boolean): Promise<BridgeState> =>
    eventually(api, () => api.bridges().find(isWanted));

  testWithZeromq(
    "Start Bridge passes requests on and replies back, in the log under its name",
    async () => {
      const server = await startEchoServer();
      try {
        const bridge = await run<BridgeState>("startBridge", {
          config: { name: "orders", kind: "rep-req", in: "tcp://127.0.0.1:*", out: server.endpoint },
        });
        assert.equal(bridge.status, "running");
        assert.match(bridge.in[0]!, /^tcp:\/\/127[.]0[.]0[.]1:\d+$/);
        assert.equal(await ask(bridge.in[0]!, "hello"), "echo hello");
        const row = await eventualRow(
          api,
          ({ tapName, preview }) => tapName === "orders" && preview.includes("echo hello"),
        );
        assert.equal(row.origin, "bridge");
        assert.ok(row.partner !== null);
        assert.match(await run<string>("copyMessageAs", { n: row.partner, format: "python" }), /import zmq/);
        await assert.rejects(
          run("replayMessage", { n: row.partner }),
          /of a socket of "orders", and no tap.*Call Again/,
        );
        const again = await run<ViewCallOutcome>("callAgain", { n: row.partner, send: true });
        assert.ok(again.result.kind === "ok");
        const counted = await bridgeThat(({ counters }) => counters.answered === 2);
        assert.deepEqual([counted.counters.received, counted.counters.delivered], [2, 2]);
        assert.equal(await run("copyEndpoint", { bridge: "orders" }), bridge.in[0]);
        assert.equal(await run("copyEndpoint", { bridge: "orders", part: "out" }), server.endpoint);
        assert.equal(await run("showMessages", { bridge: "orders" }), 'tap == "orders"');
        assert.equal(await run("showMessages"), 'tap == "orders"');
        await run("attach", { server: server.endpoint });
        await assert.rejects(run("showMessages"), /There are several/);
        await removeAllTaps();
      } finally {
        server.close();
      }
    },
    refused,
  );

  testWithZeromq(
    "A bridge is stopped, started again on the same port, and removed",
    async () => {
      const server = await startEchoServer();
      try {
        const config = { kind: "rep-req", in: "tcp://127.0.0.1:*", out: server.endpoint };
        const { config: started, in: first } = await run<BridgeState>("startBridge", { config });
        assert.match(started.name, /^rep-req/);
        assert.equal((await run<BridgeState>("stopBridge")).status, "stopped");
        const again = await run<BridgeState>("restartBridge", { bridge: started.name });
        assert.deepEqual(again.in, first);
        assert.equal(await ask(again.in[0]!, "again"), "echo again");
        assert.equal(await run("removeBridge", { bridge: started.id }), true);
        assert.deepEqual(api.bridges(), []);
      } finally {
        server.close();
      }
    },
    refused,
  );

  testWithZeromq(
    "A buffered bridge says OK at once, tells its depth, and delivers when the server is there",
    async () => {
      const remote = await freeEndpoint();
      const config = { name: "later", kind: "buffered-rep-req", in: "tcp://127.0.0.1:*", out: remote, persist: true };
      const bridge = await run<BridgeState>("startBridge", { config });
      for (const text of ["one", "two", "three"]) assert.match(await ask(bridge.in[0]!, text), /"status_code": ?200/);
      await bridgeThat(({ queue }) => queue.messages === 3);
      // It is on disk, so it would be lost.
      await assert.rejects(run("removeBridge", { bridge: "later" }), /agreed to/);
      assert.equal((await run<BridgeState>("stopBridge", { bridge: "later" })).status, "stopped");
      await run("restartBridge", { bridge: "later" });
      const { zmq } = await import("./support.ts");
      const server = new zmq.Reply({ linger: 0 });
      try {
        await server.bind(remote);
        const seen: string[] = [];
        for (let count = 0; count < 3; count++) {
          seen.push(String((await server.receive())[0]));
          await server.send("OK");
        }
        assert.deepEqual(seen, ["one", "two", "three"]);
        await bridgeThat(({ queue, counters }) => queue.messages === 0 && counters.delivered === 3);
        assert.equal(await run("removeBridge", { bridge: "later" }), true);
      } finally {
        server.close();
      }
    },
    refused,
  );

  testWithZeromq(
    "Legs have keys by their names, and a bridge without them starts once they are there",
    async () => {
      const server = await startCurveServer();
      const engine = ownEngine();
      const keys = keyStore();
      const bridges = new RunningBridges({ engine, memory: memento(), keys, storage: null });
      try {
        const pair = { publicKey: server.publicKey, secretKey: server.secretKey };
        const config = bridgeConfig({
          in: { endpoints: "tcp://127.0.0.1:*", security: { serverPair: "ours" } },
          out: { endpoints: server.endpoint, security: { serverKey: server.publicKey } },
        });
        await assert.rejects(bridges.start(config, { owner: "user", keepFailed: true }), /no key "ours"/);
        assert.equal(bridges.list()[0]?.status, "failed");
        await keys.add({ kind: "pair", name: "ours", ...pair });
        const endpoint = await eventualState(bridges, ({ status, in: [first] }) =>
          status === "running" ? first : undefined,
        );
        const client = connectCurveClient(endpoint, server.publicKey);
        await client.send("secret");
        assert.equal(String((await client.receive())[0]), "echo secret");
        client.close();
        assert.deepEqual(
          bridges.usersOf("ours", null).map(({ config: { name } }) => name),
          ["orders"],
        );
        bridges.keyRenamed("ours", "theirs");
        assert.equal(bridges.list()[0]?.config.in.security?.serverPair, "theirs");
      } finally {
        bridges.dispose();
        engine.dispose();
        server.close();
      }
    },
    refused,
  );

  testWithZeromq(
    "The setting starts bridges, says what is wrong with others, and ends those that are taken out",
    async () => {
      const server = await startEchoServer();
      const endpoint = await freeEndpoint();
      try {
        await set([
          { name: "wrong", kind: "rep-rep" },
          { name: "set", kind: "rep-req", in: endpoint, out: server.endpoint },
        ]);
        const bridge = await bridgeThat(({ status }) => status === "running");
        assert.deepEqual([bridge.config.id, bridge.in], ["settings-bridge:set", [endpoint]]);
        assert.equal(await ask(endpoint, "set"), "echo set");
        await set([{ name: "set", kind: "rep-req", in: endpoint, out: server.endpoint, timeoutMs: 1234 }]);
        await bridgeThat(({ status, config }) => status === "running" && config.timeoutMs === 1234);
        assert.equal(await ask(endpoint, "changed"), "echo changed");
        await set([]);
        await eventually(api, () => api.bridges().length === 0 || undefined);
      } finally {
        await set(undefined);
        server.close();
      }
    },
    async () => {
      try {
        await set([{ name: "set", kind: "rep-req", in: "tcp://127.0.0.1:*", out: "tcp://127.0.0.1:9" }]);
        const { problem } = await bridgeThat(({ status }) => status === "failed");
        throw new Error(problem ?? "");
      } finally {
        await set(undefined);
      }
    },
  );

  testWithZeromq(
    "Bridges that ran before a reload come back with the same ports and with what their queues had",
    async () => {
      const storage = await mkdtemp(join(tmpdir(), "zmq-tap-test-"));
      const memory = memento();
      const log = vscode.window.createOutputChannel("ZMQ Tap bridges test", { log: true });
      const remote = await freeEndpoint();
      const window = (engine: Engine): { bridges: RunningBridges; end(): void } => {
        const bridges = new RunningBridges({ engine, memory, keys: keyStore(), storage });
        const started = startBridgesWithWorkspace({ engine, bridges, log });
        const own = vscode.Disposable.from(started, bridges, engine);
        return {
          bridges,
          end: () => {
            own.dispose();
          },
        };
      };
      const config = bridgeConfig({ name: "kept", kind: "buffered-rep-req", out: remote, persist: true });
      const first = window(ownEngine());
      const { in: endpoints } = await first.bridges.start(config, { owner: "user", keepFailed: false });
      assert.match(await ask(endpoints[0]!, "kept"), /200/);
      await eventualState(first.bridges, ({ queue }) => (queue.messages === 1 ? true : undefined));
      assert.equal(await first.bridges.hasKept(config.id), true);
      assert.equal((await readdir(storage)).length, 1);
      first.end();
      const second = window(ownEngine());
      try {
        const back = await eventualState(second.bridges, (state) => (state.status === "running" ? state : undefined));
        assert.deepEqual([back.in, back.queue.messages], [endpoints, 1]);
        await second.bridges.remove(config.id);
        await second.bridges.discardKept(config.id);
        assert.deepEqual(await readdir(storage), []);
        assert.deepEqual(memory.get<unknown>(REMEMBERED_KEY), []);
      } finally {
        second.end();
        await rm(storage, { recursive: true, force: true });
      }
    },
    refused,
  );

  testWithZeromq(
    "Bridges come back in a new engine on the endpoints they had",
    async () => {
      const server = await startEchoServer();
      const engine = ownEngine();
      const bridges = new RunningBridges({ engine, memory: memento(), keys: keyStore(), storage: null });
      try {
        const config = bridgeConfig({ out: server.endpoint });
        const before = await bridges.start(config, { owner: "user", keepFailed: false });
        assert.ok(engine.pid);
        const died = new Promise<unknown>((resolve) => engine.onDidDie(resolve));
        process.kill(engine.pid, "SIGKILL");
        await died;
        bridges.engineEnded();
        assert.equal(bridges.list()[0]?.status, "starting");
        const { back, failed } = await bridges.reattach();
        assert.deepEqual([back.length, failed.length, back[0]?.in], [1, 0, before.in]);
        assert.equal(await ask(before.in[0]!, "alive"), "echo alive");
        bridges.engineEnded();
        bridges.giveUp("It will not be.");
        assert.equal(bridges.list()[0]?.problem, "It will not be.");
      } finally {
        bridges.dispose();
        engine.dispose();
        server.close();
      }
    },
    refused,
  );

  testWithZeromq(
    "A bridge of the window before waits for that window's engine to let go of its port and its queue",
    async () => {
      const storage = await mkdtemp(join(tmpdir(), "zmq-tap-test-"));
      const memory = memento();
      const log = vscode.window.createOutputChannel("ZMQ Tap bridges test", { log: true });
      const engines = [ownEngine(), ownEngine()] as const;
      const draft = { kind: "buffered-rep-req", in: await freeEndpoint(), persist: true };
      const config = bridgeConfig(draft);
      const before = new RunningBridges({ engine: engines[0], memory, keys: keyStore(), storage });
      await before.start(config, { owner: "user", keepFailed: false });
      before.dispose();
      const after = new RunningBridges({ engine: engines[1], memory, keys: keyStore(), storage });
      const started = startBridgesWithWorkspace({ engine: engines[1], bridges: after, log });
      try {
        await eventualState(after, ({ status }) => (status === "failed" ? true : undefined));
        engines[0].dispose();
        const back = await eventualState(after, (state) => (state.status === "running" ? state : undefined));
        assert.deepEqual(
          back.in,
          config.in.endpoints.map(({ endpoint }) => endpoint),
        );
      } finally {
        vscode.Disposable.from(started, after, ...engines).dispose();
        await rm(storage, { recursive: true, force: true });
      }
    },
    refused,
  );

  test("A queue on disk needs a workspace's storage", async () => {
    const engine = ownEngine();
    const bridges = new RunningBridges({ engine, memory: memento(), keys: keyStore(), storage: null });
    const config = bridgeConfig({ kind: "buffered-rep-req", persist: true });
    await assert.rejects(bridges.start(config, { owner: "user", keepFailed: false }), /no folder or workspace is open/);
    assert.deepEqual(bridges.list(), []);
    bridges.dispose();
    engine.dispose();
  });

  testWithZeromq(
    "A side that lets only some clients in needs a key pair",
    async () => {
      await run<KeySummary>("generateKeyPair", { name: "lonely" });
      const alone = { endpoints: "tcp://127.0.0.1:*", security: { allow: ["lonely"] } };
      const open = { kind: "rep-pub", in: alone, out: "tcp://127.0.0.1:*" };
      await assert.rejects(run("startBridge", { config: open }), /"in" side of the bridge .* needs a key pair/);
      await run("deleteKey", { key: "lonely", confirmed: true });
    },
    refused,
  );

  test("What is missing or wrong is said", async () => {
    await assert.rejects(run("startBridge"), /No bridge was given/);
    await assert.rejects(run("startBridge", { config: { kind: "push-pull" } }), /The bridge "new" has a "kind"/);
    await assert.rejects(run("startBridge", { config: 7 }), /"config" must be an object/);
    await assert.rejects(run("stopBridge", { bridge: "none" }), /There is no bridge "none"/);
    await assert.rejects(run("restartBridge"), /There is no bridge for this/);
    await assert.rejects(run("showMessages", { bridge: "none" }), /There is no bridge/);
    const taken = await startEchoServer();
    try {
      const config = { kind: "rep-pub", in: taken.endpoint, out: "tcp://127.0.0.1:*" };
      await assert.rejects(run("startBridge", { config }));
      assert.deepEqual(api.bridges(), []);
    } finally {
      taken.close();
    }
  });

  testWithZeromq(
    "Renaming a key renames it for bridges, and deleting one says who uses it",
    async () => {
      await run<KeySummary>("generateKeyPair", { name: "of a leg" });
      const config = {
        name: "locked",
        kind: "rep-pub",
        in: { endpoints: "tcp://127.0.0.1:*", security: { serverPair: "of a leg" } },
        out: "tcp://127.0.0.1:*",
      };
      await run<BridgeState>("startBridge", { config });
      await run("renameKey", { key: "of a leg", name: "renamed leg" });
      assert.equal(api.bridges()[0]?.config.in.security?.serverPair, "renamed leg");
      assert.equal(await run("deleteKey", { key: "renamed leg", confirmed: true }), true);
    },
    refused,
  );
});

suite("bridges in the tree", () => {
  const menus: Readonly<Record<BridgeStatus, string>> = {
    starting: "bridge.running",
    running: "bridge.running",
    stopped: "bridge.stopped",
    failed: "bridge.stopped",
  };
  for (const [status, contextValue] of Object.entries(menus) as [BridgeStatus, string][]) {
    test(`a bridge that is ${status} has the menus of ${contextValue}, an icon, and its state as a word`, () => {
      const item = bridgeItem(bridgeState({}, { status, problem: status === "failed" ? "The port is taken." : null }));
      assert.equal(item.contextValue, contextValue);
      assert.ok(item.iconPath instanceof vscode.ThemeIcon);
      // That it runs goes without saying: its icon tells it, and the label for screen readers.
      assert.match(String(item.description), status === "running" ? /^REP / : new RegExp(`^${status}`));
      assert.match(item.accessibilityInformation?.label ?? "", new RegExp(`^orders, bridge, ${status}`));
    });
  }

  test("a bridge that runs with a problem looks so", () => {
    const well = bridgeItem(bridgeState());
    const hurt = bridgeItem(bridgeState({}, { problem: "A remote did not answer." }));
    assert.notDeepEqual(hurt.iconPath, well.iconPath);
    assert.ok(typeof hurt.tooltip === "string");
    assert.match(hurt.tooltip, /A remote did not answer/);
    assert.equal(hurt.id, well.id);
  });

  test("legs have an endpoint to copy, queue and counters have not", () => {
    const bridge = bridgeState();
    assert.deepEqual(
      (["in", "out", "queue", "counters"] as const).map((part) => bridgePartItem(bridge, part).contextValue),
      ["bridgeLeg", "bridgeLeg", "bridgePart", "bridgePart"],
    );
    assert.equal(bridgePartItem(bridge, "in").tooltip, "in REP\ntcp://127.0.0.1:41234");
    const { tooltip } = bridgePartItem(bridge, "queue");
    assert.ok(typeof tooltip === "string");
    assert.match(tooltip, /Each attempt waits/);
  });

  test("traffic alone changes no shape, a queue's first message neither", () => {
    const idle = shapeOfBridges([bridgeState()]);
    const queue = { messages: 3, bytes: 30, oldestMs: 5 };
    assert.equal(shapeOfBridges([bridgeState({}, { queue, messagesPerSecond: 5 })]), idle);
    assert.notEqual(shapeOfBridges([bridgeState({}, { counters: { ...noCounts(), received: 1 } })]), idle);
  });
});
