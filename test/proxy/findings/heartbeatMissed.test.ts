import assert from "node:assert/strict";
import { test } from "node:test";
import { heartbeatMissed } from "../../../src/proxy/findings/heartbeatMissed.ts";
import { link, linkClosed, ping, pong, watchRule } from "../../support/seenRows.ts";

const on = link(1);

test("heartbeatMissed is silent while anything comes back, and when a program ends right behind its PING", () => {
  const { see, tick, said } = watchRule(heartbeatMissed);
  see(ping(on, 20, { timeMs: 0 }));
  see(pong(on, { timeMs: 900 }));
  see(ping(on, 20, { timeMs: 1_000 }));
  see({ link: on, dir: "s2c", frames: ["data"], timeMs: 2_500 });
  see(ping(on, 20, { timeMs: 3_000 }));
  tick(4_900);
  see(pong(on, { timeMs: 4_950 }));
  see(ping(on, 20, { timeMs: 5_000 }));
  see(linkClosed(on, {}, { timeMs: 5_050 }));
  // Whoever is asked may leave at any time, and a tap may be stopped.
  for (const [number, by] of ["server", "tap"].entries()) {
    const other = link(2 + number);
    see(ping(other, 0, { timeMs: 6_000 }));
    see(linkClosed(other, { by }, { timeMs: 7_500 }));
  }
  see({ link: link(9), dir: "s2c", frames: ["data"], timeMs: 8_000 });
  see(linkClosed(link(9), {}, { timeMs: 8_000 }));
  see({ link: null, event: "server-down", detail: {}, timeMs: 8_000 });
  tick(60_000);
  assert.deepEqual(said(), []);
});

test("heartbeatMissed tells a PING that nothing comes back for before its sender closes", () => {
  const { see, told, said } = watchRule(heartbeatMissed);
  see(pong(on, { timeMs: 0 }));
  see(ping(on, 0, { timeMs: 100 }));
  see(ping(on, 0, { timeMs: 300 }));
  see({ link: on, dir: "c2s", frames: ["data"], timeMs: 500 });
  see(linkClosed(on, {}, { timeMs: 600 }));
  assert.deepEqual(said(), [
    "heartbeat-missed: Nothing has come from the server for 0.5 s since the client's heartbeat, and the client closed the connection.",
  ]);
  assert.deepEqual(told()[0]!.evidence, [2]);
});

test("heartbeatMissed tells a silence while it lasts, and that it is over", () => {
  const { see, tick, told, said } = watchRule(heartbeatMissed);
  see(ping(on, 30, { timeMs: 0, dir: "s2c" }));
  tick(2_900);
  assert.deepEqual(said(), []);
  tick(3_000);
  tick(4_000);
  assert.deepEqual(
    told().map(({ text, isOpen, count }) => [text, isOpen, count]),
    [["Nothing has come from the client for 3.0 s since the server's heartbeat.", true, 1]],
  );
  see(pong(on, { timeMs: 5_000, dir: "c2s" }));
  assert.equal(said()[0]?.endsWith("(over)"), true);
});

test("heartbeatMissed waits longer where a PING gives no time, and forgets what it cannot know", () => {
  const { see, tick, skip, said } = watchRule(heartbeatMissed);
  see(ping(on, 0, { timeMs: 0 }));
  tick(9_900);
  assert.deepEqual(said(), []);
  skip();
  tick(60_000);
  assert.deepEqual(said(), []);
  see(ping(on, 0, { timeMs: 60_000 }));
  tick(70_000);
  assert.equal(said().length, 1);
  see(linkClosed(on, { by: "tap" }, { timeMs: 71_000 }));
  assert.equal(said()[0]?.endsWith("(over)"), true);
});

test("heartbeatMissed tells a peer that was silent for longer than its own time to live", () => {
  const { see, told, said } = watchRule(heartbeatMissed);
  see(ping(on, 10, { timeMs: 0 }));
  see(pong(on, { timeMs: 10 }));
  see({ link: on, dir: "c2s", frames: ["last"], timeMs: 100 });
  see(linkClosed(on, { by: "server" }, { timeMs: 1_150 }));
  assert.deepEqual(said(), [
    "heartbeat-missed: Nothing had come from the client for 1.1 s, its heartbeats promise one within 1.0 s, and the server closed the connection.",
  ]);
  assert.deepEqual(told()[0]!.evidence, [3, 4]);
});

test("heartbeatMissed does not take libzmq's overflow for a silence", () => {
  const { see, said } = watchRule(heartbeatMissed);
  see(ping(on, 660, { timeMs: 0 }));
  see(pong(on, { timeMs: 1 }));
  see(linkClosed(on, { by: "server" }, { timeMs: 466 }));
  assert.deepEqual(said(), []);
});
