import assert from "node:assert/strict";
import * as vscode from "vscode";
import { KeyStore } from "../../src/host/keyStore.ts";
import { math } from "../../src/host/keyMath.ts";
import { keyStore, secretStorage } from "./support.ts";

const pair = (name: string): { kind: "pair"; name: string; publicKey: string; secretKey: string } => ({
  kind: "pair",
  name,
  ...math.generatePair(),
});
const plain = { kind: "plain", name: "operator", user: "op", password: "swordfish" } as const;

suite("KeyStore", () => {
  test("keeps keys for the next window and shows nothing secret of them", async () => {
    const secrets = secretStorage();
    const key = pair("backend");
    const first = keyStore(secrets);
    await first.add(key);
    await first.add(plain);
    const next = keyStore(secrets);
    const shown = await next.list();
    assert.deepEqual(shown, [
      { name: "backend", kind: "pair", publicKey: key.publicKey, user: null },
      { name: "operator", kind: "plain", publicKey: null, user: "op" },
    ]);
    assert.deepEqual(await next.get("backend"), key);
  });

  test("sees what another window has changed", async () => {
    const secrets = secretStorage();
    const mine = keyStore(secrets);
    assert.deepEqual(await mine.list(), []);
    const changed = new Promise<void>((resolve) => {
      mine.onDidChange(resolve);
    });
    await keyStore(secrets).add(pair("theirs"));
    await changed;
    assert.deepEqual(
      mine.known.map(({ name }) => name),
      ["theirs"],
    );
  });

  test("two windows that add at once lose nothing that was there before", async () => {
    const secrets = secretStorage();
    const windows = [keyStore(secrets), keyStore(secrets)];
    await windows[0]!.list();
    await windows[1]!.add(pair("a"));
    await windows[0]!.add(pair("b"));
    assert.deepEqual(
      (await keyStore(secrets).list()).map(({ name }) => name),
      ["a", "b"],
    );
  });

  test("refuses a name that is taken, and names that are none", async () => {
    const keys = keyStore();
    await keys.add(pair("a"));
    await keys.add(pair("b"));
    await assert.rejects(keys.add(pair("a")), /a key "a" already/);
    await assert.rejects(keys.rename("a", "b"), /a key "b" already/);
    await assert.rejects(keys.add(pair(" ")), /Give it a name/);
    await assert.rejects(keys.add(pair(pair("x").secretKey)), /a key itself/);
    await assert.rejects(keys.rename("c", "d"), /no key "c"/);
    await assert.rejects(keys.remove("c"), /no key "c"/);
    const other = pair("a");
    await keys.add(other, true);
    assert.deepEqual(await keys.get("a"), other);
  });

  test("rename and remove change one key", async () => {
    const keys = keyStore();
    const key = pair("a");
    await keys.add(key);
    await keys.rename("a", "b");
    assert.deepEqual(await keys.get("b"), { ...key, name: "b" });
    await keys.remove("b");
    assert.deepEqual(await keys.list(), []);
  });

  const failing: Record<string, [vscode.SecretStorage, RegExp]> = {
    "forgets what is written": [secretStorage(() => undefined), /does not keep/],
    "cannot be written": [
      secretStorage(() => {
        throw new Error("no keyring");
      }),
      /cannot be written/,
    ],
    "cannot be read": [{ ...secretStorage(), get: () => Promise.reject(new Error("locked")) }, /cannot be read/],
    "holds another version": [
      { ...secretStorage(), get: () => Promise.resolve('{"version":2,"keys":[]}') },
      /another version/,
    ],
  };
  for (const [what, [secrets, says]] of Object.entries(failing)) {
    test(`keys last for the session and the user is told once when the storage ${what}`, async () => {
      const told: string[] = [];
      const keys = new KeyStore(secrets, (message) => told.push(message));
      await keys.add(pair("a"));
      await keys.add(pair("b"));
      assert.equal((await keys.list()).length, 2);
      assert.equal(told.length, 1);
      assert.match(told[0]!, says);
    });
  }

  test("resolve hands out the keys that a tap names", async () => {
    const keys = keyStore();
    const [backend, alice] = [pair("backend"), pair("alice")];
    for (const key of [backend, alice, plain]) await keys.add(key);
    const { publicKey } = math.generatePair();
    const names = {
      clientLeg: "CURVE",
      serverLeg: "CURVE",
      serverPair: "backend",
      serverKey: publicKey,
      clientPair: "alice",
      clientPairs: { alice: "backend" },
      allow: ["alice", publicKey],
      plain: "operator",
    } as const;
    const halves = ({ publicKey, secretKey }: typeof backend): object => ({ publicKey, secretKey });
    assert.deepEqual(await keys.resolve(names), {
      clientLeg: "CURVE",
      serverLeg: "CURVE",
      serverPair: halves(backend),
      serverKey: publicKey,
      clientPair: halves(alice),
      clientPairs: [{ client: alice.publicKey, pair: halves(backend) }],
      allow: [alice.publicKey, publicKey],
      plain: { user: "op", password: "swordfish" },
    });
  });

  test("resolve says what is missing, without a secret", async () => {
    const keys = keyStore();
    const key = pair("backend");
    const shown = { kind: "public", name: "shown", publicKey: math.generatePair().publicKey } as const;
    for (const one of [key, shown, plain]) await keys.add(one);
    const cases: [Parameters<typeof keys.resolve>[0], RegExp][] = [
      [{ serverPair: "gone" }, /no key "gone".*Import Keys…/],
      [{ serverPair: "shown" }, /no secret key.*Import Keys…/],
      [{ plain: "shown" }, /no PLAIN user/],
      [{ serverPair: "backend", serverKey: "operator" }, /no CURVE key/],
      [{ serverPair: "backend", serverKey: key.secretKey }, /A secret key was given where a public key belongs/],
      [{ serverKey: "shown" }, /no key pair to show/],
      [{ clientLeg: "NULL", serverLeg: "CURVE" }, /public key of its CURVE server/],
      [{ clientLeg: "NULL", serverLeg: "PLAIN" }, /PLAIN user/],
    ];
    for (const [names, says] of cases) {
      await assert.rejects(keys.resolve(names), (error: Error) => {
        assert.match(error.message, says);
        for (const secret of [key.secretKey, "swordfish"]) assert.ok(!error.message.includes(secret));
        return true;
      });
    }
  });
});
