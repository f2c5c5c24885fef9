import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { javascriptBuffer, pythonBytes } from "../../src/proxy/literals.ts";

test("pythonBytes escapes what is no printable ASCII, quotes and backslashes", () => {
  assert.equal(pythonBytes(Buffer.from('a"\\\n\x00ü')), 'b"a\\"\\\\\\x0a\\x00\\xc3\\xbc"');
});

test("javascriptBuffer gives the same octets when it is evaluated", () => {
  for (const frame of [Buffer.from('text "quoted" \\ grüß \u2028 $`'), Buffer.from("ff00", "hex"), Buffer.alloc(0)]) {
    const value = runInNewContext(javascriptBuffer(frame), { Buffer }) as Buffer;
    assert.equal(value.toString("hex"), frame.toString("hex"));
  }
});
