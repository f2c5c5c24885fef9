import assert from "node:assert/strict";
import { test } from "node:test";
import { Packr } from "msgpackr";
import { decodeMsgpack, looksLikeMsgpack } from "../../../src/proxy/decode/msgpack.ts";
import { seeded } from "../../support/captures.ts";

const packr = new Packr({ useRecords: false, variableMapSize: true });
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text.replace(/\s/g, ""), "hex"));

function valueOf(bytes: Uint8Array): unknown {
  const decoded = decodeMsgpack(bytes, 1_000_000);
  assert.equal(decoded.kind, "tree", JSON.stringify(decoded));
  return JSON.parse((decoded as { json: string }).json);
}

test("decodeMsgpack agrees with msgpackr", () => {
  const values = [
    { a: 1, b: [true, false, null, "ä☃", -1, -33, -200, -70_000, 255, 256, 70_000, 5_000_000_000, 0.5] },
    [],
    {},
    Array.from({ length: 70_000 }, (_, index) => index),
    Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`k${index}`, "x".repeat(index * 20)])),
    { long: "y".repeat(70_000) },
  ];
  for (const value of values) assert.deepEqual(valueOf(packr.pack(value)), value);
});

const forms: Record<string, { wire: string; expected: unknown }> = {
  "a float 32": { wire: "ca 3f800000", expected: 1 },
  "a uint 64 beyond a double": { wire: "cf ffffffffffffffff", expected: { $bigint: "18446744073709551615" } },
  "an int 64": { wire: "d3 fffffffffffffffe", expected: -2 },
  "an int 64 beyond a double": { wire: "d3 8000000000000000", expected: { $bigint: "-9223372036854775808" } },
  NaN: { wire: "cb 7ff8000000000000", expected: { $number: "NaN" } },
  "bin 8": { wire: "c4 02 01ff", expected: { $binary: "01ff", size: 2 } },
  "bin 16": { wire: "c5 0001 07", expected: { $binary: "07", size: 1 } },
  "bin 32": { wire: "c6 00000001 07", expected: { $binary: "07", size: 1 } },
  "octets in a string": { wire: "a2 ff fe", expected: { $binary: "fffe", size: 2 } },
  "a fixext": { wire: "d4 05 aa", expected: { $ext: 5, $binary: "aa", size: 1 } },
  "an ext 8": { wire: "c7 03 fb 010203", expected: { $ext: -5, $binary: "010203", size: 3 } },
  "a timestamp 32": { wire: "d6 ff 00000001", expected: { $time: "1970-01-01T00:00:01.000000000Z" } },
  "a timestamp 64": { wire: "d7 ff 0000000400000002", expected: { $time: "1970-01-01T00:00:02.000000001Z" } },
  "a timestamp 96": {
    wire: "c7 0c ff 00000005 ffffffffffffffff",
    expected: { $time: "1969-12-31T23:59:59.000000005Z" },
  },
  "a timestamp no Date holds": {
    wire: "c7 0c ff 00000000 7fffffffffffffff",
    expected: { $ext: -1, $binary: "000000007fffffffffffffff", size: 12 },
  },
  "a timestamp of an unknown length": { wire: "d4 ff 00", expected: { $ext: -1, $binary: "00", size: 1 } },
  "keys that are no text": {
    wire: "82 01 a1 61 c0 02",
    expected: {
      $map: [
        [1, "a"],
        [null, 2],
      ],
    },
  },
  "a key named __proto__": { wire: "81 a9 5f5f70726f746f5f5f 01", expected: JSON.parse('{"__proto__":1}') },
  "array 32 and map 32": { wire: "dd 00000001 df 00000001 a1 6b 01", expected: [{ k: 1 }] },
  "str 8, 16 and 32": { wire: "93 d9 01 61 da 0001 62 db 00000001 63", expected: ["a", "b", "c"] },
  "int 8, 16 and 32": { wire: "93 d0 80 d1 8000 d2 80000000", expected: [-128, -32_768, -2_147_483_648] },
};

for (const [name, { wire, expected }] of Object.entries(forms)) {
  test(`decodeMsgpack reads ${name}, and refuses it cut anywhere`, () => {
    const bytes = hex(wire);
    assert.deepEqual(valueOf(bytes), expected);
    for (let end = 0; end < bytes.length; end++) assert.equal(decodeMsgpack(bytes.subarray(0, end), 100).kind, "none");
  });
}

test("decodeMsgpack refuses octets after the value, unknown octets, deep nesting and huge lengths", () => {
  const reason = (bytes: Uint8Array): string => {
    const decoded = decodeMsgpack(bytes, 1000);
    assert.equal(decoded.kind, "none");
    return (decoded as { reason: string }).reason;
  };
  assert.match(reason(hex("80 00")), /1 octets follow/);
  assert.match(reason(hex("91 c1")), /not MessagePack/);
  assert.match(reason(new Uint8Array(100_000).fill(0x91)), /deeper than 64/);
  for (const wire of ["dd ffffffff", "df ffffffff", "db ffffffff", "c6 ffffffff", "c9 ffffffff 01", "dd ffffffff c0"]) {
    assert.match(reason(hex(wire)), /cut off/);
  }
});

test("decodeMsgpack calls and builds nothing that a payload names", () => {
  // msgpackr's own extension 0x65 looks a constructor up by this name.
  const name = (text: string): number[] => [0xa0 + text.length, ...Buffer.from(text)];
  const bytes = Uint8Array.of(0xd4, 0x65, 0x01, 0x92, ...name("Function"), ...name("globalThis.x=1"));
  assert.equal(decodeMsgpack(bytes, 1000).kind, "none");
  assert.deepEqual(valueOf(bytes.subarray(0, 3)), { $ext: 0x65, $binary: "01", size: 1 });
});

test("decodeMsgpack bounds what it builds of very many values", () => {
  const bytes = new Uint8Array(1_000_005);
  bytes.set(hex("dd 000f4240"));
  const decoded = decodeMsgpack(bytes, 10_000_000);
  assert.equal(decoded.kind === "tree" && decoded.truncated, true);
});

test("decodeMsgpack returns for random octets", () => {
  const random = seeded(11);
  for (let round = 0; round < 20_000; round++) {
    const bytes = Uint8Array.from({ length: random(40) }, () => random(256));
    const decoded = decodeMsgpack(bytes, 200);
    if (decoded.kind === "tree") JSON.parse(decoded.json);
    looksLikeMsgpack(bytes, true);
  }
});

test("looksLikeMsgpack takes one whole container, or a believable prefix of one", () => {
  const whole = packr.pack({ method: "add", args: [1, 2, 3] });
  assert.equal(looksLikeMsgpack(whole, false), true);
  assert.equal(looksLikeMsgpack(whole.subarray(0, 20), true), true);
  assert.equal(looksLikeMsgpack(whole.subarray(0, 20), false), false);
  assert.equal(looksLikeMsgpack(whole.subarray(0, 3), true), false);
  for (const wire of ["", "80", "01 02", "a1 61", "93 01 02", "92 01 02 03"]) {
    assert.equal(looksLikeMsgpack(hex(wire), false), false, wire);
  }
});
