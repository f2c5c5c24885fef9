import assert from "node:assert/strict";
import { test } from "node:test";
import { fitsWildcard, fitsWildcardWithin } from "../../src/shared/wildcard.ts";
import { random } from "../support/random.ts";

/** The same as a regular expression, which takes too long for some. */
function expression(pattern: string, star: string): RegExp {
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(star)}$`, "s");
}

test("A wildcard stands for what the regular expression of it stands for", () => {
  const below = random(3);
  const text = (): string => Array.from({ length: below(9) }, () => "ab*:/"[below(5)]).join("");
  for (let round = 0; round < 50_000; round++) {
    const [pattern, one] = [text(), text().replaceAll("*", "")];
    const about = `${pattern} ${one}`;
    assert.equal(fitsWildcard(pattern, one), expression(pattern, ".*").test(one), about);
    assert.equal(fitsWildcardWithin(pattern, one, ":/"), expression(pattern, "[^:/]*").test(one), about);
  }
});

test("A wildcard takes no longer for hostile texts", () => {
  const started = performance.now();
  const text = "a".repeat(100_000);
  assert.equal(fitsWildcard("*a*a*a*a*a*b", text), false);
  assert.equal(fitsWildcardWithin("*a*a*a*a*a*b", text, "/"), false);
  assert.equal(fitsWildcard("*a*a*a*a*a*", text), true);
  assert.ok(performance.now() - started < 5_000);
});
