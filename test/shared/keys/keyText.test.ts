import assert from "node:assert/strict";
import { test } from "node:test";
import { describeCandidate, MAX_KEY_TEXT, recogniseKeys } from "../../../src/shared/keys/keyText.ts";
import { decodeZ85 } from "../../../src/shared/keys/z85.ts";
import { writeZcert } from "../../../src/shared/keys/zcert.ts";
import { KNOWN, math } from "../../support/keys.ts";
import { random } from "../../support/random.ts";

const other = math.generatePair();
const read = (...texts: readonly string[]): ReturnType<typeof recogniseKeys> =>
  recogniseKeys(
    texts.map((text) => ({ name: "imported", text })),
    math,
  );

test("recogniseKeys joins the two files of a certificate into one pair, for each of a folder", () => {
  const files = [
    { name: "backend", text: writeZcert({ publicKey: KNOWN.publicKey, secretKey: null }, "x") },
    { name: "backend", text: writeZcert(KNOWN, "x") },
    { name: "frontend", text: writeZcert({ ...other, secretKey: null }, "y") },
  ];
  assert.deepEqual(recogniseKeys(files, math), {
    candidates: [
      { kind: "pair", name: "backend", format: "certificate", pair: KNOWN },
      { kind: "public", name: "frontend", format: "certificate", publicKey: other.publicKey },
    ],
    problems: [],
  });
});

test("recogniseKeys derives the public half that a certificate lacks", () => {
  const { candidates } = read(`curve\n secret-key = "${KNOWN.secretKey}"`);
  assert.deepEqual(candidates, [{ kind: "pair", name: "imported", format: "certificate", pair: KNOWN }]);
});

for (const [what, text] of [
  ["a certificate", `curve\n public-key = "${other.publicKey}"\n secret-key = "${KNOWN.secretKey}"`],
  ["variables", `APP_PUBLIC_KEY=${other.publicKey}\nAPP_SECRET_KEY=${KNOWN.secretKey}`],
] as const) {
  test(`recogniseKeys rejects a pair of ${what} whose halves do not belong together`, () => {
    const { candidates, problems } = read(text);
    assert.deepEqual(candidates, []);
    assert.match(problems.join(), /^The public and the secret key of "(imported|app)" do not belong together/);
    assert.ok(!problems.join().includes(KNOWN.secretKey));
  });
}

test("recogniseKeys finds out which of two keys without a name is the public half", () => {
  for (const text of [
    `${KNOWN.publicKey}\n${KNOWN.secretKey}`,
    `${Buffer.from(decodeZ85(KNOWN.secretKey)!).toString("hex")}\n${KNOWN.publicKey}`,
    `SERVER_PUBLIC_KEY=${KNOWN.publicKey}\n${KNOWN.secretKey}`,
  ]) {
    const { candidates, problems } = read(text);
    assert.deepEqual(problems, []);
    assert.deepEqual(
      candidates.map((one) => (one.kind === "pair" ? one.pair : one)),
      [KNOWN],
    );
  }
});

test("recogniseKeys does not guess whether a single key is secret", () => {
  assert.deepEqual(read(KNOWN.secretKey).candidates, [
    { kind: "unsure", name: "imported", format: "Z85", key: KNOWN.secretKey, publicIfSecret: KNOWN.publicKey },
  ]);
});

test("recogniseKeys takes each key once, under a name of its own", () => {
  const { candidates } = read(`${KNOWN.publicKey}\n${KNOWN.publicKey}\n${other.publicKey}`, writeZcert(KNOWN, "x"));
  assert.deepEqual(
    candidates.map(({ kind, name }) => [kind, name]),
    [
      ["pair", "imported"],
      ["unsure", "imported (2)"],
    ],
  );
});

test("recogniseKeys says what a key looks like when it finds none", () => {
  const { candidates, problems } = read("hello\nA=b");
  assert.deepEqual(candidates, []);
  assert.match(problems.join(), /^No key was recognised\. A key is .*Z85/);
});

test("recogniseKeys says what was wrong beside the keys that it took", () => {
  const { candidates, problems } = read(
    `curve\n public-key = "x"`,
    `A_PUBLIC_KEY=short\nB_PUBLIC_KEY=${KNOWN.publicKey}`,
    "x".repeat(MAX_KEY_TEXT + 1),
  );
  assert.deepEqual(
    candidates.map(({ name }) => name),
    ["b"],
  );
  assert.equal(problems.length, 3);
});

test("recogniseKeys refuses more than 200 keys", () => {
  const { candidates, problems } = read(Array.from({ length: 201 }, () => KNOWN.publicKey).join("\n"));
  assert.deepEqual(candidates, []);
  assert.match(problems.join(), /more than 200 keys/);
});

test("recogniseKeys never throws, whatever it is given", () => {
  const pick = random(7);
  const parts = [
    "curve\n",
    "metadata",
    "=",
    "#",
    '"',
    KNOWN.publicKey,
    KNOWN.secretKey,
    "public-key",
    "\n",
    "KEY",
    " ",
  ];
  for (let round = 0; round < 500; round++) read(Array.from({ length: 12 }, () => parts[pick(parts.length)]!).join(""));
});

test("describeCandidate says what was recognised, without the key", () => {
  const { candidates } = read(writeZcert(KNOWN, "x"), other.publicKey);
  assert.deepEqual(candidates.map(describeCandidate), [
    "key pair, from a certificate",
    "one key, public or secret, in Z85",
  ]);
});
