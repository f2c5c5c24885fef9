import assert from "node:assert/strict";
import { test } from "node:test";
import { withCaptured } from "../../src/shared/tapConfig.ts";

test("withCaptured says of a tap that it only relays, and nothing of one that captures", () => {
  const config = { id: "t", name: "t", server: "tcp://127.0.0.1:1", listen: "tcp://127.0.0.1:*" };
  assert.deepEqual(withCaptured(config, false), { ...config, isCaptured: false });
  assert.deepEqual(withCaptured(withCaptured(config, false), true), config);
});
