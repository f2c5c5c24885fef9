import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { CaptureWatch } from "../../src/proxy/captureWatch.ts";
import { previewOf } from "../../src/proxy/engine.ts";
import { Pictures } from "../../src/proxy/pictures.ts";
import { NO_LATENCY, NO_LINKS, NO_OVERVIEW, NO_TOPICS, NO_TOPOLOGY } from "../../src/shared/pictures.ts";
import { MIB, openLink, say } from "../support/captures.ts";
import { loopbackClient, loopbackServer } from "../support/loopback.ts";
import { finding } from "../support/pictures.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { until } from "../support/until.ts";
import { ZmtpPeer } from "../support/zmtpPeer.ts";

/** Pictures of a file, whose rows a watch shows them. */
function fileOf(t: TestContext, findings = [finding()]) {
  const capture = new Capture({ maxBytes: 16 * MIB });
  const watch = new CaptureWatch(capture, { isFile: true, from: 1, rules: [] });
  const pictures = new Pictures(capture, {
    live: null,
    findings: () => findings,
    preview: (n) => previewOf(capture, n),
  });
  watch.add(pictures.reader);
  t.after(() => {
    pictures.dispose();
    watch.dispose();
  });
  return { capture, watch, pictures };
}

test("Pictures of an empty capture are those of none", (t) => {
  const { pictures } = fileOf(t, []);
  assert.deepEqual(pictures.overview(), NO_OVERVIEW);
  assert.deepEqual(pictures.latency(), NO_LATENCY);
  assert.deepEqual(pictures.topics(""), NO_TOPICS);
  assert.deepEqual({ ...pictures.links(), nowMs: 0 }, NO_LINKS);
  assert.deepEqual(pictures.topology(), NO_TOPOLOGY);
});

test("Pictures of a file are what its rows tell, with what is found in it", async (t) => {
  const capture = new Capture({ maxBytes: 16 * MIB });
  const link = openLink(capture, { tap: "prices", sockets: { client: "SUB", server: "PUB" } });
  const watch = new CaptureWatch(capture, { isFile: true, from: 1, rules: [] });
  const found = [finding({ link: link.info.link }), finding({ link: null })];
  const pictures = new Pictures(capture, { live: null, findings: () => found, preview: (n) => previewOf(capture, n) });
  watch.add(pictures.reader);
  t.after(() => watch.dispose());
  for (let n = 0; n < 20; n++) say(capture, link, 1, [`plant/${n % 2}`, `{"n":${n}}`]);
  await watch.settled();
  const { taps, marks, buckets } = pictures.overview();
  assert.equal(buckets, 1);
  assert.deepEqual(
    taps.map(({ tap, tapName, messages }) => [tap, tapName, messages]),
    [["id-prices", "prices", [[0], [20]]]],
  );
  assert.deepEqual(
    marks.map(({ finding: id, n, timeMs }) => [id, n, timeMs]),
    [
      ["request-unanswered", 7, 1000],
      ["request-unanswered", 7, 1000],
    ],
  );
  // Values for which a look has no time left come with the next one.
  const level = await until(() => {
    const { topics } = pictures.topics("plant/");
    return topics.every(({ lastValue }) => lastValue !== "") ? topics : undefined;
  });
  assert.deepEqual(
    level.map(({ topic, label, messages, perSecond, lastN, lastValue }) => [
      topic,
      label,
      messages,
      perSecond,
      lastN,
      lastValue,
    ]),
    [
      ["plant/0", "0", 10, 1, 19, '{"n":18}'],
      ["plant/1", "1", 10, 1, 20, '{"n":19}'],
    ],
  );
  // What was put into words stays, also when the row is gone.
  capture.clear();
  assert.deepEqual(
    pictures.topics("plant/").topics.map(({ lastValue }) => lastValue),
    ['{"n":18}', '{"n":19}'],
  );
  assert.deepEqual(
    pictures.links().links.map((row) => [row.link, row.findings]),
    [[link.info.link, 1]],
  );
  assert.deepEqual(
    pictures.topology().nodes.map(({ kind, severity }) => [kind, severity]),
    [
      ["tap", "warning"],
      ["client", "warning"],
      ["server", "warning"],
    ],
  );
});

test("Pictures of a live capture count as its taps do, and begin anew when it is cleared", async (t) => {
  const { engine, attach, state } = tappedEngine(t);
  const listener = await loopbackServer(t);
  const endpoint = await attach(`tcp://127.0.0.1:${listener.port}`);
  const client = new ZmtpPeer(await loopbackClient(t, Number(endpoint.split(":").at(-1))), "SUB");
  const server = new ZmtpPeer(await listener.next(), "PUB");
  await Promise.all([client.ready(), server.ready()]);
  client.subscribe("a");
  const pictures = (await engine.pictures)!;
  for (let n = 0; n < 30; n++) server.send("a", `${n}`);
  await client.until(30);
  await (await engine.watch).settled();
  const { taps } = pictures.overview();
  const { messages, bytes } = state();
  const sum = (series: readonly (readonly number[])[]): number => series.flat().reduce((all, each) => all + each, 0);
  assert.deepEqual([sum(taps[0]!.messages), sum(taps[0]!.bytes)], [messages, bytes]);
  const [topic] = pictures.topics("").topics;
  assert.deepEqual([topic!.topic, topic!.messages, topic!.subscribers, topic!.lastValue], ["a", 30, 1, "29"]);
  const { links, nowMs } = pictures.links();
  const [link] = links;
  assert.ok(nowMs >= link!.openedMs && nowMs - link!.openedMs < 60_000);
  assert.deepEqual([link!.messages, link!.subscriptions, link!.findings], [[0, 30], ["a"], 0]);
  const { nodes, edges } = pictures.topology();
  assert.deepEqual(
    nodes.map(({ kind, status }) => [kind, status]),
    [
      ["tap", "listening"],
      ["client", "open"],
      ["server", "open"],
    ],
  );
  assert.deepEqual(
    edges.map(({ messages: along }) => along),
    [
      [0, 30],
      [0, 30],
    ],
  );
  // Once a second rates are looked at anew.
  await until(() => pictures.topology().edges[0]!.perSecond[1] > 0);
  engine.clear();
  await until(() => pictures.topics("").topics.length === 0);
  assert.deepEqual(pictures.overview().taps, []);
  server.send("a", "again");
  await client.until(31);
  assert.deepEqual(
    pictures.overview().taps[0]!.messages.map((series) => series.at(-1)),
    [0, 1],
  );
});

test("Pictures of a live capture know subscriptions again when rows were left out", async (t) => {
  const { engine, attach } = tappedEngine(t);
  const listener = await loopbackServer(t);
  const endpoint = await attach(`tcp://127.0.0.1:${listener.port}`);
  const client = new ZmtpPeer(await loopbackClient(t, Number(endpoint.split(":").at(-1))), "SUB");
  const server = new ZmtpPeer(await listener.next(), "PUB");
  await Promise.all([client.ready(), server.ready()]);
  client.subscribe("a");
  server.send("a", "x");
  await client.until(1);
  const pictures = (await engine.pictures)!;
  await until(() => pictures.topics("").topics[0]?.subscribers === 1);
  const [log] = [...engine.openLinks.all.values()].map((each) => each.log);
  assert.equal(log!.reader.subscriptions(9).count, 1);
  pictures.reader.skipped!(engine.capture.lastN + 1);
  assert.equal(pictures.topics("").topics[0]!.subscribers, 1);
});
