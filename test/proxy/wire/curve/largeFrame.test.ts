import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../../../src/proxy/crypto/boxes.ts";
import { WINDOW_BYTES } from "../../../../src/proxy/wire/curve/boxArena.ts";
import { LargeFrame } from "../../../../src/proxy/wire/curve/largeFrame.ts";
import { encodeFrame } from "../../../../src/proxy/wire/writer.ts";
import { counting, eight, FlowRecorder, message, openNacl } from "../../../support/curve.ts";
import { opensWith } from "../../../support/curveFlows.ts";
import { isSame, join, octets } from "../../../support/octets.ts";

const { arena } = await loadBoxes();
const nacl = await openNacl();
const { memory } = arena;
const near = opensWith("near");
const subkey = memory.allocate(32);
memory.octets.set(near.sharedKey, arena.keys);
memory.octets.set(octets("CurveZMQMESSAGEC"), arena.nonce);
memory.subkey(subkey, arena.nonce, arena.keys);

/** Octets of a text with a flag octet in front. */
const textOf = (flags: number, size: number): Uint8Array => counting(7, size).fill(flags, 0, 1);

for (const flags of [0, 1, 2, 3, 0xff]) {
  test(`LargeFrame opens and seals a text of flags ${flags} whatever its pieces`, () => {
    const text = textOf(flags, 2 * WINDOW_BYTES + 5);
    const frame = message(nacl, near, eight(9), text);
    const plain = encodeFrame(text.subarray(1), (flags & 2) !== 0 ? 4 : flags & 1);
    for (const most of [1_000, WINDOW_BYTES - 32, text.length]) {
      for (const [opens, seals, expected] of [
        [{ subkey, front: frame.slice(9, 41) }, null, plain],
        [{ subkey, front: frame.slice(9, 41) }, { subkey, nonce: 9 }, frame],
        [null, { subkey, nonce: 9 }, frame],
      ] as const) {
        const sink = new FlowRecorder();
        const large = new LargeFrame(arena, {
          wireFlags: 0,
          textBytes: text.length,
          opens,
          seals,
          sink,
        });
        const comes = join(opens === null ? text : frame.subarray(41), octets("behind"));
        for (let at = 0; !large.isDone; at += large.feed(comes.subarray(at, at + most)));
        assert.deepEqual(
          [large.isDone, large.isFaulty, large.isCommand, large.isMore],
          [true, false, (flags & 2) !== 0, (flags & 1) !== 0],
        );
        assert.ok(isSame(sink.sent, expected));
        assert.ok(isSame(sink.shown, plain));
        large.dispose();
      }
    }
  });
}
