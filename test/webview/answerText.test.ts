import assert from "node:assert/strict";
import { test } from "node:test";
import { answerValue } from "../../webview/answerText.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

test("answerValue knows JSON, text, MessagePack and bytes apart", () => {
  assert.deepEqual(answerValue(utf8('{"ok":true}')), { kind: "tree", json: '{"ok":true}', name: "JSON" });
  assert.deepEqual(answerValue(utf8("4")), { kind: "text", text: "4", name: "Text" });
  assert.deepEqual(answerValue(utf8("grüße\n")), { kind: "text", text: "grüße\n", name: "Text" });
  assert.deepEqual(answerValue(new Uint8Array([0x81, 0xa1, 0x61, 0xc3])), {
    kind: "tree",
    json: '{"a":true}',
    name: "MessagePack",
  });
  assert.deepEqual(answerValue(new Uint8Array([0, 255, 3])), { kind: "bytes", name: "Hex" });
  assert.deepEqual(answerValue(new Uint8Array([0, 1, 2])), { kind: "bytes", name: "Hex" });
});

test("answerValue leaves frames above 256 KiB as bytes", () => {
  assert.equal(answerValue(new Uint8Array(256 * 1024).fill(0x61)).kind, "text");
  assert.equal(answerValue(new Uint8Array(256 * 1024 + 1).fill(0x61)).kind, "bytes");
});
