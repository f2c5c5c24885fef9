import assert from "node:assert/strict";
import { test } from "node:test";
import { allowEndpoint, allowTopics, isOwnHost, refuseCall, refuseKnock } from "../../../src/proxy/bridge/webAccess.ts";
import type { WebAccess, WebSocketType } from "../../../src/shared/webBridge.ts";
import { OPEN_ACCESS, rules } from "../../support/webBridge.ts";

const URL = "http://127.0.0.1:8000";
const access: WebAccess = { ...OPEN_ACCESS, token: "right-token", origins: ["http://localhost:*", "null"] };
const knock = { host: "127.0.0.1:8000", origin: URL, tokens: ["right-token"], url: URL };
const withRules = (...texts: string[]): WebAccess => ({ ...access, endpoints: rules(...texts) });

test("refuseKnock lets pages of its own, of allowed origins, and programs without an origin in", () => {
  for (const origin of [URL, "http://localhost:8000", "http://localhost:5173", "null", undefined]) {
    assert.equal(refuseKnock(access, { ...knock, origin }), null, origin);
  }
  assert.equal(refuseKnock({ ...access, token: null }, { ...knock, tokens: [] }), null);
  assert.equal(refuseKnock(access, { ...knock, tokens: ["wrong", "right-token"] }), null);
});

test("refuseKnock refuses foreign origins and host names, and a token that is missing or wrong", () => {
  for (const [change, code, reason] of [
    [{ origin: "http://evil.example" }, 4403, /pages of http:\/\/evil\.example are not allowed/],
    [{ origin: "http://localhost:5173/evil.example" }, 4403, /not allowed/],
    [{ origin: "http://127.0.0.1:8001" }, 4403, /not allowed/],
    [{ host: "rebound.example:8000" }, 4403, /host name/],
    [{ host: undefined }, 4403, /host name/],
    [{ tokens: [] }, 4401, /missing/],
    [{ tokens: ["right-tokeN", "right-token2", ""] }, 4401, /wrong/],
  ] as const) {
    const refusal = refuseKnock(access, { ...knock, ...change });
    assert.equal(refusal?.code, code, JSON.stringify(change));
    assert.match(refusal.reason, reason);
  }
});

test("isOwnHost takes loopback names with any port, which may be forwarded", () => {
  assert.ok(isOwnHost("LOCALHOST:1") && isOwnHost("127.0.0.1") && isOwnHost("localhost"));
  assert.ok(!isOwnHost("localhost.evil.example") && !isOwnHost("127.0.0.1.evil") && !isOwnHost("127.0.0.1:x"));
});

test("allowEndpoint lets through what a rule for the socket type matches", () => {
  const one = withRules(
    "tcp://127.0.0.1:100*",
    "REP=tcp://127.0.0.1:10003",
    "SUB=ipc:///tmp/feed-*.sock",
    "tcp://*.lan:5",
  );
  for (const [type, endpoint] of [
    ["REQ", "tcp://127.0.0.1:10001"],
    ["SUB", "TCP://127.0.0.1:10002"],
    ["REP", "tcp://127.0.0.1:10003"],
    ["SUB", "ipc:///tmp/feed-1.sock"],
    ["REQ", "tcp://Prices.LAN:5"],
  ] as const) {
    assert.deepEqual(allowEndpoint(one, type, endpoint), { endpoint: endpoint.replace("TCP", "tcp") });
  }
});

test("allowEndpoint refuses everything else, and says why", () => {
  const one = withRules("tcp://127.0.0.1:*", "REP=tcp://127.0.0.1:10003", "ipc:///tmp/*.sock");
  const refused: readonly (readonly [WebSocketType, string, RegExp])[] = [
    ["REQ", "tcp://10.0.0.1:5", /does not allow REQ on tcp:\/\/10\.0\.0\.1:5/],
    ["REP", "tcp://127.0.0.1:10004", /does not allow REP/],
    ["REQ", "tcp://127.0.0.1:1;10.0.0.1:80", /source address/],
    ["REQ", "tcp://127.0.0.1:5;", /is no endpoint/],
    ["REQ", "tcp://127.0.0.1", /is no endpoint: the port is missing/],
    ["REQ", "nonsense", /is no endpoint: the transport is missing/],
    ["REQ", "", /is no endpoint/],
    ["REQ", "inproc://x", /is no endpoint/],
    ["REQ", "tcp://127.0.0.1:99999", /is no endpoint/],
    ["REP", "tcp://127.0.0.1:*", /is no endpoint/],
    ["REQ", "ipc:///tmp/../etc/x.sock", /does not allow/],
    ["REQ", "ipc:///tmp/a/b.sock", /does not allow/],
    ["REQ", "xtcp://127.0.0.1:5", /is no endpoint/],
    ["REQ", `tcp://${"a".repeat(600)}:5`, /longer than 512/],
  ];
  for (const [type, endpoint, problem] of refused) {
    const answer = allowEndpoint(one, type, endpoint);
    assert.match("problem" in answer ? answer.problem : "allowed", problem, endpoint);
  }
});

test("allowEndpoint takes dots and other signs of a pattern as they are", () => {
  const one = withRules("tcp://127.0.0.1:5");
  assert.ok("problem" in allowEndpoint(one, "REQ", "tcp://127x0.0.1:5"));
});

test("refuseCall knows functions by name, and passes everything when none is named", () => {
  const one = { ...access, functions: ["add", "echo"] };
  assert.equal(refuseCall(access, "anything"), null);
  assert.equal(refuseCall(one, '{"funcname":"add","args":[1]}'), null);
  assert.equal(refuseCall(one, '{"funcname":"stop"}'), "unauthorized access");
  for (const content of ["no JSON", '{"funcname":5}', "[]"]) {
    assert.equal(refuseCall(one, content), "only calls with funcname are allowed");
  }
});

test("allowTopics subscribes to what is wanted within what is allowed", () => {
  const one = { ...access, topics: ["weather/", "news"] };
  assert.deepEqual(allowTopics(access, []), { topics: [""] });
  assert.deepEqual(allowTopics(access, ["a"]), { topics: ["a"] });
  assert.deepEqual(allowTopics(one, []), { topics: ["weather/", "news"] });
  assert.deepEqual(allowTopics(one, ["weather/oslo"]), { topics: ["weather/oslo"] });
  for (const topics of [[""], ["weather"], ["news", "prices"]]) {
    const answer = allowTopics(one, topics);
    assert.match("problem" in answer ? answer.problem : "allowed", /does not allow the topic/);
  }
});
