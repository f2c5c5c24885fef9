import assert from "node:assert/strict";
import { test } from "node:test";
import { dialectTools } from "../../src/proxy/dialectTools.ts";

test("Ids are 32 hex digits and new each time", () => {
  const [one, two] = [dialectTools.newId(), dialectTools.newId()];
  assert.match(one, /^[0-9a-f]{32}$/);
  assert.notEqual(one, two);
});

test("Signatures are those of RFC 4231, over parts as over the whole", () => {
  const key = new Uint8Array(20).fill(0x0b);
  const expected = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7";
  for (const parts of [["Hi There"], ["Hi", " ", "There"]]) {
    const signature = dialectTools.hmacSha256(
      key,
      parts.map((part) => new TextEncoder().encode(part)),
    );
    assert.equal(Buffer.from(signature).toString("hex"), expected);
  }
  assert.equal(Math.abs(dialectTools.nowMs() - Date.now()) < 1000, true);
});
