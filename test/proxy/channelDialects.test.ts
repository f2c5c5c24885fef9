import assert from "node:assert/strict";
import { test } from "node:test";
import { ChannelDialects, socketsKey } from "../../src/proxy/channelDialects.ts";
import type { SocketPair } from "../../src/shared/model.ts";
import { messageOf } from "../support/dialects.ts";

const REQ: SocketPair = { client: "REQ", server: "REP" };
const DEALER: SocketPair = { client: "DEALER", server: "ROUTER" };
const CALL = messageOf(['{"jsonrpc":"2.0","id":1,"method":"add"}']);
const TEXT = messageOf(["hello"]);

test("A channel speaks what its messages look like, and another one something else", () => {
  const channels = new ChannelDialects();
  assert.equal(channels.of("tap", REQ), null);
  assert.equal(channels.wants("tap", REQ, 1), true);
  channels.see("tap", REQ, 1, CALL, 0);
  assert.equal(channels.of("tap", REQ), "json-rpc");
  assert.equal(channels.of("tap", DEALER), null);
  assert.equal(channels.of("other", REQ), null);
  assert.equal(channels.isChosen("tap", REQ), false);
});

test("A message counts once, and a channel that speaks nothing known is looked at now and then", () => {
  const channels = new ChannelDialects();
  for (let n = 1; n <= 16; n++) {
    assert.equal(channels.wants("tap", REQ, n), true);
    channels.see("tap", REQ, n, TEXT, 0);
    assert.equal(channels.wants("tap", REQ, n), false);
  }
  assert.deepEqual(
    Array.from({ length: 1600 }, (_, at) => 1000 + at).filter((n) => channels.wants("tap", REQ, n)),
    [1024, 1536, 2048, 2560],
  );
});

test("A choice counts more than what is found out, one of the sockets more than one of the tap, one of the tap more than any", () => {
  const channels = new ChannelDialects();
  channels.see("tap", REQ, 1, CALL, 0);
  const before = channels.version;
  channels.choose([{ tapName: null, sockets: null, dialect: "majordomo" }]);
  assert.notEqual(channels.version, before);
  assert.deepEqual([channels.of("tap", REQ), channels.of("new", DEALER)], ["majordomo", "majordomo"]);
  channels.choose([
    { tapName: null, sockets: null, dialect: "majordomo" },
    { tapName: "tap", sockets: null, dialect: "zerorpc" },
    { tapName: "tap", sockets: socketsKey(DEALER), dialect: "jupyter" },
  ]);
  assert.deepEqual(
    [channels.of("tap", REQ), channels.of("tap", DEALER), channels.of("new", REQ)],
    ["zerorpc", "jupyter", "majordomo"],
  );
  assert.deepEqual([channels.isChosen("tap", REQ), channels.wants("tap", REQ, 2)], [true, false]);
  channels.choose([]);
  assert.equal(channels.of("tap", REQ), "json-rpc");
});

test("A tap's own dialect counts more than what is found out, and less than a choice", () => {
  const channels = new ChannelDialects();
  assert.equal(channels.configure("tap", "locust"), true);
  assert.equal(channels.configure("tap", "locust"), false);
  assert.deepEqual([channels.of("tap", REQ), channels.of("other", REQ)], ["locust", null]);
  channels.choose([{ tapName: "tap", sockets: null, dialect: "raw" }]);
  assert.equal(channels.of("tap", REQ), "raw");
  channels.choose([]);
  assert.equal(channels.configure("tap", null), true);
  assert.equal(channels.of("tap", REQ), null);
});

test("Sockets that the wire does not tell have a name, too", () => {
  assert.equal(socketsKey({ client: null, server: "PUB" }), "?-PUB");
});
