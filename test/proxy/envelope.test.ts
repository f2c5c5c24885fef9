import assert from "node:assert/strict";
import { test } from "node:test";
import { frameRoles, sendsTopics } from "../../src/proxy/envelope.ts";
import type { SocketType } from "../../src/shared/model.ts";

const P = "payload";
const D = "delimiter";
const I = "request-id";

const cases: [string, number[], SocketType | null, SocketType | null, string[]][] = [
  ["a plain request", [0, 5], "REQ", "REP", [D, P]],
  ["a correlated request", [4, 0, 5, 6], "REQ", "ROUTER", [I, D, P, P]],
  ["a reply to a REQ", [0, 5], "ROUTER", "REQ", [D, P]],
  ["a reply that is empty", [0, 0], "REP", "REQ", [D, P]],
  ["a forwarded request", [5, 4, 0, 9], "DEALER", "REP", [I, I, D, P]],
  ["a router probe", [0], "REQ", "ROUTER", [D]],
  ["a DEALER that adds its own delimiter", [0, 9], "DEALER", "ROUTER", [D, P]],
  ["a DEALER with an empty frame further on", [3, 0, 9], "DEALER", "ROUTER", [P, P, P]],
  ["one empty frame from a PUSH", [0], "PUSH", "PULL", [P]],
  ["a publication", [5, 100], "PUB", "SUB", ["topic", P]],
  ["a publication of one frame", [9], "XPUB", "SUB", [P]],
  ["a publication with an empty topic", [0, 3], "PUB", "SUB", ["topic", P]],
  ["a message between unknown sockets", [0, 3], null, null, [D, P]],
  ["no delimiter at all", [3, 3], "REQ", "REP", [P, P]],
];

for (const [name, sizes, sender, receiver, expected] of cases) {
  test(`frameRoles names the frames of ${name}`, () => {
    assert.deepEqual(frameRoles(sizes, sender, receiver), expected);
  });
}

test("sendsTopics is true of publishers only", () => {
  assert.deepEqual(
    [sendsTopics("PUB"), sendsTopics("XPUB"), sendsTopics("SUB"), sendsTopics(null)],
    [true, true, false, false],
  );
});
