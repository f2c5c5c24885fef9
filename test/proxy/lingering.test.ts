import assert from "node:assert/strict";
import { test } from "node:test";
import { Lingering } from "../../src/proxy/lingering.ts";
import { MAX_LINGER_MS } from "../../src/shared/engineProtocol.ts";

function lingering(more: { readonly isOfUse?: boolean; readonly noDoor?: boolean; readonly fails?: boolean } = {}) {
  const door = {
    isFound: true,
    closed: 0,
    close: () => {
      door.closed++;
    },
  };
  const problems: unknown[] = [];
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const counts = { opened: 0, ended: 0 };
  const one = new Lingering({
    openDoor: () => {
      counts.opened++;
      if (more.fails === true) return Promise.reject(new Error("no room"));
      return Promise.resolve(more.noDoor === true ? null : door);
    },
    isOfUse: () => more.isOfUse !== false,
    onEnd: () => {
      counts.ended++;
      end();
    },
    onProblem: (error) => problems.push(error),
    lookMs: 1,
  });
  return { one, door, problems, counts, ended };
}

test("Lingering ends the engine with its host until it is told to wait, and where there is nothing to wait with", async () => {
  const untold = lingering();
  untold.one.lost();
  assert.deepEqual(untold.counts, { opened: 0, ended: 1 });
  for (const useless of [lingering({ isOfUse: false }), lingering({ noDoor: true }), lingering({ fails: true })]) {
    await useless.one.set(1_000_000);
    useless.one.lost();
    assert.deepEqual(useless.counts, { opened: 1, ended: 1 });
  }
});

test("Lingering ends the engine after its time, and as soon as nobody can find it", async () => {
  const waited = lingering();
  await waited.one.set(5);
  waited.one.lost();
  assert.equal(waited.counts.ended, 0);
  await waited.ended;
  const lost = lingering();
  await lost.one.set(MAX_LINGER_MS);
  lost.one.lost();
  lost.door.isFound = false;
  await lost.ended;
  for (const { one } of [waited, lost]) one.close();
});

test("Lingering waits no longer once there is a host, opens one door only, and closes it when it is not wanted", async () => {
  const { one, door, counts } = lingering();
  await Promise.all([one.set(20), one.set(30)]);
  assert.equal(counts.opened, 1);
  one.lost();
  one.found();
  door.isFound = false;
  await new Promise((resolve) => setTimeout(resolve, 60));
  assert.equal(counts.ended, 0);
  await one.set(0);
  assert.equal(door.closed, 1);
  one.lost();
  assert.equal(counts.ended, 1);
  one.close();
});

test("Lingering says why no door can be opened, and closes one that opens too late", async () => {
  const failing = lingering({ fails: true });
  await failing.one.set(1000);
  assert.match(String(failing.problems[0]), /no room/);
  const late = lingering();
  const opening = late.one.set(1000);
  late.one.close();
  await opening;
  assert.equal(late.door.closed, 1);
});
