import assert from "node:assert/strict";
import { mock, test, type TestContext } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { CaptureWatch, type CaptureWatchOptions } from "../../src/proxy/captureWatch.ts";
import { PacketClock } from "../../src/proxy/files/packetClock.ts";
import type { Found, MakeRule, Rule, RuleContext } from "../../src/proxy/findings/rule.ts";
import { readWindow, toRow } from "../../src/proxy/rows.ts";
import { openLink, say } from "../support/captures.ts";

const FOUND: Found = {
  id: "slow-joiner",
  about: "it",
  text: "too late",
  advice: "wait",
  tapName: "tap",
  link: null,
  evidence: [],
  timeNs: 0,
};

/** A watch with one rule. */
function watching(
  t: TestContext,
  capture: Capture,
  rule: (context: RuleContext) => Partial<Rule>,
  options: CaptureWatchOptions = {},
): CaptureWatch {
  const make: MakeRule = (context) => ({ finds: ["slow-joiner"], ...rule(context) });
  const watch = new CaptureWatch(capture, { rules: [make], ...options });
  t.after(() => watch.dispose());
  return watch;
}

test("What rules find is in the state of the capture, on its rows, and told", async (t) => {
  const capture = new Capture({ maxBytes: 0 });
  const told: unknown[] = [];
  const watch = watching(
    t,
    capture,
    (context) => ({
      message: ({ n, link }) => context.found({ ...FOUND, tapName: link!.tapName, link: link!.link, evidence: [n] }),
    }),
    { onChange: (counts, pending) => told.push([counts, pending]) },
  );
  const link = openLink(capture, { tap: "weather" });
  capture.event(link, "id-weather", "weather", "link-opened", {});
  const n = say(capture, link, 0, ["x"]);
  await watch.settled();
  const { findings, skipped, dropped } = watch.state();
  assert.deepEqual(
    [findings.map(({ id, tap, tapName, evidence }) => [id, tap, tapName, evidence]), skipped, dropped],
    [[["slow-joiner", "id-weather", "weather", [n]]], 0, 0],
  );
  assert.deepEqual(toRow(capture, n)!.finding, { ids: ["slow-joiner"], severity: "warning" });
  assert.equal(toRow(capture, n - 1)!.finding, null);
  assert.deepEqual(told, [[{ note: 0, warning: 1, error: 0 }, 0]]);
  assert.deepEqual(capture.findings.changedSince(0), [n]);
});

test("Rules are told the time before a row that comes later, and at the end of a file once more", async (t) => {
  const clock = new PacketClock(0n);
  const capture = new Capture({ maxBytes: 0, clock });
  const seen: unknown[] = [];
  let isEnded = false;
  let isLive: boolean | undefined;
  const watch = watching(
    t,
    capture,
    (context) => ({
      message: ({ n }) => seen.push(n),
      tick: (nowNs) => {
        isLive = context.isLive;
        seen.push(`${nowNs / 1e9} s`);
      },
    }),
    { from: 1, isFile: true, isEnded: () => isEnded },
  );
  const link = openLink(capture);
  for (const seconds of [0.5, 1.5, 1.7, 9]) {
    clock.set(seconds * 1e9);
    say(capture, link, 0, ["x"]);
  }
  await watch.settled();
  assert.deepEqual([seen, isLive], [[1, "1.5 s", 2, 3, "9 s", 4], true]);
  isEnded = true;
  await watch.settled();
  await watch.settled();
  assert.deepEqual([seen.slice(6), isLive], [["9 s"], false]);
});

test("A rule that fails is off, told once, and the others go on", async (t) => {
  const capture = new Capture({ maxBytes: 0 });
  const bugs: string[] = [];
  const seen: number[] = [];
  const failing: MakeRule = () => ({
    finds: ["slow-joiner"],
    message: () => {
      throw new Error("a bug");
    },
  });
  const good: MakeRule = () => ({ finds: ["slow-joiner"], message: ({ n }) => seen.push(n) });
  const watch = new CaptureWatch(capture, {
    rules: [failing, good],
    onBug: (error) => bugs.push((error as Error).message),
  });
  t.after(() => watch.dispose());
  const link = openLink(capture);
  for (let at = 0; at < 3; at++) say(capture, link, 0, ["x"]);
  await watch.settled();
  assert.deepEqual([bugs, seen], [["a bug"], [1, 2, 3]]);
});

test("What is switched off is neither found nor listed any more", async (t) => {
  const capture = new Capture({ maxBytes: 0 });
  let looked = 0;
  const watch = watching(t, capture, (context) => ({
    message: ({ n }) => {
      looked++;
      context.found({ ...FOUND, evidence: [n] });
    },
  }));
  const link = openLink(capture);
  const first = say(capture, link, 0, ["x"]);
  await watch.settled();
  watch.disable(["slow-joiner"]);
  say(capture, link, 0, ["x"]);
  await watch.settled();
  assert.deepEqual([watch.state().findings, watch.of(first), looked], [[], null, 1]);
  watch.disable([]);
  const third = say(capture, link, 0, ["x"]);
  await watch.settled();
  assert.deepEqual([watch.state().findings[0]!.evidence, looked], [[third], 2]);
});

test("A cleared capture has no findings, and none that gone rows would prove", async (t) => {
  const capture = new Capture({ maxBytes: 0 });
  const rows: number[] = [];
  const watch = watching(t, capture, (context) => ({
    message: ({ n }) => {
      rows.push(n);
      context.found({ ...FOUND, evidence: rows });
    },
  }));
  const link = openLink(capture, { sockets: { client: "REQ", server: "REP" } });
  const request = say(capture, link, 0, ["", "x"]);
  capture.exchange(request, "pending");
  await watch.settled();
  assert.equal(watch.state().pendingCount, 1);
  capture.clear();
  await watch.settled();
  assert.deepEqual([watch.state().findings, watch.state().pending], [[], []]);
  const next = say(capture, link, 0, ["", "y"]);
  await watch.settled();
  assert.deepEqual(watch.state().findings[0]!.evidence, [next]);
});

test("Requests that wait are listed with what is known of them, the oldest first", async (t) => {
  const clock = new PacketClock(0n);
  const capture = new Capture({ maxBytes: 0, clock });
  const watch = new CaptureWatch(capture, { isFile: true, isEnded: () => false, from: 1 });
  t.after(() => watch.dispose());
  const ask = (client: string, text: string): number => {
    const link = openLink(capture, { client, sockets: { client: "REQ", server: "REP" } });
    const n = say(capture, link, 0, ["", text]);
    capture.exchange(n, "pending");
    return n;
  };
  clock.set(3e9);
  const first = ask("10.0.0.1:1", "a");
  const second = ask("10.0.0.2:1", "b".repeat(200));
  await watch.settled();
  const { pending, pendingCount, nowMs } = watch.state();
  assert.deepEqual(
    pending.map(({ n, peer, sinceMs, cause, tap, method }) => [n, peer, sinceMs, cause, tap, method.length]),
    [
      [first, "10.0.0.1:1", 3000, "no reply yet", "id-tap", 1],
      [second, "10.0.0.2:1", 3000, "no reply yet", "id-tap", 80],
    ],
  );
  assert.deepEqual([pendingCount, nowMs], [2, 3000]);
});

test("Rules are told that rows are missing where capturing was stopped or started", async (t) => {
  const capture = new Capture({ maxBytes: 0 });
  const skipped: number[] = [];
  const watch = watching(t, capture, () => ({ message: () => undefined, skipped: (n) => void skipped.push(n) }));
  const link = openLink(capture, { tap: "weather" });
  say(capture, link, 0, ["x"]);
  const stop = capture.event(null, "id-weather", "weather", "capturing", { state: "stopped" });
  const start = capture.event(null, "id-weather", "weather", "capturing", { state: "started" });
  await watch.settled();
  assert.deepEqual(skipped, [stop + 1, start + 1]);
});

test("A watch tells everything again to whoever has heard nothing yet", async (t) => {
  const told: unknown[] = [];
  const watch = watching(t, new Capture({ maxBytes: 0 }), () => ({}), {
    onChange: (counts, pending) => told.push([counts, pending]),
  });
  watch.tellAll();
  await watch.settled();
  assert.deepEqual(told, [[{ note: 0, warning: 0, error: 0 }, 0]]);
});

test("How long a request waits is told by the capture's clock, whatever the machine's is set to", async (t) => {
  t.after(() => mock.timers.reset());
  const began = performance.now();
  const capture = new Capture({ maxBytes: 0 });
  const watch = new CaptureWatch(capture, { from: 1 });
  t.after(() => watch.dispose());
  const link = openLink(capture, { sockets: { client: "REQ", server: "REP" } });
  const n = say(capture, link, 0, ["", "add"]);
  capture.exchange(n, "pending");
  await watch.settled();
  for (const setTo of [1000, Date.now() + 36_000_000]) {
    mock.timers.enable({ apis: ["Date"], now: setTo });
    const { pending, nowMs } = watch.state();
    const window = await readWindow(capture, null, { from: n - 1, count: 1 });
    mock.timers.reset();
    const passedMs = performance.now() - began + 1;
    for (const ageMs of [nowMs - pending[0]!.sinceMs, window.nowMs - window.rows[0]!.timeMs])
      assert.ok(ageMs >= 0 && ageMs <= passedMs, `${ageMs} of ${passedMs} ms`);
  }
});
