import assert from "node:assert/strict";
import { test } from "node:test";
import { shellText, shellWord } from "../../src/proxy/shellWords.ts";
import { octets } from "../support/octets.ts";

test("shellWord quotes what a shell would read in another way, and shellText takes text only", () => {
  assert.deepEqual(["a-b.c", "it's", "", "$x"].map(shellWord), ["a-b.c", "'it'\\''s'", "''", "'$x'"]);
  assert.equal(shellText(octets("text")), "text");
  assert.throws(() => shellText(octets("\u00ff")), { code: "not-for-shells" });
  assert.throws(() => shellWord("a\0b"), { code: "not-for-shells" });
  assert.throws(() => shellWord("x".repeat(100_001)), { code: "not-for-shells" });
});
