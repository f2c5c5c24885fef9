import type { BoxArena } from "../../src/proxy/wire/curve/boxArena.ts";
import type { OpenWith, SealWith } from "../../src/proxy/wire/curve/boxFlow.ts";
import { NonceOrder } from "../../src/proxy/wire/curve/nonceOrder.ts";
import { OpeningFlow } from "../../src/proxy/wire/curve/openingFlow.ts";
import { SealingFlow } from "../../src/proxy/wire/curve/sealingFlow.ts";
import { encodeFrame } from "../../src/proxy/wire/writer.ts";
import { counting, FlowRecorder } from "./curve.ts";
import { hex, join } from "./octets.ts";

/** Keys of two legs, and the counters of a client's traffic behind its handshake. */
const KEYS = { near: counting(1, 32), far: counting(101, 32) };
const MAX_FRAME_BYTES = 16 * 1024 * 1024;

export const opensWith = (leg: "near" | "far"): OpenWith => {
  const nonces = new NonceOrder();
  nonces.accept(hex("0000000000000002"), 0);
  return { sharedKey: KEYS[leg], sender: "client", nonces };
};
export const sealsWith = (leg: "near" | "far"): SealWith => ({ sharedKey: KEYS[leg], sender: "client", nonce: 2 });

/** What a plain client sends, sealed for the near leg. */
export function sealing(arena: BoxArena, maxFrameBytes = MAX_FRAME_BYTES) {
  const sink = new FlowRecorder();
  return { sink, flow: new SealingFlow(arena, { seals: sealsWith("near"), maxFrameBytes, sink }) };
}

/** What comes on the near leg, sealed anew for the far one. */
export function reboxing(arena: BoxArena, maxFrameBytes = MAX_FRAME_BYTES) {
  const sink = new FlowRecorder();
  const options = { opens: opensWith("near"), seals: sealsWith("far"), maxFrameBytes, sink };
  return { sink, flow: new OpeningFlow(arena, options) };
}

/** What comes on a leg, opened. */
export function opening(arena: BoxArena, leg: "near" | "far" = "near", maxFrameBytes = MAX_FRAME_BYTES) {
  const sink = new FlowRecorder();
  return { sink, flow: new OpeningFlow(arena, { opens: opensWith(leg), seals: null, maxFrameBytes, sink }) };
}

/** The far leg's octets as its receiver reads them. */
export function openFar(arena: BoxArena, bytes: Uint8Array): FlowRecorder {
  const { sink, flow } = opening(arena, "far");
  flow.push(bytes);
  flow.dispose();
  return sink;
}

/** Plain frames sealed for the near leg. */
export function sealNear(arena: BoxArena, ...frames: readonly Uint8Array[]): Uint8Array {
  const { sink, flow } = sealing(arena);
  flow.push(join(...frames));
  flow.dispose();
  return sink.sent;
}

/**
 * Random plain frames: messages, commands between and inside of them, reserved flag bits, long headers of short frames.
 * `canonical` is what is left of them behind a box.
 */
export function randomFrames(pick: (below: number) => number, sizes: readonly number[]) {
  const given: Uint8Array[] = [];
  const canonical: Uint8Array[] = [];
  for (const size of sizes) {
    // A pattern that does not fit into Salsa20's blocks.
    const body = new Uint8Array(
      Buffer.alloc(
        size,
        Uint8Array.from({ length: 251 }, () => pick(256)),
      ),
    );
    const flags = pick(4) === 0 ? 4 : pick(2);
    const reserved = pick(4) === 0 ? pick(32) << 3 : 0;
    canonical.push(encodeFrame(body, flags));
    const isLong = size <= 255 && pick(4) === 0;
    given.push(
      isLong
        ? join(Uint8Array.of(flags | reserved | 2), hex("00000000000000"), Uint8Array.of(size), body)
        : encodeFrame(body, flags | reserved),
    );
  }
  return { given: join(...given), canonical: join(...canonical) };
}

/** Cuts octets into pieces of random sizes. */
export function* randomCuts(pick: (below: number) => number, bytes: Uint8Array, most: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + pick(most);
    yield bytes.subarray(at, end);
    at = end;
  }
}
