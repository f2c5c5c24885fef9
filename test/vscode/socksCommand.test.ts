import assert from "node:assert/strict";
import type { ZmqTapApi } from "../../src/host/api.ts";
import { math } from "../../src/host/keyMath.ts";
import { Taps } from "../../src/host/taps.ts";
import type { TapState } from "../../src/shared/model.ts";
import { ANY_DESTINATION, socksAddress } from "../../src/shared/socks.ts";
import {
  activated,
  eventually,
  eventualRow,
  freeEndpoint,
  keyStore,
  memento,
  ownEngine,
  removeAllTaps,
  run,
  startEchoServer,
  zmq,
} from "./support.ts";

const ANYWHERE = "tcp://127.0.0.1:*";

/** Asks through a SOCKS server, and gives the answer. */
async function askThrough(door: TapState, endpoint: string, text: string): Promise<string> {
  const client = new zmq.Request({ linger: 0 });
  client.socksProxy = socksAddress(door.listening);
  try {
    client.connect(endpoint);
    await client.send(text);
    return String((await client.receive())[0]);
  } finally {
    client.close();
  }
}

async function untilHas(taps: Taps, id: string, wanted = true): Promise<void> {
  while (taps.has(id) !== wanted) {
    await new Promise<void>((resolve) => {
      const listening = taps.onDidChange(() => {
        listening.dispose();
        resolve();
      });
    });
  }
}

suite("attachSocks", () => {
  let api: ZmqTapApi;
  suiteSetup(async () => {
    api = await activated();
    await removeAllTaps();
  });
  suiteTeardown(removeAllTaps);

  test("taps every server that a program connects to through it, each under its endpoint, until it is stopped", async () => {
    const servers = [await startEchoServer(), await startEchoServer()];
    try {
      const door = await run<TapState>("attachSocks", { listen: ANYWHERE, name: "program" });
      for (const { endpoint } of servers) assert.equal(await askThrough(door, endpoint, "hello"), "echo hello");
      for (const { endpoint } of servers) {
        await eventualRow(api, ({ tapName, from }) => tapName === endpoint && from === "server");
        const tap = await eventually(api, () => api.taps().find(({ config }) => config.name === endpoint));
        assert.equal(tap.config.door, door.config.id);
      }
      assert.equal(await run<string>("copyEndpoint", { tap: "program" }), door.listening);
      await assert.rejects(
        run("changeServer", { tap: servers[0]!.endpoint, server: ANYWHERE.replace("*", "1") }),
        /cannot be pointed elsewhere/,
      );
      await run("stopTap", { tap: servers[0]!.endpoint });
      assert.equal(await askThrough(door, servers[0]!.endpoint, "again"), "echo again");
      await run("stopTap", { tap: "program" });
      assert.deepEqual(
        api.taps().map(({ config, status }) => [config.name, status]),
        [["program", "stopped"]],
      );
      const again = await run<TapState>("startTap", { tap: "program" });
      assert.equal(again.listening, door.listening);
      assert.equal(await askThrough(again, servers[1]!.endpoint, "hello"), "echo hello");
    } finally {
      for (const server of servers) server.close();
      await removeAllTaps();
    }
    assert.deepEqual(api.taps(), []);
  });

  test("says what cannot be, and starts nothing then", async () => {
    await assert.rejects(run("attachSocks", { listen: ANYWHERE, allow: ["a b"] }), /"a b" stands for no destinations/);
    await assert.rejects(
      run("attachSocks", { listen: "tcp://*:*", confirmed: true }),
      /would lead other machines to everything/,
    );
    await assert.rejects(run("attachSocks", { listen: "ipc:///tmp/x" }), /by tcp only/);
    assert.deepEqual(api.taps(), []);
  });
});

suite("taps of a SOCKS server", () => {
  test("have the keys of their destination, by name, also after a reload", async () => {
    const engine = ownEngine();
    const keys = keyStore();
    const memory = memento();
    const [one, other] = [math.generatePair(), math.generatePair()];
    await keys.add({ kind: "pair", name: "one", ...one });
    await keys.add({ kind: "pair", name: "other", ...other });
    const server = await startEchoServer();
    const taps = new Taps(engine, memory, keys);
    const config = { id: "door", name: "socks", server: ANY_DESTINATION, listen: ANYWHERE, socks: { allow: [] } };
    const id = `door/${server.endpoint}`;
    const appeared = async (): Promise<TapState> => {
      await untilHas(taps, id);
      return taps.find(id);
    };
    try {
      const door = await taps.start(
        { ...config, security: { serverPair: "one" } },
        { owner: "user", keepFailed: true },
      );
      await askThrough(door, server.endpoint, "hello");
      assert.deepEqual((await appeared()).config.security, { serverPair: "one" }, "it has those of all");
      await taps.secure("door", { serverPair: "other" });
      assert.deepEqual(taps.find(id).config.security, { serverPair: "other" });
      await taps.secure(id, { serverPair: "one" });
      assert.deepEqual(taps.remembered()[0]?.socks?.keys, { [server.endpoint]: { serverPair: "one" } });
      assert.equal(taps.remembered().length, 1);
      assert.deepEqual(
        taps.usersOf("one", one.publicKey).map(({ config: { name } }) => name),
        ["socks", server.endpoint],
      );
      taps.keyRenamed("one", "first");
      await keys.rename("one", "first");
      assert.deepEqual(taps.remembered()[0]?.socks?.keys, { [server.endpoint]: { serverPair: "first" } });
      await taps.stop("door");
      await untilHas(taps, id, false);
      await askThrough(await taps.restart("door"), server.endpoint, "hello");
      assert.deepEqual((await appeared()).config.security, { serverPair: "first" });
      await taps.secure(id, {});
      assert.deepEqual(taps.find("door").config.socks?.keys, { [server.endpoint]: {} });
      assert.equal(taps.find(id).config.security, undefined);
      assert.ok(!JSON.stringify([memory, taps.list()]).includes(one.secretKey));
      const after = new Taps(engine, memory, keys);
      const [remembered] = after.remembered();
      assert.deepEqual(remembered?.socks, { allow: [], keys: { [server.endpoint]: {} } });
      after.dispose();
    } finally {
      taps.dispose();
      engine.dispose();
      server.close();
    }
  });

  test("go with it when it is removed", async () => {
    const engine = ownEngine();
    const taps = new Taps(engine, memento(), keyStore());
    const server = await startEchoServer();
    const config = { id: "door", name: "socks", server: ANY_DESTINATION, listen: ANYWHERE, socks: { allow: [] } };
    try {
      const door = await taps.start(config, { owner: "user", keepFailed: true });
      await taps.start(
        { id: "t", name: "t", server: await freeEndpoint(), listen: ANYWHERE },
        { owner: "user", keepFailed: true },
      );
      await askThrough(door, server.endpoint, "hello");
      await untilHas(taps, `door/${server.endpoint}`);
      await taps.remove("door");
      assert.deepEqual(
        taps.list().map(({ config: { id } }) => id),
        ["t"],
      );
    } finally {
      taps.dispose();
      engine.dispose();
      server.close();
    }
  });

  test("are left out of what was remembered when it cannot be used", () => {
    const engine = ownEngine();
    const remembered = [{ id: "a", name: "a", server: ANY_DESTINATION, listen: ANYWHERE, socks: { allow: [7] } }];
    const taps = new Taps(engine, memento({ "zmqTap.running": remembered }), keyStore());
    assert.deepEqual(taps.remembered(), []);
    taps.dispose();
    engine.dispose();
  });
});
