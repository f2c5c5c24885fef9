import assert from "node:assert/strict";
import { test } from "node:test";
import { MAX_HEAD_BYTES } from "../../../src/proxy/http/head.ts";
import type { Direction } from "../../../src/shared/model.ts";
import { cuts, everySplit } from "../../support/cuts.ts";
import { pushAll, readingHttp, type ReadStream } from "../../support/httpStreams.ts";
import { octets } from "../../support/octets.ts";
import { random } from "../../support/random.ts";

const CRLF = "\r\n";
const request = (head: string, body = ""): string => `${head}${CRLF}${CRLF}${body}`;
const GET = request("GET / HTTP/1.1");
const OK = request("HTTP/1.1 200 OK\r\nContent-Length: 2", "ok");

/** What is told of these exchanges; `isClosed`: the server ended its direction. */
function told(parts: readonly (readonly [Direction, string])[], isClosed = false): ReadStream {
  const stream = readingHttp();
  pushAll(stream.reader, parts);
  if (isClosed) stream.reader.close(1);
  return stream;
}

const bodies = ({ messages }: ReadStream): string[] =>
  messages.map(({ direction, body, isWhole }) => `${direction} ${body}${isWhole ? "" : " …"}`);
const fault = (...parts: readonly (readonly [Direction, string])[]): string => {
  const { faults } = told(parts);
  assert.ok(faults.length <= 1);
  return faults[0]?.code ?? "none";
};

/** Requests and responses of every shape, in the order of their directions. */
const CLIENT = [
  request("POST /a HTTP/1.1\r\nContent-Length: 5", "hello"),
  request("HEAD /b HTTP/1.1"),
  `\r\n${request("GET /c HTTP/1.1")}`,
  request("POST /d HTTP/1.1\r\nTransfer-Encoding: chunked", "3;x=y\r\nabc\r\n0A \r\n0123456789\r\n0\r\nT: x\r\n\r\n"),
  "DELETE /e HTTP/1.1\nHost: h\n\n",
  request("POST /f HTTP/1.1\r\nContent-Length: 1\r\nExpect: 100-continue", "f"),
  request("CONNECT h:1 HTTP/1.1"),
].join("");
const SERVER = [
  request("HTTP/1.1 200 OK\r\nContent-Length: 3", "A\r\n"),
  request("HTTP/1.1 200 OK\r\nContent-Length: 999"),
  request("HTTP/1.1 204 No Content"),
  request("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked", "1\r\nD\r\n0\r\n\r\n"),
  request("HTTP/1.1 304 Not Modified\r\nContent-Length: 9"),
  request("HTTP/1.1 100 Continue"),
  request("HTTP/1.1 201 Created\r\nContent-Length: 0"),
  request("HTTP/1.1 405 No\r\nContent-Length: 1", "n"),
].join("");
const EXPECTED = [
  "0 hello",
  "0 ",
  "0 ",
  "0 abc0123456789",
  "0 ",
  "0 f",
  "0 ",
  "1 A\r\n",
  "1 ",
  "1 ",
  "1 D",
  "1 ",
  "1 ",
  "1 n",
];

for (const [name, cut] of Object.entries(cuts)) {
  test(`HttpReader reads requests and responses of every shape, ${name}`, () => {
    const stream = readingHttp();
    for (const part of cut(octets(CLIENT))) stream.reader.push(0, part);
    for (const part of cut(octets(SERVER))) stream.reader.push(1, part);
    assert.deepEqual(stream.faults, []);
    assert.deepEqual(bodies(stream), EXPECTED);
    assert.equal(stream.messages[4]!.head, "DELETE /e HTTP/1.1\nHost: h");
    // The refused tunnel goes on as HTTP.
    pushAll(stream.reader, [
      [0, GET],
      [1, OK],
    ]);
    assert.deepEqual(bodies(stream).slice(-2), ["0 ", "1 ok"]);
  });
}

test("HttpReader does not care where a stream is cut", () => {
  for (const [first, second] of everySplit(octets(SERVER))) {
    const stream = readingHttp();
    stream.reader.push(0, octets(CLIENT));
    stream.reader.push(1, first);
    stream.reader.push(1, second);
    assert.deepEqual(bodies(stream), EXPECTED);
  }
});

test("HttpReader ends a body without a length with the connection, in order only", () => {
  const head = request("HTTP/1.0 200 OK", "to the");
  assert.deepEqual(
    bodies(
      told(
        [
          [0, GET],
          [1, head],
          [1, " end"],
        ],
        true,
      ),
    ),
    ["0 ", "1 to the end"],
  );
  assert.deepEqual(
    bodies(
      told([
        [0, GET],
        [1, head],
      ]),
    ),
    ["0 ", "1 to the …"],
  );
  assert.deepEqual(
    bodies(
      told(
        [
          [0, GET],
          [1, OK.slice(0, -1)],
        ],
        true,
      ),
    ),
    ["0 ", "1 o …"],
  );
});

test("HttpReader tells a response that nobody asked for", () => {
  assert.deepEqual(bodies(told([[1, request("HTTP/1.1 408 Timeout\r\nContent-Length: 1", "t")]])), ["1 t"]);
});

test("HttpReader stops where another protocol begins", () => {
  const upgrade = request("GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade");
  const stream = told([
    [0, upgrade],
    [1, request("HTTP/1.1 101 Switching Protocols", "\u0081")],
    [0, "x"],
  ]);
  assert.deepEqual([bodies(stream), stream.faults[0]!.code], [["0 "], "upgraded"]);
  assert.equal(stream.reader.isOpaque, true);
  const tunnel = request("CONNECT h:443 HTTP/1.1");
  const made = told([
    [0, tunnel],
    [1, request("HTTP/1.1 200 OK", "\u0016\u0003")],
  ]);
  assert.deepEqual([bodies(made), made.faults.map(({ code }) => code)], [["0 ", "1 "], ["tunnel"]]);
  assert.equal(fault([0, `${tunnel}\u0016\u0003`]), "tunnel");
});

test("HttpReader tells what is no HTTP by its first octet", () => {
  const words = (direction: Direction, octet: string) => told([[direction, octet]]).faults[0]!.message;
  assert.match(words(0, "\u0016\u0003\u0001"), /client speaks TLS/);
  assert.match(words(1, "\u0015"), /server speaks TLS/);
  assert.match(words(0, "\u00ff"), /ZeroMQ's protocol.*tcp:/);
  assert.match(words(1, "SSH-2.0"), /server does not speak HTTP/);
  assert.match(words(1, "HTTX"), /server does not speak HTTP/);
  assert.match(words(0, "\u0000"), /client does not speak HTTP/);
});

test("HttpReader refuses what would make it lose its place", () => {
  const chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (const body of ["\r\n", ";x\r\n", "x\r\n", "-1\r\n", "1g\r\n", "1\r\nab", "1\r\na\r\r", "10000000000000\r\n"]) {
    assert.equal(fault([0, chunked + body]), "bad-chunk", body);
  }
  assert.equal(fault([0, `${chunked}1;${"x".repeat(5000)}`]), "bad-chunk");
  assert.equal(fault([0, `${chunked}0\r\n${"x".repeat(MAX_HEAD_BYTES)}x`]), "long-head");
  assert.equal(fault([0, `GET / HTTP/1.1\r\nX: ${"x".repeat(MAX_HEAD_BYTES)}`]), "long-head");
  assert.equal(fault([0, request("HTTP/1.1 200 OK")]), "bad-start-line");
  assert.equal(fault([1, request("HTTP/1.x 200 OK")]), "bad-start-line");
  assert.equal(fault([0, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]), "other-version");
  assert.equal(
    fault([0, request("POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked", "0")]),
    "ambiguous-length",
  );
  assert.equal(fault([0, GET.repeat(4097)]), "many-requests");
  assert.equal(fault([0, GET.repeat(4096)]), "none");
});

test("HttpReader masks credentials in what it tells", () => {
  const [message] = told([
    [0, request("POST / HTTP/1.1\r\nAuthorization: Basic c2VjcmV0\r\nContent-Length: 0")],
  ]).messages;
  assert.equal(message!.head, "POST / HTTP/1.1\r\nAuthorization: Basic ********\r\nContent-Length: 0");
});

test("HttpReader reads a damaged stream the same however it is cut, and never throws", () => {
  const below = random(5);
  for (let turn = 0; turn < 3000; turn++) {
    const streams = [octets(CLIENT), octets(SERVER)] as const;
    for (let times = below(3); times > 0; times--) {
      const damaged = streams[below(2) as Direction];
      damaged[below(damaged.length)] = below(3) === 0 ? below(256) : "\r\n :,0aF;x".charCodeAt(below(11));
    }
    const whole = readingHttp();
    const pieces = readingHttp();
    for (const direction of [0, 1] as const) {
      const bytes = streams[direction];
      whole.reader.push(direction, bytes);
      for (let at = 0; at < bytes.length;) {
        const size = 1 + below(40);
        pieces.reader.push(direction, bytes.slice(at, at + size));
        at += size;
      }
    }
    assert.deepEqual(pieces.messages, whole.messages);
    assert.deepEqual(pieces.faults, whole.faults);
    assert.ok(whole.faults.length <= 1);
  }
});

test("HttpReader takes any octets", () => {
  const below = random(6);
  for (let turn = 0; turn < 3000; turn++) {
    const { reader, faults } = readingHttp();
    for (let times = 0; times < 4; times++) {
      reader.push(
        below(2) as Direction,
        Uint8Array.from({ length: below(60) }, () => below(256)),
      );
    }
    for (const { message } of faults) assert.match(message, /^[A-Z].*[.]$/s);
  }
});
