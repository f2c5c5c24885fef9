import assert from "node:assert/strict";
import { test } from "node:test";
import { readProtoFiles } from "../../../src/proxy/decode/protoFiles.ts";

test("readProtoFiles puts the types of all files together", () => {
  const { schema, problems } = readProtoFiles([
    {
      path: "a.proto",
      text: `syntax = "proto3"; package a.b; import "elsewhere.proto";
        message Outer { map<string, Inner> by_name = 1; repeated int32 n = 2; Kind kind = 3; enum Kind { NONE = 0; SOME = 5; } message Inner { Other other = 1; } }
        service Ignored { rpc Call(Outer) returns (Outer); }`,
    },
    { path: "b.proto", text: 'syntax = "proto2"; package a.b; message Other { required string s = 1; }' },
  ]);
  assert.deepEqual(problems, []);
  assert.deepEqual(
    [...schema.messages.keys()].filter((name) => !name.startsWith("google.")),
    ["a.b.Outer", "a.b.Outer.Inner", "a.b.Other"],
  );
  assert.deepEqual(Object.fromEntries(schema.messages.get("a.b.Outer") ?? []), {
    1: { name: "by_name", type: "Inner", isRepeated: false, keyType: "string" },
    2: { name: "n", type: "int32", isRepeated: true, keyType: null },
    3: { name: "kind", type: "Kind", isRepeated: false, keyType: null },
  });
  assert.deepEqual(
    [...(schema.enums.get("a.b.Outer.Kind") ?? [])],
    [
      [0, "NONE"],
      [5, "SOME"],
    ],
  );
  assert.equal(schema.messages.has("google.protobuf.Timestamp"), true);
});

test("readProtoFiles leaves out files with errors, and keeps the first definition of a name", () => {
  const { schema, problems } = readProtoFiles([
    { path: "bad.proto", text: "message {" },
    { path: "one.proto", text: 'syntax = "proto3"; message M { int32 first = 1; }' },
    { path: "two.proto", text: 'syntax = "proto3"; message M { int32 second = 1; }' },
  ]);
  assert.equal(problems.length, 1);
  assert.match(problems[0] ?? "", /^bad[.]proto cannot be read: .+[.]$/);
  assert.equal(schema.messages.get("M")?.get(1)?.name, "first");
});

test("readProtoFiles bounds depth, and what it tells of problems", () => {
  const deep = `syntax = "proto3"; ${"message M {".repeat(60)}${"}".repeat(60)}`;
  const { schema, problems } = readProtoFiles([{ path: "deep.proto", text: deep }]);
  const depths = [...schema.messages.keys()].map((name) => name.split(".").length);
  assert.ok(problems.length === 1 || Math.max(...depths) <= 32);
  const bad = Array.from({ length: 50 }, (_, index) => ({ path: `${index}.proto`, text: "?" }));
  assert.equal(readProtoFiles(bad).problems.length, 20);
});

test("readProtoFiles takes names that objects have for ordinary ones", () => {
  readProtoFiles([
    {
      path: "p.proto",
      text: "message __proto__ { option (a).__proto__.polluted = 1; optional int32 __proto__ = 1; optional int32 constructor = 2; }",
    },
  ]);
  assert.equal(({} as { polluted?: unknown }).polluted, undefined);
});
