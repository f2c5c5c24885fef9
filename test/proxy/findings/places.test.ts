import assert from "node:assert/strict";
import { test } from "node:test";
import { isBeyondLoopback, serverOf } from "../../../src/proxy/findings/places.ts";
import { link } from "../../support/seenRows.ts";

test("serverOf names the server of a link the same for all its links", () => {
  assert.equal(serverOf(link(7, { server: "10.0.0.1:5555" })), "orders 10.0.0.1:5555");
  assert.equal(serverOf(link(7, { server: "ipc #7" })), serverOf(link(8, { server: "ipc #8" })));
});

test("isBeyondLoopback is sure of IP addresses only", () => {
  for (const address of ["10.1.2.3:5555", "192.168.0.4", "[fe80::1%eth0]:5555", "[2001:db8::1]:1", "8.8.8.8:53"]) {
    assert.equal(isBeyondLoopback(address), true, address);
  }
  for (const address of [
    "127.0.0.1:1",
    "127.9.9.9:1",
    "[::1]:5555",
    "[::ffff:127.0.0.1]:1",
    "0.0.0.0:1",
    "[::]:1",
    "ipc #3",
    "tcp #3",
    "ZMQ Tap",
    "unknown",
    "localhost:5555",
    "server.example:5555",
    "",
  ]) {
    assert.equal(isBeyondLoopback(address), false, address);
  }
});
