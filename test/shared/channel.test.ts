import assert from "node:assert/strict";
import { test } from "node:test";
import { Channel, type Handlers } from "../../src/shared/channel.ts";
import { UserError } from "../../src/shared/userError.ts";

type Questions = {
  double: { ask: number; answer: number };
  fail: { ask: "user" | "bug"; answer: null };
};
type None = Record<string, never>;

const answers: Handlers<Questions> = {
  double: (n) => Promise.resolve(n * 2),
  fail: (how) => {
    if (how === "user") throw new UserError("too-bad", "It failed, because. Do this.");
    throw new Error("broken");
  },
};

/** Both ends of a channel, and what the asking end was told. */
function joined() {
  const notices: string[] = [];
  const asking = new Channel<Questions, string, None, never>(
    { post: (value) => answering.receive(value) },
    {},
    (notice) => notices.push(notice),
  );
  const answering = new Channel<None, never, Questions, string>(
    { post: (value) => asking.receive(value) },
    answers,
    () => undefined,
  );
  return { asking, answering, notices };
}

test("Channel answers what is asked", async () => {
  const { asking } = joined();
  assert.deepEqual(await Promise.all([asking.ask("double", 2), asking.ask("double", 21)]), [4, 42]);
});

test("Channel sends failures back as a code and a sentence, never as a stack", async () => {
  const { asking } = joined();
  await assert.rejects(asking.ask("fail", "user"), { code: "too-bad", message: "It failed, because. Do this." });
  await assert.rejects(asking.ask("fail", "bug"), { code: "bug", message: /broken/ });
});

test("Channel refuses a question that nothing answers, inherited names too", async () => {
  const { asking } = joined();
  const any = asking as unknown as Channel<{ toString: { ask: null; answer: null } }, never, None, never>;
  await assert.rejects(any.ask("toString", null), { code: "unknown-request" });
});

test("Channel carries notices", () => {
  const { answering, notices } = joined();
  answering.notify("grew");
  assert.deepEqual(notices, ["grew"]);
});

test("Channel refuses what is open and what comes later once it is closed", async () => {
  const posted: unknown[] = [];
  const channel = new Channel<Questions, string, None, never>(
    { post: (value) => posted.push(value) },
    {},
    () => undefined,
  );
  const open = assert.rejects(channel.ask("double", 1), { code: "engine-stopped" });
  channel.close({ code: "engine-stopped", message: "The engine has stopped. Start it again." });
  channel.close({ code: "other", message: "Too late." });
  await open;
  await assert.rejects(channel.ask("double", 1), { code: "engine-stopped" });
  channel.notify(undefined as never);
  assert.equal(posted.length, 1);
});

test("Channel posts no answer after it was closed", async () => {
  const posted: unknown[] = [];
  const channel = new Channel<None, never, Questions, never>(
    { post: (value) => posted.push(value) },
    answers,
    () => undefined,
  );
  channel.receive({ kind: "ask", id: 1, name: "double", body: 1 });
  channel.close({ code: "x", message: "x" });
  await Promise.resolve();
  assert.deepEqual(posted, []);
});

test("Channel drops values of no known shape and answers to nothing", () => {
  const { asking } = joined();
  for (const value of [null, 1, "x", {}, { kind: "nonsense" }, { kind: "answer", id: 99, body: 1 }])
    asking.receive(value);
  asking.receive({ kind: "refuse", id: 99, error: { code: "x", message: "x" } });
});

test("Channel drops what is of no known shape, and goes on", async () => {
  const { asking, answering, notices } = joined();
  const wrong = [
    null,
    7,
    "ask",
    [],
    {},
    { kind: "x" },
    { kind: "ask" },
    { kind: "ask", id: "1", name: "double", body: 1 },
    { kind: "ask", id: 1, name: 5, body: 1 },
    { kind: "answer" },
    { kind: "answer", id: 99, body: 1 },
    { kind: "refuse", id: 1 },
    { kind: "refuse", id: 1, error: null },
    { kind: "refuse", id: 1, error: { code: 5, message: "no" } },
    { kind: "notice" },
    { kind: "notice", notice: null },
  ];
  for (const value of wrong) {
    asking.receive(value);
    answering.receive(value);
  }
  assert.deepEqual(notices, []);
  assert.equal(await asking.ask("double", 4), 8);
});
