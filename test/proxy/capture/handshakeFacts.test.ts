import assert from "node:assert/strict";
import { test } from "node:test";
import { identityText, problemOf } from "../../../src/proxy/capture/handshakeFacts.ts";
import type { Verdict } from "../../../src/shared/model.ts";

test("identityText shows text as text and the rest as hex", () => {
  assert.deepEqual(["", "677569", "00ff", "0a"].map(identityText), ["", "gui", "0x00ff", "0x0a"]);
});

test("problemOf leaves out verdicts on handshakes that need no word", () => {
  const verdict = (id: string): Verdict => ({
    id,
    sentence: "s",
    advice: "",
    isCertain: true,
    candidates: [],
    retries: null,
    leg: null,
    offersProbe: false,
  });
  assert.equal(problemOf(null), null);
  assert.equal(problemOf(verdict("connected")), null);
  assert.equal(problemOf(verdict("misfit"))?.id, "misfit");
});
