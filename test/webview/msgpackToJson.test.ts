import assert from "node:assert/strict";
import { test } from "node:test";
import { pack } from "msgpackr";
import { msgpackToJson } from "../../webview/msgpackToJson.ts";

test("msgpackToJson reads what msgpackr writes", () => {
  const values = [
    {},
    [],
    { a: 1, b: -1, c: 127, d: 128, e: 255, f: 256, g: 65_536, h: -33, i: -129, j: -32_769 },
    { text: "grüße", long: "x".repeat(300), none: null, yes: true, no: false },
    [1.5, -2.25, 1e300, [[[]]], { deep: { deeper: [1] } }],
    Array.from({ length: 70_000 }, (_, i) => i % 100),
    Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`key${i}`, i])),
  ];
  for (const value of values) assert.deepEqual(JSON.parse(msgpackToJson(pack(value))!), value);
});

test("msgpackToJson shows what JSON has no word for as text", () => {
  const json = msgpackToJson(new Uint8Array([0x93, 0xc4, 2, 0xab, 0xcd, 0xd4, 5, 0xff, 0xca, 0x7f, 0xc0, 0, 0]));
  assert.deepEqual(JSON.parse(json!), ["0xabcd", { ext: 5, data: "0xff" }, "NaN"]);
  const wide = msgpackToJson(
    new Uint8Array([0x92, 0xcf, 255, 255, 255, 255, 255, 255, 255, 255, 0xd3, 128, 0, 0, 0, 0, 0, 0, 0]),
  );
  assert.equal(wide, "[18446744073709551615,-9223372036854775808]");
  assert.equal(msgpackToJson(new Uint8Array([0x81, 0x01, 0x02])), '{"1":2}');
});

test("msgpackToJson refuses values that are no container, cut, followed by more, or nested too deeply", () => {
  const whole = pack({ a: [1, "two", 3.5], b: null });
  for (let cut = 0; cut < whole.length; cut++)
    assert.equal(msgpackToJson(whole.subarray(0, cut)), null, `${cut} octets`);
  assert.equal(msgpackToJson(new Uint8Array([...whole, 0])), null);
  assert.equal(msgpackToJson(new Uint8Array([0x01])), null);
  assert.equal(msgpackToJson(new Uint8Array([0x91, 0xc1])), null);
  assert.equal(msgpackToJson(new Uint8Array([0xdd, 0xff, 0xff, 0xff, 0xff])), null);
  assert.equal(msgpackToJson(new Uint8Array([0x91, 0xa1, 0xff])), null, "text that is no UTF-8");
  assert.equal(msgpackToJson(new Uint8Array(300).fill(0x91)), null);
});
