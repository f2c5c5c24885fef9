import assert from "node:assert/strict";
import { test } from "node:test";
import { Protos } from "../../src/proxy/protos.ts";

test("Protos holds the types of the files that were sent last", async () => {
  const protos = new Protos();
  assert.equal(protos.schema, null);
  const first = await protos.load([
    { path: "b.proto", text: 'syntax = "proto3"; message B { int32 a = 1; }' },
    { path: "a.proto", text: 'syntax = "proto3"; message A { int32 a = 1; }' },
    { path: "c.proto", text: "message {" },
  ]);
  assert.deepEqual(
    first.types.filter((type) => !type.startsWith("google.")),
    ["A", "B"],
  );
  assert.equal(first.problems.length, 1);
  assert.equal(protos.schema?.messages.has("A"), true);
  await protos.load([]);
  assert.equal((protos.schema as { messages: ReadonlyMap<string, unknown> } | null)?.messages.has("A"), false);
});
