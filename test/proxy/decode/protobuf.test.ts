import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import protobuf from "protobufjs";
import { decodeProtobuf } from "../../../src/proxy/decode/protobuf.ts";
import { readProtoFiles } from "../../../src/proxy/decode/protoFiles.ts";
import { hex } from "../../support/payloads.ts";

const PROTO = `syntax = "proto3"; package t;
enum Color { RED = 0; GREEN = 1; }
message Point { sint32 x = 1; sint64 y = 2; }
message All {
  double d = 1; float f = 2; int32 i32 = 3; int64 i64 = 4; uint32 u32 = 5; uint64 u64 = 6; sint32 s32 = 7; sint64 s64 = 8;
  fixed32 f32 = 9; fixed64 f64 = 10; sfixed32 sf32 = 11; sfixed64 sf64 = 12; bool b = 13; string s = 14; bytes o = 15;
  repeated int32 packed = 16; repeated string words = 17; repeated Color colors = 18; Color color = 19; Point point = 20;
  repeated Point points = 21; map<string, Point> by_name = 22; map<int32, string> by_number = 23; repeated double doubles = 24;
  map<bool, bytes> flags = 25;
}`;
const { schema } = readProtoFiles([{ path: "t.proto", text: PROTO }]);
const All = protobuf.parse(PROTO, { keepCase: true }).root.lookupType("t.All");

function valueOf(bytes: Uint8Array, type = "t.All"): unknown {
  const decoded = decodeProtobuf(bytes, 100_000, type, schema);
  return decoded.kind === "tree" ? JSON.parse(decoded.json) : decoded.kind === "none" ? decoded.reason : decoded;
}

test("decodeProtobuf reads what protobufjs writes, fields of every type", () => {
  const message = {
    d: 1.5,
    f: Math.fround(0.1),
    i32: -5,
    i64: "-9007199254740993",
    u32: 4294967295,
    u64: "18446744073709551615",
    s32: -3,
    s64: -4,
    f32: 7,
    f64: "18446744073709551615",
    sf32: -8,
    sf64: -9,
    b: true,
    s: "grüß",
    o: hex("00ff"),
    packed: [1, -2, 300],
    words: ["a", "b"],
    colors: [1, 0],
    color: 1,
    point: { x: -1, y: 2 },
    points: [{ x: 1 }, {}],
    by_name: { p: { x: 5 } },
    by_number: { 7: "seven" },
    doubles: [0.5, -1],
  };
  assert.deepEqual(valueOf(All.encode(message).finish()), {
    ...message,
    f: 0.1,
    i64: { $bigint: "-9007199254740993" },
    u64: { $bigint: "18446744073709551615" },
    f64: { $bigint: "18446744073709551615" },
    o: { $binary: "00ff", size: 2 },
    colors: ["GREEN", "RED"],
    color: "GREEN",
    by_number: { $map: [[7, "seven"]] },
  });
});

test("decodeProtobuf takes repeated fields packed or not, and fills in what maps leave out", () => {
  assert.deepEqual(valueOf(hex("800101 800102 8201020304")), { packed: [1, 2, 3, 4] });
  assert.deepEqual(valueOf(hex("b20100 ba0102 0801 ca0100")), {
    by_name: { "": null },
    by_number: { $map: [[1, ""]] },
    flags: { $map: [[false, null]] },
  });
  assert.deepEqual(valueOf(hex("ba0100")), { by_number: { $map: [[0, ""]] } });
  assert.deepEqual(valueOf(hex("9801 05")), { color: 5 });
  assert.deepEqual(valueOf(hex("7201ff")), { s: { $binary: "ff", size: 1 } });
});

test("decodeProtobuf keeps unknown fields and those of another type under their numbers", () => {
  assert.deepEqual(valueOf(hex("f007 05 f007 06 f007 07 1a01 61")), { 126: [5, 6, 7], 3: "a" });
  assert.deepEqual(
    valueOf(hex("0801 120568656c6c6f 1a04 0a020802 2202ff00 2d0000803f 31000000000000f03f 3b 0801 3c 4200"), ""),
    {
      1: 1,
      2: "hello",
      3: { 1: { 1: 2 } },
      4: { $binary: "ff00", size: 2 },
      5: 1,
      6: 1,
      7: { 1: 1 },
      8: "",
    },
  );
  assert.deepEqual(decodeProtobuf(hex("0801"), 100, "", null), { kind: "tree", json: '{"1":1}', truncated: false });
});

test("decodeProtobuf says why there is no value", () => {
  const faults: Readonly<Record<string, RegExp>> = {
    "08": /ends inside a field/,
    "0a05 61": /ends inside a field/,
    "0d 0102": /ends inside a field/,
    "09 0102": /ends inside a field/,
    "08 ffffffffffffffffffff01": /what is no field/,
    "0001": /what is no field/,
    "0f": /what is no field/,
    "0e": /what is no field/,
    "0c": /what is no field/,
    "0b 0801": /ends inside a field/,
    "0b 14": /what is no field/,
    "820105 01": /ends inside a field/,
    "b20105 01": /ends inside a field/,
    "b20102 0a05": /ends inside a field/,
    "8201 02 80": /ends inside a field/,
  };
  for (const [wire, expected] of Object.entries(faults)) {
    assert.match(String(valueOf(hex(wire))), expected, wire);
    assert.match(String(valueOf(hex(wire))), /^This is not a t[.]All: /);
  }
  assert.match(String(valueOf(hex("08"), "")), /^This is not Protobuf: /);
  assert.match(
    String(valueOf(hex("0801"), "t.None")),
    /No [.]proto file of this workspace defines the message t[.]None/,
  );
  assert.match(String(valueOf(Buffer.alloc(1000, 0x0b), "")), /deeper than 64/);
});

test("decodeProtobuf builds no more than its limit of values", () => {
  const packed = Buffer.concat([hex("8201 c09a0c"), Buffer.alloc(200_000, 1)]);
  const decoded = decodeProtobuf(packed, 10_000_000, "t.All", schema);
  assert.equal(decoded.kind === "tree" && decoded.truncated, true);
  const many = decodeProtobuf(Buffer.alloc(400_000, hex("0801")), 10_000_000, "", null);
  assert.equal(many.kind === "tree" && many.truncated, true);
});

test("Reading .proto files and messages makes no code at run time", () => {
  const script = `
    import { readProtoFiles } from "./src/proxy/decode/protoFiles.ts";
    import { decodeProtobuf } from "./src/proxy/decode/protobuf.ts";
    const { schema, problems } = readProtoFiles([{ path: "a", text: 'syntax="proto3"; message M { int32 a = 1; }' }]);
    console.log(problems.length, decodeProtobuf(Uint8Array.of(8, 7), 100, "M", schema).json);`;
  const flags = ["--disallow-code-generation-from-strings", "--no-warnings", "--input-type=module", "-e", script];
  const { stdout, stderr } = spawnSync(process.execPath, flags, { encoding: "utf8" });
  assert.deepEqual([stdout.trim(), stderr], ['0 {"a":7}', ""]);
});
