import assert from "node:assert/strict";
import { test } from "node:test";
import { partnersOf } from "../../../src/proxy/wire/socketPairs.ts";
import { SOCKET_TYPES } from "../../../src/shared/model.ts";

test("partnersOf is the same from both sides", () => {
  for (const one of SOCKET_TYPES) {
    for (const other of SOCKET_TYPES)
      assert.equal(partnersOf(one).includes(other), partnersOf(other).includes(one), `${one} ${other}`);
  }
});

test("partnersOf knows who can talk to REQ", () => {
  assert.deepEqual(partnersOf("REQ"), ["REP", "ROUTER"]);
});
