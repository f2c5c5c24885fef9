import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Repeats, type FoldedFailures } from "../../src/proxy/repeats.ts";
import type { Verdict } from "../../src/shared/model.ts";
import { failedWith, wrongKey } from "../support/verdicts.ts";

const SERVER = "127.0.0.1:5556";

function repeatsOf(t: TestContext) {
  let nowMs = 1_000;
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(performance, "now", () => nowMs);
  const written: FoldedFailures[] = [];
  let changes = 0;
  const repeats = new Repeats(
    (folded) => written.push(folded),
    () => changes++,
  );
  t.after(() => repeats.end());
  let link = 0;
  return {
    repeats,
    written,
    changes: () => changes,
    pass: (ms: number) => {
      nowMs += ms;
      t.mock.timers.tick(ms);
    },
    fail: (client = "127.0.0.1", verdict: Verdict = wrongKey, state: "failed" | "waiting" = "failed") => {
      const detail = { ...failedWith(verdict), state };
      return repeats.fold({ link: ++link, client: `${client}:${40_000 + link}`, server: SERVER, detail, verdict });
    },
  };
}

test("Repeats tells the first failure in full, and twelve within two seconds in one row", (t) => {
  const { repeats, written, fail, pass } = repeatsOf(t);
  assert.equal(repeats.expects("127.0.0.1:1", SERVER), false);
  assert.equal(fail(), false);
  for (let attempt = 2; attempt <= 12; attempt++) {
    pass(180);
    assert.equal(repeats.expects("127.0.0.1:1", SERVER), true);
    assert.equal(fail(), true);
  }
  assert.equal(written.length, 0);
  pass(2_500);
  assert.equal(written.length, 1);
  const { host, server, count, forMs, everyMs, links, verdict } = written.at(-1)!;
  assert.deepEqual(
    { host, server, count, forMs, everyMs, links, id: verdict.id },
    {
      host: "127.0.0.1",
      server: SERVER,
      count: 12,
      forMs: 1_980,
      everyMs: 180,
      links: [1, 12],
      id: "wrong-server-key",
    },
  );
});

test("Repeats writes ever more seldom while a client goes on failing", (t) => {
  const { written, fail, pass } = repeatsOf(t);
  fail();
  for (let attempt = 0; attempt < 1_200; attempt++) {
    pass(100);
    fail();
  }
  // After 2.5, 5, 10, 20, 40 s, and then each minute.
  assert.equal(written.length, 5);
  assert.equal(written.at(-1)!.count, 776);
});

test("Repeats counts apart what differs in client, server or verdict", (t) => {
  const { repeats, fail } = repeatsOf(t);
  assert.equal(fail(), false);
  assert.equal(fail("10.0.0.1"), false);
  assert.equal(fail("127.0.0.1", { ...wrongKey, id: "other" }), false);
  assert.equal(fail("127.0.0.1", { ...wrongKey, leg: "server" }), false);
  assert.equal(repeats.expects("127.0.0.1:1", "127.0.0.1:9"), false);
  assert.equal(repeats.expects("10.0.0.2:1", SERVER), false);
  assert.equal(fail(), true);
});

test("Repeats begins anew when a client has not failed for a while", (t) => {
  const { repeats, written, fail, pass } = repeatsOf(t);
  fail();
  fail();
  pass(90_001);
  assert.equal(written.length, 1);
  assert.equal(repeats.expects("127.0.0.1:1", SERVER), false);
  assert.equal(fail(), false);
});

test("Repeats lists the clients that fail, until they get through or cease", (t) => {
  const { repeats, fail, pass, changes } = repeatsOf(t);
  const failing = (): unknown => repeats.failing.map(({ client, count, verdict }) => [client, count, verdict.id]);
  fail();
  fail("10.0.0.1");
  fail();
  assert.deepEqual(failing(), [
    ["10.0.0.1", 1, wrongKey.id],
    ["127.0.0.1", 2, wrongKey.id],
  ]);
  repeats.flush("127.0.0.1:9", true);
  assert.deepEqual(failing(), [["10.0.0.1", 1, wrongKey.id]]);
  fail();
  assert.equal(repeats.failing.length, 2);
  const before = changes();
  pass(40_000);
  assert.deepEqual(failing(), []);
  assert.ok(changes() > before);
});

test("Repeats does not list a link that stands still, which is open, until there are more", (t) => {
  const { repeats, fail } = repeatsOf(t);
  fail("127.0.0.1", wrongKey, "waiting");
  assert.deepEqual(repeats.failing, []);
  fail("127.0.0.1", wrongKey, "waiting");
  assert.equal(repeats.failing.length, 1);
});

test("Repeats writes what is folded before another outcome is told, of that client only", (t) => {
  const { repeats, written, fail } = repeatsOf(t);
  for (const client of ["127.0.0.1", "127.0.0.1", "10.0.0.1", "10.0.0.1"]) fail(client);
  repeats.flush("127.0.0.1:7", false);
  assert.deepEqual(
    written.map(({ host }) => host),
    ["127.0.0.1"],
  );
  repeats.end();
  assert.deepEqual(
    written.map(({ host }) => host),
    ["127.0.0.1", "10.0.0.1"],
  );
});

test("Repeats takes all links over ipc for one client, since they have no address", (t) => {
  const { repeats } = repeatsOf(t);
  const fail = (client: string): boolean =>
    repeats.fold({ link: 1, client, server: "ipc #1", detail: failedWith(wrongKey), verdict: wrongKey });
  assert.equal(fail("ipc #1"), false);
  assert.equal(repeats.failing[0]?.client, "ipc");
});

test("Repeats holds a bounded number of series", (t) => {
  const { repeats, fail } = repeatsOf(t);
  for (let client = 0; client < 300; client++) fail(`10.0.0.${client}`);
  assert.equal(repeats.failing.length, 256);
  assert.equal(repeats.expects("10.0.0.0:1", SERVER), false);
});
