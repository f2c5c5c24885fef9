import assert from "node:assert/strict";
import { test } from "node:test";
import { serverUnreachable } from "../../src/proxy/unreachable.ts";

const endpoint = { transport: "tcp", host: "127.0.0.1", port: 1, source: null } as const;

test("serverUnreachable says why in words of its own, or in the system's", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  assert.equal(
    serverUnreachable(endpoint, refused).message,
    "tcp://127.0.0.1:1 cannot be reached: nothing listens there. Start the server, or check the endpoint.",
  );
  assert.match(serverUnreachable(endpoint, new Error("odd")).message, /cannot be reached: odd\./);
  assert.match(serverUnreachable(endpoint, "odd").message, /cannot be reached: odd\./);
});
