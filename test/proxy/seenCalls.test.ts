import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { seenCalls } from "../../src/proxy/seenCalls.ts";
import type { TapConfig } from "../../src/shared/model.ts";
import { openLink, say } from "../support/captures.ts";
import { tappedEngine } from "../support/tappedEngine.ts";

const rpc = (method: string, id = "1"): string => JSON.stringify({ jsonrpc: "2.0", id, method, params: [] });

async function tapped(t: TestContext, change: Partial<TapConfig> = {}) {
  const { engine } = tappedEngine(t);
  const config = { id: "id-tap", name: "tap", server: "tcp://127.0.0.1:1", listen: "tcp://127.0.0.1:*", ...change };
  await engine.startTap(config);
  const link = openLink(engine.capture, { sockets: { client: "REQ", server: "REP" } });
  return { engine, ask: (...frames: string[]) => say(engine.capture, link, 0, ["", ...frames]) };
}

test("seenCalls finds the dialect of a tap's messages and its methods, the most frequent first", async (t) => {
  const { engine, ask } = await tapped(t);
  for (const method of ["add", "reset", "add"]) ask(rpc(method));
  ask("something else");
  const other = openLink(engine.capture, { tap: "other", sockets: { client: "REQ", server: "REP" } });
  say(engine.capture, other, 0, ["", rpc("of another tap")]);
  assert.deepEqual(seenCalls(engine, "id-tap", null), { dialect: "json-rpc", methods: ["add", "reset"] });
  assert.deepEqual(seenCalls(engine, "id-tap", "json-rpc").methods, ["add", "reset"]);
  assert.deepEqual(seenCalls(engine, "id-tap", "zerorpc"), { dialect: "json-rpc", methods: [] });
});

test("seenCalls goes by what calls look like, since the replies of two dialects may look the same", async (t) => {
  const { engine, ask } = await tapped(t);
  const link = openLink(engine.capture, { sockets: { client: "REQ", server: "REP" } });
  ask(JSON.stringify({ function: "join", parameters: { first: "a" } }));
  const reply = JSON.stringify({ status_code: 200, status_message: "OK", response_message: "a" });
  for (let n = 0; n < 2; n++) say(engine.capture, link, 1, ["", reply]);
  assert.deepEqual(seenCalls(engine, "id-tap", null), { dialect: "pyzmqrpc", methods: ["join"] });
});

test("seenCalls finds nothing in a tap without calls, and refuses one that is gone", async (t) => {
  const { engine, ask } = await tapped(t);
  assert.deepEqual(seenCalls(engine, "id-tap", null), { dialect: null, methods: [] });
  ask("hello");
  assert.deepEqual(seenCalls(engine, "id-tap", null), { dialect: null, methods: [] });
  assert.throws(() => seenCalls(engine, "no tap", null), { code: "no-such-tap" });
});

test("seenCalls goes by the dialect that the tap was given", async (t) => {
  const { engine, ask } = await tapped(t, { dialect: "zmq-web-bridge" });
  ask(rpc("add"));
  ask(JSON.stringify({ funcname: "echo", args: ["hi"], kwargs: {} }));
  assert.deepEqual(seenCalls(engine, "id-tap", null), { dialect: "zmq-web-bridge", methods: ["echo"] });
});

test("seenCalls passes over long messages and methods without a name", async (t) => {
  const { engine, ask } = await tapped(t);
  ask(rpc("x".repeat(300)));
  ask(rpc("long"), "x".repeat(70_000));
  ask(rpc(""));
  assert.deepEqual(seenCalls(engine, "id-tap", null).methods, []);
});
