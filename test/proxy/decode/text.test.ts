import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeText, looksLikeText, utf8Text } from "../../../src/proxy/decode/text.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test("decodeText is strict and keeps a byte order mark", () => {
  assert.deepEqual(decodeText(bytes("\ufeffä"), 100), { kind: "text", text: "\ufeffä", truncated: false });
  assert.equal(decodeText(Uint8Array.of(0xff), 100).kind, "none");
  assert.equal(decodeText(Uint8Array.of(0xed, 0xa0, 0x80), 100).kind, "none", "a lone surrogate");
});

test("decodeText cuts long text between characters", () => {
  assert.deepEqual(decodeText(bytes("a😀b"), 2), { kind: "text", text: "a", truncated: true });
});

test("looksLikeText refuses control characters other than white space and escape", () => {
  assert.equal(looksLikeText(bytes("a\tb\r\n\u001b[0m"), false), true);
  assert.equal(looksLikeText(new Uint8Array(0), false), true);
  for (const text of ["\0", "a\u0007", "\u007f", "\u0085"]) assert.equal(looksLikeText(bytes(text), false), false);
});

test("utf8Text leaves out a character that a prefix cuts, and nothing else", () => {
  const whole = bytes("aä☃😀");
  for (let end = 0; end <= whole.length; end++) {
    assert.equal("aä☃😀".startsWith(utf8Text(whole.subarray(0, end), true)!), true);
  }
  assert.equal(utf8Text(whole, true), "aä☃😀");
  assert.equal(utf8Text(whole.subarray(0, 2)), undefined);
  assert.equal(utf8Text(Uint8Array.of(0x80, 0x80, 0x80, 0x80), true), undefined);
});

test("decodeText reads other encodings, and shows what means nothing in them as U+FFFD", () => {
  assert.deepEqual(decodeText(Buffer.from([0x67, 0x72, 0xfc, 0xdf]), 100, "windows-1252"), {
    kind: "text",
    text: "grüß",
    truncated: false,
  });
  assert.deepEqual(decodeText(Buffer.from("añb", "utf16le"), 2, "utf-16le"), {
    kind: "text",
    text: "añ",
    truncated: true,
  });
  assert.deepEqual(decodeText(Buffer.from([0x83, 0x65, 0xff, 0x41]), 100, "shift_jis"), {
    kind: "text",
    text: "テ\ufffdA",
    truncated: false,
  });
  assert.deepEqual(decodeText(Buffer.from("a"), 100, "klingon"), {
    kind: "none",
    reason: "The encoding klingon is not known here.",
  });
});
