import assert from "node:assert/strict";
import { test } from "node:test";
import { OctetRegex } from "../../../src/proxy/filter/regex.ts";
import { parseRegex } from "../../../src/shared/filter/regexSyntax.ts";
import { random } from "../../support/random.ts";

function regex(pattern: string, flags = "", budget?: { steps: number; octets: number }): OctetRegex {
  const parsed = parseRegex(pattern, flags);
  assert.ok(parsed.ok, `${pattern}: ${JSON.stringify(parsed)}`);
  return new OctetRegex(parsed.regex, budget);
}

function search(pattern: string, octets: Uint8Array | string, flags = ""): number {
  const bytes = typeof octets === "string" ? Buffer.from(octets) : octets;
  return regex(pattern, flags).test(bytes, 0, bytes.length);
}

const found: readonly [pattern: string, octets: string | Uint8Array, flags?: string][] = [
  ["", ""],
  ["", "anything"],
  ["BOB", "a bob b"],
  ["grÜße", "viele GRüßE"],
  ["[à-ý]", "É"],
  ["^a.c$", "aéc"],
  ["^a..c$", Uint8Array.of(0x61, 0xff, 0xfe, 0x63)],
  ["\\xff\\x00", Uint8Array.of(1, 0xff, 0, 2)],
  ["[\\x80-\\xff]", Uint8Array.of(0x80)],
  ["[^\\x80-\\xff]", "é"],
  ["^.$", "é"],
  ["^[^é]$", "ü"],
  ["\\u{1f321}", "🌡️"],
  ["[🌡-🌧]", "🌦"],
  ["a.b", "a\nb", "s"],
  ["^b$", "a\nb\nc", "m"],
  ["(?m)^b$", "a\nb\nc"],
  ["\\bfoo\\b", "a foo b"],
  ["\\Boo", "foo"],
  ["x{3}", "xxx"],
  ["x{2,}$", "yxxx"],
  ["^x{1,3}$", "xx"],
  ["(?:ab|cd)+e", "zabcde"],
  ["(?<name>a)b", "ab"],
  ["a\\Bb", "ab"],
  ["\\Aab\\z", "ab"],
  ["a|", "b"],
  ["\\D\\W\\S", Uint8Array.of(0xff, 0xfe, 0xfd)],
  ["[\\d\\s]+", "1 2"],
  ["{", "{"],
  ["a{b", "a{b"],
];

const notFound: readonly [pattern: string, octets: string | Uint8Array, flags?: string][] = [
  ["(?-i)BOB", "a bob b"],
  ["a.b", "a\nb"],
  ["^b", "ab"],
  ["^b$", "a\nb\nc"],
  ["b^", "bb"],
  ["\\bfoo\\b", "a food b"],
  ["[^a]", "aAa"],
  ["[^é]", "É"],
  ["^..$", "é"],
  ["[^\\D]", Uint8Array.of(0xff)],
  ["x{3}", "xx"],
  ["^x{1,3}$", "xxxx"],
  ["[^\\s\\S]", "abc"],
  ["[\\x80-\\xff]", "abc"],
  ["\\u00e9", Uint8Array.of(0xe9)],
  ["(?:^a|^b)c", "xacbc"],
  ["[]", "abc"],
];

for (const [pattern, octets, flags] of found) {
  test(`OctetRegex finds /${pattern}/${flags ?? ""} in ${JSON.stringify(octets.toString())}`, () => {
    assert.equal(search(pattern, octets, flags), 1);
  });
}

for (const [pattern, octets, flags] of notFound) {
  test(`OctetRegex does not find /${pattern}/${flags ?? ""} in ${JSON.stringify(octets.toString())}`, () => {
    assert.equal(search(pattern, octets, flags), 0);
  });
}

test("OctetRegex looks at nothing beside the given range", () => {
  const bytes = Buffer.from("xabcx");
  assert.equal(regex("^abc$").test(bytes, 1, 4), 1);
  assert.equal(regex("x").test(bytes, 1, 4), 0);
});

test("OctetRegex ends soon where backtracking would not", () => {
  const bytes = Buffer.alloc(100_000, "a");
  bytes[99_999] = 0x62;
  const before = performance.now();
  assert.equal(regex("(a+)+$").test(bytes, 0, bytes.length), 0);
  assert.equal(regex("(a|aa)*c").test(bytes, 0, bytes.length), 0);
  assert.equal(regex("(.*)(.*)(.*)(.*)(.*)x").test(bytes, 0, bytes.length), 0);
  // Far above what it takes, far below what backtracking takes.
  assert.ok(performance.now() - before < 30_000);
});

test("OctetRegex does not know when a pattern has more states than the budget builds, and knows later where it can", () => {
  const draw = random(1);
  const bytes = Uint8Array.from({ length: 20_000 }, () => 0x61 + draw(2));
  const hungry = regex("a[ab]{13}c", "", { steps: 5000, octets: 1 << 20 });
  assert.equal(hungry.test(bytes, 0, bytes.length), -1);
  assert.equal(hungry.test(Buffer.from("bbb"), 0, 3), 0);
});

test("OctetRegex begins its table anew when it is full, and finds the same", () => {
  const draw = random(2);
  const bytes = Uint8Array.from({ length: 60_000 }, () => 0x61 + draw(2));
  bytes.set(Buffer.from(`a${"b".repeat(14)}c`), 59_000);
  const hungry = regex("a[ab]{14}c", "", { steps: Infinity, octets: 1 << 20 });
  assert.equal(hungry.test(bytes, 0, bytes.length), 1);
  assert.equal(hungry.test(bytes, 0, 59_000), 0);
  assert.equal(hungry.test(bytes, 0, bytes.length), 1);
});

test("OctetRegex does not know of more octets than its budget", () => {
  assert.equal(regex("a", "", { steps: 1000, octets: 3 }).test(Buffer.from("xxxxa"), 0, 5), -1);
});

/** A pattern that JavaScript reads as we do, over few letters so that it often matches. */
function randomPattern(draw: (below: number) => number, depth: number): string {
  const atoms = ["a", "b", "B", "\\n", ".", "[ab]", "[^a]", "\\w", "\\W", "\\d", "-", "1", "[^\\d]"];
  const atom = (): string => {
    if (depth > 0 && draw(3) === 0) return `(?:${randomPattern(draw, depth - 1)})`;
    return atoms[draw(atoms.length)]! + ["", "", "", "*", "+", "?", "{2}", "{1,2}", "*?"][draw(9)]!;
  };
  const parts = Array.from({ length: 1 + draw(4) }, () =>
    draw(6) === 0 ? ["^", "$", "\\b", "\\B"][draw(4)]! : atom(),
  );
  const sequence = parts.join("");
  return draw(4) === 0 ? `${sequence}|${randomPattern(draw, Math.max(0, depth - 1))}` : sequence;
}

test("OctetRegex finds what JavaScript finds, in any flags", () => {
  for (let seed = 0; seed < 4000; seed++) {
    const draw = random(seed);
    const pattern = randomPattern(draw, 2);
    const flags = ["", "s", "m", "sm"][draw(4)]!;
    const isCased = draw(2) === 0;
    const mine = regex((isCased ? "(?-i)" : "") + pattern, flags);
    const theirs = new RegExp(pattern, flags + (isCased ? "" : "i"));
    for (let count = 0; count < 10; count++) {
      const text = Array.from({ length: draw(8) }, () => "abAB1-\n "[draw(8)]!).join("");
      const bytes = Buffer.from(text);
      assert.equal(
        mine.test(bytes, 0, bytes.length),
        Number(theirs.test(text)),
        `seed ${seed}: /${pattern}/${flags} cased ${isCased} in ${JSON.stringify(text)}`,
      );
    }
  }
});
