import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { liveLink } from "../../src/proxy/liveLink.ts";
import { octets } from "../support/octets.ts";
import { listenAs } from "../support/replays.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { ZmtpPeer } from "../support/zmtpPeer.ts";

test("liveLink tells the rules of replay what a link is, and what can be put into it", async (t) => {
  const { engine, attach, until } = tappedEngine(t);
  const { endpoint } = await listenAs(t, "PUB");
  const socket = connect(Number((await attach(endpoint)).split(":").at(-1)), "127.0.0.1");
  t.after(() => socket.destroy());
  const subscriber = await new ZmtpPeer(socket, "SUB").ready();
  subscriber.subscribe("news");
  const log = await until(() => [...engine.tap("tap").logs.values()][0]);
  await until(() => log.reader.subscriptions(1).count === 1);
  const link = liveLink(log);
  assert.deepEqual(
    [link.number, link.sockets, link.identity, link.pending],
    [log.number, { client: "SUB", server: "PUB" }, { client: "", server: "" }, 0],
  );
  assert.deepEqual([link.isSubscribed(octets("news.de")), link.isSubscribed(octets("sport"))], [true, false]);
  assert.equal(link.whyNotInject(1), null);
});
