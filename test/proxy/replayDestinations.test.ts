import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { sendSession } from "../../src/proxy/sendSession.ts";
import type { ReplayOptions, ReplaySummary } from "../../src/shared/replaySession.ts";
import type { SocketType } from "../../src/shared/model.ts";
import { openLink, say } from "../support/captures.ts";
import { FAST, listenAs } from "../support/replays.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { until } from "../support/until.ts";
import { ZmtpPeer } from "../support/zmtpPeer.ts";

const to = (endpoint: string, bind = false): ReplayOptions => ({
  ...FAST,
  target: { kind: "endpoint", endpoint, bind },
});
const portOf = (endpoint: string): number => Number(endpoint.split(":").at(-1));

function recorded(client: SocketType, server: SocketType, direction: 0 | 1, ...messages: string[][]): Capture {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { sockets: { client, server } });
  for (const frames of messages) say(capture, link, direction, frames);
  return capture;
}

function send(
  capture: Capture,
  options: ReplayOptions,
  onListening?: (endpoint: string) => void,
): Promise<{ summary: ReplaySummary }> {
  const { signal } = new AbortController();
  const told = onListening === undefined ? {} : { onListening };
  return sendSession(
    { capture, rows: { kind: "all" }, options, signal, onProgress: () => undefined, ...told },
    null,
    null,
  );
}

test("A replay that listens is the recorded socket, for those that connect", async () => {
  let peer: ZmtpPeer | undefined;
  const { summary } = await send(
    recorded("PULL", "PUSH", 1, ["job", "1"], ["job", "2"]),
    to("tcp://127.0.0.1:*", true),
    (endpoint) => (peer = new ZmtpPeer(connect(portOf(endpoint), "127.0.0.1"), "PULL")),
  );
  assert.equal(summary.sent, 2);
  assert.deepEqual(await peer!.until(2), [
    ["job", "1"],
    ["job", "2"],
  ]);
});

test("A replay cannot listen as what asks, nor where somebody else does", async (t) => {
  const requests = recorded("REQ", "REP", 0, ["", "a"]);
  await assert.rejects(send(requests, to("tcp://127.0.0.1:*", true)), {
    code: "cannot-listen",
    message: /What a REQ sends needs somebody who listens/,
  });
  const { endpoint } = await listenAs(t, "PULL");
  await assert.rejects(send(recorded("SUB", "PUB", 1, ["news"]), to(endpoint, true)), { code: "port-in-use" });
});

test("A replay says why an endpoint cannot be reached", async () => {
  const jobs = recorded("PUSH", "PULL", 0, ["job"]);
  await assert.rejects(send(jobs, to("ipc:///nowhere/at/all")), /no such socket file/);
  await assert.rejects(send(jobs, to("tcp://host.invalid:5556")), { code: "server-unreachable" });
});

test("A message of an unknown socket is sent as the socket that is chosen", async (t) => {
  const capture = new Capture({ maxBytes: 0 });
  say(capture, openLink(capture), 0, ["job"]);
  const { endpoint, peers } = await listenAs(t, "PULL");
  assert.equal((await send(capture, { ...to(endpoint), as: "PUSH" })).summary.sent, 1);
  assert.deepEqual(await peers[0]!.until(1), [["job"]]);
});

test("A replay through a tap goes into the live links of subscribers, and to servers on links of our own", async (t) => {
  const { engine, attach, until: untilTold, rows } = tappedEngine(t);
  const publisher = await listenAs(t, "PUB");
  const tapped = await attach(publisher.endpoint);
  const socket = connect(portOf(tapped), "127.0.0.1");
  t.after(() => socket.destroy());
  const subscriber = await new ZmtpPeer(socket, "SUB").ready();
  subscriber.subscribe("news");
  publisher.peers[0]!.send("news", "1:0");
  await subscriber.until(1);
  publisher.peers[0]!.send("sport", "2:0");
  await subscriber.until(2);
  await untilTold(() => rows().filter(({ kind }) => kind === "message").length === 2);
  const { signal } = new AbortController();
  const session = { capture: engine.capture, rows: { kind: "all" } as const, options: FAST, signal };
  const { summary } = await sendSession({ ...session, onProgress: () => undefined }, null, engine);
  assert.deepEqual([summary.sent, summary.reasons.map(({ reason }) => reason)], [1, ["receiver"]]);
  assert.match(summary.reasons[0]!.example, /no subscriber that is connected through this tap/);
  assert.deepEqual((await subscriber.until(3)).at(-1), ["news", "1:0"]);
  // Jobs of another capture, through a tap that is named.
  const pull = await listenAs(t, "PULL");
  await attach(pull.endpoint, "jobs");
  const jobs = { ...session, capture: recorded("PUSH", "PULL", 0, ["job"]) };
  const options: ReplayOptions = { ...FAST, target: { kind: "tap", tap: "jobs" } };
  await sendSession({ ...jobs, options, onProgress: () => undefined }, null, engine);
  assert.deepEqual(await (await until(() => pull.peers[0])).until(1), [["job"]]);
});
