import assert from "node:assert/strict";
import { loadBoxes } from "../../src/proxy/crypto/boxes.ts";
import { encodeCommand, encodeMessage } from "../../src/proxy/wire/writer.ts";
import type { Direction, Side } from "../../src/shared/model.ts";
import type { LegMechanism } from "../../src/shared/security.ts";
import { LinkRecorder, type Told } from "../../test/support/linkRecorder.ts";
import { join } from "../../test/support/octets.ts";
import type { PeerKind } from "../../test/support/peers.ts";
import { rekeyedLink } from "../../test/support/rekeyedLink.ts";
import { loadVectors, type Piece, piecesOf } from "../../test/support/vectors.ts";
import { conversation } from "../conversation.ts";
import { Draw, seedDraws } from "../draw.ts";
import type { Target } from "../target.ts";

export const wire: Target = {
  name: "wire",
  about:
    "conversations of ZMTP 1.0 to 3.1, NULL, PLAIN and CURVE, damaged, to the reader of links: no throw, one fault and one handshake at most, the same rows however the octets are cut, no password kept",
  seeds: () => seedDraws(64),
  run: (input) => {
    const draw = new Draw(input);
    const said = conversation(draw);
    checkLink(said, draw);
  },
};

/** An input as octets: the direction in the highest bit of a length, then so many octets. */
export const wireOctets: Target = {
  name: "wire-octets",
  about: "octets of recorded links of six libzmq versions, changed, to the reader of links: the same",
  seeds: () =>
    loadVectors().map((vector) => {
      const parts = piecesOf(vector).flatMap(({ direction, bytes }) => chunksOf(direction, bytes));
      return join(...parts).slice(0, 8000);
    }),
  maxBytes: 8192,
  run: (input) => {
    const said: Piece[] = [];
    for (let at = 0; at < input.length;) {
      const head = input[at]!;
      const size = head & 127;
      said.push({ direction: head > 127 ? 1 : 0, bytes: input.slice(at + 1, at + 1 + size) });
      at += 1 + size;
    }
    checkLink(said, new Draw(input));
  },
};

function chunksOf(direction: Direction, bytes: Uint8Array): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 127) {
    const chunk = bytes.subarray(at, at + 127);
    chunks.push(Uint8Array.of(chunk.length | (direction << 7)), chunk);
  }
  return chunks;
}

/** What a reader promises of any octets, cut as they were said and as `draw` cuts them. */
function checkLink(said: readonly Piece[], draw: Draw): void {
  const whole = read(said, (bytes) => [bytes]);
  const cut = read(said, (bytes) => draw.cut(bytes));
  const others = [cut];
  // Octet by octet takes long, so not always.
  if (said.length % 4 === 0) {
    others.push(
      read(said, (bytes) => (bytes.length > 400 ? [bytes] : [...bytes].map((octet) => Uint8Array.of(octet)))),
    );
  }
  assert.ok(!JSON.stringify(whole.told).includes("secret"), "a password was told");
  for (const other of others) {
    assert.deepEqual(other.told.map(comparable), whole.told.map(comparable));
    for (const direction of [0, 1] as const) {
      if (whole.of("fault").length > 0) continue;
      assert.deepEqual(join(...other.kept[direction]), join(...whole.kept[direction]));
    }
  }
}

/**
 * Octets of a fault are those that the reader had when it found it, and so is the version of a handshake that came to
 * nothing before both greetings were whole.
 */
function comparable(told: Told): unknown {
  if (told.kind === "fault") return { ...told, detail: { ...told.detail, bytesHex: "" } };
  const isBroken = told.kind === "handshake" && told.detail.state !== "done";
  return isBroken ? { ...told, detail: { ...told.detail, version: null } } : told;
}

function read(said: readonly Piece[], cut: (bytes: Uint8Array) => readonly Uint8Array[]): LinkRecorder {
  const link = new LinkRecorder();
  const { reader } = link;
  let pushed = 0;
  for (const { direction, bytes } of said) {
    for (const piece of cut(bytes)) {
      const gap = reader.gapIn(direction, piece);
      assert.ok(gap >= -1 && gap <= piece.length, `gap ${gap}`);
      const step = reader.stepIn(direction, piece);
      assert.ok(step >= 0 && step <= piece.length, `step ${step}`);
      link.push(direction, piece);
      pushed += piece.length;
      const { octetsToNextHeader } = reader.position(direction);
      assert.ok(octetsToNextHeader >= -10, `${octetsToNextHeader}`);
      const beginning = reader.beginning(direction);
      assert.ok(beginning.octets >= 0 && beginning.octets <= pushed);
    }
  }
  reader.handshakeDetail();
  reader.subscriptions(10);
  reader.close();
  assert.ok(link.of("fault").length <= 1);
  assert.equal(link.of("handshake").length, 1);
  assert.equal(reader.pending, 0);
  const told = link.of("message").reduce((sum, { sizeBytes, frames }) => sum + sizeBytes + 2 * frames.length, 0);
  assert.ok(told <= pushed, `${told} of ${pushed} octets`);
  return link;
}

const boxes = await loadBoxes();

const COMBINATIONS: readonly (readonly [client: PeerKind, server: PeerKind, securityClient?: Side])[] = [
  ["CURVE client", "CURVE server"],
  ["CURVE server", "CURVE client"],
  ["NULL", "CURVE server"],
  ["CURVE client", "NULL"],
  ["PLAIN client", "CURVE server"],
  ["CURVE client", "PLAIN server"],
  ["NULL", "PLAIN server"],
  ["PLAIN client", "NULL"],
  ["CURVE server", "NULL", "server"],
  ["PLAIN server", "CURVE client", "server"],
];
const NAMES = ["HELLO", "WELCOME", "INITIATE", "READY", "ERROR", "MESSAGE", "PING", ""];

/** Boxes take some hundred microseconds each, so these are few an input. */
export const rekeyed: Target = {
  name: "rekeyed",
  about:
    "links of CURVE, PLAIN and NULL legs that a tap re-keys, with octets changed and commands put in on the way: no throw, one problem at most, and what arrives is what was sent, in order, or nothing more",
  seeds: () => seedDraws(24),
  maxBytes: 512,
  run: (input) => {
    const draw = new Draw(input);
    const [client, server, securityClient] = draw.pick(COMBINATIONS);
    const mechanisms = [client, server].map((kind) => kind.slice(0, 5).trim() as LegMechanism);
    const isMixed = mechanisms[0] !== mechanisms[1];
    const legs = isMixed ? { client: mechanisms[0]!, server: mechanisms[1]! } : { client: null, server: null };
    const harm = { isDone: false };
    const link = rekeyedLink(
      boxes,
      { client, server },
      {
        ...(securityClient === undefined ? {} : { securityClient }),
        keys: { legs },
        cut: (bytes) => {
          const pieces = draw.cut(bytes);
          if (!draw.rarely(16)) return pieces;
          harm.isDone = true;
          if (draw.flag()) return [...pieces, encodeCommand(draw.pick(NAMES), draw.some(200))];
          const changed = bytes.slice();
          if (changed.length > 0) changed[draw.below(changed.length)]! ^= 1 + draw.below(255);
          return [changed];
        },
      },
    );
    const { rekeyer, sink } = link;
    try {
      link.settle();
      const sent: Record<Side, string[]> = { client: [], server: [] };
      for (let left = draw.below(6); left > 0; left--) {
        const side = draw.pick(["client", "server"] as const);
        const text = `${side} ${sent[side].length} ${"x".repeat(draw.below(80))}`;
        // A peer whose handshake is not done says nothing.
        if (!link[side].isOpen) continue;
        sent[side].push(text);
        link[side].send(encodeMessage([Buffer.from(text)]));
        link.settle();
      }
      assert.ok(sink.problems.length <= 1, JSON.stringify(sink.problems));
      for (const [from, to] of [
        ["client", "server"],
        ["server", "client"],
      ] as const) {
        const came = link[to].frames.filter((frame) => frame.startsWith(from));
        // Only CURVE can tell that octets were changed on the way.
        const isSealed = mechanisms.every((mechanism) => mechanism === "CURVE");
        if (harm.isDone && !isSealed) continue;
        assert.deepEqual(came, sent[from].slice(0, came.length));
        if (!harm.isDone) assert.equal(came.length, sent[from].length, JSON.stringify([sink.problems, link[to].heard]));
      }
    } finally {
      rekeyer.dispose();
    }
  },
};
