import assert from "node:assert/strict";
import { test } from "node:test";
import type { Direction } from "../../../src/shared/model.ts";
import { cuts, everySplit } from "../../support/cuts.ts";
import { LinkRecorder } from "../../support/linkRecorder.ts";
import { loadVectors, piecesOf, type Piece, type Vector } from "../../support/vectors.ts";

const vectors = loadVectors();
const MINOR: Record<string, string> = { "2.2.1": "1.0", "3.2.5": "2.0", "4.3.4": "3.1" };
const versionOf = (libzmq: string): string => MINOR[libzmq] ?? "3.0";
/** In a box: name, nonce, authenticator and the flags. */
const SEALED_OVERHEAD_BYTES = 8 + 8 + 16 + 1;

function effectiveVersion({ client, server }: Vector): string {
  return [versionOf(client.libzmq), versionOf(server.libzmq)].sort()[0]!;
}

/** The messages of one side as they must be on the wire: what its program sent, with what its socket type adds. */
function onTheWire(vector: Vector, side: "client" | "server"): string[][] {
  const isRefused = vector.links > 1;
  if (isRefused) return [];
  const { socket } = vector[side];
  // A publisher sends what was asked for; of 1.0 everything.
  const isFiltered = socket === "PUB" && effectiveVersion(vector) !== "1.0";
  const messages = isFiltered ? vector.received.client : vector.sent[side];
  return messages
    .filter((frames) => frames !== null)
    .map((frames) => {
      if (socket === "REQ" || socket === "REP") return ["", ...frames];
      return socket === "ROUTER" ? frames.slice(1) : frames;
    });
}

function play(vector: Vector, pieces: Iterable<Piece>): LinkRecorder {
  const recorder = new LinkRecorder({ client: vector.client.socket, server: vector.server.socket });
  for (const { direction, bytes } of pieces) recorder.push(direction, bytes);
  recorder.reader.close();
  return recorder;
}

/** Everything that must not depend on how the stream was cut. */
function summary(recorder: LinkRecorder): unknown {
  const { reader, told } = recorder;
  return {
    told,
    messages: reader.messages,
    pending: reader.pending,
    topics: reader.subscriptions(10),
    state: reader.handshakeState,
  };
}

function check(vector: Vector, recorder: LinkRecorder): void {
  const version = effectiveVersion(vector);
  const isRefused = vector.links > 1;
  const [handshake, ...more] = recorder.of("handshake");
  assert.deepEqual(more, []);
  const detail = handshake!.detail;
  assert.equal(detail.state, isRefused ? "failed" : "done");
  assert.equal(detail.version, version);
  assert.equal(detail.mechanism, version < "3" ? null : vector.mechanism);
  assert.equal(detail.user, vector.mechanism === "PLAIN" ? "admin" : undefined);
  assert.deepEqual(recorder.of("fault"), []);
  if (!isRefused) {
    assert.deepEqual(detail.sockets, { client: vector.client.socket, server: vector.server.socket });
    assert.equal(detail.client.identityHex, vector.client.identity ?? "");
  }
  if (vector.mechanism === "CURVE") checkSealed(vector, recorder);
  else checkReadable(vector, recorder);
}

function checkSealed(vector: Vector, recorder: LinkRecorder): void {
  const sizes = (direction: Direction): number[] =>
    recorder
      .of("encrypted")
      .filter((each) => each.direction === direction)
      .map(({ sizeBytes }) => sizeBytes);
  const expected = (side: "client" | "server"): number[] =>
    onTheWire(vector, side)
      .flat()
      .map((frame) => frame.length / 2 + SEALED_OVERHEAD_BYTES);
  if (vector.client.socket === "SUB") assert.equal(sizes(0).length, 3);
  else assert.deepEqual(sizes(0), expected("client"));
  assert.deepEqual(sizes(1), expected("server"));
  assert.equal(recorder.reader.encrypted, true);
  assert.equal(recorder.reader.messages, 0);
}

function checkReadable(vector: Vector, recorder: LinkRecorder): void {
  const frames = (direction: Direction): string[][] =>
    recorder
      .of("message")
      .filter((each) => each.direction === direction)
      .map((each) => each.frames);
  assert.deepEqual(frames(0), onTheWire(vector, "client"));
  assert.deepEqual(frames(1), onTheWire(vector, "server"));
  for (const { frames: bodies, sizeBytes } of recorder.of("message"))
    assert.equal(sizeBytes, bodies.join("").length / 2);
  const pairs = recorder.of("paired").length;
  assert.equal(pairs, vector.client.socket === "REQ" ? onTheWire(vector, "server").length : 0);
  const topics = recorder.reader.subscriptions(10).topics.map((topic) => Buffer.from(topic).toString());
  const subscribes = vector.client.socket === "SUB" && vector.client.libzmq !== "2.2.1" && vector.links === 1;
  assert.deepEqual(topics, subscribes ? ["news."] : []);
  const names = recorder.of("command").map(({ name }) => name);
  if (subscribes) assert.deepEqual(names, ["subscribe", "subscribe", "unsubscribe"]);
  else if (vector.name.endsWith("heartbeat")) assert.deepEqual([...new Set(names)], ["ping", "pong"]);
  else assert.deepEqual(names, []);
}

for (const vector of vectors) {
  const pieces = piecesOf(vector);

  for (const [how, cut] of Object.entries(cuts)) {
    test(`LinkReader reads the recorded link ${vector.name}, ${how}`, () => {
      const cutPieces = pieces.flatMap(({ direction, bytes }) =>
        cut(bytes).map((part) => ({ direction, bytes: part })),
      );
      check(vector, play(vector, cutPieces));
    });
  }

  test(`LinkReader reads the recorded link ${vector.name} the same at every split`, () => {
    const expected = summary(play(vector, pieces));
    pieces.forEach(({ direction, bytes }, index) => {
      for (const [head, tail] of everySplit(bytes)) {
        const split = [...pieces];
        split.splice(index, 1, { direction, bytes: head }, { direction, bytes: tail });
        assert.deepEqual(summary(play(vector, split)), expected);
      }
    });
  });

  test(`LinkReader finds the same messages in ${vector.name} when one direction comes wholly before the other`, () => {
    for (const first of [0, 1]) {
      const recorder = play(
        vector,
        [...pieces].sort((a, b) => Number(a.direction !== first) - Number(b.direction !== first)),
      );
      const expected =
        vector.mechanism === "CURVE" ? 0 : onTheWire(vector, "client").length + onTheWire(vector, "server").length;
      assert.equal(recorder.reader.messages, expected);
      assert.deepEqual(recorder.of("fault"), []);
    }
  });
}

test("The recorded links are all there", () => {
  assert.equal(vectors.length, 99);
});
