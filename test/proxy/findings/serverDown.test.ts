import assert from "node:assert/strict";
import { test } from "node:test";
import { serverDown } from "../../../src/proxy/findings/serverDown.ts";
import { type SeenParts, watchRule } from "../../support/seenRows.ts";

const down = (state: string, timeMs: number, reason = REASON): SeenParts => ({
  link: null,
  event: "server-down",
  detail: { state, reason, count: 1 },
  timeMs,
});
const REASON =
  "Nothing listens on tcp://127.0.0.1:5555: connection refused. Start the server; the tap listens again by itself.";

test("serverDown is silent on a server that is started anew, or later than its clients", () => {
  const { see, tick, said } = watchRule(serverDown);
  see(down("down", 0));
  see(down("back", 4_000));
  see(down("down", 5_000));
  see(down("still-down", 6_000));
  tick(9_900);
  see(down("back", 9_900));
  tick(60_000);
  assert.deepEqual(said(), []);
});

test("serverDown tells a server that stays away, until it is back", () => {
  const { see, tick, told, said } = watchRule(serverDown);
  see(down("down", 1_000));
  tick(6_000);
  tick(7_000);
  const { id, about, text, advice, evidence, count, isOpen } = told()[0]!;
  assert.deepEqual(
    { id, about, text, advice, evidence, count, isOpen },
    {
      id: "server-down",
      about: "orders",
      text: "Nothing listens on tcp://127.0.0.1:5555: connection refused.",
      advice: "Start the server; the tap listens again by itself.",
      evidence: [1],
      count: 1,
      isOpen: true,
    },
  );
  see(down("back", 20_000));
  assert.equal(said()[0]?.endsWith("(over)"), true);
});

test("serverDown has words of its own where the event has none", () => {
  const { see, tick, said } = watchRule(serverDown);
  see(down("down", 0, ""));
  tick(5_000);
  assert.deepEqual(said(), ["server-down: The server cannot be reached."]);
});
