import assert from "node:assert/strict";
import { test } from "node:test";
import { Delivery } from "../../../src/proxy/bridge/delivery.ts";
import { BridgeQueue } from "../../../src/proxy/bridge/queue.ts";
import type { Question, Remotes } from "../../../src/proxy/bridge/remotes.ts";
import { noCounts } from "../../../src/shared/bridges.ts";
import { until } from "../../support/until.ts";

/** A queue and its delivery to a remote that does what the test says. */
async function deliveryOf({ maxAgeMs = 0, now = Date.now }: { maxAgeMs?: number; now?: () => number } = {}) {
  const reports: string[] = [];
  const limits = { maxMessages: 100, maxBytes: 100_000, maxAgeMs };
  const queue = await BridgeQueue.open({
    limits,
    folder: null,
    now,
    report: (report) => reports.push(report.kind === "dropped" ? `dropped: ${report.why}` : report.kind),
  });
  const asked: { text: string; question: Question; leftMs: number }[] = [];
  const remotes = {
    ask: (question: Question) =>
      void asked.push({
        text: question.frames.map(String).join(),
        question,
        leftMs: question.deadlineMs - performance.now(),
      }),
  } as Partial<Remotes> as Remotes;
  const counters = noCounts();
  const problems: string[] = [];
  let delivered = 0;
  const delivery = new Delivery({
    queue,
    remotes,
    counters,
    maxAgeMs,
    onProblem: (problem) => problems.push(problem),
    onDelivered: () => delivered++,
  });
  const put = async (text: string): Promise<void> => {
    assert.equal(await queue.put([Buffer.from(text)]), null);
    delivery.wake();
  };
  const isAsked = (text: string): Promise<unknown> => until(() => asked.at(-1)?.text === text);
  return { queue, delivery, asked, counters, problems, reports, put, isAsked, delivered: () => delivered };
}

test("Delivery brings messages one by one in order, and counts errors as delivered", async () => {
  const { asked, put, isAsked, counters, problems, queue, delivered, delivery } = await deliveryOf();
  for (const text of ["a", "b", "c"]) await put(text);
  await isAsked("a");
  assert.equal(asked.length, 1);
  assert.equal(asked[0]!.leftMs, Infinity);
  delivery.answered([Buffer.from("ok")]);
  await isAsked("b");
  delivery.answered([Buffer.from('{"status_code": 463, "status_message": "boom"}')]);
  await isAsked("c");
  assert.equal(queue.counts().queued, 1);
  delivery.answered([]);
  assert.deepEqual([counters.delivered, counters.errors, delivered(), queue.counts().queued], [3, 1, 3, 0]);
  assert.deepEqual(problems, ["A remote replied with an error: boom"]);
});

test("Delivery gives up what failed, leaves it to the queue what is too old, and goes on", async () => {
  let nowMs = 1_000_000;
  const { asked, put, isAsked, reports, delivery } = await deliveryOf({ maxAgeMs: 500, now: () => nowMs });
  for (const text of ["a", "b"]) await put(text);
  await isAsked("a");
  delivery.failed("It was silent.", false);
  await isAsked("b");
  assert.deepEqual(reports, ["dropped: It was silent"]);
  nowMs += 600;
  await put("c");
  delivery.failed("Too late.", true);
  await isAsked("c");
  assert.deepEqual(reports.slice(1), ["expired"]);
  assert.equal(asked.length, 3);
});

test("Delivery that ends leaves the message under way in the queue", async () => {
  const { put, isAsked, queue, delivery, asked } = await deliveryOf();
  await put("a");
  await isAsked("a");
  delivery.end();
  delivery.failed("It ended.", false);
  delivery.wake();
  assert.deepEqual([queue.counts().queued, asked.length], [1, 1]);
});

test("Delivery tells when the disk does not give a message back, and tries again", async (t) => {
  const { put, problems, queue, isAsked } = await deliveryOf();
  const head = t.mock.method(queue, "head", () => Promise.reject(new Error("The disk is gone.")));
  await put("a");
  await until(() => problems.length > 0);
  assert.deepEqual(problems, ["The disk is gone."]);
  head.mock.restore();
  await isAsked("a");
});
