import assert from "node:assert/strict";
import { test } from "node:test";
import { rich } from "../../webview/rich.ts";

test("rich puts arguments of any kind into the places of a message", () => {
  const mark = { strong: "x" };
  assert.deepEqual(rich("{1} waits for {0}.", 5, mark), ["", mark, " waits for ", 5, "."]);
  assert.deepEqual(rich("Nothing."), ["Nothing."]);
});
