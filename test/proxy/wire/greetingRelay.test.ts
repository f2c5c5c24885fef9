import assert from "node:assert/strict";
import { test } from "node:test";
import { GreetingRelay, withMechanism } from "../../../src/proxy/wire/greetingRelay.ts";
import { encodeGreeting } from "../../../src/proxy/wire/writer.ts";
import type { Side } from "../../../src/shared/model.ts";
import type { LegMechanism } from "../../../src/shared/security.ts";
import { cuts } from "../../support/cuts.ts";
import { hex, join, octets } from "../../support/octets.ts";

/** A greeting with an unusual signature, minor version, as-server and filler, all of which must pass. */
function greeting(mechanism: LegMechanism, minor: number): Uint8Array {
  const octets = encodeGreeting(mechanism);
  octets.set(hex("0123456789abcdef"), 1);
  octets[11] = minor;
  octets[32] = 1;
  octets.fill(0x5a, 40);
  return octets;
}

function relay(spoken: Record<Side, LegMechanism | null>) {
  const sent: Record<Side, Uint8Array[]> = { client: [], server: [] };
  const greetings = new GreetingRelay(spoken, (to, bytes) => void sent[to].push(bytes));
  return { greetings, sent, all: (to: Side) => join(...sent[to]) };
}

const ANY = { client: null, server: null };

for (const [how, cut] of Object.entries(cuts)) {
  test(`GreetingRelay passes greetings in the pieces in which they come, ${how}`, () => {
    const { greetings, sent } = relay(ANY);
    const [client, server] = [cut(greeting("CURVE", 0)), cut(greeting("CURVE", 1))];
    for (const piece of client) greetings.push("client", piece);
    assert.equal(greetings.isComplete, false);
    for (const piece of server) greetings.push("server", piece);
    assert.equal(greetings.isComplete, true);
    assert.deepEqual(sent, { client: server, server: client });
  });

  for (const [client, server] of [
    ["NULL", "CURVE"],
    ["CURVE", "NULL"],
    ["PLAIN", null],
    [null, "PLAIN"],
  ] as const) {
    test(`GreetingRelay names each leg's mechanism to its peer where ${client ?? "whatever comes"} meets ${server ?? "whatever comes"}, ${how}`, () => {
      const { greetings, all } = relay({ client, server });
      const pieces = [cut(greeting(client ?? "NULL", 0)), cut(greeting(server ?? "CURVE", 1))] as const;
      for (let i = 0; i < Math.max(pieces[0].length, pieces[1].length); i++) {
        if (pieces[0][i] !== undefined) greetings.push("client", pieces[0][i]!);
        if (pieces[1][i] !== undefined) greetings.push("server", pieces[1][i]!);
      }
      // The versions pass, the mechanism and as-server do not.
      assert.deepEqual(all("server"), withMechanism(greeting("NULL", 0), server ?? "CURVE"));
      assert.deepEqual(all("client"), withMechanism(greeting("NULL", 1), client ?? "NULL"));
    });
  }
}

test("GreetingRelay passes as much as does not depend on a mechanism that is not known yet", () => {
  const { greetings, all } = relay({ client: null, server: "CURVE" });
  greetings.push("server", greeting("CURVE", 1));
  assert.deepEqual(all("client"), greeting("CURVE", 1).subarray(0, 12));
  greetings.push("client", greeting("NULL", 1).subarray(0, 31));
  assert.equal(all("client").length, 12);
  assert.equal(greetings.mechanism("client"), null);
  greetings.push("client", greeting("NULL", 1).subarray(31, 33));
  assert.equal(greetings.mechanism("client"), "NULL");
  assert.deepEqual(all("client"), withMechanism(greeting("CURVE", 1), "NULL"));
  assert.deepEqual(all("server"), withMechanism(greeting("NULL", 1), "CURVE").subarray(0, 33));
});

test("GreetingRelay gives back what stands behind a greeting, and sends none of it", () => {
  const { greetings, all } = relay(ANY);
  assert.deepEqual(greetings.push("client", greeting("NULL", 1).subarray(0, 60)), hex(""));
  assert.deepEqual(greetings.push("client", join(hex("5a5a5a5a"), octets("behind"))), octets("behind"));
  assert.deepEqual(greetings.push("client", octets("more")), octets("more"));
  assert.deepEqual(greetings.borrow("client"), greeting("NULL", 1));
  assert.deepEqual(all("server"), greeting("NULL", 1));
});

test("withMechanism writes name and as-server and nothing else, into a greeting of its own", () => {
  const before = greeting("CURVE", 1);
  const after = withMechanism(before, "NULL");
  assert.deepEqual(before, greeting("CURVE", 1));
  const expected = greeting("NULL", 1);
  expected[32] = 0;
  assert.deepEqual(after, expected);
});
