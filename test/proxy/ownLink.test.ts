import assert from "node:assert/strict";
import { test } from "node:test";
import { Reply } from "zeromq";
import { openOwnLink } from "../../src/proxy/ownLink.ts";
import { UserError } from "../../src/shared/userError.ts";
import { httpServer } from "../support/httpServers.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { ZmtpPeer } from "../support/zmtpPeer.ts";

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

test("openOwnLink speaks HTTP where the tap's server does, in a link that shows it", async (t) => {
  const { url } = await httpServer(t, ({ body }, response) => response.end(`re: ${body}`));
  const { engine, attach, until, rows } = tappedEngine(t);
  await attach(`${url}/x`);
  const link = openOwnLink(engine.tap("tap"), "call");
  const req = await new ZmtpPeer(link.stream, "REQ").ready();
  req.send("", "q");
  const [message] = await req.until(1);
  assert.equal(message!.at(-1), "re: q");
  const [request, reply] = link.rows();
  assert.deepEqual(
    rows()
      .filter(({ n }) => n === request || n === reply)
      .map(({ origin, preview }) => [origin, preview]),
    [
      ["call", "POST /x | q"],
      ["call", "200 OK | re: q"],
    ],
  );
  req.send("", "two", "bodies");
  await until(() => req.hasEnded);
  const error = new UserError("call-failed", "It failed.");
  assert.match((await link.explain!(error)).message, /An HTTP request is one frame/);
});

test("openOwnLink refuses a tap that does not run", async (t) => {
  const { engine, attach } = tappedEngine(t);
  await attach("tcp://127.0.0.1:1");
  await engine.stopTap("tap");
  assert.throws(() => openOwnLink(engine.tap("tap"), "replay"), { code: "tap-not-running" });
});
