import assert from "node:assert/strict";
import { test } from "node:test";
import { formatStoredKeys, parseStoredKeys, type StoredKey, summaryOf } from "../../../src/shared/keys/storedKey.ts";
import { KNOWN } from "../../support/keys.ts";

const keys: StoredKey[] = [
  { kind: "pair", name: "backend", ...KNOWN },
  { kind: "public", name: "alice", publicKey: KNOWN.publicKey },
  { kind: "plain", name: "operator", user: "op", password: "swordfish" },
];

test("parseStoredKeys reads what formatStoredKeys wrote", () => {
  assert.deepEqual(parseStoredKeys(formatStoredKeys(keys)), keys);
});

for (const text of [
  "",
  "null",
  "7",
  "[]",
  "{}",
  '{"version":2,"keys":[]}',
  '{"version":1,"keys":{}}',
  '{"version":1,"keys":[7]}',
  '{"version":1,"keys":[{"kind":"pair","name":"a","publicKey":"x","secretKey":"y"}]}',
  '{"version":1,"keys":[{"kind":"plain","name":"","user":"x","password":"y"}]}',
  '{"version":1,"keys":[{"kind":"plain","name":"a","user":"x"}]}',
]) {
  test(`parseStoredKeys says that ${text === "" ? "an empty text" : text} is of another version`, () => {
    assert.equal(parseStoredKeys(text), null);
  });
}

test("summaryOf shows nothing secret", () => {
  const shown = keys.map(summaryOf);
  assert.deepEqual(shown, [
    { name: "backend", kind: "pair", publicKey: KNOWN.publicKey, user: null },
    { name: "alice", kind: "public", publicKey: KNOWN.publicKey, user: null },
    { name: "operator", kind: "plain", publicKey: null, user: "op" },
  ]);
  for (const secret of [KNOWN.secretKey, "swordfish"]) assert.ok(!JSON.stringify(shown).includes(secret));
});
