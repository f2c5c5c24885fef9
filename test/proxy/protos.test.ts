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
  assert.equal([...messageNames(protos)].includes("A"), true);
  await protos.load([]);
  assert.equal([...messageNames(protos)].includes("A"), false);
});

function messageNames(protos: Protos): Iterable<string> {
  return protos.schema?.messages.keys() ?? [];
}
