import assert from "node:assert/strict";
import { test } from "node:test";
import { PLAIN_TRAFFIC, unexpected } from "../../../../src/proxy/wire/legs/leg.ts";

test("unexpected names the command where it has a name", () => {
  assert.deepEqual(unexpected("PING"), {
    kind: "problem",
    check: "order",
    message: "PING came at a point of the handshake where it may not stand.",
  });
  assert.match((unexpected("") as { message: string }).message, /^A command without a name came/);
  assert.match((unexpected("hunter2") as { message: string }).message, /^An unknown command came/);
});

test("PLAIN_TRAFFIC has no keys and nothing to wipe", () => {
  PLAIN_TRAFFIC.admit();
  PLAIN_TRAFFIC.dispose();
  const { opens, seals, isHostOrder } = PLAIN_TRAFFIC;
  assert.deepEqual([opens, seals, isHostOrder], [null, null, false]);
});
