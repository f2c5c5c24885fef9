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

test("Of a link whose index was damaged what is not of its kind is not known", () => {
  const info = { link: 3, tap: 1, tapName: null, origin: "x", client: [], server: {} };
  for (const odd of [undefined, null, 7, "x", [], [null, 5], { client: 1 }, true]) {
    const stored = { info, preamble: odd, preambleNs: odd };
    const fields = ["sockets", "identity", "framing", "mechanism", "isDecrypted", "facts", "openedNs"];
    const link = knownLink({ ...stored, ...Object.fromEntries(fields.map((field) => [field, odd])) } as never);
    assert.deepEqual(link.info, { link: 3, tap: "", tapName: "", origin: "wire", client: "", server: "" });
    assert.deepEqual(link.sockets, { client: null, server: null });
    assert.deepEqual(link.identity, { client: "", server: "" });
    assert.equal(link.framing, "zmtp3");
    assert.ok(link.facts.every(({ label, value }) => label === "" && value === ""));
    storedLink(link);
  }
  assert.throws(() => knownLink({} as never));
});
