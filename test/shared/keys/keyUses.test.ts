import assert from "node:assert/strict";
import { test } from "node:test";
import { usesKey, withKeyRenamed } from "../../../src/shared/keys/keyUses.ts";
import type { SecurityNames } from "../../../src/shared/security.ts";
import { KNOWN } from "../../support/keys.ts";

const uses: SecurityNames[] = [
  { serverPair: "k" },
  { clientPair: "k" },
  { plain: "k" },
  { serverKey: "k" },
  { serverKey: KNOWN.publicKey },
  { allow: ["x", "k"] },
  { allow: [KNOWN.publicKey] },
  { clientPairs: { k: "x" } },
  { clientPairs: { x: "k" } },
];

for (const names of uses) {
  test(`usesKey finds the key in ${JSON.stringify(names).replace(KNOWN.publicKey, "…")}`, () => {
    assert.ok(usesKey(names, "k", KNOWN.publicKey));
    assert.ok(!usesKey(names, "other", null));
  });
}

test("withKeyRenamed changes every mention of a name and nothing else", () => {
  const names = (k: string): SecurityNames => ({
    clientLeg: "NULL",
    serverPair: k,
    serverKey: k,
    clientPair: k,
    clientPairs: { [k]: "x", y: k },
    allow: ["x", k],
    plain: k,
  });
  assert.deepEqual(withKeyRenamed(names("old"), "old", "new"), names("new"));
  assert.deepEqual(withKeyRenamed({ serverLeg: "CURVE" }, "old", "new"), { serverLeg: "CURVE" });
  assert.deepEqual(withKeyRenamed(names("other"), "old", "new"), names("other"));
});
