import assert from "node:assert/strict";
import { test } from "node:test";
import { Actor, type GateMessage, type MessageIntervention } from "../../../src/proxy/interventions/actor.ts";
import { type Act, Gate, type GateSink } from "../../../src/proxy/interventions/gate.ts";
import { randomFrom } from "../../../src/proxy/interventions/random.ts";
import { encodeCommand, encodeMessage } from "../../../src/proxy/wire/writer.ts";
import { parseIntervention } from "../../../src/shared/interventionSpec.ts";
import { LedClock } from "../../support/gateClock.ts";
import { hex, join, octets } from "../../support/octets.ts";
import { random } from "../../support/random.ts";

/** A gate with what came out of it. */
class Rig implements GateSink {
  readonly clock = new LedClock();
  readonly sentParts: Uint8Array[] = [];
  readonly acts: Act[] = [];
  readonly cuts: boolean[] = [];
  moves = 0;
  heldChanges = 0;
  readonly gate: Gate;
  readonly #actors = new Map<string, Actor>();
  #held = 0;

  constructor(direction: { isSubscriber?: boolean } = {}) {
    this.gate = new Gate({ framing: 3, isSubscriber: () => direction.isSubscriber ?? false }, this.clock, this);
  }

  send(bytes: Uint8Array): void {
    this.sentParts.push(bytes.slice());
  }

  moved(): void {
    this.moves += 1;
  }

  cut(isReset: boolean): void {
    this.cuts.push(isReset);
  }

  told(act: Act): void {
    this.acts.push(act);
  }

  nextHeld(): number {
    return ++this.#held;
  }

  heldChanged(): void {
    this.heldChanges += 1;
  }

  /** Puts these specs to work; a filter is text that a message's octets hold. Those that were there stay the same actors. */
  use(...specs: readonly string[]): void {
    this.gate.setActors(specs.map((spec) => this.#actor(spec)));
  }

  #actor(spec: string): Actor {
    const known = this.#actors.get(spec);
    if (known !== undefined) return known;
    const [what = "", wanted = ""] = spec.split(" if ");
    const parsed = parseIntervention(what);
    assert.ok(parsed.ok);
    const id = this.#actors.size + 1;
    const actor = new Actor(id, parsed.intervention as MessageIntervention, randomFrom(7, id), ({ bytes }) =>
      Buffer.from(bytes).includes(wanted),
    );
    this.#actors.set(spec, actor);
    return actor;
  }

  take(...messages: readonly string[]): void {
    this.gate.take(join(...messages.map(message)));
  }

  /** Messages that came out since the last look; of commands their names. */
  get out(): string[] {
    return this.sentParts.splice(0).map((bytes) => Buffer.from(bytes).toString("latin1").slice(2));
  }

  get what(): string[] {
    return this.acts.splice(0).map(({ what }) => what);
  }
}

const message = (text: string): Uint8Array => encodeMessage([octets(text)]);
const ping = encodeCommand("PING", hex("0000"));
const edited = (text: string): GateMessage => ({
  bytes: message(text),
  frames: 1,
  sizeBytes: text.length,
  isCommand: false,
});

test("Gate lets everything pass at once while nothing is to be done", () => {
  const rig = new Rig();
  rig.take("a", "b");
  rig.gate.take(ping);
  assert.deepEqual(rig.out, ["a", "b", "\x04PING\0\0"]);
  assert.equal(rig.clock.waiting, 0);
});

test("Gate delays messages and keeps their order, with jitter too", () => {
  const rig = new Rig();
  rig.use("delay 200ms ±100ms");
  rig.take("a", "b", "c", "d");
  rig.clock.pass(99);
  assert.deepEqual(rig.out, []);
  rig.clock.pass(202);
  assert.deepEqual(rig.out, ["a", "b", "c", "d"]);
  assert.ok(rig.acts.every(({ what, ms }) => what === "delayed" && ms! >= 100 && ms! <= 300));
  assert.equal(new Set(rig.acts.map(({ ms }) => ms)).size > 1, true);
  assert.equal(rig.clock.waiting, 0);
});

test("Gate makes what does not match wait behind what is delayed, and adds delays", () => {
  const rig = new Rig();
  rig.use("delay 200ms if a", "delay 100ms if aa");
  rig.take("a", "b", "aa");
  rig.clock.pass(200);
  assert.deepEqual(rig.out, ["a", "b"]);
  rig.clock.pass(100);
  assert.deepEqual(rig.out, ["aa"]);
  assert.deepEqual(rig.what, ["delayed", "delayed", "delayed"]);
});

test("Gate lets commands pass between messages that wait, unless they are what is meant", () => {
  const rig = new Rig();
  rig.use("delay 200ms");
  rig.take("a");
  rig.gate.take(ping);
  assert.deepEqual(rig.out, ["\x04PING\0\0"]);
  rig.use("delay 200ms commands");
  assert.deepEqual(rig.out, ["a"]);
  rig.gate.take(join(ping, message("b")));
  assert.deepEqual(rig.out, ["b"]);
  rig.clock.pass(200);
  assert.deepEqual(rig.out, ["\x04PING\0\0"]);
});

test("Gate passes a command at once that stands inside of a message that is held", () => {
  const rig = new Rig();
  rig.use("hold 10s");
  const parts = encodeMessage([octets("one"), octets("two")]);
  rig.gate.take(join(parts.subarray(0, 5), ping, parts.subarray(5, 9)));
  assert.deepEqual(rig.out, ["\x04PING\0\0"]);
  rig.gate.take(parts.subarray(9));
  rig.clock.pass(10_000);
  assert.deepEqual(rig.sentParts, [parts]);
});

test("Gate takes a subscriber's messages that begin with 0 or 1 for commands", () => {
  const rig = new Rig({ isSubscriber: true });
  rig.use("drop");
  rig.take("\x01topic", "\x00topic", "\x02other", "");
  assert.deepEqual(rig.out, ["\x01topic", "\x00topic"]);
  assert.deepEqual(rig.what, ["dropped", "dropped"]);
});

test("Gate drops one of n in a row, the same ones for the same chance", () => {
  const dropped = (): string[] => {
    const rig = new Rig();
    rig.use("drop 1/5");
    for (let at = 0; at < 50; at++) rig.take(String(at));
    const out = rig.out;
    assert.equal(out.length, 40);
    for (let run = 0; run < 10; run++) {
      assert.equal(out.filter((text) => Math.floor(Number(text) / 5) === run).length, 4);
    }
    return out;
  };
  assert.deepEqual(dropped(), dropped());
});

test("Gate sends one in n twice", () => {
  const rig = new Rig();
  rig.use("duplicate 1/2");
  rig.take("a", "b", "c", "d");
  const { out } = rig;
  assert.equal(out.length, 6);
  assert.deepEqual([...new Set(out)], ["a", "b", "c", "d"]);
  assert.deepEqual(rig.what, ["duplicated", "duplicated"]);
});

test("Gate reorders so many in a row, and only lets them go late when no more come", () => {
  const rig = new Rig();
  rig.use("reorder 3 within 500ms");
  rig.take("a", "b");
  assert.deepEqual(rig.out, []);
  rig.take("c");
  const { out } = rig;
  assert.notDeepEqual(out, ["a", "b", "c"]);
  assert.deepEqual([...out].sort(), ["a", "b", "c"]);
  assert.deepEqual([rig.acts[0]!.what, rig.acts[0]!.count], ["reordered", 3]);
  rig.take("d");
  rig.clock.pass(499);
  assert.deepEqual(rig.out, []);
  rig.clock.pass(1);
  assert.deepEqual(rig.out, ["d"]);
});

test("Gate keeps others in their place when it reorders what matches", () => {
  const rig = new Rig();
  rig.use("reorder 2 if x");
  rig.take("x1", "y", "x2", "z");
  assert.deepEqual(rig.out, ["x2", "y", "x1", "z"]);
});

test("Gate lets octets and messages go at a rate, the first at once", () => {
  const rig = new Rig();
  rig.use("throttle 10B/s");
  rig.take("12345", "12", "1");
  assert.deepEqual(rig.out, ["12345"]);
  rig.clock.pass(500);
  assert.deepEqual(rig.out, ["12"]);
  rig.clock.pass(199);
  assert.deepEqual(rig.out, []);
  rig.clock.pass(1);
  assert.deepEqual(rig.out, ["1"]);
  assert.deepEqual(rig.what, ["throttled", "throttled"]);
  rig.use("throttle 2 messages/s");
  rig.take("a", "b");
  rig.clock.pass(500);
  assert.deepEqual(rig.out, ["a", "b"]);
});

test("Gate holds messages until they are released, edited or dropped, and the others wait", () => {
  const rig = new Rig();
  rig.use("hold 30s if x");
  rig.take("a", "x1", "b", "x2", "x3", "c");
  assert.deepEqual(rig.out, ["a"]);
  assert.deepEqual(
    rig.gate.held.map(({ id, message: { bytes } }) => [id, Buffer.from(bytes.subarray(2)).toString()]),
    [
      [1, "x1"],
      [2, "x2"],
      [3, "x3"],
    ],
  );
  assert.equal(rig.gate.release(2, edited("other")), true);
  assert.deepEqual(rig.out, []);
  assert.equal(rig.gate.release(1, null), true);
  assert.deepEqual(rig.out, ["x1", "b", "other"]);
  assert.equal(rig.gate.drop(3), true);
  assert.deepEqual(rig.out, ["c"]);
  assert.deepEqual(rig.what, ["held", "held", "held", "released", "edited", "dropped"]);
  assert.equal(rig.gate.release(3, null), false);
  assert.equal(rig.gate.drop(3), false);
  assert.equal(rig.gate.isEmpty, true);
});

test("Gate releases what is held when its time is over, each at its own, and tells who did", () => {
  const rig = new Rig();
  rig.use("hold 30s");
  rig.take("a");
  rig.clock.pass(10_000);
  rig.take("b");
  rig.clock.pass(20_000);
  assert.deepEqual(rig.out, ["a"]);
  rig.gate.releaseAll();
  assert.deepEqual(rig.out, ["b"]);
  assert.deepEqual(
    rig.acts.filter(({ what }) => what === "released").map(({ by, ms }) => [by, ms]),
    [
      ["time", 30_000],
      ["user", 20_000],
    ],
  );
});

test("Gate lets what one intervention made wait go on once that is stopped, while another goes on", () => {
  const rig = new Rig();
  const all = ["hold 30s if h", "delay 10s if d", "reorder 3 if r", "throttle 1B/s if t", "duplicate if u"];
  rig.use("drop if nothing", ...all);
  rig.take("d", "r1", "h", "t", "r2", "u");
  assert.deepEqual(rig.out, []);
  rig.use("drop if nothing");
  assert.deepEqual(rig.out, ["d", "r1", "h", "t", "r2", "u"]);
  assert.deepEqual(rig.what, ["held", "released"]);
  assert.equal(rig.clock.waiting, 0);
});

test("Gate cuts before a message that matches, and nothing more goes", () => {
  const rig = new Rig();
  rig.use("cut reset if x");
  rig.take("a", "x", "b");
  assert.deepEqual(rig.out, ["a"]);
  assert.deepEqual(rig.cuts, [true]);
  rig.take("c");
  rig.gate.flush();
  assert.deepEqual(rig.out, []);
  assert.deepEqual(rig.what, ["cut"]);
});

test("Gate is full at 500 messages, keeps what came with them, and says when there is room", () => {
  const rig = new Rig();
  rig.use("hold 30s");
  const texts = Array.from({ length: 600 }, (_, at) => String(at));
  rig.take(...texts.slice(0, 499));
  assert.equal(rig.gate.isFull, false);
  rig.take(...texts.slice(499));
  assert.equal(rig.gate.isFull, true);
  assert.equal(rig.gate.held.length, 500);
  rig.take("600");
  assert.equal(rig.gate.held.length, 500);
  const { moves } = rig;
  rig.gate.releaseAll();
  assert.equal(rig.gate.held.length, 101);
  assert.equal(rig.moves, moves + 1);
  rig.gate.releaseAll();
  assert.deepEqual(rig.out, [...texts, "600"]);
});

test("Gate is full at 12 MiB", () => {
  const rig = new Rig();
  rig.use("hold 30s");
  const large = encodeMessage([new Uint8Array(7 * 1024 * 1024)]);
  rig.gate.take(large);
  assert.equal(rig.gate.isFull, false);
  rig.gate.take(large);
  assert.equal(rig.gate.isFull, true);
  rig.gate.drop(1);
  assert.equal(rig.gate.isFull, false);
  rig.gate.release(2, edited("small"));
  assert.deepEqual(rig.out, ["small"]);
});

test("Gate passes on a message above 16 MiB as it comes, behind what waited", () => {
  const rig = new Rig();
  rig.use("hold 30s");
  rig.take("a");
  const huge = encodeMessage([new Uint8Array(17 * 1024 * 1024)]);
  rig.gate.take(huge.subarray(0, 1000));
  assert.equal(rig.gate.isOpen, false);
  assert.deepEqual(rig.what, ["held", "released", "passed"]);
  rig.gate.take(huge.subarray(1000));
  assert.equal(rig.gate.isOpen, true);
  assert.deepEqual(join(...rig.sentParts.splice(0)), join(message("a"), huge));
  rig.take("b");
  assert.equal(rig.gate.held.length, 1);
});

test("Gate passes on everything once it cannot be read, behind what waited", () => {
  const rig = new Rig();
  rig.use("hold 30s");
  const bad = join(message("a"), hex("02 ff 00 00 00 00 00 00 00 61 62"));
  rig.gate.take(bad);
  rig.take("b");
  assert.deepEqual(join(...rig.sentParts), join(bad, message("b")));
});

test("Gate flushes in order all that it has, with what has come of a message under way", () => {
  const rig = new Rig();
  rig.use("hold 30s if a", "delay 1s", "reorder 3 if 123 a");
  const parts = encodeMessage([octets("one"), octets("two")]);
  const texts = Array.from({ length: 600 }, (_, at) => `${at} a`);
  const all = join(...texts.map(message), parts.subarray(0, 8));
  rig.gate.take(all);
  rig.gate.take(parts.subarray(8, 9));
  rig.gate.flush();
  assert.deepEqual(join(...rig.sentParts), join(all, parts.subarray(8, 9)));
  assert.equal(rig.clock.waiting, 0);
  rig.gate.flush();
  rig.take("x");
  assert.equal(rig.gate.isEmpty, true);
});

test("Gate forgets all when it is disposed, and tells that nothing is held any more", () => {
  const rig = new Rig();
  rig.use("hold 30s");
  rig.take("a");
  const before = rig.heldChanges;
  rig.gate.dispose();
  rig.gate.releaseAll();
  assert.deepEqual([rig.out, rig.gate.held, rig.heldChanges, rig.clock.waiting], [[], [], before + 1, 0]);
});

test("Gate does one thing for each of several interventions, and a drop or cut before the others", () => {
  const rig = new Rig();
  rig.use("hold 1s", "hold 2s", "reorder 2", "reorder 3", "drop if d", "duplicate");
  rig.take("a", "d", "b");
  assert.deepEqual(rig.what, ["held", "dropped", "held", "reordered"]);
  rig.clock.pass(1000);
  assert.deepEqual(rig.out, ["b", "b", "a", "a"]);
  assert.deepEqual(rig.what, ["released", "duplicated", "released", "duplicated"]);
});

test("Gate takes a dropped message out of the window that it was gathered in", () => {
  const rig = new Rig();
  rig.use("reorder 3", "hold 30s if h");
  rig.take("a", "h");
  rig.gate.drop(1);
  rig.take("b");
  assert.deepEqual(rig.out, []);
  rig.take("c");
  assert.deepEqual(rig.out.sort(), ["a", "b", "c"]);
});

test("What goes through a gate that delays, throttles and holds is what was sent, in order, whatever the chunks", () => {
  for (let seed = 1; seed <= 60; seed++) {
    const pick = random(seed);
    const sent = Array.from({ length: 40 }, (_, at) => {
      const frames = Array.from({ length: 1 + pick(3) }, () => octets(`${at}-${"x".repeat(pick(400))}`));
      return encodeMessage(frames);
    });
    const bytes = join(...sent);
    const rig = new Rig();
    rig.use("delay 50ms ±50ms", "hold 200ms if 7", "throttle 100 messages/s");
    let stopsAt = pick(bytes.length);
    for (let at = 0; at < bytes.length;) {
      const end = Math.min(bytes.length, at + 1 + pick(300));
      rig.gate.take(bytes.subarray(at, end));
      at = end;
      rig.clock.pass(pick(20));
      const held = rig.gate.held[pick(4)];
      if (held !== undefined && pick(3) === 0) rig.gate.release(held.id, null);
      if (at > stopsAt) {
        stopsAt = Infinity;
        rig.use("delay 50ms ±50ms");
      }
    }
    if (pick(2) === 0) rig.gate.flush();
    else rig.clock.pass(60_000);
    assert.deepEqual(join(...rig.sentParts), bytes, `seed ${seed}`);
  }
});
