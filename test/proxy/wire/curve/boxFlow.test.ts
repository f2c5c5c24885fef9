import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../../../src/proxy/crypto/boxes.ts";
import { openBoxMemory } from "../../../../src/proxy/crypto/sodium.ts";
import { BoxArena, WINDOW_BYTES } from "../../../../src/proxy/wire/curve/boxArena.ts";
import type { BoxMemory } from "../../../../src/proxy/wire/curve/boxMemory.ts";
import { FrameCutter } from "../../../../src/proxy/wire/frames.ts";
import { encodeCommand, encodeFrame, encodeMessage } from "../../../../src/proxy/wire/writer.ts";
import { changed } from "../../../support/curve.ts";
import {
  opening,
  openFar,
  opensWith,
  randomCuts,
  randomFrames,
  reboxing,
  sealing,
  sealNear,
} from "../../../support/curveFlows.ts";
import { cuts, everySplit } from "../../../support/cuts.ts";
import { join, octets } from "../../../support/octets.ts";
import { random } from "../../../support/random.ts";

const { arena } = await loadBoxes();

type Cut = (bytes: Uint8Array) => Iterable<Uint8Array>;

/** The same frames without reserved bits and needless long headers. */
function canonicalOf(bytes: Uint8Array): Uint8Array {
  const frames = new FrameCutter(Infinity).push(bytes);
  return join(...frames.map(({ body, more, command }) => encodeFrame(body, command ? 4 : more ? 1 : 0)));
}

/** Seals plain octets, seals them anew and opens them again, and says what each step must have told and sent. */
function checkRoundTrip({ given, canonical }: { given: Uint8Array; canonical: Uint8Array }, cut: Cut): void {
  const steps = [sealing(arena), reboxing(arena), opening(arena, "far")] as const;
  let bytes = given;
  for (const { sink, flow } of steps) {
    for (const piece of cut(bytes)) flow.push(piece);
    bytes = sink.sent;
    flow.dispose();
    assert.deepEqual(sink.problems, []);
  }
  const [sealed, reboxed, opened] = steps.map(({ sink }) => sink);
  assert.ok(Buffer.from(canonical).equals(opened!.sent), "what comes out is not what went in");
  // Reserved bits of large frames are not shown.
  assert.ok(Buffer.from(canonical).equals(canonicalOf(sealed!.shown)), "sealing shows something else");
  assert.ok(Buffer.from(canonical).equals(reboxed!.shown), "sealing anew shows something else");
  assert.ok(Buffer.from(canonical).equals(opened!.shown), "opening shows something else");
  const sizes = ({ sent }: { sent: Uint8Array }): number[] =>
    new FrameCutter(Infinity).push(sent).map(({ body }) => body.length);
  assert.deepEqual(sizes(reboxed!), sizes(sealed!));
  const nonces = opensWith("far").nonces;
  for (const { body } of new FrameCutter(Infinity).push(reboxed!.sent)) assert.ok(nonces.accept(body, 8));
}

for (const [how, cut] of Object.entries(cuts)) {
  test(`BoxFlow gives back what was sealed, sealed anew and opened, ${how}`, () => {
    const pick = random(2);
    checkRoundTrip(randomFrames(pick, [0, 1, 30, 31, 32, 33, 222, 223, 254, 255, 256, 1000, 3000, 0]), cut);
  });
}

test("BoxFlow gives back what came in any two pieces", () => {
  const frames = randomFrames(random(3), [0, 40, 300, 1]);
  const sealed = sealNear(arena, frames.given);
  for (const parts of everySplit(sealed)) {
    const { sink, flow } = reboxing(arena);
    for (const part of parts) flow.push(part);
    flow.dispose();
    assert.deepEqual(sink.shown, frames.canonical);
    assert.deepEqual(openFar(arena, sink.sent).sent, frames.canonical);
  }
  for (const parts of everySplit(frames.given)) {
    const { sink, flow } = sealing(arena);
    for (const part of parts) flow.push(part);
    flow.dispose();
    assert.deepEqual(sink.sent, sealed);
  }
});

test("BoxFlow gives back random frames in random pieces", () => {
  for (let seed = 10; seed < 30; seed++) {
    const pick = random(seed);
    const sizes = Array.from({ length: 20 }, () => pick([10, 300, 70_000, 300_000][pick(4)]!));
    const most = [500, 5_000, 65_536, 200_000][pick(4)]!;
    checkRoundTrip(randomFrames(pick, sizes), (bytes) => randomCuts(pick, bytes, most));
  }
});

for (const windows of [1, 2, 3, 5]) {
  test(`BoxFlow gives back frames about ${windows} window${windows > 1 ? "s" : ""} long, whatever stands in front and behind`, () => {
    const pick = random(windows);
    // Around each limit: of a frame, of its box with header and front, of Salsa20's blocks.
    const offsets = [
      -65, -64, -63, -43, -42, -41, -40, -33, -32, -31, -10, -9, -8, -1, 0, 1, 23, 24, 31, 32, 33, 63, 64, 65,
    ];
    for (const offset of offsets) {
      const frames = randomFrames(pick, [pick(100), windows * WINDOW_BYTES + offset, pick(100), 0]);
      for (const most of [4 * WINDOW_BYTES, 10_000]) checkRoundTrip(frames, (bytes) => randomCuts(pick, bytes, most));
    }
  });
}

test("BoxFlow sends each small frame once it is whole, and a large one with its last octet", () => {
  for (const size of [10, 3 * WINDOW_BYTES]) {
    const plain = encodeFrame(new Uint8Array(size), 0);
    for (const [start, bytes] of [
      [sealing, plain],
      [reboxing, sealNear(arena, plain)],
      [opening, sealNear(arena, plain)],
    ] as const) {
      const { sink, flow } = start(arena);
      flow.push(bytes.subarray(0, -1));
      assert.equal(sink.sentParts.length, 0);
      flow.push(bytes.subarray(-1));
      assert.equal(sink.sentParts.length, 1);
      flow.dispose();
    }
  }
});

test("BoxFlow holds memory for what has come of a large frame, not for what it declares", () => {
  const before = process.memoryUsage().arrayBuffers;
  const flows = Array.from({ length: 20 }, () => {
    const { sink, flow } = sealing(arena, 2 ** 40);
    flow.push(octets("\x02\x00\x00\x00\x7f\x00\x00\x00\x00 and no more"));
    return { sink, flow };
  });
  assert.ok(process.memoryUsage().arrayBuffers - before < 20 * 1024 * 1024);
  for (const { sink, flow } of flows) {
    assert.equal(sink.sent.length, 0);
    flow.dispose();
  }
});

/** Both directions of work: a flow of each kind, fed with the same frames. */
const kinds: {
  kind: string;
  start: (arena: BoxArena) => ReturnType<typeof sealing> | ReturnType<typeof reboxing>;
  isSealed: boolean;
}[] = [
  { kind: "SealingFlow", start: (arena) => sealing(arena), isSealed: false },
  { kind: "OpeningFlow that seals anew", start: (arena) => reboxing(arena), isSealed: true },
  { kind: "OpeningFlow", start: (arena) => opening(arena), isSealed: true },
];
/** What a receiver reads of it. */
function read(kind: string, sent: Uint8Array): string[] {
  const { sink, flow } = opening(arena, kind === "OpeningFlow that seals anew" ? "far" : "near");
  if (kind === "OpeningFlow") sink.send(sent);
  else flow.push(sent);
  flow.dispose();
  assert.deepEqual(sink.problems, []);
  return new FrameCutter(Infinity).push(sink.sent).map(({ body, more, command }) => {
    const text = body.length > 100 ? `${body.length} octets` : Buffer.from(body).toString("latin1");
    return `${command ? "command " : ""}${text}${more ? "+" : ""}`;
  });
}

for (const { kind, start, isSealed } of kinds) {
  const encode = (...frames: Uint8Array[]): Uint8Array => (isSealed ? sealNear(arena, ...frames) : join(...frames));
  const ours = encodeMessage([octets("our"), octets("own")]);

  test(`${kind} takes injections outside of messages, and counts its nonces on`, () => {
    const { sink, flow } = start(arena);
    flow.inject(ours);
    flow.push(encode(encodeMessage([octets("a")])));
    flow.inject(ours);
    assert.equal(flow.isInsideMessage, false);
    assert.deepEqual(read(kind, sink.sent), ["our+", "own", "a", "our+", "own"]);
    // Whoever injects shows it.
    assert.equal(Buffer.from(sink.shown).includes("our"), false);
    flow.dispose();
  });

  test(`${kind} tells each gap and none inside a message, a PING between its frames or not`, () => {
    const { sink, flow } = start(arena);
    let gaps = 0;
    flow.onGap = () => {
      gaps += 1;
      flow.inject(ours);
      if (gaps === 3) flow.onGap = null;
    };
    const ping = encodeCommand("PING", octets("\0\0"));
    flow.push(
      encode(
        encodeFrame(octets("a"), 1),
        ping,
        encodeFrame(octets("b"), 0),
        ping,
        encodeMessage([octets("c")]),
        encodeMessage([octets("d")]),
      ),
    );
    const told = read(kind, sink.sent);
    assert.deepEqual(told, [
      "a+",
      "command \x04PING\0\0",
      "b",
      "our+",
      "own",
      "command \x04PING\0\0",
      "our+",
      "own",
      "c",
      "our+",
      "own",
      "d",
    ]);
    flow.dispose();
  });

  test(`${kind} takes an injection behind a large frame under way, small or large itself`, () => {
    for (const injected of [ours, encodeMessage([new Uint8Array(2 * WINDOW_BYTES)])]) {
      const { sink, flow } = start(arena);
      const large = encodeMessage([new Uint8Array(3 * WINDOW_BYTES).fill(1), octets("end")]);
      // What went in is numbered from one anew for each encode(), so it goes in at once.
      const bytes = encode(large, encodeMessage([octets("next")]));
      flow.push(bytes.subarray(0, WINDOW_BYTES));
      assert.equal(flow.isInsideMessage, true);
      flow.onGap = () => {
        flow.onGap = null;
        flow.inject(injected);
      };
      flow.push(bytes.subarray(WINDOW_BYTES));
      const told = injected === ours ? ["our+", "own"] : [`${2 * WINDOW_BYTES} octets`];
      assert.deepEqual(read(kind, sink.sent), [`${3 * WINDOW_BYTES} octets+`, "end", ...told, "next"]);
      flow.dispose();
    }
  });

  test(`${kind} tells the gap behind a large frame that is a message of its own`, () => {
    const { sink, flow } = start(arena);
    const bytes = encode(encodeMessage([new Uint8Array(2 * WINDOW_BYTES)]), encodeMessage([octets("next")]));
    flow.onGap = () => {
      flow.onGap = null;
      flow.inject(ours);
    };
    flow.push(bytes);
    assert.deepEqual(read(kind, sink.sent), [`${2 * WINDOW_BYTES} octets`, "our+", "own", "next"]);
    flow.dispose();
  });

  test(`${kind} gives plain frames to whoever takes them, from a gap on, and goes on as before afterwards`, () => {
    const { sink, flow } = start(arena);
    const taken: Uint8Array[] = [];
    const take = (frames: Uint8Array): void => {
      taken.push(frames.slice());
      // Whoever takes them may send at once.
      flow.inject(frames);
    };
    const large = encodeMessage([new Uint8Array(3 * WINDOW_BYTES).fill(1), octets("end")]);
    const ping = encodeCommand("PING", octets("\0\0"));
    const parts = encodeMessage([octets("c"), octets("d")]);
    const all = [encodeMessage([octets("a")]), parts.subarray(0, 3), ping, parts.subarray(3), large];
    const bytes = encode(...all, encodeMessage([octets("e")]));
    let gaps = 0;
    flow.onGap = () => {
      if (++gaps === 1) flow.divert(take);
      if (gaps === 2) flow.onGap = null;
    };
    const last = encode(encodeMessage([octets("e")])).length;
    const cuts = [0, 40, bytes.length - last - 9, bytes.length - last, bytes.length];
    flow.push(bytes.subarray(cuts[0], cuts[1]));
    flow.push(bytes.subarray(cuts[1], cuts[2]));
    flow.push(bytes.subarray(cuts[2], cuts[3]));
    assert.equal(flow.isInsideFrame, false);
    assert.deepEqual(join(...taken), join(parts.subarray(0, 3), ping, parts.subarray(3), large));
    flow.divert(null);
    flow.push(bytes.subarray(cuts[3]));
    const told = read(kind, sink.sent);
    assert.deepEqual(told, ["a", "c+", "command \x04PING\0\0", "d", `${3 * WINDOW_BYTES} octets+`, "end", "e"]);
    // What was taken is shown by whoever sends it.
    assert.deepEqual(Buffer.from(sink.shown).toString("latin1"), "\0\x01a\0\x01e");
    flow.dispose();
  });

  test(`${kind} is inside a frame while a large one is under way that is taken`, () => {
    const { flow } = start(arena);
    flow.divert(() => undefined);
    const bytes = encode(encodeMessage([new Uint8Array(3 * WINDOW_BYTES)]));
    flow.push(bytes.subarray(0, WINDOW_BYTES));
    assert.equal(flow.isInsideFrame, true);
    flow.push(bytes.subarray(WINDOW_BYTES));
    assert.equal(flow.isInsideFrame, false);
    flow.dispose();
  });

  test(`${kind} goes on when the box library's memory grows under way`, async () => {
    const memory = await openBoxMemory();
    let isDue = false;
    const growing: BoxMemory = changed(memory, {
      allocate: (size) => {
        // More than there is: the memory grows, and every earlier view of it is dead.
        if (isDue) memory.release(memory.allocate(memory.octets.length), 0);
        isDue = false;
        return memory.allocate(size);
      },
    });
    Object.defineProperty(growing, "octets", { get: () => memory.octets });
    const bytes = encode(
      encodeMessage([octets("a")]),
      encodeMessage([octets("b")]),
      encodeMessage([new Uint8Array(2 * WINDOW_BYTES)]),
      encodeMessage([octets("c")]),
    );
    for (const when of ["a gap", "a large frame"]) {
      const { sink, flow } = start(new BoxArena(growing));
      isDue = when === "a large frame";
      if (when === "a gap") {
        flow.onGap = () => {
          flow.onGap = null;
          isDue = true;
          flow.inject(encodeMessage([octets("ours")]));
        };
      }
      flow.push(bytes);
      const told = when === "a gap" ? ["a", "ours", "b"] : ["a", "b"];
      assert.deepEqual(read(kind, sink.sent), [...told, `${2 * WINDOW_BYTES} octets`, "c"]);
      flow.dispose();
    }
  });

  test(`${kind} wipes its keys, and is of no use after that`, async () => {
    const memory = await openBoxMemory();
    const allocated: [number, number][] = [];
    const watched = changed(memory, {
      allocate: (size) => {
        const place = memory.allocate(size);
        allocated.push([place, size]);
        return place;
      },
      release: (place, size) => {
        memory.release(place, size);
        const index = allocated.findIndex((each) => each[0] === place && each[1] === size);
        assert.ok(index >= 0, "a place is given back with its size, once");
        allocated.splice(index, 1);
      },
    });
    Object.defineProperty(watched, "octets", { get: () => memory.octets });
    const own = new BoxArena(watched);
    const before = allocated.length;
    const { sink, flow } = start(own);
    const bytes = encode(encodeMessage([octets("a")]), encodeMessage([new Uint8Array(2 * WINDOW_BYTES)]));
    flow.push(bytes.subarray(0, 1000));
    const keys = allocated.slice(before);
    assert.ok(keys.length >= 2);
    flow.dispose();
    flow.dispose();
    assert.equal(allocated.length, before);
    for (const [place] of keys) assert.ok(memory.octets.subarray(place + 16, place + 32).every((octet) => octet === 0));
    const { length } = sink.sentParts;
    flow.push(bytes.subarray(1000));
    assert.equal(sink.sentParts.length, length);
  });
}
