import assert from "node:assert/strict";
import { dialectTools } from "../../src/proxy/dialectTools.ts";
import type { Dialect, DialectKey, DialectMessage, SaidOrProblem } from "../../src/proxy/dialects/dialect.ts";
import type { DialectCall, Said } from "../../src/shared/dialects.ts";
import type { SocketType } from "../../src/shared/model.ts";
import { random } from "./random.ts";

type Random = (below: number) => number;

export const octets = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A message as a tap between these sockets sees it. */
export function messageOf(
  frames: readonly (Uint8Array | string)[],
  sender: SocketType | null = "REQ",
  receiver: SocketType | null = "REP",
): DialectMessage {
  return { frames: frames.map((frame) => (typeof frame === "string" ? octets(frame) : frame)), sender, receiver };
}

/** What it says; fails when it cannot be read. */
export function saidBy(dialect: Dialect, message: DialectMessage, key: DialectKey = null): Said {
  const read: SaidOrProblem = dialect.decode(message, key, dialectTools);
  assert.equal("problem" in read ? read.problem : null, null);
  assert.ok("said" in read);
  return read.said;
}

/** The frames of a call; fails when it cannot be written. */
export function framesOf(dialect: Dialect, call: Partial<DialectCall>, key: DialectKey = null): readonly Uint8Array[] {
  const encoded = dialect.encode({ method: "", args: [], kwargs: {}, fields: {}, ...call }, key, dialectTools);
  assert.equal("problem" in encoded ? encoded.problem : null, null);
  assert.ok("frames" in encoded);
  return encoded.frames;
}

const WORDS = [
  "",
  "add",
  "größe",
  "a b",
  "\u0000",
  "☃😀",
  "__proto__",
  "constructor",
  "1",
  "null",
  '"',
  "<&>'",
  "x".repeat(300),
];

/** A value as JSON can hold it. */
export function randomJson(below: Random, depth = 3): unknown {
  switch (below(depth > 0 ? 8 : 6)) {
    case 0:
      return null;
    case 1:
      return below(2) === 0;
    case 2:
      return below(2 ** 31) - 2 ** 30;
    case 3:
      return (below(2 ** 31) - 2 ** 30) / 64;
    case 4:
    case 5:
      return randomText(below);
    case 6:
      return Array.from({ length: below(4) }, () => randomJson(below, depth - 1));
    default:
      return randomObject(below, depth);
  }
}

export function randomObject(below: Random, depth = 3): Record<string, unknown> {
  const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (let count = below(4); count > 0; count--) object[randomText(below)] = randomJson(below, depth - 1);
  return { ...object };
}

export function randomText(below: Random): string {
  return WORDS[below(WORDS.length)]!;
}

/**
 * Any octets, and sound messages with octets changed, cut and repeated, as every socket pair: nothing throws, confidence
 * stays within 0 to 1, and what is said is bounded.
 */
export function fuzzDialect(dialect: Dialect, sound: readonly DialectMessage[], turns = 3000): void {
  const below = random(7);
  const types: readonly (SocketType | null)[] = [
    "REQ",
    "REP",
    "DEALER",
    "ROUTER",
    "PUB",
    "SUB",
    "PUSH",
    "PULL",
    "PAIR",
    null,
  ];
  for (let turn = 0; turn < turns; turn++) {
    const base = sound.length > 0 && below(4) > 0 ? sound[below(sound.length)]!.frames : randomFrames(below);
    const frames = damaged(base, below);
    const message = { frames, sender: types[below(types.length)]!, receiver: types[below(types.length)]! };
    const confidence = dialect.confidence(message);
    assert.ok(confidence >= 0 && confidence <= 1, `${confidence}`);
    for (const key of [null, octets("key")]) {
      const read = dialect.decode(message, key, dialectTools);
      if ("said" in read) assert.ok((read.said.problem ?? "").length <= 500);
      else assert.match(read.problem, /^[A-Z].*[.]$/s);
    }
    dialect.renew(frames, null, dialectTools);
    dialect.answer(message, { kind: "value", value: 1 }, null, dialectTools);
    dialect.answer(message, { kind: "error", problem: "no" }, null, dialectTools);
  }
}

function randomFrames(below: Random): Uint8Array[] {
  return Array.from({ length: below(6) }, () => Uint8Array.from({ length: below(40) }, () => below(256)));
}

function damaged(frames: readonly Uint8Array[], below: Random): Uint8Array[] {
  const changed = frames.map((frame) => Uint8Array.from(frame));
  for (let times = below(4); times > 0; times--) {
    const at = below(Math.max(1, changed.length));
    const frame = changed[at] ?? new Uint8Array(0);
    switch (below(5)) {
      case 0:
        if (frame.length > 0) frame[below(frame.length)] = below(256);
        break;
      case 1:
        changed[at] = frame.subarray(0, below(frame.length + 1));
        break;
      case 2:
        changed.splice(at, 1);
        break;
      case 3:
        changed.splice(at, 0, frame);
        break;
      default:
        changed.splice(at, 0, new Uint8Array(0));
    }
  }
  return changed;
}

/**
 * Random calls are written and read again as the same, or refused in a sentence; `fields` are the dialect's own. How many
 * were written.
 */
export function roundTrips(
  dialect: Dialect,
  newCall: (below: Random) => Partial<DialectCall>,
  sockets: readonly [SocketType, SocketType] = ["REQ", "REP"],
  turns = 2000,
): number {
  const below = random(11);
  let written = 0;
  for (let turn = 0; turn < turns; turn++) {
    const call = { method: "", args: [], kwargs: {}, fields: {}, ...newCall(below) };
    const encoded = dialect.encode(call, null, dialectTools);
    if ("problem" in encoded) {
      assert.match(encoded.problem, /^[A-Z].*[.]$/s);
      continue;
    }
    const message = messageOf(encoded.frames, ...sockets);
    const { method, args, kwargs } = saidBy(dialect, message);
    assert.deepEqual(
      { method, args: args ?? [], kwargs: kwargs ?? {} },
      { method: call.method, args: call.args, kwargs: call.kwargs },
    );
    assert.ok(dialect.confidence(message) > 0, "does not look like itself");
    assert.deepEqual(dialect.renew(encoded.frames, null, dialectTools), { frames: encoded.frames });
    written++;
  }
  return written;
}
