import assert from "node:assert/strict";
import { test } from "node:test";
import { connectOptions, formatAddress, ipcAddress, listenHost, reaches } from "../../../src/proxy/relay/addresses.ts";
import { type Endpoint, isProblem, parseEndpoint } from "../../../src/shared/endpoint.ts";

const at = (text: string): Endpoint => {
  const endpoint = parseEndpoint(text, "listen");
  assert.ok(!isProblem(endpoint));
  return endpoint;
};
const server = (text: string): Endpoint => {
  const endpoint = parseEndpoint(text, "server");
  assert.ok(!isProblem(endpoint));
  return endpoint;
};

test("connectOptions resolves names to IPv4 first, and * to this machine", async () => {
  const base = { allowHalfOpen: true, noDelay: true, port: 5 };
  assert.deepEqual(await connectOptions(server("tcp://localhost:5")), { ...base, host: "127.0.0.1" });
  assert.deepEqual(await connectOptions(server("tcp://*:5")), { ...base, host: "127.0.0.1" });
  assert.deepEqual(await connectOptions(server("tcp://[::1]:5")), { ...base, host: "::1" });
  assert.deepEqual(await connectOptions(server("tcp://127.0.0.2:7;127.0.0.1:5")), {
    ...base,
    host: "127.0.0.1",
    localAddress: "127.0.0.2",
    localPort: 7,
  });
  assert.deepEqual(await connectOptions(server("tcp://lo:0;127.0.0.1:5")), {
    ...base,
    host: "127.0.0.1",
    localAddress: "127.0.0.1",
  });
  assert.deepEqual(await connectOptions(server("ipc:///tmp/x")), { path: "/tmp/x", allowHalfOpen: true });
  await assert.rejects(connectOptions(server("tcp://no-such-host.invalid:5")));
});

test("ipcAddress names abstract sockets with a NUL in front, and refuses long paths", () => {
  assert.equal(ipcAddress(server("ipc://@name") as Endpoint & { transport: "ipc" }), "\0name");
  assert.throws(() => ipcAddress(server(`ipc://${"é".repeat(60)}`) as Endpoint & { transport: "ipc" }), {
    code: "ipc-path-too-long",
  });
});

test("listenHost takes *, interface names, names and addresses", async () => {
  assert.equal(await listenHost("*", ""), "0.0.0.0");
  assert.equal(await listenHost("lo", ""), "127.0.0.1");
  assert.equal(await listenHost("localhost", ""), "127.0.0.1");
  assert.equal(await listenHost("::1", ""), "::1");
  await assert.rejects(listenHost("no-such-host.invalid", "x"), { code: "no-such-address" });
});

test("reaches tells whether a server endpoint leads to a listening one", () => {
  const leads = (to: string, listening: string): boolean => reaches(server(to), at(listening));
  assert.ok(leads("tcp://127.0.0.1:5", "tcp://127.0.0.1:5"));
  assert.ok(leads("tcp://localhost:5", "tcp://127.0.0.1:5"));
  assert.ok(leads("tcp://127.0.0.3:5", "tcp://*:5"));
  assert.ok(leads("tcp://lo:5", "tcp://0.0.0.0:5"));
  assert.ok(leads("ipc:///tmp/x", "ipc:///tmp/x"));
  assert.ok(!leads("tcp://127.0.0.1:5", "tcp://127.0.0.1:6"));
  assert.ok(!leads("tcp://127.0.0.1:5", "tcp://127.0.0.1:*"));
  assert.ok(!leads("tcp://192.0.2.1:5", "tcp://*:5"));
  assert.ok(!leads("tcp://192.0.2.1:5", "tcp://127.0.0.1:5"));
  assert.ok(!leads("ipc:///tmp/x", "tcp://127.0.0.1:5"));
  assert.ok(!leads("ipc://@x", "ipc://x"));
  assert.ok(!leads("ipc:///tmp/x", "ipc://*"));
});

test("formatAddress writes addresses as users do", () => {
  assert.equal(formatAddress("::ffff:127.0.0.1", 5), "127.0.0.1:5");
  assert.equal(formatAddress("::1", 5), "[::1]:5");
  assert.equal(formatAddress(undefined, 5), "unknown");
});
