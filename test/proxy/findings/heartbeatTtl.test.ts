import assert from "node:assert/strict";
import { test } from "node:test";
import { heartbeatTtl } from "../../../src/proxy/findings/heartbeatTtl.ts";
import { link, ping, pong, watchRule } from "../../support/seenRows.ts";

test("heartbeatTtl is silent up to 65.5 s", () => {
  const { see, said } = watchRule(heartbeatTtl);
  for (const tenths of [0, 1, 20, 655]) see(ping(link(1), tenths));
  see(pong(link(1)));
  see({ link: link(1), kind: "command", event: "ping", body: new Uint8Array(1) });
  see({ frames: ["ping"] });
  assert.deepEqual(said(), []);
});

test("heartbeatTtl tells what libzmq makes of 65.6 s and more, once for each peer", () => {
  const { see, told } = watchRule(heartbeatTtl);
  see(ping(link(1), 660));
  see(ping(link(2), 660));
  see(ping(link(2), 656, { dir: "s2c" }));
  assert.deepEqual(
    told().map(({ about, text, count, evidence }) => [about, text, count, evidence]),
    [
      [
        "orders client 127.0.0.1",
        "The client (DEALER) asks with its heartbeats for a time to live of 66 s, which libzmq reads as 0.464 s: the server may cut the connection after so little silence.",
        2,
        [1, 2],
      ],
      [
        "orders server 127.0.0.1",
        "The server (ROUTER) asks with its heartbeats for a time to live of 65.6 s, which libzmq reads as 0.064 s: the client may cut the connection after so little silence.",
        1,
        [3],
      ],
    ],
  );
});

test("heartbeatTtl names no socket where the wire does not say", () => {
  const { see, told } = watchRule(heartbeatTtl);
  see(ping(link(1, { sockets: { client: null, server: null } }), 700));
  assert.equal(told()[0]!.text.startsWith("The client asks"), true);
});
