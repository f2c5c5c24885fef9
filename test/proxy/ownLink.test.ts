import assert from "node:assert/strict";
import { test } from "node:test";
import { Reply } from "zeromq";
import { openOwnLink } from "../../src/proxy/ownLink.ts";
import { UserError } from "../../src/shared/userError.ts";
import { tappedEngine } from "../support/tappedEngine.ts";

test("openOwnLink opens a link of a tap under its origin, and knows its rows once there are any", async (t) => {
  const server = new Reply();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  const { engine, attach, state } = tappedEngine(t);
  await attach(server.lastEndpoint ?? "");
  const link = openOwnLink(engine.tap("tap"), "call");
  assert.deepEqual(link.rows(), [null, null]);
  const number = await link.link;
  assert.equal(state().links.find((one) => one.link === number)?.origin, "call");
  const error = new UserError("call-failed", "It failed.");
  assert.equal(await link.explain?.(error), error);
  link.stream.destroy();
});

test("openOwnLink refuses a tap that does not run", async (t) => {
  const { engine, attach } = tappedEngine(t);
  await attach("tcp://127.0.0.1:1");
  await engine.stopTap("tap");
  assert.throws(() => openOwnLink(engine.tap("tap"), "replay"), { code: "tap-not-running" });
});
