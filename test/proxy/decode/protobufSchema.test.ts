import assert from "node:assert/strict";
import { test } from "node:test";
import { type ProtobufSchema, resolveType } from "../../../src/proxy/decode/protobufSchema.ts";

const schema: ProtobufSchema = {
  messages: new Map([
    ["a.M", new Map()],
    ["a.b.M", new Map()],
    ["a.b.M.N", new Map()],
    ["Top", new Map()],
  ]),
  enums: new Map([["a.E", new Map()]]),
};

test("resolveType looks in the innermost scope first", () => {
  assert.equal(resolveType(schema, "a.b.M", "N"), "a.b.M.N");
  assert.equal(resolveType(schema, "a.b.M", "M"), "a.b.M");
  assert.equal(resolveType(schema, "a.c.X", "M"), "a.M");
  assert.equal(resolveType(schema, "a.b.M", "b.M.N"), "a.b.M.N");
  assert.equal(resolveType(schema, "a.b.M", "E"), "a.E");
  assert.equal(resolveType(schema, "a.b.M", "Top"), "Top");
  assert.equal(resolveType(schema, "", "Top"), "Top");
  assert.equal(resolveType(schema, "a.b.M", ".a.M"), "a.M");
  assert.equal(resolveType(schema, "a.b.M", ".M"), undefined);
  assert.equal(resolveType(schema, "a.b.M", "None"), undefined);
});
