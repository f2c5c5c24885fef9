import assert from "node:assert/strict";
import { test } from "node:test";
import { checkReplay } from "../../src/proxy/checkReplay.ts";
import { FAST } from "../support/replays.ts";

test("checkReplay gives the endpoint that a session is sent to, and none through a tap", () => {
  assert.equal(checkReplay(FAST), null);
  const endpoint = checkReplay({ ...FAST, target: { kind: "endpoint", endpoint: "tcp://127.0.0.1:*", bind: true } });
  assert.deepEqual(endpoint, { transport: "tcp", host: "127.0.0.1", port: 0, source: null });
});

test("checkReplay refuses options and endpoints that cannot be used", () => {
  assert.throws(() => checkReplay({ ...FAST, loops: 0 }), { code: "bad-replay" });
  const target = { kind: "endpoint", endpoint: "tcp://127.0.0.1:*", bind: false } as const;
  assert.throws(() => checkReplay({ ...FAST, target }), { code: "bad-endpoint" });
});
