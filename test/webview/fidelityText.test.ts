import assert from "node:assert/strict";
import { test } from "node:test";
import type { Fidelity } from "../../src/shared/pictures.ts";
import { addedText, equations, heldUpText, isFaithful, rekeyedText, samplesText } from "../../webview/fidelityText.ts";

const well: Fidelity = {
  received: [1204, 5000],
  sent: [1204, 4000],
  undelivered: [0, 300],
  queued: [0, 700],
  added: [0, 0],
  removed: [0, 0],
  rekeyed: { links: 0, received: [0, 0], sent: [0, 0] },
  seen: 12,
  kept: 10,
  evicted: 2,
  passedBy: 0,
  addedP50Ms: 0.02,
  addedP99Ms: 0.4,
  samples: 120,
  waited: 0,
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
  const passing = { ...well, seen: 15, passedBy: 3 };
  assert.deepEqual(equations(passing).at(-1), {
    name: "Messages",
    text: "15 seen = 10 kept + 2 evicted + 3 uncaptured",
    holds: true,
  });
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

test("What the tap itself put in and took out counts, too", () => {
  const changed = { ...well, added: [96, 0] as const, sent: [1200, 4000] as const, removed: [100, 0] as const };
  assert.deepEqual(equations(changed)[0], {
    name: "Bytes to the server",
    text: "1,204 received + 96 put in for you = 1,200 sent + 100 taken out for you",
    holds: true,
  });
});

test("Links that the tap re-keys are told apart", () => {
  assert.equal(rekeyedText(well), "");
  assert.equal(
    rekeyedText({ ...well, rekeyed: { links: 1, received: [10, 20], sent: [11, 22] } }),
    "1 link with keys of the tap besides: 10 became 11 bytes to the server, 20 became 22 to the client, since encryption is new on each side",
  );
});

test("What is measured is told with how often, and who was held up", () => {
  assert.equal(addedText(well), "p50 20 µs, p99 0.4 ms");
  assert.equal(samplesText(well), "120 samples");
  assert.equal(samplesText({ ...well, waited: 3 }), "120 samples, 3 waited for the receiver");
  assert.equal(samplesText({ ...well, samples: 0 }), "");
  assert.equal(addedText({ ...well, addedP50Ms: null, addedP99Ms: null, samples: 0 }), "nothing measured yet");
  assert.equal(heldUpText(well), "server 1.5 s");
  assert.equal(heldUpText({ ...well, heldUpMs: [2, 3] }), "client 2.0 ms, server 3.0 ms");
  assert.equal(heldUpText({ ...well, heldUpMs: [0, 0] }), "nobody");
});
