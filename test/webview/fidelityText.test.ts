import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fidelity } from "../../src/shared/pictures.ts";
import { addedText, equations, heldUpText, isFaithful } from "../../webview/fidelityText.ts";

const well: Fidelity = {
  received: [1204, 5000],
  sent: [1204, 4000],
  undelivered: [0, 300],
  queued: [0, 700],
  seen: 12,
  kept: 10,
  evicted: 2,
  addedP50Ms: 0.02,
  addedP99Ms: 0.4,
  samples: 120,
  heldUpMs: [0, 1500],
  problems: [],
};

test("equations say in words and numbers what holds", () => {
  assert.deepEqual(equations(well), [
    { name: "Bytes to the server", text: "1,204 received = 1,204 sent", holds: true },
    {
      name: "Bytes to the client",
      text: "5,000 received = 4,000 sent + 700 under way + 300 for receivers that had left",
      holds: true,
    },
    { name: "Messages", text: "12 seen = 10 kept + 2 evicted", holds: true },
  ]);
  assert.equal(isFaithful(well), true);
});

test("An equation that fails says so, and so does a problem that the tap tells", () => {
  const lossy = { ...well, sent: [1200, 4000] as const, kept: 9 };
  assert.deepEqual(
    equations(lossy).map(({ text, holds }) => [text, holds]),
    [
      ["1,204 received ≠ 1,200 sent", false],
      ["5,000 received = 4,000 sent + 700 under way + 300 for receivers that had left", true],
      ["12 seen ≠ 9 kept + 2 evicted", false],
    ],
  );
  assert.equal(isFaithful(lossy), false);
  assert.equal(isFaithful({ ...well, problems: ["4 bytes are missing."] }), false);
});

test("What is measured is told with how often, and who was held up", () => {
  assert.equal(addedText(well), "p50 20 µs, p99 0.4 ms, of 120 samples");
  assert.equal(addedText({ ...well, addedP50Ms: null, addedP99Ms: null, samples: 0 }), "nothing measured yet");
  assert.equal(heldUpText(well), "server 1.5 s");
  assert.equal(heldUpText({ ...well, heldUpMs: [2, 3] }), "client 2.0 ms, server 3.0 ms");
  assert.equal(heldUpText({ ...well, heldUpMs: [0, 0] }), "nobody");
});
