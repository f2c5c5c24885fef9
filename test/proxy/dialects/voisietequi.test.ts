import assert from "node:assert/strict";
import { test } from "node:test";
import { voisietequi } from "../../../src/proxy/dialects/voisietequi.ts";
import { dialectTools } from "../../../src/proxy/dialectTools.ts";
import type { DialectCall } from "../../../src/shared/dialects.ts";
import {
  framesOf,
  fuzzDialect,
  messageOf,
  octets,
  randomJson,
  randomObject,
  randomText,
  roundTrips,
  saidBy,
} from "../../support/dialects.ts";
import { seedMessages } from "../../support/seedMessages.ts";

const published = (text: string) => messageOf([text], "PUB", "SUB");
const said = (text: string) => saidBy(voisietequi, published(text));
const refusal = (call: Partial<DialectCall>): string => {
  const encoded = voisietequi.encode({ method: "m", args: [], kwargs: {}, fields: {}, ...call }, null, dialectTools);
  return "problem" in encoded ? encoded.problem : "";
};

test("The form in production says a name, arguments and arguments by name", () => {
  const { kind, method, args, kwargs } = said('["configure", ["roma2016"], {"PD": {"1": 2}}]');
  assert.deepEqual([kind, method, args, kwargs], ["signal", "configure", ["roma2016"], { PD: { "1": 2 } }]);
  assert.equal(voisietequi.confidence(published('["a b",[],{}]')), 0.5);
});

test("A computer that is not configured is an error", () => {
  assert.equal(said('["computer_configured",[],{"configured":true}]').kind, "signal");
  const error = said('["computer_configured",[],{"configured":false}]');
  assert.deepEqual(
    [error.kind, error.method, error.problem],
    ["error", "computer_configured", "The computer is not configured."],
  );
});

test("A topic before an object is split from it; its cmd is the method", () => {
  const { kind, method, kwargs, facts } = said('politiche2013 {"cmd": "configure", "response_channel": "tcp://a:1"}');
  assert.deepEqual([kind, method, kwargs], ["signal", "configure", { response_channel: "tcp://a:1" }]);
  assert.deepEqual(facts, [{ label: "Topic", value: "politiche2013" }]);
  const other = said('news {"a": 1}');
  assert.deepEqual([other.kind, other.method, other.value], ["event", "news", { a: 1 }]);
  assert.equal(voisietequi.confidence(messageOf(['news {"a":1}'], "REQ", "REP")), 0);
});

test("A topic and a number are told where they are published", () => {
  const { kind, method, args } = said("10001 -12");
  assert.deepEqual([kind, method, args], ["event", "10001", [-12]]);
  assert.equal(voisietequi.confidence(published("10001 -12")), 0.6);
  assert.equal(voisietequi.confidence(messageOf(["10001 -12"], "PUSH", "PULL")), 0);
  assert.equal(voisietequi.confidence(published("1000 -12")), 0);
});

test("Answers, results and mail forms of the prototype are told apart", () => {
  const form = (text: string): unknown[] => {
    const { kind, method, facts } = saidBy(voisietequi, messageOf([text], "PUSH", "PULL"));
    return [kind, method, facts[0]?.value];
  };
  assert.deepEqual(form('{"computer":7,"status":"configured"}'), ["event", "configured", "answer"]);
  assert.deepEqual(form('{"unit":4711,"status":"configured"}'), ["event", "configured", "answer"]);
  assert.deepEqual(form('{"x":0.31,"y":-1.2}'), ["event", "", "result"]);
  assert.deepEqual(form('{"unit":1,"counter":3,"x":0.31,"y":-1.2}'), ["event", "", "result"]);
  assert.deepEqual(form('{"email":"a@b.c","user_agent":"u","service_uri":"s"}'), ["event", "", "mail form"]);
  const bare = '{"x":0.31,"y":-1.2}';
  assert.equal(voisietequi.confidence(messageOf([bare], "PUSH", "PULL")), 0.3);
  assert.equal(voisietequi.confidence(published(bare)), 0);
});

test("What has none of the forms is a problem in words", () => {
  for (const bad of [
    "text",
    ' {"cmd":"a"}',
    'a  {"cmd":"a"}',
    'ü {"cmd":"a"}',
    'a {"cmd":"a"',
    `${"a".repeat(65)} {"cmd":"a"}`,
    "[1,[],{}]",
    '["a",[],{},1]',
    '["a",{},[]]',
    '{"unit":"1","status":"configured"}',
    '{"status":"configured"}',
    '{"status":5,"unit":1}',
    '{"x":1}',
    '{"email":"a@b.c","user_agent":5,"service_uri":"s"}',
  ]) {
    const message = published(bad);
    assert.ok("problem" in voisietequi.decode(message, null, dialectTools), bad);
    assert.equal(voisietequi.confidence(message), 0);
  }
  assert.ok("problem" in voisietequi.decode(messageOf(["a", "b"]), null, dialectTools));
});

test("A field chooses the form of a message", () => {
  assert.deepEqual(framesOf(voisietequi, { method: "save", args: ["roma"], kwargs: { code: "x" } }), [
    octets('["save",["roma"],{"code":"x"}]'),
  ]);
  assert.deepEqual(
    framesOf(voisietequi, { method: "configure", kwargs: { a: "ž" }, fields: { form: "command", topic: "roma" } }),
    [octets('roma {"cmd":"configure","a":"ž"}')],
  );
  assert.deepEqual(framesOf(voisietequi, { method: "10001", args: [-5], fields: { form: "number" } }), [
    octets("10001 -5"),
  ]);
});

test("What has no place in a form is refused", () => {
  assert.match(refusal({ method: "" }), /needs a name/);
  assert.match(refusal({ fields: { form: "letter" } }), /must be one of array, command, number/);
  assert.match(refusal({ args: [NaN] }), /no place for NaN/);
  for (const topic of [undefined, "", "a b", 5, "x".repeat(65)]) {
    assert.match(refusal({ fields: { form: "command", topic } }), /needs a topic/);
  }
  assert.match(refusal({ args: [1], fields: { form: "command", topic: "t" } }), /no positional/);
  assert.match(refusal({ kwargs: { cmd: 1 }, fields: { form: "command", topic: "t" } }), /`cmd`/);
  assert.match(refusal({ kwargs: { a: NaN }, fields: { form: "command", topic: "t" } }), /no place for NaN/);
  for (const call of [
    { method: "10001", args: [] },
    { method: "10001", args: ["1"] },
    { method: "10001", args: [1.5] },
    { method: "10001", args: [1, 2] },
    { method: "10001", args: [1], kwargs: { a: 1 } },
    { method: "rome1", args: [1] },
  ]) {
    assert.match(refusal({ ...call, fields: { form: "number" } }), /five digits/);
  }
});

test("Nothing is answered", () => {
  assert.ok("problem" in voisietequi.answer(published("10001 1"), { kind: "value", value: 1 }, null, dialectTools));
});

test("Messages of each form are read as they were written", () => {
  const method = (below: (limit: number) => number): string => randomText(below);
  const array = roundTrips(
    voisietequi,
    (below) => ({ method: method(below), args: [randomJson(below)], kwargs: randomObject(below) }),
    ["PUSH", "PULL"],
  );
  const command = roundTrips(
    voisietequi,
    (below) => ({
      method: method(below),
      kwargs: randomObject(below),
      fields: { form: "command", topic: "roma.2016" },
    }),
    ["PUB", "SUB"],
  );
  const number = roundTrips(
    voisietequi,
    (below) => ({
      method: String(10_000 + below(90_000)),
      args: [below(400) - 200],
      fields: { form: "number" },
    }),
    ["PUB", "SUB"],
  );
  assert.ok(array > 1500 && command > 1500 && number === 2000);
});

test("voisietequi takes any octets", () => fuzzDialect(voisietequi, seedMessages("voisietequi")));
