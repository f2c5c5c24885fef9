import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../../src/proxy/capture/capture.ts";
import { knownLink, storedLink } from "../../../src/proxy/capture/storedLink.ts";
import { openLink } from "../../support/captures.ts";

test("A link is read from JSON as it was written, its preamble too", () => {
  const link = openLink(new Capture({ maxBytes: 0 }), { sockets: { client: "REQ", server: "REP" } });
  Object.assign(link, { mechanism: "NULL", framing: "zmtp2", facts: [{ label: "version", value: "3.1" }] });
  link.preamble.add(0, Buffer.from([0xff, 0, 1]), 77);
  const stored = storedLink(link);
  const again = knownLink(JSON.parse(JSON.stringify(stored)) as typeof stored);
  assert.deepEqual(storedLink(again), stored);
  assert.deepEqual([again.info, again.sockets, again.framing], [link.info, link.sockets, "zmtp2"]);
});
