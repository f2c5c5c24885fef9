import assert from "node:assert/strict";
import { test } from "node:test";
import { stripVTControlCharacters } from "node:util";
import { fidelityText } from "../../src/cli/fidelityText.ts";
import type { Fidelity } from "../../src/shared/pictures.ts";

const FINE: Fidelity = {
  received: [100, 50],
  sent: [100, 50],
  undelivered: [0, 0],
  queued: [0, 0],
  added: [0, 0],
  removed: [0, 0],
  rekeyed: { links: 0, received: [0, 0], sent: [0, 0] },
  seen: 3,
  kept: 2,
  evicted: 1,
  passedBy: 0,
  addedP50Ms: 0.0123,
  addedP99Ms: 0.5,
  samples: 9,
  waited: 0,
  heldUpMs: [0, 12.4],
  problems: [],
};

test("fidelityText writes the equations down", () => {
  assert.equal(
    fidelityText("orders", FINE),
    `fidelity of orders
  to the server   100 octets in = 100 out
  to the client   50 octets in = 50 out
  messages        3 seen = 2 kept + 1 evicted
  added latency   0.012 ms (50 %), 0.500 ms (99 %) of 9 chunks
  held up         0 ms to the server, 12 ms to the client
  all numbers agree
`,
  );
});

test("fidelityText tells of what else there is, and of what fails", () => {
  const text = fidelityText("orders", {
    ...FINE,
    sent: [90, 51],
    undelivered: [6, 0],
    queued: [4, 0],
    added: [0, 1],
    removed: [1, 0],
    rekeyed: { links: 1, received: [10, 20], sent: [12, 20] },
    addedP50Ms: null,
    addedP99Ms: null,
    samples: 0,
    problems: ["To the server, 100 are not 101."],
  });
  assert.equal(
    stripVTControlCharacters(text),
    `fidelity of orders
  to the server   100 octets in = 90 out + 4 queued + 6 undelivered + 1 removed
  to the client   50 octets in + 1 added = 51 out
  1 re-keyed link 10 and 20 octets in, 12 and 20 out, which differ since they are encrypted anew
  messages        3 seen = 2 kept + 1 evicted
  held up         0 ms to the server, 12 ms to the client
  To the server, 100 are not 101.
`,
  );
});
