import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandCutter } from "../../../src/proxy/wire/commandCutter.ts";
import { cuts } from "../../support/cuts.ts";
import { hex, join } from "../../support/octets.ts";

for (const [how, cut] of Object.entries(cuts)) {
  test(`CommandCutter cuts commands out of messages, ${how}`, () => {
    const cutter = new CommandCutter(300);
    const long = new Uint8Array(300).fill(0x7a);
    const stream = join(
      hex("0101 61 0401 62 0000 02 000000000000012c"),
      long,
      hex("0400 06 000000000000012c"),
      long,
      hex("0001"),
    );
    const frames = cut(stream).flatMap((chunk) => {
      const copy = chunk.slice();
      const done = cutter.push(copy);
      copy.fill(0);
      return done;
    });
    assert.deepEqual(
      frames.map(({ body, more, command }) => [Buffer.from(body).toString("latin1"), more, command]),
      [
        ["b", false, true],
        ["", false, true],
        ["z".repeat(300), false, true],
      ],
    );
    assert.equal(cutter.refusedBytes, null);
  });
}

test("CommandCutter reads no further after a command above its limit, or an impossible length", () => {
  const cutter = new CommandCutter(2);
  assert.deepEqual(cutter.push(hex("0003 616161 0403 616161 0401 61")), []);
  assert.equal(cutter.refusedBytes, 3);
  assert.deepEqual(cutter.push(hex("0401 61")), []);
  const impossible = new CommandCutter(2);
  impossible.push(hex("02 ffffffffffffffff"));
  assert.equal(impossible.refusedBytes, -1);
});
