import assert from "node:assert/strict";
import { test } from "node:test";
import type { FilterState } from "../../src/shared/engineProtocol.ts";
import { SearchSession } from "../../webview/searchSession.ts";
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
  search,
  text,
  hits,
  looked: 100,
  done: false,
});

function begin() {
  const engine = makeEngine();
  const changes: (number | null)[] = [];
  const failures: unknown[] = [];
  const session = new SearchSession(
    engine.asker,
    (state) => changes.push(state === null ? null : state.hits),
    (error) => failures.push(error),
  );
  return { ...engine, changes, failures, session };
}

test("SearchSession tells how its search goes on and forgets it when the text is empty", async () => {
  const { session, asked, answers, changes } = begin();
  const started = session.search("add");
  answers[0]!(found(1, "add", 2));
  await started;
  session.take(found(1, "add", 5));
  session.take(found(9, "other", 7));
  await session.search("");
  session.take(found(1, "add", 6));
  assert.deepEqual(changes, [2, 5, null]);
  assert.deepEqual(asked, ['filter/start {"text":"add"}', 'filter/stop {"search":1}']);
});

test("SearchSession stops a search that was replaced before its answer came", async () => {
  const { session, asked, answers, changes } = begin();
  const first = session.search("a");
  const second = session.search("ad");
  answers[1]!(found(2, "ad", 4));
  answers[0]!(found(1, "a", 9));
  await Promise.all([first, second]);
  assert.deepEqual(changes, [4]);
  assert.equal(asked.at(-1), 'filter/stop {"search":1}');
  assert.equal(session.state?.filter, 2);
});

test("SearchSession asks nothing for the same text again, and asks anew after a restart", async () => {
  const { session, asked, answers, changes } = begin();
  const started = session.search("add");
  answers[0]!(found(1, "add", 2));
  await started;
  await session.search("add");
  assert.equal(asked.length, 1);
  const restarted = session.restart();
  answers[1]!(found(1, "add", 0));
  await restarted;
  assert.deepEqual(changes, [2, 0]);
  assert.equal(asked.length, 2);
  assert.equal(session.text, "add");
});

test("SearchSession hands a refusal on, unless the text has changed since", async () => {
  const { session, answers, failures } = begin();
  const first = session.search("a");
  const second = session.search("b");
  answers[0]!(new Error("old"));
  answers[1]!(new Error("engine stopped"));
  await Promise.all([first, second]);
  assert.deepEqual(failures.map(String), ["Error: engine stopped"]);
});
