import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { sendSession } from "../../src/proxy/sendSession.ts";
import type { ReplayOptions } from "../../src/shared/replaySession.ts";
import { openLink, say } from "../support/captures.ts";
import { FAST, listenAs } from "../support/replays.ts";

const session = (options: ReplayOptions): Parameters<typeof sendSession>[0] => {
  const capture = new Capture({ maxBytes: 0 });
  say(capture, openLink(capture, { sockets: { client: "PUSH", server: "PULL" } }), 0, ["job", "1"]);
  const { signal } = new AbortController();
  return { capture, rows: { kind: "all" }, options, signal, onProgress: () => undefined };
};

test("sendSession sends to an endpoint without any tap", async (t) => {
  const { endpoint, peers } = await listenAs(t, "PULL");
  const target = { kind: "endpoint", endpoint, bind: false } as const;
  const { summary } = await sendSession(session({ ...FAST, target }), null, null);
  assert.equal(summary.sent, 1);
  assert.deepEqual(await peers[0]!.until(1), [["job", "1"]]);
});

test("sendSession refuses a tap where there is none, and options that cannot be used", async () => {
  await assert.rejects(sendSession(session(FAST), null, null), { code: "no-tap" });
  assert.throws(() => sendSession(session({ ...FAST, loops: 0 }), null, null), { code: "bad-replay" });
});
