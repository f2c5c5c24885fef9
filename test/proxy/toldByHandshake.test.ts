import assert from "node:assert/strict";
import { test } from "node:test";
import { Reply } from "zeromq";
import { toldByHandshake } from "../../src/proxy/toldByHandshake.ts";
import { UserError } from "../../src/shared/userError.ts";
import { tappedEngine } from "../support/tappedEngine.ts";

test("toldByHandshake leaves what is told of a link that is only relayed, or that there is none", async (t) => {
  const server = new Reply();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  const { engine, attach } = tappedEngine(t);
  await attach(server.lastEndpoint ?? "");
  const { tap, logs } = engine.tap("tap");
  const { stream, link } = tap.openInProcess("call");
  const log = logs.get(await link);
  const error = new UserError("call-failed", "It failed.");
  assert.ok(log !== undefined);
  assert.equal(await toldByHandshake(error, log), error);
  assert.equal(await toldByHandshake(error, undefined), error);
  stream.destroy();
});
