import assert from "node:assert/strict";
import { test } from "node:test";
import { describeSteps } from "../../src/shared/handshakeSteps.ts";

test("describeSteps writes what both peers said in one line, in order", () => {
  const steps = [
    { leg: null, from: "client", what: "greeting 3.1 NULL" },
    { leg: null, from: "server", what: "greeting 3.1 NULL" },
    { leg: null, from: "client", what: "READY" },
  ] as const;
  assert.deepEqual(describeSteps(steps), [
    { label: "Handshake", value: "client: greeting 3.1 NULL, server: greeting 3.1 NULL, client: READY" },
  ]);
});

test("describeSteps keeps the legs of a re-keyed link apart", () => {
  const steps = [
    { leg: "client", from: "client", what: "HELLO" },
    { leg: "server", from: "tap", what: "HELLO" },
    { leg: "server", from: "server", what: "WELCOME" },
    { leg: "client", from: "tap", what: "WELCOME" },
  ] as const;
  assert.deepEqual(describeSteps(steps), [
    { label: "Client leg", value: "client: HELLO, tap: WELCOME" },
    { label: "Server leg", value: "tap: HELLO, server: WELCOME" },
  ]);
});
