import assert from "node:assert/strict";
import { test } from "node:test";
import { type CodeFormat, httpCode } from "../../src/proxy/httpCode.ts";
import { octets } from "../support/octets.ts";

// What the code does when it is run is tested with a real server, in test/interop/xmlRpcHttp.test.ts.

const SERVER = "http://127.0.0.1:8000";
const CALL =
  "<methodCall><methodName>add</methodName><params><param><value><int>2</int></value></param></params></methodCall>";
const code = (format: CodeFormat, ...frames: string[]): string | null =>
  httpCode(
    format,
    SERVER,
    frames.map((frame) => octets(frame)),
  );

test("A call of XML-RPC is one of xmlrpc.client, and says that credentials are missing", () => {
  const head = "POST /RPC2 HTTP/1.1\r\nAuthorization: Basic ****\r\nContent-Type: text/xml";
  assert.equal(
    code("python", head, CALL),
    'import xmlrpc.client\n\n# The recorded request had credentials: write http://user:password@ if they are needed.\nserver = xmlrpc.client.ServerProxy("http://127.0.0.1:8000/RPC2", allow_none=True)\nprint(server.add(2))\n',
  );
});

test("What xmlrpc.client would not write is a request of http.client", () => {
  const large = CALL.replace("<int>2</int>", "<i8>9007199254740993</i8>");
  for (const [head, body] of [
    ["POST /RPC2 HTTP/1.1\r\nX-Own: 1\r\nAccept-Encoding: gzip\r\nCookie: ***", large],
    ["PUT /RPC2 HTTP/1.1\r\nX-Own: 1\r\nCookie: ***", CALL],
    ["POST http://127.0.0.1:8000/RPC2 HTTP/1.1\r\nX-Own: 1\r\nCookie: ***", "no xml"],
  ] as const) {
    const text = code("python", head, body)!;
    assert.match(text, /HTTPConnection\("127\.0\.0\.1:8000", timeout=5\)\n# The recorded request had credentials/);
    assert.match(text, /connection\.request\("\w+", "\/RPC2", body=b".+", headers=\{\n {4}"X-Own": "1",\n\}\)/);
  }
  assert.match(code("python", "GET http://h HTTP/1.1")!, /request\("GET", "\/", body=b"", headers/);
});

test("Other languages repeat the request as it was", () => {
  const head = "POST /a?b=it's HTTP/1.1\r\nContent-Type: text/xml\r\nX-Empty:";
  assert.equal(
    code("command", head, "<a/>"),
    `curl --silent --show-error --max-time 5 --request POST --header 'Content-Type: text/xml' --header 'X-Empty;' --data-raw '<a/>' 'http://127.0.0.1:8000/a?b=it'\\''s'\n`,
  );
  assert.equal(
    code("command", "PUT / HTTP/1.1\r\nAuthorization: x", "body"),
    "# The recorded request had credentials: add --user if they are needed.\ncurl --silent --show-error --max-time 5 --request PUT --header Content-Type: --data-raw body http://127.0.0.1:8000/\n",
  );
  assert.match(code("command", "HEAD / HTTP/1.1")!, /--head http/);
  assert.throws(() => code("command", "POST / HTTP/1.1", "\u00ff"), { code: "not-for-shells" });
  const script = code("javascript", `${head}\r\nCookie: ***`, "<a/>")!;
  assert.match(script, /credentials, which are not kept/);
  assert.match(
    script,
    /method: "POST",\n {2}headers: \{\n {4}"Content-Type": "text\/xml",\n {4}"X-Empty": "",\n {2}\},\n {2}body: Buffer/,
  );
  assert.doesNotMatch(code("javascript", "GET / HTTP/1.1")!, /body/);
});

test("What is no request is no code", () => {
  for (const frames of [[], ["HTTP/1.1 200 OK", "x"], ["x"]]) assert.equal(code("python", ...frames), null);
});
