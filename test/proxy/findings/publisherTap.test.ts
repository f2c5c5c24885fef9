import assert from "node:assert/strict";
import { test } from "node:test";
import { PublisherTap } from "../../../src/proxy/findings/publisherTap.ts";
import { octets } from "../../support/octets.ts";

test("PublisherTap keeps a set of subscriptions per link, and joins those of one topic", () => {
  const tap = new PublisherTap("tap");
  const one = tap.subscriber(1, "a:1", false, 0)!;
  const two = tap.subscriber(2, "a:2", false, 0)!;
  assert.equal(tap.subscriber(1, "a:1", false, 9), one);
  tap.topics.place(octets("md.a"), 4);
  assert.equal(tap.subscribe(one, octets("md."), 5, 1)?.isFirst, true);
  assert.equal(tap.subscribe(one, octets("md."), 6, 1), null);
  assert.equal(tap.subscribe(two, octets("md."), 7, 1)?.isFirst, false);
  assert.equal(tap.topics.covering[0], 1);
  assert.equal(tap.unsubscribe(one, octets("md.")), null);
  assert.equal(tap.unsubscribe(one, octets("md.")), null);
  assert.equal(tap.unsubscribe(two, octets("md."))?.n, 5);
  assert.deepEqual([tap.topics.covering[0], tap.subscriptions.size, tap.unmatched.size], [0, 0, 0]);
});

test("a link that closes takes its subscriptions along", () => {
  const tap = new PublisherTap("tap");
  const one = tap.subscriber(1, "a:1", false, 0)!;
  tap.takesAll(one);
  tap.takesAll(one);
  assert.equal(tap.getAll, 1);
  tap.subscribe(one, octets("a"), 1, 0);
  tap.subscribe(one, octets("b"), 2, 0);
  assert.deepEqual(
    tap.close(1).map(({ n }) => n),
    [1, 2],
  );
  assert.deepEqual([tap.close(1), tap.getAll], [[], 0]);
});

test("the tap's own subscriber is known until its link closes", () => {
  const tap = new PublisherTap("tap");
  const own = tap.subscriber(1, "", true, 0)!;
  tap.watch = own;
  tap.takesAll(own);
  assert.equal(tap.getAll, 0);
  tap.close(1);
  assert.equal(tap.watch, null);
});

test("who gets what nobody asked for is unpredictable", () => {
  const tap = new PublisherTap("tap");
  const one = tap.subscriber(1, "", false, 0)!;
  const { subscription } = tap.subscribe(one, octets("a"), 1, 0)!;
  assert.equal(tap.isUnpredictable(subscription), false);
  one.received = 2;
  assert.equal(tap.isUnpredictable(subscription), true);
  tap.matched(subscription);
  assert.equal(tap.isUnpredictable(subscription), false);
});

test("it says when it cannot keep all", () => {
  const tap = new PublisherTap("tap");
  const one = tap.subscriber(0, "", false, 0)!;
  for (let link = 1; link < 1024; link++) tap.subscriber(link, "", false, 0);
  assert.equal(tap.isPartial, false);
  assert.equal(tap.subscriber(5000, "", false, 0), undefined);
  assert.equal(tap.isPartial, true);
  const other = new PublisherTap("other");
  assert.equal(other.subscribe(one, new Uint8Array(300), 1, 0), null);
  assert.equal(other.isPartial, true);
  for (let topic = 0; topic < 1024; topic++) assert.notEqual(other.subscribe(one, octets(`${topic}`), 1, 0), null);
  assert.equal(other.subscribe(one, octets("more"), 1, 0), null);
  other.forgetCounts();
  assert.equal(other.unmatched.size, 0);
});
