import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeCallFrame, formatFrames, parseFrames, toCallFrame } from "../../src/shared/frameText.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function framesOf(text: string): readonly Uint8Array[] {
  const parsed = parseFrames(text);
  assert.ok(parsed.kind === "frames", JSON.stringify(parsed));
  return parsed.frames;
}

const roundTrips: Record<string, readonly Uint8Array[]> = {
  "one frame of text": [utf8("10001 -12")],
  "an empty delimiter before a payload": [new Uint8Array(0), utf8('{"a":1}')],
  "several lines of text": [utf8("a\nb\n\nc")],
  "text that ends in line ends": [utf8("a\n\n"), utf8("\n")],
  "blanks at the ends": [utf8("  a  ")],
  "a carriage return, which editors unify": [utf8("a\r\nb")],
  "a byte order mark": [utf8("\ufeffa")],
  "control characters": [Uint8Array.of(0, 1, 2, 127)],
  "invalid UTF-8": [Uint8Array.of(0xff, 0xfe, 0x80)],
  "a line that looks like a marker": [utf8("--- frame 2: text\nx")],
  "a first line that looks like the heading": [utf8("# heading")],
  "a line separator, which editors warn of": [utf8("a\u2028b")],
  "more bytes than one line of hex holds": [Uint8Array.from({ length: 100 }, (_, i) => i)],
  "text beyond the first plane": [utf8("grüße 🌡️")],
};

for (const [name, frames] of Object.entries(roundTrips)) {
  test(`parseFrames reads back ${name}`, () => {
    assert.deepEqual(framesOf(formatFrames(["heading", "line two"], frames)), frames);
  });

  test(`parseFrames reads back ${name} when the editor writes CRLF`, () => {
    assert.deepEqual(framesOf(formatFrames([], frames).replaceAll("\n", "\r\n")), frames);
  });
}

test("parseFrames reads back any bytes", () => {
  let seed = 12345;
  const random = (below: number): number => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % below;
  const alphabet = [10, 10, 32, 35, 45, 97, 98, 13, 0, 0xc3, 0xa4, 0xff];
  for (let round = 0; round < 3000; round++) {
    const frames = Array.from({ length: 1 + random(4) }, () =>
      Uint8Array.from({ length: random(9) }, () => alphabet[random(round % 2 === 0 ? 7 : alphabet.length)]!),
    );
    assert.deepEqual(framesOf(formatFrames(["h"], frames)), frames);
  }
});

test("formatFrames writes text as text and everything else as hex", () => {
  assert.equal(
    formatFrames(["Message 7"], [utf8("hello"), Uint8Array.of(0, 255)]),
    "# Message 7\n--- frame 0: text\nhello\n--- frame 1: hex\n00 ff\n",
  );
});

test("parseFrames reads every format", () => {
  const text =
    '--- frame 1: json\n{"a": 1}\n--- frame 2: base64\naGVs\nbG8=\n--- frame 3: HEX\n00 fF\n\n--- frame\nplain\n';
  assert.deepEqual(framesOf(text), [utf8('{"a": 1}'), utf8("hello"), Uint8Array.of(0, 255), utf8("plain")]);
});

const base64: Record<string, string> = { "": "", "Zg==": "f", "Zm8=": "fo", Zm9v: "foo", Zm9vYg: "foob" };
for (const [written, bytes] of Object.entries(base64)) {
  test(`parseFrames reads the base64 text "${written}"`, () => {
    assert.deepEqual(framesOf(`--- frame 1: base64\n${written}\n`), [utf8(bytes)]);
  });
}

const problems: Record<string, { text: string; line: number; says: RegExp }> = {
  "an empty document": { text: "", line: 1, says: /no frame/ },
  "a document of comments": { text: "# only\n# comments\n", line: 1, says: /no frame/ },
  "text before the first frame": {
    text: "# fine\nhello\n--- frame 1: text\n",
    line: 2,
    says: /before the first frame/,
  },
  "an unknown format": { text: "--- frame 1: yaml\na: 1\n", line: 1, says: /json, hex or base64/ },
  "a misspelt marker": { text: "--- frames: text\n", line: 1, says: /first line/ },
  "a digit that is none": { text: "--- frame 1: hex\n00\nzz\n", line: 3, says: /"z" is no hex digit/ },
  "half a byte": { text: "# h\n--- frame 1: hex\n000\n", line: 2, says: /odd number/ },
  "base64 of a foreign alphabet": { text: "--- frame 1: base64\na-_b\n", line: 1, says: /no base64 digit/ },
  "base64 that is cut short": { text: "--- frame 1: base64\nZm9vY\n", line: 1, says: /cut short/ },
  "JSON that does not parse": {
    text: "--- frame 1: text\n\n--- frame 2: json\n{\n",
    line: 3,
    says: /JSON cannot be read/,
  },
};
for (const [name, { text, line, says }] of Object.entries(problems)) {
  test(`parseFrames says which line is wrong for ${name}`, () => {
    const parsed = parseFrames(text);
    assert.ok(parsed.kind === "problem");
    assert.equal(parsed.line, line);
    assert.match(parsed.problem, says);
  });
}

test("encodeCallFrame encodes each format as it is typed", () => {
  assert.deepEqual(encodeCallFrame({ format: "text", text: "ä\n" }), { kind: "bytes", bytes: utf8("ä\n") });
  assert.deepEqual(encodeCallFrame({ format: "json", text: '{"a": 1}' }), { kind: "bytes", bytes: utf8('{"a": 1}') });
  assert.deepEqual(encodeCallFrame({ format: "hex", text: "00 0A\nff" }), {
    kind: "bytes",
    bytes: Uint8Array.of(0, 10, 255),
  });
  assert.deepEqual(encodeCallFrame({ format: "msgpack", text: '{"a": [1]}' }), { kind: "value", value: { a: [1] } });
});

test("encodeCallFrame says what is wrong with a frame", () => {
  for (const frame of [
    { format: "json", text: "{" },
    { format: "msgpack", text: "" },
    { format: "hex", text: "0" },
    { format: "hex", text: "xy" },
  ] as const) {
    assert.equal(encodeCallFrame(frame).kind, "problem", JSON.stringify(frame));
  }
});

test("toCallFrame gives text where it is safe and hex elsewhere", () => {
  assert.deepEqual(toCallFrame(utf8("hello")), { format: "text", text: "hello" });
  assert.deepEqual(toCallFrame(Uint8Array.of(0, 1, 255)), { format: "hex", text: "00 01 ff" });
});
