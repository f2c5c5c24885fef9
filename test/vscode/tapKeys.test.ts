import assert from "node:assert/strict";
import * as vscode from "vscode";
import { CurveNotice } from "../../src/host/curveNotice.ts";
import { math } from "../../src/host/keyMath.ts";
import { clientName } from "../../src/host/tapKeys.ts";
import { Taps } from "../../src/host/taps.ts";
import type { TapState } from "../../src/shared/model.ts";
import {
  activated,
  connectCurveClient,
  eventually,
  freeEndpoint,
  keyStore,
  memento,
  ownEngine,
  removeAllTaps,
  run,
  startCurveServer,
} from "./support.ts";

const REMEMBERED = "zmqTap.running";
const owner = { owner: "user", keepFailed: true } as const;

async function config(): Promise<{ id: string; name: string; server: string; listen: string }> {
  return { id: "a", name: "a", server: await freeEndpoint(), listen: "tcp://127.0.0.1:*" };
}

suite("taps with keys", () => {
  test("keep the names of their keys over a reload, and nothing secret", async () => {
    const engine = ownEngine();
    const keys = keyStore();
    const pair = math.generatePair();
    await keys.add({ kind: "pair", name: "backend", ...pair });
    const memory = memento();
    const taps = new Taps(engine, memory, keys);
    try {
      const security = { serverPair: "backend", allow: [] };
      const state = await taps.start({ ...(await config()), security }, owner);
      assert.equal(state.config.security, security);
      assert.deepEqual(taps.remembered()[0]?.security, security);
      assert.ok(!JSON.stringify([memory.get(REMEMBERED), taps.list()]).includes(pair.secretKey));
      await taps.secure("a", { serverPair: "backend" });
      assert.deepEqual(taps.find("a").config.security, { serverPair: "backend" });
      await taps.secure("a", {});
      assert.equal(taps.find("a").config.security, undefined);
      assert.equal(taps.remembered()[0]?.security, undefined);
      await assert.rejects(taps.secure("a", { serverPair: "gone" }), /no key "gone"/);
    } finally {
      taps.dispose();
      engine.dispose();
    }
  });

  test("that lack their keys say so, and start as soon as these are there", async () => {
    const engine = ownEngine();
    const keys = keyStore();
    const taps = new Taps(engine, memento(), keys);
    try {
      const security = { serverPair: "backend" };
      await assert.rejects(taps.start({ ...(await config()), security }, owner), /no key "backend".*Import Keys…/);
      assert.equal(taps.find("a").status, "failed");
      assert.match(taps.find("a").problem ?? "", /Import Keys…/);
      const started = new Promise<void>((resolve) => {
        taps.onDidChange(() => {
          if (["listening", "server-down"].includes(taps.find("a").status)) resolve();
        });
      });
      await keys.add({ kind: "pair", name: "backend", ...math.generatePair() });
      await started;
      assert.deepEqual(taps.find("a").config.security, security);
    } finally {
      taps.dispose();
      engine.dispose();
    }
  });

  test("are left out when what was remembered of their keys cannot be used", async () => {
    const engine = ownEngine();
    const remembered = { ...(await config()), security: { serverPair: math.generatePair().secretKey } };
    const taps = new Taps(engine, memento({ [REMEMBERED]: [remembered] }), keyStore());
    assert.deepEqual(taps.remembered(), []);
    engine.dispose();
  });

  test("remember a client that was allowed, by its name where it has one, and forget it when it is denied", async () => {
    const engine = ownEngine();
    const keys = keyStore();
    const [alice, bob] = [math.generatePair(), math.generatePair()];
    await keys.add({ kind: "pair", name: "backend", ...math.generatePair() });
    await keys.add({ kind: "public", name: "alice", publicKey: alice.publicKey });
    const taps = new Taps(engine, memento(), keys);
    try {
      await taps.start({ ...(await config()), security: { serverPair: "backend", allow: [] } }, owner);
      await taps.admit("a", alice.publicKey, true);
      await taps.admit("a", bob.publicKey, true);
      assert.deepEqual(taps.find("a").config.security?.allow, ["alice", bob.publicKey]);
      const { waiting } = await taps.admit("a", bob.publicKey, false);
      assert.deepEqual(taps.find("a").config.security?.allow, ["alice"]);
      assert.deepEqual(
        waiting.map(({ client, isDenied }) => [client, isDenied]),
        [[bob.publicKey, true]],
      );
      assert.equal(clientName(alice.publicKey, keys.known), "alice");
      assert.equal(clientName(bob.publicKey, keys.known), `${bob.publicKey.slice(0, 8)}…`);
    } finally {
      taps.dispose();
      engine.dispose();
    }
  });

  test("can be attached with keys at once, and say when these are missing", async () => {
    await removeAllTaps();
    const server = await freeEndpoint();
    const security = { serverPair: "attached" };
    await assert.rejects(run("attach", { server, security }), /no key "attached"/);
    await run("generateKeyPair", { name: "attached" });
    const tap = await run<TapState>("attach", { server, security });
    assert.deepEqual(tap.config.security, security);
    await removeAllTaps();
    await run("deleteKey", { key: "attached", confirmed: true });
  });

  test("follow a key that gets another name", async () => {
    const engine = ownEngine();
    const keys = keyStore();
    await keys.add({ kind: "pair", name: "backend", ...math.generatePair() });
    const taps = new Taps(engine, memento(), keys);
    try {
      await taps.start({ ...(await config()), security: { serverPair: "backend" } }, owner);
      await keys.rename("backend", "server");
      taps.keyRenamed("backend", "server");
      assert.deepEqual(
        taps.usersOf("server", null).map((tap) => tap.config.name),
        ["a"],
      );
      await taps.stop("a");
      await taps.restart("a");
    } finally {
      taps.dispose();
      engine.dispose();
    }
  });
});

suite("CurveNotice", () => {
  test("tells once of a tap whose link speaks CURVE and that has no keys, with the key pair that fits", async () => {
    const engine = ownEngine();
    const keys = keyStore();
    const taps = new Taps(engine, memento(), keys);
    const server = await startCurveServer();
    const other = await startCurveServer();
    await keys.add({ kind: "pair", name: "another", publicKey: other.publicKey, secretKey: other.secretKey });
    await keys.add({ kind: "pair", name: "backend", publicKey: server.publicKey, secretKey: server.secretKey });
    other.close();
    const told: [string, string | undefined][] = [];
    let tell = (): void => undefined;
    const first = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const notice = new CurveNotice(taps, ({ config: { name } }, fitting) => {
      told.push([name, fitting]);
      tell();
    });
    try {
      const { listening } = await taps.start({ ...(await config()), server: server.endpoint }, owner);
      const clients = [connectCurveClient(listening, server.publicKey)];
      await first;
      const both = new Promise<void>((resolve) => {
        taps.onDidChange(() => {
          if (taps.find("a").links.filter(({ mechanism }) => mechanism === "CURVE").length === 2) resolve();
        });
      });
      clients.push(connectCurveClient(listening, server.publicKey));
      await both;
      assert.deepEqual(told, [["a", "backend"]]);
      assert.deepEqual(await taps.fittingPairs("a"), ["backend"]);
      for (const client of clients) client.close();
    } finally {
      notice.dispose();
      taps.dispose();
      engine.dispose();
      server.close();
    }
  });

  test("tells of a client that has come and gone before the window heard of its link", async () => {
    const engine = ownEngine();
    const keys = keyStore();
    const taps = new Taps(engine, memento(), keys);
    const server = await startCurveServer();
    await keys.add({ kind: "pair", name: "backend", publicKey: server.publicKey, secretKey: server.secretKey });
    const untilTap = (fits: (tap: TapState) => boolean): Promise<void> =>
      new Promise((resolve) => {
        const listener = taps.onDidChange(() => {
          if (!fits(taps.find("a"))) return;
          listener.dispose();
          resolve();
        });
      });
    let notice: CurveNotice | undefined;
    try {
      const { listening } = await taps.start({ ...(await config()), server: server.endpoint }, owner);
      const spoken = untilTap(({ speaksCurve }) => speaksCurve);
      const client = connectCurveClient(listening, server.publicKey);
      await spoken;
      const gone = untilTap(({ links }) => links.length === 0);
      client.close();
      await gone;
      const told = new Promise<[string, string | undefined]>((resolve) => {
        notice = new CurveNotice(taps, ({ config: { name } }, fitting) => resolve([name, fitting]));
      });
      await taps.stop("a");
      assert.deepEqual(await told, ["a", "backend"]);
    } finally {
      notice?.dispose();
      taps.dispose();
      engine.dispose();
      server.close();
    }
  });
});

suite("keys in the settings", () => {
  const set = async (value: unknown): Promise<void> =>
    vscode.workspace.getConfiguration("zmqTap").update("taps", value, vscode.ConfigurationTarget.Workspace);

  suiteSetup(removeAllTaps);
  teardown(async () => {
    const api = await activated();
    await set(undefined);
    await eventually(api, () => api.taps().length === 0 || undefined);
    await run("deleteKey", { key: "of the settings", confirmed: true }).catch(() => undefined);
  });

  test("a tap of the settings takes its keys by name, and other keys when the setting changes", async () => {
    const api = await activated();
    const tap = { name: "keyed", server: await freeEndpoint(), listen: await freeEndpoint() };
    await run("generateKeyPair", { name: "of the settings" });
    const first = { serverPair: "of the settings" };
    await set([{ ...tap, security: first }]);
    const isUp = ({ status }: TapState): boolean => status === "listening" || status === "server-down";
    const started = await eventually(api, () => api.taps().find(isUp));
    assert.deepEqual(started.config.security, first);
    await set([{ ...tap, security: { ...first, allow: [] } }]);
    await eventually(api, () => api.taps().find(({ config: { security } }) => security?.allow?.length === 0));
  });

  test("a tap of the settings whose keys are missing says so", async () => {
    const api = await activated();
    await set([{ name: "keyless", server: await freeEndpoint(), security: { serverPair: "nobody's" } }]);
    const failed = await eventually(api, () => api.taps().find(({ status }) => status === "failed"));
    assert.match(failed.problem ?? "", /no key "nobody's".*Import Keys…/);
  });
});
