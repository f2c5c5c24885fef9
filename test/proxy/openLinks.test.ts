import assert from "node:assert/strict";
import { test } from "node:test";
import { OpenLinks } from "../../src/proxy/openLinks.ts";
import { SocketLink } from "../../src/proxy/socketLink.ts";
import { tappedEngine } from "../support/tappedEngine.ts";

test("OpenLinks has links as long as they are open, and tells of each end once", (t) => {
  const { engine } = tappedEngine(t);
  const { openLinks } = engine;
  const ends: string[] = [];
  openLinks.onClosed = ({ log, tap }, { by }, relay) =>
    void ends.push(`${log.number} of ${tap.name} by the ${by}${relay === null ? "" : ", relayed"}`);
  const link = new SocketLink(
    {
      tap: { id: "b", name: "bridge" },
      origin: "bridge",
      sockets: { client: "SUB", server: "PUB" },
      addresses: { client: "bridge", server: "127.0.0.1:5556" },
    },
    engine.openSocketLog,
  );
  assert.deepEqual([...openLinks.all.keys()], [1]);
  assert.equal(openLinks.all.get(1)!.relay(), null);
  link.closed("server");
  assert.deepEqual([openLinks.all.size, ends], [0, ["1 of bridge by the server"]]);
  openLinks.closed(1, { by: "tap", reset: false, bytesLost: 0 }, null);
  assert.equal(ends.length, 1);
  const silent = new OpenLinks();
  silent.closed(1, { by: "tap", reset: false, bytesLost: 0 }, null);
});
