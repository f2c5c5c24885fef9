import assert from "node:assert/strict";
import { test } from "node:test";
import { channelKey, isPublication } from "../../src/shared/channelKey.ts";

test("channelKey takes the topic into account only where there are topics", () => {
  const request = { tapName: "orders", from: "client", sockets: { client: "REQ", server: "REP" }, topic: "a" } as const;
  const publication = { ...request, from: "server", sockets: { client: "SUB", server: "PUB" } } as const;
  assert.equal(channelKey(publication, 1), "orders|server|a|1");
  assert.equal(channelKey(request, 1), "orders|client||1");
  assert.deepEqual([isPublication(publication), isPublication(request)], [true, false]);
  assert.equal(isPublication({ ...publication, from: null }), false);
  assert.equal(channelKey({ ...request, from: null }, 0), "orders|||0");
});
