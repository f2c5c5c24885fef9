import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { normalisedFrames, normalisedMessage } from "../../src/proxy/normalised.ts";
import { MIB, openLink, say } from "../support/captures.ts";

function textOf(...frames: (string | Buffer)[]): string {
  const capture = new Capture({ maxBytes: 16 * MIB });
  return normalisedMessage(capture, say(capture, openLink(capture), 0, frames));
}

test("Messages that differ only in the order of keys and in blanks are the same text", () => {
  const one = textOf('{"b":{"y":[1,{"d":1,"c":2}],"x":null},"a":"ü","__proto__":3}');
  const other = textOf('{ "__proto__":3,  "a":"\\u00fc",\n"b":{"x":null,"y":[1,{"c":2,"d":1}]}}');
  assert.equal(one, other);
  assert.match(one, /^--- frame 0 ---\n\{\n {2}"__proto__": 3,\n {2}"a": "ü",/);
  assert.notEqual(one, textOf('{"b":{"y":[{"d":1,"c":2},1],"x":null},"a":"ü","__proto__":3}'));
});

test("MessagePack, text, octets and empty frames have their own form", () => {
  assert.equal(textOf(Buffer.from("82a16202a16101", "hex")), '--- frame 0 ---\n{\n  "a": 1,\n  "b": 2\n}\n');
  assert.equal(
    textOf("", "two\nlines", Buffer.alloc(20, 0xfe)),
    `--- frame 0 ---\n(empty)\n--- frame 1 ---\ntwo\nlines\n--- frame 2 ---\n${"fe ".repeat(16).trim()}\nfe fe fe fe\n`,
  );
});

test("Long frames and many frames are cut, with how much is left out", () => {
  assert.match(textOf("x".repeat(300_000)), /x\n… 37856 more octets\n$/);
  assert.match(textOf(`["${"x".repeat(300_000)}"]`), /\n… 37860 more octets\n$/);
  const many = textOf(...Array.from({ length: 250 }, () => "f"));
  assert.match(many, /--- frame 199 ---\nf\n… 50 more frames\n$/);
  const long = textOf(...Array.from({ length: 20 }, () => "y".repeat(250_000)));
  assert.equal(long.length <= MIB + 1000, true);
});

test("Frames that are in no row are shown as those of one", () => {
  const frames = ["", '{"b":1,"a":2}', "x".repeat(300_000)].map((frame) => Buffer.from(frame));
  assert.equal(normalisedFrames(frames), textOf(...frames));
  assert.match(normalisedFrames(Array.from({ length: 250 }, () => Buffer.from("f"))), /f\n… 50 more frames\n$/);
});

test("An event is told in words and by its detail; a row that is gone is refused", () => {
  const capture = new Capture({ maxBytes: 0 });
  const n = capture.event(openLink(capture), "t", "tap", "link-closed", { z: 1, a: 2 });
  const text = normalisedMessage(capture, n);
  assert.match(text, /^link-closed\n/);
  assert.match(text, /\{\n {2}"a": 2,\n {2}"z": 1\n\}\n$/);
  assert.throws(() => normalisedMessage(capture, n + 1), { code: "row-gone" });
});
