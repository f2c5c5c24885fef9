import assert from "node:assert/strict";
import { test } from "node:test";
import { AskingAll } from "../../../src/proxy/bridge/askingAll.ts";
import type { Asked, Asking, AskingEvents } from "../../../src/proxy/bridge/remote.ts";

/** Remotes that reply when the test says so. */
function groupOf(count: number) {
  const members: { asks: number[]; events: AskingEvents; closed: boolean; self: Asking }[] = [];
  const ends: unknown[] = [];
  const group = new AskingAll(
    count,
    (_index, events) => {
      const member = { asks: [] as number[], events, closed: false, self: {} as Asking };
      member.self = {
        ask: (_asked, timeoutMs) => void member.asks.push(timeoutMs),
        close: () => (member.closed = true),
      };
      members.push(member);
      return member.self;
    },
    {
      replied: (from, _asked, reply) => ends.push([from === group, reply.map(String)]),
      failed: (_from, _asked, why) => ends.push(why),
    },
  );
  const reply = (index: number, asked: Asked, text: string): void =>
    members[index]!.events.replied(members[index]!.self, asked, [Buffer.from(text)]);
  const fail = (index: number, asked: Asked, why: string): void =>
    members[index]!.events.failed(members[index]!.self, asked, why);
  return { group, members, ends, reply, fail, asks: () => members.map(({ asks }) => asks.length) };
}

const ERROR = '{"status_code": 463, "status_message": "boom"}';

test("AskingAll replies when all have, with the first endpoint's reply or the first that is an error", () => {
  const { group, ends, reply } = groupOf(3);
  const asked = { frames: [] };
  group.ask(asked, 100);
  reply(2, asked, "c");
  reply(0, asked, "a");
  assert.deepEqual(ends, []);
  reply(1, asked, "b");
  const other = { frames: [] };
  group.ask(other, 100);
  reply(0, other, "a");
  reply(2, other, ERROR);
  reply(1, other, ERROR);
  assert.deepEqual(ends, [
    [true, ["a"]],
    [true, [ERROR]],
  ]);
});

test("AskingAll fails when one does, and asks only that one again for the same message", () => {
  const { group, ends, reply, fail, asks, members } = groupOf(3);
  const asked = { frames: [] };
  group.ask(asked, 100);
  reply(0, asked, "a");
  fail(1, asked, "b was silent.");
  fail(2, asked, "c was silent.");
  group.ask(asked, 50);
  assert.deepEqual(asks(), [1, 2, 2]);
  reply(1, asked, "b");
  fail(2, asked, "c was silent.");
  group.ask(asked, 50);
  reply(2, asked, "c");
  assert.deepEqual(ends, [
    "2 of 3 remotes failed: b was silent.",
    "1 of 3 remotes failed: c was silent.",
    [true, ["a"]],
  ]);
  group.ask({ frames: [] }, 50);
  assert.deepEqual(asks(), [2, 3, 4]);
  group.close();
  assert.ok(members.every(({ closed }) => closed));
});

test("AskingAll forgets what replied to a message that was given up", () => {
  const { group, reply, fail, asks } = groupOf(2);
  const [first, second] = [{ frames: [] }, { frames: [] }];
  group.ask(first, 100);
  reply(0, first, "a");
  fail(1, first, "b was silent.");
  group.ask(second, 100);
  assert.deepEqual(asks(), [2, 2]);
});
