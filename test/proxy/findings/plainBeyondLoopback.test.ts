import assert from "node:assert/strict";
import { test } from "node:test";
import { plainBeyondLoopback } from "../../../src/proxy/findings/plainBeyondLoopback.ts";
import { handshake, link, linkOpened, toldVerdict, watchRule } from "../../support/seenRows.ts";

const far = { client: "10.0.0.7:40001", server: "127.0.0.1:5555", mechanism: "PLAIN" } as const;

test("plainBeyondLoopback tells each leg on which a password leaves this machine, refused or not", () => {
  const { see, told } = watchRule(plainBeyondLoopback);
  see(handshake(link(1, far)));
  see(
    handshake(link(2, { ...far, client: "10.0.0.7:40002" }), {
      state: "failed",
      verdict: toldVerdict("plain-refused"),
    }),
  );
  see(handshake(link(3, { ...far, client: "127.0.0.1:40003", server: "[2001:db8::1]:5555" })));
  assert.deepEqual(
    told().map(({ text, severity, count, evidence }) => [text, severity, count, evidence]),
    [
      [
        "User name and password of PLAIN cross the network in the clear, between the tap and the client at 10.0.0.7.",
        "warning",
        2,
        [1, 2],
      ],
      [
        "User name and password of PLAIN cross the network in the clear, between the tap and the server at [2001:db8::1].",
        "warning",
        1,
        [3],
      ],
    ],
  );
});

test("plainBeyondLoopback is silent on this machine, on other mechanisms, and where nothing was sent", () => {
  const { see, said } = watchRule(plainBeyondLoopback);
  see(handshake(link(1, { mechanism: "PLAIN" })));
  see(handshake(link(2, { mechanism: "PLAIN", client: "ipc #2", server: "ipc #2" })));
  see(handshake(link(3, { ...far, mechanism: "NULL" })));
  see(handshake(link(4, { ...far, mechanism: "CURVE" })));
  see(handshake(link(5, far), { state: "waiting", verdict: toldVerdict("silent-server") }));
  see(handshake(link(6, far), { more: { rekeyed: { client: "CURVE", server: "PLAIN" } } }));
  see(linkOpened(link(7, far)));
  see({ link: null, event: "handshake", detail: { state: "done", mechanism: "PLAIN" } });
  assert.deepEqual(said(), []);
});

test("plainBeyondLoopback judges each leg by what it speaks", () => {
  const { see, told } = watchRule(plainBeyondLoopback);
  const on = link(1, { ...far, server: "10.0.0.8:5555" });
  see(handshake(on, { more: { rekeyed: { client: "CURVE", server: "PLAIN" } } }));
  assert.deepEqual(
    told().map(({ about }) => about),
    ["orders server 10.0.0.8"],
  );
});
