import assert from "node:assert/strict";
import { test } from "node:test";
import { ENCODINGS, isChoice, readChoice } from "../../src/shared/decoderChoice.ts";

test("readChoice parts a decoder and its option", () => {
  assert.deepEqual(readChoice("json"), { decoder: "json", option: "" });
  assert.deepEqual(readChoice("text:shift_jis"), { decoder: "text", option: "shift_jis" });
  assert.deepEqual(readChoice("numbers:int16-le"), { decoder: "numbers", option: "int16-le" });
  assert.deepEqual(readChoice("struct:<IHf"), { decoder: "struct", option: "<IHf" });
  assert.deepEqual(readChoice("numpy"), { decoder: "numpy", option: "" });
  assert.deepEqual(readChoice("numpy:<f4 (-1, 3)"), { decoder: "numpy", option: "<f4 (-1, 3)" });
  assert.deepEqual(readChoice("protobuf"), { decoder: "protobuf", option: "" });
  assert.deepEqual(readChoice("protobuf:a.b_1.C"), { decoder: "protobuf", option: "a.b_1.C" });
});

test("isChoice takes nothing whose option its decoder cannot use", () => {
  const no = [
    "",
    "jsn",
    "json:x",
    "text:latin-none",
    "numbers",
    "numbers:x",
    "struct",
    "struct:y",
    "numpy:f",
    "protobuf:a..b",
    "protobuf:1",
    "hex:1",
    `protobuf:${"a".repeat(251)}`,
    7,
    null,
  ];
  for (const each of no) assert.equal(isChoice(each), false, String(each));
  assert.equal(isChoice("text:utf-16le"), true);
});

test("Every encoding that is offered is one that can be decoded", () => {
  for (const { label } of ENCODINGS) assert.equal(new TextDecoder(label).decode(new Uint8Array(0)), "");
});

test("readChoice takes a decoder of the user's by its name", () => {
  assert.deepEqual(readChoice("own:my-decoder"), { decoder: "own", option: "my-decoder" });
  assert.equal(readChoice("own:Not A Name"), undefined);
});
