import assert from "node:assert/strict";
import { test } from "node:test";
import { nullLeg } from "../../../../src/proxy/wire/legs/nullLeg.ts";
import { octets } from "../../../support/octets.ts";

test("nullLeg says READY when it is given something to say, hears one, and is open after both in either order", () => {
  for (const order of ["say", "hear"]) {
    const sent: Uint8Array[] = [];
    const leg = nullLeg((body) => sent.push(body));
    const say = (): void => leg.give(octets("ours"), null);
    const hear = (): void =>
      assert.deepEqual(leg.receive("READY", octets("\x05READYtheirs")), {
        kind: "metadata",
        metadata: octets("theirs"),
        client: null,
      });
    assert.deepEqual(leg.begin(), { kind: "nothing" });
    leg.welcome();
    for (const act of order === "say" ? [say, hear] : [hear, say]) {
      assert.equal(leg.isOpen, false);
      act();
    }
    assert.equal(leg.isOpen, true);
    assert.deepEqual(sent, [octets("\x05READYours")]);
    assert.equal(leg.receive("READY", octets("\x05READY")).kind, "problem");
  }
});

test("nullLeg takes nothing but READY", () => {
  assert.equal(nullLeg(() => undefined).receive("HELLO", octets("\x05HELLO")).kind, "problem");
});
