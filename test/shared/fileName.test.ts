import assert from "node:assert/strict";
import { posix, win32 } from "node:path";
import { test } from "node:test";
import { safeFileName } from "../../src/shared/fileName.ts";
import { random } from "../support/random.ts";

const cases: readonly (readonly [string, string])[] = [
  ["capture", "capture"],
  ["größe ☃ 1", "größe ☃ 1"],
  ["../../etc/passwd", "_.._etc_passwd"],
  ["..\\..\\boot.ini", "_.._boot.ini"],
  ["/etc/passwd", "_etc_passwd"],
  ["C:evil", "C_evil"],
  ["..", "otherwise"],
  ["", "otherwise"],
  ["/", "otherwise"],
  [" . ", "otherwise"],
  [".hidden", "hidden"],
  ["a.", "a"],
  ["a\0b\nc\u202ed", "a_b_c_d"],
  ["con", "_con"],
  ["NUL.txt", "_NUL.txt"],
  ["console", "console"],
];
for (const [text, name] of cases) {
  test(`safeFileName makes ${JSON.stringify(name)} of ${JSON.stringify(text)}`, () =>
    assert.equal(safeFileName(text, "otherwise"), name));
}

test("safeFileName stays in its folder, on every system, whatever it is given", () => {
  const below = random(9);
  const parts = [
    "..",
    "/",
    "\\",
    ":",
    "a",
    ".",
    " ",
    "\0",
    "\n",
    "con",
    "𝄞",
    "\ud834",
    "é",
    "\u202e",
    "%2e",
    "~",
    "$x",
  ];
  for (let round = 0; round < 20_000; round++) {
    const text = Array.from({ length: below(40) }, () => parts[below(parts.length)]).join("");
    const name = safeFileName(text, "otherwise");
    assert.ok(name.length > 0 && name.length <= 61, name);
    for (const path of [posix, win32]) {
      const folder = path === posix ? "/home/u/w" : "C:\\w";
      assert.equal(path.dirname(path.join(folder, `${name}.x`)), folder, JSON.stringify(text));
    }
    assert.doesNotMatch(name, /[\p{C}/\\:*?"<>|]/u);
  }
});
