import assert from "node:assert/strict";
import { test } from "node:test";
import { loadBoxes } from "../../../../src/proxy/crypto/boxes.ts";
import { WINDOW_BYTES } from "../../../../src/proxy/wire/curve/boxArena.ts";
import { NonceOrder } from "../../../../src/proxy/wire/curve/nonceOrder.ts";
import { OpeningFlow } from "../../../../src/proxy/wire/curve/openingFlow.ts";
import { encodeFrame, encodeMessage } from "../../../../src/proxy/wire/writer.ts";
import { eight, FlowRecorder, message, openNacl } from "../../../support/curve.ts";
import { opening, openFar, opensWith, reboxing, sealNear } from "../../../support/curveFlows.ts";
import { knownCommands, knownSides } from "../../../support/curveHandshake.ts";
import { hex, isSame, join, octets } from "../../../support/octets.ts";
import { random } from "../../../support/random.ts";

const { arena } = await loadBoxes();
const nacl = await openNacl();
const near = opensWith("near");

/** A MESSAGE of the near leg. */
const sealed = (counter: number, text: Uint8Array, wireFlags = 0): Uint8Array =>
  message(nacl, near, eight(counter), text, wireFlags);

for (const sender of ["client", "server"] as const) {
  test(`OpeningFlow opens MESSAGE of a ${sender} as libsodium makes it, and seals it anew as libsodium would`, async () => {
    const known = knownCommands(nacl);
    const { client, server, clientBoxes } = await knownSides(known);
    client.hello();
    client.welcome(known.welcome);
    client.initiate(known.client, known.metadata.client);
    client.ready(known.ready);
    server.hello(known.hello);
    server.welcome();
    server.initiate(known.initiate);
    server.ready(known.metadata.server);
    const [opens, seals, make, first] =
      sender === "client"
        ? [server.opens, client.seals, known.fromClient, 3]
        : [client.opens, server.seals, known.fromServer, 2];
    const texts = [octets("\x01one"), octets("\x00"), octets("\x02\x04PING\x00\x00")];
    const wire = join(...texts.map((text, index) => encodeFrame(make(first + index, text), 0)));
    const sink = new FlowRecorder();
    const flow = new OpeningFlow(clientBoxes.arena, { opens, seals, maxFrameBytes: 1000, sink });
    flow.push(wire);
    assert.deepEqual(sink.problems, []);
    // Both legs of this test have the same keys, so what goes out is what came.
    assert.deepEqual(sink.sent, wire);
    assert.deepEqual(sink.shown, join(hex("0103"), octets("one"), hex("0000 0407"), octets("\x04PING\x00\x00")));
  });
}

test("OpeningFlow passes the flag octet in the box and the flags of the frame on as they are", () => {
  const { sink, flow } = reboxing(arena);
  for (let flags = 0; flags < 256; flags++) flow.push(sealed(3 + flags, Uint8Array.of(flags, 7), flags & 0xfd));
  const far = opensWith("far");
  const expected = Array.from({ length: 256 }, (_, flags) =>
    message(nacl, far, eight(3 + flags), Uint8Array.of(flags, 7), flags & 0xfd),
  );
  assert.deepEqual(sink.sent, join(...expected));
  assert.deepEqual(sink.problems, []);
});

test("OpeningFlow passes reserved flags and COMMAND of a large frame on as they are", () => {
  const { sink, flow } = reboxing(arena);
  const text = new Uint8Array(2 * WINDOW_BYTES).fill(0xf9);
  flow.push(sealed(3, text, 0xfc));
  assert.ok(isSame(sink.sent, message(nacl, opensWith("far"), eight(3), text, 0xfc)));
  assert.ok(isSame(sink.shown, encodeFrame(text.subarray(1), 1)));
});

test("OpeningFlow keeps a long header that a short frame did not need", () => {
  const short = sealed(3, octets("\x00text"));
  const { sink, flow } = reboxing(arena);
  flow.push(join(hex("02 00000000000000"), short.subarray(1)));
  assert.equal(sink.sent.length, short.length + 7);
  assert.deepEqual(sink.sent.subarray(0, 8), hex("02 00000000000000"));
  assert.deepEqual(openFar(arena, sink.sent).sent, encodeMessage([octets("text")]));
});

test("OpeningFlow reads nonces of libzmq 4.0 in host order, and counts its own in network order", () => {
  const nonces = new NonceOrder();
  nonces.decideClient(eight(0xfe).toReversed(), eight(0xff).toReversed());
  nonces.accept(eight(0xff).toReversed(), 0);
  const sink = new FlowRecorder();
  const seals = { sharedKey: opensWith("far").sharedKey, sender: "client", nonce: 2 } as const;
  const flow = new OpeningFlow(arena, { opens: { ...near, nonces }, seals, maxFrameBytes: 1000, sink });
  for (const counter of [0x100, 0x101, 0x1ff, 0x200]) {
    flow.push(message(nacl, near, eight(counter).toReversed(), octets("\x00text")));
  }
  flow.push(message(nacl, near, eight(0x1ff).toReversed(), octets("\x00text")));
  assert.deepEqual(
    sink.problems.map(({ check }) => check),
    ["nonce"],
  );
  assert.deepEqual(
    openFar(arena, sink.sent).sent,
    join(...new Array<Uint8Array>(4).fill(encodeMessage([octets("text")]))),
  );
});

const before = encodeMessage([octets("before")]);
/** Pushes a whole message, then what is faulty, then whole messages: which check says what, and what was let through. */
function judge(faulty: Uint8Array, howEver: (bytes: Uint8Array) => Iterable<Uint8Array> = (bytes) => [bytes]) {
  const told: unknown[] = [];
  for (const start of [reboxing, opening]) {
    const { sink, flow } = start(arena);
    const stream = join(sealed(3, octets("\x00before")), faulty, sealed(90, octets("\x00behind")));
    for (const piece of howEver(stream)) flow.push(piece);
    flow.push(sealed(91, octets("\x00behind")));
    flow.dispose();
    const sent = start === opening ? sink.sent : openFar(arena, sink.sent).sent;
    assert.deepEqual(sent, before, "what stood in front of the fault was sent, and nothing else");
    assert.ok(sink.problems.length <= 1);
    told.push(sink.problems[0]?.check);
    const isLarge = faulty.length > WINDOW_BYTES;
    assert.ok(isLarge || Buffer.from(sink.shown).equals(before), "nothing of the faulty frame was shown");
  }
  assert.equal(told[0], told[1]);
  return told[0];
}

test("OpeningFlow names a box of which any bit was changed", () => {
  const box = sealed(4, octets("\x00text"));
  for (let bit = 8 * 2; bit < 8 * box.length; bit++) {
    const changed = box.slice();
    changed[bit >> 3]! ^= 1 << (bit & 7);
    const at = bit >> 3;
    const isGrown = Buffer.compare(changed.subarray(10, 18), eight(3)) > 0;
    const expected = at < 10 ? "message" : isGrown ? "mac" : "nonce";
    assert.equal(judge(changed), expected, `bit ${bit}`);
  }
});

for (const [what, frames, expected] of [
  ["a box that comes again", [sealed(4, octets("\x00a")), sealed(4, octets("\x00a"))], "nonce"],
  ["two boxes that changed places", [sealed(5, octets("\x00b")), sealed(4, octets("\x00a"))], "nonce"],
] as const) {
  test(`OpeningFlow names ${what}, and sends what came before it`, () => {
    for (const start of [reboxing, opening]) {
      const { sink, flow } = start(arena);
      flow.push(join(...frames));
      assert.deepEqual(
        sink.problems.map(({ check }) => check),
        [expected],
      );
      assert.equal(sink.shown.length, 3);
    }
  });
}

for (const [what, faulty, expected] of [
  ["an empty frame", hex("0000"), "message"],
  ["31 octets", encodeFrame(sealed(4, octets("\x00")).subarray(2, 33), 0), "message"],
  ["a box without its flag octet", sealed(4, hex("")), "message"],
  ["a length of 32 before the body has come", hex("0020"), "message"],
  ["another name", encodeFrame(join(octets("\x07MESSAGF"), new Uint8Array(40)), 0), "message"],
  ["a command of its own", encodeFrame(join(octets("\x04PING"), new Uint8Array(40)), 4), "message"],
  ["another name of a large frame", encodeFrame(new Uint8Array(3 * WINDOW_BYTES), 0), "message"],
  ["a length of 2^31", hex("02 0000000080000000"), "length"],
  ["a length of 2^63 - 1", hex("02 7fffffffffffffff"), "length"],
  ["a length of 2^63", hex("02 8000000000000000"), "length"],
  ["a length of 2^64 - 1", hex("06 ffffffffffffffff"), "length"],
  ["a box of the other leg", message(nacl, opensWith("far"), eight(4), octets("\x00text")), "mac"],
  ["a box of the other sender", message(nacl, { ...near, sender: "server" }, eight(4), octets("\x00text")), "mac"],
] as const) {
  test(`OpeningFlow refuses ${what}`, () => {
    assert.equal(judge(faulty), expected);
    if (faulty.length < WINDOW_BYTES) {
      assert.equal(
        judge(faulty, (bytes) => Array.from(bytes, (octet) => Uint8Array.of(octet))),
        expected,
      );
    }
  });
}

test("OpeningFlow waits for the rest of a box that was cut short, and sends nothing of it", () => {
  for (const start of [reboxing, opening]) {
    const box = sealed(3, octets("\x00text"));
    for (let size = 0; size < box.length; size++) {
      const { sink, flow } = start(arena);
      flow.push(box.subarray(0, size));
      assert.deepEqual([sink.sent.length, sink.shown.length, sink.problems.length], [0, 0, 0]);
      flow.dispose();
    }
  }
});

test("OpeningFlow takes a frame of exactly the limit, and none above it", () => {
  for (const limit of [1000, 2 * WINDOW_BYTES]) {
    for (const [size, expected] of [
      [limit, []],
      [limit + 1, ["length"]],
    ] as const) {
      const { sink, flow } = opening(arena, "near", limit);
      flow.push(sealed(3, new Uint8Array(size - 32)));
      assert.deepEqual(
        sink.problems.map(({ check }) => check),
        expected,
      );
      flow.dispose();
    }
  }
});

for (const textBytes of [WINDOW_BYTES - 40, WINDOW_BYTES - 32, WINDOW_BYTES, 3 * WINDOW_BYTES, 3 * WINDOW_BYTES - 31]) {
  test(`OpeningFlow never shows the end of a changed frame of ${textBytes} octets, and sends nothing of it`, () => {
    const pick = random(textBytes);
    const genuine = sealed(4, new Uint8Array(textBytes).fill(1));
    for (const at of [9 + 16, 9 + 32, 9 + 32 + pick(textBytes), genuine.length - 1]) {
      const changed = genuine.slice();
      changed[at]! ^= 0x80;
      assert.equal(judge(changed), "mac");
      const { sink, flow } = opening(arena);
      flow.push(changed);
      // Header and body have 8 octets more than the text, the pieces are a window at most.
      const held = textBytes + 8 - sink.shown.length;
      assert.ok(held >= 1 && (sink.shown.length === 0 || sink.shown.length >= textBytes - WINDOW_BYTES - 32));
      assert.equal(sink.sent.length, 0);
      flow.dispose();
    }
  });
}

test("OpeningFlow never throws on random octets, and says one problem at most", () => {
  const pick = random(4);
  const genuine = sealNear(arena, ...Array.from({ length: 20 }, () => encodeMessage([new Uint8Array(pick(400))])));
  for (let round = 0; round < 500; round++) {
    const { sink, flow } = pick(2) === 0 ? opening(arena) : reboxing(arena);
    const bytes = pick(2) === 0 ? genuine.slice() : Uint8Array.from({ length: pick(3000) }, () => pick(256));
    for (let change = pick(4); change > 0; change--) bytes[pick(bytes.length)] = pick(256);
    for (let at = 0; at < bytes.length; at += 700) flow.push(bytes.subarray(at, at + 700));
    assert.ok(sink.problems.length <= 1);
    flow.dispose();
  }
});
