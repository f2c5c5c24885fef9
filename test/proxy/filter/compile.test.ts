import assert from "node:assert/strict";
import { test } from "node:test";
import { pack } from "msgpackr";
import { type CompiledFilter, compileFilter } from "../../../src/proxy/filter/compile.ts";
import type { Subject } from "../../../src/proxy/filter/subject.ts";
import { parseFilter } from "../../../src/shared/filter/parse.ts";
import { ANCHOR_MS, LINK, type PlainRow, row, toSubject } from "../../support/filterRows.ts";
import { random } from "../../support/random.ts";

function compile(text: string): CompiledFilter {
  const parsed = parseFilter(text);
  assert.ok(parsed.ok, `${text}: ${JSON.stringify(parsed)}`);
  return compileFilter(parsed.ast);
}

const request = row({
  n: 5,
  dir: "c2s",
  exchange: "pending",
  timeNs: 8e9,
  frames: ["", '{"user":"bob","tags":["x","y"],"n":1}'],
  note: "look here",
  topicText: "Login",
  preview: '{"user":"bob"}',
});
const publication = row({
  kind: "message",
  dir: "s2c",
  isPubSub: true,
  copies: 2,
  frames: ["md.EUR", Uint8Array.of(1, 0, 255)],
  link: { ...LINK, sockets: { client: "SUB", server: "PUB" }, mechanism: "CURVE", isDecrypted: true },
});
const subscription = row({
  kind: "command",
  dir: "c2s",
  event: "subscribe",
  topicText: "md.",
  finding: { ids: ["near-miss-topic", "slow-joiner"], severity: "error" },
});
const reply = row({
  dir: "s2c",
  exchange: "reply",
  latencyNs: 0,
  frames: ["ok"],
  origin: "call",
  finding: { ids: ["reply-after-reconnect"], severity: "note" },
});
const opened = row({
  kind: "event",
  dir: null,
  event: "link-opened",
  topicText: "127.0.0.1:40001",
  preview: "link opened",
});
const rows: Record<string, PlainRow> = { request, publication, subscription, reply, opened };

const passes: readonly [text: string, names: string][] = [
  ["", "request publication subscription reply opened"],
  ["dir", "request publication subscription reply"],
  ["kind == command", "subscription"],
  ["exchange", "request reply"],
  ["exchange == none", "publication subscription opened"],
  ["pending && age == 2s", "request"],
  ["latency", "reply"],
  ["latency < 1ms", "reply"],
  ["copies", "publication"],
  ["frames > 1", "request publication"],
  ["frames", "request publication reply"],
  ["conn == 3", "request publication subscription reply opened"],
  ["decrypted", "publication"],
  ["mech == CURVE", "publication"],
  ["socket == PUB", "publication"],
  ["socket == SUB", ""],
  ["peer == worker-1", "request subscription opened"],
  ["peer contains 40001", "request subscription opened"],
  ["src == 10.0.0.0/8", "publication reply"],
  ["dst == 10.1.2.3:5555", "request subscription"],
  ["addr == 127.0.0.1", "request publication subscription reply opened"],
  ["all(addr) == 127.0.0.1", ""],
  ["identity == worker-1", "request publication subscription reply opened"],
  ["all(identity) startswith work", "request publication subscription reply opened"],
  ["count(identity) == 1", "request publication subscription reply opened"],
  ["identity[0:4] == work", "request publication subscription reply opened"],
  ["len(identity) == 8", "request publication subscription reply opened"],
  ["topic startswith md.", "publication subscription"],
  ["topic[-3:] == EUR", "publication"],
  ["count(topic) == 1", "publication subscription"],
  ["cmd in {SUBSCRIBE, CANCEL} and topic startswith md.", "subscription"],
  ["cmd == subscribe", "subscription"],
  ["cmd contains SCRIB", "subscription"],
  ["cmd in {A..Z}", "subscription"],
  ["event", "subscription opened"],
  ["event == link-opened", "opened"],
  ["comment", "request"],
  ["len(comment) == 9", "request"],
  ['lower(comment) == "look here"', "request"],
  ["count(comment) == 0", "publication subscription reply opened"],
  ["frame[0] == ok", "reply"],
  ["frame[0]", "request publication reply"],
  ["frame[-2]", "request publication"],
  ["count(frame[1]) == 1", "request publication"],
  ["count(frame) == 2", "request publication"],
  ["frame[1][0:2] == 01:00", "publication"],
  ["len(frame[0]) == 0", "request"],
  ["text contains EUR", "publication"],
  ["all(text) == ok", "reply"],
  ["count(text) == 1", "publication reply"],
  ["len(text) == 2", "reply"],
  ['json.user == "bob" and !json.nothing', "request"],
  ["json.user in {bob, x}", "request"],
  ["json.user in {a..c}", "request"],
  ["json.n in {0..2}", "request"],
  ["json.n in {0..z}", ""],
  ["json.n in {true, null, 1}", "request"],
  ["json.n == true", ""],
  ["json.user < 5", ""],
  ["len(json.tags) == 2", "request"],
  ["len(json.user) == 3", "request"],
  ["len(json.n) == 1", ""],
  ["lower(json.user) matches ^BOB$", "request"],
  ["json.tags[1] == y", "request"],
  ["body matches user.*bob", "request"],
  ["~b \\xff", "publication"],
  ["login", "request"],
  ['"LINK OPEN"', "opened"],
  ["~c SUBSCRIBE or marked", "subscription"],
  ["count(dir) == 0", "opened"],
  ["count(exchange) == 1", "request reply"],
  ["count(latency) == 1", "reply"],
  ["count(time) == 1 and count(marked) == 1", "request publication subscription reply opened"],
  ["time == 2026-11-25T12:00:08Z", "request"],
  ["finding", "subscription reply"],
  ["finding == slow-joiner", "subscription"],
  ["finding in {slow-joiner, reply-after-reconnect}", "subscription reply"],
  ["finding matches ^re", "reply"],
  ["all(finding) contains joiner", ""],
  ["all(finding) contains o", "subscription reply"],
  ["count(finding) == 2", "subscription"],
  ["count(finding) == 0", "request publication opened"],
  ["lower(finding) startswith near", "subscription"],
  ["sev", "subscription reply"],
  ["sev == note", "reply"],
  ["sev > note", "subscription"],
  ["sev <= warning", "reply"],
  ["sev in {note..error}", "subscription reply"],
  ["count(sev) == 1", "subscription reply"],
  ["~e", "subscription"],
];

for (const [text, names] of passes) {
  test(`compileFilter lets pass with "${text}": ${names || "nothing"}`, () => {
    const { matches } = compile(text);
    const passed = Object.keys(rows).filter((name) => matches(toSubject(rows[name]!)) === 1);
    assert.equal(passed.join(" "), names);
    const inverse = compile(text === "" ? "!~all" : `not (${text})`);
    for (const name of Object.keys(rows)) {
      assert.equal(inverse.matches(toSubject(rows[name]!)), passed.includes(name) ? 0 : 1, name);
    }
  });
}

test("compileFilter tells a missing member from false, and an inequality is the opposite of an equality", () => {
  const no = toSubject(row({ frames: ['{"ok":false}'] }));
  const missing = toSubject(row({ frames: ["{}"] }));
  assert.deepEqual([no, missing].map(compile("json.ok == false").matches), [1, 0]);
  assert.deepEqual([no, missing].map(compile("!json.ok").matches), [0, 1]);
  assert.deepEqual([no, missing].map(compile("json.ok != false").matches), [0, 1]);
});

test("compileFilter compares strings of JSON by their text, not by how it was written", () => {
  const subject = toSubject(row({ frames: ['{"a":"\\u0062ob\\n","b":"\\x"}'] }));
  for (const text of ['json.a == "bob\\n"', "json.a startswith bob", "len(json.a) == 4", "~all and json.b"]) {
    assert.equal(compile(text).matches(subject), 1, text);
  }
  for (const text of ["json.b == x", "len(json.b) == 2"]) assert.equal(compile(text).matches(subject), 0, text);
});

test("compileFilter reads MessagePack maps and lists, each frame once per row", () => {
  const subject = toSubject(
    row({ frames: [pack({ user: "bob", list: [1, 2] }), pack([true]), "text", pack(5), "\u0081"] }),
  );
  for (const text of ["msgpack.user == bob and msgpack.list[1] == 2", "msgpack[0] == true", "count(msgpack) == 2"]) {
    assert.equal(compile(text).matches(subject), 1, text);
  }
});

test("compileFilter finds what only the decoder says of MessagePack", () => {
  const subject = toSubject(row({ frames: [pack({ at: new Date(ANCHOR_MS) })] }));
  assert.equal(compile("msgpack.at.$time startswith 2026-11-25").matches(subject), 1);
});

test("compileFilter sees in MessagePack that not all values are equal", () => {
  const subject = toSubject(row({ frames: [pack({ a: "x" }), pack({ a: "y" }), pack({ b: "x" })] }));
  assert.equal(compile("all(msgpack.a) == x").matches(subject), 0);
  assert.equal(compile("all(msgpack.b) == x").matches(subject), 1);
  assert.equal(compile("msgpack.a == x").matches(subject), 1);
});

test("compileFilter counts a broken list as having no length", () => {
  assert.equal(compile("len(json.a) >= 0").matches(toSubject(row({ frames: ['{"a":[1 2]}'] }))), 0);
});

test("compileFilter answers unknown only where the unknown part decides", () => {
  const draw = random(1);
  const hard = Uint8Array.from({ length: 300_000 }, () => 0x61 + draw(2));
  const subject = toSubject(row({ frames: [hard], tap: "t" }));
  const regex = `body matches "a[ab]{200}c"`;
  const cases: Record<string, number> = {
    [regex]: -1,
    [`!${regex}`]: -1,
    [`${regex} and tap == t`]: -1,
    [`${regex} and tap == x`]: 0,
    [`${regex} or tap == t`]: 1,
    [`${regex} or tap == x`]: -1,
    [`all(body) matches "a[ab]{200}c"`]: -1,
    [`frame[0] matches "a[ab]{200}c"`]: -1,
  };
  for (const [text, verdict] of Object.entries(cases)) assert.equal(compile(text).matches(subject), verdict, text);
});

test("compileFilter keeps nothing of a row: a subject that moves is judged anew", () => {
  let frame = Buffer.from('{"a":1}');
  const subject: Subject = { ...toSubject(row({ frames: ["{}"] })), frame: () => frame };
  const { matches } = compile("json.a == 1 and json.a < 2");
  assert.equal(matches(subject), 1);
  frame = Buffer.from('{"a":2}');
  assert.equal(matches(subject), 0);
});

test("compileFilter sees what a link's handshake tells later", () => {
  const link = { ...LINK, mechanism: null as string | null };
  const subject: Subject = { ...toSubject(row()), link };
  const { matches } = compile("mech == CURVE");
  assert.equal(matches(subject), 0);
  link.mechanism = "CURVE";
  assert.equal(matches(subject), 1);
});

test("compileFilter passes over frames that are not kept", () => {
  const kept: Subject = {
    ...toSubject(row({ frames: ["a", "b"] })),
    frame: (index) => (index === 1 ? Buffer.from("b") : null),
  };
  assert.equal(compile("body == b").matches(kept), 1);
  assert.equal(compile("all(body) == b").matches(kept), 1);
  assert.equal(compile("count(body) == 1").matches(kept), 1);
});

test("compileFilter remembers verdicts of no more texts than it may", () => {
  const { matches } = compile("tap matches ^t.*9$");
  for (let number = 0; number < 3000; number++) {
    const tap = `t${number}${number % 500 === 0 ? "x".repeat(2000) : ""}`;
    assert.equal(matches(toSubject(row({ tap }))), tap.endsWith("9") ? 1 : 0);
  }
});

test("compileFilter judges a time of day by the local day", () => {
  const at = new Date(ANCHOR_MS + 5000);
  const clock = [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, "0"))
    .join(":");
  const subject = toSubject(row({ timeNs: 5.5e9 }));
  assert.equal(compile(`time == ${clock}`).matches(subject), 1);
  assert.equal(compile(`time > ${clock}`).matches(subject), 0);
  assert.equal(compile(`time in {${clock}..23:59:59}`).matches(subject), 1);
});

test("compileFilter says when the index is enough", () => {
  for (const text of [
    "dir == c2s and size > 5",
    "mech == NULL or addr == 10.0.0.1",
    "cmd in {PING, PONG}",
    "~marked",
    "event",
  ]) {
    assert.equal(compile(text).needsBytes, false, text);
  }
  for (const text of [
    "topic",
    "~b x",
    "json.a",
    "hello",
    "cmd == HELLO",
    "cmd contains P",
    "!body contains x",
    "~q ~t x",
  ]) {
    assert.equal(compile(text).needsBytes, true, text);
  }
});

const needles: Record<string, string | null> = {
  "body contains needle": "needle",
  "frame[0] == needle": "needle",
  "frame[1][0:6] startswith needle": "needle",
  "all(body) contains needle": "needle",
  "text contains needle": "needle",
  "body in {needle}": "needle",
  "dir == c2s and body contains ab and body contains abc": "abc",
  'body matches "(?-i)x*needle(y|z)"': "needle",
  'body matches "[0-9]+12345"': "12345",
  'body matches "(?-i)(?:needle)+"': "needle",
  "body matches needle": null,
  "body matches 12": null,
  "body in {a, b}": null,
  "body in {a..b}": null,
  "body > a": null,
  "lower(body) contains a": null,
  "len(body) == 5": null,
  "count(body) == 1": null,
  "!body contains a": null,
  "body contains a or body contains a": null,
  'body contains ""': null,
  "json.a == b": null,
  "msgpack.user.id == 5": "user",
  "msgpack.user == needle": "needle",
  "all(msgpack.user) == needle": "needle",
  "lower(msgpack.user) == needle": "user",
  "msgpack.user > needle": "user",
  "msgpack[0] == 5": null,
  "msgpack.t.$time startswith 2026": null,
  "topic == a": null,
  hello: null,
};

for (const [text, needle] of Object.entries(needles)) {
  test(`compileFilter has ${needle === null ? "no octets" : `the octets ${needle}`} to look for of ${text}`, () => {
    const found = compile(text).needle;
    assert.equal(found && Buffer.from(found).toString(), needle);
  });
}
