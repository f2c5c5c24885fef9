import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStructFormat } from "../../src/shared/structFormat.ts";

/** Sizes by Python's struct.calcsize on a 64-bit machine. */
const sizes: Readonly<Record<string, number>> = {
  "<IHf": 10,
  ">IHf": 10,
  "!q": 8,
  "=l": 4,
  "@l": 8,
  bI: 8,
  "@Ib": 5,
  "<bI": 5,
  bhq: 16,
  "4s2xH": 8,
  "10p": 10,
  "3?c": 4,
  "< 2h 3B ": 7,
  nNP: 24,
  "<efd": 14,
};
for (const [format, expected] of Object.entries(sizes)) {
  test(`parseStructFormat gives ${format} ${expected} octets`, () => {
    const parsed = parseStructFormat(format);
    assert.equal("sizeBytes" in parsed ? parsed.sizeBytes : parsed.problem, expected);
  });
}

test("parseStructFormat tells kind, place and order of each field", () => {
  assert.deepEqual(parseStructFormat(">b2s?3pH"), {
    isLittle: false,
    sizeBytes: 9,
    fields: [
      { kind: "int8", at: 0, sizeBytes: 1 },
      { kind: "octets", at: 1, sizeBytes: 2 },
      { kind: "bool", at: 3, sizeBytes: 1 },
      { kind: "pascal", at: 4, sizeBytes: 3 },
      { kind: "uint16", at: 7, sizeBytes: 2 },
    ],
  });
});

const wrong: Readonly<Record<string, RegExp>> = {
  "": /at least one field/,
  "<": /at least one field/,
  "4x": /at least one field/,
  "0s": /at least one octet/,
  "<n": /native only/,
  "<5": /"5" is no count and code/,
  "<y": /no code "y"/,
  "2000h": /at most 1000 fields/,
  "70000s": /at most/,
  "99999999999999999999x": /at most/,
};
for (const [format, expected] of Object.entries(wrong)) {
  test(`parseStructFormat says what is wrong with "${format}"`, () => {
    const parsed = parseStructFormat(format);
    assert.match("problem" in parsed ? parsed.problem : "", expected);
  });
}
