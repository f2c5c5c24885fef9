import assert from "node:assert/strict";
import { test } from "node:test";
import { parseFilter } from "../../src/shared/filter/parse.ts";
import { choicesAt, takeChoice, withSeen } from "../../webview/filterChoices.ts";

const at = (text: string) => choicesAt(text, text.length);
const labels = (text: string) => at(text).list.map(({ label }) => label);
const take = (text: string, label: string, seen: readonly string[] = []) => {
  const choice = withSeen(at(text), seen).list.find((each) => each.label === label);
  assert.ok(choice, `${label} is not offered for ${text}`);
  return takeChoice(text, choice);
};

test("choicesAt offers fields for the beginning of a word, and takes their place in the text", () => {
  assert.deepEqual(labels("siz"), ["size"]);
  assert.equal(at("siz").isUnasked, true);
  assert.deepEqual(take("siz", "size"), { text: "size ", cursor: 5 });
  assert.deepEqual(take("tap == a and js", "json."), { text: "tap == a and json.", cursor: 18 });
});

test("choicesAt keeps to itself before anything is typed, and when the word is whole, unless it is asked", () => {
  assert.equal(at("").isUnasked, false);
  assert.ok(at("").list.length > 20);
  assert.equal(at("size").isUnasked, false);
  assert.equal(at("size > 1 ").isUnasked, false);
});

test("choicesAt offers operators and the values of an enum at once", () => {
  assert.equal(at("size ").isUnasked, true);
  assert.ok(labels("size ").includes(">="));
  assert.ok(!labels("dir ").includes("matches"));
  assert.equal(at("dir == ").isUnasked, true);
  assert.deepEqual(take("dir == ", "c2s").text, "dir == c2s ");
});

test("takeChoice does not double a blank that stands there already", () => {
  const text = "siz > 5";
  const choice = choicesAt(text, 3).list.find(({ label }) => label === "size");
  assert.deepEqual(takeChoice(text, choice!), { text: "size > 5", cursor: 5 });
});

test("withSeen offers seen values behind the known ones, written so that they parse", () => {
  assert.deepEqual(at("topic == md").seen, { field: "topic", prefix: "md" });
  assert.deepEqual(at('topic == "md').seen, { field: "topic", prefix: "md" });
  const filters = [
    take("topic == md", "md.eur", ["md.eur"]).text,
    take('topic == "md', 'md "x" y', ['md "x" y']).text,
    take("size == ", "12", ["12"]).text,
    take("json.a == ", "true", ["true"]).text,
    take("json.a == ", "a b", ["a b"]).text,
    take("cmd == ", "PING", ["PING"]).text,
  ];
  assert.deepEqual(filters, [
    'topic == "md.eur" ',
    'topic == "md \\"x\\" y" ',
    "size == 12 ",
    "json.a == true ",
    'json.a == "a b" ',
    "cmd == PING ",
  ]);
  for (const text of filters) assert.equal(parseFilter(text).ok, true, text);
  assert.equal(withSeen(at("siz"), ["x"]).list.length, 1);
  assert.equal(withSeen(at("cmd == PIN"), ["PING", ""]).list.length, 1);
});

test("withSeen offers seen names of a decoded value, in brackets where a dot does not do", () => {
  assert.deepEqual(at("json.us").seen, { field: "json.", prefix: "us" });
  assert.equal(take("json.us", "user", ["user"]).text, "json.user");
  assert.equal(take("json.fi", "first name", ["first name"]).text, 'json["first name"]');
});
