import assert from "node:assert/strict";
import { test } from "node:test";
import { otherSide } from "../../../src/proxy/wire/side.ts";

test("otherSide is the peer across", () => {
  assert.deepEqual([otherSide("client"), otherSide("server")], ["server", "client"]);
});
