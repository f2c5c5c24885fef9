import assert from "node:assert/strict";
import { test } from "node:test";
import { checkBridges, isOfSettings } from "../../src/shared/bridgeSettings.ts";
import { KNOWN } from "../support/keys.ts";

const bridge = { name: "orders", kind: "rep-req", in: "tcp://127.0.0.1:5556", out: "tcp://127.0.0.1:5557" };

test("checkBridges takes bridges, whose ids come from their names", () => {
  const { bridges, problems } = checkBridges([
    { ...bridge, name: " orders ", limits: { maxMessages: 5 } },
    { ...bridge, name: "second", in: { endpoints: ["tcp://127.0.0.1:5558"], security: { serverPair: "backend" } } },
  ]);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    bridges.map(({ id, name, limits }) => [id, name, limits.maxMessages]),
    [
      ["settings-bridge:orders", "orders", 5],
      ["settings-bridge:second", "second", 100_000],
    ],
  );
  assert.deepEqual(["settings-bridge:orders", "b1"].map(isOfSettings), [true, false]);
  assert.deepEqual(checkBridges(undefined), { bridges: [], problems: [] });
});

test("checkBridges says of each bridge why it cannot be used, and repeats no key", () => {
  const key = KNOWN.secretKey;
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [7, /entry 1, must be an object/],
    [{ ...bridge, kind: "tap" }, /entry 1, has a "kind" that is none of .* That bridge was left out[.]$/],
    [{ ...bridge, out: "127.0.0.1:5557" }, /which cannot be used: .*transport is missing/],
    [{ ...bridge, name: key }, /has a key itself as its name or an endpoint/],
    [{ ...bridge, in: { endpoints: [{ endpoint: key }] } }, /has a key itself/],
    [{ ...bridge, in: { endpoints: "tcp://a:1", security: { serverPair: key } } }, /has a key itself in "serverPair"/],
    [[[[[[[key]]]]]], /must be an object/],
  ];
  for (const [entry, says] of cases) {
    const { bridges, problems } = checkBridges([entry]);
    assert.deepEqual(bridges, []);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!, says);
    assert.equal(problems[0]!.includes(key), false);
  }
  assert.match(checkBridges({}).problems.join(), /"zmqTap.bridges" must be a list of bridges/);
  const twice = checkBridges([bridge, bridge]);
  assert.equal(twice.bridges.length, 1);
  assert.match(twice.problems.join(), /entry 2, has the name "orders" of an earlier one/);
});
