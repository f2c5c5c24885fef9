import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, hostOf, isHttp, peerWords } from "../../../src/proxy/findings/words.ts";
import { LINK } from "../../support/filterRows.ts";

test("peerWords names an end of a link by socket, address and identity", () => {
  assert.equal(peerWords(LINK, "client"), "DEALER at 127.0.0.1:40001 (worker-1)");
  assert.equal(peerWords(LINK, "server"), "ROUTER at 10.1.2.3:5555");
  const unknown = {
    ...LINK,
    sockets: { client: null, server: null },
    identity: { client: "i".repeat(99), server: "" },
  };
  assert.equal(peerWords(unknown, "client"), `peer at 127.0.0.1:40001 (${"i".repeat(40)}…)`);
});

test("peerWords says of HTTP who is client and who is server", () => {
  assert.equal(peerWords({ ...LINK, mechanism: "HTTP" }, "server"), "HTTP server at 10.1.2.3:5555");
  assert.equal(isHttp({ ...LINK, mechanism: "HTTP" }), true);
  assert.equal(isHttp(LINK), false);
});

test("hostOf leaves out the port, and of ipc the number", () => {
  const addresses = [
    "127.0.0.1:40001",
    "[::1]:5",
    "[fe80::1%eth0]:5",
    "ipc #12",
    "ipc:///tmp/a",
    "ZMQ Tap",
    "10.1.2.3",
    "",
  ];
  const hosts = ["127.0.0.1", "[::1]", "[fe80::1%eth0]", "ipc", "ipc:///tmp/a", "ZMQ Tap", "10.1.2.3", ""];
  assert.deepEqual(addresses.map(hostOf), hosts);
});

test("counted says one or many", () => {
  assert.deepEqual([counted(1, "request"), counted(2, "request")], ["1 request", "2 requests"]);
});
