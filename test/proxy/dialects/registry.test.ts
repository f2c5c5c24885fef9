import assert from "node:assert/strict";
import { test } from "node:test";
import { detect, dialectInfos, dialectNamed } from "../../../src/proxy/dialects/registry.ts";
import { DIALECTS } from "../../../src/shared/dialects.ts";
import { messageOf } from "../../support/dialects.ts";

test("A dialect is found by its name, and nothing by another", () => {
  for (const { name } of dialectInfos()) {
    assert.equal(dialectNamed(name)?.name, name);
    assert.ok(DIALECTS.includes(name));
  }
  assert.equal(dialectNamed("constructor"), undefined);
});

test("What looks like no dialect, or is too large, is raw", () => {
  assert.deepEqual(detect(messageOf([Uint8Array.of(0xff, 0xfe, 0)], "PUSH", "PULL")), {
    dialect: "raw",
    confidence: 0,
  });
  assert.deepEqual(detect(messageOf([new Uint8Array(5 * 1024 * 1024)])), { dialect: "raw", confidence: 0 });
});
