import assert from "node:assert/strict";
import { test } from "node:test";
import { linesOf, maskHead, readHead } from "../../../src/proxy/http/head.ts";
import { text } from "../../support/httpStreams.ts";
import { octets } from "../../support/octets.ts";

const read = (...lines: string[]) => readHead(octets(lines.join("\r\n")));
const masked = (...lines: string[]): string => {
  const head = octets(lines.join("\r\n"));
  maskHead(head);
  return text(head);
};
const code = (...lines: string[]): string => {
  const head = read(...lines);
  return "problem" in head ? head.code : "";
};

test("readHead says method or status, length, and whether the connection goes on", () => {
  assert.deepEqual(read("POST /RPC2 HTTP/1.1", "Host: h", "Content-Length: 12"), {
    method: "POST",
    status: 0,
    length: 12,
    isLast: false,
  });
  assert.deepEqual(read("HTTP/1.0 200 OK", "content-LENGTH:3 "), { method: "", status: 200, length: 3, isLast: true });
  assert.deepEqual(read("HTTP/1.1 404", "Connection: x, Close", "Content-Length: 0, 0"), {
    method: "",
    status: 404,
    length: 0,
    isLast: true,
  });
  assert.deepEqual(read("HTTP/1.0 200 OK", "Connection: keep-alive", "Content-Length: 1"), {
    method: "",
    status: 200,
    length: 1,
    isLast: false,
  });
});

test("readHead knows bodies in chunks and to the end of the connection", () => {
  const lengthOf = (...lines: string[]) => {
    const head = read(...lines);
    return "length" in head ? head.length : head.code;
  };
  assert.equal(lengthOf("GET / HTTP/1.1"), 0);
  assert.equal(lengthOf("HTTP/1.1 200 OK"), "close");
  assert.equal(lengthOf("POST / HTTP/1.1", "Transfer-Encoding: gzip, Chunked"), "chunked");
  assert.equal(lengthOf("HTTP/1.1 200 OK", "Transfer-Encoding: gzip"), "close");
});

test("readHead refuses what programs may read in two ways", () => {
  const chunked = "Transfer-Encoding: chunked";
  assert.equal(code("POST / HTTP/1.1", "Content-Length: 1", chunked), "ambiguous-length");
  assert.equal(code("POST / HTTP/1.1", "Content-Length: 1", "Content-Length: 2"), "ambiguous-length");
  assert.equal(code("POST / HTTP/1.1", "Content-Length: 1, 2"), "ambiguous-length");
  for (const length of ["", "+1", "-1", "0x1", "1 1", "1e1", "9".repeat(16)]) {
    assert.equal(code("POST / HTTP/1.1", `Content-Length: ${length}`), "ambiguous-length", length);
  }
  assert.equal(code("POST / HTTP/1.1", "Transfer-Encoding: chunked, gzip"), "ambiguous-length");
  assert.equal(code("POST / HTTP/1.1", "Transfer-Encoding: gzip"), "ambiguous-length");
  assert.equal(code("POST / HTTP/1.1", "Transfer-Encoding: chunked, chunked"), "ambiguous-length");
  assert.equal(code("HTTP/1.1 200 OK", "Transfer-Encoding: chunked, identity"), "ambiguous-length");
  assert.equal(code("POST / HTTP/1.1", "Content-Length : 1"), "bad-field");
  assert.equal(code("POST / HTTP/1.1", "no colon"), "bad-field");
  assert.equal(code("POST / HTTP/1.1", "X: a\rContent-Length: 1"), "bad-field");
  assert.equal(code("POST / HTTP/1.1", "X: a\0"), "bad-field");
  assert.equal(code("POST / HTTP/1.1", " X: folded before any"), "bad-field");
  assert.equal(code("POST / HTTP/1.1", "Content-Length: 1", " 2"), "bad-field");
  assert.equal(code("POST / HTTP/1.1", "X: a", " b"), "");
});

test("readHead refuses what is no HTTP/1", () => {
  for (const line of ["", "hello", "GET /", "GET / a HTTP/1.1", "HTTP/1.1 20 OK", "G T / HTTP/1.1", "GET / HTTP/x.1"]) {
    assert.equal(code(line), "bad-start-line", line);
  }
  assert.equal(code("PRI * HTTP/2.0"), "other-version");
  assert.equal(code("HTTP/3.0 200 OK"), "other-version");
});

test("readHead takes no long for long runs of spaces", () => {
  const spaces = " ".repeat(60_000);
  const before = process.cpuUsage();
  assert.equal(code("GET / HTTP/1.1", `X: a${spaces}b`), "");
  assert.equal(code("GET / HTTP/1.1", `X: ${spaces}`), "");
  masked("GET / HTTP/1.1", `Authorization:${spaces}`, `X${spaces}`, `Cookie: ${"://".repeat(20_000)}`);
  // Trying every run of spaces would take minutes.
  assert.ok(process.cpuUsage(before).user < 2_000_000);
});

test("linesOf takes either line end and leaves out empty lines at the end", () => {
  assert.deepEqual(linesOf("a\r\nb\nc\r\n\r\n"), ["a", "b", "c"]);
});

test("maskHead hides credentials and cookies, and nothing else", () => {
  assert.equal(
    masked(
      "POST http://user:pw@d@host/x?at=a@b HTTP/1.1",
      "Host: h",
      "Authorization: Basic c2VjcmV0",
      "authorization:secret",
      'Proxy-Authorization:  Digest username="u"',
      " folded",
      "X-After: plain",
      "Cookie: a=b; c=d",
      "Set-Cookie: sid=1; HttpOnly",
      "Cookies: are fine",
      "X-Api-Key : k",
      "X-AUTH-TOKEN: t",
      "Referer: https://me@elsewhere/",
      "",
    ),
    [
      "POST http://*********@host/x?at=a@b HTTP/1.1",
      "Host: h",
      "Authorization: Basic ********",
      "authorization:******",
      "Proxy-Authorization:  Digest ************",
      " ******",
      "X-After: plain",
      "Cookie: ********",
      "Set-Cookie: ***************",
      "Cookies: are fine",
      "X-Api-Key : *",
      "X-AUTH-TOKEN: *",
      "Referer: https://**@elsewhere/",
      "",
    ].join("\r\n"),
  );
  assert.equal(masked("Authorization:"), "Authorization:");
});
