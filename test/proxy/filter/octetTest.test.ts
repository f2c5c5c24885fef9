import assert from "node:assert/strict";
import { test } from "node:test";
import { octetTest } from "../../../src/proxy/filter/octetTest.ts";
import type { Test } from "../../../src/shared/filter/ast.ts";

const octets = (text: string): { kind: "octets"; octets: Uint8Array } => ({
  kind: "octets",
  octets: Buffer.from(text),
});

const cases: readonly [condition: Test, passes: string[], fails: string[]][] = [
  [{ op: "exists" }, ["", "a"], []],
  [{ op: "==", value: octets("ab") }, ["ab"], ["a", "abc", "AB", ""]],
  [{ op: "==", value: { kind: "text", text: "é" } }, ["é"], ["e"]],
  [{ op: "<", value: octets("b") }, ["a", "az", ""], ["b", "ba", "c"]],
  [{ op: "<=", value: octets("b") }, ["a", "b"], ["ba"]],
  [{ op: ">", value: octets("b") }, ["ba", "c", "é"], ["b", "a"]],
  [{ op: ">=", value: octets("b") }, ["b", "ba"], ["a", ""]],
  [{ op: "in", ranges: [{ low: octets("b"), high: octets("d") }, { low: octets("x"), high: null }] }, ["b", "bz", "d", "x"], ["a", "da", "xa"]], // prettier-ignore
  [{ op: "startswith", value: octets("ab") }, ["ab", "abc"], ["a", "xab"]],
  [{ op: "contains", value: octets("ab") }, ["ab", "xabx", "aab", `${"x".repeat(100)}ab`], ["a", "", "ba", "x".repeat(100)]], // prettier-ignore
  [{ op: "contains", value: octets("") }, ["", "a"], []],
];

for (const [condition, passes, fails] of cases) {
  test(`octetTest judges ${JSON.stringify(condition)}`, () => {
    const { run } = octetTest(condition);
    for (const [texts, verdict] of [
      [passes, 1],
      [fails, 0],
    ] as const) {
      for (const text of texts) {
        const bytes = Buffer.from(text);
        assert.equal(run(bytes, 0, bytes.length), verdict, text);
        // The same in the midst of others, of which nothing may be seen.
        assert.equal(run(Buffer.from(`ab${text}ab`), 2, 2 + bytes.length), verdict, text);
      }
    }
  });
}
