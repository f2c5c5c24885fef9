import assert from "node:assert/strict";
import { test } from "node:test";
import { type HeldBudget, PIECE_BYTES, ZmtpTwin } from "../../../src/proxy/http/zmtpTwin.ts";
import type { Direction } from "../../../src/shared/model.ts";
import { everySplit } from "../../support/cuts.ts";
import { LinkRecorder } from "../../support/linkRecorder.ts";
import { octets } from "../../support/octets.ts";

const MANY_BYTES = 64 * 1024 * 1024;

/** A twin whose octets are read as those of a link. */
function twinOf(budget: HeldBudget = { held: 0, max: MANY_BYTES }) {
  const recorder = new LinkRecorder();
  const faults: string[] = [];
  const twin = new ZmtpTwin(
    {
      plain: (direction, bytes) => recorder.push(direction, bytes.slice()),
      fault: (_direction, code) => faults.push(code),
    },
    budget,
  );
  twin.start();
  const push = (direction: Direction, text: string): void => twin.push(direction, octets(text));
  /** Frames of the messages so far, in the order in which they ended. */
  const messages = (): string[][] =>
    recorder.of("message").map(({ frames }) => frames.map((frame) => Buffer.from(frame, "hex").toString("latin1")));
  return { twin, push, messages, recorder, faults, budget };
}

const CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

test("An HTTP connection is shown as a REQ and a REP that say that they speak HTTP", () => {
  const { recorder } = twinOf();
  const { detail } = recorder.of("handshake")[0]!;
  assert.equal(detail.state, "done");
  assert.deepEqual(detail.sockets, { client: "REQ", server: "REP" });
  assert.deepEqual(detail.client.metadata, { "X-Spoken": "HTTP/1" });
});

test("Requests and responses become messages of head and body, and pairs", () => {
  const { push, messages, recorder } = twinOf();
  push(0, "POST /RPC2 HTTP/1.1\r\nContent-Length: 4\r\n\r\ncall");
  push(1, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nanswer");
  push(0, "GET / HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n");
  push(1, "HTTP/1.1 204 No Content\r\n\r\n");
  push(1, `${CHUNKED}2\r\nab\r\n1\r\nc\r\n0\r\n\r\n`);
  assert.deepEqual(messages(), [
    ["", "POST /RPC2 HTTP/1.1\r\nContent-Length: 4", "call"],
    ["", "HTTP/1.1 200 OK\r\nContent-Length: 6", "answer"],
    ["", "GET / HTTP/1.1"],
    ["", "GET /2 HTTP/1.1"],
    ["", "HTTP/1.1 204 No Content"],
    ["", CHUNKED.trimEnd(), "abc"],
  ]);
  assert.deepEqual(
    recorder.of("paired").map(({ request, reply, guessed }) => [request, reply, guessed]),
    [
      [1, 2, false],
      [3, 5, false],
      [4, 6, false],
    ],
  );
});

test("The twin is the same however the stream is cut", () => {
  const stream = octets(`${CHUNKED}2\r\nab\r\n1\r\nc\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nxyz`);
  for (const [first, second] of everySplit(stream)) {
    const { twin, messages } = twinOf();
    twin.push(1, first);
    twin.push(1, second);
    assert.deepEqual(
      messages().map((frames) => frames.at(-1)),
      ["abc", "xyz"],
    );
  }
});

test("A body without a length ends with the connection, and only an orderly end makes it whole", () => {
  const { twin, push, messages } = twinOf();
  push(1, "HTTP/1.0 200 OK\r\n\r\nto the end");
  assert.deepEqual(messages(), []);
  twin.close(1);
  assert.deepEqual(messages(), [["", "HTTP/1.0 200 OK", "to the end"]]);
});

test("A body without a length is held up to 4 MiB, and goes on in further frames", () => {
  const { push, recorder, budget } = twinOf();
  push(1, `${CHUNKED}900000\r\n${"x".repeat(0x900000 - 1)}`);
  assert.equal(budget.held, 0x900000 - 1 - 2 * PIECE_BYTES);
  push(1, "x\r\n0\r\n\r\n");
  const [message] = recorder.of("message");
  assert.deepEqual(
    message!.frames.map((frame) => frame.length / 2),
    [0, CHUNKED.trimEnd().length, PIECE_BYTES, PIECE_BYTES, 0x100000],
  );
  assert.equal(budget.held, 0);
});

test("Connections that together hold too much tell smaller pieces, and no budget is lost", () => {
  const budget = { held: 0, max: 10 };
  const [one, other] = [twinOf(budget), twinOf(budget)];
  one.push(1, `${CHUNKED}a\r\n${"x".repeat(10)}`);
  assert.equal(budget.held, 10);
  other.push(1, `${CHUNKED}2\r\nab\r\n0\r\n\r\n`);
  assert.deepEqual(other.messages(), [["", CHUNKED.trimEnd(), "ab", ""]]);
  one.twin.dispose();
  assert.equal(budget.held, 0);
});

test("What is no HTTP is one fault, and nothing is held of it", () => {
  const { push, faults, budget } = twinOf();
  push(1, `${CHUNKED}a\r\n12345`);
  assert.equal(budget.held, 5);
  push(0, "\u0016\u0003\u0001");
  push(1, "more");
  assert.deepEqual([faults, budget.held], [["not-http"], 0]);
});
