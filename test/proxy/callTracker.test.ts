import assert from "node:assert/strict";
import { test } from "node:test";
import { CallTracker } from "../../src/proxy/callTracker.ts";
import { Capture, type CapturedLink } from "../../src/proxy/capture/capture.ts";
import type { RowSaid } from "../../src/proxy/capture/talk.ts";
import type { SaidKind } from "../../src/shared/dialects.ts";
import type { Direction } from "../../src/shared/model.ts";
import { MIB, openLink, say } from "../support/captures.ts";

function tracking() {
  const capture = new Capture({ maxBytes: 64 * MIB });
  const tracker = new CallTracker(capture);
  const link = openLink(capture);
  const said = (kind: SaidKind, id: string | null, direction: Direction = 0, on: CapturedLink = link): number => {
    const n = say(capture, on, direction, ["x"]);
    const row: RowSaid = { dialect: "zerorpc", kind, method: "", problem: null, id };
    tracker.said(capture.row(n)!, row);
    return n;
  };
  const state = (n: number): string => {
    const { exchange, partner, isLate, isDuplicate } = capture.row(n)!;
    return `${exchange} ${partner ?? "-"}${isLate ? " late" : ""}${isDuplicate ? " dup" : ""}`;
  };
  return { capture, tracker, link, said, state };
}

test("Calls and replies, and errors, are paired by their ids in any order, and both sides may ask with the same ids", () => {
  const { said, state } = tracking();
  const [a, b, back] = [said("call", "1"), said("call", "2"), said("call", "1", 1)];
  const [errorB, replyBack, replyA] = [said("error", "2", 1), said("reply", "1", 0), said("reply", "1", 1)];
  assert.deepEqual([a, b, back, errorB, replyBack, replyA].map(state), [
    `answered ${replyA}`,
    `answered ${errorB}`,
    `answered ${replyBack}`,
    `reply ${b}`,
    `reply ${back}`,
    `reply ${a}`,
  ]);
});

test("What has no id, and what is neither call nor reply, is left alone", () => {
  const { said, state } = tracking();
  const rows = [said("call", null), said("call", ""), said("event", "1"), said("heartbeat", "1"), said("signal", "1")];
  assert.deepEqual(
    rows.map(state),
    rows.map(() => "none -"),
  );
});

test("A reply to nothing is unasked", () => {
  const { said, state } = tracking();
  assert.equal(state(said("reply", "9", 1)), "unasked -");
});

test("What REQ and REP prove by their order stands above ids", () => {
  const { capture, tracker, link, said, state } = tracking();
  const [a, b] = [said("call", "1"), said("call", "2")];
  const reply = say(capture, link, 1, ["x"]);
  capture.paired(a, reply, false);
  tracker.said(capture.row(reply)!, { dialect: "zerorpc", kind: "reply", method: "", problem: null, id: "2" });
  assert.deepEqual([a, b, reply].map(state), [`answered ${reply}`, "pending -", `reply ${a}`]);
});

test("Open calls of a closed link are lost, answered ones stay, and its ids are free", () => {
  const { tracker, link, said, state } = tracking();
  const [a, b] = [said("call", "1"), said("call", "2")];
  const reply = said("reply", "1", 1);
  tracker.closed(link.info.link);
  tracker.closed(link.info.link);
  assert.deepEqual([a, b, reply].map(state), [`answered ${reply}`, "lost -", `reply ${a}`]);
  assert.equal(state(said("call", "2")), "pending -");
});

test("Only so many ids, and so many calls of one id, are remembered", () => {
  const { tracker, said, state } = tracking();
  const first = said("call", "first");
  for (let index = 0; index < 65_536; index++) said("call", String(index));
  assert.equal(tracker.overflow, 1);
  assert.equal(state(said("reply", "first", 1)), "unasked -");
  assert.equal(state(first), "pending -");
  for (let index = 0; index < 100; index++) said("call", "same");
  for (let index = 0; index < 64; index++) assert.match(state(said("reply", "same", 1)), /^reply/);
  assert.match(state(said("reply", "same", 1)), /^unasked - dup/);
  tracker.clear();
  assert.equal(state(said("call", "same")), "pending -");
});

test("Calls of a link that was forgotten wait no longer, and their replies belong to nothing", () => {
  const { tracker, link, said, state } = tracking();
  const call = said("call", "1");
  assert.deepEqual(tracker.links(), [link.info.link]);
  tracker.forget(link.info.link);
  assert.deepEqual(tracker.links(), []);
  assert.deepEqual([state(call), state(said("reply", "1", 1))], ["none -", "unasked -"]);
  tracker.forget(99);
});
