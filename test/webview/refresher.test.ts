import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Refresher } from "../../webview/refresher.ts";

/** Questions wait until they are answered by hand. */
class Questions {
  asked = 0;
  #answer: (() => void) | undefined;
  readonly refresher: Refresher;

  /** Its clock is the one that the mocked timers move. */
  constructor(now: () => number = () => Date.now()) {
    this.refresher = new Refresher(
      () =>
        new Promise((resolve) => {
          this.asked++;
          this.#answer = resolve;
        }),
      now,
    );
  }

  /** Answers the question that is under way, and lets what follows happen. */
  async answer(): Promise<void> {
    this.#answer?.();
    for (let i = 0; i < 5; i++) await Promise.resolve();
  }
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 }));
afterEach(() => mock.timers.reset());

test("Refresher asks at once when it is shown, and never while it is hidden", async () => {
  const questions = new Questions();
  questions.refresher.grew();
  mock.timers.tick(60_000);
  assert.equal(questions.asked, 0);
  questions.refresher.show(true);
  assert.equal(questions.asked, 1);
  await questions.answer();
  questions.refresher.grew();
  questions.refresher.show(false);
  mock.timers.tick(60_000);
  assert.equal(questions.asked, 1);
  questions.refresher.show(true);
  assert.equal(questions.asked, 2);
});

test("Refresher asks at most twice a second while the capture grows", async () => {
  const questions = new Questions();
  questions.refresher.show(true);
  await questions.answer();
  const before = questions.asked;
  for (let i = 0; i < 100; i++) {
    questions.refresher.grew();
    mock.timers.tick(100);
    await questions.answer();
  }
  const asked = questions.asked - before;
  assert.ok(asked >= 19 && asked <= 20, String(asked));
});

test("Refresher never asks twice at a time, and catches up when a slow answer has come", async () => {
  const questions = new Questions();
  questions.refresher.show(true);
  questions.refresher.grew();
  questions.refresher.again();
  mock.timers.tick(10_000);
  assert.equal(questions.asked, 1);
  await questions.answer();
  assert.equal(questions.asked, 2);
});

test("Refresher asks a few times more when all is quiet, then rests until there is more", async () => {
  const questions = new Questions();
  questions.refresher.show(true);
  await questions.answer();
  for (let i = 0; i < 600; i++) {
    mock.timers.tick(100);
    await questions.answer();
  }
  assert.equal(questions.asked, 4);
  questions.refresher.grew();
  assert.equal(questions.asked, 5);
});

test("Refresher does not wait when something else is to be shown", async () => {
  const questions = new Questions();
  questions.refresher.show(true);
  await questions.answer();
  questions.refresher.again();
  assert.equal(questions.asked, 2);
});

test("Refresher neither hurries nor rests when the machine's clock is set", async () => {
  for (const setTo of [1000, 100_000_000]) {
    const began = performance.now();
    const questions = new Questions(() => performance.now());
    questions.refresher.show(true);
    await questions.answer();
    mock.timers.setTime(setTo);
    questions.refresher.grew();
    // On a machine that is too slow the next question is due by now.
    assert.ok(questions.asked === 1 || performance.now() - began >= 500);
    mock.timers.tick(500);
    assert.equal(questions.asked, 2);
  }
});
