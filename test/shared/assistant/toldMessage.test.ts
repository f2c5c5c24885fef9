import assert from "node:assert/strict";
import { test } from "node:test";
import { Packr } from "msgpackr";
import { testAssistant } from "../../support/assistant.ts";
import { encodeFrame, openLink, say } from "../../support/captures.ts";

type Frame = { readonly frame: number; readonly value?: unknown; readonly [name: string]: unknown };

const framesOf = (told: Readonly<Record<string, unknown>>): readonly Frame[] => told["frames"] as readonly Frame[];
const SOCKETS = { client: "REQ", server: "REP" } as const;

test("get_zmq_message decodes every frame, without secrets", async (t) => {
  const { capture, use } = testAssistant(t);
  const link = openLink(capture, { sockets: SOCKETS });
  const packed = new Packr({ useRecords: false }).pack({ token: "abc", n: 1, nothing: null });
  const row = say(capture, link, 0, [
    "",
    '{"user":"bob","password":"hunter2"}',
    packed,
    "login with api_key=abc please",
    Buffer.from("000102ff80", "hex"),
    "<a><password>x</password></a>",
  ]);
  const told = await use("get_zmq_message", { row });
  assert.deepEqual(
    framesOf(told).map(({ value }) => value),
    [
      "",
      { user: "bob", password: "[redacted]" },
      { token: "[redacted]", n: 1, nothing: null },
      "login with api_key=[redacted] please",
      "00000000  00 01 02 ff 80                                    .....",
      "<a>\n  <password>[redacted]</password>\n</a>",
    ],
  );
  assert.equal(framesOf(told)[0]!["role"], "delimiter");
  assert.equal(told["truncated"], undefined);
  assert.equal((told["row"] as { n: number }).n, row);
});

test("get_zmq_message withholds octets that nobody decoded with a secret's name among them, and what a name precedes", async (t) => {
  const { capture, use } = testAssistant(t);
  const link = openLink(capture);
  const octets = say(capture, link, 0, [Buffer.from("\x00\x01password\xff\xfehunter2", "latin1")]);
  const [frame] = framesOf(await use("get_zmq_message", { row: octets }));
  assert.equal(frame!.value, "[redacted]");
  assert.match(String(frame!["why"]), /nobody decoded/);
  const named = say(capture, link, 0, ["auth.token", "abcdef", "more"]);
  const told = await use("get_zmq_message", { row: named });
  assert.deepEqual(
    framesOf(told).map(({ value }) => value),
    ["auth.token", "[redacted]", "[redacted]"],
  );
  assert.ok(!JSON.stringify(told).includes("abcdef"));
  const found = await use("search_zmq_messages");
  assert.ok(!/hunter2|abcdef/.test(JSON.stringify(found)));
});

test("get_zmq_message tells everything when redaction is off", async (t) => {
  const { capture, use } = testAssistant(t, { redact: false });
  const link = openLink(capture);
  const row = say(capture, link, 0, [
    "password",
    '{"password":"hunter2"}',
    Buffer.from("\x00\x01password\xff", "latin1"),
  ]);
  assert.deepEqual(
    framesOf(await use("get_zmq_message", { row }))
      .map(({ value }) => value)
      .slice(0, 2),
    ["password", { password: "hunter2" }],
  );
  assert.ok(JSON.stringify(await use("search_zmq_messages")).includes("hunter2"));
});

test("get_zmq_message is bounded, and says what is cut", async (t) => {
  const { capture, use } = testAssistant(t);
  const link = openLink(capture);
  const long = say(capture, link, 0, ["x".repeat(3_000_000), JSON.stringify(Array(5000).fill("abcdefgh"))]);
  const told = await use("get_zmq_message", { row: long, maxCharacters: 1000 });
  assert.equal(told["truncated"], true);
  assert.ok(JSON.stringify(told).length < 3000);
  assert.match(
    String(told["note"]),
    /^Truncated: frame 0 is decoded from its beginning only; frame 0 is cut: 1000 of its \d+ characters are here; frame 1 is cut: 40 of its/,
  );
  const many = say(capture, link, 0, Array<string>(40).fill("x"));
  const frames = await use("get_zmq_message", { row: many });
  assert.equal(framesOf(frames).length, 32);
  assert.match(String(frames["note"]), /8 more frames are not told of/);
});

test("get_zmq_message shortens very large values, and says so", async (t) => {
  const { capture, use } = testAssistant(t);
  const row = say(capture, openLink(capture), 0, [JSON.stringify(Array(200_000).fill(12345))]);
  const told = await use("get_zmq_message", { row, maxCharacters: 100_000 });
  assert.match(String(told["note"]), /frame 0 is shortened, since its value is very large/);
});

test("get_zmq_message tells the beginning of JSON that is too large to be decoded, and why of what cannot be", async (t) => {
  const { capture, use } = testAssistant(t);
  const link = openLink(capture);
  const text = JSON.stringify({ password: "hunter2", list: Array(500_000).fill("abcdefgh") });
  const row = say(capture, link, 0, [text]);
  const [frame] = framesOf(await use("get_zmq_message", { row, maxCharacters: 500 }));
  assert.match(String(frame!.value), /^\{"password":"\[redacted\]","list":\["abcdefgh"/);
  const numpy = Buffer.from("\x93NUMPY\x01\x00\x10\x00cut off", "latin1");
  const [cut] = framesOf(await use("get_zmq_message", { row: say(capture, link, 0, [numpy]) }));
  assert.match(String(cut!["problem"]), /cut off in its header/);
});

test("get_zmq_message describes images, events and encrypted frames", async (t) => {
  const { capture, use } = testAssistant(t);
  const link = openLink(capture);
  const gif = Buffer.from("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7", "base64");
  const image = say(capture, link, 0, [gif]);
  assert.equal(
    framesOf(await use("get_zmq_message", { row: image }))[0]!.value,
    "a GIF image of 1 × 1 pixels, which is not told",
  );
  const sealed = encodeFrame(Buffer.from("sealed"), 4);
  const chunk = capture.append(link, 0, sealed, 0);
  const encrypted = capture.encrypted(link, 0, chunk, 0, sealed.length, 6, 0);
  assert.match(JSON.stringify(await use("get_zmq_message", { row: encrypted })), /the tap has no keys for it/);
  capture.event(null, "id-tap", "tap", "fault", { reason: "it broke" });
  const event = await use("get_zmq_message", { row: capture.lastN });
  assert.match(JSON.stringify(event["event"]), /it broke/);
});

test("get_zmq_message tells what a call and its reply say", async (t) => {
  const { engine, capture, use } = testAssistant(t);
  const link = openLink(capture, { sockets: SOCKETS });
  const call = say(capture, link, 0, [
    "",
    '{"jsonrpc":"2.0","id":1,"method":"login","params":{"user":"bob","password":"hunter2"}}',
  ]);
  const reply = say(capture, link, 1, ["", '{"jsonrpc":"2.0","id":1,"result":{"token":"abc","ok":true}}']);
  await (await engine.dialogue).settled();
  const told = await use("get_zmq_message", { row: call });
  const said = told["said"] as Record<string, unknown>;
  assert.deepEqual(
    [said["kind"], said["method"], said["kwargs"]],
    ["call", "login", { user: "bob", password: "[redacted]" }],
  );
  const answered = await use("get_zmq_message", { row: reply });
  assert.deepEqual((answered["said"] as Record<string, unknown>)["value"], { token: "[redacted]", ok: true });
  assert.ok(!/hunter2|"abc"/.test(JSON.stringify([told, answered])));
});

test("get_zmq_message says when a row is gone", async (t) => {
  const { use } = testAssistant(t);
  await assert.rejects(use("get_zmq_message", { row: 99 }), { name: "UserError" });
});
