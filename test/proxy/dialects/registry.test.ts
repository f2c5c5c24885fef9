import assert from "node:assert/strict";
import { test } from "node:test";
import { pack } from "msgpackr";
import { detect, dialectInfos, dialectNamed } from "../../../src/proxy/dialects/registry.ts";
import { DIALECTS } from "../../../src/shared/dialects.ts";
import { messageOf, octets, randomJson } from "../../support/dialects.ts";
import { random } from "../../support/random.ts";

test("A dialect is found by its name, and nothing by another", () => {
  for (const { name } of dialectInfos()) {
    assert.equal(dialectNamed(name)?.name, name);
    assert.ok(DIALECTS.some((known) => known === name));
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

test("Ordinary JSON, MessagePack and text are none of the well-known systems', whichever sockets they go between", () => {
  const below = random(23);
  for (let turn = 0; turn < 300; turn++) {
    const value = randomJson(below);
    for (const [sender, receiver] of [
      ["REQ", "REP"],
      ["DEALER", "ROUTER"],
      ["ROUTER", "DEALER"],
      ["PUSH", "PULL"],
    ] as const) {
      for (const payload of [octets(JSON.stringify(value)), pack(value), octets(String(value))]) {
        for (const frames of [[payload], ["", payload], ["topic", payload]]) {
          const { dialect } = detect(messageOf(frames, sender, receiver));
          assert.ok(!["jupyter", "zerorpc", "json-rpc", "majordomo", "bitcoin", "locust"].includes(dialect), dialect);
        }
      }
    }
  }
});
