import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { readCall } from "../../src/cli/call.ts";
import { type CallOptions, parseCall } from "../../src/cli/callArguments.ts";

function options(...args: string[]): CallOptions {
  const read = parseCall(["tcp://127.0.0.1:1", ...args]);
  assert.ok(typeof read === "object", typeof read === "string" ? read : "");
  return read;
}

function file(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "zmq-tap-call-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "field"), text);
  return join(folder, "field");
}

test("readCall reads fields by their kinds, secret ones from files", (t) => {
  const key = file(t, "a secret\n");
  const args = ["execute_request", "--dialect", "jupyter", "--kwargs", '{"code":"1"}'];
  const given = options(...args, "--field", 'metadata={"a":1}', "--field", "session=s", "--field-file", `key=${key}`);
  assert.deepEqual(readCall(given), {
    method: "execute_request",
    args: [],
    kwargs: { code: "1" },
    fields: { metadata: { a: 1 }, session: "s", key: "a secret" },
  });
  const notification = options("tell", "1", "--dialect", "json-rpc", "--field", "notification=true");
  assert.deepEqual(readCall(notification).fields, { notification: true });
});

test("readCall refuses what the dialect has no place for", (t) => {
  const long = file(t, "x".repeat(1024 * 1024 + 1));
  const cases: readonly (readonly [readonly string[], string, RegExp])[] = [
    [["x", "1", "--dialect", "jupyter"], "bad-call", /no arguments by position/],
    [["x", "1", "--dialect", "bitcoin"], "bad-call", /only tells things/],
    [["x", "--kwargs", '{"a":1}', "--dialect", "raw"], "bad-call", /no arguments by name/],
    [["x", "--dialect", "raw", "--field", "a=1"], "bad-call", /has no field "a"[.] It has none/],
    [["x", "--dialect", "jupyter", "--field", "a=1"], "bad-call", /It has session, metadata, key/],
    [["x", "--dialect", "jupyter", "--field", "key=hidden"], "bad-call", /Give --field-file key=<file>/],
    [["x", "--dialect", "jupyter", "--field", "metadata={"], "bad-call", /"metadata" takes JSON/],
    [["x", "--dialect", "json-rpc", "--field", "notification=yes"], "bad-call", /true or false/],
    [["x", "--dialect", "jupyter", "--field-file", "key=/no/such/file"], "unreadable", /ENOENT/],
    [["x", "--dialect", "jupyter", "--field-file", `key=${long}`], "too-long", /above 1 MiB/],
  ];
  for (const [args, code, message] of cases) {
    assert.throws(() => readCall(options(...args)), { code, message });
  }
  assert.throws(
    () => readCall(options("x", "--dialect", "jupyter", "--field", "key=hidden")),
    (error) => {
      return error instanceof Error && !error.message.includes("hidden");
    },
  );
});
