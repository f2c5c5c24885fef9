import assert from "node:assert/strict";
import { test } from "node:test";
import { packetEnds } from "../../../src/proxy/capture/addresses.ts";
import { addressText } from "../../../src/proxy/files/addressText.ts";

test("addressText writes addresses as the log does", () => {
  for (const address of [
    "127.0.0.1:5556",
    "[::1]:5556",
    "[::]:1",
    "[fe80::1:0:0:2]:9",
    "[2001:db8:1:2:3:4:5:6]:65535",
    "[1:0:2:3:4:5:6:7]:1",
  ]) {
    assert.equal(addressText(packetEnds(address, address, 1)[0]), address);
  }
});

test("addressText writes IPv4 inside IPv6 as IPv4", () => {
  const [client] = packetEnds("10.0.0.1:7", "[::1]:5556", 1);
  assert.equal(addressText(client), "10.0.0.1:7");
});
