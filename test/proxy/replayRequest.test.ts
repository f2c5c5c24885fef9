import assert from "node:assert/strict";
import { test } from "node:test";
import { Capture } from "../../src/proxy/capture/capture.ts";
import { raw } from "../../src/proxy/dialects/raw.ts";
import { dialectTools } from "../../src/proxy/dialectTools.ts";
import { jupyter } from "../../src/proxy/dialects/jupyter.ts";
import { asReply, makeRequest, renewRequest, type ReplayRequest, replyId } from "../../src/proxy/replayRequest.ts";
import { ReplaySource } from "../../src/proxy/replaySource.ts";
import type { SocketType } from "../../src/shared/model.ts";
import { encode, openLink, say } from "../support/captures.ts";
import { octets } from "../support/octets.ts";

function made(
  client: SocketType,
  server: SocketType,
  frames: readonly string[],
  as: "REQ" | "DEALER",
  isAnswered = false,
): { octets: Buffer; request: ReplayRequest | null } {
  const capture = new Capture({ maxBytes: 0 });
  const link = openLink(capture, { sockets: { client, server } });
  const n = say(capture, link, 0, frames);
  if (isAnswered) capture.paired(n, say(capture, link, 1, ["answer"]), false);
  const source = new ReplaySource(capture, { kind: "all" }, { from: null, as: null, isToEndpoint: true });
  source.load(n);
  const result = makeRequest(capture, source, as, null);
  assert.ok(!("problem" in result));
  return result;
}

test("makeRequest puts a message into the envelope of the socket that sends it", () => {
  assert.deepEqual(made("REQ", "REP", ["id", "", "a"], "REQ").octets, encode(["", "a"]));
  assert.deepEqual(made("DEALER", "ROUTER", ["a", "b"], "REQ").octets, encode(["", "a", "b"]));
  assert.deepEqual(made("DEALER", "ROUTER", ["", "a"], "DEALER").octets, encode(["", "a"]));
});

test("renewRequest signs a request anew with the key that is known, and says what is missing without one", () => {
  const [key, other] = [octets("the key"), octets("another")];
  const call = { method: "execute_request", args: [], kwargs: { code: "1" }, fields: {} };
  const encoded = jupyter.encode(call, other, dialectTools);
  assert.ok("frames" in encoded);
  const message = { frames: encoded.frames, sender: "DEALER", receiver: "ROUTER" } as const;
  const renewed = renewRequest(message, key);
  assert.ok("frames" in renewed);
  const read = jupyter.decode({ ...message, frames: renewed.frames }, key, dialectTools);
  assert.ok("said" in read);
  assert.deepEqual([renewed.dialect.name, read.said.kind, read.said.kwargs], ["jupyter", "call", call.kwargs]);
  assert.deepEqual(read.said.facts[0], { label: "signature", value: "right" });
  const without = renewRequest(message, null);
  assert.match("problem" in without ? without.problem : "", /connection file/);
  const delimited = { frames: [octets(""), octets("a")], sender: "REQ", receiver: "REP" } as const;
  assert.deepEqual(renewRequest(delimited, key), { dialect: raw, frames: delimited.frames });
});

test("makeRequest knows of which requests a reply is to be waited for, and which one is recorded", () => {
  const { request } = made("REQ", "REP", ["", "a"], "REQ", true);
  assert.deepEqual([request?.n, request?.reply, request?.id, request?.dialect.name], [1, 2, null, "raw"]);
  assert.equal(made("REQ", "REP", ["", "a"], "REQ").request?.reply, null);
  assert.equal(made("DEALER", "REP", ["", "a"], "DEALER").request?.reply, null);
  assert.equal(made("DEALER", "ROUTER", ["a"], "DEALER").request, null);
});

test("replyId is the id that the dialect reads in a reply to a request with one", () => {
  const request: ReplayRequest = {
    n: 1,
    reply: null,
    id: null,
    dialect: raw,
    key: null,
    sender: "REQ",
    receiver: "REP",
  };
  const frames = [octets("answer")];
  assert.equal(replyId(frames, request), null);
  assert.equal(replyId(frames, { ...request, id: "7" }), null);
  const unreadable = { ...raw, decode: () => ({ problem: "It is none." }) };
  assert.equal(replyId(frames, { ...request, id: "7", dialect: unreadable }), null);
  assert.deepEqual(asReply(frames, request), { frames, sender: "REP", receiver: "REQ" });
});
