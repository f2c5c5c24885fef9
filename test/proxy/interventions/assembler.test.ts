import assert from "node:assert/strict";
import { test } from "node:test";
import { Assembler, type AssemblerSink } from "../../../src/proxy/interventions/assembler.ts";
import type { Framing } from "../../../src/proxy/wire/frames.ts";
import { encodeCommand, encodeMessage } from "../../../src/proxy/wire/writer.ts";
import { hex, join, octets } from "../../support/octets.ts";

type Found = [kind: string, text: string];

class Recorder implements AssemblerSink {
  readonly found: Found[] = [];
  isFull = false;
  /** Full after each message. */
  stops = false;

  message(bytes: Uint8Array, frames: number, sizeBytes: number): void {
    this.found.push([`message of ${frames}, ${sizeBytes}`, Buffer.from(bytes).toString("hex")]);
    this.isFull = this.stops;
  }

  command(bytes: Uint8Array): void {
    this.found.push(["command", Buffer.from(bytes).toString("hex")]);
  }

  tooLong(bytes: Uint8Array): void {
    this.#add("too long", bytes);
  }

  rest(bytes: Uint8Array): void {
    this.#add("rest", bytes);
  }

  unreadable(bytes: Uint8Array): void {
    this.#add("unreadable", bytes);
  }

  /** Pieces of a kind are joined, since they depend on the chunks. */
  #add(kind: string, bytes: Uint8Array): void {
    const last = this.found.at(-1);
    const text = Buffer.from(bytes).toString("hex");
    if (last?.[0] === kind) last[1] += text;
    else if (text !== "" || kind !== "rest") this.found.push([kind, text]);
  }
}

const cuts: Record<string, (bytes: Uint8Array) => Uint8Array[]> = {
  whole: (bytes) => [bytes],
  "byte by byte": (bytes) => Array.from(bytes, (_, at) => bytes.subarray(at, at + 1)),
  "in fives": (bytes) =>
    Array.from({ length: Math.ceil(bytes.length / 5) }, (_, at) => bytes.subarray(5 * at, 5 * at + 5)),
};

const one = encodeMessage([octets("a")]);
const two = encodeMessage([octets("bb"), octets("")]);
const long = encodeMessage([new Uint8Array(300).fill(7)]);
const ping = encodeCommand("PING", hex("0000"));
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/** A command stands between the frames of `two`. */
const inside = join(two.subarray(0, 4), ping, two.subarray(4));

const streams: Record<string, { bytes: Uint8Array; expected: Found[]; framing?: Framing; maxBytes?: number }> = {
  "messages of one and of several frames": {
    bytes: join(one, two, long),
    expected: [
      ["message of 1, 1", text(one)],
      ["message of 2, 2", text(two)],
      ["message of 1, 300", text(long)],
    ],
  },
  "a command between the frames of a message, which it takes out": {
    bytes: join(inside, one),
    expected: [
      ["command", text(ping)],
      ["message of 2, 2", text(two)],
      ["message of 1, 1", text(one)],
    ],
  },
  "frames with flag bits that nobody knows": {
    bytes: hex("f8 01 61 f9 00 00 00"),
    expected: [
      ["message of 1, 1", "f80161"],
      ["message of 2, 0", "f9000000"],
    ],
  },
  "ZMTP 1.0, whose lengths count the flags": {
    bytes: encodeMessage([octets("abc"), octets("d")], 1),
    framing: 1,
    expected: [["message of 2, 4", text(encodeMessage([octets("abc"), octets("d")], 1))]],
  },
  "a message that is too long, with the command in it, and goes on behind it": {
    bytes: join(one, two.subarray(0, 4), ping, encodeMessage([new Uint8Array(60)]), one),
    maxBytes: 50,
    expected: [
      ["message of 1, 1", text(one)],
      ["command", text(ping)],
      ["too long", text(join(two.subarray(0, 4), encodeMessage([new Uint8Array(60)]).subarray(0, 2)))],
      ["rest", "00".repeat(60)],
      ["message of 1, 1", text(one)],
    ],
  },
  "a message that is too long, with more frames and a command behind the long one": {
    bytes: join(hex("01 3c"), new Uint8Array(60), ping, hex("01 00"), one, one),
    maxBytes: 50,
    expected: [
      ["too long", "013c"],
      ["rest", text(join(new Uint8Array(60), ping, hex("01 00"), one))],
      ["message of 1, 1", text(one)],
    ],
  },
  "a message of very many empty frames": {
    bytes: join(hex("01 00 01 00 01 00 01 00"), one, two),
    maxBytes: 7,
    expected: [
      ["too long", "0100010001000100"],
      ["rest", text(one)],
      ["message of 2, 2", text(two)],
    ],
  },
  "a message whose last frame is empty and the one too many": {
    bytes: join(hex("01 00 01 00 01 00 00 00"), one),
    maxBytes: 7,
    expected: [
      ["too long", "0100010001000000"],
      ["message of 1, 1", text(one)],
    ],
  },
  "a command that is too long, between messages": {
    bytes: join(one, encodeCommand("NAME", new Uint8Array(70_000)), one),
    expected: [
      ["message of 1, 1", text(one)],
      ["too long", text(encodeCommand("NAME", new Uint8Array(70_000)).subarray(0, 9))],
      ["rest", text(encodeCommand("NAME", new Uint8Array(70_000)).subarray(9))],
      ["message of 1, 1", text(one)],
    ],
  },
  "an impossible length, behind which nothing is read": {
    bytes: join(one, two.subarray(0, 4), hex("02 ff 00 00 00 00 00 00 00 00 01 61")),
    expected: [
      ["message of 1, 1", text(one)],
      ["unreadable", text(join(two.subarray(0, 4), hex("02 ff 00 00 00 00 00 00 00")))],
      ["rest", "000161"],
    ],
  },
  "an impossible length in a message that is too long": {
    bytes: join(hex("01 3c"), new Uint8Array(60), hex("02 ff 00 00 00 00 00 00 00"), one),
    maxBytes: 50,
    expected: [
      ["too long", "013c"],
      ["rest", text(join(new Uint8Array(60), hex("02 ff 00 00 00 00 00 00 00"), one))],
    ],
  },
};

for (const [name, { bytes, expected, framing = 3, maxBytes = 1000 }] of Object.entries(streams)) {
  for (const [how, cut] of Object.entries(cuts)) {
    test(`Assembler reads ${name}, ${how}`, () => {
      const sink = new Recorder();
      const assembler = new Assembler(framing, maxBytes, sink);
      for (const chunk of cut(bytes)) assert.equal(assembler.push(chunk), chunk.length);
      assert.deepEqual(sink.found, expected);
    });
  }
}

test("Assembler stops behind the message with which its sink is full", () => {
  const sink = new Recorder();
  const assembler = new Assembler(3, 1000, sink);
  sink.stops = true;
  const bytes = join(one, two, one);
  assert.equal(assembler.push(bytes), one.length);
  assert.equal(assembler.push(bytes.subarray(one.length)), 0);
  sink.isFull = false;
  assert.equal(assembler.push(bytes.subarray(one.length)), two.length);
  assert.equal(sink.found.length, 2);
});

test("Assembler gives what has come of a message under way, at every place", () => {
  const bytes = join(one, inside);
  for (let at = 0; at <= bytes.length; at++) {
    const sink = new Recorder();
    const assembler = new Assembler(3, 1000, sink);
    assembler.push(bytes.subarray(0, at));
    const passed = sink.found.map(([, found]) => found).join("");
    assert.equal(assembler.isStreaming, false);
    // A command that stood in it has gone before it.
    const all = passed + text(assembler.takeUnfinished());
    const sorted = (hexText: string): string => (hexText.match(/../g) ?? []).sort().join("");
    assert.equal(sorted(all), sorted(text(bytes.subarray(0, at))));
    assert.equal(assembler.takeUnfinished().length, 0);
  }
});

test("Assembler gives nothing twice of a message that it passes on as it comes", () => {
  const sink = new Recorder();
  const assembler = new Assembler(3, 50, sink);
  assembler.push(join(hex("01 3c"), new Uint8Array(60), hex("02 00")));
  assert.equal(assembler.isStreaming, true);
  assert.equal(assembler.takeUnfinished().length, 0);
});

test("Assembler lets go of the room that a long message took", () => {
  const sink = new Recorder();
  const assembler = new Assembler(3, 8 * 1024 * 1024, sink);
  const huge = encodeMessage([new Uint8Array(2 * 1024 * 1024)]);
  assembler.push(huge);
  assembler.push(one);
  assert.deepEqual(
    sink.found.map(([kind]) => kind),
    ["message of 1, 2097152", "message of 1, 1"],
  );
});
