import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Captures } from "../../src/proxy/captures.ts";
import { Replays } from "../../src/proxy/replays.ts";
import type { EngineRequests } from "../../src/shared/engineProtocol.ts";
import type { ReplaySummary } from "../../src/shared/replaySession.ts";
import { openLink, say } from "../support/captures.ts";
import { FAST, listenAs } from "../support/replays.ts";
import { tappedEngine } from "../support/tappedEngine.ts";
import { until } from "../support/until.ts";

type Ask = EngineRequests["replay/session"]["ask"];

/** Requests "0", "1"… with the reply "yes" to each, by a tap that is gone. */
function recorded(
  t: TestContext,
  count: number,
): { replays: Replays; run: (ask?: Partial<Ask>) => Promise<ReplaySummary> } {
  const { engine } = tappedEngine(t);
  const { capture } = engine;
  const link = openLink(capture, { sockets: { client: "REQ", server: "REP" } });
  for (let n = 0; n < count; n++) {
    const asked = say(capture, link, 0, ["", String(n)]);
    capture.paired(asked, say(capture, link, 1, ["", "yes"]), false);
  }
  const captures = new Captures(engine, { onGrew: () => undefined, onFilterAdvanced: () => undefined });
  const replays = new Replays(engine, captures, () => undefined);
  const ask: Ask = { job: "job", capture: 0, rows: { kind: "all" }, options: FAST, security: null };
  return { replays, run: (more = {}) => replays.run({ ...ask, ...more }) };
}

const to = (endpoint: string): Ask["options"] => ({ ...FAST, target: { kind: "endpoint", endpoint, bind: false } });

test("Replays keeps both replies of a difference, of the last sessions", async (t) => {
  const { replays, run } = recorded(t, 3);
  const { endpoint } = await listenAs(t, "REP", ([, n]) => ["", n === "1" ? "no" : "yes"]);
  const summary = await run({ options: to(endpoint) });
  assert.deepEqual([summary.sent, summary.same, summary.differed], [3, 2, 1]);
  const texts = await replays.difference("job", 0);
  assert.match(texts.recorded, /--- frame 1 ---\nyes/);
  assert.match(texts.replayed, /--- frame 1 ---\nno/);
  for (let job = 1; job <= 4; job++) await run({ job: `job ${job}`, options: to(endpoint) });
  await assert.rejects(replays.difference("job", 0), { code: "difference-gone" });
  await assert.rejects(replays.difference("job 1", 5), { code: "difference-gone" });
  assert.match((await replays.difference("job 1", 0)).replayed, /no/);
});

test("Replays tells of a reply that did not come, in place of one", async (t) => {
  const { replays, run } = recorded(t, 1);
  const { endpoint } = await listenAs(t, "REP");
  const summary = await run({ options: { ...to(endpoint), timeoutMs: 20 } });
  assert.equal(summary.timedOut, 1);
  assert.equal((await replays.difference("job", 0)).replayed, "No reply came within 0.02 s.\n");
});

test("Replays can be cancelled, and runs a few at a time", async (t) => {
  const { replays, run } = recorded(t, 2);
  const { endpoint, peers } = await listenAs(t, "REP");
  const running = [1, 2, 3, 4].map((job) => run({ job: `job ${job}`, options: to(endpoint) }));
  await until(() => peers.length === 4 && peers.every(({ messages }) => messages.length === 1));
  await assert.rejects(run({ options: to(endpoint) }), { code: "too-many-replays" });
  for (const job of [1, 2, 3, 4]) replays.cancel(`job ${job}`);
  replays.cancel("unknown");
  assert.deepEqual(
    (await Promise.all(running)).map(({ ended, sent }) => [ended, sent]),
    [1, 2, 3, 4].map(() => ["cancelled", 1]),
  );
});

test("Replays asks before it sends beyond this machine, and refuses what cannot be", async (t) => {
  const { run } = recorded(t, 1);
  await assert.rejects(run({ options: to("tcp://192.0.2.1:5556") }), {
    code: "confirm-not-loopback",
    message: /tcp:\/\/192.0.2.1:5556, which may be another machine/,
  });
  await assert.rejects(run({ options: { ...FAST, loops: 0 } }), { code: "bad-replay" });
  await assert.rejects(run({ capture: 7 }), { code: "capture-gone" });
  const noPair = { publicKey: "x", secretKey: "x" };
  const security = {
    clientLeg: null,
    serverLeg: null,
    serverPair: noPair,
    serverKey: null,
    clientPair: null,
    clientPairs: [],
    allow: null,
    plain: null,
  };
  await assert.rejects(run({ options: to("tcp://127.0.0.1:1"), security }), { code: "bad-key" });
  // The tap that recorded it is not there.
  const summary = await run();
  assert.deepEqual([summary.sent, summary.reasons[0]?.reason], [0, "receiver"]);
});
