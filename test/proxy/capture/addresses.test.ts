import assert from "node:assert/strict";
import { test } from "node:test";
import { packetEnds } from "../../../src/proxy/capture/addresses.ts";

const shown = (client: string, server: string, link = 7): [string, number, string][] =>
  packetEnds(client, server, link).map(({ octets, port, note }) => [Buffer.from(octets).toString("hex"), port, note]);

test("packetEnds keeps two IPv4 ends", () => {
  assert.deepEqual(shown("127.0.0.1:51876", "tcp://10.1.2.3:80"), [
    ["7f000001", 51_876, ""],
    ["0a010203", 80, ""],
  ]);
});

test("packetEnds maps the IPv4 end of a mixed pair", () => {
  assert.deepEqual(shown("127.0.0.1:1", "[2001:db8::1:2%eth0]:2"), [
    ["00000000000000000000ffff7f000001", 1, ""],
    ["20010db8000000000000000000010002", 2, ""],
  ]);
});

test("packetEnds reads every form of IPv6", () => {
  const hex = (text: string): string => shown(`[${text}]:1`, "[::]:1")[0]![0];
  assert.equal(hex("::"), "0".repeat(32));
  assert.equal(hex("1::"), `0001${"0".repeat(28)}`);
  assert.equal(hex("1:2:3:4:5:6:7:8"), "00010002000300040005000600070008");
  assert.equal(hex("::ffff:192.168.200.17"), "00000000000000000000ffffc0a8c811");
});

test("packetEnds stands in for an end without an address", () => {
  const client = `fd${"0".repeat(29)}1`;
  const server = `fd${"0".repeat(29)}2`;
  assert.deepEqual(shown("@in-process", "ipc:///tmp/x"), [
    [client, 7, "@in-process"],
    [server, 7, "ipc:///tmp/x"],
  ]);
  for (const odd of ["name:5", "127.0.0.1:99999", "[zz]:5", "1.2.3.4", "", ":::", "[::1]"]) {
    assert.deepEqual(shown(odd, odd)[0], [client, 7, odd], odd);
  }
  assert.equal(shown("@x", "@y", 65_536)[0]![1], 65_535);
});
