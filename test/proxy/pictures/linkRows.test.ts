import assert from "node:assert/strict";
import { test } from "node:test";
import { ClosedLinks, closedByWords, handshakeWords, MAX_LINKS } from "../../../src/proxy/pictures/linkRows.ts";
import { linkRow } from "../../support/pictures.ts";

test("ClosedLinks keeps the newest that came about apart from those that did not", () => {
  const closed = new ClosedLinks();
  closed.add(linkRow({ link: 1 }), true);
  for (let link = 2; link <= 1000; link++) closed.add(linkRow({ link }), false);
  assert.deepEqual(
    [closed.all.length, closed.all[0]!.link, closed.all.at(-1)!.link, closed.forgotten],
    [201, 1000, 1, 799],
  );
  for (let link = 2001; link <= 2000 + MAX_LINKS; link++) closed.add(linkRow({ link }), true);
  assert.equal(closed.all.at(-1)!.link, 801);
  closed.clear();
  assert.deepEqual([closed.all, closed.forgotten], [[], 0]);
});

test("links are told of in a few words", () => {
  assert.equal(closedByWords("client", false), "client");
  assert.equal(closedByWords("client", true), "client, reset");
  assert.deepEqual(
    ["done", "waiting", "failed", "opaque"].map((state) => handshakeWords(state, null)),
    ["connected", "handshake under way", "handshake failed", "cannot be read"],
  );
  assert.equal(handshakeWords("failed", "mechanism-mismatch"), "mechanism mismatch");
});
