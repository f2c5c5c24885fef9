import assert from "node:assert/strict";
import { test } from "node:test";
import { verdictFacts, verdictWords } from "../../src/shared/verdictText.ts";
import { wrongKey } from "../support/verdicts.ts";

test("verdictFacts says what happened, what to do, and whether the client tries again", () => {
  assert.deepEqual(verdictFacts(wrongKey), [
    { label: "Verdict", value: wrongKey.sentence },
    { label: "What to do", value: wrongKey.advice },
    { label: "Client tries again", value: "by itself, every 100 to 200 ms" },
  ]);
});

test("verdictFacts names the side of a re-keyed link, and leaves out what there is nothing to say of", () => {
  assert.deepEqual(verdictFacts({ ...wrongKey, advice: "", retries: null, leg: "server" }), [
    { label: "Verdict, server's side", value: wrongKey.sentence },
  ]);
});

test("verdictWords are a verdict's id as words", () => {
  assert.equal(verdictWords(wrongKey), "wrong server key");
  assert.equal(verdictWords({ ...wrongKey, id: "not-zmtp" }), "not ZMTP");
});
