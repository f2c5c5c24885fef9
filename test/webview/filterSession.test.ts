import assert from "node:assert/strict";
import { test } from "node:test";
import type { FilterState } from "../../src/shared/engineProtocol.ts";
import { FilterSession } from "../../webview/filterSession.ts";
import type { Asker } from "../../webview/viewChannel.ts";

/** An engine whose answers to `filter/start` come when the test says so. */
function makeEngine() {
  const asked: string[] = [];
  const answers: ((state: FilterState | Error) => void)[] = [];
  const ask = (name: string, body: unknown): Promise<unknown> => {
    asked.push(`${name} ${JSON.stringify(body)}`);
    if (name !== "filter/start") return Promise.resolve(null);
    return new Promise((resolve, reject) => {
      answers.push((state) => (state instanceof Error ? reject(state) : resolve(state)));
    });
  };
  return { asked, answers, asker: { ask } as Asker };
}

const found = (filter: number, text: string, hits: number): FilterState => ({
  filter,
  text,
  hits,
  firstHit: 0,
  looked: 100,
  unknown: 0,
  notListed: 0,
  again: 0,
  done: false,
});

const wanted = (text: string, fold = false) => ({ text, fold, foldHeartbeats: false });

function begin() {
  const engine = makeEngine();
  const changes: (number | null)[] = [];
  const failures: unknown[] = [];
  const session = new FilterSession(
    engine.asker,
    (state) => changes.push(state === null ? null : state.hits),
    (error) => failures.push(error),
  );
  return { ...engine, changes, failures, session };
}

test("FilterSession tells how its filter goes on and forgets it when everything is wanted", async () => {
  const { session, asked, answers, changes } = begin();
  const started = session.apply(wanted("add"));
  answers[0]!(found(1, "add", 2));
  await started;
  session.take(found(1, "add", 5));
  session.take(found(9, "other", 7));
  await session.apply(null);
  session.take(found(1, "add", 6));
  assert.deepEqual(changes, [2, 5, null]);
  assert.deepEqual(asked, [
    'filter/start {"text":"add","fold":false,"foldHeartbeats":false}',
    'filter/stop {"filter":1}',
  ]);
});

test("FilterSession stops a filter that was replaced before its answer came", async () => {
  const { session, asked, answers, changes } = begin();
  const first = session.apply(wanted("a"));
  const second = session.apply(wanted("ad"));
  answers[1]!(found(2, "ad", 4));
  answers[0]!(found(1, "a", 9));
  await Promise.all([first, second]);
  assert.deepEqual(changes, [4]);
  assert.equal(asked.at(-1), 'filter/stop {"filter":1}');
  assert.equal(session.state?.filter, 2);
});

test("FilterSession keeps the old filter until the new one has begun", async () => {
  const { session, asked, answers } = begin();
  const first = session.apply(wanted("a"));
  answers[0]!(found(1, "a", 9));
  await first;
  const second = session.apply(wanted("a", true));
  assert.equal(session.state?.filter, 1);
  answers[1]!(found(2, "a", 4));
  await second;
  assert.equal(session.state.filter, 2);
  assert.deepEqual(asked.slice(1), [
    'filter/start {"text":"a","fold":true,"foldHeartbeats":false}',
    'filter/stop {"filter":1}',
  ]);
});

test("FilterSession asks nothing for the same again, and asks anew after a restart", async () => {
  const { session, asked, answers, changes } = begin();
  const started = session.apply(wanted("add"));
  answers[0]!(found(1, "add", 2));
  await Promise.all([started, session.apply(wanted("add"))]);
  await session.apply(wanted("add"));
  assert.equal(asked.length, 1);
  const restarted = session.restart(wanted("add"));
  answers[1]!(found(1, "add", 0));
  await restarted;
  assert.deepEqual(changes, [2, 0]);
  assert.equal(asked.length, 2);
});

test("FilterSession hands a refusal on unless something else is wanted since, and tries again when asked to", async () => {
  const { session, asked, answers, failures, changes } = begin();
  const first = session.apply(wanted("a"));
  const second = session.apply(wanted("b"));
  answers[0]!(new Error("old"));
  answers[1]!(new Error("engine stopped"));
  await Promise.all([first, second]);
  assert.deepEqual(failures.map(String), ["Error: engine stopped"]);
  const third = session.apply(wanted("b"));
  answers[2]!(found(3, "b", 1));
  await third;
  assert.equal(asked.length, 3);
  assert.deepEqual(changes, [1]);
});

test("FilterSession tells that everything is wanted, also while the first answer is still to come", async () => {
  const { session, answers, changes } = begin();
  const started = session.apply(wanted("add"));
  await session.apply(null);
  answers[0]!(found(1, "add", 2));
  await started;
  assert.deepEqual(changes, [null]);
});
