import assert from "node:assert/strict";
import { test } from "node:test";
import {
  accessProblem,
  describeWebBridge,
  formatEndpointRule,
  originProblem,
  readEndpointRule,
  tokenProblem,
  type WebAccess,
  type WebBridgeState,
} from "../../src/shared/webBridge.ts";

const state: WebBridgeState = {
  id: "1",
  name: "pages",
  status: "listening",
  url: "http://127.0.0.1:8000",
  problem: null,
  allowed: ["tcp://127.0.0.1:*"],
  browsers: 1,
  sockets: 2,
  messages: 0,
  dropped: 0,
  refused: 0,
  timedOut: 0,
};
const access: WebAccess = {
  token: "12345678",
  origins: [],
  endpoints: [{ types: ["REQ"], pattern: "tcp://127.0.0.1:1" }],
  functions: null,
  topics: null,
};

test("readEndpointRule takes a pattern for REQ and SUB, or the socket types in front of it", () => {
  for (const [text, types, written] of [
    ["tcp://127.0.0.1:*", ["REQ", "SUB"], "tcp://127.0.0.1:*"],
    [" ipc:///tmp/*.sock ", ["REQ", "SUB"], "ipc:///tmp/*.sock"],
    ["rep=tcp://127.0.0.1:10003", ["REP"], "REP=tcp://127.0.0.1:10003"],
    ["SUB, REQ=tcp://[::1]:5", ["REQ", "SUB"], "tcp://[::1]:5"],
    ["REQ,SUB,REP=tcp://*:5", ["REQ", "SUB", "REP"], "REQ,SUB,REP=tcp://*:5"],
  ] as const) {
    const rule = readEndpointRule(text);
    assert.ok(!("problem" in rule), text);
    assert.deepEqual(rule.types, types);
    assert.equal(formatEndpointRule(rule), written);
  }
});

test("readEndpointRule says what is wrong with a rule", () => {
  for (const [text, problem] of [
    ["", /is no pattern of endpoints/],
    ["127.0.0.1:5", /is no pattern of endpoints/],
    ["tcp://127.0.0.1", /is no pattern/],
    ["tcp://a:1;b:2", /is no pattern/],
    ["PUSH=tcp://127.0.0.1:1", /"PUSH" is no socket of a browser/],
    ["tcp://*.*.*.*.*:*", /at most 4 stars/],
    [`tcp://${"a".repeat(600)}:1`, /at most 512 characters/],
  ] as const) {
    const rule = readEndpointRule(text);
    assert.match("problem" in rule ? rule.problem : "none", problem, text);
  }
});

test("tokenProblem and originProblem tell what they take, and never repeat a token", () => {
  assert.equal(tokenProblem("aZ09._~-"), undefined);
  for (const token of ["short", "with space 1234", "ü".repeat(10), "a".repeat(129), ""]) {
    assert.match(tokenProblem(token) ?? "", /^A token has 8 to 128/);
  }
  for (const origin of ["http://localhost:5173", "null", "https://*.example.org", "vscode-webview://abc"]) {
    assert.equal(originProblem(origin), undefined);
  }
  for (const origin of ["", "localhost:5173", "http://a/b", "*", "http://*.*.*.*.*", `http://${"a".repeat(600)}`]) {
    assert.match(originProblem(origin) ?? "", /is no origin of a page/, origin);
  }
});

test("accessProblem finds a bridge without endpoints, and too many or too long rules", () => {
  assert.equal(accessProblem(access), undefined);
  assert.match(accessProblem({ ...access, endpoints: [] }) ?? "", /at least one endpoint/);
  assert.match(accessProblem({ ...access, topics: Array<string>(101).fill("a") }) ?? "", /at most 100/);
  assert.match(accessProblem({ ...access, functions: ["a".repeat(513)] }) ?? "", /at most 512/);
});

test("describeWebBridge says where it is and what happened", () => {
  assert.equal(describeWebBridge(state), "http://127.0.0.1:8000 · 1 browser · 2 sockets · 0 messages");
  assert.equal(
    describeWebBridge({ ...state, browsers: 0, messages: 1, dropped: 3, refused: 4, timedOut: 5 }),
    "http://127.0.0.1:8000 · 0 browsers · 2 sockets · 1 message · 3 dropped · 4 refused · 5 timed out",
  );
  assert.equal(describeWebBridge({ ...state, status: "stopped" }), "stopped");
});
