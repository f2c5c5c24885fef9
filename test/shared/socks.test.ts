import assert from "node:assert/strict";
import { test } from "node:test";
import {
  describeSocks,
  fitsDestination,
  readDestinationPattern,
  readSocks,
  type SocksState,
  socksAddress,
  socksLines,
  withDestinationKeys,
} from "../../src/shared/socks.ts";

const fits = (text: string, host: string, port = 5556): boolean => {
  const pattern = readDestinationPattern(text);
  assert.ok(!("problem" in pattern), text);
  return fitsDestination(pattern, host, port);
};

test("A pattern stands for its host and port, in either case, with tcp:// or without", () => {
  assert.ok(fits("127.0.0.1:5556", "127.0.0.1"));
  assert.ok(fits("tcp://Server.Example.org:5556", "server.example.ORG"));
  assert.ok(!fits("127.0.0.1:5556", "127.0.0.1", 5557));
  assert.ok(!fits("127.0.0.1:5556", "127.0.0.10"));
  assert.ok(fits("[::1]:5556", "::1"));
});

test("Without a port, and with *, any port will do; a span holds both its ends", () => {
  assert.ok(fits("localhost", "localhost", 1));
  assert.ok(fits("localhost:*", "localhost", 65535));
  for (const [port, is] of [
    [4999, false],
    [5000, true],
    [5999, true],
    [6000, false],
  ] as const) {
    assert.equal(fits("localhost:5000-5999", "localhost", port), is, String(port));
  }
});

test("* stands for any text in a host, and the texts around it do not overlap", () => {
  assert.ok(fits("*", "::1"));
  assert.ok(fits("*.example.org", "a.b.example.org"));
  assert.ok(!fits("*.example.org", "example.org"));
  assert.ok(fits("10.*", "10.1.2.3"));
  assert.ok(fits("a*b*c", "a-b-c"));
  assert.ok(fits("a*b*c", "abc"));
  assert.ok(!fits("a*b*c", "a-c-b"));
  assert.ok(!fits("a*bc*cd", "abcd"));
  assert.ok(!fits("ab*bc", "abc"));
  assert.ok(fits("[fe80::*]:*", "fe80::1"));
});

test("A pattern for addresses stands for no name that begins like one", () => {
  assert.ok(!fits("10.*", "10.evil.example"));
  assert.ok(!fits("*.1", "host.1.example"));
  assert.ok(!fits("127.0.0.1", "127.0.0.1.example"));
});

test("Hosts with many stars are compared at once", () => {
  const started = performance.now();
  assert.ok(!fits(`${"a*".repeat(100)}b`, "a".repeat(255)));
  assert.ok(performance.now() - started < 1_000);
});

test("What is no pattern is told with an example", () => {
  for (const text of [
    "",
    "ipc:///tmp/x",
    "a b:1",
    "::1:5556",
    "host:0",
    "host:70000",
    "host:9-8",
    "host:x",
    "host:",
    "a:1:2",
  ]) {
    const read = readDestinationPattern(text);
    assert.ok("problem" in read && read.problem.endsWith("5000-5999."), text);
  }
  assert.deepEqual(readDestinationPattern("a".repeat(301)), { problem: "it is longer than 300 characters." });
});

test("readSocks takes what was remembered, and nothing that it is not", () => {
  const names = { serverPair: "backend" };
  assert.deepEqual(readSocks({ allow: [] }), { allow: [] });
  const whole = { allow: ["*:5556"], keys: { "tcp://127.0.0.1:5556": names } };
  assert.deepEqual(readSocks(whole), whole);
  for (const value of [
    null,
    "socks",
    {},
    { allow: "*" },
    { allow: [1] },
    { allow: Array(101).fill("*") },
    { allow: [], keys: null },
    { allow: [], keys: { x: { secret: "?" } } },
  ]) {
    assert.equal(readSocks(value), null, JSON.stringify(value));
  }
});

test("Keys of a destination are put in place of those before, and taken away", () => {
  const one = withDestinationKeys({ allow: [] }, "tcp://a:1", { serverPair: "x" });
  const both = withDestinationKeys(one, "tcp://b:1", { plain: "u" });
  assert.deepEqual(both.keys, { "tcp://a:1": { serverPair: "x" }, "tcp://b:1": { plain: "u" } });
  assert.deepEqual(withDestinationKeys(both, "tcp://a:1", undefined).keys, { "tcp://b:1": { plain: "u" } });
  assert.deepEqual(withDestinationKeys(one, "tcp://a:1", undefined), { allow: [] });
  let many = one;
  for (let n = 0; n < 600; n++) many = withDestinationKeys(many, `tcp://host:${n}`, { plain: "u" });
  assert.equal(Object.keys(many.keys ?? {}).length, 500);
  assert.equal(many.keys?.["tcp://a:1"], undefined);
});

test("The lines for programs name the address, with its length in C", () => {
  assert.equal(socksAddress("tcp://*:1080"), "127.0.0.1:1080");
  assert.equal(socksAddress("tcp://[::]:1080"), "127.0.0.1:1080");
  assert.equal(socksAddress("tcp://[::1]:1080"), "[::1]:1080");
  assert.deepEqual(socksLines("tcp://127.0.0.1:1080"), [
    { language: "Python", line: 'socket.setsockopt(zmq.SOCKS_PROXY, b"127.0.0.1:1080")' },
    { language: "JavaScript", line: 'socket.socksProxy = "127.0.0.1:1080"' },
    { language: "C", line: 'zmq_setsockopt(socket, ZMQ_SOCKS_PROXY, "127.0.0.1:1080", 14);' },
    { language: "C++", line: 'socket.set(zmq::sockopt::socks_proxy, "127.0.0.1:1080");' },
  ]);
});

test("describeSocks counts what there is, and problems only where there are any", () => {
  const calm: SocksState = {
    destinations: 1,
    connections: 2,
    made: 3,
    denied: 0,
    unreached: 0,
    faulty: 0,
    surplus: 0,
  };
  assert.equal(describeSocks(calm), "1 destination · 2 connections");
  assert.equal(
    describeSocks({ ...calm, destinations: 0, connections: 1, denied: 4, unreached: 5, faulty: 6, surplus: 7 }),
    "0 destinations · 1 connection · 4 denied · 5 unreached · 6 without SOCKS5 · 7 too many",
  );
});
