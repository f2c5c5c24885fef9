import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { duplexPair } from "node:stream";
import { test, type TestContext } from "node:test";
import { Pull, Reply, Router } from "zeromq";
import { callThroughTap } from "../../../src/proxy/rpc/callThroughTap.ts";
import type { InProcessLink } from "../../../src/proxy/rpc/tapAttempt.ts";
import { loopbackServer } from "../../support/loopback.ts";

const never = new AbortController().signal;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const request = { socket: "REQ", frames: [bytes(""), bytes("q")], timeoutMs: 5000, wantsReply: true } as const;

/** A socket to a real server in place of a tap's in-process link: both are streams of octets. */
function linkTo(t: TestContext, endpoint: string | null): InProcessLink {
  const stream = connect(Number(endpoint?.split(":").at(-1)), "127.0.0.1");
  stream.on("error", () => undefined);
  t.after(() => stream.destroy());
  return { stream, link: Promise.resolve(1) };
}

test("callThroughTap asks as a REQ, gives the reply's frames, and hangs up", async (t) => {
  const server = new Reply();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  const open = linkTo(t, server.lastEndpoint);
  const answered = callThroughTap(open, request, never);
  assert.equal(String(await server.receive()), "q");
  await server.send(["a", "b"]);
  const answer = await answered;
  assert.deepEqual(answer.kind === "answer" ? answer.frames.map((frame) => Buffer.from(frame).toString()) : answer, [
    "",
    "a",
    "b",
  ]);
  await once(open.stream, "close");
});

test("callThroughTap uses the identity that it is given", async (t) => {
  const server = new Router();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  const call = { ...request, socket: "DEALER", identity: bytes("me"), timeoutMs: 5000 } as const;
  const answered = callThroughTap(linkTo(t, server.lastEndpoint), call, never);
  const [identity] = await server.receive();
  assert.equal(String(identity), "me");
  await server.send(["me", "", "a"]);
  assert.equal((await answered).kind, "answer");
});

test("callThroughTap delivers a one-way message before it hangs up", async (t) => {
  const server = new Pull();
  t.after(() => server.close());
  await server.bind("tcp://127.0.0.1:*");
  const call = { socket: "PUSH", frames: [bytes("job")], timeoutMs: 5000, wantsReply: false } as const;
  assert.deepEqual(await callThroughTap(linkTo(t, server.lastEndpoint), call, never), { kind: "sent" });
  assert.equal(String(await server.receive()), "job");
});

test("callThroughTap says that the server closed before anything was sent", async (t) => {
  const server = await loopbackServer(t);
  const early = callThroughTap(linkTo(t, `:${server.port}`), request, never);
  (await server.next()).end();
  await assert.rejects(early, /before anything was sent/);
});

test("callThroughTap can be cancelled before it starts, and fails when its link does", async () => {
  const [, far] = duplexPair();
  const open = { stream: far, link: new Promise<number>(() => undefined) };
  assert.deepEqual(await callThroughTap(open, request, AbortSignal.abort()), { kind: "cancelled" });
  const [, other] = duplexPair();
  const refused = { stream: other, link: Promise.reject<number>(new Error("connection refused")) };
  await assert.rejects(callThroughTap(refused, request, never), {
    code: "server-unreachable",
    message: "Nothing was sent: connection refused.",
  });
});
