import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { LiveLinks } from "../../../src/proxy/pictures/liveLinks.ts";
import { OverviewBook } from "../../../src/proxy/pictures/overviewBook.ts";
import { PeerProcesses } from "../../../src/proxy/pictures/peerProcesses.ts";
import { SocketLink } from "../../../src/proxy/socketLink.ts";
import type { SocketType } from "../../../src/shared/model.ts";
import { loopbackClient, loopbackServer } from "../../support/loopback.ts";
import { tappedEngine } from "../../support/tappedEngine.ts";
import { until } from "../../support/until.ts";
import { ZmtpPeer } from "../../support/zmtpPeer.ts";

/** Links of an engine with one tap, at times that the test sets. */
async function watched(t: TestContext) {
  const tapped = tappedEngine(t);
  const { engine } = tapped;
  const { port, next } = await loopbackServer(t);
  const endpoint = await tapped.attach(`tcp://127.0.0.1:${port}`);
  const overview = new OverviewBook();
  const processes = new PeerProcesses({ proc: null });
  t.after(() => processes.dispose());
  let nowNs = 1e9;
  const links = new LiveLinks({
    open: engine.openLinks,
    overview,
    processes,
    nowNs: () => nowNs,
    toEpochMs: (ns) => ns / 1e6,
    serverPath: () => null,
  });
  const connect = async (client: SocketType, server: SocketType) => {
    const peer = new ZmtpPeer(await loopbackClient(t, Number(endpoint.split(":").at(-1))), client);
    const other = new ZmtpPeer(await next(), server);
    await Promise.all([peer.ready(), other.ready()]);
    return { client: peer, server: other };
  };
  const read = () => overview.read((ns) => ns / 1e6, null, []);
  return { ...tapped, links, connect, read, pass: (seconds: number) => (nowNs += seconds * 1e9) };
}

test("LiveLinks tells of open links and of closed ones, with what both sides said", async (t) => {
  const { links, connect, engine } = await watched(t);
  const { client, server } = await connect("DEALER", "ROUTER");
  for (let n = 0; n < 3; n++) client.send("", "question");
  server.send("", "answer");
  await Promise.all([server.until(3), client.until(1)]);
  const [row] = links.read();
  const { client: clientAddress, server: serverAddress, openedMs, bytes, ...rest } = row!;
  assert.match(`${clientAddress} ${serverAddress}`, /^127\.0\.0\.1:\d+ 127\.0\.0\.1:\d+$/);
  assert.ok(openedMs > 0 && bytes[0] > 64 + 3 * 8 && bytes[1] > 64);
  assert.deepEqual(rest, {
    link: 1,
    tap: "tap",
    tapName: "tap",
    origin: "wire",
    sockets: { client: "DEALER", server: "ROUTER" },
    identity: { client: "", server: "" },
    version: "3.1",
    mechanism: "NULL",
    verdict: "connected",
    isProblem: false,
    process: { client: "", server: "" },
    subscriptions: [],
    subscriptionCount: 0,
    messages: [3, 1],
    pending: 0,
    queued: [0, 0],
    heldUpMs: [0, 0],
    closedMs: null,
    closedBy: "",
    findings: 0,
  });
  client.stream.end();
  await until(() => engine.openLinks.all.size === 0);
  const [closed] = links.read();
  assert.deepEqual(
    [closed!.closedBy, closed!.closedMs, closed!.messages, closed!.bytes],
    ["client", 1000, [3, 1], bytes],
  );
  links.clear();
  assert.deepEqual([links.read(), links.forgotten], [[], 0]);
});

test("LiveLinks counts messages over time from the counters of links, closed ones too", async (t) => {
  const { links, connect, read, pass, engine } = await watched(t);
  const { client, server } = await connect("PUSH", "PULL");
  links.sample();
  client.send("one");
  await server.until(1);
  pass(1);
  links.sample();
  assert.deepEqual(links.perSecond(1), [1, 0]);
  for (let n = 0; n < 4; n++) client.send("more");
  await server.until(5);
  pass(2);
  client.stream.end();
  await until(() => engine.openLinks.all.size === 0);
  links.sample();
  pass(1);
  links.sample();
  links.update();
  const { taps } = read();
  assert.deepEqual(taps[0]!.messages, [
    [0, 1, 0, 4],
    [0, 0, 0, 0],
  ]);
  const { bytes } = links.read()[0]!;
  assert.deepEqual(
    taps[0]!.bytes.map((series) => series.reduce((sum, each) => sum + each, 0)),
    bytes,
  );
  assert.deepEqual(links.perSecond(1), [0, 0]);
});

test("LiveLinks counts what sockets of the engine's own exchange", async (t) => {
  const { links, read, engine } = await watched(t);
  const link = new SocketLink(
    {
      tap: { id: "b", name: "bridge" },
      origin: "bridge",
      sockets: { client: "SUB", server: "PUB" },
      addresses: { client: "bridge", server: "127.0.0.1:5556" },
    },
    engine.openSocketLog,
  );
  link.message(1, [Buffer.from("a"), Buffer.from("b")]);
  link.show();
  links.update();
  assert.deepEqual(links.read()[0]!.messages, [0, 1]);
  link.closed();
  links.update();
  const { taps } = read();
  assert.deepEqual(
    taps.map(({ tap, tapName, messages }) => [tap, tapName, messages]),
    [["b", "bridge", [[0], [1]]]],
  );
});
