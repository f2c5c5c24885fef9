import assert from "node:assert/strict";
import { test } from "node:test";
import {
  clientEndpoint,
  type Endpoint,
  type EndpointRole,
  formatEndpoint,
  isLoopback,
  isProblem,
  parseEndpoint,
  withoutUser,
} from "../../src/shared/endpoint.ts";

const tcp = (host: string, port: number, source: { host: string; port: number } | null = null): Endpoint => ({
  transport: "tcp",
  host,
  port,
  source,
});

const http = (host: string, port: number, path = ""): Endpoint => ({
  transport: "http",
  host,
  port,
  source: null,
  path,
});

const good: [string, EndpointRole, Endpoint][] = [
  ["tcp://127.0.0.1:5556", "server", tcp("127.0.0.1", 5556)],
  [" tcp://localhost:5556 ", "server", tcp("localhost", 5556)],
  ["TCP://localhost:5556", "server", tcp("localhost", 5556)],
  ["tcp://*:5556", "server", tcp("*", 5556)],
  ["tcp://*:*", "listen", tcp("*", 0)],
  ["tcp://127.0.0.1:0", "listen", tcp("127.0.0.1", 0)],
  ["tcp://eth0:5556", "listen", tcp("eth0", 5556)],
  ["tcp://[::1]:5556", "server", tcp("::1", 5556)],
  ["tcp://[fe80::1%eth0]:5556", "server", tcp("fe80::1%eth0", 5556)],
  ["tcp://192.168.1.17:0;server:5556", "server", tcp("server", 5556, { host: "192.168.1.17", port: 0 })],
  ["ipc:///tmp/a.sock", "server", { transport: "ipc", path: "/tmp/a.sock", abstract: false }],
  ["ipc://relative", "server", { transport: "ipc", path: "relative", abstract: false }],
  ["ipc://@name", "server", { transport: "ipc", path: "name", abstract: true }],
  ["http://127.0.0.1:9001/pyblish", "server", http("127.0.0.1", 9001, "/pyblish")],
  ["HTTP://localhost", "server", http("localhost", 80)],
  ["http://[::1]", "server", http("::1", 80)],
  ["http://[::1]:8000/?a=b%20c@d", "server", http("::1", 8000, "/?a=b%20c@d")],
  ["ipc://*", "listen", { transport: "ipc", path: "", abstract: false }],
];

for (const [text, role, expected] of good) {
  test(`parseEndpoint reads ${text} as a ${role} endpoint`, () => {
    assert.deepEqual(parseEndpoint(text, role), expected);
  });
}

const bad: [string, EndpointRole, RegExp][] = [
  ["", "server", /empty/],
  ["127.0.0.1:5556", "server", /Write tcp:\/\/127\.0\.0\.1:5556/],
  ["hello", "server", /transport is missing/],
  ["tcp://127.0.0.1", "server", /port is missing/],
  ["tcp://:5556", "server", /host is missing/],
  ["tcp://host:x", "server", /no port/],
  ["tcp://host:70000", "server", /no port/],
  ["tcp://host:99999", "listen", /or \*/],
  ["tcp://host:0", "server", /port 0/],
  ["tcp://host:*", "server", /only works for listening/],
  ["tcp://::1:5556", "server", /brackets/],
  ["tcp://[host]:5556", "server", /Brackets/],
  ["tcp://a b:5556", "server", /no host name/],
  ["tcp://a:1;b:2;c:3", "server", /more than one/],
  ["tcp://a:1;b:2", "listen", /source address/],
  ["tcp://a;b:2", "server", /source address cannot be used/],
  ["http://127.0.0.1:8000", "listen", /a tap of one listens on tcp/],
  ["https://127.0.0.1:8000", "server", /TLS/],
  ["http://me:secret@127.0.0.1:8000", "server", /user and password/],
  ["http://", "server", /Write for example http:/],
  ["http://:8000", "server", /host is missing\. Write for example http:/],
  ["http://*:8000", "server", /names one host/],
  ["http://host:99999", "server", /no port/],
  ["http://host:1/a b", "server", /percent-encoded/],
  ["http://host:1/#here", "server", /percent-encoded/],
  ["http://host?a", "server", /percent-encoded/],
  ["inproc://x", "server", /no wire/],
  ["udp://x:1", "server", /udp is not carried/],
  ["wss://x:1", "server", /not carried/],
  ["ftp://x:1", "server", /no transport/],
  ["ipc://", "server", /path is missing/],
  ["ipc://@", "listen", /path is missing/],
  ["ipc://*", "server", /only works for listening/],
  ["ipc://a\0b", "server", /NUL/],
];

for (const [text, role, expected] of bad) {
  test(`parseEndpoint says what is wrong with ${JSON.stringify(text)} as a ${role} endpoint`, () => {
    const parsed = parseEndpoint(text, role);
    assert.ok(isProblem(parsed), JSON.stringify(parsed));
    assert.match(parsed.problem, expected);
  });
}

test("formatEndpoint writes what parseEndpoint reads", () => {
  for (const [, role, endpoint] of good) assert.deepEqual(parseEndpoint(formatEndpoint(endpoint), role), endpoint);
});

test("isLoopback knows what stays on this machine", () => {
  const loopback = [
    "tcp://127.0.0.1:1",
    "tcp://127.1.2.3:1",
    "tcp://localhost:1",
    "tcp://[::1]:1",
    "tcp://*:1",
    "ipc:///a",
  ];
  const elsewhere = ["tcp://10.0.0.1:1", "tcp://example:1", "tcp://[fe80::1]:1", "tcp://127.example:1"];
  const check = (text: string): boolean => {
    const parsed = parseEndpoint(text, "server");
    assert.ok(!isProblem(parsed));
    return isLoopback(parsed);
  };
  assert.deepEqual(
    loopback.map(check),
    loopback.map(() => true),
  );
  assert.deepEqual(
    elsewhere.map(check),
    elsewhere.map(() => false),
  );
});

test("clientEndpoint names the URL that clients of a tap are given, and the tap's endpoint of any other server", () => {
  assert.equal(clientEndpoint("http://h:9001/pyblish", "tcp://127.0.0.1:5557"), "http://127.0.0.1:5557/pyblish");
  assert.equal(clientEndpoint("http://h:9001", "tcp://*:5557"), "http://127.0.0.1:5557");
  assert.equal(clientEndpoint("http://h:9001", "ipc:///tmp/tap"), "ipc:///tmp/tap");
  assert.equal(clientEndpoint("tcp://h:9001", "tcp://127.0.0.1:5557"), "tcp://127.0.0.1:5557");
  assert.equal(clientEndpoint("nothing", "tcp://127.0.0.1:5557"), "tcp://127.0.0.1:5557");
  assert.equal(clientEndpoint("http://h:1", "nothing"), "nothing");
});

test("withoutUser hides a user and password", () => {
  for (const password of ["secret", "se@cret", "se/cret", "se#cret", "se?cr:et", "se cr\net"])
    assert.equal(withoutUser(`http://me:${password}@h:1/a`), "http://***@h:1/a");
  assert.equal(withoutUser("tcp://127.0.0.1:1"), "tcp://127.0.0.1:1");
});
