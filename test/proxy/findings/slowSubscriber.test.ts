import assert from "node:assert/strict";
import { test } from "node:test";
import { slowSubscriber } from "../../../src/proxy/findings/slowSubscriber.ts";
import { RowTape } from "../../support/rowTape.ts";

test("a subscriber that is held up most of the time is told while it lasts", () => {
  const rows = new RowTape(slowSubscriber);
  rows.open(1);
  rows.open(2);
  rows.publish([1, 2], "a", "b");
  rows.heldUpMs.set(2, 1900);
  rows.wait(1000);
  assert.deepEqual(rows.ids, []);
  rows.wait(1000);
  const found = rows.only("slow-subscriber");
  assert.match(found.text, /^Link 2 \(127\.0\.0\.1:40002\) does not keep up: for 1\.9 of the last 2\.0 s/);
  assert.deepEqual([found.link, found.evidence], [2, [4, 6]]);
  rows.heldUpMs.set(2, 1900 + 500);
  rows.wait(2000);
  assert.equal(rows.only("slow-subscriber").isOver, true);
  rows.heldUpMs.set(2, 5000);
  rows.wait(2000);
  assert.deepEqual([rows.only("slow-subscriber").isOver, rows.only("slow-subscriber").times], [false, 2]);
  rows.close(2);
  assert.equal(rows.only("slow-subscriber").isOver, true);
});

test("one that never got anything has its handshake for proof", () => {
  const rows = new RowTape(slowSubscriber);
  rows.open(1);
  rows.heldUpMs.set(1, 3000);
  rows.wait(3000);
  assert.deepEqual(rows.only("slow-subscriber").evidence, [2]);
});

test("other sockets are not watched, nor is a file", () => {
  const rows = new RowTape(slowSubscriber);
  rows.open(1, { sockets: { client: "PULL", server: "PUSH" } });
  rows.open(2);
  rows.heldUpMs.set(1, 10_000);
  rows.wait(5000);
  rows.isLive = false;
  rows.heldUpMs.set(2, 10_000);
  rows.wait(5000);
  rows.close(1);
  assert.deepEqual(rows.ids, []);
});
