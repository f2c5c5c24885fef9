import assert from "node:assert/strict";
import { test } from "node:test";
import { frameCountDiffers } from "../../../src/proxy/findings/frameCountDiffers.ts";
import { link, linkClosed, type SeenParts, type WatchedRule, watchRule } from "../../support/seenRows.ts";

const PUB = link(1, { sockets: { client: "SUB", server: "PUB" } });

function publish({ see }: WatchedRule, times: number, frames: number, parts: SeenParts = {}): void {
  const body = Array.from({ length: frames }, (_, frame) => `frame ${frame}`);
  for (let time = 0; time < times; time++) see({ link: PUB, dir: "s2c", frames: body, ...parts });
}

test("frameCountDiffers tells a message that differs once usual ones have followed", () => {
  const watched = watchRule(frameCountDiffers);
  publish(watched, 41, 2);
  publish(watched, 1, 1);
  publish(watched, 9, 2);
  assert.deepEqual(watched.said(), []);
  publish(watched, 30, 2);
  const [finding, ...others] = watched.told();
  assert.deepEqual(others, []);
  assert.equal(finding!.text, "A message has 1 frame, and the 50 others of this stream have 2 frames each.");
  assert.deepEqual([finding!.severity, finding!.evidence, finding!.count, finding!.link], ["note", [42], 1, 1]);
});

test("frameCountDiffers is silent without a habit, at the end of a stream, and on the first message of a link", () => {
  const mixed = watchRule(frameCountDiffers);
  for (let time = 0; time < 50; time++) {
    publish(mixed, 20, 2);
    publish(mixed, 1, 3);
  }
  const ending = watchRule(frameCountDiffers);
  publish(ending, 100, 2);
  publish(ending, 1, 1);
  const greeting = watchRule(frameCountDiffers);
  publish(greeting, 1, 1);
  publish(greeting, 100, 2);
  const second = { link: link(2, { sockets: { client: "SUB", server: "PUB" } }) };
  publish(greeting, 1, 1, second);
  publish(greeting, 50, 2, second);
  for (const { said } of [mixed, ending, greeting]) assert.deepEqual(said(), []);
});

test("frameCountDiffers takes back what turns out to be another kind of message, and gives up on many kinds", () => {
  const watched = watchRule(frameCountDiffers);
  publish(watched, 40, 2);
  for (let time = 0; time < 2; time++) {
    publish(watched, 1, 3);
    publish(watched, 20, 2);
  }
  assert.equal(watched.said().length, 1);
  publish(watched, 1, 3);
  assert.deepEqual(watched.said(), []);
  publish(watched, 40, 2);
  assert.deepEqual(watched.said(), []);
  publish(watched, 1, 4);
  publish(watched, 20, 2);
  assert.equal(watched.said().length, 1);
  for (let frames = 5; frames <= 12; frames++) publish(watched, 1, frames);
  publish(watched, 20, 2);
  assert.deepEqual(watched.said(), []);
});

test("frameCountDiffers keeps what is rare, and tells it again with the latest one", () => {
  const watched = watchRule(frameCountDiffers);
  for (let time = 0; time < 4; time++) {
    publish(watched, 1_000, 2);
    publish(watched, 1, 1);
  }
  publish(watched, 20, 2);
  assert.deepEqual([watched.told().length, watched.told()[0]!.count], [1, 4]);
});

test("frameCountDiffers looks at streams only, leaves copies, heartbeats and what a dialect reads", () => {
  for (const parts of [
    { link: link(1, { sockets: { client: "REQ", server: "REP" } }) },
    { link: link(1, { sockets: { client: null, server: null } }) },
    { isCopy: true },
    { heartbeat: true },
    { said: { dialect: "voisietequi", method: "configure", id: null } },
    { link: null },
  ] satisfies SeenParts[]) {
    const watched = watchRule(frameCountDiffers);
    publish(watched, 100, 2);
    publish(watched, 1, 1, parts);
    publish(watched, 50, 2);
    assert.deepEqual(watched.said(), []);
  }
});

test("frameCountDiffers remembers the habit of a stream beyond its links", () => {
  const watched = watchRule(frameCountDiffers);
  const push = (number: number): SeenParts => ({
    link: link(number, { sockets: { client: "PUSH", server: "PULL" } }),
    dir: "c2s",
  });
  publish(watched, 50, 2, push(1));
  watched.see(linkClosed(link(1)));
  watched.see({ link: null, event: "server-down", detail: {} });
  publish(watched, 5, 2, push(2));
  publish(watched, 1, 3, push(2));
  publish(watched, 20, 2, push(2));
  assert.deepEqual(
    watched.told().map(({ about }) => about),
    ["orders PUSH 0 3"],
  );
});
