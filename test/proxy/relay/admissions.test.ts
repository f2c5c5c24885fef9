import assert from "node:assert/strict";
import { test } from "node:test";
import { Admissions } from "../../../src/proxy/relay/admissions.ts";

const ADDRESS = "tcp://127.0.0.1:50000";

test("Admissions lets everybody in without a list", () => {
  const admissions = new Admissions(null);
  assert.equal(admissions.judge("a", ADDRESS), "allow");
  assert.deepEqual(admissions.waiting, []);
});

test("Admissions lets those on its list in, and counts the attempts of those that wait", () => {
  const admissions = new Admissions(["a"]);
  assert.equal(admissions.judge("a", ADDRESS), "allow");
  assert.deepEqual([admissions.judge("b", ADDRESS), admissions.judge("c", ADDRESS)], ["wait", "wait"]);
  assert.equal(admissions.judge("b", "tcp://127.0.0.1:50001"), "wait");
  // The newest stands last.
  assert.deepEqual(admissions.waiting, [
    { client: "c", address: ADDRESS, attempts: 1, isDenied: false },
    { client: "b", address: "tcp://127.0.0.1:50001", attempts: 2, isDenied: false },
  ]);
});

test("Admissions heeds the user's word from the next attempt on, and lets it be changed", () => {
  const admissions = new Admissions([]);
  admissions.judge("a", ADDRESS);
  admissions.decide("a", true);
  assert.deepEqual([admissions.waiting, admissions.judge("a", ADDRESS)], [[], "allow"]);
  admissions.decide("a", false);
  assert.deepEqual([admissions.judge("a", ADDRESS), admissions.judge("a", ADDRESS)], ["deny", "deny"]);
  assert.deepEqual(admissions.waiting, [{ client: "a", address: ADDRESS, attempts: 2, isDenied: true }]);
  admissions.decide("a", true);
  assert.equal(admissions.judge("a", ADDRESS), "allow");
});

test("Admissions of a new list lets its clients wait no more, and keeps what was denied by hand", () => {
  const admissions = new Admissions([]);
  for (const client of ["a", "b", "c"]) admissions.judge(client, ADDRESS);
  admissions.decide("c", false);
  admissions.setList(["a"]);
  assert.deepEqual(
    admissions.waiting.map(({ client, isDenied }) => [client, isDenied]),
    [
      ["b", false],
      ["c", true],
    ],
  );
  admissions.setList(null);
  assert.deepEqual(admissions.waiting, []);
});

test("Admissions holds the newest 50 of those that wait, whatever the flood of keys", () => {
  const admissions = new Admissions([]);
  for (let index = 0; index < 10_000; index++) admissions.judge(`client ${index}`, ADDRESS);
  assert.equal(admissions.waiting.length, 50);
  assert.equal(admissions.waiting.at(-1)!.client, "client 9999");
  assert.equal(admissions.waiting[0]!.client, "client 9950");
});

test("Admissions holds no more than 50 denied ones either", () => {
  const admissions = new Admissions([]);
  for (let index = 0; index < 1000; index++) admissions.decide(`client ${index}`, false);
  assert.equal(admissions.waiting.length, 50);
});
