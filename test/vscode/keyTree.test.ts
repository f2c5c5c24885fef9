import assert from "node:assert/strict";
import * as vscode from "vscode";
import { keyItem } from "../../src/host/keyTree.ts";
import { tap } from "../support/tapStates.ts";

function textOf({ tooltip }: vscode.TreeItem): string {
  assert.ok(typeof tooltip === "string");
  return tooltip;
}

suite("key tree", () => {
  const publicKey = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";

  test("a key pair shows the beginning of its public key and the taps that use it", () => {
    const item = keyItem({ name: "backend", kind: "pair", publicKey, user: null }, [tap]);
    assert.equal(item.label, "backend");
    assert.equal(item.description, "Yne@$w-v… · used by orders");
    assert.equal(item.contextValue, "key.pair");
    assert.match(textOf(item), /Public key Yne@.*\nUsed by orders$/);
    assert.ok(item.iconPath instanceof vscode.ThemeIcon);
    assert.match(item.accessibilityInformation?.label ?? "", /^backend, key pair, /);
  });

  test("public keys and PLAIN users have menus of their own", () => {
    const shown = keyItem({ name: "alice", kind: "public", publicKey, user: null }, []);
    assert.deepEqual([shown.contextValue, shown.description], ["key.public", "public · Yne@$w-v…"]);
    const user = keyItem({ name: "operator", kind: "plain", publicKey: null, user: "op" }, []);
    assert.deepEqual([user.contextValue, user.description], ["key.plain", "PLAIN · op"]);
    assert.match(textOf(user), /User op\nNo tap or bridge uses it$/);
  });
});
