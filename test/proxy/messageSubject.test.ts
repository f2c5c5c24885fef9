import assert from "node:assert/strict";
import { test } from "node:test";
import { readFilter } from "../../src/proxy/readFilter.ts";
import { framesOf, type MessagePlace, MessageSubject, type UnkeptMessage } from "../../src/proxy/messageSubject.ts";
import { encodeCommand, encodeMessage, encodeSubscription } from "../../src/proxy/wire/writer.ts";
import { hex, octets } from "../support/octets.ts";

const PLACE: MessagePlace = {
  direction: 1,
  framing: 3,
  origin: "wire",
  link: {
    link: 4,
    tapName: "prices",
    client: "127.0.0.1:5",
    server: "127.0.0.1:6",
    sockets: { client: "SUB", server: "PUB" },
    identity: { client: "", server: "" },
    mechanism: "NULL",
  },
  nowNs: 5e9,
  anchorMs: 1_700_000_000_000,
  said: (frames) => (frames.length === 2 ? { dialect: "json-rpc", method: "add", id: "1" } : null),
};

const message = (...frames: string[]): UnkeptMessage => ({
  bytes: encodeMessage(frames.map(octets)),
  sizeBytes: frames.join("").length,
  isCommand: false,
});
const command = (bytes: Uint8Array): UnkeptMessage => ({ bytes, sizeBytes: bytes.length - 2, isCommand: true });

const filters: [filter: string, subject: UnkeptMessage, passes: boolean, place?: Partial<MessagePlace>][] = [
  ['topic == "a"', message("a", "body"), true],
  ['topic == "b"', message("a", "body"), false],
  ['body contains "od"', message("a", "body"), true],
  ["~b body", message("a", "body"), true],
  ['frame[-1] == "body" and frame[0] == "a" and frames == 2', message("a", "body"), true],
  ["size > 4 and size < 6", message("a", "body"), true],
  ["json.op == 3", message("a", '{"op":3}'), true],
  ["dir == s2c and kind == message", message("a"), true],
  ["dir == c2s", message("a"), false],
  ['tap == "prices" and conn == 4 and socket == PUB', message("a"), true],
  ['method == "add"', message("a", "body"), true],
  ['method == "add"', message("a"), false],
  ["late or dup or heartbeat or pending or latency > 1ms or copies > 0 or marked", message("a"), false],
  ["body", message("a", "body"), true],
  ['event == "ping"', command(encodeCommand("PING", hex("0000"))), true],
  ["kind == command and cmd == PING", command(encodeCommand("PING", hex("0000"))), true],
  ["kind == message", command(encodeCommand("PING", hex("0000"))), false],
  ['event == "subscribe" and topic == "a"', command(encodeSubscription(octets("a"), true, "3.1")), true],
  ['event == "unsubscribe" and topic == "a"', command(encodeSubscription(octets("a"), false, "3.0")), true],
  ['method == "add"', command(encodeSubscription(octets("a"), false, "3.0")), false],
  ['topic == "a"', message("a", "b"), false, { direction: 0 }],
];

for (const [filter, subject, passes, place] of filters) {
  test(`The filter ${filter} ${passes ? "passes" : "does not pass"} ${Buffer.from(subject.bytes).toString("latin1")}`, () => {
    const compiled = readFilter(filter)!;
    assert.equal(compiled.matches(new MessageSubject(subject, { ...PLACE, ...place })), passes ? 1 : 0);
  });
}

test("MessageSubject has the words that the log would show", () => {
  const words = (subject: UnkeptMessage, place: Partial<MessagePlace> = {}): [string, string] => {
    const made = new MessageSubject(subject, { ...PLACE, ...place });
    return [made.topicText(), made.preview()];
  };
  assert.deepEqual(words(message("a", '{"x": 1}')), ["a", '{"x": 1}']);
  assert.deepEqual(words(command(encodeSubscription(octets("a"), true, "3.1"))), ["a", "subscribe a"]);
  assert.deepEqual(words(command(encodeCommand("PING", hex("0000")))), ["", "ping"]);
  const request = {
    direction: 0 as const,
    link: { ...PLACE.link, sockets: { client: "REQ", server: "REP" } as const },
  };
  assert.deepEqual(words(message("", "question"), request), ["question", "question"]);
  const many = Array.from({ length: 30 }, (_, at) => String(at));
  assert.match(words(message(...many))[1], /6 more frames/);
  assert.deepEqual(words({ bytes: encodeMessage([hex("82 a1 61 01 a1 62 02")]), sizeBytes: 7, isCommand: false }), [
    '{"a":1,"b":2}',
    '{"a":1,"b":2}',
  ]);
});

test("framesOf gives the frames of a message in its link's framing", () => {
  const bytes = encodeMessage([octets("one"), octets("")], 1);
  assert.deepEqual(
    framesOf({ bytes }, 1).map((frame) => Buffer.from(frame).toString()),
    ["one", ""],
  );
});
