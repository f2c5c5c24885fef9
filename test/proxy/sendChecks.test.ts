import assert from "node:assert/strict";
import { test } from "node:test";
import { checkSize, refuseUnconfirmed, refuseUnconfirmedClient } from "../../src/proxy/sendChecks.ts";
import { type Endpoint, parseEndpoint } from "../../src/shared/endpoint.ts";

const endpoint = (text: string): Endpoint => parseEndpoint(text, "server") as Endpoint;

test("refuseUnconfirmed lets through what stays on this machine, and what the user agreed to", () => {
  refuseUnconfirmed(endpoint("tcp://127.0.0.1:1"), undefined);
  refuseUnconfirmed(endpoint("ipc:///tmp/x"), undefined);
  refuseUnconfirmed(endpoint("tcp://192.0.2.1:1"), true);
  assert.throws(() => refuseUnconfirmed(endpoint("tcp://192.0.2.1:1"), false), {
    code: "confirm-not-loopback",
    message: /tcp:\/\/192[.]0[.]2[.]1:1/,
  });
});

test("refuseUnconfirmedClient judges a client by its address", () => {
  for (const near of ["127.0.0.1:5", "[::1]:5", "ipc:///tmp/x", "@in-process"])
    refuseUnconfirmedClient(near, undefined);
  refuseUnconfirmedClient("192.0.2.1:5", true);
  assert.throws(() => refuseUnconfirmedClient("[2001:db8::1]:5", undefined), { code: "confirm-not-loopback" });
});

test("checkSize refuses what is empty or too large", () => {
  checkSize([new Uint8Array(0)]);
  assert.throws(() => checkSize([]), { code: "no-frames" });
  assert.throws(() => checkSize([new Uint8Array(16 * 1024 * 1024 + 1)]), { code: "too-large" });
  assert.throws(() => checkSize(Array<Uint8Array>(10_001).fill(new Uint8Array(0))), { code: "too-many-frames" });
});
