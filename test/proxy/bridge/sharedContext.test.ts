import assert from "node:assert/strict";
import { test } from "node:test";
import { openContext } from "../../../src/proxy/bridge/sharedContext.ts";

test("openContext gives one ZAP handler to all who ask, in its own context", async (t) => {
  const [one, other] = [await openContext(), await openContext()];
  t.after(() => Promise.all([one.close(), other.close()]));
  assert.equal(await one.zap(), await one.zap());
  // Another context has the same inproc endpoint to itself.
  assert.notEqual(await one.zap(), await other.zap());
});

test("openContext that nobody asked who may connect has nothing to close", async () => {
  const context = await openContext();
  await context.close();
});
