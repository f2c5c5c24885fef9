import assert from "node:assert/strict";
import { test } from "node:test";
import { findEndpoints, MAX_FOUND_PER_TEXT } from "../../src/shared/endpointSearch.ts";

const texts: Record<string, { text: string; servers: readonly string[] }> = {
  "an endpoint a client connects to": { text: 's.connect("tcp://127.0.0.1:5556")', servers: ["tcp://127.0.0.1:5556"] },
  "an endpoint a server binds, as this machine's": { text: "bind('tcp://*:5560')", servers: ["tcp://127.0.0.1:5560"] },
  "0.0.0.0 as this machine's": { text: "endpoint: tcp://0.0.0.0:9000", servers: ["tcp://127.0.0.1:9000"] },
  "a bracketed IPv6 address": { text: "`tcp://[::1]:7000`", servers: ["tcp://[::1]:7000"] },
  "the any address of IPv6 as this machine's": { text: "tcp://[::]:7000", servers: ["tcp://127.0.0.1:7000"] },
  "an ipc path": { text: 'addr = "ipc:///tmp/feeds/0"', servers: ["ipc:///tmp/feeds/0"] },
  "the end of a sentence": { text: "It is at tcp://localhost:5555.", servers: ["tcp://localhost:5555"] },
  "each endpoint once": { text: "tcp://a:1 tcp://b:2 tcp://a:1", servers: ["tcp://a:1", "tcp://b:2"] },
};
for (const [name, { text, servers }] of Object.entries(texts)) {
  test(`findEndpoints finds ${name}`, () => {
    assert.deepEqual(
      findEndpoints(text).map(({ server }) => server),
      servers,
    );
  });
}

const passedOver = [
  "tcp://*:*",
  "tcp://{host}:{port}",
  "tcp://%s:%d",
  "tcp://host",
  "udp://h:1",
  "inproc://x",
  "ipc://*",
  "tcp://h:99999",
];
for (const text of passedOver) {
  test(`findEndpoints passes over ${text}`, () => {
    assert.deepEqual(findEndpoints(`"${text}"`), []);
  });
}

test("findEndpoints keeps how an endpoint was written", () => {
  assert.deepEqual(findEndpoints("tcp://*:5560"), [{ written: "tcp://*:5560", server: "tcp://127.0.0.1:5560" }]);
});

test("findEndpoints stops at its limit", () => {
  const many = Array.from({ length: 200 }, (_, i) => `tcp://h:${i + 1}`).join(" ");
  assert.equal(findEndpoints(many).length, MAX_FOUND_PER_TEXT);
});
