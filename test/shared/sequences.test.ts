import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import {
  MAX_SEQUENCES,
  parseSequence,
  pathSteps,
  readSequence,
  readSequences,
  SEQUENCE_TYPES,
  sequenceWords,
} from "../../src/shared/sequences.ts";

test("readSequence takes what says where a number is", () => {
  const whole = { tap: "md", topic: "hash", frame: -1, offset: 4, type: "u32le", per: "peer" };
  assert.deepEqual(readSequence(whole), whole);
  const json = { frame: 0, type: "json", path: "header.seq" };
  assert.deepEqual(readSequence(json), json);
});

for (const [value, problem] of [
  [null, /is an object/],
  [[], /is an object/],
  [{ frame: 0 }, /The type of a sequence is one of u8, u16le/],
  [{ frame: 0, type: "u24" }, /The type/],
  [{ type: "u8" }, /The frame of a sequence is a whole number/],
  [{ frame: 1.5, type: "u8" }, /The frame/],
  [{ frame: 0, type: "u8", offset: -1 }, /The offset/],
  [{ frame: 0, type: "u8", tap: "" }, /The tap of a sequence is a text/],
  [{ frame: 0, type: "u8", topic: 7 }, /The topic of a sequence is a text/],
  [{ frame: 0, type: "u8", per: "message" }, /per topic or per peer/],
  [{ frame: 0, type: "u8", path: "a" }, /Only a sequence of the type json/],
  [{ frame: 0, type: "json" }, /needs the path/],
  [{ frame: 0, type: "json", path: "a..b" }, /needs the path/],
  [{ frame: 0, type: "u8", size: 4 }, /"size" is none of tap, topic/],
] as const) {
  test(`readSequence says what is wrong with ${JSON.stringify(value)}`, () => {
    const read = readSequence(value);
    assert.equal(typeof read, "string");
    assert.match(read as string, problem);
  });
}

test("readSequences takes those that can be used, and counts the others", () => {
  const one = { frame: 0, type: "u8" };
  assert.deepEqual(readSequences("none"), { sequences: [], problems: ["Sequences are a list."] });
  const { sequences, problems } = readSequences([one, { frame: 0 }, one]);
  assert.deepEqual(sequences, [one, one]);
  assert.match(problems.join(), /^Sequence 2: The type/);
  const many = readSequences(Array.from({ length: MAX_SEQUENCES + 1 }, () => one));
  assert.deepEqual([many.sequences.length, many.problems.length], [MAX_SEQUENCES, 1]);
});

test("parseSequence reads what is written on the command line", () => {
  assert.deepEqual(parseSequence("topic=hash, frame=-1 ,type=u32le"), { topic: "hash", frame: -1, type: "u32le" });
  assert.deepEqual(parseSequence("frame=0,type=json,path=items[0].n,per=peer"), {
    frame: 0,
    type: "json",
    path: "items[0].n",
    per: "peer",
  });
  assert.deepEqual(parseSequence("frame=0,type=text,offset=4"), { frame: 0, type: "text", offset: 4 });
  assert.match(parseSequence("u32le") as string, /name=value pairs/);
  assert.match(parseSequence("frame=,type=u8") as string, /The frame/);
});

test("pathSteps reads members and items", () => {
  assert.deepEqual(pathSteps("seq"), ["seq"]);
  assert.deepEqual(pathSteps("header.items[12].n"), ["header", "items", 12, "n"]);
  assert.deepEqual(pathSteps("[0].n"), [0, "n"]);
  for (const bad of ["", ".", "a.", "a[", "a[x]", "[1]b"]) assert.equal(pathSteps(bad), null, bad);
});

test("sequenceWords says where it is", () => {
  assert.equal(sequenceWords({ frame: -1, type: "u32le" }), "the number in the last frame");
  assert.equal(sequenceWords({ frame: -2, type: "u8" }), "the number in frame -2");
  assert.equal(sequenceWords({ frame: 1, type: "json", path: "a.b" }), "a.b in frame 1");
});

test("package.json offers the same types", async () => {
  const manifest = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  const { contributes } = JSON.parse(manifest) as {
    contributes: { configuration: { properties: Record<string, unknown> } | { properties: Record<string, unknown> }[] };
  };
  const settings = [contributes.configuration].flat().flatMap(({ properties }) => Object.entries(properties));
  const setting = Object.fromEntries(settings)["zmqTap.findings.sequences"] as {
    maxItems: number;
    items: { properties: { type: { enum: string[] } } };
  };
  assert.deepEqual([setting.items.properties.type.enum, setting.maxItems], [[...SEQUENCE_TYPES], MAX_SEQUENCES]);
});
