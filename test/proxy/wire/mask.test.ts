import assert from "node:assert/strict";
import { test } from "node:test";
import { PlainMask } from "../../../src/proxy/wire/mask.ts";
import { encodeGreeting } from "../../../src/proxy/wire/writer.ts";
import { cuts } from "../../support/cuts.ts";
import { join, octets } from "../../support/octets.ts";

type Direction = 0 | 1;
const frame = (body: string): Uint8Array => octets(`\x04${String.fromCharCode(body.length)}${body}`);

/** What is kept behind the greetings of the given bodies of command frames. */
function keep(steps: [Direction, Uint8Array][], cut = cuts["whole"]!): string[] {
  const mask = new PlainMask();
  for (const direction of [0, 1] as const) mask.borrowMasked(direction, encodeGreeting("PLAIN"));
  return steps.map(([direction, bytes]) =>
    Buffer.concat(cut(bytes).map((part) => mask.borrowMasked(direction, part))).toString("latin1"),
  );
}

const hello = "\x05HELLO\x05admin\x06secret";
const masked: [string, string, string][] = [
  ["HELLO", hello, "\x05HELLO\x05admin\x06******"],
  ["a HELLO spelt WELCOME", "\x07WELCOME\x05admin\x06secret", "\x07WELCOME\x05admin\x06******"],
  ["an empty user and password", "\x05HELLO\x00\x00", "\x05HELLO\x00\x00"],
  ["a name padded to eight", "HELLO   \x05admin\x06secret", "*".repeat(21)],
  ["a name in small letters", "\x05hello\x05admin\x06secret", `\x05${"*".repeat(18)}`],
  ["a user name longer than the command", "\x05HELLO\x7fadminsecret", `\x05HELLO${"*".repeat(12)}`],
  ["a name longer than the command", "\x07abc", "****"],
  ["a HELLO that calls itself ERROR", "\x05ERROR\x05admin\x06secret", "\x05ERROR\x05admin\x06******"],
];
for (const [what, body, expected] of masked) {
  for (const [how, cut] of Object.entries(cuts)) {
    test(`PlainMask masks ${what}, ${how}`, () => {
      const [kept] = keep([[0, frame(body)]], cut);
      assert.equal(kept!.slice(2), expected);
      assert.equal(kept!.length, body.length + 2);
    });
  }
}

test("PlainMask masks a long header's HELLO too", () => {
  const bytes = join(octets(`\x06\0\0\0\0\0\0\0${String.fromCharCode(hello.length)}`), octets(hello));
  assert.match(keep([[0, bytes]], cuts["byte by byte"])[0]!, /admin\x06\*{6}$/);
});

test("PlainMask leaves what follows the first command alone", () => {
  const ready = "\x08INITIATE and so on";
  assert.equal(keep([[0, join(frame(hello), frame(ready))]])[0]!.slice(-ready.length), ready);
});

test("PlainMask leaves answers readable and masks a second HELLO", () => {
  for (const answer of ["\x07WELCOME", "\x05ERROR\x03400", "^RROR\x03400", "\x05READY..."]) {
    assert.equal(
      keep([
        [0, frame(hello)],
        [1, frame(answer)],
      ])[1]!.slice(2),
      answer,
    );
  }
  assert.match(
    keep([
      [0, frame(hello)],
      [1, frame(hello)],
    ])[1]!,
    /admin\x06\*{6}$/,
  );
});

test("PlainMask masks everything once the first frame is no command", () => {
  assert.equal(keep([[0, octets("\x00\x02hi and more")]])[0], "*".repeat(13));
  assert.equal(keep([[0, octets("\x06\xff\xff\xff\xff\xff\xff\xff\xffsecret")]])[0]!.slice(9), "******");
});

test("PlainMask passes an empty first command", () => {
  assert.equal(keep([[0, octets("\x04\x00rest")]])[0], "\x04\x00rest");
});

test("PlainMask returns the same array where there is nothing to mask", () => {
  const mask = new PlainMask();
  const greeting = encodeGreeting("NULL");
  assert.equal(mask.borrowMasked(0, greeting), greeting);
  const bytes = frame(hello);
  assert.equal(mask.borrowMasked(0, bytes), bytes);
  assert.equal(mask.borrowMasked(1, bytes), bytes);
});

test("PlainMask never changes what it is given, since that is still to be sent", () => {
  const bytes = Buffer.from(frame(hello));
  const before = Buffer.from(bytes);
  assert.match(keep([[0, bytes]])[0]!, /admin\x06\*{6}$/);
  assert.ok(bytes.equals(before));
});
