import assert from "node:assert/strict";
import { test } from "node:test";
import { readRequestHead, writeRequest, type HttpTarget } from "../../../src/proxy/http/request.ts";
import { text } from "../../support/httpStreams.ts";
import { octets } from "../../support/octets.ts";

const TARGET: HttpTarget = { host: "127.0.0.1:8000", path: "", authorization: null };
const written = (frames: readonly string[], target: Partial<HttpTarget> = {}): string => {
  const request = writeRequest(
    frames.map((frame) => octets(frame)),
    { ...TARGET, ...target },
  );
  return "problem" in request ? request.problem : text(request.octets);
};

test("A body alone is posted, with the type that it looks like", () => {
  assert.equal(
    written(["<?xml version='1.0'?><methodCall/>"]),
    "POST /RPC2 HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nContent-Type: text/xml\r\nUser-Agent: ZMQ-Tap\r\n" +
      "Content-Length: 34\r\n\r\n<?xml version='1.0'?><methodCall/>",
  );
  assert.match(written([' {"a":1}']), /^POST \/ HTTP.*Content-Type: application\/json/s);
  assert.match(written(["hello"]), /^POST \/ HTTP.*Content-Type: application\/octet-stream.*\r\n\r\nhello$/s);
  assert.match(written(["\u00ef\u00bb\u00bf<methodCall>"], { path: "/pyblish" }), /^POST \/pyblish .*text\/xml/s);
  assert.match(written([]), /Content-Length: 0\r\n\r\n$/);
});

test("A recorded request goes out again without what belongs to its connection, its length and its secrets", () => {
  const head = [
    "POST /old HTTP/1.0",
    "Host: elsewhere",
    "X-Kept: \u00e9\u0080",
    "Content-Length: 999",
    "Transfer-Encoding: chunked",
    "Connection: close",
    "Expect: 100-continue",
    "Authorization: Basic ****",
    "Cookie: ****",
    "not a field",
    "X-Odd: a\rb",
  ].join("\r\n");
  assert.equal(
    written([head, "bo", "dy"], { authorization: "Basic bmV3" }),
    "POST /old HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nX-Kept: \u00e9\u0080\r\nAuthorization: Basic bmV3\r\nContent-Length: 4\r\n\r\nbody",
  );
  assert.equal(written(["GET /a HTTP/1.1"]), "GET /a HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n\r\n");
});

test("What is no request is refused in words", () => {
  assert.match(written(["a", "b"]), /one frame/);
  assert.match(written(["CONNECT h:1 HTTP/1.1"]), /tunnel/);
  assert.equal(readRequestHead(octets("GET / HTTP/2.0")), null);
  assert.equal(readRequestHead(octets("")), null);
});
