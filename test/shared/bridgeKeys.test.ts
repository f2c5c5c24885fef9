import assert from "node:assert/strict";
import { test } from "node:test";
import { bridgeUsesKey, keysOfLeg, withBridgeKeyRenamed } from "../../src/shared/bridgeKeys.ts";
import type { LegSecurityNames } from "../../src/shared/bridges.ts";
import { bridgeConfig } from "../support/bridgeStates.ts";

const endpoints = [{ endpoint: "tcp://127.0.0.1:1" }];

test("A leg that binds is a server by its pair or its user", () => {
  const keys = (security: LegSecurityNames) => keysOfLeg({ endpoints, attach: "bind", security });
  assert.deepEqual(keys({ serverPair: "a" }), { serverPair: "a", clientLeg: "CURVE", serverLeg: "NULL" });
  assert.deepEqual(keys({ allow: ["b"] }), { allow: ["b"], clientLeg: "NULL", serverLeg: "NULL" });
  assert.deepEqual(keys({ plain: "c" }), { plain: "c", clientLeg: "PLAIN", serverLeg: "NULL" });
});

test("A leg that connects is a client by the server's key, or by its user", () => {
  const keys = (security: LegSecurityNames) => keysOfLeg({ endpoints, attach: "connect", security });
  assert.deepEqual(keys({ serverKey: "a" }), { serverKey: "a", clientLeg: "NULL", serverLeg: "CURVE" });
  assert.deepEqual(keys({ clientPair: "a" }), { clientPair: "a", clientLeg: "NULL", serverLeg: "NULL" });
  assert.deepEqual(keys({ plain: "c" }), { plain: "c", clientLeg: "NULL", serverLeg: "PLAIN" });
  assert.deepEqual(keys({ allow: ["b"] }), { allow: ["b"], clientLeg: "NULL", serverLeg: "NULL" });
});

test("A leg without keys has none", () => {
  assert.equal(keysOfLeg({ endpoints, attach: "bind" }), null);
  assert.equal(keysOfLeg({ endpoints, attach: "bind", security: {} }), null);
});

test("A bridge uses the keys of both legs, and follows one that is renamed", () => {
  const config = bridgeConfig({
    in: { endpoints: "tcp://127.0.0.1:*", security: { serverPair: "backend", allow: ["alice"] } },
  });
  assert.equal(bridgeUsesKey(config, "alice", null), true);
  assert.equal(bridgeUsesKey(config, "bob", null), false);
  const renamed = withBridgeKeyRenamed(config, "alice", "bob");
  assert.deepEqual(renamed.in.security, { serverPair: "backend", allow: ["bob"] });
  assert.deepEqual(renamed.out, config.out);
});
