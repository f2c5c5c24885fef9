import assert from "node:assert/strict";
import { test } from "node:test";
import { curveAnyClient } from "../../../src/proxy/findings/curveAnyClient.ts";
import { handshake, link, linkOpened, watchRule } from "../../support/seenRows.ts";

const rekeyed = (more: object): { more: object } => ({
  more: { rekeyed: { client: "CURVE", server: "CURVE", clientKey: "key", isHostOrder: false, ...more } },
});

test("curveAnyClient tells a server that let in a pair which the tap had just made", () => {
  const { see, told } = watchRule(curveAnyClient);
  see(handshake(link(1), rekeyed({ freshPairTo: "server" })));
  see(handshake(link(2), rekeyed({ freshPairTo: "server" })));
  // Who connects may be the CURVE server.
  see(handshake(link(3), rekeyed({ freshPairTo: "client" })));
  assert.deepEqual(
    told().map(({ text, severity, count }) => [text, severity, count]),
    [
      [
        "The CURVE server at 127.0.0.1:5555 let in a key that ZMQ Tap had just made, so it lets in any client.",
        "note",
        2,
      ],
      ["The CURVE server at 127.0.0.1 let in a key that ZMQ Tap had just made, so it lets in any client.", "note", 1],
    ],
  );
});

test("curveAnyClient is silent on what the wire does not show", () => {
  const { see, said } = watchRule(curveAnyClient);
  see(handshake(link(1, { mechanism: "CURVE" })));
  see(handshake(link(2), rekeyed({})));
  see(handshake(link(3), { ...rekeyed({ freshPairTo: "server" }), state: "failed" }));
  see(linkOpened(link(4)));
  assert.deepEqual(said(), []);
});
