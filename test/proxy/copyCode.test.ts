import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { copyCode } from "../../src/proxy/copyCode.ts";
import { DialectKeys } from "../../src/proxy/dialectKeys.ts";
import type { Direction, SocketPair } from "../../src/shared/model.ts";
import { openLink, say } from "../support/captures.ts";

// What the code does when it is run is tested with real servers, in test/interop/copyCode.test.ts.

const keys = new DialectKeys();

function captured(
  frames: readonly (Uint8Array | string)[],
  sockets: SocketPair,
  {
    direction = 0,
    mechanism = "NULL",
    server = "127.0.0.1:5556",
  }: { direction?: Direction; mechanism?: string; server?: string } = {},
): { capture: Capture; n: number } {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { sockets, server });
  link.mechanism = mechanism;
  return { capture, n: say(capture, link, direction, frames) };
}

const REQ: SocketPair = { client: "REQ", server: "REP" };

test("copyCode writes a command line with the dialect, quoted for a shell", async () => {
  const body = JSON.stringify({ jsonrpc: "2.0", id: "1", method: "say", params: ["it's", 2] });
  const { capture, n } = captured(["", body], REQ);
  assert.equal(
    await copyCode(capture, n, "command", keys),
    `zmq-tap call tcp://127.0.0.1:5556 say '"it'\\''s"' 2 --dialect json-rpc\n`,
  );
});

test("copyCode writes names, options and keys of a command line", async () => {
  const named = JSON.stringify({ jsonrpc: "2.0", id: "1", method: "-x", params: { a: 1 } });
  const plain = captured(["", named], REQ, { mechanism: "PLAIN", server: "ipc:///tmp/a.sock" });
  assert.equal(
    await copyCode(plain.capture, plain.n, "command", keys),
    `zmq-tap call --dialect json-rpc --kwargs '{"a":1}' --plain-user user --plain-password-file password.txt -- ipc:///tmp/a.sock -x\n`,
  );
  const raw = captured(["job", "it"], { client: "PUSH", server: "PULL" }, { mechanism: "CURVE" });
  assert.equal(
    await copyCode(raw.capture, raw.n, "command", keys),
    `zmq-tap call tcp://127.0.0.1:5556 job '"it"' --socket PUSH --curve-upstream server.key --curve-client client.key_secret\n`,
  );
});

test("copyCode refuses a command line for what none can hold", async () => {
  for (const frame of [Buffer.from("ff", "hex"), "a\0b", "x".repeat(100_001)]) {
    const { capture, n } = captured(["", frame], REQ);
    await assert.rejects(copyCode(capture, n, "command", keys), { code: "not-for-shells" });
  }
});

test("copyCode writes the request of an HTTP link, and nothing for a response", async () => {
  const head = "POST /RPC2 HTTP/1.1\r\nHost: h";
  const body = "<methodCall><methodName>ping</methodName></methodCall>";
  const request = captured(["", head, body], REQ, { mechanism: "HTTP", server: "127.0.0.1:8000" });
  assert.match(
    (await copyCode(request.capture, request.n, "python", keys))!,
    /"http:\/\/127\.0\.0\.1:8000\/RPC2".*\n.*ping\(\)/,
  );
  const response = captured(["", "HTTP/1.1 200 OK"], REQ, { mechanism: "HTTP", direction: 1 });
  assert.equal(await copyCode(response.capture, response.n, "python", keys), null);
});

test("copyCode renews the id of a call in a program", async () => {
  const { capture, n } = captured(["", JSON.stringify({ jsonrpc: "2.0", id: "old", method: "a" })], REQ);
  for (const format of ["python", "javascript"] as const) {
    const code = await copyCode(capture, n, format, keys);
    assert.match(code ?? "", /jsonrpc/);
    assert.doesNotMatch(code ?? "", /old/);
  }
});

test("copyCode writes a publisher that waits for its subscriber, and none that waits for a reply of a PUSH", async () => {
  const publication = captured(["a", "1"], { client: "PUB", server: "SUB" });
  assert.match((await copyCode(publication.capture, publication.n, "python", keys)) ?? "", /zmq[.]XPUB/);
  assert.match(
    (await copyCode(publication.capture, publication.n, "javascript", keys)) ?? "",
    /await socket[.]receive/,
  );
  const job = captured(["1"], { client: "PUSH", server: "PULL" });
  assert.doesNotMatch((await copyCode(job.capture, job.n, "python", keys)) ?? "", /recv|poll/);
  assert.doesNotMatch((await copyCode(job.capture, job.n, "javascript", keys)) ?? "", /receive/);
});

test("copyCode has no code for what no connecting program sends", async () => {
  const reply = captured(["", "answer"], REQ, { direction: 1 });
  const publication = captured(["a"], { client: "SUB", server: "PUB" }, { direction: 1 });
  const unknown = captured(["a"], { client: null, server: null });
  for (const { capture, n } of [reply, publication, unknown]) {
    assert.equal(await copyCode(capture, n, "python", keys), null);
  }
  assert.equal(await copyCode(reply.capture, 99, "python", keys), null);
});
