import assert from "node:assert/strict";
import { test } from "node:test";
import { LinkSide } from "../../../src/proxy/wire/linkSide.ts";
import { octets } from "../../support/octets.ts";

test("LinkSide holds copies of what waits", () => {
  const side = new LinkSide(1);
  const bytes = octets("ab");
  side.hold(bytes, 7);
  bytes.fill(0);
  side.hold(octets("c"), 9);
  assert.deepEqual(side.joinHeld(), octets("abc"));
  assert.equal(side.heldBytes, 3);
  assert.deepEqual(
    side.held.map(({ chunk }) => chunk),
    [7, 9],
  );
});

test("LinkSide collects at most 64 KiB of a frame", () => {
  const side = new LinkSide(0);
  const bytes = new Uint8Array(50_000).fill(1);
  side.collect(bytes, 49_999, 50_000);
  assert.deepEqual(side.borrowCollected(), Uint8Array.of(1));
  side.collect(bytes, 0, 50_000);
  side.collect(bytes, 0, 50_000);
  assert.equal(side.borrowCollected().length, 65_536);
});
